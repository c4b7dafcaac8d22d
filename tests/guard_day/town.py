"""The town of a guard's day: what its office has prepared the evening before, and how it breaks.

`Day` runs one for all journeys. Rule: stations keep their kiosk's address over every restart, as a gate's browser does.
"""

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.broker import free_port
from tests.guard_day import rules
from tests.guard_day.neighbours import neighbours
from tests.rehearsal.processes import Process
from tests.rehearsal.town import BIN, Town

EAST, WEST = "east-1", "west-1"
GUARDS = {"li": "李师傅", "sun": "孙师傅"}
VISITOR, NOTICE = "赵来客", ("今日消杀", "Disinfection today")
_NO_TIME_SERVER = Path(__file__).parents[1] / "faults" / "no_time_server.py"


class GuardTown(Town):
    """pins: by guard. badge, invitation, card (a blank one): as the office printed them.

    unsure: gates that have no time server now.
    """

    def __init__(self) -> None:
        self.cast = neighbours()
        super().__init__(self.cast.people, rules.usual(datetime.now(UTC)), frames_per_second=20)
        self.pins: dict[str, str] = {}
        self.unsure: set[str] = set()
        self.badge, self.invitation = self.folder / "sun.png", self.folder / "visitor.png"
        self.card = self.folder / "card.png"

    def set_up(self) -> None:
        super().set_up()
        tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M}"
        for guard, name in GUARDS.items():
            badge = ["--badge", str(self.badge)] if guard == "sun" else []
            pin = re.search(r"PIN: (\d+)", self.office("guard", "add", guard, "--name", name, *badge))
            assert pin is not None
            self.pins[guard] = pin[1]
        self.office("permit", "grant", self.person("patient"), "--kind", "medical", "--until", tomorrow)
        self.office("station", "allow", EAST)
        self.office("issue", "--blanks", "1", "--format", "png", "--out", str(self.folder / "blanks"))
        (drawn,) = (self.folder / "blanks").glob("*.png")
        self.card = drawn.rename(self.card)
        invited = ("--host", self.person("host"), "--until", tomorrow, "--out", str(self.invitation))
        self.office("visitor", "invite", VISITOR, *invited)
        words = ("--zh", NOTICE[0], "--en", NOTICE[1], "--volume", "0")
        self.office("notice", "add", "today", *words, "--until", tomorrow)

    def person(self, part: str) -> str:
        """The pseudonym of whoever plays it."""
        return self.passes[self.cast.parts[part].identity_number].person

    def start_unsure_of_the_time(self, name: str) -> None:
        """As after a power cut that nobody knows the length of: no time server, and another run of the machine."""
        self.stations[name].kill()
        self.unsure.add(name)
        at = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
        sync = {"boot": "0" * 16, "wall": at, "boot_seconds": 1.0}
        (self.folder / name / "clock.json").write_text(json.dumps({"synced": at, "sync": sync}))
        told = (self.folder / f"{name}.toml").read_text(encoding="utf-8")
        unsure = self.folder / f"{name}-unsure.toml"
        told = told.replace('synchronised_by = "rehearsal"', 'synchronised_by = "kernel"')
        told = told.replace('[thermometer]\nbackend = "rehearsal"', '[thermometer]\nbackend = "hand_held"')
        unsure.write_text(told, encoding="utf-8")
        command = [sys.executable, str(_NO_TIME_SERVER), str(BIN / "gate-station"), "--config", str(unsure), "run"]
        self.stations[name] = Process(name, command, self.logs)
        self.await_station(name)

    def restart(self, name: str) -> None:
        """The power was cut, and is back."""
        self.stations[name].kill()
        self.unsure.discard(name)
        self.start_station(name)
        self.await_station(name)

    def _write_station_settings(self, gate: str, name: str) -> None:
        super()._write_station_settings(gate, name)
        path = self.folder / f"{name}.toml"
        kiosk = '[kiosk]\nhost = "127.0.0.1"\nport = '
        told = path.read_text(encoding="utf-8")
        assert f"{kiosk}0\n" in told
        path.write_text(told.replace(f"{kiosk}0\n", f"{kiosk}{free_port()}\n"), encoding="utf-8")
