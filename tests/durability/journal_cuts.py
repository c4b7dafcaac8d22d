"""Power cuts of a journal: `python -m tests.durability.journal_cuts TRIALS SEED STRENGTH` prints a line a life.

A life records passages, notes receipts, probes and starts anew, on a disk that remembers; then the power is cut at many
places of it, and the station's own code opens what is left. Every next life begins in such a ruin. STRENGTH: `full`, or
`normal` for the control, whose commits are not synced. The name of a trial behind it (STORY.LIFE.CUT, as complaints
have it) tries that one alone: the same deeds, cut off at the same place.
"""

import random
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate, count
from pathlib import Path

from msgspec import json

from gate.wire import JournalReceipt
from station.journal import Journal, JournalBroken, JournalReader, JournalUnusable, open_journal
from station.journal.witness import witness_path
from tests.durability.cuts import State, cuts, next_base, survived
from tests.durability.disk import Recording, recorded
from tests.durability.verdict import Trial, Verdict, in_memory

# The first life makes the file and nothing else.
CUTS_IN_THE_FIRST, CUTS_IN_A_LIFE = 30, 250
STEPS = (5, 60)
# Lives in one file, before another begins from nothing.
LIVES = 4
JOURNAL = "00000000000000aa"
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Trying:
    """The station is about to write this body under this number."""

    sequence: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """It has come back from writing, and the barrier may open."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Receipted:
    """The hub has said what it holds."""

    receipt: JournalReceipt


@dataclass(frozen=True, slots=True)
class Pruned:
    """From now on these may be gone: the hub has had them for long enough."""

    sequences: frozenset[int]


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What stands in the note beside the journal, which is never synced."""

    content: bytes


@dataclass
class Believed:
    """What may be relied on at one moment. bodies: by number, of all that was tried; done: of those, what was told."""

    bodies: dict[int, bytes] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)
    confirmable: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)
    receipt: JournalReceipt = field(default_factory=lambda: JournalReceipt(JOURNAL, 0))

    def hears(self, facts: list[object]) -> "Believed":
        heard = Believed(dict(self.bodies), set(self.done), set(self.confirmable), set(self.gone), self.receipt)
        for fact in facts:
            match fact:
                case Trying(sequence, body):
                    heard.bodies[sequence] = body
                case Done(sequence):
                    heard.done.add(sequence)
                case Pruned(sequences):
                    heard.gone |= sequences
                case Receipted(receipt):
                    heard.receipt = receipt
                    heard.confirmable |= {each for each in range(1, receipt.through + 1) if receipt.covers(each)}
        return heard


