"""What a clerk types and reads: each command of `gate-hub`, from its words to its order and back to sentences.

`hub.__main__` calls these with parsed arguments. Rule: what the terminal shows of a person is a pseudonym and a masked
name; mistakes name row and column. Whatever ends a command is one sentence (`CommandFailed`).
"""

import sys
from argparse import Namespace
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO, TypeVar

from msgspec import ValidationError, convert, to_builtins

from gate.policy import Policy
from gate.wording import LANGUAGES
from hub import (
    broker,
    commands,
    control,
    issue,
    passwords,
    phones,
    policy_file,
    policy_sentences,
    sheet,
)
from hub.commands import AnyOrder
from hub.issue import PassFormat
from hub.orders import Answer, Refused
from hub.orders import blanks as blank_orders
from hub.orders import guards as guard_orders
from hub.people_sheet import door_number, read_people
from hub.setting_up import set_up
from hub.settings import Settings

Wanted = TypeVar("Wanted", bound=Answer)
MOST_MISSING_SHOWN = 40
PROGRESS_EVERY = 50


class CommandFailed(Exception):
    """A command could not be carried out; the message is all that its user reads. details: line by line, before it."""

    def __init__(self, why: str, details: Iterable[object] = ()) -> None:
        super().__init__(why)
        self.details = tuple(map(str, details))


@dataclass(frozen=True)
class Terminal:
    """Where a command is given: the hub's settings, the outside world, and where to write."""

    settings: Settings
    clock: Callable[[], datetime]
    randomness: Callable[[int], bytes]
    out: TextIO
    typed: TextIO

    def say(self, *lines: str) -> None:
        print(*lines, sep="\n", file=self.out, flush=True)

    def ask(self, order: AnyOrder, wanted: type[Wanted]) -> Wanted:
        """Have the order carried out. Raises CommandFailed where it is refused."""
        answer = control.ask(_checked(order), self.settings, self.clock, self.randomness)
        if isinstance(answer, Refused):
            raise CommandFailed(answer.why)
        assert isinstance(answer, wanted)
        return answer


def init(_words: Namespace, terminal: Terminal) -> None:
    settings = terminal.settings
    made = set_up(settings, terminal.clock(), terminal.randomness)
    if settings.folder.stat().st_mode & 0o077:
        terminal.say(f"warning: others can look into {settings.folder}; run: chmod 700 {settings.folder}")
    if not made:
        terminal.say(f"{settings.folder} has been set up before; nothing was changed")
        return
    folder = settings.broker_folder
    terminal.say(
        *(f"made: {each}" for each in made),
        "next:",
        f"  mosquitto.conf: password_file {folder}/passwords, acl_file {folder}/acl, allow_anonymous false",
        "  gate-hub import FILE            the people, from a spreadsheet",
        "  gate-hub policy publish FILE    the rules; without any, every gate refers everybody to the guard",
        "  gate-hub station add ID --gate GATE",
        "  gate-hub clerk add NAME         a login for the office's pages",
        "  gate-hub issue --all --out DIR  the passes",
        "  gate-hub run",
        f"keep a copy of {settings.keys} in a safe place: without these keys every gate has to be set up anew",
    )


def station_add(words: Namespace, terminal: Terminal) -> None:
    order = commands.AddStation(words.station, words.gate, words.lane, words.direction, words.again)
    added = terminal.ask(order, commands.StationAdded)
    terminal.say(
        f"station {added.station} {'has a new password' if added.again else 'was added'}; its identity is in"
        f" {added.identity_file}",
        "next:",
        f"  {broker.RELOAD}",
        "  carry the identity file to that gate's machine (mode 0600, owned by the station's user), name it under"
        " `identity` in its station.toml, and delete it from the stick that carried it",
    )


def station_list(_words: Namespace, terminal: Terminal) -> None:
    listed = terminal.ask(commands.ListStations(), commands.StationsListed).stations
    if not listed:
        terminal.say("no station was added yet: gate-hub station add ID --gate GATE")
    for each in listed:
        terminal.say(f"{each.id:<20} gate {each.gate:<12} lane {each.lane:<6} {each.direction}")


