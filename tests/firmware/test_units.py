"""The units are what systemd accepts, keep the sandbox they claim, and let through what station and hub need."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from hub.registry import mending

ROOT = Path(__file__).parents[2]
UNITS = ROOT / "systemd"
DEBIAN_MOSQUITTO = Path("/usr/lib/systemd/system/mosquitto.service")
INSTANCE = "east-1"
# Exposure as `systemd-analyze security` counts it. The station's would be 1.2 if it need not ask for the clock's state.
EXPOSURE = {
    "gate-station@.service": 1.6, "gate-hub.service": 1.0, "gate-backup.service": 0.9, "mosquitto.service": 1.0,
    "gate-kiosk@.service": 3.8,
}  # fmt: skip

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as they would lie on the card, with programs that are not installed here swapped for one that is."""
    folder = tmp_path / "system"
    shutil.copytree(UNITS, folder)
    if DEBIAN_MOSQUITTO.exists():
        shutil.copy(DEBIAN_MOSQUITTO, folder)
    for unit in [*folder.glob("*.service"), *folder.glob("*.d/*.conf")]:
        unit.write_text(re.sub(r"^(Exec\w+=[+-]?)(/\S+)", _runnable, unit.read_text(), flags=re.M))
    return folder


def _runnable(found: re.Match[str]) -> str:
    return found[1] + (found[2] if Path(found[2]).exists() else "/bin/true")


def _units() -> list[str]:
    names = [path.name for path in UNITS.iterdir() if path.is_file()]
    return sorted([*names, "mosquitto.service"] if DEBIAN_MOSQUITTO.exists() else names)


def _verify(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    instance = folder / name.replace("@.", f"@{INSTANCE}.")
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(instance)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _line(name: str, key: str) -> list[str]:
    """Every value of a key in one of our files, in order."""
    return re.findall(rf"^{key}=(.*)$", (UNITS / name).read_text(), re.M)


@pytest.mark.parametrize("name", _units())
def test_systemd_accepts_every_unit(installed: Path, name: str) -> None:
    """No unknown key, no bad value, no missing dependency in any unit or drop-in."""
    answer = _verify(installed, name)
    assert (answer.returncode, answer.stderr) == (0, "")


def test_a_misspelt_key_would_be_noticed(installed: Path) -> None:
    """The check above is one that can fail."""
    unit = installed / "gate-hub.service"
    unit.write_text(unit.read_text().replace("ProtectHome=", "ProtectHomes="))
    answer = _verify(installed, unit.name)
    assert answer.returncode != 0
    assert "ProtectHomes" in answer.stderr


@pytest.mark.parametrize("name", EXPOSURE)
def test_the_sandbox_is_as_tight_as_measured(installed: Path, name: str) -> None:
    """Whoever opens a sandbox has to say so here."""
    if not (installed / name).exists():
        pytest.skip("Mosquitto is not installed")
    threshold = str(round(EXPOSURE[name] * 10))
    command = ["systemd-analyze", "security", "--offline=yes", f"--threshold={threshold}", str(installed / name)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_the_station_may_ask_whether_the_clock_is_synchronised() -> None:
    """Without adjtimex(2) a gate believes no time and refers everybody; ProtectClock= would refuse it too."""
    assert "adjtimex clock_adjtime" in _line("gate-station@.service", "SystemCallFilter")[-1]
    assert _line("gate-station@.service", "ProtectClock") == []
    assert _line("gate-station@.service", "CapabilityBoundingSet") == [""]


def test_the_station_reaches_its_devices_and_only_the_hub_has_none() -> None:
    """Camera, pins, I2C and a scanner head for the station; the hub and the screen see none of them."""
    assert _line("gate-station@.service", "DeviceAllow") == [
        "char-video4linux rw",
        "char-gpiochip rw",
        "char-i2c rw",
        "char-ttyACM rw",
        "char-ttyUSB rw",
        "char-input r",
    ]
    assert _line("gate-hub.service", "PrivateDevices") == ["yes"]
    assert not {"char-video4linux rw", "char-gpiochip rw"} & set(_line("gate-kiosk@.service", "DeviceAllow"))


def test_the_watchdogs_come_in_the_right_order() -> None:
    """The Pi's watchdog counts to 15 s at most; the station's is asked within that, and is one the loop feeds."""
    assert 0 < int(_line("system.conf.d/gate.conf", "RuntimeWatchdogSec")[0]) <= 15
    assert _line("gate-station@.service", "WatchdogSec") == ["15"]
    assert _line("gate-station@.service", "Type") == ["notify"]
    assert _line("gate-hub.service", "WatchdogSec") == ["120"]
    assert _line("gate-hub.service", "Type") == ["notify"]


def test_a_registry_that_was_found_damaged_has_its_hub_start_again() -> None:
    """The path that is watched is the file that `gate-hub verify` leaves for the hub's next start."""
    assert _line("gate-mend.path", "PathChanged") == [f"/var/lib/gate-hub/registry{mending.MARKED}"]
    assert _line("gate-backup.service", "ExecStart")[0].endswith(" verify")


def test_a_gate_comes_back_however_often_it_fell() -> None:
    """Restart=always without a limit for whatever a guard or a clerk needs."""
    for name in ("gate-station@.service", "gate-kiosk@.service", "gate-screen.service", "gate-hub.service"):
        assert _line(name, "Restart") == ["always"]
        assert _line(name, "StartLimitIntervalSec") == ["0"]
