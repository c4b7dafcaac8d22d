"""A registry with something in every table, what it says row by row, and what the gates still hold of it.

Made for the campaign on flipped bits. The oldest records are with no gate any more, and those since the backup are in
no backup either: some rows are held nowhere else.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import json, structs

from gate.clock import ClockState
from gate.direction import Direction
from gate.forms import Door, VisitorForm, encode_form
from gate.passage import Amendment, Ground, Happening, MadePass, Passage, Record, Stamp, What
from gate.permit import Permit, PermitKind
from gate.policy import Policy
from gate.reason import Outcome, Reason
from gate.roster import Standing
from gate.sealing import close, public_of
from gate.staff import Guard
from gate.temperature import Measurement
from gate.wire import body_hash, encode_body
from hub.forms import Opener
from hub.incoming.received import Received
from hub.keeping import backup
from hub.registry import Registry, clerks, documents, guards, inbox, opened, people, permits, soundness, stations
from hub.registry.instants import written
from hub.registry.parcels import Parcel
from hub.registry.people import Household, Person
from hub.registry.records import take
from hub.registry.rows import rows_of
from hub.registry.seals import SEALED
from hub.registry.stations import Station

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
SECRET = bytes(range(32))
OPENER = Opener("sunshine", SECRET)
STATIONS = {"east-1": "e1" * 8, "west-1": "a2" * 8}
PEOPLE, RECORDS, HELD, BACKED_UP = 40, 90, 40, 30
_REGENERATED = {("meta", '["generation"]'), ("meta", '["salvaged_at"]'), ("meta", '["carrying"]')}
# Counted again; and what a damaged registry says of itself.
_NEWS = ("journal", "recovery")
_NUMBERED = ("made_pass", "returnee_case")

Row = tuple[Any, ...]
Identity = tuple[str, str, int]


@dataclass(frozen=True)
class Full:
    """closed: the files' bytes by their suffixes, as a hub leaves them that was stopped. alive: as a killed one does.
    folded: rows by table and identity. held: what the gates would send again."""

    closed: dict[str, bytes]
    alive: dict[str, bytes]
    backup: Path
    office: dict[tuple[str, str], str]
    records: dict[Identity, bytes]
    folded: dict[str, dict[Identity, Row]]
    held: frozenset[Identity]


def full_registry(folder: Path) -> Full:
    path = folder / "registry.sqlite"
    with opened(path, NOW, "sunshine") as registry:
        registry.run(_settle_in)
        _hear(registry, range(1, BACKED_UP + 1))
        copy = backup.take(path, folder / "copy.sqlite", "sunshine", NOW)
        registry.run(lambda each: clerks.put(each, "new", "hash", NOW))
        _hear(registry, range(BACKED_UP + 1, RECORDS + 1))
        _save_how_far(registry)
        registry.run(_restrict_some)
        registry.run(lambda each: clerks.put(each, "newest", "hash", NOW))
        alive = _files(path, "", "-wal", "-shm", "-rows")
    office, records, folded = told(path)
    held = frozenset(each for each in records if each[2] > RECORDS - HELD)
    return Full(_files(path, "", "-rows"), alive, copy.path, office, records, folded, held)


def _files(path: Path, *suffixes: str) -> dict[str, bytes]:
    return {suffix: path.with_name(path.name + suffix).read_bytes() for suffix in suffixes}


def told(path: Path) -> tuple[dict[tuple[str, str], str], dict[Identity, bytes], dict[str, dict[Identity, Row]]]:
    """What a registry says: the office's rows, the records, and what was folded from them."""
    with closing(soundness.reading(path)) as connection:
        office = {
            (table, key): _lasting(table, said)
            for table in SEALED
            if table not in _NEWS
            for key, said in soundness.copies(connection, table).rows.items()
            if (table, key) not in _REGENERATED
        }
        records = {row[:3]: row[3] for row in connection.execute("SELECT station, journal, sequence, body FROM record")}
        folded = {table: dict(_folded(connection, table)) for table in ("passage", "amendment", "happening", "form")}
    return office, records, folded


def _lasting(table: str, said: str) -> str:
    """Without the number in the order of arrival, which is new where a record comes again."""
    if table not in _NUMBERED:
        return said
    station, journal, sequence, _, *rest = json.decode(said)
    return json.encode((station, journal, sequence, *rest)).decode()


