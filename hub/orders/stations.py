"""Lanes that are set up, each with its identity and its place at the broker: `gate-hub station add` and `list`."""

from typing import Literal

from gate.names import Slug
from hub import broker, keys
from hub.identity import write_identity
from hub.orders import Answer, Desk, Order, OrderRefused
from hub.registry import Registry, gate_keys, stations
from hub.registry.stations import Station


class AddStation(Order, frozen=True, tag="add_station"):
    """Set up a lane, or with `again` give it a new password. gate: None only with again, for the one it has."""

    station: Slug
    gate: Slug | None = None
    lane: Slug = "1"
    direction: Literal["in", "out", "both"] = "both"
    again: bool = False


class ListStations(Order, frozen=True, tag="list_stations"):
    """Which lanes were set up."""


StationOrder = AddStation | ListStations


class StationAdded(Answer, frozen=True, tag="station_added"):
    """identity_file: what has to be carried to the gate."""

    station: Slug
    identity_file: str
    again: bool


class StationsListed(Answer, frozen=True, tag="stations_listed"):
    stations: tuple[Station, ...]


StationAnswer = StationAdded | StationsListed


def carry_out(order: StationOrder, desk: Desk, registry: Registry) -> StationAnswer:
    """Raises OrderRefused, KeysRefused, or OSError where the broker's files cannot be written."""
    match order:
        case AddStation():
            return _add(order, desk, registry)
        case ListStations():
            return StationsListed(tuple(stations.listed(registry)))


def _add(order: AddStation, desk: Desk, registry: Registry) -> StationAdded:
    known = {each.id: each for each in stations.listed(registry)}
    if order.station in broker.RESERVED:
        raise OrderRefused(f"{order.station!r} is the broker's name for somebody else; choose another id")
    if order.again:
        _refuse_another_gate(order, known.get(order.station))
    elif order.station in known:
        raise OrderRefused(
            f"station {order.station} is in the registry already; choose another id, or give this one a new password"
            " with --again"
        )
    elif order.gate is None:
        raise OrderRefused(f"station {order.station} needs a gate; name it with --gate")
    else:
        stations.add(registry, Station(order.station, order.gate, order.lane, order.direction), desk.now)
    key, secret = keys.new_pass_key(desk.randomness)
    gate_keys.put(registry, order.station, key.public, desk.now)
    identity_file = _let_in(order.station, desk, [*known, order.station], secret)
    return StationAdded(order.station, identity_file, order.again)


def _refuse_another_gate(order: AddStation, known: Station | None) -> None:
    if known is None:
        raise OrderRefused(f"there is no station {order.station} yet; add it without --again")
    if order.gate not in (None, known.gate):
        raise OrderRefused(f"station {known.id} belongs to gate {known.gate}; add a new station for gate {order.gate}")


def _let_in(station: Slug, desk: Desk, everyone: list[Slug], pass_secret: bytes) -> str:
    """Broker files and identity file of a station. Within the transaction: where a file fails, no station is added."""
    settings = desk.settings
    secrets = keys.load(settings.keys)
    password = broker.generate_password(desk.randomness)
    salt = desk.randomness(broker.SALT_BYTES)
    path = settings.folder / "stations" / f"{station}.toml"
    write_identity(path, settings.compound, station, password, secrets, pass_secret)
    broker.set_password(settings.broker_folder / "passwords", station, password, salt)
    broker.write_acl(settings.broker_folder / "acl", settings.compound, set(everyone))
    return str(path)
