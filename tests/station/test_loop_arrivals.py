"""Those who come otherwise than with a pass in their hand: by name, as a family, on no list, with a fever."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from gate.forms import DeliveryForm, Door, ReturneeForm, VisitorForm, decode_form
from gate.hours import Hours, Quota
from gate.notices import Notice, Notices
from gate.passage import Amendment, Caller, Ground, Passage
from gate.policy import Choice, Direction, GateRule, WhenUnknown
from gate.reason import Outcome, Reason
from gate.roster import Standing
from gate.sealing import open_sealed
from gate.temperature import HAND_HELD, RetestRule, Site
from gate.wire import Crossing, Crossings, JournalReceipt, Receipt
from station.inbox import Felt, Looked, Receipted, SnapshotCame
from station.prompter import AGAIN_SECONDS, HINT_SECONDS, MASK_EVERY_SECONDS
from station.prompts import Prompt
from station.taps import (
    ArriveNamed,
    BeginRest,
    BeginRetest,
    ChooseDirection,
    Dismiss,
    FillForm,
    Settle,
    TapRefused,
    TellPurpose,
    TypeTemperature,
)
from station.thermometers import RawReading
from station.thermometers.reading import Guidance
from station.view import Aim, ChoiceAsked, Hint, Screen, Told
from tests.station.lane_of_tests import FORM_SECRET, NOON, TestLane, pass_of, snapshot

A, B, C = "a" * 16, "b" * 16, "c" * 16
NO_MEASURING = {"measure_on": frozenset()}
VISITOR = VisitorForm(Door("3", "1", "502"), name="赵六", host_agreed=True)


@pytest.fixture
def lane(tmp_path: Path):
    lane = TestLane(tmp_path, snapshot("abc"))
    yield lane
    lane.close()


class TestByName:
    def test_a_resident_without_a_phone_is_let_in_and_recorded_as_named(self, lane):
        """Two taps and a temperature; nothing was shown, and the record says so."""
        lane.tap(ArriveNamed((A,)))
        assert (lane.screen, lane.view.person.masked_name) == (Screen.GATHERING, "王*明")
        lane.forehead(36.5)
        (record,) = lane.records()
        assert (record.person, record.named, record.code_format, record.reasons) == (A, True, None, ())
        assert lane.open

    def test_what_the_gates_remember_counts_as_for_a_code(self, lane):
        """Whoever just went in with his pass does not go in again by name."""
        lane.post(SnapshotCame(snapshot("abc", same_way_hours=16)))
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        lane.wait(4.0)
        lane.tap(ArriveNamed((A,)))
        lane.forehead(None)
        lane.forehead(36.5)
        assert lane.records_of(Passage)[-1].reasons == (Reason.SAME_WAY_TWICE,)

    def test_a_family_passes_one_after_the_other_with_one_tap(self, lane):
        """The screen says who comes next, and their passages are one party."""
        lane.post(SnapshotCame(snapshot("abc", **NO_MEASURING)))
        lane.tap(ArriveNamed((A, B, C)))
        assert len(lane.view.party) == 2
        for _ in range(3):
            lane.wait(3.1)
        first, second, third = lane.records_of(Passage)
        assert [each.person for each in (first, second, third)] == [A, B, C]
        assert (first.party, second.party, third.party) == (None, 1, 1)
        assert lane.view.party == ()

    def test_whoever_is_isolated_while_his_family_waits_is_not_let_through(self, lane):
        """The first one keeps the lane, the office isolates the second meanwhile: the news counts, not his naming."""
        held = snapshot("abc", **NO_MEASURING)

        def isolated(*people: str) -> SnapshotCame:
            news = {each: msgspec.structs.replace(held.residents[each], standing=Standing.ISOLATED) for each in people}
            return SnapshotCame(replace(held, residents={**held.residents, **news}))

        lane.post(isolated(A))
        lane.tap(ArriveNamed((A, B, C)))
        lane.post(isolated(A, B))
        lane.tap(Dismiss())
        assert [each.reasons for each in lane.records_of(Passage)] == [(Reason.ISOLATED,), (Reason.ISOLATED,)]
        assert not lane.open

    def test_whoever_left_the_roster_while_he_waits_is_nobodys_visit(self, lane):
        """Named and not measured yet, or next of a family: without an entry nobody is admitted by name."""
        lane.tap(ArriveNamed((A, B)))
        lane.post(SnapshotCame(snapshot("c")))
        lane.forehead(36.5)
        (record,) = lane.records_of(Passage)
        assert (record.person, record.outcome, lane.view.party) == (None, Outcome.REFER, ())

    def test_whoever_crosses_elsewhere_while_his_family_waits_is_held_to_it(self, tmp_path):
        """The third went in by the east gate, with a pass that he may have lent; the second waits as ever."""
        lane = TestLane(tmp_path, snapshot("abc", same_way_hours=16))
        lane.tap(ArriveNamed((A, B, C)))
        lane.forehead(36.5)
        crossing = Crossing(C, Direction.IN, lane.wall(), 1, 1)
        lane.hears(Crossings(1, "east", "e" * 16, 0, 1, lane.wall(), (crossing,)))
        for _ in range(2):
            lane.wait(4.0)
            lane.forehead(None)
            lane.forehead(36.5)
        assert [each.reasons for each in lane.records_of(Passage)] == [(), (), (Reason.SAME_WAY_TWICE,)]
        lane.close()

    def test_whoever_is_let_in_on_an_earlier_passage_while_his_family_waits_is_held_to_it(self, tmp_path):
        """He was too cold to be believed; the guard lets him in out of the strip, while the first one is measured."""
        lane = TestLane(tmp_path, snapshot("abc", same_way_hours=16))
        lane.forehead(20.0)
        lane.show(pass_of("b"))
        lane.wait(15.0)
        lane.forehead(None)
        lane.tap(ArriveNamed((A, B)))
        lane.tap(Settle(1, Outcome.ADMIT, Ground.KNOWN_IN_PERSON))
        lane.forehead(36.5)
        lane.wait(4.0)
        lane.forehead(None)
        lane.forehead(36.5)
        assert [each.reasons for each in lane.records_of(Passage)[1:]] == [(), (Reason.SAME_WAY_TWICE,)]
        lane.close()

    def test_outings_of_a_family_count_once_though_another_gate_was_heard_meanwhile(self, tmp_path):
        """Two of a household may go out: the first and the second do, the third is the guard's."""
        quota = {"exit_quota": Quota(times=2), "when_presence_unknown": WhenUnknown.OWN}
        held = snapshot("abc", **quota, **NO_MEASURING)
        together = {key: msgspec.structs.replace(each, household="f" * 16) for key, each in held.residents.items()}
        lane = TestLane(tmp_path, replace(held, residents=together))
        lane.tap(ChooseDirection(Direction.OUT))
        lane.tap(ArriveNamed((A, B, C)))
        stranger = Crossing("7" * 16, Direction.IN, lane.wall(), 1, 1)
        lane.hears(Crossings(1, "east", "e" * 16, 0, 1, lane.wall(), (stranger,)))
        lane.wait(4.0)
        lane.wait(4.0)
        assert [each.reasons for each in lane.records_of(Passage)] == [(), (), (Reason.QUOTA_USED,)]
        lane.close()

    def test_one_of_a_family_who_shows_his_own_pass_meanwhile_passes_once(self, lane):
        """The barrier does not open a second time for whoever is through."""
        lane.post(SnapshotCame(snapshot("abc", **NO_MEASURING)))
        lane.tap(ArriveNamed((A, B, C)))
        lane.show(pass_of("b"))
        for _ in range(3):
            lane.wait(3.1)
        assert [each.person for each in lane.records_of(Passage)] == [A, B, C]