def _folded(connection: Any, table: str) -> Iterator[tuple[Identity, Row]]:
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    wanted = ", ".join(name for name in names if name not in ("arrival", "late"))
    for row in connection.execute(f"SELECT station, journal, sequence, {wanted} FROM {table}"):
        yield row[:3], row[3:]


def send_again(registry: Registry, full: Full) -> None:
    """What the gates do when a receipt does not cover what they hold; then all of it is folded."""
    parcels = [
        Parcel(*each, body_hash(full.records[each]), full.records[each])
        for each in sorted(full.held)
        if registry.one("SELECT 1 FROM record WHERE (station, journal, sequence) = (?, ?, ?)", each) is None
    ]
    registry.run(lambda each: inbox.put_off(each, parcels, [], written(NOW)))
    while registry.run(lambda each: inbox.fold(each, OPENER, 1000, written(NOW))).put_off:
        pass


def _settle_in(registry: Registry) -> None:
    homes = [Household(id=f"{number:016x}", building=str(number % 7), room=str(number)) for number in range(PEOPLE)]
    persons = [
        Person(id=f"{number + 4096:016x}", household=home.id, name=f"王{number}", masked_name="王*")
        for number, home in enumerate(homes)
    ]
    people.put_households(registry, homes)
    people.put_persons(registry, persons)
    documents.set_policy(registry, Policy("阳光"))
    clerks.put(registry, "office", "hash", NOW)
    guards.put(registry, Guard("li", "李", b"salt" * 4, b"hash" * 8, "cc" * 8), persons[0].id, NOW)
    for station in STATIONS:
        stations.add(registry, Station(station, station[:4], "1", "both"), NOW)
    for number, person in enumerate(persons):
        leave = Permit(f"{number:016x}", PermitKind.WORK, NOW, NOW + timedelta(days=1))
        permits.put(registry, person.id, leave, NOW)


def _restrict_some(registry: Registry) -> None:
    """Since the backup, and among the last commits: a file that loses its end may say what was true before."""
    some = [structs.replace(each, standing=Standing.ISOLATED) for each in people.persons(registry)[:5]]
    people.put_persons(registry, some)


def _hear(registry: Registry, sequences: range) -> None:
    for station, journal in STATIONS.items():
        parcels = [_parcel(station, journal, sequence) for sequence in sequences]
        registry.run(partial(take, parcels=parcels, unnamed=[], now=NOW))


def _save_how_far(registry: Registry) -> None:
    """As the hub does every minute."""
    received = Received.of(registry)
    received.note(((station, journal, RECORDS) for station, journal in STATIONS.items()), NOW)
    received.save(registry, NOW)


def _parcel(station: str, journal: str, sequence: int) -> Parcel:
    body = encode_body(_record(station, journal, sequence))
    place = (station, journal, sequence)
    return Parcel(*place, body_hash(body), body, rows_of(*place, _record(station, journal, sequence), OPENER))


def _record(station: str, journal: str, sequence: int) -> Record:
    stamp = Stamp(NOW + timedelta(seconds=sequence), ClockState.SYNCED, "b0" * 8, float(sequence))
    match sequence % 10:
        case 7:
            return Amendment(stamp, journal, sequence - 1, Outcome.ADMIT, Ground.KNOWN_IN_PERSON, "li")
        case 8:
            return Happening(stamp, station[:4], "1", What.SIGNED_ON, "li")
        case 9:
            serial = f"{sequence:08x}{station[0].encode().hex():0>8}"
            return MadePass(stamp, station[:4], serial, sequence, NOW + timedelta(days=1), form=_form(sequence))
        case _:
            reasons = (Reason.FEVER,) if sequence % 10 == 6 else ()
            warm = Measurement(36.0 + sequence / 100, 20.0, "mlx90614")
            form = _form(sequence) if sequence % 10 == 5 else None
            person = f"{sequence % PEOPLE + 4096:016x}"
            return Passage(stamp, station[:4], "1", Direction.IN, reasons, person, temperature=warm, form=form)


def _form(sequence: int) -> bytes:
    form = VisitorForm(Door("3", "2", "501"), 2, name=f"钱{sequence}", telephone="13900001111")
    return close(encode_form(form), "sunshine", public_of(SECRET), bytes([sequence % 256]) * 32)
