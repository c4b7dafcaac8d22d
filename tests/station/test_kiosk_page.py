"""The guard's screen in Chromium: what is seen, what is touched, and what is never shown."""

from datetime import timedelta

import msgspec
import pytest
from playwright.sync_api import Page, expect

from gate.passage import Ground
from gate.policy import Direction
from gate.reason import Outcome, Reason
from station.kiosk import create_app, serve
from station.taps import ArriveWithoutCode, ChooseDirection, Dismiss, Settle, TapRefused
from station.view import CertificateHolder, Earlier, Person, Screen
from tests.station.desk import NIGHT, WANG, WELL, MemoryDesk, decided, minutes_ago, ready, verdict
from tests.station.guard import Guard
from tests.station.states import POOR

pytestmark = pytest.mark.browser


def test_a_known_resident_costs_the_guard_no_tap(guard) -> None:
    """Ready, measuring, green, ready: the screen goes all the way without a finger."""
    guard.reads("#lane-side h1", "请出示通行码")
    guard.lane(ready(screen=Screen.GATHERING, person=WANG, awaiting=("temperature",)), "gathering")
    guard.reads("#gathering-who", "王*明")
    guard.reads(".steps .wanted", "请靠近测温")
    guard.lane(decided(Outcome.ADMIT), "verdict")
    guard.reads("#verb", "请进")
    expect(guard.page.locator("#answers")).to_be_hidden()
    guard.lane(ready(), "ready")
    assert guard.desk.taps == []


@pytest.mark.parametrize(
    ("outcome", "reasons", "verb", "shape"),
    [
        (Outcome.ADMIT, (), "请进", "#mark-admit"),
        (Outcome.REFER, (Reason.HEALTH_YELLOW,), "请稍候", "#mark-refer"),
        (Outcome.REFUSE, (Reason.FEVER,), "请勿通行", "#mark-refuse"),
    ],
)
def test_a_verdict_is_colour_and_shape_and_verb(guard, outcome, reasons, verb, shape) -> None:
    """Who cannot tell red from green still sees a tick, a triangle or an octagon, and reads the verb."""
    guard.lane(decided(outcome, *reasons), "verdict")
    guard.reads("#verb", verb)
    expect(guard.page.locator("#shape")).to_have_attribute("href", shape)
    colours = {
        "admit": "rgb(10, 116, 52)",
        "refer": "rgb(255, 184, 28)",
        "refuse": "rgb(176, 14, 26)",
    }
    expect(guard.page.locator("#verdict")).to_have_css("background-color", colours[outcome])


def test_who_goes_out_is_not_asked_in(guard) -> None:
    """The verb follows the direction."""
    guard.lane(decided(Outcome.ADMIT, direction=Direction.OUT), "verdict")
    guard.reads("#verb", "请出")


def test_each_reason_is_told_with_its_next_step(guard) -> None:
    """What is the matter, what to do, who, where from, how warm; and the office's number."""
    guard.lane(decided(Outcome.REFUSE, Reason.FEVER, celsius=38.4), "verdict")
    guard.reads("#reasons b", "体温偏高")
    guard.reads("#reasons span", "请到一旁休息后复测")
    guard.reads("#who", "王*明")
    guard.reads("#where", "3 号楼")
    guard.reads("#heat", "38.4 ℃")
    expect(guard.page.locator("#note")).to_contain_text("0991-555-0134")


def test_the_holder_of_a_foreign_certificate_is_told_to_be_compared(guard) -> None:
    """Name and date of birth as the certificate has them, as text; nothing of it where there is none."""
    nasty = "<b>Gabriele</b> Gößinger"
    holder = CertificateHolder(nasty, "1998-02-26")
    guard.lane(decided(Outcome.REFER, Reason.HOLDER_UNMATCHED, person=None, holder=holder), "verdict")
    expect(guard.page.locator("#note")).to_contain_text(f"证书持有人：{nasty}，出生 1998-02-26")
    guard.lane(decided(Outcome.REFER, Reason.NO_CODE, sequence=43, person=None), "verdict")
    expect(guard.page.locator("#note")).not_to_contain_text("证书持有人")


def test_letting_through_takes_two_taps_and_a_ground(guard) -> None:
    """放行, then the ground: no typing, and none without a ground."""
    guard.lane(decided(Outcome.REFER, Reason.NO_CODE, overrulable=True), "verdict")
    guard.touches("#let-through")
    guard.touches("[data-ground=known_in_person]")
    expect(guard.page.locator("#grounds")).to_be_hidden()
    guard.tapped(Settle(42, Outcome.ADMIT, Ground.KNOWN_IN_PERSON))


