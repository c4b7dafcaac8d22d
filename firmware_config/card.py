"""The texts of one card: the commented files beside this module, with one gate's values in them.

Called by render.py and proof.py. Rule: comments stay, so that whoever opens a file on the gate finds it explained.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from firmware_config.description import Gate, Lane
from firmware_config.pins import THERMOMETER_BUSES, Pins
from station.settings import ThermometerBackend

EXAMPLES = Path(__file__).parent
UNITS = EXAMPLES.parent / "systemd"
_KEY = re.compile(r"(?P<key>\w+) = (?P<value>\"[^\"]*\"|[^\s#]+)(?P<rest>.*)", re.DOTALL)
_TAIL = re.compile(r"^# ---- the lanes' \w+ ----\n", re.MULTILINE)


def station_toml(gate: Gate, lane: Lane, pins: Pins) -> str:
    """The lane's settings file."""
    folder = f"/etc/gate/{lane.station}"
    values = {
        "compound": gate.compound,
        "station": lane.station,
        "gate": gate.gate,
        "lane": lane.lane,
        "direction": str(lane.direction),
        "timezone": gate.timezone,
        "data": f"/var/lib/gate-station/{lane.station}",
        "identity": f"{folder}/identity.toml",
        "broker.host": gate.broker.host,
        "broker.port": gate.broker.port,
        "broker.tls_ca": gate.broker.tls_ca,
        "camera.source": lane.camera,
        "kiosk.port": lane.kiosk_port,
        "clock.image_built_at": gate.image_built_at,
    }
    if gate.resolver:
        values |= {"resolver.backend": "https"}
        values |= {f"resolver.{key}": getattr(gate.resolver, key) for key in ("url", "token_file", "tls_ca")}
    if lane.sound_card:
        values |= {"voice.backend": "aplay", "voice.device": lane.sound_card}
    if lane.thermometer is not ThermometerBackend.NONE:
        values |= {"thermometer.backend": str(lane.thermometer), "thermometer.source": _thermometer_source(gate, lane)}
    values |= {f"panel.{what}_pin": pin for what, pin in (pins.outputs | pins.inputs).items()}
    values |= {f"panel.{what}_pin": "none" for what in pins.unwired}
    return filled((EXAMPLES / "station.toml").read_text(encoding="utf-8"), values)


def _thermometer_source(gate: Gate, lane: Lane) -> str:
    """What hangs on I2C hangs on the lane's own bus, since all of a kind have one address."""
    on_the_bus = lane.thermometer in (ThermometerBackend.MLX90614, ThermometerBackend.MLX90640)
    return lane.thermometer_source or (THERMOMETER_BUSES[gate.lanes.index(lane)] if on_the_bus else "")


def filled(text: str, values: Mapping[str, object]) -> str:
    """The TOML text with other values for these dotted keys, each of which it must have. Raises KeyError."""
    left, section, lines = dict(values), "", []
    for line in text.splitlines(keepends=True):
        found = _KEY.match(line)
        if line.startswith("["):
            section = line[1 : line.index("]")] + "."
        key = section + found["key"] if found else ""
        if found and key in left:
            line = _with_value(found, left.pop(key))  # noqa: PLW2901 - the line as filled
        lines.append(line)
    if left:
        raise KeyError(f"no such keys to fill: {', '.join(left)}")
    return "".join(lines)


def _with_value(found: re.Match[str], value: object) -> str:
    """The line with another value, its comment in the column where it was."""
    comment = found["rest"].lstrip(" ")
    column = found.start("rest") + len(found["rest"]) - len(comment)
    start = f"{found['key']} = {_toml(value)}"
    return f"{start}{comment}" if comment == "\n" else f"{start} ".ljust(column) + comment


def pin_lines(gate: Gate) -> str:
    """config.txt's `gpio=` lines: the state of each pin until the station takes it over."""
    lines: list[str] = []
    for lane, pins in gate.wired():
        lines += [f"# {lane.station}: {what}\ngpio={pin}=op,dl,pd\n" for what, pin in pins.outputs.items()]
        lines += [f"# {lane.station}: {what}\ngpio={pin}=ip,pu\n" for what, pin in pins.inputs.items()]
    return "".join(lines)


def screen_sections(gate: Gate) -> str:
    """screens.ini's outputs; the app id is the one that gate-kiosk@.service gives its window."""
    return "\n".join(f"[output]\nname={lane.screen}\napp-ids=gate-{lane.station}\n" for lane in gate.lanes)


def with_tail(name: str, tail: str) -> str:
    """One of the files here, with what comes after its last heading written anew."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    heading = _TAIL.search(text)
    if heading is None:
        raise ValueError(f"{name} has lost the heading that the lanes' lines stand under")
    return text[: heading.end()] + tail


def _toml(value: object) -> str:
    """Strings here are slugs, paths and host names; none has a quote in it, and the station's reader would say so."""
    if isinstance(value, str):
        return f'"{value}"'
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else str(value)
