"""Station and hub run under the system call filters of their own units, and without writable code."""

import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from firmware_config.card import filled
from firmware_config.description import load
from firmware_config.proof import stand_in

ROOT = Path(__file__).parents[2]
SANDBOX = Path(__file__).parent / "sandbox.py"
PROGRAMS = Path(sys.executable).parent
UNABLE = 77
PATIENCE = 60.0
ASK_THE_CLOCK = "import ctypes; print(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)))"

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")


def _confined(unit: str, *command: str | Path) -> list[str]:
    return [sys.executable, str(SANDBOX), str(ROOT / "systemd" / unit), *map(str, command)]


def _said(unit: str, *command: str | Path) -> str:
    answer = subprocess.run(_confined(unit, *command), capture_output=True, text=True, check=False, timeout=PATIENCE)
    if answer.returncode == UNABLE:
        pytest.skip("this machine has no libseccomp, or a kernel older than 6.3")
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def _first_line(unit: str, *command: str | Path) -> tuple[str, int]:
    """What a service says when it is ready, and its exit code after SIGTERM."""
    _said(unit, "/bin/true")
    process = subprocess.Popen(_confined(unit, *command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    alarm = threading.Timer(PATIENCE, process.kill)
    alarm.start()
    assert process.stdout is not None
    line = process.stdout.readline()
    process.terminate()
    process.communicate()
    alarm.cancel()
    return line, process.returncode


def test_the_station_runs_under_its_filter(tmp_path: Path) -> None:
    """Camera code, decoders, journal, kiosk and uplink start and end under what gate-station@.service allows."""
    text = (ROOT / "firmware_config/station.toml").read_text(encoding="utf-8")
    text = filled(text, {"broker.host": "127.0.0.1", "broker.port": 9, "broker.tls_ca": "", "kiosk.port": 0})
    settings = stand_in(tmp_path, text, "yuyuan", load(ROOT / "firmware_config/gate.toml").lanes[0])
    station = PROGRAMS / "gate-station"
    line, code = _first_line("gate-station@.service", station, "--config", settings, "run", "--rehearsal")
    assert line.startswith("kiosk http://127.0.0.1:")
    assert code == 0


def test_the_hub_runs_under_its_filter(tmp_path: Path) -> None:
    """Keys, registry, control socket and office start and end under what gate-hub.service allows."""
    text = (ROOT / "firmware_config/hub.toml").read_text(encoding="utf-8")
    settings = tmp_path / "hub.toml"
    settings.write_text(filled(text, {"data": "data", "office.port": 0, "broker.port": 9}), encoding="utf-8")
    hub = PROGRAMS / "gate-hub"
    _said("gate-hub.service", hub, "--config", settings, "init")
    line, code = _first_line("gate-hub.service", hub, "--config", settings, "run")
    assert line.startswith("office http://127.0.0.1:")
    assert code == 0


def test_the_station_may_ask_the_clock_and_the_hub_may_not() -> None:
    """The filters are in force, and the station's exception reaches adjtimex(2): 0 to 5 is an answer, -1 a refusal."""
    assert int(_said("gate-station@.service", sys.executable, "-c", ASK_THE_CLOCK)) in range(6)
    assert _said("gate-hub.service", sys.executable, "-c", ASK_THE_CLOCK) == "-1"
