"""One trial of damage to a journal: bits are flipped or bytes cut off, in the file or its log; then the station's own
code opens, checks and salvages what is left.

`bit_flips` loops over it: `journal_trial(folder: Path, rng: random.Random, *, guarded: bool = True) -> JournalTrial`
makes a journal in that (empty) folder, damages it, and tells what became of every row. guarded false is the control
arm: a reader without checksums, witness or salvage, as SQLite would have it. Rule: a row counts as silently lost if it
is neither handed out nor named, and as silently changed if it is handed out with another body.
"""

import logging
import random
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from gate.wire import JournalReceipt
from station.caretaker import Caretaker, Pace
from station.inbox import GoneThrough, JournalNews, JournalSuspected, RowsFound
from station.journal import Journal, JournalReader, Salvaged, open_journal, set_aside
from station.recorder import Recorder
from tests.station.lane_of_tests import settings_in

JOURNAL = "00000000000000aa"
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
NEXT = b"{}"
KINDS = ("passage", "passage", "passage", "amendment", "happening", "made_pass")


@dataclass
class JournalTrial:
    """What became of one damaged journal. Rows by sequence of the journal that was damaged.

    flipped: bits; 0 where the end was cut off. noticed: what the station said, empty where nothing was wrong that it
    looks at. opened_seconds: until it could record again. held: rows that were handed out whole. named: those that
    were said to be lost. silently_lost, silently_changed: what may not be.
    """

    rows: int = 0
    damage: str = ""
    flipped: int = 0
    noticed: str = ""
    opened_seconds: float = 0.0
    held: int = 0
    salvaged: int = 0
    named: int = 0
    silently_lost: list[int] = field(default_factory=list)
    silently_changed: list[int] = field(default_factory=list)
    crashed: str = ""


def journal_trial(folder: Path, rng: random.Random, *, guarded: bool = True) -> JournalTrial:
    """folder: an empty one. One whole trial; nothing is raised."""
    trial = JournalTrial()
    path = folder / "journal.sqlite"
    bodies, receipt = _lived(path, rng)
    trial.rows = len(bodies)
    trial.damage, trial.flipped = _damage(path, rng)
    try:
        found, named = _guarded(path, trial) if guarded else _unguarded(path)
    except Exception as crash:
        trial.crashed = f"{type(crash).__name__}: {crash}"
        found, named = {}, set()
    trial.held, trial.named = len(found), len(named)
    for sequence, body in bodies.items():
        if sequence in found:
            if found[sequence] != body:
                trial.silently_changed.append(sequence)
        elif sequence not in named and not receipt.covers(sequence):
            trial.silently_lost.append(sequence)
    trial.silently_changed += sorted(found.keys() - bodies.keys())
    return trial


