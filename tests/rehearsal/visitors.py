"""A resident's visit as the scenario writes it, carried out at one gate as fast as the gate can look.

Smoke and soak send a whole plan of them by `Coming`, each gate's in a thread of its own. Rule: the gate sees pixels and
foreheads, nothing else; a picture that it cannot read is held up again in a fresh pose, as people do, before it counts
as unreadable.
"""

import os
import random
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from types import TracebackType

import cv2
import numpy as np

from tests.rehearsal.backdrop import Frame
from tests.rehearsal.codes import Codes
from tests.rehearsal.gates import Gate, NotTaken, Shown
from tests.rehearsal.held import Carrier
from tests.rehearsal.pictures import blank, render, scene
from tests.rehearsal.scenario import Visit
from tests.rehearsal.town import Pass, Town
from tests.rehearsal.verdicts import Told

POSES = 3  # pictures of one visit
LOOKS = 10  # frames of one picture that the gate gets; its second decoder looks at every fifth
PATIENCE = 8.0  # seconds; longer than any visit waits for what it lacks


class Visitors:
    """Those who come to one gate. view: which backdrop its camera has."""

    def __init__(self, gate: Gate, view: int, passes: Mapping[str, Pass], codes: Codes, rng: random.Random) -> None:
        self._gate, self._view, self._passes, self._codes, self._rng = gate, view, passes, codes, rng

    def come(self, visit: Visit) -> Told:
        """One visit with all that belongs to it, up to an empty lane."""
        case, own = visit.case, self._passes[visit.resident.identity_number]
        text, person = self._codes.held(case.holds, own.text, own.person, self._rng)
        shown = self._hold_up(visit, text)
        identity = (self._gate.name, shown.journal, shown.sequence) if shown.journal and shown.sequence else None
        tapped = self._guard(visit, shown) if shown.sequence else True
        self._gate.clear()
        return Told(visit, self._gate.name, identity, person if case.who != "revoked" else None, tapped)

    def _hold_up(self, visit: Visit, text: str | None) -> Shown:
        case = visit.case
        carrier: Carrier = "phone" if visit.resident.phone and visit.number % 2 else "paper"
        for _ in range(POSES):
            frame = (
                blank(self._rng, view=self._view)
                if text is None
                else render(text, scene(case.kind, carrier, self._rng, self._view), self._rng)
            )
            shown = self._gate.show(encoded(frame), case.celsius, case.direction, wait=PATIENCE, looks=LOOKS)
            if shown.sequence is not None:
                break
        return shown

    def _guard(self, visit: Visit, shown: Shown) -> bool:
        """Whether the gate took the tap that the scenario's guard makes."""
        tap = visit.case.tap
        try:
            if tap is not None and shown.sequence is not None:
                self._gate.settle(shown.sequence, tap.outcome, tap.ground)
            elif visit.case.reasons:
                self._gate.dismiss()
        except NotTaken:
            return False
        return True


class Coming:
    """Everybody of a plan, on their way to both gates. told: what became of the visits so far, in no order."""

    def __init__(self, town: Town, planned: Sequence[Visit], seed: int) -> None:
        self.told: list[Told] = []
        self.count = len(planned)
        self._town, self._seed = town, seed
        self._codes = Codes(town.data, datetime.now(UTC))
        self._stop = threading.Event()
        self._threads = ThreadPoolExecutor(len(town.names))
        gates = len(town.names)
        self._lanes = [self._threads.submit(self._queue_at, at, planned[at::gates]) for at in range(gates)]

    def __enter__(self) -> "Coming":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._threads.shutdown()

    @property
    def all_gone(self) -> bool:
        """Whether every visit is over. Raises what went wrong in one."""
        for lane in self._lanes:
            if lane.done():
                lane.result()
        return all(lane.done() for lane in self._lanes)

    def _queue_at(self, at: int, planned: Sequence[Visit]) -> None:
        be_slower_than_the_gates()
        name = self._town.names[at]
        with closing(Gate(name, self._town.kiosk_urls[name])) as gate:
            visitors = Visitors(gate, at, self._town.passes, self._codes, random.Random(self._seed + at))
            for visit in planned:
                if self._stop.is_set():
                    return
                self.told.append(visitors.come(visit))


def be_slower_than_the_gates() -> None:
    """A gate has its machine to itself; here the whole town shares it, so this thread, which draws it, comes last."""
    os.nice(5)
    cv2.setNumThreads(1)


def encoded(frame: Frame) -> bytes:
    """The very pixels, as a file: BMP costs a copy, PNG would cost more than the gate's whole decision."""
    return np.asarray(cv2.imencode(".bmp", frame)[1]).tobytes()
