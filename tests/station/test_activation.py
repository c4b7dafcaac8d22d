"""A blank card made to count at a gate: for whom, from when, until when, and everything that is no such card."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from gate.clock import ClockState, Moment
from gate.formats import community_pass
from gate.formats.chain import Credential, Kind
from gate.forms import Door, VisitorForm, decode_form
from gate.passage import Caller, MadePass, Passage
from gate.reason import Outcome, Reason
from gate.roster import Resident, Standing
from gate.sealing import open_sealed
from gate.trust import index, key_id_of
from station.cards import Card, Cards
from station.inbox import SnapshotCame
from station.snapshot import Snapshot
from station.taps import ActivateCard, ArriveNamed, EndActivation, TapRefused, Train
from tests.station.lane_of_tests import (
    CERTIFICATE,
    FORM_SECRET,
    NOON,
    OFFICE_KEY,
    OFFICE_PUBLIC,
    TRUSTED,
    TestLane,
    pass_of,
    snapshot,
)

PERSON, SERIAL = "c0" * 8, "5e" * 8
VISITOR = VisitorForm(Door("3", "1", "502"), name="赵六")


def card(person: str = PERSON, serial: str = SERIAL, days: int = 90, kind: Kind = Kind.BLANK) -> bytes:
    """The code of a blank card as the office prints it."""
    credential = Credential(
        "GC1", kind, "yuyuan", person, serial, key_id_of(OFFICE_PUBLIC), NOON - timedelta(1), NOON + timedelta(days)
    )
    return community_pass.pack(credential, OFFICE_KEY.sign).encode()


BLANK = card()


def certified(revoked: tuple[str, ...] = (), gates=(CERTIFICATE,), **changes: object) -> Snapshot:
    held = snapshot(measure_on=frozenset(), **changes)
    trust = index("yuyuan", [TRUSTED], revoked, form_key=held.trust.form_key, gates=gates)
    return replace(held, trust=trust)


@pytest.fixture
def lane(tmp_path: Path):
    lane = TestLane(tmp_path, certified())
    yield lane
    lane.close()


def hold_up(lane: TestLane, code: bytes = BLANK) -> None:
    lane.show(code)
    lane.wait()


def take_away(lane: TestLane) -> None:
    for _ in range(20):
        lane.wait(0.2)
        lane.show()


def activate(lane: TestLane, person: str | None = "a" * 16, form: VisitorForm | None = None, hours: int = 12) -> None:
    lane.tap(ActivateCard(person, form, hours))
    hold_up(lane)
    assert lane.view.activation is not None
    assert not lane.view.activation.waits
    assert lane.view.activation.told is None


class TestACardThatCounts:
    def test_is_recorded_for_the_office_with_its_own_serial(self, lane: TestLane) -> None:
        """The record is all that the hub needs: which card, for whom, until when, which number."""
        activate(lane)
        (record,) = lane.records_of(MadePass)
        assert (record.serial, record.person, record.caller, record.number) == (SERIAL, "a" * 16, Caller.RESIDENT, 1)
        assert record.expires_at == NOON + timedelta(hours=12)
        assert lane.view.activation is not None
        assert lane.view.activation.until == record.expires_at
        assert lane.told[-1][2] == record

    def test_begins_no_visit_until_it_was_taken_away_once(self, lane: TestLane) -> None:
        """The guard held it up, not its bearer."""
        activate(lane)
        for _ in range(100):
            hold_up(lane)
        assert (lane.records_of(Passage), lane.open) == ([], False)
        take_away(lane)
        hold_up(lane)
        assert lane.open

    def test_is_the_residents_own_crossing(self, lane: TestLane) -> None:
        """No second identity: peers, quota and office hear of the resident, and which card it was."""
        activate(lane)
        take_away(lane)
        hold_up(lane)
        (passage,) = lane.records_of(Passage)
        assert (passage.person, passage.pass_serial, passage.outcome) == ("a" * 16, SERIAL, Outcome.ADMIT)
        assert passage.caller is Caller.RESIDENT
        assert [each.person for digest in lane.digests for each in digest.crossings] == ["a" * 16]

    def test_opens_nothing_for_a_resident_who_is_isolated_since(self, lane: TestLane) -> None:
        activate(lane)
        held = certified()
        isolated = structs.replace(held.residents["a" * 16], standing=Standing.ISOLATED)
        lane.post(SnapshotCame(replace(held, residents={**held.residents, "a" * 16: isolated})))
        take_away(lane)
        hold_up(lane)
        assert lane.records_of(Passage)[0].reasons == (Reason.ISOLATED,)

    def test_of_a_resident_who_left_the_roster_is_the_guards_matter(self, lane: TestLane) -> None:
        activate(lane)
        lane.post(SnapshotCame(replace(certified(), residents={})))
        take_away(lane)
        hold_up(lane)
        assert lane.records_of(Passage)[0].reasons == (Reason.NOT_ON_ROSTER,)

    def test_of_a_visitor_leads_to_his_building_and_its_form_to_the_hub_alone(self, lane: TestLane) -> None:
        activate(lane, None, VISITOR)
        (record,) = lane.records_of(MadePass)
        assert record.form is not None
        assert decode_form(open_sealed(record.form, "yuyuan", FORM_SECRET)) == VISITOR
        take_away(lane)
        hold_up(lane)
        (passage,) = lane.records_of(Passage)
        assert (passage.person, passage.caller, passage.outcome) == (PERSON, Caller.VISITOR, Outcome.ADMIT)
        assert lane.view.verdict is not None
        assert lane.view.verdict.person is not None
        assert lane.view.verdict.person.building == "3"

    def test_holds_over_a_restart_and_its_file_names_nobody(self, lane: TestLane, tmp_path: Path) -> None:
        activate(lane, None, VISITOR)
        kept = tmp_path / "cards.json"
        assert kept.stat().st_mode & 0o777 == 0o600
        assert "赵六" not in kept.read_text()
        lane.close()
        again = TestLane(tmp_path, certified())
        again.wait(1.0)
        hold_up(again, BLANK)
        assert again.records_of(Passage)[0].reasons == ()
        again.close()

    def test_ends_with_its_time(self, lane: TestLane) -> None:
        activate(lane, hours=1)
        take_away(lane)
        lane.wait(3600.0)
        hold_up(lane)
        assert lane.records_of(Passage)[0].reasons == (Reason.NOT_ON_ROSTER,)

    def test_ends_when_the_office_revokes_it(self, lane: TestLane) -> None:
        activate(lane)
        lane.post(SnapshotCame(certified(revoked=(SERIAL,))))
        take_away(lane)
        hold_up(lane)
        assert lane.records_of(Passage)[0].reasons == (Reason.REVOKED,)

    def test_ends_when_the_office_withdraws_the_gates_certificate(self, lane: TestLane) -> None:
        activate(lane)
        lane.post(SnapshotCame(certified(gates=())))
        take_away(lane)
        hold_up(lane)
        assert lane.records_of(Passage)[0].reasons == (Reason.NOT_ON_ROSTER,)

    def test_can_be_given_to_another_once_its_time_is_over(self, lane: TestLane) -> None:
        activate(lane, hours=1)
        take_away(lane)
        lane.wait(3600.0)
        activate(lane, "b" * 16)
        assert [each.person for each in lane.records_of(MadePass)] == ["a" * 16, "b" * 16]


class TestWhileOneIsAwaited:
    def test_no_code_begins_a_visit_and_what_is_no_blank_is_told(self, lane: TestLane) -> None:
        lane.tap(ActivateCard("a" * 16))
        for code in (pass_of("b"), card(serial="77" * 8)[:-3] + b"AAA", b"https://example.org", BLANK[:40]):
            hold_up(lane, code)
            lane.wait(0.5)
        assert lane.view.activation is not None
        assert lane.view.activation.told is not None
        assert lane.view.activation.told.en == "Not a blank card: hold up another"
        assert (lane.records(), lane.open) == ([], False)
        hold_up(lane)
        assert len(lane.records_of(MadePass)) == 1

    def test_a_visitors_own_pass_is_no_blank_whatever_list_he_has_left(self, lane: TestLane) -> None:
        """Yesterday's visitor, whom the roster has no more: his pass would count for somebody else."""
        lane.tap(ActivateCard("a" * 16))
        hold_up(lane, card(kind=Kind.VISITOR))
        assert lane.view.activation is not None
        assert lane.view.activation.told is not None
        assert lane.view.activation.told.en == "Not a blank card: hold up another"
        assert lane.records_of(MadePass) == []

    def test_an_unwritten_poster_is_passed_over_in_silence(self, lane: TestLane) -> None:
        lane.tap(ActivateCard("a" * 16))
        hold_up(lane, b"https://example.org")
        assert lane.view.activation is not None
        assert (lane.view.activation.waits, lane.view.activation.told) == (True, None)

    @pytest.mark.parametrize(
        ("held", "code", "words"),
        [
            (certified(revoked=(SERIAL,)), BLANK, "void or too old"),
            (certified(), card(days=0), "void or too old"),
        ],
        ids=["revoked", "expired"],
    )
    def test_a_void_card_is_told(self, lane: TestLane, held: Snapshot, code: bytes, words: str) -> None:
        lane.post(SnapshotCame(held))
        lane.tap(ActivateCard("a" * 16))
        hold_up(lane, code)
        assert lane.view.activation is not None
        assert lane.view.activation.told is not None
        assert words in lane.view.activation.told.en
        assert lane.records_of(MadePass) == []

    @pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "elsewhere"])
    def test_a_card_that_counts_already_is_told(self, lane: TestLane, elsewhere: bool) -> None:
        if elsewhere:
            held = certified()
            entry = Resident(PERSON, PERSON, "", "", until=NOON + timedelta(hours=9), stands_for="b" * 16)
            lane.post(SnapshotCame(replace(held, residents={**held.residents, PERSON: entry})))
        else:
            activate(lane, "b" * 16)
            take_away(lane)
        before = len(lane.records_of(MadePass))
        lane.tap(ActivateCard("a" * 16))
        hold_up(lane)
        assert lane.view.activation is not None
        assert lane.view.activation.told is not None
        assert "in use" in lane.view.activation.told.en
        assert len(lane.records_of(MadePass)) == before

    def test_it_ends_by_itself_and_the_next_visit_is_like_any_other(self, lane: TestLane) -> None:
        lane.tap(ActivateCard("a" * 16))
        lane.wait(31.0)
        assert lane.view.activation is not None
        assert lane.view.activation.told is not None
        assert "cancelled" in lane.view.activation.told.en
        lane.wait(11.0)
        assert lane.view.activation is None
        hold_up(lane, pass_of("b"))
        assert lane.open

    def test_a_pass_that_is_still_held_up_when_the_guard_goes_back_begins_its_visit(self, lane: TestLane) -> None:
        lane.tap(ActivateCard("a" * 16))
        hold_up(lane, pass_of("b"))
        assert not lane.open
        lane.tap(EndActivation())
        assert lane.view.activation is None
        hold_up(lane, pass_of("b"))
        assert lane.open

    def test_whatever_else_the_guard_begins_ends_it(self, lane: TestLane) -> None:
        lane.tap(ActivateCard("a" * 16))
        lane.tap(ArriveNamed(("b" * 16,)))
        assert lane.view.activation is None
        assert lane.records_of(Passage)[0].person == "b" * 16


