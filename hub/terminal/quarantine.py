"""`gate-hub quarantine`: messages that could not be registered; looked at, and tried again.

Rule: a terminal shows bytes of strangers only escaped, and says what to do in the words of the office's page.
"""

import sqlite3
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from hub.orders.quarantine import Replayed, ReplayQuarantined
from hub.quarantine.set_aside import Quarantined, SetAside
from hub.quarantine.words import ASIDE
from hub.terminal import CommandFailed, Terminal


def add_words(parser: ArgumentParser) -> None:
    words = parser.add_subparsers(required=True, metavar="list|show|replay")
    listing = words.add_parser("list", help="what was set aside, from which gate, and of what kind")
    listing.set_defaults(do=listed)
    showing = words.add_parser("show", help="one of them: what happened, what to do, and its content")
    showing.add_argument("id", type=int, metavar="ID")
    showing.set_defaults(do=show)
    replaying = words.add_parser("replay", help="try again to read what was set aside")
    replaying.add_argument("id", type=int, nargs="*", metavar="ID")
    replaying.add_argument("--all", action="store_true", help="everything")
    replaying.set_defaults(do=replay)


def listed(_words: Namespace, terminal: Terminal) -> None:
    with _set_aside(terminal) as aside:
        items = aside.listed(limit=1000)
    if not items:
        terminal.say("nothing is in quarantine: every message that came has been registered")
    for each in items:
        number = f"{each.journal}/{each.sequence}" if each.journal else "no number"
        came = f"{_at(each, terminal)}  {each.station or '?':<16}"
        terminal.say(f"{each.id:>6}  {came} {each.kind:<9} {number:<24} {each.size} bytes{_put_by(each, terminal)}")
    if any(each.worth_another_try for each in items):
        terminal.say("after an update of the hub: gate-hub quarantine replay --all")


def show(words: Namespace, terminal: Terminal) -> None:
    with _set_aside(terminal) as aside:
        item = aside.one(words.id)
    if item is None:
        raise CommandFailed(f"nothing in quarantine has the number {words.id}; see: gate-hub quarantine list")
    terminal.say(
        f"{item.id}: {_said(item)}",
        f"from    station {item.station or '?'}" + (f", gate {item.gate}, lane {item.lane}" if item.gate else ""),
        f"came    {_at(item, terminal)}",
        f"number  {item.journal}/{item.sequence}" if item.journal else "number  none",
        f"hash    {item.hash}",
        f"reason  {_escaped(item.why.encode())}{_put_by(item, terminal)}",
        "",
        _said(item, "_means"),
        _said(item, "_do"),
        "",
        f"content, {item.size} bytes:",
        _escaped(item.payload),
    )
    if item.registered is not None:
        terminal.say("", "the record that is registered under this number:", _escaped(item.registered))


def replay(words: Namespace, terminal: Terminal) -> None:
    if bool(words.id) == words.all:
        raise CommandFailed("name what to try again by its numbers (gate-hub quarantine list), or say --all")
    done = terminal.ask(ReplayQuarantined(None if words.all else tuple(words.id)), Replayed)
    terminal.say(ASIDE["tried_again"].en.format(tried=done.tried, registered=done.registered, left=done.left))
    if done.alarms:
        terminal.say(ASIDE["tried_alarms"].en.format(alarms=done.alarms))


def _said(item: Quarantined, of_it: str = "") -> str:
    return ASIDE[f"aside_{item.kind}{of_it}"].en


@contextmanager
def _set_aside(terminal: Terminal) -> Iterator[SetAside]:
    """Raises CommandFailed where the file is no registry any more, which reading alone does not mend."""
    path = terminal.settings.registry
    try:
        yield SetAside(path)
    except sqlite3.DatabaseError as cause:
        raise CommandFailed(f"{path} cannot be read ({cause}); gate-hub verify says what is wrong with it") from cause


def _at(item: Quarantined, terminal: Terminal) -> str:
    return f"{item.received_at.astimezone(terminal.settings.zone):%Y-%m-%d %H:%M:%S}"


def _put_by(item: Quarantined, terminal: Terminal) -> str:
    if item.put_by_at is None:
        return ""
    return f", dealt with by {item.put_by}, {item.put_by_at.astimezone(terminal.settings.zone):%Y-%m-%d %H:%M}"


def _escaped(payload: bytes) -> str:
    """Nothing in it can move the cursor, and every byte can be told."""
    told = payload.decode("utf-8", "backslashreplace")
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in told)
