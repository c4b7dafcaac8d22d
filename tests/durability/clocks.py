"""The campaign on clocks: gates whose time goes astray by random scripts, and what the office's feed says of it.

Timekeeper, journal, ingest, fold and feed are the real ones, in one process. Rule: nobody but the story knows the true
time; what the feed claims to know must be right within the stated bound, what it cannot know it must say, and bound.
The control arm shows what the gates said, which is the feed without re-dating, and must be wrong.
"""

import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from gate import topics
from gate.clock import DRIFT_PER_SECOND, ClockState
from gate.wire import JournalReceipt, encode_records, envelope, pack_backlog
from hub.feed import Feed, FeedRow, Filter
from hub.forms import Opener
from hub.incoming.ingest import Ingest, Message
from hub.redating import CLOCKS_APART, SETTLING_SECONDS, Dated
from hub.registry import boots, inbox, open_registry
from hub.registry.instants import written
from tests.durability.clock_story import BEGINS, SYNC_SECONDS, Story, Truth
from tests.rehearsal.progress import Progress

SEED = 20261122
SCRIPTS, STEPS = 10_000, 26
COMPOUND = "willow-court"
SHARED_MEMORY = Path("/dev/shm")
Figures = dict[str, object]


def clocks(scale: float) -> Figures:
    """10,000 scripts at scale 1, each at a station of its own."""
    count, progress = max(40, round(SCRIPTS * scale)), Progress(sys.stderr)
    made: Counter[str] = Counter()
    # What a sync of the disk is worth is the campaign on power cuts' matter.
    memory = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
    with TemporaryDirectory(prefix="gate-clocks-", dir=memory) as folder, closing(Office(Path(folder))) as office:
        for number in range(count):
            made += office.hear_out(number)
            progress.draw(f"{number + 1} of {count} scripts, {made['records']} records, {made['wrong']} wrong")
    return {
        "name": "clocks", "trials": count, "lost": made["lost"], "doubled": made["doubled"], "corrupt": made["corrupt"],
        "reordered": made["reordered"], "wrong": made["wrong"], "records": made["records"], "known": made["known"],
        "said_uncertain": made["uncertain"], "unknowable": made["unknowable"], "redated": made["redated"],
        "restarts_of_the_hub": made["restarts"], "control_wrong": made["control_wrong"],
        "control_unharmed": int(not made["control_wrong"]),
    }  # fmt: skip


