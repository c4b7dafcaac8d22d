"""A day at the gates, written into a real registry: what the tests of feed and office look at.

`Compound` speaks the field's words (settle, arrives, settles, says); `busy_day` fills it with some two hundred passages
that a front page could show. Rule: no clock and no chance but what is handed in.
"""

import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gate import wire
from gate.clock import ClockState
from gate.forms import (
    Form,
    encode_form,
)
from gate.passage import Amendment, Ground, Passage, Record, Stamp
from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.sealing import close, public_of
from gate.temperature import Measurement
from gate.wire import StationStatus
from hub import masking
from hub.forms import Opener
from hub.orders import Desk
from hub.orders.carrying_out import AnyAnswer, AnyOrder, carry_out
from hub.passwords import hash_password
from hub.registry import Registry, clerks, open_registry, people, records, stations
from hub.registry.parcels import Parcel, Taken, Unnamed
from hub.registry.people import Household, Person
from hub.registry.rows import rows_of
from hub.registry.stations import Station
from hub.settings import Settings

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
JOURNAL = "5a" * 8
PASSWORD = "kx7m-2hpa-9wtz-c4ne"
FORM_SECRET = bytes(range(32))
IN, OUT = Direction.IN, Direction.OUT


class Compound:
    """One compound's registry and what comes into it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "registry.sqlite"
        self.registry: Registry = open_registry(self.path, NOON, "sunshine")
        self._written: dict[str, int] = {}

    def close(self) -> None:
        self.registry.close()

    def clerk(self, name: str = "李静", password: str = PASSWORD) -> None:
        self.registry.run(lambda each: clerks.put(each, name, hash_password(password, b"s" * 16), NOON))

    def station(self, name: str, gate: str, lane: str = "1", direction: str = "both") -> str:
        self.registry.run(lambda each: stations.add(each, Station(name, gate, lane, direction), NOON))
        return name

    def resident(self, name: str, building: str = "3") -> str:
        number = self.registry.rows("SELECT count(*) FROM person")[0][0] + 1
        home = Household(id=f"{number:016x}", building=building, unit="1", room="501")
        person = Person(
            id=f"{number + 2**32:016x}",
            household=home.id,
            name=name,
            masked_name=masking.mask(name),
            initials=masking.initials(name),
        )
        self.registry.run(lambda each: (people.put_households(each, [home]), people.put_persons(each, [person])))
        return person.id

    def arrives(
        self,
        station: str,
        person: str | None = None,
        *reasons: Reason,
        at: datetime = NOON,
        gate: str = "north",
        lane: str = "1",
        direction: Direction = IN,
        celsius: float | None = 36.5,
        clock: ClockState = ClockState.SYNCED,
        received_after: timedelta = timedelta(seconds=1),
        boot: str = "ab" * 8,
    ) -> int:
        """A passage comes in; the sequence of its record."""
        measured = None if celsius is None else Measurement(celsius)
        passage = Passage(
            Stamp(at, clock, boot, 60.0), gate, lane, direction, reasons, person=person, temperature=measured
        )
        sequence = self._next(station)
        self._take(station, sequence, passage, at + received_after)
        return sequence

    def settles(self, station: str, sequence: int, outcome: Outcome, ground: Ground, at: datetime = NOON) -> Taken:
        """The guard's word on an earlier passage comes in."""
        stamp = Stamp(at, ClockState.SYNCED, "ab" * 8, 61.0)
        return self._take(station, self._next(station), Amendment(stamp, JOURNAL, sequence, outcome, ground), at)

    def brings(self, station: str, record: Record, at: datetime = NOON) -> int:
        """Any other record of a gate comes in; the sequence of it."""
        sequence = self._next(station)
        self._take(station, sequence, record, at)
        return sequence

    def decides(self, order: AnyOrder, at: datetime = NOON) -> AnyAnswer:
        """An order of the office, carried out as the hub's writer does it."""
        settings = Settings(compound="sunshine", data=str(self.path.parent))
        return self.registry.run(carry_out(order, Desk(settings, at, bytes)))

    def says(self, station: str, at: datetime = NOON, online: bool = True, **more: object) -> None:
        status = StationStatus(v=1, online=online, gate="north", lane="1", **more)
        self.registry.run(lambda each: stations.said(each, [(station, status)], at))

    def garbage(self, payload: bytes, why: str, station: str = "n1", at: datetime = NOON) -> None:
        unnamed = Unnamed(station, wire.body_hash(payload), payload, why)
        self.registry.run(lambda each: records.take(each, [], [unnamed], at))

    def _next(self, station: str) -> int:
        self._written[station] = self._written.get(station, 0) + 1
        return self._written[station]

    def _take(self, station: str, sequence: int, record: Record, now: datetime) -> Taken:
        body = wire.encode_body(record)
        parcel = Parcel(
            station,
            JOURNAL,
            sequence,
            wire.body_hash(body),
            body,
            rows_of(station, JOURNAL, sequence, record, Opener("sunshine", FORM_SECRET)),
        )
        return self.registry.run(lambda each: records.take(each, [parcel], [], now))