class TestThePurpose:
    @pytest.fixture
    def lane(self, tmp_path):
        asked = {
            "ask_purpose_on": frozenset({Direction.OUT}),
            "purposes": (Choice("food", "买菜", "Groceries"),),
            "destinations": (Choice("market", "市场", "Market"),),
        }
        lane = TestLane(tmp_path, snapshot(**asked, **NO_MEASURING))
        lane.tap(ChooseDirection(Direction.OUT))
        yield lane
        lane.close()

    def test_is_asked_on_the_screen_and_stands_on_the_record(self, lane):
        lane.show(pass_of("a"))
        view = lane.view
        assert view.awaiting == ("purpose",)
        assert view.purposes == (ChoiceAsked("food", "买菜", "Groceries"),)
        assert view.destinations == (ChoiceAsked("market", "市场", "Market"),)
        lane.tap(TellPurpose(view.visit_began, "food", "market"))
        (record,) = lane.records()
        assert (record.purpose, record.destination, record.reasons) == ("food", "market", ())
        assert (lane.open, lane.view.purposes) == (True, ())


class TestSomebodyOnNoList:
    def test_is_written_down_and_let_in_with_one_tap(self, lane):
        """Passage, then the guard's word, then the barrier; only the hub can read who it was."""
        lane.post(SnapshotCame(snapshot("abc", **NO_MEASURING)))
        lane.tap(FillForm(VISITOR, admit=True))
        passage, amendment = lane.records()
        assert isinstance(amendment, Amendment)
        assert (passage.reasons, passage.caller, passage.person) == ((Reason.UNANNOUNCED,), Caller.VISITOR, None)
        assert (amendment.sequence, amendment.outcome, amendment.ground) == (1, Outcome.ADMIT, Ground.HOST_AGREED)
        assert lane.open
        assert decode_form(open_sealed(passage.form, "yuyuan", FORM_SECRET)) == VISITOR
        assert [sequence for _, sequence, _ in lane.told] == [1, 2]
        assert "赵六" not in repr(lane.view)
        assert all("赵六".encode() not in file.read_bytes() for file in lane.path.parent.iterdir() if file.is_file())

    def test_is_only_written_down_where_the_guard_does_not_let_him_in(self, lane):
        lane.post(SnapshotCame(snapshot("abc", **NO_MEASURING)))
        lane.tap(FillForm(DeliveryForm(Door("3"), slot="A3")))
        (record,) = lane.records()
        assert (record.caller, record.outcome, lane.open) == (Caller.COURIER, Outcome.REFER, False)
        assert lane.view.verdict.caller is Caller.COURIER

    def test_is_refused_while_the_hubs_key_is_missing(self, lane):
        """Better by telephone than in clear; nothing is recorded."""
        held = snapshot()
        lane.post(SnapshotCame(replace(held, trust=replace(held.trust, form_key=b""))))
        with pytest.raises(TapRefused, match="tell it by telephone"):
            lane.tap(FillForm(VISITOR, admit=True))
        assert lane.records() == []

    def test_who_comes_home_from_elsewhere_is_the_offices_matter(self, lane):
        lane.post(SnapshotCame(snapshot("abc", **NO_MEASURING)))
        lane.tap(FillForm(ReturneeForm("ruili"), person=A))
        (record,) = lane.records()
        assert (record.person, Reason.RETURNEE in record.reasons, lane.open) == (A, True, False)


