"""A folder from which a whole station starts as a process of its own: hub and broker nowhere, its panel a double.

Used by every test that runs `gate-station` as a guard's shell would.
"""

import subprocess
import sys
from pathlib import Path

from tests.station.station_files import Folder


class Site(Folder):
    """What one station needs; `command` is the line that starts it or asks it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.folder = folder
        self.spoil('"gpio"', '"rehearsal"')
        self.spoil("port = 1883", "port = 1")
        self.settings.write_text(self.settings.read_text("utf-8") + "\n[journal]\nreserve_megabytes = 1\n", "utf-8")

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "station", "--config", str(self.settings), *words]

    def refusal(self, *words: str) -> str:
        """What it says when it does not start."""
        ended = subprocess.run(self.command(*words), check=False, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 2, ended.stderr
        assert "Traceback" not in ended.stderr
        return ended.stderr.strip().splitlines()[-1]