class Office:
    """One hub and its feed, which hears every story."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open()

    def close(self) -> None:
        self._registry.close()

    def hear_out(self, number: int) -> Counter[str]:
        """Play one script to its end, and judge what the feed says of it."""
        rng = random.Random(f"{SEED}-{number}")
        self._restarts = 0
        self._received: dict[int, datetime] = {}
        self._begun = self._feed.newest()
        with TemporaryDirectory(dir=self._folder) as folder:
            story = Story(Path(folder), f"s-{number}", rng, self._take)
            story.play(STEPS)
        while self._registry.run(boots.go_on)[1]:
            pass
        return self._judged(story) + Counter(restarts=self._restarts)

    def _open(self) -> None:
        path = self._folder / "registry.sqlite"
        self._registry = open_registry(path, BEGINS, COMPOUND)
        self._feed = Feed(path)

    def _take(self, story: Story, rows: Sequence[tuple[int, bytes]], live: bool) -> None:
        """As the uplink sends it, and as the hub takes it; its clock is right within a second."""
        rng = random.Random(f"{SEED}-{story.station}-{len(self._received)}-{story.true}")
        if rng.random() < 0.02:
            self._registry.close()
            self._open()
            self._restarts += 1
        envelopes = [envelope(COMPOUND, story.station, story.journal, *row) for row in rows]
        now = story.true + timedelta(seconds=rng.uniform(-1.0, 1.0))
        topic = topics.RECORDS if live else topics.BACKLOG
        payload = encode_records(envelopes) if live else pack_backlog(envelopes)
        ingest = Ingest(COMPOUND, lambda _, __: None, lambda: now)
        ingest.take(self._registry, [Message(topic.of(COMPOUND, story.station), payload, live)])
        for sequence, _ in rows:
            self._received.setdefault(sequence, story.true)
        opener = Opener(COMPOUND, b"")
        while self._registry.run(lambda each: inbox.fold(each, opener, rng.randint(1, 50), written(now))).put_off:
            pass
        story.receipt(JournalReceipt(story.journal, max(self._received)))

    def _judged(self, story: Story) -> Counter[str]:
        kept = self._registry.rows(
            "SELECT sequence, body FROM record WHERE station = ? ORDER BY sequence", (story.station,)
        )
        shown = self._feed.since(self._begun, Filter(station=story.station))
        rows = {row.sequence: row for row in shown}
        truths = {each.sequence: each for each in story.truths}
        passages = [each for each in story.truths if story.is_passage(each)]
        found = Counter(
            records=len(truths),
            lost=len(truths.keys() - {sequence for sequence, _ in kept})
            + sum(each.sequence not in rows for each in passages),
            doubled=len(kept) - len({sequence for sequence, _ in kept}) + len(shown) - len(rows),
            corrupt=sum(body != story.body(truths[sequence]) for sequence, body in kept if sequence in truths),
        )
        found["reordered"] = sum(1 for _ in _out_of_order(story, rows))
        judge = Judge(story, self._received)
        for truth in passages:
            if truth.sequence in rows:
                found += judge.of(truth, rows[truth.sequence])
        return found


class Judge:
    """Holds what the feed says of one story's passages against the truth."""

    def __init__(self, story: Story, received: dict[int, datetime]) -> None:
        self._received = received
        self._boots: dict[str, list[Truth]] = {}
        for each in story.truths:
            self._boots.setdefault(each.stamp.boot, []).append(each)

    def of(self, truth: Truth, row: FeedRow) -> Counter[str]:
        found = Counter(redated=int(row.dated == Dated.SYNC))
        off = abs(row.at - truth.at).total_seconds()
        told_off = abs((row.told_at or row.at) - truth.at).total_seconds()
        bound = self._bound(truth)
        if self._can_be_known(truth):
            return found + Counter(known=1, wrong=int(off > bound), control_wrong=int(told_off > bound))
        if row.dated == Dated.RECEIPT:
            late = (truth.at - row.at).total_seconds() > bound
            early = row.not_before is not None and (row.not_before - truth.at).total_seconds() > bound
            return found + Counter(uncertain=1, wrong=int(late or early), control_wrong=int(told_off > bound))
        if truth.lied or truth.guard or row.dated == Dated.SYNC:
            # A word that nobody could contradict: a server's that lied, or the watch of a guard.
            return found + Counter(unknowable=1)
        # Held since a sync of which no record speaks; a floor that nobody doubts is wrong in any case.
        claims = truth.drift.total_seconds() + SYNC_SECONDS
        return found + Counter(known=1, wrong=int(row.clock == ClockState.FLOOR or off > claims))

    def _can_be_known(self, truth: Truth) -> bool:
        """Whether an honest sync of the same boot is on record; beside lies, one that the hub heard of at once."""
        boot = self._boots[truth.stamp.boot]
        honest = [each for each in boot if each.honestly_synced]
        if any(each.lied for each in boot):
            apart = timedelta(seconds=CLOCKS_APART - 5)
            honest = [each for each in honest if self._received[each.sequence] - each.at <= apart]
        return bool(honest)

    def _bound(self, truth: Truth) -> float:
        """Seconds: what docs/durability.md states, from the farther end of the boot."""
        seconds = [each.stamp.boot_seconds for each in self._boots[truth.stamp.boot]]
        return 2 * (DRIFT_PER_SECOND * (max(seconds) - min(seconds)) + SETTLING_SECONDS)


def _out_of_order(story: Story, rows: dict[int, FeedRow]) -> Iterator[tuple[int, int]]:
    """Neighbours of a journal that stand on the feed in the wrong order of time, by more than both their bounds; of one
    that has only a latest time, and one that is known, nothing is said."""
    for one, other in pairwise(sorted(rows)):
        lies = any(story.truths[each - 1].lied or story.truths[each - 1].guard for each in (one, other))
        boot = story.truths[one - 1].stamp.boot == story.truths[other - 1].stamp.boot
        slack = timedelta(seconds=2 * SETTLING_SECONDS + 2 * SYNC_SECONDS) + _drift(story, one, other)
        alike = (rows[one].dated == Dated.RECEIPT) == (rows[other].dated == Dated.RECEIPT)
        if not lies and boot and alike and rows[one].at - rows[other].at > slack:
            yield one, other


def _drift(story: Story, one: int, other: int) -> timedelta:
    boot = [each.stamp.boot_seconds for each in story.truths if each.stamp.boot == story.truths[one - 1].stamp.boot]
    claimed = story.truths[one - 1].drift + story.truths[other - 1].drift
    return claimed + timedelta(seconds=2 * DRIFT_PER_SECOND * (max(boot) - min(boot)))