def import_people(words: Namespace, terminal: Terminal) -> None:
    path = Path(words.file)
    today = terminal.clock().astimezone(terminal.settings.zone).date()
    read = read_people(sheet.read_table(path), today)
    if read.mistakes:
        raise CommandFailed(_not_imported(path, len(read.mistakes)), read.mistakes)
    order = commands.ImportPeople(read.people, read.fields, words.dry_run)
    done = terminal.ask(order, commands.PeopleImported)
    if done.mistakes:
        raise CommandFailed(_not_imported(path, len(done.mistakes)), done.mistakes)
    if read.passed_over:
        terminal.say(f"passed over, since their headers are not known: columns {', '.join(read.passed_over)}")
    terminal.say(
        f"{path.name}: {len(read.people)} people: {done.new} new, {done.changed} changed, {done.same} as before;"
        f" {len(done.missing)} in the registry are not in it"
    )
    _show_missing(done.missing, terminal)
    if not done.written:
        terminal.say("this was a dry run: nothing was written")


def _show_missing(missing: tuple[commands.Missing, ...], terminal: Terminal) -> None:
    if missing:
        terminal.say("not in the sheet, and left as they are:")
    for each in missing[:MOST_MISSING_SHOWN]:
        terminal.say(f"  {each.person}  building {each.building}  {each.masked_name}")
    if len(missing) > MOST_MISSING_SHOWN:
        terminal.say(f"  and {len(missing) - MOST_MISSING_SHOWN} more")


def _not_imported(path: Path, mistakes: int) -> str:
    return f"{path.name} was not imported: correct {_count(mistakes, 'mistake')} and import it again"


def policy_check(words: Namespace, terminal: Terminal) -> None:
    policy = _policy(Path(words.file))
    for language in LANGUAGES:
        terminal.say(*(each.in_(language) for each in policy_sentences.sentences(policy)), "")
    _warn(terminal.ask(commands.ComparePolicy(policy), commands.PolicyCompared), terminal)
    terminal.say(f"{words.file} can be published")


def policy_publish(words: Namespace, terminal: Terminal) -> None:
    policy = _policy(Path(words.file))
    _warn(terminal.ask(commands.PublishPolicy(policy), commands.PolicyCompared), terminal)
    terminal.say(f"{words.file} is published: the gates obey it as soon as they hear the hub")


def _policy(path: Path) -> Policy:
    read = policy_file.read_policy(path)
    if read.policy is None:
        count = _count(len(read.mistakes), "mistake")
        raise CommandFailed(f"{path} is no policy that a gate could obey: correct {count}", read.mistakes)
    return read.policy


def _warn(compared: commands.PolicyCompared, terminal: Terminal) -> None:
    for each in compared.warnings:
        terminal.say(f"warning: {each}")


def issue_passes(words: Namespace, terminal: Terminal) -> None:
    chosen = bool(words.person) + bool(words.building) + words.all + (words.blanks is not None)
    if chosen != 1:
        raise CommandFailed("say whose passes: PERSON... (pseudonyms), or --building B, or --all, or --blanks N")
    folder, pass_format = Path(words.out), PassFormat(words.format)
    building = _building(words.building)
    issue.prepare_folder(folder)
    order: AnyOrder
    if words.blanks is not None:
        order = blank_orders.IssueBlanks(words.blanks, _given(words.days, blank_orders.USUAL_BLANK_DAYS))
    else:
        days = _given(words.days, commands.USUAL_LIFE_DAYS)
        order = commands.IssuePasses(tuple(words.person), building, words.all, days)
    issued = terminal.ask(order, commands.PassesIssued).passes

    def progress(done: int) -> None:
        if done % PROGRESS_EVERY == 0 or done == len(issued):
            print(f"\r{done} of {len(issued)}", end="\n" if done == len(issued) else "", file=sys.stderr, flush=True)

    issue.write_passes(issued, folder, pass_format, progress)
    if words.blanks is not None:
        terminal.say(
            f"{_count(len(issued), 'blank card')} in {folder}: print them and hand them to the gates; each is worth"
            " nothing until a guard activates it"
        )
        return
    terminal.say(
        f"{_count(len(issued), 'pass', 'passes')} issued, in {folder}; {folder / issue.INDEX} tells whose each is:"
        " keep it from others, and delete it when the passes are handed out"
    )


def _given(number: int | None, usual: int) -> int:
    return usual if number is None else number


