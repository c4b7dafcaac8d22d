"""A gate whose every part can be broken from outside: broker, hub and a real station, each device at its boundary.

`walk` drives it. The station runs as at a gate, without --rehearsal: a camera that plays a folder, a thermometer
module on a pty, gpiozero over a chip in a file, the kernel's clock, the machine's disk. Rule: nothing inside the
station is touched; parts break as they do in the world, and mend the same way.
"""

import json
import random
import resource
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from tests.faults.chip import Chip
from tests.faults.promises import Part
from tests.faults.witness import Guard, Witness
from tests.rehearsal import settings
from tests.rehearsal.people import Resident
from tests.rehearsal.pictures import render, scene
from tests.rehearsal.processes import Process
from tests.rehearsal.town import BIN, Town
from tests.station.modbus_module import ModbusModule, answer

HERE = Path(__file__).parent
GATE = "east-1"
POLICY = "green_seconds = 1.0\nvisit_seconds = 2.0\nsame_way_hours = 0\n" + settings.POLICY
SIZE = (640, 480)
SKIN, ROOM = 34.4, 22.0  # by the mapping forehead-indoor@1 a forehead of 36.5
SETTLES = 5  # questions to the module until a face stands
_ANOTHER_BOOT = "0" * 16


class BrokenGate(Town):
    """The gate, whole at first. rng: draws how a part breaks, where there is more than one way."""

    def __init__(self, people: Sequence[Resident], rng: random.Random) -> None:
        super().__init__(people, POLICY)
        self._rng = rng
        self.scene = self.folder / "scene"
        self._line = self.folder / "ttyUSB0"
        self.module: ModbusModule | None = None
        self.chip = Chip(self.folder)
        self.witness: Witness | None = None
        self._breaks: dict[Part, Callable[[], None]] = {
            Part.CAMERA: self._break_camera,
            Part.THERMOMETER: self._break_thermometer,
            Part.PANEL: self.chip.vanish,
            Part.HUB: self.kill_hub,
            Part.BROKER: self.broker.kill,
            Part.CLOCK: self._cut_power,
            Part.DISK: lambda: self._let_disk_take(0),
        }
        self._mends: dict[Part, Callable[[], object]] = {
            Part.CAMERA: self._mend_camera,
            Part.THERMOMETER: self._plug_in,
            Part.PANEL: self.chip.come_back,
            Part.HUB: self.start_hub,
            Part.BROKER: self.broker.start,
            Part.CLOCK: lambda: self.guard.post("/clock", {"at": datetime.now(UTC).isoformat()}),
            Part.DISK: lambda: self._let_disk_take(resource.RLIM_INFINITY),
        }

    def break_(self, part: Part) -> None:
        self._breaks[part]()

    def mend(self, part: Part) -> None:
        self._mends[part]()

    # --- whoever comes ---

    def hold_up(self, text: str | None) -> None:
        """Before the camera: a code on paper, or an empty lane."""
        rng = random.Random(len(text or ""))
        frame = np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)
        if text is not None:
            frame = render(text, scene("easy", "paper", rng, 0), rng, SIZE)
        new = self.folder / "next.png"
        new.write_bytes(cv2.imencode(".png", frame)[1].tobytes())
        where = self.scene if self.scene.exists() else self.scene.with_suffix(".away")
        new.replace(where / "lane.png")

    def forehead(self, there: bool) -> None:
        """Before the thermometer; returns once a module that works was asked often enough to notice."""
        celsius = SKIN if there else ROOM
        module = self.module
        if module is None or not self._module_works:
            return
        module.says = lambda number: answer(celsius + number % 2 / 100, ROOM)
        asked = module.questions
        self.until(lambda: module.questions >= asked + SETTLES, "the station does not ask its thermometer")

    @property
    def guard(self) -> Guard:
        return Guard(self.kiosk_urls[GATE])

    @property
    def seen(self) -> Witness:
        assert self.witness is not None
        return self.witness

    @property
    def _module_works(self) -> bool:
        return self.module is not None and self._line.is_symlink() and not getattr(self.module, "spoiled", False)

    def until(self, content: Callable[[], object], otherwise: str, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not content():
            if time.monotonic() > deadline:
                raise self.stations[GATE].failure(otherwise)
            time.sleep(0.02)

    # --- how it breaks ---

    def _break_camera(self) -> None:
        if self._rng.random() < 0.5:
            self.scene.rename(self.scene.with_suffix(".away"))
        else:
            whole = (self.scene / "lane.png").read_bytes()
            (self.scene / "broken.png").write_bytes(whole[: len(whole) // 2][:200])

    def _mend_camera(self) -> None:
        away = self.scene.with_suffix(".away")
        if away.exists():
            away.rename(self.scene)
        (self.scene / "broken.png").unlink(missing_ok=True)

    def _break_thermometer(self) -> None:
        assert self.module is not None
        match self._rng.choice(("pulled out", "mute", "noise")):
            case "pulled out":
                self._pull_out()
            case "mute":
                self._spoil(lambda _number: b"")
            case _:
                self._spoil(lambda number: bytes(random.Random(number).randbytes(9)))

    def _spoil(self, says: Callable[[int], bytes]) -> None:
        assert self.module is not None
        self.module.says = says
        self.module.spoiled = True  # type: ignore[attr-defined]

    def _pull_out(self) -> None:
        self._line.unlink(missing_ok=True)
        if self.module is not None:
            self.module.unplug()
            self.module = None

    def _plug_in(self) -> None:
        self._pull_out()
        self.module = ModbusModule(lambda number: answer(ROOM + number % 2 / 100, ROOM))
        self._line.symlink_to(self.module.path)

    def _cut_power(self) -> None:
        """It comes back as another run of a machine that has no idea how late it is."""
        self.stations[GATE].kill()
        self._keep_time(_ANOTHER_BOOT)
        self.start_station(GATE)
        self.await_station(GATE)

    def _keep_time(self, boot: str) -> None:
        """clock.json, as the station keeps it: a time server vouched for the clock a moment ago, in that boot."""
        at = datetime.now(UTC).isoformat()
        sync = {"boot": boot, "wall": at, "boot_seconds": time.clock_gettime(time.CLOCK_BOOTTIME)}
        data = self.folder / GATE
        data.mkdir(exist_ok=True)
        (data / "clock.json").write_text(json.dumps({"synced": at, "sync": sync}))

    def _let_disk_take(self, most_bytes: int) -> None:
        """A file may grow no further than that; at 0 the kernel refuses every write (RLIMIT_FSIZE)."""
        resource.prlimit(self.stations[GATE].pid, resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))

    # --- how it runs ---

    def start(self) -> None:
        self.scene.mkdir()
        self.hold_up(None)
        self._plug_in()
        self._keep_time(Path("/proc/sys/kernel/random/boot_id").read_text().replace("-", "")[:16])
        self.broker.start()
        self.start_hub()
        self.start_station(GATE)
        self.await_station(GATE)

    def start_station(self, name: str) -> None:
        command = [sys.executable, str(HERE / "no_time_server.py"), str(BIN / "gate-station")]
        surroundings = ["env", f"PYTHONPATH={HERE / 'pi'}", f"GATE_CHIP={self.chip.path}"]
        self.stations[name] = Process(
            name, [*surroundings, *command, "--config", f"{self.folder}/{name}.toml", "run"], self.logs
        )

    def await_station(self, name: str) -> str:
        url = super().await_station(name)
        if self.witness is not None:
            self.witness.close()
        self.witness = Witness(url)
        return url

    def end_processes(self) -> list[str]:
        if self.witness is not None:
            self.witness.close()
        return super().end_processes()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        super().__exit__(kind, error, at)
        self._pull_out()
        self.chip.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write_station_settings(self, gate: str, name: str) -> None:
        identity = self.data / "stations" / f"{name}.toml"
        text = settings.station(name, gate, self.folder / name, identity, self.broker.port, None, 10)
        for old, new in (
            ('direction = "both"', 'direction = "in"'),
            ('[camera]\nbackend = "rehearsal"\nsource = ""', f'[camera]\nbackend = "file"\nsource = "{self.scene}"'),
            (
                '[thermometer]\nbackend = "rehearsal"',
                f'[thermometer]\nbackend = "uart"\nsource = "{self._line}"',
            ),
            ('[panel]\nbackend = "rehearsal"', '[panel]\nbackend = "gpio"\nbarrier_seconds = 1.0'),
            ("fire_notice_pin = 18\ntamper_pin = 15\n", ""),
            ('[voice]\nbackend = "rehearsal"', '[voice]\nbackend = "none"'),
            ('synchronised_by = "rehearsal"', 'synchronised_by = "kernel"'),
        ):
            assert old in text, f"the station's settings of the rehearsal no longer say {old!r}"
            text = text.replace(old, new)
        (self.folder / f"{name}.toml").write_text(text, encoding="utf-8")
