"""The loop: from what the sensors post to the journal, then to lamp, barrier and screen, in that order."""

import sqlite3
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from datetime import date

import pytest

from gate.clock import ClockState
from gate.passage import Amendment, Ground, Passage
from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.trip import RiskPlace, Stay
from gate.wire import JournalReceipt, Receipt
from gate.wording import Words
from station.inbox import Faulty, LinkChanged, PassAsked, Receipted, SnapshotCame, Tapped
from station.notify import Notifier
from station.orders import JUST_CHANGED
from station.taps import ArriveWithoutCode, ChooseDirection, Dismiss, Settle, TapRefused, TellTrip
from station.view import Link, MadeCode, Screen
from station.visit import Lamp
from tests.station.lane_of_tests import NOON, TestLane, admit, pass_of, snapshot


@pytest.fixture
def lane(tmp_path):
    lane = TestLane(tmp_path)
    yield lane
    lane.close()


def receipt(journal: str, through: int) -> Receipted:
    return Receipted(Receipt("west-1", (JournalReceipt(journal, through),)))


class TestAPassage:
    def test_is_recorded_whole_and_then_opens_the_barrier(self, lane):
        """Who, where, when, what was measured, by which rules: one record, and the gate acts."""
        admit(lane)
        (record,) = lane.records()
        assert isinstance(record, Passage)
        assert (record.person, record.pass_serial, record.code_format) == ("a" * 16, "a" * 16, "GC1")
        assert (record.gate, record.lane, record.direction) == ("west", "a", Direction.IN)
        assert (record.policy, record.roster, record.reasons) == ("1.7", "1.9", ())
        assert (record.stamp.at, record.stamp.clock) == (NOON, ClockState.SYNCED)
        assert record.temperature is not None
        assert record.temperature.celsius == 36.5
        assert (lane.open, lane.lamps, lane.screen) == (True, [Lamp.GREEN], Screen.VERDICT)

    def test_is_told_after_it_is_on_the_disk(self, lane):
        """Whoever hears of a record can read it: the uplink is never sent looking in vain."""
        admit(lane)
        (told,) = lane.told
        assert told == (lane.journal.id, 1, lane.records()[0])

    def test_shows_the_guard_no_more_than_he_may_see(self, lane):
        """Masked name and building; the view carries neither pseudonym nor code."""
        admit(lane)
        verdict = lane.view.verdict
        assert verdict is not None
        assert (verdict.person.masked_name, verdict.person.building, verdict.celsius) == ("王*明", "3", 36.5)
        assert "a" * 16 not in repr(lane.view)

    def test_clears_itself_and_closes_the_barrier(self, lane):
        """After the policy's green seconds the screen is ready and the barrier down, with no browser at all."""
        admit(lane)
        lane.wait(3.0)
        lane.wait(0.1)
        assert (lane.open, lane.lamps, lane.screen) == (False, [], Screen.READY)

    def test_its_time_is_from_the_last_evidence_to_the_commit(self, lane):
        """took_ms counts the gate's own work, not how long a resident needed to come to the sensor."""
        lane.show(pass_of("a"))
        lane.seconds += 5.0
        lane.forehead(36.5)
        lane.show(pass_of("b"))
        lane.wait(0.1)
        lane.forehead(None)
        lane.forehead(36.5)
        with closing(sqlite3.connect(lane.path)) as connection:
            assert connection.execute("SELECT took_ms FROM record").fetchall() == [(0.0,), (0.0,)]

    def test_counts_the_time_that_looking_took(self, lane):
        """A frame that was 40 ms in hand when its code was posted is 40 ms old in the journal."""
        lane.forehead(36.5)
        lane.show(pass_of("a"), taken_ago=0.04)
        with closing(sqlite3.connect(lane.path)) as connection:
            (took,) = connection.execute("SELECT took_ms FROM record").fetchone()
        assert took == pytest.approx(40.0)

    def test_on_a_card_that_takes_its_time_the_barrier_and_green_last_as_long_as_ever(self, tmp_path):
        """They are timed from when they begin, not from before the commit: the boom is given its time to rise."""
        with closing(TestLane(tmp_path / "slow", panel={"barrier_sensor_pin": 8})) as lane:
            lane.wait()
            lane.disk_takes = 20.0
            admit(lane)
            lane.wait(0.5)
            assert (lane.open, lane.lamps, lane.screen) == (True, [Lamp.GREEN], Screen.VERDICT)
            assert "barrier" not in lane.view.health.faults

    def test_of_somebody_unknown_names_nobody(self, lane):
        """A foreign code leaves nothing of itself in the record."""
        lane.forehead(36.5)
        lane.show(b"https://example.com/?name=secret")
        (record,) = lane.records()
        assert (record.person, record.code_format, record.reasons) == (None, None, (Reason.NOT_OURS,))
        assert (lane.open, lane.lamps) == (False, [Lamp.YELLOW])