class TestNoCard:
    def test_counts_before_it_is_on_the_disk(self, lane: TestLane) -> None:
        lane.tap(ActivateCard("a" * 16))
        lane.break_disk()
        hold_up(lane)
        assert lane.view.activation is not None
        assert lane.view.activation.told is not None
        lane.mend_disk()
        lane.wait(3.0)
        take_away(lane)
        hold_up(lane)
        assert lane.records_of(Passage)[0].reasons == (Reason.NOT_ON_ROSTER,)

    def test_counts_past_the_number_that_the_office_allowed(self, lane: TestLane) -> None:
        for number in range(CERTIFICATE.most):
            lane.tap(ActivateCard("a" * 16))
            hold_up(lane, card(f"{number:02}" * 8, f"9{number}" * 8))
            take_away(lane)
        lane.tap(ActivateCard("a" * 16))
        hold_up(lane)
        assert lane.view.activation is not None
        assert lane.view.activation.told is not None
        assert "made all its passes" in lane.view.activation.told.en
        assert len(lane.records_of(MadePass)) == CERTIFICATE.most

    def test_that_no_guard_activated_opens_anything(self, lane: TestLane) -> None:
        hold_up(lane)
        assert lane.records_of(Passage)[0].reasons == (Reason.NOT_ON_ROSTER,)

    @pytest.mark.parametrize(
        ("tap", "words"),
        [
            (ActivateCard("f" * 16), "No longer on this gate's list"),
            (ActivateCard(), "No longer on this gate's list"),
        ],
    )
    def test_is_awaited_for_nobody(self, lane: TestLane, tap: ActivateCard, words: str) -> None:
        with pytest.raises(TapRefused, match=words):
            lane.tap(tap)
        assert lane.view.activation is None

    def test_is_awaited_without_a_certificate_in_training_or_during_a_visit(self, lane: TestLane) -> None:
        lane.post(SnapshotCame(replace(certified(), trust=index("yuyuan", [TRUSTED]))))
        with pytest.raises(TapRefused, match="not let this gate"):
            lane.tap(ActivateCard("a" * 16))
        lane.post(SnapshotCame(certified()))
        lane.tap(Train(True))
        with pytest.raises(TapRefused):
            lane.tap(ActivateCard("a" * 16))
        lane.tap(Train(False))
        hold_up(lane, pass_of("b"))
        with pytest.raises(TapRefused, match="Finish with this visit"):
            lane.tap(ActivateCard("a" * 16))
        assert lane.records_of(MadePass) == []


