"""The campaign on full disks: a card of 2 MB, filled to every page boundary, while a gate records.

Called by `make soak` and, in small, by the tests. In each trial records are written until the disk refuses, the station
starts anew on the full disk, room is made, and it goes on; then every record is looked for. Rule: the control is the
same gate without its reserve; where it recorded as much on a full disk, the reserve proves nothing.
"""

import logging
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from gate.clock import ClockState
from gate.passage import Happening, Record, Stamp, What
from gate.wire import decode_body
from station.disk_space import DiskSpace
from station.journal import Journal, JournalUnusable, Reserve, check_fully, free_bytes, open_journal, set_aside
from station.recorder import PROBE_IDLE_SECONDS, Recorder
from station.settings import JournalSettings
from tests.rehearsal.progress import Progress
from tests.station.lane_of_tests import settings_in

DISK_BYTES = 2 * 2**20
PAGE = 4096
RESERVE_BYTES = 256 * 1024
# So much room a journal needs to go on; and so much a reserve that is made anew.
FEWEST_MENDED_PAGES = 24
FEWEST_RESERVED_PAGES = 3 * RESERVE_BYTES // PAGE
MOST_RECORDS = 8000
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
JOURNAL = "00000000000000aa"


class NoMount(Exception):
    """Whoever runs this may not mount a file system."""


@dataclass
class Trial:
    """One boundary. on_reserve: records that were taken after the disk was full. unsaid, unmended: alarms that
    did not come, or did not end."""

    free_pages: int
    taken: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    on_reserve: int = 0
    unsaid: int = 0
    unmended: int = 0
    lost: int = 0
    doubled: int = 0
    corrupt: int = 0
    complaint: str = ""


def disk_full(scale: float) -> dict[str, object]:
    """Every page boundary at scale 1, every n-th below."""
    began, progress = time.monotonic(), Progress(sys.stderr)
    with mounted() as disk, _quiet():
        # Of what fills the disk something has to be left that can be taken away again.
        most = _free_pages_of_a_new_gate(disk) - FEWEST_MENDED_PAGES
        step = max(1, round(1 / scale)) if scale > 0 else most // 6
        boundaries = range(0, most, step)
        trials = []
        for free in boundaries:
            progress.draw(f"{len(trials)} of {len(boundaries)} boundaries")
            trials.append(trial(disk, free, RESERVE_BYTES))
        controls = [trial(disk, free, 0) for free in boundaries]
    for each in trials:
        if each.complaint:
            progress.say(f"{each.free_pages} pages free: {each.complaint}")
    both = [*trials, *controls]
    return {
        "trials": len(trials), "taken": sum(len(each.taken) for each in trials),
        "taken_on_a_full_disk": sum(each.on_reserve for each in trials),
        "fewest_on_a_full_disk": min(each.on_reserve for each in trials),
        "refused": sum(len(each.refused) for each in trials),
        "lost": sum(each.lost for each in both), "doubled": sum(each.doubled for each in both),
        "corrupt": sum(each.corrupt for each in both), "wrong": sum(each.unsaid + each.unmended for each in both),
        "control_trials": len(controls), "control_taken_on_a_full_disk": sum(each.on_reserve for each in controls),
        "control_unharmed": sum(each.on_reserve > 0 for each in controls),
        "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip


@contextmanager
def mounted() -> Iterator[Path]:
    """A disk of its own. Raises NoMount."""
    with tempfile.TemporaryDirectory(prefix="gate-full-") as folder:
        words = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", folder]
        if subprocess.run(words, capture_output=True, check=False).returncode:
            raise NoMount("whoever runs this may not mount a file system")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def trial(disk: Path, free_pages: int, reserve_bytes: int) -> Trial:
    """A gate that has just begun to record, and so many pages left beside it."""
    told = Trial(free_pages)
    for left in disk.iterdir():
        left.unlink()
    gate = FilledGate(disk, reserve_bytes, told)
    gate.record(3)
    rubbish = fill(disk, free_pages)
    gate.record_until_refused()
    freed = rubbish.stat().st_size // PAGE
    rubbish.unlink()
    gate.mend(with_reserve=freed >= FEWEST_RESERVED_PAGES)
    gate.record(3)
    rubbish = fill(disk, 0)
    gate.start_anew()
    rubbish.unlink()
    gate.start_anew()
    gate.judge()
    gate.close()
    return told


def fill(disk: Path, free_pages: int) -> Path:
    """Until just so many pages are left."""
    room, rubbish = disk / "room", disk / "rubbish"
    room.write_bytes(bytes(PAGE * free_pages))
    with rubbish.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(PAGE))
    room.unlink()
    return rubbish


