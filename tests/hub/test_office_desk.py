"""What waits for a clerk: temporary passes, returnees' cases, alarms; shown escaped, decided by our own forms."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from gate.forms import Door, HandOver, VisitorForm
from gate.passage import Caller, Happening, MadePass, Passage, What
from gate.policy import Direction
from gate.reason import Reason
from hub.registry import passes
from tests.hub.guards_day import guards_day
from tests.hub.office_day import NOON, Compound, busy_day, sealed, stamp
from tests.hub.office_screen import DESK, PHONE, enter, faults
from tests.hub.office_served import CLERK, Served, plain

__all__ = ["faults"]
VILE = '<img src=x onerror="alert(1)">'


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with closing(Compound(tmp_path)) as compound:
        compound.clerk()
        busy_day(compound, passages=20)
        guards_day(compound)
        office = Served(compound)
        yield office
        office.end()


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client


def send(client: httpx.Client, path: str) -> httpx.Response:
    """Press the button of the form that goes there."""
    page = client.get(f"/{path.split('/')[1]}").text
    form = re.search(rf'action="{path}">\s*<input type="hidden" name="_csrf_token" value="([0-9a-f]+)"', page)
    assert form is not None, f"no form goes to {path}"
    return client.post(path, data={"_csrf_token": form[1]})


def test_a_case_says_who_from_where_and_when_and_is_closed_and_opened_again(served: Served, client: httpx.Client):
    page = plain(client.get("/cases").text)
    assert "赵建国" in page
    assert "哈尔滨 · 高铁 G1234" in page
    assert "2026-11-21" in page
    assert send(client, "/cases/1/close").status_code == 303
    assert f"{CLERK} 于 11-22 12:00 结案" in plain(client.get("/cases").text)
    send(client, "/cases/1/reopen")
    assert "待办" in plain(client.get("/cases").text)


@pytest.mark.parametrize("address", [f"/cases/{2**63}/close", "/cases/0/reopen", "/temporary/x%0Ay/confirm"])
def test_an_address_that_names_nothing_of_the_registrys_is_refused_and_not_logged(served: Served, address: str, caplog):
    """A clerk's slip, or somebody who plays with the address, breaks nothing and writes no line of his own."""
    with served.client() as client:
        token = re.search(r'name="_csrf_token" value="([0-9a-f]+)"', client.get("/cases").text)
        assert token is not None
        assert client.post(address, data={"_csrf_token": token[1]}).status_code == 400
    assert "not done" not in caplog.text


@pytest.mark.parametrize("page", ["/", "/happenings", "/temporary"])
def test_a_gate_with_a_mad_clock_takes_no_page_from_the_office(served: Served, client: httpx.Client, page: str):
    """The last minute of the calendar, which is past it in Shanghai, is shown as it stands."""
    last = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    served.compound.station("mad-1", "west")
    served.compound.brings("mad-1", Passage(stamp(last), "west", "1", Direction.IN))
    served.compound.brings("mad-1", Happening(stamp(last), "west", "1", What.FIRE))
    made = MadePass(stamp(), "west", "e7" * 8, 1, last, Caller.VISITOR)
    served.compound.brings("mad-1", made)
    answer = client.get(page)
    assert answer.status_code == 200
    assert "12-31" in answer.text


def test_a_confirmed_pass_says_who_confirmed_it(served: Served, client: httpx.Client):
    send(client, f"/temporary/{'d1' * 8}/confirm")
    assert served.compound.registry.one("SELECT settled_by FROM made_pass WHERE confirmed_at IS NOT NULL") == (CLERK,)
    assert "已确认" in client.get("/temporary").text


def test_a_revoked_pass_is_on_the_list_of_void_passes_that_gates_are_told(served: Served, client: httpx.Client):
    send(client, f"/temporary/{'d2' * 8}/revoke")
    assert passes.revoked(served.compound.registry, NOON) == {"d2" * 8}
    assert passes.revoked(served.compound.registry, NOON + timedelta(days=2)) == frozenset(), "it expires of itself"
    assert "已作废" in client.get("/temporary").text
    page = client.get("/temporary").text
    assert f"/temporary/{'d2' * 8}/" not in page, "what is void stays so"


