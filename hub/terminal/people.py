"""`gate-hub import`: the people of a spreadsheet into the registry."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from hub.orders.people import ImportPeople, PeopleImported
from hub.sheet.cells import read_table, sheets_left_out
from hub.sheet.people import read_people
from hub.terminal import CommandFailed, Terminal, counted


def add_words(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="csv (UTF-8 or GB18030) or xlsx, headers Chinese or English")
    parser.add_argument("--dry-run", action="store_true", help="count what would change, write nothing")
    parser.set_defaults(do=bring_in)


def bring_in(words: Namespace, terminal: Terminal) -> None:
    path = Path(words.file)
    today = terminal.clock().astimezone(terminal.settings.zone).date()
    read = read_people(read_table(path), today)
    if read.mistakes:
        raise CommandFailed(_not_imported(path, len(read.mistakes)), read.mistakes)
    done = terminal.ask(ImportPeople(read.people, read.fields, words.dry_run), PeopleImported)
    if done.mistakes:
        raise CommandFailed(_not_imported(path, len(done.mistakes)), done.mistakes)
    if read.passed_over:
        terminal.say(f"passed over, since their headers are not known: columns {', '.join(read.passed_over)}")
    if left_out := sheets_left_out(path):
        terminal.say(
            f"only the first sheet of {path.name} was read: of {counted(left_out, 'more sheet')} nobody was brought in"
        )
    terminal.say(
        f"{path.name}: {len(read.people)} people: {done.new} new, {done.changed} changed, {done.same} as before;"
        f" {done.not_named} in the registry are not in it"
    )
    _show_missing(done, terminal)
    if not done.written:
        terminal.say("this was a dry run: nothing was written")


def _show_missing(done: PeopleImported, terminal: Terminal) -> None:
    if done.missing:
        terminal.say("not in the sheet, and left as they are:")
    for each in done.missing:
        terminal.say(f"  {each.person}  building {each.building}  {each.masked_name}")
    if done.not_named > len(done.missing):
        terminal.say(f"  and {done.not_named - len(done.missing)} more")


def _not_imported(path: Path, mistakes: int) -> str:
    return f"{path.name} was not imported: correct {counted(mistakes, 'mistake')} and import it again"