class TestAFever:
    @pytest.fixture
    def lane(self, tmp_path):
        lane = TestLane(tmp_path, snapshot("abc", retest=RetestRule(5.0, (Site.FOREHEAD, Site.WRIST))))
        lane.forehead(38.4)
        lane.show(pass_of("a"))
        yield lane
        lane.close()

    def test_rests_and_is_measured_again_with_the_guards_own_thermometer(self, lane):
        """All readings are kept with the guard's word; a clear retest opens only by his own tap."""
        assert lane.view.verdict.reasons == (Reason.FEVER,)
        lane.tap(BeginRest(1))
        (resting,) = lane.view.resting
        assert (resting.sequence, resting.celsius, resting.ready) == (1, 38.4, False)
        assert resting.ready_at == NOON + timedelta(minutes=5)
        lane.wait(301.0)
        assert lane.view.resting[0].ready
        lane.tap(BeginRetest(1))
        assert (lane.view.screen, lane.view.retest.site) == (Screen.GATHERING, "forehead")
        lane.tap(TypeTemperature(36.8, "forehead"))
        assert (lane.view.retest.site, lane.view.retest.readings) == ("wrist", (("forehead", 36.8),))
        lane.wait(0.1)
        lane.wait(AGAIN_SECONDS)
        assert lane.voice.said[-1] is Prompt.MEASURE_WRIST
        assert not lane.open
        lane.tap(TypeTemperature(36.6, "wrist"))
        assert (lane.view.retest, lane.open) == (None, False)
        lane.tap(Settle(1, Outcome.ADMIT, Ground.MEASURED_AGAIN))
        assert lane.open
        _, _, retest, word = lane.records()
        assert [(each.celsius, each.site, each.sensor) for each in retest.readings] == [
            (36.8, Site.FOREHEAD, HAND_HELD),
            (36.6, Site.WRIST, HAND_HELD),
        ]
        assert (retest.outcome, word.outcome, word.ground) == (Outcome.REFER, Outcome.ADMIT, Ground.MEASURED_AGAIN)

    def test_gets_no_figure_of_the_one_before(self, lane):
        """Typed while the card stalled: when its turn comes, another one's visit has begun."""
        lane.forehead(None)
        lane.show(pass_of("b"))
        typed = TypeTemperature(36.6, "forehead", lane.view.visit_began)
        lane.wait(15.0)
        lane.show(pass_of("c"))
        assert lane.view.screen is Screen.GATHERING
        with pytest.raises(TapRefused):
            lane.tap(typed)
        assert not lane.open

    def test_of_an_outrun_journal_is_not_measured_again(self, lane):
        """The new journal has other numbers; a retest by the old one would speak of somebody else."""
        lane.tap(BeginRest(1))
        lane.post(Receipted(Receipt("west-1", (JournalReceipt(lane.journal.id, 99),))))
        assert lane.view.resting == ()
        with pytest.raises(TapRefused):
            lane.tap(BeginRetest(1))

    def test_that_stays_a_fever_is_sent_back(self, lane):
        lane.tap(BeginRest(1))
        lane.wait(301.0)
        lane.tap(BeginRetest(1))
        lane.tap(TypeTemperature(38.2, "forehead"))
        lane.tap(TypeTemperature(37.9, "wrist"))
        amendment = lane.records()[-1]
        assert (amendment.outcome, amendment.ground, lane.open) == (Outcome.REFUSE, Ground.MEASURED_AGAIN, False)


