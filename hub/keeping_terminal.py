"""What a clerk types and reads of the registry's keeping: `gate-hub backup`, `restore` and `verify`."""

import sys
from argparse import Namespace
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from msgspec import json

from hub import backup, keys
from hub.forms import Opener
from hub.keys import KeysRefused
from hub.registry import mending
from hub.registry.mending import BACKUPS
from hub.terminal import CommandFailed, Terminal
from hub.verify import Compared, Verified, verify

WRONG = 1
_MOST_SHOWN = 50
_PROGRESS_STEP = 64

# What the office does that no gate holds, and how one row of it, and many, are called.
_LOST: Mapping[str, tuple[str, str]] = {
    "household": ("household", "households"),
    "person": ("person, new or changed", "people, new or changed"),
    "pass": ("pass, issued or revoked", "passes, issued or revoked"),
    "station": ("station", "stations"),
    "clerk": ("clerk's login", "clerks' logins"),
    "quarantine": ("message set aside", "messages set aside"),
    "invitation": ("card for a phone", "cards for phones"),
    "pass_key": ("key of passes", "keys of passes"),
    "made_pass": ("decision on a gate's temporary pass", "decisions on gates' temporary passes"),
    "returnee_case": ("case of a returnee, opened or closed", "cases of returnees, opened or closed"),
    "guard": ("guard, added, removed or with a new PIN", "guards, added, removed or with a new PIN"),
    "permit": ("permit, granted or revoked", "permits, granted or revoked"),
    "notice": ("notice", "notices"),
    "gate_key": ("gate's right to make passes", "gates' rights to make passes"),
    "meta": ("set of rules, published", "sets of rules, published"),
    "blank": ("blank card", "blank cards"),
}


def take(words: Namespace, terminal: Terminal) -> None:
    settings, now = terminal.settings, terminal.clock()
    to = Path(words.to) if words.to else settings.folder / BACKUPS
    if not settings.registry.exists():
        raise CommandFailed(f"there is no registry in {settings.folder}; run `gate-hub init` first")
    if not words.to:
        to.mkdir(mode=0o700, exist_ok=True)
    try:
        made = backup.take(settings.registry, to, settings.compound, now, _progress)
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


def restore(words: Namespace, terminal: Terminal) -> None:
    # It brings what mends along, which no other command has to wait for.
    from hub import restore as restoring  # noqa: PLC0415

    try:
        done = restoring.restore(terminal.settings, Path(words.file), terminal.clock())
    except backup.BackupFailed as failed:
        raise CommandFailed(str(failed), failed.details) from failed
    at, now = _told(done.backup.at, terminal), _told(terminal.clock(), terminal)
    terminal.say(f"restored as of {at}: {done.backup.records} records; generation {done.generation}")
    if done.set_aside is not None:
        terminal.say(
            f"the registry before is kept as {done.set_aside}; {done.records} records came over from it so far"
        )
    terminal.say(f"what the office did between {at} and {now} is lost, and has to be done again:")
    if done.gone is None:
        terminal.say(
            "  passes issued and revoked, people imported, guards' PINs and badges, permits, visitors, notices, clerks'"
            " logins, stations added, the policy if one was published; how many of each cannot be told"
        )
    else:
        lost = [f"  {count} {_LOST[table][count != 1]}" for table, count in done.gone.items()]
        terminal.say(*(lost or ["  nothing: the registry before had no row that is not in the backup"]))
    terminal.say(
        "a pass that was issued in that time is unknown here, so it cannot be revoked by itself: gate-hub trust rotate,"
        " if any of them must not be believed",
        "next: gate-hub run; the gates send again what they hold, at least seven days, and take over every document",
    )


def check(words: Namespace, terminal: Terminal) -> int:
    settings = terminal.settings
    if not settings.registry.exists():
        raise CommandFailed(f"there is no registry in {settings.folder}; run `gate-hub init` first")
    try:
        secret = keys.load(settings.keys).form
    except KeysRefused:
        secret = b""
    found = verify(settings.registry, Opener(settings.compound, secret))
    if found.findings:
        mending.note(settings.registry, found.findings)
    if words.json:
        terminal.say(json.encode({"sound": found.is_sound, **_as_json(found)}).decode())
    else:
        _say_verified(found, terminal)
    return 0 if found.is_sound else WRONG


def _as_json(found: Verified) -> dict[str, object]:
    return {"records": found.records, "findings": found.findings, "gates": found.gates}


def _say_verified(found: Verified, terminal: Terminal) -> None:
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
    when = f" at {_told(each.at, terminal)}" if each.at is not None else ""
    place = f"station {each.station}: {each.told} records{when}"
    if each.agrees is False:
        return f"wrong: {place}, but what is here is not the same"
    if each.is_wrong:
        return f"wrong: {place}, of which {each.owed} had no receipt, but only {each.here} are here in one piece"
    if each.agrees:
        return f"{place}, all of them here and the same"
    return f"{place}, {each.here} of them here so far; not compared"


def _told(at: datetime, terminal: Terminal) -> str:
    return f"{at.astimezone(terminal.settings.zone):%Y-%m-%d %H:%M}"


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty() and (done == total or done % (_PROGRESS_STEP * backup.PAGES_AT_ONCE) == 0):
        print(f"\r{done} of {total} pages", end="\n" if done == total else "", file=sys.stderr, flush=True)
