"""A station as a process, a scanner and a module on ptys: what the module measured is in the record, and how."""

import json
import os
import pty
import signal
import sqlite3
import subprocess
import time
import tty
from contextlib import closing

import cv2
import numpy as np
import pytest

from tests.station.modbus_module import ModbusModule, answer
from tests.station.site import Site

PATIENCE = 60.0


class Gate:
    """A running station. shown: holds a code to the scanner. recorded: the temperatures of the journal's passages."""

    def __init__(self, folder) -> None:
        self.site = site = Site(folder)
        self.module = ModbusModule(lambda number: answer(22.0 + number % 2 / 100, 22.0))
        self.head, self._line = pty.openpty()
        tty.setraw(self._line)
        cv2.imwrite(str(folder / "lane.png"), np.zeros((240, 320, 3), np.uint8))
        site.spoil('backend = "v4l2"\nsource = "/dev/video0"', 'backend = "file"\nsource = "lane.png"')
        site.spoil(
            '[thermometer]\nbackend = "none"',
            f'[scanner]\nbackend = "serial"\nsource = "{os.ttyname(self._line)}"\n\n'
            f'[thermometer]\nbackend = "uart"\nsource = "{self.module.path}"',
        )
        self.process = subprocess.Popen(site.command("run"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        assert self.process.stdout.readline().startswith("kiosk ")

    def forehead(self, celsius: float) -> None:
        """Somebody steps up and stands; returns once the module was asked often enough for a figure."""
        self.module.says = lambda number: answer(celsius + number % 2 / 100, 22.0)
        asked = self.module.questions
        self.until(lambda: self.module.questions >= asked + 6)

    def show(self, code: bytes) -> None:
        os.write(self.head, code + b"\r")

    def recorded(self) -> list[dict]:
        path = self.site.folder / "data" / "journal.sqlite"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            bodies = [json.loads(body) for (body,) in connection.execute("SELECT body FROM record ORDER BY sequence")]
        return [body for body in bodies if body["kind"] == "passage"]

    def until(self, wanted):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = wanted()
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError("it never came")

    def end(self) -> str:
        """What it said on standard error."""
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=PATIENCE)
        self.module.unplug()
        os.close(self.head)
        os.close(self._line)
        return errors


@pytest.fixture
def gate(tmp_path):
    gate = Gate(tmp_path)
    yield gate
    if gate.process.poll() is None:
        gate.end()


def test_what_the_module_measured_is_in_the_record_with_how_it_came_about(gate):
    """Skin and figure, air, site, mapping, uncertainty; then the module goes mute, and the log says so."""
    gate.forehead(36.0)
    gate.show(b"hello")
    [passage] = gate.until(gate.recorded)
    temperature = passage["temperature"]
    assert temperature.pop("raw_celsius") == pytest.approx(36.0, abs=0.02)
    assert temperature.pop("celsius") == pytest.approx(38.1, abs=0.02)
    assert temperature == {
        "ambient_celsius": 22.0,
        "sensor": "uart",
        "mapping": "forehead-indoor@1",
        "uncertainty_celsius": 0.78,
    }
    gate.module.says = lambda _number: b""
    asked = gate.module.questions
    gate.until(lambda: gate.module.questions >= asked + 4)
    assert "thermometer: the module does not answer: check its power" in gate.end()
