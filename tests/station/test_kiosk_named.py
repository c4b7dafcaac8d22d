"""Without a phone: the guard finds residents in Chromium, alone or a family in one go, in few touches."""

import pytest
from msgspec.structs import replace
from playwright.sync_api import expect

from gate.reason import Outcome, Reason
from station.taps import ArriveNamed, ArriveWithoutCode, TapRefused
from station.view import Screen
from tests.station.desk import WANG, decided, ready
from tests.station.guard import Guard
from tests.station.states import FAMILY, STATES

pytestmark = pytest.mark.browser


@pytest.fixture
def guard(guard: Guard) -> Guard:
    """Who finds a family of residents, and may make passes."""
    guard.desk.found = FAMILY
    guard.lane(ready(can_make_passes=True), "ready")
    return guard


def test_a_resident_by_name_costs_four_touches_keys_included(guard) -> None:
    """No phone, two initials, the row; nothing else is asked."""
    guard.touches("#no-phone")
    guard.types("WM")
    guard.touches("#finder-found .taken >> nth=0")
    guard.tapped(ArriveNamed((FAMILY[0].person,)))
    expect(guard.page.locator("#finder")).to_be_hidden()
    assert guard.taps_counted() == 4


def test_every_letter_can_be_typed(guard) -> None:
    """No initial of a Chinese name begins with I, U or V; a foreign resident's may."""
    guard.touches("#no-phone")
    guard.types("IUV0")
    guard.reads("#finder-query", "IUV0")
    guard.touches("#finder-clear")
    guard.reads("#finder-query", "姓名首字母，或手机尾号四位")
    assert guard.desk.queries == ["IU", "IUV", "IUV0"]


def test_a_family_comes_in_one_go_without_those_who_stayed_at_home(guard) -> None:
    """All, one unticked, together: six touches for three people."""
    guard.touches("#no-phone")
    guard.types("WM")
    guard.touches("#finder-found .side >> nth=0")
    expect(guard.page.locator("#finder-found .tick")).to_have_count(4)
    assert guard.desk.queries[-1] == "3-1-502"
    guard.touches("#finder-found .tick >> nth=1")
    guard.reads("#finder-together", "3 人一起")
    guard.touches("#finder-together")
    guard.tapped(ArriveNamed((FAMILY[0].person, FAMILY[2].person, FAMILY[3].person)))
    assert guard.taps_counted() == 6


def test_only_the_household_itself_is_offered_as_a_family(guard) -> None:
    """Two households may share a door; strangers are not brought along."""
    guard.desk.found = (*FAMILY[:2], replace(FAMILY[2], household="e" * 16))
    guard.touches("#no-phone")
    guard.types("WM")
    guard.touches("#finder-found .side >> nth=0")
    expect(guard.page.locator("#finder-found .tick")).to_have_count(2)


def test_building_and_room_are_tiles(guard) -> None:
    """No phone, by door, building, room, row; nothing is typed."""
    guard.touches("#no-phone")
    guard.touches("button[data-by=door]")
    guard.touches("#finder-door >> text=/^3$/")
    guard.touches("#finder-door >> text=/^102$/")
    guard.touches("#finder-found .taken >> nth=1")
    guard.tapped(ArriveNamed((FAMILY[1].person,)))
    assert guard.desk.queries == ["3-102"]
    assert guard.taps_counted() == 5


def test_a_tower_is_asked_by_unit_and_floor(guard) -> None:
    """240 rooms are never on one glass; back goes up one step at a time."""
    guard.touches("#no-phone")
    guard.touches("button[data-by=door]")
    guard.touches("#finder-door >> text=/^12$/")
    guard.touches("#finder-door >> text='2 单元'")
    guard.touches("#finder-door >> text='17 层'")
    expect(guard.page.locator("#finder-door button")).to_have_text(["1701", "1702", "1703", "1704"])
    guard.touches("#finder-back")
    expect(guard.page.locator("#finder-door button")).to_have_count(30)


def test_a_foreign_scan_never_jams_the_search(guard) -> None:
    """Somebody else's green goes over it and by; what was typed is still there."""
    guard.touches("#no-phone")
    guard.types("WM")
    guard.lane(decided(Outcome.ADMIT), "verdict")
    expect(guard.page.locator("#finder")).to_be_hidden()
    guard.lane(ready(can_make_passes=True), "ready")
    expect(guard.page.locator("#finder")).to_be_visible()
    guard.reads("#finder-query", "WM")


def test_a_question_comes_before_the_search(guard) -> None:
    """Whoever stands there and is asked for trips is not hidden by a search."""
    guard.touches("#no-phone")
    guard.desk.put(ready(screen=Screen.GATHERING, person=WANG, awaiting=("trip",), visit_began=5.0))
    expect(guard.page.locator("#trip-none")).to_be_visible()
    expect(guard.page.locator("#finder")).to_be_hidden()


