"""A card names each lane's thermometer, on the bus that wiring.md gives the lane."""

import re
import tomllib
from pathlib import Path

import pytest

from firmware_config.pins import THERMOMETER_BUSES
from firmware_config.render import main

FIRMWARE = Path(__file__).parents[2] / "firmware_config"


def thermometers(folder: Path, *lanes: str) -> list[dict]:
    """The [thermometer] of each lane's settings, where gate.toml's blocks have these lines."""
    first, second = (lines.replace("; ", "\n") for lines in lanes)
    text = (FIRMWARE / "gate.toml").read_text(encoding="utf-8")
    text = re.sub(r"^thermometer(_source)? = .*\n", "", text, flags=re.M)
    blocks = text.split("[[lanes]]\n")
    (folder / "gate.toml").write_text(
        f"{blocks[0]}[[lanes]]\n{first}\n{blocks[1]}[[lanes]]\n{second}\n{blocks[2]}", encoding="utf-8"
    )
    assert main([str(folder / "gate.toml"), "--out", str(folder / "card")]) == 0
    names = ("east-1", "east-2")
    files = [folder / "card/etc/gate" / name / "station.toml" for name in names]
    return [tomllib.loads(file.read_text("utf-8"))["thermometer"] for file in files]


@pytest.mark.parametrize("backend", ["mlx90614", "mlx90640"])
def test_each_lane_has_its_own_bus(tmp_path, backend):
    """All sensors of a kind have one address, so two on one bus would answer together."""
    written = thermometers(tmp_path, f'thermometer = "{backend}"', f'thermometer = "{backend}"')
    assert [each["backend"] for each in written] == [backend, backend]
    assert [each["source"] for each in written] == ["/dev/i2c-1", "/dev/i2c-3"]


def test_a_module_has_the_line_that_is_said(tmp_path):
    """A lane without one keeps none."""
    first, second = thermometers(tmp_path, 'thermometer = "uart"; thermometer_source = "/dev/ttyUSB0"', "")
    assert (first["backend"], first["source"]) == ("uart", "/dev/ttyUSB0")
    assert (second["backend"], second["source"]) == ("none", "")


def test_a_module_without_its_line_is_refused(tmp_path, capsys):
    """Before a card is written."""
    text = (FIRMWARE / "gate.toml").read_text(encoding="utf-8")
    (tmp_path / "gate.toml").write_text(text.replace('thermometer = "none"', 'thermometer = "uart"', 1), "utf-8")
    assert main([str(tmp_path / "gate.toml"), "--check"]) == 1
    assert "thermometer.source is empty, but the uart thermometer needs one" in capsys.readouterr().err


def test_the_second_bus_is_the_one_that_config_txt_makes():
    """Its number stands in both."""
    made = re.findall(r"^dtoverlay=i2c-gpio,bus=(\d)", (FIRMWARE / "config.txt").read_text(encoding="utf-8"), re.M)
    assert [f"/dev/i2c-{bus}" for bus in made] == [THERMOMETER_BUSES[1]]