def invite_phones(words: Namespace, terminal: Terminal) -> None:
    # Templates come along with it, which no other command has to wait for.
    from hub import cards  # noqa: PLC0415

    if bool(words.person) + bool(words.building) + words.all != 1:
        raise CommandFailed("say whose phones: PERSON... (pseudonyms), or --building B, or --all")
    folder = Path(words.out)
    building = _building(words.building)
    issue.prepare_folder(folder)
    order = commands.InvitePhones(tuple(words.person), building, words.all, words.hours)
    invited = terminal.ask(order, commands.PhonesInvited).invitations
    settings = terminal.settings
    cards.write_cards(invited, folder, settings.name or settings.compound, settings.zone)
    terminal.say(
        f"{_count(len(invited), 'card')} in {folder / cards.CARDS}: open it in a browser, print it, hand out each card",
        f"to its own person, and delete the folder then. A card works once, for one phone, within {words.hours} hours",
    )


def _building(text: str) -> str:
    try:
        return door_number("building", text)
    except ValueError as cause:
        raise CommandFailed(f"--building {cause}") from None


def revoke(words: Namespace, terminal: Terminal) -> None:
    count = terminal.ask(commands.RevokePasses(tuple(words.serial)), commands.PassesRevoked).count
    terminal.say(f"{_count(count, 'pass', 'passes')} revoked: the gates refuse them as soon as they hear the hub")


def clerk_add(words: Namespace, terminal: Terminal) -> None:
    password = _typed_password(terminal) if words.password_stdin else passwords.generate_password(terminal.randomness)
    hashed = passwords.hash_password(password, terminal.randomness(passwords.SALT_BYTES))
    put = terminal.ask(commands.PutClerk(words.name, hashed), commands.ClerkPut)
    terminal.say(f"clerk {words.name} {'can log in now' if put.new else 'has a new password'}")
    if not words.password_stdin:
        terminal.say(f"password: {password}", "it is shown this once; write it down for the clerk")


def _typed_password(terminal: Terminal) -> str:
    password = terminal.typed.readline().rstrip("\r\n")
    objection = passwords.objection_to(password)
    if objection is not None:
        raise CommandFailed(objection)
    return password


def _checked(order: AnyOrder) -> AnyOrder:
    """What was typed against what an order may hold, before it travels."""
    try:
        return convert(to_builtins(order), type(order))
    except ValidationError as cause:
        raise CommandFailed(_complaint(str(cause))) from None


def _complaint(cause: str) -> str:
    why, _, place = cause.partition(" - at `$")
    word = place.strip("`.").partition("[")[0]
    return f"{_SHAPES[word]}" if word in _SHAPES else f"{word}: {why}"


_SHAPES = {
    "station": "a station's id is 1 to 32 lower-case letters, digits and hyphens, such as east-1",
    "gate": "a gate's name is 1 to 32 lower-case letters, digits and hyphens, such as east",
    "lane": "a lane's name is 1 to 32 lower-case letters, digits and hyphens, such as 1",
    "persons": "a person is named by the pseudonym, 16 digits and letters a to f",
    "serials": "a pass is named by its serial, 16 digits and letters a to f; index.csv of its folder tells it",
    "hours": f"a card for a phone works for 1 to {phones.LONGEST_HOURS} hours",
    "guard": "a guard's id is 1 to 32 lower-case letters, digits and hyphens, such as li",
    "guard_name": "a guard's name is 1 to 24 characters",
    "badge_days": f"a badge is valid for 1 to {guard_orders.LONGEST_BADGE_DAYS} days",
    "person": "a person is named by the pseudonym, 16 digits and letters a to f",
    "host": "a host is named by the pseudonym, 16 digits and letters a to f",
    "visitor": "a visitor's name is 1 to 32 characters",
    "telephone": "a telephone number has at most 32 characters",
    "permit": "a permit is named by its id, 16 digits and letters a to f; gate-hub permit list tells it",
    "notice": "a notice's id is 1 to 32 lower-case letters, digits and hyphens, such as masks",
    "text_zh": "a notice has at most 200 characters",
    "text_en": "a notice has at most 200 characters",
    "every_minutes": "a notice is repeated every 5 to 1440 minutes",
    "volume": "a volume is 0 to 100",
    "quiet_from": "a time of the day is written 19:00",
    "quiet_until": "a time of the day is written 08:00",
    "blanks": f"at once 1 to {blank_orders.MOST_BLANKS} blank cards are issued",
    "blank_days": f"a blank card is valid for 1 to {blank_orders.LONGEST_BLANK_DAYS} days",
    "days": f"a pass is valid for 1 to {commands.LONGEST_LIFE_DAYS} days",
    "name": "a clerk's name is 1 to 32 characters without spaces and colons",
}


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
