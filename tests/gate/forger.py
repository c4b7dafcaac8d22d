"""The forger: draws genuine codes of every family at random, and of each the forgeries that people try.

`tests.rehearsal.forgery` counts what the gate makes of them. Rule: a forgery comes with its genuine twin, with the
steps at one of which its maker meant it to fail, and why; so whatever is refused is refused for the right reason.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from gate.clock import ClockState, Moment
from gate.credential import read
from gate.reason import Reason
from gate.trust import Trust

LONGEST_HELD_DRIFT = timedelta(seconds=4)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One forged code. steps: the names of those at one of which it has to fail. trust: where it is shown."""

    code: bytes
    steps: tuple[str, ...]
    reason: Reason
    trust: Trust


@dataclass(frozen=True)
class Genuine:
    """One genuine code, the trust list under which it is believed, and the ways to forge it, by name."""

    code: bytes
    trust: Trust
    ways: Mapping[str, Callable[[], Attempt]]


@dataclass(frozen=True)
class Family:
    """draw: a genuine code for a moment. bits: how many a code carries below its text. flipped: with the n-th turned.

    content: what a code says and by which signature, read without the product's chain; a forgery that says the same
    is none.
    """

    name: str
    draw: Callable[[Random, Moment], Genuine]
    bits: Callable[[bytes], int]
    flipped: Callable[[bytes, int], bytes]
    content: Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one code. wrong: what the gate got wrong, in words for whoever hunts it; empty where nothing."""

    accepted: bool
    wrong: str = ""


def some_moment(rng: Random, first: datetime, last: datetime) -> Moment:
    """Synchronised or held, at a whole second."""
    when = first + timedelta(seconds=rng.randrange(int((last - first).total_seconds())))
    if rng.random() < 0.7:
        return Moment(when, ClockState.SYNCED)
    return Moment(when, ClockState.HELD, rng.random() * LONGEST_HELD_DRIFT)


def judge_genuine(genuine: Genuine, now: Moment) -> Verdict:
    reading = read(genuine.code, genuine.trust, now)
    last = reading.steps[-1]
    return Verdict(reading.accepted, "" if reading.accepted else f"refused at {last.name}: {last.note}")


def judge_attempt(attempt: Attempt, now: Moment) -> Verdict:
    reading = read(attempt.code, attempt.trust, now)
    last = reading.steps[-1]
    if reading.accepted:
        return Verdict(True, "believed")
    right = last.name in attempt.steps and last.reason is attempt.reason
    meant = f"{'/'.join(attempt.steps)} ({attempt.reason})"
    return Verdict(False, "" if right else f"failed at {last.name} ({last.reason}), meant: {meant}")


def judge_flip(family: Family, genuine: Genuine, bit: int, now: Moment) -> Verdict:
    """Believed is a flipped code only where it says the same; a community pass has one spelling, so never."""
    flipped = family.flipped(genuine.code, bit)
    credential = read(flipped, genuine.trust, now).credential
    if credential is None:
        return Verdict(False)
    same = family.content(flipped) == family.content(genuine.code)
    return Verdict(True, "" if same else f"believed with bit {bit} flipped")


def flip(data: bytes, bit: int) -> bytes:
    """The same bytes with one bit turned; bit: from 0."""
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def cut(data: bytes, rng: Random, least: int = 1) -> bytes:
    """Without its end."""
    return data[: rng.randrange(least, len(data))]


def hex_digits(rng: Random, count: int = 16) -> str:
    return rng.randbytes(count // 2).hex()
