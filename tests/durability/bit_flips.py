"""Bit flips: a bit of a database turns over, or its end is torn off; then it is opened, and everything is counted.

A trial damages the file at a place of chance, opens it as the hub does, lets the hub's look in the background have its
word, and has the gates send again what they hold. Rules: a row is as it was, or it is named in the report; one that is
otherwise, or gone, without being named, is silent. The control arm has the same damage and asks SQLite's own check.
"""

import logging
import random
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from msgspec import json, to_builtins

from hub.keeping import backup
from hub.registry import RegistryRefused, carrying, mending, open_registry, opened, retelling, soundness, witness
from hub.registry.parcels import Run
from tests.durability.full_registry import NOW, OPENER, Full, Identity, full_registry, send_again, told
from tests.durability.journal_damage import journal_trial
from tests.rehearsal.progress import Progress

SEED = 20261122
TRIALS = 10_000
SLOW_SECONDS = 10.0
# In memory, where there is such a place: no trial is about the disk's pace.
SHELF = "/dev/shm" if Path("/dev/shm").is_dir() else None
LIST = "-rows"
_ROW = re.compile(r"^  (\w+) (\[.*?\]): ", re.M)
_MORE = re.compile(r"^  (\w+): lost: (\d+) more", re.M)
_UNCOUNTED = re.compile(r"^  (\w+): (?:the count of its rows is lost|lost: what was written last)", re.M)
_RECORDS = re.compile(r"^  station (\S+) journal (\S+): (\d+)(?: to (\d+))?$", re.M)

Figures = dict[str, object]


@dataclass
class Count:
    """What became of all trials. reported: in how many damage was told of. lost_without_name: rows of which the report
    knows only that there are such. lost_with_their_list: the same where the list beside the file was damaged as well,
    and those of which nobody knows that they fell back to an older state with the end of the log.

    not_back: records that a gate holds, and that are not in the registry. slow: above ten seconds.
    """

    reported: int = 0
    silently_lost: int = 0
    silently_changed: int = 0
    lost_without_name: int = 0
    lost_with_their_list: int = 0
    not_started: int = 0
    not_back: int = 0
    doubled: int = 0
    slow: int = 0


@dataclass(frozen=True)
class Report:
    """What the file beside the registry names, and what gaps the office is shown.

    is_listed: whether there was a list of rows to name them by.
    """

    rows: frozenset[tuple[str, str]]
    more: dict[str, int]
    records: frozenset[Identity]
    is_listed: bool = True

    def names(self, table: str, key: str) -> bool:
        """By the row's key, or where that is nobody's to read, by its digest."""
        return not self.rows.isdisjoint({(table, key), (table, witness.listed(table, key))})

    @classmethod
    def of(cls, folder: Path, gaps: Iterable[Run], is_listed: bool) -> "Report":
        text = "\n".join(each.read_text(encoding="utf-8") for each in sorted(folder.glob("registry-damaged-*.txt")))
        records = {
            (station, journal, sequence)
            for station, journal, first, last in (*_RECORDS.findall(text), *gaps)
            for sequence in range(int(first), int(last or first) + 1)
        }
        more = {table: int(count) for table, count in _MORE.findall(text)}
        more |= dict.fromkeys(_UNCOUNTED.findall(text), 10**6)
        return cls(frozenset(_ROW.findall(text)), more, frozenset(records), is_listed)


def damaged(files: dict[str, bytes], rng: random.Random) -> dict[str, bytes]:
    """One bit of one file turned over; or, one time in ten, its end torn off. files: by their suffixes.

    One time in ten the list of rows beside it is damaged as well.
    """
    suffix = rng.choice([each for each in files if each in ("", "-wal")])
    harmed = {**files, suffix: _harmed(files[suffix], rng)}
    return {**harmed, LIST: _harmed(files[LIST], rng)} if rng.random() < 0.1 else harmed


def _harmed(content: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.1:
        return content[: rng.randrange(len(content))]
    at, bit = rng.randrange(len(content)), rng.randrange(8)
    return content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]


def _lay_out(folder: Path, files: dict[str, bytes]) -> Path:
    for suffix, content in files.items():
        (folder / f"registry.sqlite{suffix}").write_bytes(content)
    return folder / "registry.sqlite"


def registry_trial(full: Full, files: dict[str, bytes], count: Count) -> None:
    with tempfile.TemporaryDirectory(dir=SHELF) as name:
        folder = Path(name)
        path = _lay_out(folder, files)
        is_listed = witness.read(path).whole
        (folder / mending.BACKUPS).mkdir()
        (folder / mending.BACKUPS / backup.name_of("sunshine", NOW)).write_bytes(full.backup.read_bytes())
        try:
            gaps = _live_on(path, full)
        except RegistryRefused:
            count.not_started += 1
            return
        report = Report.of(folder, gaps, is_listed)
        count.reported += bool(list(folder.glob("registry-damaged-*.txt")))
        unnamed = _judge(path, full, report, count)
        count.lost_without_name += unnamed if is_listed else 0
        count.lost_with_their_list += 0 if is_listed else unnamed


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


