"""The world before a rehearsing gate: holds pictures up, steps before the thermometer, and watches what comes of it.

The kiosk's /rehearsal page is its only caller (`station.kiosk.Stage`). Rule: it touches the doubles and taps as a
guard would; it neither decides nor records.
"""

import threading
import time
from pathlib import Path

from gate.passage import Passage, Record
from gate.policy import Direction
from station.cameras import Pixels
from station.cameras.rehearsal import RehearsalCamera
from station.desk import GuardDesk
from station.feeler import Feeler
from station.kiosk.rehearsal import Shown, Touch
from station.lane import EMPTY_LOOKS
from station.panels.rehearsal import RehearsalPanel
from station.taps import ChooseDirection
from station.thermometers.rehearsal import RehearsalThermometer
from station.view import Screen

NOTICE_SECONDS = 2.0


class RehearsalStage:
    """One lane's world. `recorded` is to be one of the loop's listeners; set `desk` and `feeler` before the first use.

    pictures: the folder with index.json, or None.
    """

    def __init__(self, camera: RehearsalCamera, thermometer: RehearsalThermometer, pictures: Path | None) -> None:
        self._camera = camera
        self._thermometer = thermometer
        self._pictures = pictures
        self._desk: GuardDesk | None = None
        self._feeler: Feeler | None = None
        self._panel: RehearsalPanel | None = None
        self._news = threading.Condition()
        self._first: Shown | None = None

    def enter(self, desk: GuardDesk, feeler: Feeler) -> None:
        """The gate before which the world stands."""
        self._desk, self._feeler = desk, feeler

    def reach(self, panel: RehearsalPanel) -> None:
        """The panel that hands and fate can reach."""
        self._panel = panel

    def touch(self, touch: Touch) -> None:
        panel = self._panel
        if panel is None:
            return
        if touch.press is not None:
            panel.press(touch.press)
        for moves, moved in (
            (panel.fire, touch.fire),
            (panel.tamper, touch.tamper),
            (panel.jam, touch.jam),
            (panel.lift, touch.lift),
        ):
            if moved is not None:
                moves(moved)

    @property
    def pictures(self) -> Path | None:
        return self._pictures

    def show(self, pixels: Pixels, celsius: float | None, direction: Direction | None) -> None:
        """The forehead is felt before the picture is seen, so that no reading is lent by whoever stood there before."""
        gate = self._gate()
        if direction is not None and direction is not gate.view().direction:
            gate.tap(ChooseDirection(direction))
        self.forehead(None)
        self.forehead(celsius)
        # What the new forehead decided was somebody else's visit.
        gate.flush(NOTICE_SECONDS)
        with self._news:
            self._first = None
        self._camera.show(pixels)

    def forehead(self, celsius: float | None) -> None:
        if celsius is None:
            self._thermometer.nobody()
        else:
            self._thermometer.forehead(celsius)
        if self._feeler is not None:
            self._feeler.wait_felt(celsius, NOTICE_SECONDS)

    def clear(self) -> None:
        """Returns once the gate has seen that nobody is there, so the next one is somebody new."""
        self._camera.clear()
        self.forehead(None)
        self._camera.wait_looks(EMPTY_LOOKS + 1, NOTICE_SECONDS)
        self._gate().flush(NOTICE_SECONDS)

    def recorded(self, journal: str, sequence: int, record: Record) -> None:
        """The loop's word that a record is on the disk."""
        if not isinstance(record, Passage):
            return
        with self._news:
            if self._first is None:
                self._first = Shown(journal, sequence, record.outcome, record.reasons)
                self._news.notify_all()

    def outcome(self, timeout_seconds: float, looks: int) -> Shown | None:
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            if self._wait_recorded(min(0.02, deadline - time.monotonic())):
                break
            if self._camera.looks > looks and not self._may_still_come(deadline - time.monotonic()):
                break
        with self._news:
            return self._first

    def _wait_recorded(self, timeout_seconds: float) -> bool:
        with self._news:
            return self._news.wait_for(lambda: self._first is not None, max(0.0, timeout_seconds))

    def _may_still_come(self, timeout_seconds: float) -> bool:
        """Whether a visit has begun that is not decided yet, once the loop has handled every look so far."""
        gate = self._gate()
        return gate.flush(max(0.0, timeout_seconds)) and gate.view().screen is Screen.GATHERING

    def _gate(self) -> GuardDesk:
        assert self._desk is not None
        return self._desk