TRIPS_ASKED = {
    "ask_trip_on": frozenset({Direction.IN}),
    "risk_places": (
        RiskPlace("ruili", "瑞丽", "Ruili", date(2026, 2, 25)),
        RiskPlace("heihe", "黑河", "Heihe", date(2026, 1, 1), date(2026, 2, 1)),
    ),
}


class TestATrip:
    @pytest.fixture
    def lane(self, tmp_path):
        lane = TestLane(tmp_path, snapshot(**TRIPS_ASKED))
        yield lane
        lane.close()

    def test_is_asked_with_the_days_that_count(self, lane):
        """By the compound's calendar; what ended more than two weeks ago is not asked for."""
        assert lane.view.places == ()
        lane.show(pass_of("a"))
        (place,) = lane.view.places
        assert (place.id, place.days[0], place.days[-1], len(place.days)) == (
            "ruili",
            date(2026, 3, 1),
            date(2026, 2, 25),
            5,
        )

    def test_leaves_the_ids_of_its_places_in_the_record_and_no_day(self, lane):
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        lane.tap(TellTrip(lane.view.visit_began, (Stay("ruili", date(2026, 2, 27)),)))
        (record,) = lane.records()
        assert (record.reasons, record.trip) == ((Reason.RISK_PLACE,), ("ruili",))
        assert not lane.open

    def test_to_none_of_the_places_opens_the_barrier_and_says_so(self, lane):
        lane.forehead(36.5)
        lane.show(pass_of("a"))
        lane.tap(TellTrip(lane.view.visit_began, ()))
        (record,) = lane.records()
        assert (record.reasons, record.trip, lane.open) == ((), (), True)

    def test_told_when_nobody_is_asked_is_refused(self, lane):
        with pytest.raises(TapRefused):
            lane.tap(TellTrip(0.0, ()))
        assert lane.records() == []


class TestTheGuard:
    def test_lets_a_referred_passage_through(self, lane):
        """His tap is an amendment of that passage, then the barrier opens."""
        lane.tap(ArriveWithoutCode())
        lane.forehead(36.5)
        lane.tap(Settle(1, Outcome.ADMIT, Ground.KNOWN_IN_PERSON))
        passage, amendment = lane.records()
        assert isinstance(amendment, Amendment)
        assert (passage.reasons, amendment.sequence, amendment.journal) == ((Reason.NO_CODE,), 1, lane.journal.id)
        assert (lane.open, lane.view.recent[0].settled) == (True, Outcome.ADMIT)

    def test_hears_why_a_tap_was_not_carried_out(self, lane):
        """In both languages, and nothing changes."""
        with pytest.raises(TapRefused) as refused:
            lane.tap(Settle(5, Outcome.ADMIT, Ground.MEDICAL))
        assert refused.value.en == "That passage is no longer on the screen"
        assert refused.value.zh
        assert lane.records() == []

    def test_chooses_the_direction(self, lane):
        """On a lane for both ways the next passage goes the way he chose."""
        lane.tap(ChooseDirection(Direction.OUT))
        admit(lane)
        assert lane.records()[0].direction is Direction.OUT

    def test_dismisses_a_verdict(self, lane):
        """The screen is ready again; the passage stays in `recent`, unsettled."""
        lane.forehead(36.5)
        lane.show(b"poster")
        lane.tap(Dismiss())
        assert (lane.screen, lane.view.recent[0].settled) == (Screen.READY, None)

    def test_can_use_the_buttons_instead_of_the_screen(self, lane):
        """With the browser dead he still lets through and clears."""
        lane.forehead(36.5)
        lane.show(b"poster")
        lane.press(5)
        assert lane.open
        lane.show(b"another")
        lane.wait(13.0)
        lane.press(6)
        assert [type(record) for record in lane.records()] == [Passage, Amendment, Passage]
        assert lane.screen is Screen.READY

    def test_lets_nobody_through_by_a_button_whom_he_cannot_have_looked_at(self, lane):
        """He means the one before: a finger that comes down as the screen changes, or sooner, settles nobody."""
        lane.forehead(36.5)
        lane.show(b"poster")
        lane.press(5, looks=0.8)
        assert (lane.open, lane.view.warnings["buttons"].en) == (False, JUST_CHANGED.en)
        lane.wait(1.0)
        lane.tap(Dismiss())
        lane.tap(ArriveWithoutCode())
        lane.wait(13.0)
        lane.factory.pin(5).drive_low()
        lane.wait(2.0)
        assert (lane.open, len(lane.records())) == (False, 2)
        lane.factory.pin(5).drive_high()
        lane.press(5)
        assert lane.open


