"""Bit flips: a bit of a database turns over, or its end is torn off; then it is opened, and everything is counted.

A trial damages the file at a place of chance, opens it as the hub does, lets the hub's look in the background have its
word, and has the gates send again what they hold. Rules: a row is as it was, or it is named in the report; one that is
otherwise, or gone, without being named, is silent. The control arm has the same damage and asks SQLite's own check.
"""

import random
import re
import sqlite3
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from hub import backup
from hub.registry import RegistryRefused, carrying, mending, open_registry, opened, retelling, soundness
from hub.registry.parcels import Run
from tests.durability.full_registry import NOW, OPENER, Full, Identity, full_registry, send_again, told
from tests.rehearsal.progress import Progress

SEED = 20261122
TRIALS = 10_000
# In memory, where there is such a place: no trial is about the disk's pace.
SHELF = "/dev/shm" if Path("/dev/shm").is_dir() else None
_ROW = re.compile(r"^  (\w+) (\[.*?\]): ", re.M)
_MORE = re.compile(r"^  (\w+): lost: (\d+) more", re.M)
_UNCOUNTED = re.compile(r"^  (\w+): the count of its rows is lost", re.M)
_RECORDS = re.compile(r"^  station (\S+) journal (\S+): (\d+)(?: to (\d+))?$", re.M)

Figures = dict[str, object]


@dataclass
class Count:
    """What became of all trials."""

    damaged: int = 0
    reported: int = 0
    silently_lost: int = 0
    silently_changed: int = 0
    not_started: int = 0
    not_back: int = 0
    doubled: int = 0


@dataclass(frozen=True)
class Report:
    """What the file beside the registry names, and what gaps the office is shown."""

    rows: frozenset[tuple[str, str]]
    more: dict[str, int]
    records: frozenset[Identity]

    @classmethod
    def of(cls, folder: Path, gaps: Iterable[Run]) -> "Report":
        text = "\n".join(each.read_text(encoding="utf-8") for each in sorted(folder.glob("registry-damaged-*.txt")))
        records = {
            (station, journal, sequence)
            for station, journal, first, last in (*_RECORDS.findall(text), *gaps)
            for sequence in range(int(first), int(last or first) + 1)
        }
        more = {table: int(count) for table, count in _MORE.findall(text)}
        more |= dict.fromkeys(_UNCOUNTED.findall(text), 10**6)
        return cls(frozenset(_ROW.findall(text)), more, frozenset(records))


def damaged(content: bytes, rng: random.Random) -> bytes:
    """One bit turned over; or, one time in ten, the end torn off."""
    if rng.random() < 0.1:
        return content[: rng.randrange(len(content))]
    at, bit = rng.randrange(len(content)), rng.randrange(8)
    return content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]


def registry_trial(full: Full, content: bytes, count: Count, with_backup: bool = True) -> None:
    with tempfile.TemporaryDirectory(dir=SHELF) as name:
        folder = Path(name)
        path = folder / "registry.sqlite"
        path.write_bytes(content)
        if with_backup:
            (folder / mending.BACKUPS).mkdir()
            copy = folder / mending.BACKUPS / backup.name_of("sunshine", NOW)
            copy.write_bytes(full.backup.read_bytes())
        try:
            gaps = _live_on(path, full)
        except RegistryRefused:
            count.not_started += 1
            return
        report = Report.of(folder, gaps)
        count.reported += bool(report.rows or report.more or report.records)
        _judge(path, full, report, count)


def _live_on(path: Path, full: Full) -> list[Run]:
    """The hub starts; what `gate-hub verify` finds has it start once more. The gaps that it then tells the office."""
    open_registry(path, NOW + timedelta(hours=1), "sunshine").close()
    with closing(soundness.reading(path)) as reader:
        found = [*backup.look_through(path), *retelling.retold(reader, OPENER)]
    if found:
        mending.note(path, found)
    with opened(path, NOW + timedelta(hours=2), "sunshine") as registry:
        carrying.carry_on(registry)
        send_again(registry, full)
        return carrying.missing(registry)


def _judge(path: Path, full: Full, report: Report, count: Count) -> None:
    office, records, folded = told(path)
    for (table, key), said in full.office.items():
        now = office.pop((table, key), None)
        if now == said or (table, key) in report.rows:
            continue
        if now is not None:
            count.silently_changed += 1
        elif report.more.get(table, 0) > 0:
            report.more[table] -= 1
        else:
            count.silently_lost += 1
    count.silently_changed += sum(each not in report.rows for each in office)
    for identity, body in full.records.items():
        if records.get(identity, body) != body:
            count.silently_changed += 1
        elif identity not in records:
            count.not_back += identity in full.held
            count.silently_lost += identity not in report.records
    count.doubled += len(records.keys() - full.records.keys())
    for table, rows in full.folded.items():
        for place, row in rows.items():
            if place in records:
                count.silently_lost += place not in folded[table]
                count.silently_changed += folded[table].get(place, row) != row
        count.doubled += len(folded[table].keys() - rows.keys())


def control_trial(full: Full, content: bytes, count: Count) -> None:
    """Without checksums of our own: what SQLite's own check lets by is taken for sound."""
    with tempfile.TemporaryDirectory(dir=SHELF) as name:
        path = Path(name) / "registry.sqlite"
        path.write_bytes(content)
        try:
            with closing(soundness.reading(path)) as reader:
                if list(soundness.structure(reader)):
                    count.reported += 1
                    return
            _judge(path, full, Report(frozenset(), {}, frozenset()), count)
        except (sqlite3.DatabaseError, UnicodeError):
            count.reported += 1


def contents(full: Full, trials: int) -> Iterator[bytes]:
    rng = random.Random(SEED)
    for _ in range(trials):
        yield damaged(full.content, rng)


def bit_flips(scale: float) -> Figures:
    """The registry's arm: see the module."""
    trials, progress = max(10, round(TRIALS * scale)), Progress(sys.stderr)
    count, control = Count(), Count()
    with tempfile.TemporaryDirectory(dir=SHELF) as name:
        full = full_registry(Path(name))
        for done, content in enumerate(contents(full, trials)):
            progress.draw(f"{done} of {trials} registries damaged")
            registry_trial(full, content, count)
            control_trial(full, content, control)
    lost, corrupt = count.silently_lost + count.not_back, count.silently_changed
    control_changed = control.silently_changed + control.silently_lost
    return {
        "trials": trials, "lost": lost, "doubled": count.doubled, "corrupt": corrupt, "reported": count.reported,
        "not_started": count.not_started, "silently_lost": count.silently_lost,
        "silently_changed": count.silently_changed, "not_back": count.not_back, "control_changed": control_changed,
        "control_unharmed": int(control_changed == 0),
    }  # fmt: skip
