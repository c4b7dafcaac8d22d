"""`gate-hub restore`: a backup in the registry's place, and what the office has to do again."""

from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path

from hub.keeping.backup import BackupFailed
from hub.terminal import CommandFailed, Terminal

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
    "put_by": ("message in quarantine, dealt with", "messages in quarantine, dealt with"),
}


def add_words(parser: ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a backup")
    parser.set_defaults(do=restore)


def restore(words: Namespace, terminal: Terminal) -> None:
    # It brings what mends along, which no other command has to wait for.
    from hub.keeping import restore as restoring  # noqa: PLC0415

    try:
        done = restoring.restore(terminal.settings, Path(words.file), terminal.clock())
    except BackupFailed as failed:
        raise CommandFailed(str(failed), failed.details) from failed
    at, now = terminal.local(done.backup.at), terminal.local(terminal.clock())
    terminal.say(f"restored as of {at}: {done.backup.records} records; generation {done.generation}")
    if done.set_aside is not None:
        terminal.say(
            f"the registry before is kept as {done.set_aside}; {done.records} records came over from it so far"
        )
    terminal.say(f"what the office did between {at} and {now} is lost, and has to be done again:", *_lost(done.gone))
    terminal.say(
        "a pass that was issued in that time is unknown here, so it cannot be revoked by itself: gate-hub trust rotate,"
        " if any of them must not be believed",
        "next: gate-hub run; the gates send again what they hold, at least seven days, and take over every document",
    )


def _lost(gone: Mapping[str, int] | None) -> list[str]:
    if gone is None:
        return [
            "  passes issued and revoked, people imported, guards' PINs and badges, permits, visitors, notices, clerks'"
            " logins, stations added, the policy if one was published; how many of each cannot be told"
        ]
    lost = [f"  {count} {_LOST[table][count != 1]}" for table, count in gone.items()]
    return lost or ["  nothing: the registry before had no row that is not in the backup"]