class TestABrokenJournal:
    def test_admits_nobody_and_says_so(self, lane):
        """The disk refuses: UNRECORDED, barrier closed, alarm on the screen and to the hub, nobody told of a record."""
        lane.break_disk()
        admit(lane)
        verdict = lane.view.verdict
        assert verdict is not None
        assert (verdict.sequence, verdict.reasons, lane.open) == (None, (Reason.UNRECORDED,), False)
        assert "journal" in lane.view.health.faults
        assert lane.reports[-1].faults == ("journal",)
        assert lane.told == []

    def test_goes_on_by_itself_once_it_can(self, lane):
        """When the disk takes a commit again the alarm ends and residents are admitted."""
        lane.break_disk()
        admit(lane)
        lane.tap(Dismiss())
        lane.wait(2.0)
        assert lane.screen is Screen.OUT_OF_ORDER
        lane.mend_disk()
        lane.wait(2.0)
        assert (lane.screen, lane.view.health.faults) == (Screen.READY, {})
        lane.forehead(None)
        admit(lane, "b")
        assert lane.open


class TestTheHub:
    def test_its_receipt_empties_the_queue(self, lane):
        """Only the receipt lowers what the screen calls unsent."""
        admit(lane)
        lane.wait()
        assert lane.view.health.queue == 1
        lane.post(receipt(lane.journal.id, 1))
        assert lane.view.health.queue == 0

    def test_a_receipt_beyond_our_last_record_begins_a_new_journal(self, lane):
        """A copied or set-back card gets a new identity, so no two records ever share one; the old file is kept."""
        admit(lane)
        old = lane.journal.id
        lane.post(receipt(old, 9))
        assert lane.recorder.journal.id != old
        assert lane.view.recent == ()
        lane.forehead(None)
        admit(lane, "b")
        assert lane.told[-1][:2] == (lane.recorder.journal.id, 1)
        assert len(list(lane.path.parent.glob("journal.sqlite.outrun-*"))) >= 1

    def test_a_restored_hub_is_sent_again_what_it_lost(self, lane):
        """A lower receipt of a hub restored from its backup puts the rest back into the queue."""
        admit(lane)
        lane.post(receipt(lane.journal.id, 1))
        lane.post(Receipted(Receipt("west-1", ())))
        assert len(lane.records()) == 1

    def test_a_revocation_counts_for_a_code_that_is_in_view_already(self, lane):
        """New rules and lists hold at once, also for whoever is waiting to be measured."""
        lane.show(pass_of("a"))
        lane.post(SnapshotCame(snapshot(revoked=("a" * 16,))))
        lane.show(pass_of("a"))
        lane.forehead(36.5)
        assert lane.records()[0].reasons == (Reason.REVOKED,)

    @pytest.mark.parametrize(
        ("news", "reason"),
        [(snapshot(revoked=("a" * 16,)), Reason.REVOKED), (snapshot("b"), Reason.NOT_ON_ROSTER)],
        ids=["revoked", "moved away"],
    )
    def test_what_the_office_takes_away_counts_though_the_code_was_put_away(self, lane, news, reason):
        """His phone is back in his pocket, and he is still to be measured: nobody will read it anew."""
        lane.show(pass_of("a"))
        lane.show()
        lane.post(SnapshotCame(news))
        lane.forehead(36.5)
        assert lane.records()[0].reasons == (reason,)
        assert not lane.open

    def test_is_told_how_the_station_is(self, lane):
        """The status carries queue, newest record, editions and what is out of order."""
        admit(lane)
        lane.post(Faulty("camera", "unplugged"))
        lane.synchronised = False
        lane.wait(0.6)
        status = lane.reports[-1]
        assert (status.queue, status.newest, status.policy, status.roster) == (1, 1, "1.7", "1.9")
        assert (status.faults, status.journal, status.online) == (("camera",), lane.journal.id, True)


def test_a_tap_that_nobody_waits_for_any_more_is_not_obeyed(lane):
    """The kiosk has told the guard to tap again; the first tap must not open a barrier behind his back."""
    given_up: Future[Words | None] = Future()
    given_up.cancel()
    lane.post(Tapped(ArriveWithoutCode(), given_up))
    assert lane.screen is Screen.READY
    asked: Future[MadeCode | Words] = Future()
    asked.cancel()
    lane.post(PassAsked("a" * 16, None, 12, asked))
    assert lane.records() == []