def test_sending_back_and_dismissing_take_one_tap(guard) -> None:
    """劝返 is its own ground; 知道了 only clears the screen."""
    guard.lane(decided(Outcome.REFUSE, Reason.EXPIRED), "verdict")
    guard.touches("#send-back")
    guard.tapped(Settle(42, Outcome.REFUSE, Ground.SENT_BACK))
    guard.touches("#dismiss")
    guard.tapped(Settle(42, Outcome.REFUSE, Ground.SENT_BACK), Dismiss())


def test_what_may_not_be_overruled_offers_no_way_through(guard) -> None:
    """No 放行 button, and the screen says whom to call."""
    guard.lane(decided(Outcome.REFUSE, Reason.ISOLATED, overrulable=False), "verdict")
    expect(guard.page.locator("#let-through")).to_be_hidden()
    expect(guard.page.locator("#note")).to_contain_text("请联系社区")


def test_what_was_not_recorded_can_only_be_written_down(guard) -> None:
    """Without a sequence number there is nothing to settle."""
    guard.lane(decided(Outcome.REFER, Reason.UNRECORDED, sequence=None, overrulable=True), "verdict")
    expect(guard.page.locator("#let-through")).to_be_hidden()
    expect(guard.page.locator("#send-back")).to_be_hidden()
    expect(guard.page.locator("#note")).to_contain_text("手工登记")


def test_a_pass_used_twice_names_the_passage_before(guard) -> None:
    """At which gate and when, with the day where it was not today; nothing of it once he was let through."""
    east = Earlier("east", minutes_ago(12), Direction.IN)
    guard.lane(decided(Outcome.REFER, Reason.SAME_WAY_TWICE, overrulable=True, earlier=east), "verdict")
    guard.reads("#note", "上次：东门 进 20:03　社区电话 0991-555-0134")
    yesterday = Earlier("k2", minutes_ago(60 * 23), Direction.OUT)
    guard.desk.put(decided(Outcome.REFER, Reason.REPLAYED, sequence=43, overrulable=True, earlier=yesterday))
    expect(guard.page.locator("#note")).to_contain_text("上次：k2 出 1/15 21:15")
    guard.desk.put(decided(Outcome.REFER, Reason.REPLAYED, sequence=43, settled=Outcome.ADMIT, earlier=yesterday))
    expect(guard.page.locator("#note")).to_be_empty()


def test_the_ground_belongs_to_the_passage_it_was_asked_for(guard) -> None:
    """A new resident closes the picker: no ground can slip to the wrong person."""
    guard.lane(decided(Outcome.REFER, Reason.NO_CODE, overrulable=True), "verdict")
    guard.touches("#let-through")
    expect(guard.page.locator("#grounds")).to_be_visible()
    guard.desk.put(decided(Outcome.REFER, Reason.HEALTH_YELLOW, sequence=43, overrulable=True))
    expect(guard.page.locator("#grounds")).to_be_hidden()


def test_a_refused_tap_is_explained(guard) -> None:
    """The loop's word against a tap is shown in the guard's language."""
    guard.lane(decided(Outcome.REFER, Reason.NO_CODE, overrulable=True), "verdict")
    guard.desk.refuses = TapRefused("已经处理过了", "Already settled")
    guard.touches("#send-back")
    guard.reads("#toast", "已经处理过了")
    # Chromium notes each 409 in its console; that is all it may note.
    assert all("409" in complaint for complaint in guard.complaints)
    guard.complaints.clear()


def test_a_resident_without_a_code_is_one_tap(guard) -> None:
    """无码登记 begins the visit."""
    guard.touches("#without-code")
    guard.tapped(ArriveWithoutCode())


def test_the_direction_is_switched_where_there_are_two(guard) -> None:
    """The large switch; on a one-way lane it is only a sign."""
    guard.touches("[data-direction=out]")
    guard.tapped(ChooseDirection(Direction.OUT))
    guard.desk.put(ready(both_directions=False, direction=Direction.OUT))
    expect(guard.page.locator("[data-direction=in]")).to_be_hidden()
    expect(guard.page.locator("[data-direction=out]")).to_be_visible()


