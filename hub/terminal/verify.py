"""`gate-hub verify`: every row of the registry checked, also against what the gates hold."""

from argparse import ArgumentParser, Namespace

from msgspec import json

from hub import keys
from hub.forms import Opener
from hub.keeping.verify import Compared, Verified, verify
from hub.keys import KeysRefused
from hub.registry import mending
from hub.terminal import Terminal

WRONG = 1
_MOST_SHOWN = 50


def add_words(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="in one line")
    parser.set_defaults(do=check)


def check(words: Namespace, terminal: Terminal) -> int:
    settings, registry = terminal.settings, terminal.registry()
    try:
        secret = keys.load(settings.keys).form
    except KeysRefused:
        secret = b""
    found = verify(registry, Opener(settings.compound, secret))
    if found.findings:
        mending.note(registry, found.findings)
    if words.json:
        terminal.say(json.encode({"sound": found.is_sound, **_as_json(found)}).decode())
    else:
        _say(found, terminal)
    return 0 if found.is_sound else WRONG


def _as_json(found: Verified) -> dict[str, object]:
    return {"records": found.records, "findings": found.findings, "gates": found.gates}


def _say(found: Verified, terminal: Terminal) -> None:
    terminal.say(*(f"wrong: {each}" for each in found.findings[:_MOST_SHOWN]))
    if len(found.findings) > _MOST_SHOWN:
        terminal.say(f"and {len(found.findings) - _MOST_SHOWN} more")
    terminal.say(*(_sentence(each, terminal) for each in found.gates))
    if found.findings:
        terminal.say(
            "the registry is damaged: end the hub and start it again; it sets the file aside, begins a new one with all"
            " that is whole, and names every row that is not"
        )
    elif found.is_sound:
        terminal.say(f"sound: {found.records} records, every row as it was written")
    else:
        terminal.say(
            "the registry is whole in itself, but it is not what the gates had receipts for: was an older file put in"
            " its place by hand? gate-hub restore FILE puts it there as a new generation, and the gates send again"
        )


def _sentence(each: Compared, terminal: Terminal) -> str:
    when = f" at {terminal.local(each.at)}" if each.at is not None else ""
    place = f"station {each.station}: {each.told} records{when}"
    if each.agrees is False:
        return f"wrong: {place}, but what is here is not the same"
    if each.is_wrong:
        return f"wrong: {place}, of which {each.owed} had no receipt, but only {each.here} are here in one piece"
    if each.agrees:
        return f"{place}, all of them here and the same"
    return f"{place}, {each.here} of them here so far; not compared"