class TestTheVoice:
    def test_says_the_verdict_once(self, lane):
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        for _ in range(10):
            lane.wait(0.1)
        assert lane.voice.said == [Prompt.COME_IN]

    def test_says_what_holds_after_the_guards_word(self, lane):
        lane.show(b"poster")
        lane.wait(13.0)
        lane.tap(Settle(1, Outcome.ADMIT, Ground.KNOWN_IN_PERSON))
        assert lane.voice.said[-1] is Prompt.COME_IN
        assert Prompt.PLEASE_WAIT in lane.voice.said

    def test_asks_again_for_what_is_missing_and_not_all_the_time(self, lane):
        lane.show(pass_of("a"))
        lane.wait(0.1)
        assert sorted(lane.voice.said) == [Prompt.MASK, Prompt.MEASURE]
        lane.wait(AGAIN_SECONDS - 0.1)
        assert len(lane.voice.said) == 2
        lane.wait(0.2)
        assert lane.voice.said[2:] == [Prompt.MEASURE]

    def test_helps_a_code_that_is_seen_and_cannot_be_read(self, lane):
        """Not at once: most hands find it by themselves."""
        far = Aim(((0.4, 0.4), (0.5, 0.4), (0.5, 0.5), (0.4, 0.5)), Hint.CLOSER)
        lane.post(Looked(lane.seconds, (), far))
        lane.wait(0.1)
        assert Prompt.CLOSER not in lane.voice.said
        lane.wait(HINT_SECONDS)
        assert lane.voice.said[-1] is Prompt.CLOSER

    def test_helps_somebody_who_cannot_be_measured_yet(self, lane):
        """On the screen at once, aloud if he does not come closer."""
        lane.show(pass_of("a"))
        lane.post(Felt(RawReading(None, 22.0, "test", guidance=Guidance.CLOSER, there=True), lane.seconds))
        assert lane.view.guidance is Hint.CLOSER
        lane.wait(0.1)
        lane.wait(HINT_SECONDS)
        assert lane.voice.said[-1] is Prompt.CLOSER

    def test_reminds_of_masks_every_few_minutes_and_not_everybody(self, lane):
        for person in "abca":
            lane.show(pass_of(person))
            lane.wait(0.1)
            lane.forehead(36.5)
            lane.wait(MASK_EVERY_SECONDS / 3 + 1)
            lane.forehead(None)
            for _ in range(3):
                lane.show()
        assert lane.voice.said.count(Prompt.MASK) == 2

    def test_has_the_offices_announcements_as_soon_as_the_gate_has(self, lane):
        notices = Notices((Notice("test", "做核酸", "Test", 80, NOON, NOON + timedelta(hours=1), 30),))
        lane.post(SnapshotCame(replace(snapshot(), notices=notices)))
        assert lane.voice.notices[-1] == notices
        assert lane.view.notices == (Told("做核酸", "Test"),)
        lane.wait(3600.0)
        assert lane.view.notices == ()