def test_an_unsettled_passage_is_settled_from_the_strip(guard) -> None:
    """The guard looks back at who was referred, while nobody is at the gate."""
    waiting = verdict(Outcome.REFER, Reason.HEALTH_YELLOW, sequence=40, at=minutes_ago(3), overrulable=True)
    guard.desk.put(ready(recent=(verdict(Outcome.ADMIT, sequence=41), waiting)))
    expect(guard.page.locator("#recent .open")).to_have_count(1)
    guard.touches("[data-sequence='40']")
    expect(guard.page.locator("#earlier")).to_contain_text("20:12")
    guard.touches("#let-through")
    guard.touches("[data-ground=office_agreed]")
    guard.tapped(Settle(40, Outcome.ADMIT, Ground.OFFICE_AGREED))


def test_whoever_stands_at_the_gate_comes_before_the_strip(guard) -> None:
    """Looking back never hides a new verdict."""
    earlier = verdict(Outcome.REFER, Reason.NO_CODE, sequence=40, overrulable=True)
    guard.desk.put(ready(recent=(earlier,)))
    guard.touches("[data-sequence='40']")
    guard.sees("verdict")
    guard.desk.put(msgspec.structs.replace(decided(Outcome.REFUSE, Reason.FEVER), recent=(earlier,)))
    guard.reads("#verb", "请勿通行")
    expect(guard.page.locator("#verdict")).not_to_have_attribute("data-earlier", "")


def test_a_dumb_loop_takes_every_green_away(guard) -> None:
    """No view for 3 s: the screen says it lost contact, and comes back by itself."""
    guard.lane(decided(Outcome.ADMIT, celsius=36.6), "verdict")
    guard.desk.fall_dumb()
    guard.sees("lost")
    expect(guard.page.locator("#verdict")).to_be_hidden()
    expect(guard.page.locator("#health")).to_be_hidden()
    guard.reads("#lost h1", "屏幕失去联系")
    guard.desk.put(ready())
    guard.desk.speak()
    guard.sees("ready")


def test_a_loop_whose_beat_stands_still_is_lost_too(guard) -> None:
    """Words that go on arriving are no proof of life: the lane's own beat is."""
    guard.lane(msgspec.structs.replace(decided(Outcome.ADMIT), beat=7, green_seconds=30.0), "verdict")
    guard.sees("lost")
    guard.lane(ready(beat=8), "ready")


def test_a_closed_line_is_shown_at_once_and_mended(page: Page) -> None:
    """The station restarts on the same port: lost, then ready, without a touch."""
    desk = MemoryDesk()
    kiosk = serve(create_app(desk), "127.0.0.1", 0)
    guard = Guard(page, desk, f"http://127.0.0.1:{kiosk.port}/")
    kiosk.stop()
    guard.sees("lost")
    again = serve(create_app(desk), "127.0.0.1", kiosk.port)
    try:
        guard.sees("ready")
        page.goto("about:blank")
    finally:
        again.stop()


def test_a_green_that_nobody_cleared_is_not_kept(guard) -> None:
    """Past the policy's green seconds the page takes it away, though the view still says so."""
    guard.lane(msgspec.structs.replace(decided(Outcome.ADMIT), green_seconds=1.0), "verdict")
    guard.sees("ready")
    assert guard.desk.view().screen is Screen.VERDICT


def test_a_red_stays_for_the_guard(guard) -> None:
    """Only green goes by itself."""
    guard.lane(msgspec.structs.replace(decided(Outcome.REFUSE, Reason.FEVER), green_seconds=1.0), "verdict")
    guard.page.wait_for_timeout(3200)
    guard.sees("verdict")


def test_what_is_not_as_it_should_be_is_amber_and_in_words(guard) -> None:
    """Link, queue, rules, clock and each fault; and none of them is green when well."""
    expect(guard.page.locator("#health .amber")).to_have_count(0)
    guard.desk.put(ready(health=POOR))
    expect(guard.page.locator("#health .amber")).to_have_text(
        ["断网，照常工作", "214 条待送，最久 1 小时", "规则已 9 天未确认", "时间不可信", "相机故障", "灯和道闸故障"]
    )


def test_which_rules_and_trust_list_a_gate_has_can_be_read_out(guard) -> None:
    """The office asks on the telephone: the editions stand behind the age of the rules, in the guard's language."""
    guard.desk.put(ready(health=msgspec.structs.replace(WELL, rules="1763800000.7", trust="1763800000.9")))
    editions = "规则 1763800000.7，信任名单 1763800000.9"
    expect(guard.page.locator("#health [data-part=rules]")).to_have_attribute("title", editions)


