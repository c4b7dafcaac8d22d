"""gate.toml -> Gate: the few things by which one gate's card differs from another's.

Read by render.py. Rule: what contradicts itself is refused before a card is written, in one sentence for whoever
edits the file.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from firmware_config.pins import FIRST_OUTPUT, LANES, TAKEN, Pins
from gate.names import Slug
from station.settings import LaneDirection, ThermometerBackend
from station.toml import Wrong, read_toml

Port = Annotated[int, Meta(ge=1024, le=65535)]
# What stands in the card's files as it is: no quote, no backslash, nothing that begins a line of its own.
Words = Annotated[str, Meta(pattern=r"^[^\x00-\x20\x7f\"\\]+\Z")]
Place = Annotated[str, Meta(pattern=r"^(/[^\x00-\x20\x7f\"\\]+)?\Z")]
SoundCard = Annotated[str, Meta(pattern=r"^[\w:=,.-]*\Z")]


class BrokerPlace(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the compound's broker is. tls_ca: the file's place on the card."""

    host: Words
    port: Annotated[int, Meta(ge=1, le=65535)] = 8883
    tls_ca: Annotated[str, Meta(pattern=r"^[^\x00-\x20\x7f\"\\]*\Z")] = "/etc/gate/broker-ca.crt"


class ResolverPlace(Struct, frozen=True, forbid_unknown_fields=True):
    """The province's health code service. networks: its public addresses, since the unit knows no names.

    token_file, tls_ca: the files' places on the card.
    """

    url: Annotated[str, Meta(pattern=r"^https://[^\x00-\x20\x7f\"\\]+\Z")]
    networks: tuple[Words, ...] = ()
    token_file: Place = ""
    tls_ca: Place = ""


class Lane(Struct, frozen=True, forbid_unknown_fields=True):
    """One lane. pins: None for those of wiring.md. sound_card: as `aplay -L` lists it; "" for no voice.

    thermometer_source: "" for the lane's I2C bus in wiring.md.
    """

    lane: Slug
    station: Slug
    direction: LaneDirection
    camera: Words
    kiosk_port: Port
    screen: Words
    pins: Pins | None = None
    sound_card: SoundCard = ""
    thermometer: ThermometerBackend = ThermometerBackend.NONE
    thermometer_source: Place = ""


class Gate(Struct, frozen=True, forbid_unknown_fields=True):
    """One card."""

    compound: Slug
    gate: Slug
    broker: BrokerPlace
    lanes: Annotated[tuple[Lane, ...], Meta(min_length=1, max_length=len(LANES))]
    resolver: ResolverPlace | None = None
    timezone: Words = "Asia/Shanghai"
    image_built_at: Annotated[datetime, Meta(tz=True)] = datetime(2026, 1, 1, tzinfo=UTC)

    @property
    def speaks(self) -> bool:
        """Whether any lane has a voice."""
        return any(lane.sound_card for lane in self.lanes)

    def wired(self) -> Iterator[tuple[Lane, Pins]]:
        """Every lane with the pins that it has."""
        for lane, usual in zip(self.lanes, LANES, strict=False):
            yield lane, lane.pins or usual


def load(path: Path) -> Gate:
    """The gate that a file describes. Raises station.toml.Wrong."""
    _, gate = read_toml(path, Gate)
    for objection in (*_shared(gate), *_pins(gate), *_networks(gate)):
        raise Wrong(path, *objection)
    return gate


def _networks(gate: Gate) -> Iterator[tuple[str, str]]:
    for each in gate.resolver.networks if gate.resolver else ():
        try:
            ip_network(each)
        except ValueError:
            yield (
                f"has {each!r} in resolver.networks, which is no network",
                'write it as "203.0.113.7" or "203.0.113.0/24"',
            )


def _shared(gate: Gate) -> Iterator[tuple[str, str]]:
    """What two lanes cannot have in common."""
    for key in ("lane", "station", "camera", "kiosk_port", "screen"):
        values = [getattr(lane, key) for lane in gate.lanes]
        for value in values:
            if values.count(value) > 1:
                yield f"gives two lanes the {key} {value}", f"give each lane its own {key}"


def _pins(gate: Gate) -> Iterator[tuple[str, str]]:
    users = {pin: f"every gate's {what}" for pin, what in TAKEN.items()}
    for lane, pins in gate.wired():
        for what, pin in (*pins.outputs.items(), *pins.inputs.items()):
            user = f"the {what} of lane {lane.station}"
            if pin in users:
                yield f"pin {pin} is {user}, and {users[pin]}", "give each its own pin, see wiring.md"
            users[pin] = user
        for what, pin in pins.outputs.items():
            if pin < FIRST_OUTPUT:
                why = f"pin {pin} is the {what} of lane {lane.station}, but is pulled up while the Pi starts"
                yield why, f"take one from {FIRST_OUTPUT} to 27"