class FilledGate:
    """The station's own recorder on that disk, and what it was given to record."""

    def __init__(self, disk: Path, reserve_bytes: int, told: Trial) -> None:
        self._path, self._disk, self._told = disk / "journal.sqlite", disk, told
        self._number = count(1)
        self._seconds = 0.0
        self._reserve = Reserve(disk / "reserve", reserve_bytes)
        self._recorder = self._over(self._open())

    def record(self, times: int) -> None:
        """As often; the alarm has to be there as soon as the disk is full."""
        for _ in range(times):
            number, held = next(self._number), self._reserve.held
            stamp = Stamp(NOW, ClockState.SYNCED, "c" * 16, float(number))
            if self._recorder.happening(What.TAMPERED, stamp, None):
                self._told.taken.add(number)
                self._told.on_reserve += bool(self._recorder.keeper.disk)
            else:
                self._told.refused.add(number)
                self._told.unsaid += not self._recorder.fault
            if held and not self._reserve.held:
                self._told.unsaid += not self._recorder.keeper.disk

    def record_until_refused(self) -> None:
        while not self._told.refused and len(self._told.taken) < MOST_RECORDS:
            self.record(1)

    def mend(self, *, with_reserve: bool) -> None:
        """There is room again: what was refused is written down, and where there is enough, the reserve made anew."""
        self._seconds += PROBE_IDLE_SECONDS
        self._recorder.mend_in_time()
        self._recorder.keeper.look_at_disk(NOW)
        still_full = with_reserve and self._recorder.keeper.disk
        if self._recorder.fault or self._recorder.owed or still_full:
            self._told.unmended += 1

    def start_anew(self) -> None:
        """SQLite needs a little room to open a file; where there is none the station says so, and waits for it."""
        self._recorder.journal.close()
        with suppress(JournalUnusable):
            self._recorder = self._over(self._open())

    def judge(self) -> None:
        """Every record is looked for; those that were refused have been written down since."""
        journal = self._recorder.journal
        found = Counter(_number_of(body) for _, body in journal.last(journal.newest))
        wanted = self._told.taken | self._told.refused
        self._told.lost += len(wanted - found.keys())
        self._told.doubled += sum(times - 1 for times in found.values())
        wrong = [wrong for wrong in check_fully(self._path) if wrong]
        foreign = found.keys() - wanted
        self._told.corrupt += len(wrong) + len(foreign) + (journal.id != JOURNAL)
        self._told.complaint = "; ".join(wrong)

    def close(self) -> None:
        self._recorder.journal.close()

    def _over(self, journal: Journal) -> Recorder:
        # Of a card of 2 MB nothing can be asked but its reserve.
        space = DiskSpace(JournalSettings(least_free_megabytes=0))
        settings = settings_in(self._disk)
        return Recorder(settings, journal, self._begin, (), lambda: self._seconds, self._reserve, space)

    def _open(self) -> Journal:
        return open_journal(self._path, lambda: JOURNAL, lambda: NOW)

    def _begin(self, old: Journal, why: str) -> Journal:
        set_aside(self._path, why, NOW)
        old.close()
        return open_journal(self._path, lambda: "f" * 16, lambda: NOW)


def _free_pages_of_a_new_gate(disk: Path) -> int:
    gate = FilledGate(disk, RESERVE_BYTES, Trial(0))
    gate.record(3)
    pages = free_bytes(disk) // PAGE
    gate.close()
    return pages


def _number_of(body: bytes) -> int:
    record: Record = decode_body(body)
    assert isinstance(record, Happening)
    return int(record.stamp.boot_seconds)


@contextmanager
def _quiet() -> Iterator[None]:
    """That the disk is full is said in each of hundreds of trials."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
