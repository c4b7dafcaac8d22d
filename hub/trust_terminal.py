"""What a clerk types and reads of trust: `gate-hub trust list` and `rotate`; `gate-hub station allow` and `forbid`."""

from argparse import Namespace
from datetime import datetime

from hub import commands
from hub.orders.gate_keys import AllowPasses, ForbidPasses, PassesAllowed, PassesForbidden
from hub.registry.pass_keys import PassKey
from hub.terminal import Terminal


def trust_list(_words: Namespace, terminal: Terminal) -> None:
    told = terminal.ask(commands.ListTrust(), commands.TrustListed)
    for key in told.keys:
        terminal.say(f"{key.key_id}  {key.passes} passes in force  {_state(key, terminal)}")
    if not told.keys:
        terminal.say("no key is known yet: `gate-hub run` publishes the one in the keys folder")
    terminal.say(f"{told.revoked} revoked passes are told to the gates; a pass leaves the list when it has expired")
    edition = f"edition {told.edition}, {told.size} bytes" if told.edition else "nothing yet"
    terminal.say(f"published: {edition}")


def trust_rotate(words: Namespace, terminal: Terminal) -> None:
    done = terminal.ask(commands.RotatePassKey(words.overlap), commands.PassKeyRotated)
    terminal.say(f"key {done.new_key} signs passes from now on")
    for key in done.retired:
        terminal.say(f"key {key.key_id}: {_state(key, terminal)}")
    if done.lapsing:
        terminal.say(f"warning: {done.lapsing} passes end with it, before their own day; issue these people new ones")
    terminal.say("keep a copy of the keys folder in a safe place: the one that you have does not hold the new key")


def _state(key: PassKey, terminal: Terminal) -> str:
    if key.retired_at is None or key.trusted_until is None:
        return "signs new passes"
    retired, until = _day(key.retired_at, terminal), _day(key.trusted_until, terminal)
    return f"retired on {retired}; what it signed before is believed until {until}"


def _day(instant: datetime, terminal: Terminal) -> str:
    return f"{instant.astimezone(terminal.settings.zone):%Y-%m-%d %H:%M}"


def station_allow(words: Namespace, terminal: Terminal) -> None:
    order = AllowPasses(words.station, words.passes, words.hours, words.days, frozenset(words.callers))
    allowed = terminal.ask(order, PassesAllowed)
    terminal.say(
        f"station {words.station} may make temporary passes up to number {allowed.most}, for {words.hours} h each,"
        f" until {allowed.until}; its gate knows as soon as it hears the hub"
    )


def station_forbid(words: Namespace, terminal: Terminal) -> None:
    terminal.ask(ForbidPasses(words.station), PassesForbidden)
    terminal.say(f"station {words.station} makes no passes any more, and those that it made are void at every gate")