def test_a_young_queue_is_no_alarm_and_an_old_one_is(guard) -> None:
    """Records on their way are usual; records that stay are not."""
    young = msgspec.structs.replace(ready().health, queue=3, oldest_seconds=4.0)
    guard.desk.put(ready(health=young))
    guard.reads("#health [data-part=queue]", "3 条待送")
    expect(guard.page.locator("#health .amber")).to_have_count(0)


def test_a_gate_is_called_as_people_call_it(guard) -> None:
    """What the compass names is 西门; any other gate keeps the office's name and is said to be a gate."""
    guard.lane(ready(gate="west"), "ready")
    guard.reads("#gate", "西门")
    expect(guard.page.locator("#gate-kind")).to_be_hidden()
    guard.lane(ready(gate="b2"), "ready")
    guard.reads("#gate", "b2")
    expect(guard.page.locator("#gate-kind")).to_be_visible()


def test_a_closed_gate_sends_people_elsewhere(guard) -> None:
    """The notice fills the screen, in both languages."""
    guard.lane(ready(gate_open=False, closed_notice_zh="请走西门", closed_notice_en="Use the west gate"), "closed")
    guard.reads("#closed-notice", "请走西门")
    guard.touches("#language")
    guard.reads("#closed-notice", "Use the west gate")


def test_out_of_order_says_what_to_do(guard) -> None:
    """Which part, what now, whom to call."""
    broken = msgspec.structs.replace(ready().health, faults={"camera": "请检查接线"})
    guard.lane(ready(screen=Screen.OUT_OF_ORDER, health=broken), "order")
    guard.reads("#order-faults", "相机: 请检查接线")
    guard.reads("#order-call", "请联系社区 0991-555-0134")


def test_one_tap_changes_the_language_of_everything_and_is_kept(guard) -> None:
    """Verdicts, reasons, bar and buttons; also after the browser starts again."""
    guard.lane(decided(Outcome.REFUSE, Reason.FEVER), "verdict")
    guard.touches("#language")
    guard.reads("#verb", "Do not pass")
    guard.reads("#reasons b", "Temperature too high")
    guard.reads("#where", "Building 3")
    guard.page.reload()
    guard.reads("#verb", "Do not pass")


def test_it_is_dark_by_night_and_light_by_day_at_the_gate(guard) -> None:
    """By the compound's own hour, wherever the browser thinks it is; the guard may choose otherwise."""
    html = guard.page.locator("html")
    expect(html).to_have_attribute("data-theme", "dark")
    guard.reads("#clock", "20:15:08")
    guard.desk.put(ready(now=NIGHT - timedelta(hours=9)))
    expect(html).to_have_attribute("data-theme", "light")
    guard.desk.put(ready())
    expect(html).to_have_attribute("data-theme", "dark")
    guard.touches("#theme")
    expect(html).to_have_attribute("data-theme", "light")


def test_a_name_is_text_whatever_it_says(guard) -> None:
    """Markup in a name, a building, a notice or a fault is shown, never run."""
    nasty = "<img src=x onerror=document.title='taken'>"
    person = Person(nasty, nasty)
    guard.lane(
        msgspec.structs.replace(
            decided(Outcome.REFER, Reason.NO_CODE, person=person),
            health=msgspec.structs.replace(ready().health, faults={nasty: nasty}),
            recent=(verdict(Outcome.ADMIT, person=person),),
        ),
        "verdict",
    )
    guard.reads("#who", nasty)
    guard.reads("#where", nasty)
    assert guard.page.locator("main img, .bar img").count() == 0
    assert guard.page.title() != "taken"


def test_the_camera_is_drawn_and_its_silence_is_told(guard) -> None:
    """A picture on the canvas while there is one; words, not an old picture, when there is none."""
    expect(guard.page.locator("#no-picture")).to_be_hidden()
    middle = "c => [...c.getContext('2d').getImageData(80, 45, 1, 1).data]"
    red, green, blue, _ = guard.page.locator("#preview").evaluate(middle)
    assert red > 180
    assert green > 140
    assert blue < 110
    guard.desk.picture = None
    expect(guard.page.locator("#no-picture")).to_be_visible()