class TestTheScreen:
    def test_says_when_the_gate_cannot_see(self, lane):
        """A lost camera puts the gate out of order until it is back, and never hides a verdict."""
        lane.post(Faulty("camera", "unplugged"))
        assert (lane.screen, lane.view.health.faults) == (Screen.OUT_OF_ORDER, {"camera": "unplugged"})
        lane.tap(ArriveWithoutCode())
        assert lane.screen is Screen.GATHERING
        lane.post(Faulty("camera", ""))
        assert lane.view.health.faults == {}

    def test_a_lost_thermometer_is_the_guards_matter(self, lane):
        """With the sensor at fault a visit does not wait for ever: after a second he is asked."""
        lane.post(Faulty("thermometer", "no answer"))
        lane.show(pass_of("a"))
        lane.wait(0.1)
        lane.wait(1.1)
        assert lane.records()[0].reasons == (Reason.THERMOMETER_FAULT,)
        assert not lane.open

    def test_shows_the_link_and_how_old_the_rules_are(self, lane):
        """What must always be seen: how far our word reaches, and whether the rules still hold."""
        lane.post(LinkChanged(Link.HUB))
        lane.seconds += 3600 * 24 * 9
        lane.wait()
        health = lane.view.health
        assert (health.link, health.rules, health.rules_stale, health.clock) == (
            Link.HUB,
            "1.7",
            True,
            ClockState.SYNCED,
        )
        assert health.rules_age_hours == pytest.approx(24 * 9, abs=0.1)

    def test_beats_while_the_loop_turns(self, lane):
        """The page can tell a loop that turns from one that hangs: within a second there is a new beat."""
        beats = []
        for _ in range(5):
            lane.wait(0.6)
            beats.append(lane.view.beat)
        assert beats == sorted(set(beats))

    def test_is_not_drawn_anew_for_looks_that_change_nothing(self, lane):
        """Thirty frames a second of an empty lane, or of one code held still, cost no new view each."""
        lane.wait()
        seen = lane.view
        for _ in range(10):
            lane.show()
        assert lane.view is seen
        lane.show(b"poster")
        seen = lane.view
        for _ in range(10):
            lane.show(b"poster")
        assert lane.view is seen

    def test_waits_for_a_change_no_longer_than_asked(self, lane):
        """A screen gets the newest view when the time is up, and at once when it has not seen it."""
        seen = lane.view
        assert lane.kiosk.wait_for_change(seen, 0.0) is seen
        lane.wait(0.6)
        assert lane.kiosk.wait_for_change(seen, 60.0) is not seen


class TestTheClock:
    def test_a_time_that_is_only_a_floor_refers_everybody(self, tmp_path):
        """After a power cut without network nobody is admitted by a pass that may have expired."""
        lane = TestLane(tmp_path)
        lane.synchronised = False
        # The last sync of this boot is forgotten, as after a power cut.
        lane.timekeeper._sync = None
        admit(lane)
        lane.close()
        assert Reason.CLOCK_NOT_BELIEVED in lane.told[0][2].reasons
        assert not lane.open


class TestTheWatchdog:
    def test_is_fed_by_ticks_alone(self, tmp_path):
        """A loop that only handles posts, or hangs, does not feed it."""
        fed = []

        class Ear(Notifier):
            def alive(self) -> None:
                fed.append(lane.seconds)

        ear = Ear({"WATCHDOG_USEC": "8000000"})
        lane = TestLane(tmp_path, notifier=ear)
        for _ in range(100):
            lane.show()
            lane.seconds += 0.1
        assert fed == []
        for _ in range(100):
            lane.wait(0.1)
        lane.close()
        assert len(fed) == 5

    def test_a_stop_ends_the_run_with_everything_off(self, lane):
        """SIGTERM: the loop returns, lamps dark, barrier closed."""
        admit(lane)
        lane.loop.stop()
        lane.loop.run()
        with pytest.raises(Exception, match="closed"):
            lane.panel.lamp(Lamp.RED)


def test_a_snapshot_without_rules_admits_nobody(tmp_path):
    """A new station that never heard its hub records and refers."""
    lane = TestLane(tmp_path, replace(snapshot(), rules=None))
    lane.show(pass_of("a"))
    lane.close()
    assert lane.told[0][2].reasons == (Reason.RULES_MISSING,)
