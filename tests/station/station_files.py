"""A station's two files, in order until a test spoils them: station.toml, and the identity that its office gave it."""

import base64
from pathlib import Path

import pytest

from station.settings.reading import load
from station.toml import Wrong

SETTINGS = """\
compound = "yuyuan"
station = "west-1"
gate = "west"
lane = "a"
direction = "both"
data = "data"
identity = "identity.toml"

[broker]
host = "127.0.0.1"
port = 1883

[camera]
backend = "v4l2"
source = "/dev/video0"

[thermometer]
backend = "none"

[panel]
backend = "gpio"
green_pin = 4

[kiosk]
port = 0
"""
KEY = base64.b64encode(bytes(range(32))).decode()
IDENTITY = f"""\
compound = "yuyuan"
station = "west-1"
username = "west-1"
password = "secret-word"
hub_key = "{KEY}"
roster_key = "{KEY}"
"""


class Folder:
    """A folder with a station's two files, to be spoiled."""

    def __init__(self, path: Path) -> None:
        self.settings, self.identity = path / "station.toml", path / "identity.toml"
        self.settings.write_text(SETTINGS, "utf-8")
        self.identity.write_text(IDENTITY, "utf-8")
        self.identity.chmod(0o600)

    def spoil(self, old: str, new: str, file: str = "settings") -> None:
        path: Path = getattr(self, file)
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")

    def objection(self) -> str:
        with pytest.raises(Wrong) as wrong:
            load(self.settings)
        assert "\n" not in str(wrong.value)
        return str(wrong.value)