def test_a_pass_beyond_its_gates_certificate_is_flagged_and_no_other(client: httpx.Client):
    cards = re.findall(r'<article class="card.*?</article>', client.get("/temporary").text, re.DOTALL)
    flagged = [plain(card) for card in cards if "flagged" in card]
    assert len(cards) == 3
    assert len(flagged) == 1
    assert "第 99 张" in flagged[0]
    assert "超出许可的 20 张" in flagged[0]


def test_two_passes_of_one_number_are_an_alarm_until_a_clerk_has_settled_both(served: Served, client: httpx.Client):
    """A station draws each number once under its key: a copy of its card has drawn the other."""

    def brings(serial: str, minutes: float, number: int = 7) -> None:
        made = MadePass(stamp(NOON + timedelta(minutes=minutes)), "west", serial * 8, number, NOON + timedelta(hours=9))
        served.compound.brings("w1", made)

    brings("e1", -1)
    brings("e2", 1)
    brings("e2", 2)
    assert "同号" not in client.get("/temporary").text, "drawn under another key, or the same card again"
    assert "同号" not in client.get("/").text
    brings("e3", 3)
    assert plain(client.get("/temporary").text).count("同号证不止一张") == 3
    for page in ("/", "/happenings"):
        assert "两张临时证同号" in client.get(page).text
    send(client, f"/temporary/{'e2' * 8}/confirm")
    assert "两张临时证同号" in client.get("/").text
    send(client, f"/temporary/{'e3' * 8}/revoke")
    assert "两张临时证同号" not in client.get("/").text


def test_a_pass_of_a_gate_that_may_make_none_is_flagged(served: Served, client: httpx.Client):
    made = MadePass(stamp(), "north", "e1" * 8, 1, NOON + timedelta(hours=2))
    served.compound.brings("n1", made)
    assert "该门未获许可" in client.get("/temporary").text


@pytest.mark.parametrize("path", ["/cases/1/close", f"/temporary/{'d1' * 8}/confirm", f"/temporary/{'d1' * 8}/revoke"])
def test_nothing_is_decided_without_a_login_or_without_a_form_of_ours(served: Served, client: httpx.Client, path: str):
    with httpx.Client(base_url=served.address) as stranger:
        assert "/login" in stranger.post(path).headers.get("location", "/login")
    client.post(path)
    registry = served.compound.registry
    assert registry.one("SELECT count(*) FROM returnee_case WHERE closed_at IS NOT NULL") == (0,)
    assert registry.one("SELECT count(settled_by) FROM made_pass") == (0,)


@pytest.mark.parametrize("path", ["/cases/77/close", "/temporary/ffffffffffffffff/confirm"])
def test_what_nobody_knows_is_not_decided_and_breaks_nothing(client: httpx.Client, path: str):
    token = re.search(r'name="_csrf_token" value="([0-9a-f]+)"', client.get("/cases").text)
    assert token is not None
    assert client.post(path, data={"_csrf_token": token[1]}).status_code == 303


def test_what_guards_typed_is_shown_and_never_run(served: Served, client: httpx.Client):
    visit = VisitorForm(Door(VILE), 2, name=VILE, telephone="</dl>")
    came = Passage(stamp(), "west", "1", Direction.IN, (Reason.UNANNOUNCED,), guard="li", form=sealed(visit))
    served.compound.brings("w1", came)
    note = Happening(stamp(), "west", "1", What.SIGNED_OFF, "li", sealed(HandOver(VILE)))
    served.compound.brings("w1", note)
    made = MadePass(stamp(), "west", "e2" * 8, 3, NOON + timedelta(hours=2), form=sealed(visit))
    served.compound.brings("w1", made)
    for path in ("/", "/happenings", "/temporary"):
        page = client.get(path).text
        assert "&lt;img src=x" in page, path
        assert VILE not in page, path