class TestTheHours:
    def at_west(self, **rule: object) -> object:
        return snapshot(gates={"west": GateRule(**rule)})

    def test_say_when_a_gate_opens_again(self, lane):
        """By the compound's clock, and only while it is closed; noon in Shanghai is four o'clock elsewhere."""
        lane.post(SnapshotCame(self.at_west(hours=(Hours("06:00", "09:00"), Hours("17:00", "22:00")))))
        assert (lane.view.hours_zh, lane.view.hours_en, lane.view.gate_open) == ("17:00 开放", "Opens at 17:00", False)
        lane.wait(5 * 3600.0)
        assert (lane.view.hours_en, lane.view.gate_open) == ("", True)
        lane.wait(6 * 3600.0)
        assert (lane.view.hours_en, lane.view.gate_open) == ("Opens at 06:00", False)

    def test_are_those_of_the_way_that_was_chosen(self, lane):
        out = Hours("06:00", "09:00", frozenset({Direction.OUT}))
        lane.post(SnapshotCame(self.at_west(hours=(out,))))
        assert lane.view.gate_open
        lane.tap(ChooseDirection(Direction.OUT))
        assert (lane.view.gate_open, lane.view.hours_en) == (False, "Opens at 06:00")

    def test_of_a_gate_that_is_closed_anyway_are_not_told(self, lane):
        lane.post(
            SnapshotCame(self.at_west(open=False, notice_en="Use the east gate", hours=(Hours("06:00", "09:00"),)))
        )
        assert (lane.view.gate_open, lane.view.hours_en) == (False, "")
        assert lane.view.closed_notice_en == "Use the east gate"


class TestTheForms:
    def test_offer_what_the_roster_and_the_rules_know(self, lane):
        held = snapshot(
            plate_prefix="豫A",
            shelf_slots=("A1", "A2"),
            purposes=(Choice("visit", "探访", "A visit"),),
        )
        residents = {A: msgspec.structs.replace(held.residents[A], building="12", unit="1", room="502")}
        lane.post(SnapshotCame(replace(held, residents=residents)))
        forms = lane.kiosk.forms()
        assert forms.buildings == (("12", ("1-502",)),)
        assert (forms.plate_prefix, forms.slots) == ("豫A", ("A1", "A2"))
        assert forms.purposes == (ChoiceAsked("visit", "探访", "A visit"),)
        assert lane.kiosk.forms().buildings is forms.buildings

    def test_know_nothing_before_the_hub_was_heard(self, tmp_path):
        lane = TestLane(tmp_path, replace(snapshot(""), rules=None))
        assert lane.kiosk.forms().buildings == ()
        lane.close()