def _lived(path: Path, rng: random.Random) -> tuple[dict[int, bytes], JournalReceipt]:
    """A journal as a running station leaves it: kill -9, so that its log is still there. Bodies, the last receipt."""
    alive = path.with_name("alive.sqlite")
    ticks = count()
    journal = open_journal(alive, lambda: JOURNAL, lambda: NOW)
    journal._connection.execute(f"PRAGMA wal_autocheckpoint = {rng.choice((5, 30, 1000))}")
    # Thousands of trials: what the disk does at a power cut is another campaign's matter.
    journal._connection.execute("PRAGMA synchronous = OFF")
    bodies: dict[int, bytes] = {}
    receipt = JournalReceipt(JOURNAL, 0)
    for sequence in range(1, rng.randint(2, 60)):
        size = rng.choice((40, 300, 300, 600, 6000))
        body = b'{"kind":"passage","n":%d,"filler":"%s"}' % (sequence, rng.randbytes(size // 2).hex().encode())
        assert journal.append(rng.choice(KINDS), body, lambda: float(next(ticks))) == sequence
        bodies[sequence] = body
        if rng.random() < 0.1:
            receipt = JournalReceipt(JOURNAL, rng.randint(receipt.through, sequence))
            journal.confirm(receipt)
            journal._connection.execute("PRAGMA synchronous = OFF")
    for part in ("", "-wal", "-newest"):
        path.with_name(path.name + part).write_bytes(alive.with_name(alive.name + part).read_bytes())
    journal.close()
    for left in path.parent.glob("alive.sqlite*"):
        left.unlink()
    return bodies, receipt


def _damage(path: Path, rng: random.Random) -> tuple[str, int]:
    """Flip one to eight bits, or cut the end off, in the file or its log; in words, and how many bits."""
    parts = [part for part in (path, path.with_name(path.name + "-wal")) if part.stat().st_size]
    victim = rng.choice(parts)
    data = bytearray(victim.read_bytes())
    if rng.random() < 0.2:
        left = rng.randrange(len(data))
        victim.write_bytes(data[:left])
        return f"{victim.name} cut to {left} of {len(data)} bytes", 0
    bits = [rng.randrange(len(data) * 8) for _ in range(rng.choice((1, 1, 1, 2, 8)))]
    for bit in bits:
        data[bit // 8] ^= 1 << bit % 8
    victim.write_bytes(data)
    return f"{victim.name} of {len(data)} bytes, bits {bits}", len(bits)


class Reopened:
    """The station's own code over a damaged journal: it opens, and its caretaker looks through what is there.

    said: everything that a station would log of it. results: of the files that were salvaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ids = (f"{number:016x}" for number in count(int(JOURNAL, 16)))
        self.said: list[str] = []
        self.results: list[Salvaged] = []
        self._log = _Log(self.said)
        logging.getLogger("station").addHandler(self._log)
        began = time.perf_counter()
        journal = self._open()
        self.opened_seconds = time.perf_counter() - began
        self._recorder = Recorder(settings_in(path.parent), journal, self._begin, (), time.monotonic)
        self._news: list[JournalNews] = []
        self._caretaker = Caretaker(path, self._news.append, Pace(check_rest=0.0, salvage_rest=0.0))

    def look_after(self) -> None:
        """Until there is nothing more to look after."""
        self._caretaker.turn()
        while self._news:
            for news in self._news[:]:
                del self._news[0]
                self._hear(news)
            if self._replaced:
                self._caretaker.turn()

    def handed_out(self) -> dict[int, bytes]:
        """The records of the damaged journal that the uplink would send, by sequence."""
        with closing(JournalReader(self._path)) as reader:
            found = dict(reader.pending(0, 10**6)) if reader.id == JOURNAL else {}
            return found | {
                sequence: body for whose, sequence, body in reader.earlier_pending(10**6) if whose == JOURNAL
            }

    @property
    def journal(self) -> Journal:
        return self._recorder.journal

    def records(self) -> bool:
        """Whether the next passage can be recorded; as the loop does it, in a new journal where this one is damaged."""
        return self._recorder.keeper.do(lambda journal: journal.append("passage", NEXT)) == self.journal.newest

    def close(self) -> None:
        self._recorder.journal.close()
        logging.getLogger("station").removeHandler(self._log)

    @property
    def _replaced(self) -> bool:
        return self._recorder.keeper.take_replaced()

    def _hear(self, news: JournalNews) -> None:
        match news:
            case JournalSuspected(journal, why):
                self._recorder.keeper.suspected(journal, why)
            case RowsFound(rows):
                self._recorder.keeper.keep(rows)
            case GoneThrough(result):
                self.results.append(result)
                self._recorder.keeper.gone_through(result)

    def _open(self) -> Journal:
        return open_journal(self._path, lambda: next(self._ids), lambda: NOW)

    def _begin(self, old: Journal, why: str) -> Journal:
        set_aside(self._path, why, NOW)
        old.close()
        return self._open()


class _Log(logging.Handler):
    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._said = said

    def emit(self, record: logging.LogRecord) -> None:
        self._said.append(record.getMessage())


def _guarded(path: Path, trial: JournalTrial) -> tuple[dict[int, bytes], set[int]]:
    with closing(Reopened(path)) as station:
        trial.opened_seconds = station.opened_seconds
        station.look_after()
        assert station.records()
        # That may have been the first to notice.
        station.look_after()
        found = {sequence: body for sequence, body in station.handed_out().items() if body != NEXT}
    trial.noticed = "; ".join(station.said)
    trial.salvaged = sum(result.whole for result in station.results)
    lost = (each for result in station.results for first, last in result.lost for each in range(first, last + 1))
    return found, set(lost)


def _unguarded(path: Path) -> tuple[dict[int, bytes], set[int]]:
    """The control arm: what SQLite hands out by itself."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT sequence, body FROM record WHERE confirmed = 0").fetchall()
    return dict(rows), set()
