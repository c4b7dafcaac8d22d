"""Blank cards in the office: issued for nobody, worth nothing, on the roster while a gate's word on one holds."""

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from gate.caller import Caller
from gate.clock import ClockState
from gate.forms import Door, VisitorForm
from gate.passage import MadePass
from gate.roster import Resident
from hub.registry import Registry, blanks, gate_keys, made_passes, opened, passes, people, stations
from hub.registry.gate_keys import Allowance
from hub.registry.people import Household, Person
from hub.registry.stations import Station
from tests.hub.heard_records import NOW, PERSON, STAMP, Hub, sealed, settle
from tests.hub.typed_hub import Hub as Office
from tests.hub.typed_hub import bare, hub

__all__ = ["bare", "hub"]
CARD, SERIAL, HOME = "c0" * 8, "5e" * 8, "f0" * 8
MAY = Allowance(frozenset({Caller.RESIDENT, Caller.VISITOR}), 24, 5, NOW - timedelta(days=1), NOW + timedelta(days=9))
MADE = MadePass(STAMP, "east", SERIAL, 1, NOW + timedelta(hours=12), person=PERSON)
VISITOR = VisitorForm(Door("3", "2", "501"), name="钱来访")


@pytest.fixture
def east(tmp_path: Path):
    """A hub whose east gate may make five passes, and one blank card."""
    with opened(tmp_path / "registry.sqlite", NOW, "sunshine") as registry:
        settle(registry)
        registry.run(_one_card)
        registry.touched.clear()
        yield Hub(registry)


def _one_card(registry: Registry) -> None:
    stations.add(registry, Station("east-1", "east", "1", "both"), NOW)
    gate_keys.put(registry, "east-1", b"k" * 32, NOW)
    gate_keys.allow(registry, "east-1", MAY)
    people.put_households(registry, [Household(id=HOME, building="", caller=Caller.VISITOR)])
    nobody = Person(id=CARD, household=HOME, name="空白卡", masked_name="空白卡", caller=Caller.VISITOR)
    people.put_persons(registry, [nobody])
    people.moved_away(registry, [CARD], NOW)
    registry.database.conn.execute(
        "INSERT INTO pass (serial, person, kind, key_id, issued_at, expires_at) VALUES (?, ?, 'visitor', 'aa', ?, ?)",
        (SERIAL, CARD, "2026-11-20T00:00:00.000000+00:00", "2027-02-20T00:00:00.000000+00:00"),
    )
    blanks.put(registry, [SERIAL])


def entries(hub: Hub) -> list[Resident]:
    return blanks.on_roster(hub.registry, NOW)


class TestIssued:
    def test_each_is_a_genuine_pass_of_somebody_on_no_roster(self, hub: Office) -> None:
        folder = hub.data / "blanks"
        said = hub("issue", "--blanks", "3", "--out", str(folder), "--format", "text")
        assert "3 blank cards" in said
        with (folder / "index.csv").open(encoding="utf-8-sig", newline="") as index:
            cards = list(csv.DictReader(index))
        assert len({card["代号 person"] for card in cards}) == len({card["序号 serial"] for card in cards}) == 3
        assert hub.rows("SELECT count(*) FROM blank JOIN pass USING (serial)") == [(3,)]
        assert hub.rows("SELECT count(*) FROM person WHERE left_at IS NULL AND caller = 'visitor'") == [(0,)]

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            (("--blanks", "0"), "1 to 2000 blank cards"),
            (("--blanks", "2", "--all"), "say whose passes"),
            (("--blanks", "2", "--days", "0"), "1 to 366 days"),
        ],
    )
    def test_what_cannot_be_is_refused(self, hub: Office, tmp_path: Path, words: tuple[str, ...], why: str) -> None:
        assert why in hub.refusal("issue", *words, "--out", str(tmp_path / "cards"))