def _judge(path: Path, full: Full, report: Report, count: Count) -> int:
    """How many rows are lost, or back in an older state, that the report does not name, though it tells of such."""
    unnamed = 0
    office, records, folded = told(path)
    for (table, key), said in full.office.items():
        now = office.pop((table, key), None)
        if now == said or report.names(table, key) or _is_told_by_a_gap(table, key, report):
            continue
        if now is not None and (report.is_listed or "file" not in report.more):
            count.silently_changed += 1
        elif report.more.get(table, 0) > 0:
            report.more[table] -= 1
            unnamed += 1
        elif "file" in report.more:
            unnamed += 1
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
                # What its amendment had said of it, which follows it here, is lost with that one.
                count.silently_lost += place not in folded[table]
                is_told = table == "passage" and (*place[:2], place[2] + 1) in report.records - records.keys()
                count.silently_changed += folded[table].get(place, row) != row and not is_told
        count.doubled += len(folded[table].keys() - rows.keys())
    return unnamed


def _is_told_by_a_gap(table: str, key: str, report: Report) -> bool:
    """A temporary pass stands in a record of its gate, and is gone with it."""
    return table == "made_pass" and tuple(json.decode(key)) in report.records


def control_trial(full: Full, files: dict[str, bytes], count: Count) -> None:
    """Without checksums of our own: what SQLite's own check lets by is taken for sound."""
    with tempfile.TemporaryDirectory(dir=SHELF) as name:
        path = _lay_out(Path(name), files)
        try:
            with closing(soundness.reading(path)) as reader:
                if list(soundness.structure(reader)):
                    count.reported += 1
                    return
            count.silently_lost += _judge(path, full, Report(frozenset(), {}, frozenset()), count)
        except (sqlite3.DatabaseError, UnicodeError):
            count.reported += 1


def trials_of(full: Full, trials: int) -> Iterator[dict[str, bytes]]:
    """Half of them of a registry that was closed, half as a killed hub leaves it, with its log."""
    rng = random.Random(SEED)
    for _ in range(trials):
        yield damaged(rng.choice([full.closed, full.alive]), rng)


def bit_flips(scale: float) -> Figures:
    """Half of the trials on registries, half on journals."""
    each = max(10, round(TRIALS * scale / 2))
    progress = Progress(sys.stderr)
    registry, bare = _registries(each, progress)
    journal, journal_bare = _journals(each, progress)
    control = bare.silently_changed + bare.silently_lost + journal_bare.silently_changed + journal_bare.silently_lost
    lost = registry.silently_lost + registry.lost_without_name + registry.not_back + journal.silently_lost
    return {
        "trials": 2 * each, "lost": lost, "doubled": registry.doubled,
        "corrupt": registry.silently_changed + journal.silently_changed, "crashes": journal.not_started,
        "not_started": registry.not_started, "slow": registry.slow + journal.slow,
        "registry": to_builtins(registry), "journal": to_builtins(journal),
        "control": {"registry": to_builtins(bare), "journal": to_builtins(journal_bare)},
        "control_unharmed": int(control == 0),
    }  # fmt: skip


def _registries(trials: int, progress: Progress) -> tuple[Count, Count]:
    count, control = Count(), Count()
    with tempfile.TemporaryDirectory(dir=SHELF) as name, _quiet():
        full = full_registry(Path(name))
        for done, files in enumerate(trials_of(full, trials)):
            progress.draw(f"{done} of {trials} registries damaged")
            began = time.monotonic()
            registry_trial(full, files, count)
            count.slow += time.monotonic() - began > SLOW_SECONDS
            control_trial(full, files, control)
    return count, control


def _journals(trials: int, progress: Progress) -> tuple[Count, Count]:
    counts = Count(), Count()
    with _quiet():
        for done in range(trials):
            progress.draw(f"{done} of {trials} journals damaged")
            for count, guarded in zip(counts, (True, False), strict=True):
                with tempfile.TemporaryDirectory(dir=SHELF) as name:
                    trial = journal_trial(Path(name), random.Random(SEED + done), guarded=guarded)
                count.reported += bool(trial.noticed)
                count.silently_lost += len(trial.silently_lost)
                count.silently_changed += len(trial.silently_changed)
                count.not_started += bool(trial.crashed)
                count.slow += trial.opened_seconds > SLOW_SECONDS
    return counts


@contextmanager
def _quiet() -> Iterator[None]:
    """Each of thousands of alarms is as it should be, and nobody else listens."""
    deaf = logging.NullHandler()
    logging.getLogger().addHandler(deaf)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(deaf)