class Life:
    """One station's dealings with its journal. weak: whether its commits are left unsynced."""

    def __init__(self, recording: Recording, believed: Believed, rng: random.Random, weak: bool) -> None:
        self._recording, self._rng, self._weak = recording, rng, weak
        self._path = recording.folder / "journal.sqlite"
        self._held = {each for each in believed.confirmable if believed.receipt.covers(each)}
        self._wall = _clock(rng)

    def live(self, steps: int) -> None:
        self._open()
        with closing(JournalReader(self._path)) as reader:
            for _ in range(steps):
                [step] = self._rng.choices(
                    (self._append, self._confirm, self._probe, self._prune, self._restart), (80, 14, 5, 2, 1)
                )
                step()
                self._recording.tell(Witnessed(witness_path(self._path).read_bytes()))
                if self._rng.random() < 0.3:
                    reader.pending(0, 5)
        if self._rng.random() < 0.5:
            self._recording.end()
        self._journal.close()

    def _open(self) -> None:
        self._journal: Journal = open_journal(self._path, lambda: JOURNAL, self._wall)
        # Checkpoints that would take a day to come about.
        # Whatever is there goes out to the hub at once.
        for (sequence,) in self._journal._connection.execute("SELECT sequence FROM record").fetchall():
            self._recording.tell(Done(sequence))
        self._journal._connection.execute(f"PRAGMA wal_autocheckpoint = {self._rng.choice((8, 40, 1000))}")
        self._weaken()

    def _weaken(self) -> None:
        if self._weak:
            self._journal._connection.execute("PRAGMA synchronous = NORMAL")

    def _append(self) -> None:
        size = self._rng.choice((40, 300, 300, 300, 900, 6000))
        sequence = self._journal.newest + 1
        # No body is another's: a row that turned up twice would be known by it.
        body = b'{"kind":"passage","filler":"%d %s"}' % (sequence, self._rng.randbytes(size // 2).hex().encode())
        self._recording.tell(Trying(sequence, body))
        assert self._journal.append("passage", body) == sequence
        self._recording.tell(Done(sequence))

    def _confirm(self) -> None:
        """Most of what there is reaches the hub; once in a while the hub is one restored from a backup."""
        newest = self._journal.newest
        if self._rng.random() < 0.1:
            self._held = {each for each in self._held if each <= self._rng.randint(0, newest)}
        self._held |= {each for each in range(1, newest + 1) if self._rng.random() < 0.95}
        receipt = receipt_of(self._held)
        self._recording.tell(Receipted(receipt))
        self._journal.confirm(receipt)
        self._weaken()

    def _probe(self) -> None:
        self._journal.probe()

    def _prune(self) -> None:
        rows = self._journal._connection.execute("SELECT sequence FROM record WHERE confirmed").fetchall()
        self._recording.tell(Pruned(frozenset(sequence for (sequence,) in rows)))
        self._journal.prune(self._wall(), timedelta(0))
        self._weaken()
        if self._rng.random() < 0.5:
            self._journal.empty_log()

    def _restart(self) -> None:
        self._journal.close()
        self._open()


def receipt_of(held: set[int]) -> JournalReceipt:
    """As the hub would say it, of numbers that it holds."""
    through = max(held, default=0)
    holes: list[tuple[int, int]] = []
    for missing in sorted(set(range(1, through)) - held):
        if holes and holes[-1][1] == missing - 1:
            holes[-1] = (holes[-1][0], missing)
        else:
            holes.append((missing, missing))
    if len(holes) > 60:
        return JournalReceipt(JOURNAL, holes[60][0] - 1, tuple(holes[:60]))
    return JournalReceipt(JOURNAL, through, tuple(holes))


def judge(folder: Path, believed: Believed, verdict: Verdict) -> None:
    """Open what a cut has left with the station's own code, and hold it against what may be relied on."""
    verdict.trials += 1
    try:
        with closing(open_journal(folder / "journal.sqlite", lambda: "00000000000000bb", lambda: NOW)) as journal:
            _judge_rows(journal, believed, verdict)
            _judge_what_goes_out(folder, journal, believed, verdict)
    except (JournalBroken, JournalUnusable, sqlite3.Error, AssertionError) as cause:
        verdict.corrupt += 1
        verdict.complain(f"{type(cause).__name__}: {cause}")


def _judge_rows(journal: Journal, believed: Believed, verdict: Verdict) -> None:
    connection = journal._connection
    rows = connection.execute("SELECT sequence, body, confirmed FROM record ORDER BY sequence").fetchall()
    found = {sequence: bytes(body) for sequence, body, _ in rows}
    lost = believed.done - found.keys() - believed.gone
    if lost:
        verdict.lost += len(lost)
        verdict.cut_short += 1
        verdict.complain(f"lost {sorted(lost)[:5]} of {len(believed.done)} that were told")
    verdict.doubled += len(found) - len(set(found.values()))
    foreign = [sequence for sequence, body in found.items() if believed.bodies.get(sequence) != body]
    early = {sequence for sequence, _, confirmed in rows if confirmed} - believed.confirmable
    gaps = set(range(1, max(found, default=0) + 1)) - found.keys() - lost - believed.gone
    whole = connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    for what, wrong in (("other bodies", foreign), ("confirmed by nobody", early), ("gaps", gaps)):
        if wrong:
            verdict.corrupt += 1
            verdict.complain(f"{what}: {sorted(wrong)[:5]}")
    if not whole:
        verdict.corrupt += 1
        verdict.complain("integrity_check")


def _judge_what_goes_out(folder: Path, journal: Journal, believed: Believed, verdict: Verdict) -> None:
    """The next passage gets the next number; after the hub's last receipt, just what that does not cover is sent."""
    before = journal.newest
    assert journal.append("passage", b"{}") == before + 1, "a number was given twice or left out"
    journal.confirm(believed.receipt)
    with closing(JournalReader(folder / "journal.sqlite")) as reader:
        going_out = {sequence for sequence, _ in reader.pending(0, before + 10)}
    if believed.receipt.through <= before:
        there = {sequence for (sequence,) in journal._connection.execute("SELECT sequence FROM record").fetchall()}
        owed = {each for each in there if not believed.receipt.covers(each)}
        if going_out != owed:
            verdict.corrupt += 1
            verdict.complain(f"not what is owed goes out: {sorted(going_out ^ owed)[:5]}")


def lives(trials: int, seed: str, weak: bool, only: Trial | None = None) -> Iterator[Verdict]:
    """A verdict for each life, until so many cuts were judged. only: the one that is judged, at the end of its life."""
    trials -= only.story * (CUTS_IN_THE_FIRST + LIVES * CUTS_IN_A_LIFE) if only is not None else 0
    for number in count(only.story if only is not None else 0):
        rng = random.Random(f"{seed}-{number}")
        with in_memory() as home:
            base, believed = State({}, []), Believed()
            for life in range(1 + LIVES):
                first, verdict = life == 0, Verdict()
                some = CUTS_IN_THE_FIRST if first else CUTS_IN_A_LIFE
                known = base.platter.names if base.platter is not None else None
                with recorded(_laid_out(home, base, None), known) as recording:
                    Life(recording, believed, rng, weak).live(0 if first else rng.randint(*STEPS))
                verdict.events = len(recording.events)
                states = list(cuts(recording, min(some, trials), rng, base.platter))
                for at, state in enumerate(states):
                    folder = _laid_out(home, state, rng)
                    if verdict.comes_to(Trial(number, life, at), only):
                        judge(folder, believed.hears(state.told), verdict)
                trials -= len(states)
                yield verdict
                if not trials or (only is not None and only.life == life):
                    return
                base = survived(recording) if first else next_base(recording, states, rng, base)
                believed = believed.hears(base.told)
                if base.platter is None:
                    believed = _after(_laid_out(home, base, None), believed)


def _after(folder: Path, believed: Believed) -> Believed:
    """What may be relied on once a station has looked what its ruin still holds; the control's has lost some."""
    with closing(open_journal(folder / "journal.sqlite", lambda: JOURNAL, lambda: NOW)) as journal:
        rows = journal._connection.execute("SELECT sequence, body FROM record").fetchall()
    bodies = {sequence: bytes(body) for sequence, body in rows}
    kept = {each for each in believed.confirmable if each in bodies}
    return Believed(
        bodies,
        set(bodies),
        kept,
        set(believed.gone),
        receipt_of({each for each in kept if believed.receipt.covers(each)}),
    )


def _laid_out(home: Path, state: State, rng: random.Random | None) -> Path:
    """rng: what became of the note beside the journal; None for what it last was."""
    folder = home / "station"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    state.lay_out(folder)
    notes = [each.content for each in state.told if isinstance(each, Witnessed)]
    if notes and state.platter is not None:
        witness_path(folder / "journal.sqlite").write_bytes(notes[-1])
    elif notes and rng is not None:
        # Whatever it ever was, the last most likely; or a file whose content never came.
        witness_path(folder / "journal.sqlite").write_bytes(rng.choice([*notes[-4:], notes[-1], bytes(128), b""]))
    return folder


def _clock(rng: random.Random) -> Callable[[], datetime]:
    seconds = accumulate(rng.uniform(0.1, 30) for _ in count())
    return lambda: NOW + timedelta(seconds=next(seconds))


if __name__ == "__main__":
    alone = Trial.read(sys.argv[4]) if len(sys.argv) > 4 else None
    for one in lives(int(sys.argv[1]), sys.argv[2], sys.argv[3] == "normal", alone):
        print(json.encode(one).decode(), flush=True)
