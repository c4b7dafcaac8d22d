"""`gate-hub backup`: a copy of the registry while the hub runs."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from hub.keeping import backup
from hub.registry.mending import BACKUPS
from hub.terminal import CommandFailed, Terminal

_PROGRESS_STEP = 64


def add_words(parser: ArgumentParser) -> None:
    parser.add_argument("to", nargs="?", metavar="TO", help="a folder or a new file (default: DATA/backups)")
    parser.add_argument(
        "--keep", type=_at_least_one, default=backup.USUAL_KEPT, metavar="N",
        help=f"how many stay in that folder (default: {backup.USUAL_KEPT})",
    )  # fmt: skip
    parser.set_defaults(do=take)


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ArgumentTypeError("at least one backup stays")
    return number


def take(words: Namespace, terminal: Terminal) -> None:
    settings, now = terminal.settings, terminal.clock()
    registry = terminal.registry()
    to = Path(words.to) if words.to else settings.folder / BACKUPS
    if not words.to:
        to.mkdir(mode=0o700, exist_ok=True)
    try:
        made = backup.take(registry, to, settings.compound, now, _progress)
    except backup.BackupFailed as failed:
        raise CommandFailed(str(failed), failed.details) from failed
    terminal.say(f"backup {made.path}: {made.records} records, {made.bytes / 2**20:.1f} MiB, checked")
    if to.is_dir():
        for each in backup.drop_old(to, settings.compound, words.keep):
            terminal.say(f"removed {each}: there are {words.keep} newer ones")
    terminal.say(
        f"it holds all that the office knows of people: keep it from others. The keys in {settings.keys} are not in it;"
        " keep a copy of those elsewhere"
    )


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty() and (done == total or done % (_PROGRESS_STEP * backup.PAGES_AT_ONCE) == 0):
        print(f"\r{done} of {total} pages", end="\n" if done == total else "", file=sys.stderr, flush=True)
