"""What `gate-hub verify` sees: a table that does not say what its records say, and a gate that says otherwise."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from gate.clock import ClockState
from gate.direction import Direction
from gate.passage import Amendment, Ground, Happening, Passage, Record, Stamp, What
from gate.reason import Outcome
from gate.wire import CHAIN_BEGINS, StationStatus, body_hash, chain_on, encode_body
from hub.forms import Opener
from hub.keeping.verify import Compared, verify
from hub.registry import Registry, inbox, opened, stations
from hub.registry.instants import written
from hub.registry.parcels import Parcel
from hub.registry.records import take
from hub.registry.rows import rows_of
from hub.registry.stations import Station

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
JOURNAL = "ab" * 8
OPENER = Opener("sunshine", bytes(range(32)))
COUNT = 12
STATUS = StationStatus(1, True, "east", "1", JOURNAL, COUNT, at=NOW)


def record(sequence: int) -> Record:
    stamp = Stamp(NOW + timedelta(seconds=sequence), ClockState.SYNCED, "b0" * 8, float(sequence))
    match sequence % 4:
        case 2:
            return Amendment(stamp, JOURNAL, sequence - 1, Outcome.REFUSE, Ground.SENT_BACK, "li")
        case 3:
            return Happening(stamp, "east", "1", What.SIGNED_ON, "li")
        case _:
            return Passage(stamp, "east", "1", Direction.IN, person=f"{sequence:016x}")


BODIES = {sequence: encode_body(record(sequence)) for sequence in range(1, COUNT + 1)}


def parcels(sequences: range) -> list[Parcel]:
    return [
        Parcel(*place, body_hash(BODIES[place[2]]), BODIES[place[2]], rows_of(*place, record(place[2]), OPENER))
        for place in (("east-1", JOURNAL, each) for each in sequences)
    ]


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    """A gate's 12 records, of which the last two wait to be folded, and what the gate said last."""
    with opened(tmp_path / "registry.sqlite", NOW, "sunshine") as opened_one:
        opened_one.run(lambda each: stations.add(each, Station("east-1", "east", "1", "in"), NOW))
        opened_one.run(lambda each: take(each, parcels(range(1, COUNT - 1)), [], NOW))
        opened_one.run(lambda each: inbox.put_off(each, parcels(range(COUNT - 1, COUNT + 1)), [], written(NOW)))
        yield opened_one


def say(registry: Registry, status: StationStatus) -> None:
    registry.run(lambda each: stations.said(each, [("east-1", status)], NOW))


def chain(through: int) -> str:
    found = CHAIN_BEGINS
    for sequence in range(1, through + 1):
        found = chain_on(found, body_hash(BODIES[sequence]))
    return found


def gate(registry: Registry) -> Compared:
    (found,) = verify(registry.path, OPENER).gates
    return found


def test_a_registry_that_is_what_its_gate_says_is_sound(registry: Registry) -> None:
    """Also while some of its records still wait to be entered into the tables."""
    say(registry, structs.replace(STATUS, chain=chain(COUNT)))
    found = verify(registry.path, OPENER)
    assert (found.findings, found.is_sound, found.records) == ((), True, COUNT)
    assert found.gates == (Compared("east-1", JOURNAL, COUNT, COUNT, 0, True, NOW),)


def test_another_chain_is_another_record(registry: Registry) -> None:
    """Every row here fits its own checksum, and still the gate wrote something else."""
    say(registry, structs.replace(STATUS, chain="0f" * 16))
    assert (gate(registry).agrees, gate(registry).is_wrong) == (False, True)


def test_what_is_on_its_way_is_no_fault(registry: Registry) -> None:
    """The gate wrote two more, and has no receipt for them."""
    say(registry, structs.replace(STATUS, newest=COUNT + 2, queue=2, chain="0f" * 16))
    assert (gate(registry).here, gate(registry).agrees, gate(registry).is_wrong) == (COUNT, None, False)


def test_what_was_receipted_and_is_not_here_is_one(registry: Registry) -> None:
    """The gate has receipts for two that the registry never had: it is older than what it told."""
    say(registry, structs.replace(STATUS, newest=COUNT + 2, queue=0))
    assert gate(registry).is_wrong


def test_a_gate_that_spoke_before_its_last_records_came_is_compared_as_far_as_it_said(registry: Registry) -> None:
    say(registry, structs.replace(STATUS, newest=5, chain=chain(5)))
    assert (gate(registry).agrees, gate(registry).told) == (True, 5)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE passage SET outcome = 'refuse' WHERE sequence = 4", "passage east-1 {} 4: it is not what its record"),
        ("UPDATE passage SET person = NULL WHERE sequence = 4", "passage east-1 {} 4: it is not what its record"),
        ("UPDATE passage SET at = '1970' WHERE sequence = 4", "passage east-1 {} 4: it is not what its record"),
        ("UPDATE passage SET final_outcome = NULL WHERE sequence = 1", "passage east-1 {} 1: what became of it is not"),
        ("UPDATE passage SET who = 'x' WHERE sequence = 1", "passage east-1 {} 1: what became of it is not"),
        ("UPDATE amendment SET guard = 'x' WHERE sequence = 2", "amendment east-1 {} 2: it is not what its record"),
        ("DELETE FROM happening WHERE sequence = 3", "happening east-1 {} 3: it is missing, though its record is"),
        ("UPDATE happening SET sequence = 99 WHERE sequence = 3", "happening east-1 {} 3: it is missing"),
        ("INSERT INTO happening (station, journal, sequence, at, clock, gate, lane, what) SELECT station, journal, 99,"
         " at, clock, gate, lane, what FROM happening WHERE sequence = 3", "happening: 3 rows, where the records"),
        ("UPDATE record SET received_at = '1970' WHERE sequence = 5", "record east-1 {} 5: it is not what came"),
        ("UPDATE record SET sequence = 50 WHERE sequence = 5", "record east-1 {} 50: it is not what came"),
        ("DROP INDEX passage_at", "file: the definition of index passage_at on passage is not what it should be"),
    ],
)  # fmt: skip
def test_each_row_that_says_something_else_is_named(registry: Registry, change: str, found: str) -> None:
    registry.run(lambda each: each.database.conn.execute(change))
    said = [str(each) for each in verify(registry.path, OPENER).findings]
    assert any(each.startswith(found.format(JOURNAL)) for each in said), said


def test_a_time_that_the_hub_set_right_is_watched_as_well(registry: Registry) -> None:
    """No record tells it; it has a twin of its own."""
    said = (
        "UPDATE passage SET told_at = at, at = '2026-11-22T05:00:00.000000+00:00', dated = 'by_boot' WHERE sequence = 4"
    )
    registry.run(lambda each: each.database.conn.execute(said))
    assert verify(registry.path, OPENER).findings == ()
    registry.run(lambda each: each.database.conn.execute("UPDATE twin SET said = '[]' WHERE tbl = 'at of passage'"))
    (found,) = verify(registry.path, OPENER).findings
    assert str(found) == f"passage east-1 {JOURNAL} 4: the time that counts is not the one that was set"


def test_what_waits_to_be_entered_is_no_finding_at_any_step(registry: Registry) -> None:
    """Record after record is entered, and each time all is sound."""
    say(registry, structs.replace(STATUS, chain=chain(COUNT)))
    before = verify(registry.path, OPENER)
    while registry.run(lambda each: inbox.fold(each, OPENER, 1, written(NOW))).put_off:
        assert verify(registry.path, OPENER) == before
