"""The campaign `forgery`: forged codes by the hundred thousand, none believed; genuine ones, none refused.

`campaigns` calls it for `make soak`, a test for its share. At scale 1: 100,000 genuine codes, more than 800,000
forgeries of them, and every single bit flip of 200 genuine codes. Rule: all is drawn from numbered shares, each with
its own source of chance, so whatever goes wrong can be drawn again alone.
"""

import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from tests.gate import forged_certificates, forged_gate_passes, forged_passes
from tests.gate.forger import Verdict, judge_attempt, judge_flip, judge_genuine, some_moment
from tests.gate.makers import EXPIRES, ISSUED
from tests.rehearsal.progress import Progress

FAMILIES = (
    forged_passes.PAPER,
    forged_passes.PHONE,
    forged_gate_passes.LEAVE,
    forged_certificates.CERTIFICATE,
    forged_certificates.CARD,
)
GENUINE, FLIPPED, FORGED_OF_EACH = 100_000, 200, 9
SHARE = 100
MOST_COMPLAINTS = 20
# A day within the days of the keys on either side, so that a forgery has room to be early or late.
FIRST, LAST = ISSUED + timedelta(days=1), EXPIRES - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Share:
    """A piece of the work. family: its place in FAMILIES. genuine: how many codes; flips: only turn bits of one."""

    number: int
    family: int
    genuine: int
    flips: bool = False


@dataclass
class Tally:
    """What became of the codes of a share, or of all. ways: forgeries by family and way."""

    genuine: int = 0
    forged: int = 0
    flipped: int = 0
    unchanged: int = 0
    false_accepts: int = 0
    false_refusals: int = 0
    wrong_step: int = 0
    ways: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        for name in ("genuine", "forged", "flipped", "unchanged", "false_accepts", "false_refusals", "wrong_step"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.ways += other.ways
        self.complaints += other.complaints

    def complain(self, share: Share, what: str, verdict: Verdict) -> None:
        self.complaints.append(f"{FAMILIES[share.family].name}, {what}: {verdict.wrong} (share {share.number})")


def forgery(scale: float, workers: int | None = None) -> dict[str, object]:
    """Count it all, on every core unless told otherwise."""
    shares, total, progress = shares_of(scale), Tally(), Progress(sys.stderr)
    for done, tally in enumerate(_tallies(shares, workers or os.cpu_count() or 1), 1):
        total.add(tally)
        progress.draw(f"{done} of {len(shares)} shares, {total.forged + total.flipped} forged codes")
    for complaint in total.complaints[:MOST_COMPLAINTS]:
        progress.say(complaint)
    return {
        "trials": total.forged + total.flipped, "forged": total.forged, "flipped": total.flipped,
        "unchanged_flips": total.unchanged, "genuine": total.genuine, "ways": len(total.ways),
        "rarest_way": min(total.ways.values(), default=0), "false_accepts": total.false_accepts,
        "false_refusals": total.false_refusals, "wrong_step": total.wrong_step,
    }  # fmt: skip


def shares_of(scale: float) -> list[Share]:
    """The work at a scale, in pieces of a second or less; at least one of each sort and family."""
    count = len(FAMILIES)
    codes = max(1, round(GENUINE * scale / SHARE / count))
    flipped = max(1, round(FLIPPED * scale / count))
    drawn = [Share(number, number % count, SHARE) for number in range(codes * count)]
    return [*drawn, *(Share(10**6 + number, number % count, 1, True) for number in range(flipped * count))]


def tally_of(share: Share) -> Tally:
    rng, tally = Random(share.number), Tally()
    for _ in range(share.genuine):
        if share.flips:
            _flip(share, rng, tally)
        else:
            _forge(share, rng, tally)
    return tally


def _forge(share: Share, rng: Random, tally: Tally) -> None:
    family = FAMILIES[share.family]
    now = some_moment(rng, FIRST, LAST)
    genuine = family.draw(rng, now)
    verdict = judge_genuine(genuine, now)
    tally.genuine += 1
    if verdict.wrong:
        tally.false_refusals += 1
        tally.complain(share, "genuine", verdict)
    for way in rng.sample(sorted(genuine.ways), FORGED_OF_EACH):
        verdict = judge_attempt(genuine.ways[way](), now)
        tally.forged += 1
        tally.ways[f"{family.name} {way}"] += 1
        if verdict.wrong:
            tally.false_accepts += verdict.accepted
            tally.wrong_step += not verdict.accepted
            tally.complain(share, way, verdict)


def _flip(share: Share, rng: Random, tally: Tally) -> None:
    family = FAMILIES[share.family]
    now = some_moment(rng, FIRST, LAST)
    genuine = family.draw(rng, now)
    for bit in range(family.bits(genuine.code)):
        verdict = judge_flip(family, genuine, bit, now)
        tally.flipped += 1
        tally.unchanged += verdict.accepted and not verdict.wrong
        if verdict.wrong:
            tally.false_accepts += 1
            tally.complain(share, "flipped", verdict)


def _tallies(shares: Iterable[Share], workers: int) -> Iterator[Tally]:
    if workers == 1:
        yield from map(tally_of, shares)
        return
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(tally_of, shares, chunksize=4)