def test_an_alarm_stands_on_top_until_it_is_over(served: Served, client: httpx.Client):
    assert "道闸被强行打开" in client.get("/").text
    served.compound.brings("w1", Happening(stamp(), "west", "1", What.BARRIER_MENDED))
    page = client.get("/").text
    assert 'class="alarms"' not in page
    assert "道闸被强行打开" in client.get("/happenings").text


def test_a_training_is_said_but_is_no_alarm(served: Served, client: httpx.Client):
    served.compound.brings("n1", Happening(stamp(), "north", "1", What.TRAINING_BEGAN, "wang"))
    found = re.findall(r'<li class="(alarm|note)">', client.get("/").text)
    assert sorted(found) == ["alarm", "note"]


def test_the_feed_shows_form_retest_family_purpose_permit_and_guard(client: httpx.Client):
    page = plain(client.get("/").text)
    for said in (
        "访客登记 · 3 号楼 2-501 · 2 人", "钱来访", "车辆登记 · 7 号楼 · 豫A12345 · 3 人", "药品", "复测 36.6 / 36.4",
        "同行", "按姓名查找", "持许可", "事由 就医 → 市人民医院", "去过 哈尔滨", "李师傅", "手持体温计",
        "登记内容打不开",
    ):  # fmt: skip
        assert said in page, said
    english = plain(client.get("/?lang=en", follow_redirects=True).text)
    for said in ("Visitor · Bldg 3 2-501 · 2 people", "For Doctor → City hospital", "Again 36.6 / 36.4", "Together"):
        assert said in english, said


def test_the_feed_is_narrowed_to_whoever_comes_as_what(client: httpx.Client):
    page = client.get("/?caller=vehicle").text
    rows = re.findall(r"<tr data-record.*?</tr>", page, re.DOTALL)
    assert len(rows) == 1
    assert "豫A12345" in rows[0]
    assert '<option value="vehicle" selected>车辆</option>' in page


def test_hand_over_notes_reach_the_office(client: httpx.Client):
    assert "药已放 A3 货架，等 2 号楼来取" in client.get("/happenings").text


def test_whom_two_gates_let_through_is_named_with_his_passages(client: httpx.Client, served: Served):
    """The gate says which of its passages it was; the office sees who, and by one click every passage of his."""
    wang = served.compound.resident("王小明", "3")
    sequence = served.compound.arrives("w1", wang)
    served.compound.brings("w1", Happening(stamp(), "west", "1", What.TWO_GATES, passage=sequence))
    page = client.get("/happenings").text
    assert "同一人被两个门放行" in page
    assert f'<a href="/?person={wang}">王*明</a>' in page


def test_an_empty_office_says_what_to_do(tmp_path: Path):
    with closing(Compound(tmp_path)) as compound:
        compound.clerk()
        office = Served(compound)
        with office.client() as client:
            for path, says in (
                ("happenings", "还没有大门事件"),
                ("cases", "没有返回人员"),
                ("temporary", "没有临时通行证"),
            ):
                assert says in client.get(f"/{path}").text
        office.end()


@pytest.mark.browser
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_an_alarm_appears_on_an_open_screen_and_nothing_is_wider_than_it(
    page: Page, served: Served, faults: list[str], size: tuple[int, int]
):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    enter(page, served)
    served.compound.brings("n1", Happening(stamp(), "north", "1", What.FIRE))
    served.committed()
    expect(page.locator(".alarms .alarm", has_text="消防开门")).to_be_visible()
    for path in ("/", "/happenings", "/cases", "/temporary"):
        page.goto(served.address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path
    page.goto(served.address + "/temporary")
    page.get_by_role("button", name="确认").first.click()
    expect(page.get_by_text("已确认")).to_be_visible()
    assert faults == []