class TestOnTheRoster:
    """At every other gate, a card counts by the entry that the hub makes of the record."""

    def with_entry(self, **changes: object) -> Snapshot:
        held = certified()
        entry = structs.replace(Resident(PERSON, PERSON, "", "", until=NOON + timedelta(hours=1)), **changes)
        return replace(held, residents={**held.residents, PERSON: entry})

    def test_it_is_the_resident_whom_it_stands_for(self, lane: TestLane) -> None:
        lane.post(SnapshotCame(self.with_entry(stands_for="a" * 16)))
        hold_up(lane)
        assert (lane.open, lane.records_of(Passage)[0].person) == (True, "a" * 16)

    def test_it_ends_with_its_time_though_no_hub_says_so(self, lane: TestLane) -> None:
        lane.post(SnapshotCame(self.with_entry(stands_for="a" * 16)))
        lane.wait(3600.0)
        hold_up(lane)
        assert lane.records_of(Passage)[0].reasons == (Reason.NOT_ON_ROSTER,)

    def test_the_guards_search_never_finds_the_card_itself(self, lane: TestLane) -> None:
        lane.post(SnapshotCame(self.with_entry(stands_for="a" * 16)))
        assert [each[0] for each in lane.kiosk.forms().buildings] == ["3"]


def test_a_file_of_cards_that_is_damaged_or_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    path = tmp_path / "cards.json"
    path.write_bytes(b"\xff{")
    now = Moment(NOON, ClockState.SYNCED)
    cards = Cards(path)
    path.unlink()
    path.with_suffix(".new").mkdir()
    cards.add(Card(PERSON, "a" * 16, "", NOON + timedelta(hours=1)), NOON)
    entry = cards.entry(PERSON, snapshot(), now)
    assert entry is not None
    assert entry.stands_for == "a" * 16
    assert Cards(path).entry(PERSON, snapshot(), now) is None