class TestOnTheRoster:
    def test_a_card_that_no_gate_activated_is_not(self, east: Hub) -> None:
        assert entries(east) == []

    def test_a_residents_stands_for_him_until_it_ends(self, east: Hub) -> None:
        """By his pseudonym alone: his standing, health and leave are his own entry's."""
        east.hear(MADE)
        assert entries(east) == [Resident(CARD, HOME, "", "", until=MADE.expires_at, stands_for=PERSON)]
        assert east.registry.touched, "the next bulletin says so at once"
        assert blanks.on_roster(east.registry, MADE.expires_at) == []

    def test_a_visitors_carries_the_building_and_the_masked_name_of_the_form(self, east: Hub) -> None:
        east.hear(replace(MADE, person=None, caller=Caller.VISITOR, form=sealed(VISITOR)))
        (entry,) = entries(east)
        assert (entry.caller, entry.building, entry.stands_for) == (Caller.VISITOR, "3", None)
        assert entry.masked_name == "钱*访"

    def test_a_pass_of_any_other_serial_is_not(self, east: Hub) -> None:
        """Neither a gate's own temporary pass nor somebody's paper one can be given to another so."""
        east.hear(replace(MADE, serial="77" * 8))
        assert (entries(east), east.registry.touched) == ([], set())

    @pytest.mark.parametrize(
        "record",
        [
            replace(MADE, number=6),
            replace(MADE, expires_at=NOW + timedelta(hours=25)),
            replace(MADE, caller=Caller.STAFF),
            replace(MADE, stamp=replace(STAMP, at=NOW - timedelta(days=2), clock=ClockState.HELD)),
        ],
        ids=["past its number", "too long", "another kind", "before its days"],
    )
    def test_what_the_gates_certificate_does_not_allow_is_not(self, east: Hub, record: MadePass) -> None:
        east.hear(record)
        assert entries(east) == []

    @pytest.mark.parametrize(
        "record",
        [
            replace(MADE, person=None),
            replace(MADE, person=None, caller=Caller.VISITOR),
            replace(MADE, person=None, caller=Caller.VISITOR, form=b"sealed for another hub"),
            replace(MADE, person=None, caller=Caller.VISITOR, form=sealed(VisitorForm(Door("")))),
        ],
        ids=["a resident who is nobody", "no form", "a form nobody can open", "no building"],
    )
    def test_somebody_of_whom_nothing_is_known_is_not(self, east: Hub, record: MadePass) -> None:
        """No roster entry comes of nothing: the gates could hold it to no building's zone."""
        east.hear(record)
        assert entries(east) == []

    def test_a_gate_that_may_make_none_any_more_voids_its_cards(self, east: Hub) -> None:
        east.hear(MADE)
        east.registry.run(lambda each: gate_keys.allow(each, "east-1", None))
        assert entries(east) == []

    def test_the_offices_word_ends_it_at_once(self, east: Hub) -> None:
        """Revoked on the office's page: off the roster, and on the list of void passes."""
        east.hear(MADE)
        east.registry.touched.clear()
        assert east.registry.run(lambda each: made_passes.settle(each, SERIAL, False, "office", NOW))
        assert entries(east) == []
        assert SERIAL in passes.revoked(east.registry, NOW)
        assert len(east.registry.touched) == 2

    def test_a_confirmed_one_stays(self, east: Hub) -> None:
        east.hear(MADE)
        assert east.registry.run(lambda each: made_passes.settle(each, SERIAL, True, "office", NOW))
        assert len(entries(east)) == 1

    def test_a_card_that_was_revoked_as_a_pass_counts_nowhere(self, east: Hub) -> None:
        east.hear(MADE)
        assert east.registry.run(lambda each: passes.revoke(each, [SERIAL], NOW)) == []
        assert entries(east) == []

    def test_of_two_words_on_one_card_the_later_holds(self, east: Hub) -> None:
        """A card that was handed back, or two gates without a network."""
        other = replace(MADE, number=2, person="0e" * 8, stamp=replace(STAMP, at=NOW + timedelta(minutes=5)))
        east.hear(other, MADE)
        assert [each.stands_for for each in entries(east)] == ["0e" * 8]