def sealed(form: Form) -> bytes:
    """As a gate would have sealed it for this hub."""
    return close(encode_form(form), "sunshine", public_of(FORM_SECRET), b"r" * 32)


def stamp(at: datetime = NOON) -> Stamp:
    return Stamp(at, ClockState.SYNCED, "ab" * 8, 60.0)


_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = (
    "小明",
    "秀兰",
    "建国",
    "丽华",
    "子涵",
    "伟",
    "玉梅",
    "志强",
    "桂英",
    "浩然",
    "敏",
    "雨桐",
    "德福",
    "欣怡",
    "军",
)
# What is the matter, how warm, what the guard then did; the blank ones are the many for whom all is well.
_TROUBLES: tuple[tuple[tuple[Reason, ...], float | None, Outcome | None, Ground | None], ...] = (
    ((Reason.FEVER,), 37.8, None, None),
    ((Reason.FEVER,), 37.6, Outcome.ADMIT, Ground.MEASURED_AGAIN),
    ((Reason.TEMPERATURE_TOO_LOW,), 33.4, Outcome.ADMIT, Ground.MEASURED_AGAIN),
    ((Reason.TEMPERATURE_MISSING,), None, Outcome.ADMIT, Ground.KNOWN_IN_PERSON),
    ((Reason.NO_CODE,), 36.4, Outcome.ADMIT, Ground.PAPERS_CHECKED),
    ((Reason.NO_CODE, Reason.TEMPERATURE_MISSING), None, Outcome.REFUSE, Ground.SENT_BACK),
    ((Reason.NOT_OURS,), 36.3, None, None),
    ((Reason.HEALTH_YELLOW,), 36.6, Outcome.REFUSE, Ground.SENT_BACK),
    ((Reason.HEALTH_RED, Reason.FEVER), 38.2, None, None),
    ((Reason.ISOLATED,), 36.5, Outcome.ADMIT, Ground.MEDICAL),
    ((Reason.BUILDING_CONTROLLED,), 36.7, Outcome.ADMIT, Ground.OFFICE_AGREED),
    ((Reason.EXPIRED,), 36.2, None, None),
)
_ANONYMOUS = {Reason.NO_CODE, Reason.NOT_OURS}


def busy_day(compound: Compound, now: datetime = NOON, passages: int = 200) -> None:
    """Four stations, sixty residents, two hundred passages since breakfast, the newest a few seconds ago."""
    dice = random.Random(7)
    lanes = [
        ("n1", "north", "1", "in"),
        ("n2", "north", "2", "out"),
        ("w1", "west", "1", "both"),
        ("s1", "south", "1", "both"),
    ]
    for name, gate, lane, direction in lanes:
        compound.station(name, gate, lane, direction)
    residents = [
        compound.resident(dice.choice(_SURNAMES) + dice.choice(_GIVEN), str(dice.randint(1, 12))) for _ in range(60)
    ]
    for number, gap in enumerate(_gaps(dice, passages)):
        _somebody_comes(compound, dice, number, now - gap, lanes, residents)
    compound.says("n1", now - timedelta(seconds=8))
    compound.says("n2", now - timedelta(seconds=5), queue=3)
    compound.says("w1", now - timedelta(seconds=11), faults=("thermometer",))
    compound.says("s1", now - timedelta(minutes=47), online=False, queue=12)


def _gaps(dice: random.Random, passages: int) -> Iterable[timedelta]:
    """How long before now each of them came, the earliest first."""
    seconds = sorted((dice.expovariate(1 / 2600.0) + 4 for _ in range(passages)), reverse=True)
    return [timedelta(seconds=each) for each in seconds]


def _somebody_comes(
    compound: Compound,
    dice: random.Random,
    number: int,
    at: datetime,
    lanes: list[tuple[str, str, str, str]],
    residents: list[str],
) -> None:
    station, gate, lane, way = dice.choice(lanes[:3] if number > 120 else lanes)
    direction = Direction(way) if way != "both" else dice.choice((IN, OUT))
    reasons, celsius, outcome, ground = (), round(dice.gauss(36.4, 0.2), 1), None, None
    if number % 6 == 4:
        reasons, celsius, outcome, ground = _TROUBLES[number // 6 % len(_TROUBLES)]
    person = None if _ANONYMOUS & set(reasons) else dice.choice(residents)
    late = timedelta(minutes=18) if number in (93, 94) else timedelta(seconds=1)
    sequence = compound.arrives(
        station,
        person,
        *reasons,
        at=at,
        gate=gate,
        lane=lane,
        direction=direction,
        celsius=celsius,
        received_after=late,
    )
    if outcome is not None and ground is not None:
        compound.settles(station, sequence, outcome, ground, at + timedelta(seconds=20))