def test_a_refused_search_says_why_and_stays(guard) -> None:
    guard.desk.refuses = TapRefused("名单上已没有此人", "No longer on this gate's list")
    guard.touches("#no-phone")
    guard.types("WM")
    guard.touches("#finder-found .taken >> nth=0")
    guard.reads("#toast", "名单上已没有此人")
    expect(guard.page.locator("#finder")).to_be_visible()
    assert all("409" in complaint for complaint in guard.complaints)
    guard.complaints.clear()


def test_nobodys_name_stays_on_a_closed_search(guard) -> None:
    """Back wipes what was found."""
    guard.touches("#no-phone")
    guard.types("WM")
    expect(guard.page.locator("#finder-found b")).to_have_count(4)
    guard.touches("#finder-back")
    expect(guard.page.locator("#finder-found b")).to_have_count(0)


def test_a_pass_for_today_is_shown_to_a_phone(guard) -> None:
    """From the found resident, one touch: the code large, until when, and that the office confirms it later."""
    guard.touches("#no-phone")
    guard.types("WM")
    guard.touches("#finder-found .side >> nth=1")
    expect(guard.page.locator("#made-code img")).to_be_visible()
    guard.reads("#made-who", "王*明")
    expect(guard.page.locator("#made-until")).to_contain_text("1/17 00:15")
    assert guard.desk.passes == [(FAMILY[0].person, None, 4)]
    drawn = guard.page.locator("#made-code img").evaluate("i => [i.naturalWidth, i.getBoundingClientRect().width]")
    assert drawn[0] > 20
    assert drawn[1] > 400
    guard.touches("#made [data-closes]")
    expect(guard.page.locator("#made-code img")).to_have_count(0)


def test_no_pass_is_offered_where_the_gate_may_make_none(guard) -> None:
    """Without the hub's certificate there is no button for it."""
    guard.lane(ready(can_make_passes=False, lane="2"), "ready")
    guard.reads("#lane", "2")
    guard.touches("#no-phone")
    guard.types("WM")
    expect(guard.page.locator("#finder-found .side")).to_have_text(["全家"] * 4)


def test_the_family_that_waits_is_named(guard) -> None:
    """Who comes after the one on the screen stands under him."""
    guard.lane(replace(decided(Outcome.REFER, Reason.FEVER), party=(WANG,)), "verdict")
    expect(guard.page.locator("#note")).to_contain_text("接下来：王*明")


def test_nobody_known_is_still_one_touch(guard) -> None:
    guard.touches("#without-code")
    guard.tapped(ArriveWithoutCode())
    assert guard.taps_counted() == 1


def test_many_of_the_same_initials_are_narrowed_by_the_name_as_it_is_written(guard) -> None:
    """WM is 王 and 吴 and 魏: one touch more leaves those whose name begins so."""
    names = ("王*明", "吴*敏", "王*梅", "魏*民", "王*", "吴*")
    guard.desk.found = tuple(replace(FAMILY[0], person=f"{n}" * 16, masked_name=name) for n, name in enumerate(names))
    guard.touches("#no-phone")
    guard.types("WM")
    expect(guard.page.locator("#finder-names button")).to_have_text(["王", "吴", "魏"])
    guard.touches("#finder-names button >> nth=1")
    expect(guard.page.locator("#finder-found b")).to_have_text(["吴*敏", "吴*"])
    guard.touches("#finder-found .taken >> nth=1")
    guard.tapped(ArriveNamed(("5" * 16,)))


def test_ten_of_a_household_do_not_come_in_one_go(guard) -> None:
    """The station takes nine at once; the button rests until somebody is unticked."""
    guard.desk.found = tuple(replace(FAMILY[0], person=f"{n:x}" * 16) for n in range(10))
    guard.touches("#no-phone")
    guard.types("WM")
    guard.touches("#finder-found .side >> nth=0")
    expect(guard.page.locator("#finder-together")).to_be_disabled()
    guard.touches("#finder-found .tick >> nth=9")
    expect(guard.page.locator("#finder-together")).to_be_enabled()


@pytest.mark.parametrize("screen", ["closed", "order"])
def test_a_resident_without_a_phone_comes_home_to_a_closed_or_broken_gate_too(guard, screen) -> None:
    """Out of hours, or with the camera dead, the guard still finds him: the three buttons stand there as well."""
    guard.lane(STATES[screen].view, screen)
    guard.touches(f"#{screen} [data-start=no-phone]")
    guard.types("WM")
    guard.touches("#finder-found .taken >> nth=0")
    guard.tapped(ArriveNamed((FAMILY[0].person,)))
