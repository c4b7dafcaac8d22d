"""What the office's pages show, in which words, and what they never let happen."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient

from gate.clock import ClockState
from gate.passage import Ground
from gate.reason import Outcome, Reason
from gate.wording import GATES, GROUNDS, REASONS
from hub.announcer import Announcer
from hub.office import create_app, filters, open_office
from hub.office.screen import HERE, STALE_AFTER, STATIC, Screen
from hub.office.texts import TEXTS
from tests.hub.office_day import NOON, OUT, Compound, busy_day
from tests.hub.office_served import Clock, compound, log_in, plain, settings_of

__all__ = ["compound"]

SHANGHAI = ZoneInfo("Asia/Shanghai")
HTML = {"accept": "text/html"}


@pytest.fixture
def link() -> dict[str, bool]:
    return {"up": True}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(compound: Compound, clock: Clock, link: dict[str, bool]):
    app = create_app(open_office(settings_of(compound), compound.path, Announcer(), clock, lambda: link["up"]))
    with TestClient(app) as client:
        log_in(client)
        yield client


def rows(page: str) -> list[str]:
    return re.findall(r"<tr data-record.*?</tr>", page, re.DOTALL)


def tile(page: str, station: str) -> str:
    found = re.search(rf'<li class="tile (\w+)" data-station="{station}">', page)
    assert found is not None
    return found[1]


def test_a_row_says_who_when_where_why_and_what_the_guard_did(compound: Compound, client: TestClient):
    """Time in the compound's zone, reasons and grounds in the words of the gate."""
    sequence = compound.arrives("n1", compound.resident("王小明", "3"), Reason.FEVER, celsius=37.8, direction=OUT)
    compound.settles("n1", sequence, Outcome.ADMIT, Ground.MEASURED_AGAIN)
    (row,) = rows(client.get("/").text)
    assert plain(row) == "12:00:00 11-22 北门 1 号通道 ← 出 拒绝 王*明 3 号楼 37.8 ℃ 体温偏高 放行 复测正常"
    assert f'data-record="n1/{"5a" * 8}/1"' in row


def test_the_same_row_in_english(compound: Compound, client: TestClient):
    compound.arrives("n1", compound.resident("王小明", "3"), Reason.NO_CODE, celsius=None)
    (row,) = rows(client.get("/?lang=en").text)
    assert plain(row) == (
        "12:00:00 11-22 North gate Lane 1 → In Waiting 王*明 Bldg 3 — No code was shown Waiting for the guard"
    )


def test_every_reason_and_ground_is_shown_in_words(compound: Compound, client: TestClient):
    for reason in Reason:
        compound.arrives("n1", None, reason)
    for ground in Ground:
        compound.settles("n1", compound.arrives("n1", None, Reason.NO_CODE), Outcome.ADMIT, ground)
    for language in ("zh", "en"):
        page = client.get(f"/?lang={language}").text
        missing = [each for each in (*REASONS.values(),) if each.say.in_(language) not in page.replace("&#39;", "'")]
        missing += [each for each in GROUNDS.values() if each.in_(language) not in page]
        assert missing == []


def test_a_reason_of_a_newer_gate_is_shown_as_it_stands(compound: Compound, client: TestClient):
    compound.arrives("n1", None, Reason.FEVER)
    compound.registry.database.execute("UPDATE passage SET reasons = '[\"moon_phase\"]', ground = 'whim'")
    assert "未知原因 moon_phase" in rows(client.get("/").text)[0]


def test_what_came_late_or_by_an_unsure_clock_says_so(compound: Compound, client: TestClient):
    compound.arrives("n1", None, received_after=timedelta(hours=2))
    compound.arrives("n1", None, clock=ClockState.FLOOR, boot="cd" * 8)
    unsure, late = rows(client.get("/").text)
    assert ("时间不可信" in unsure, "补传" in unsure) == (True, False)
    assert ("最迟在此时" in unsure, "门岗原记 2026-11-22 12:00" in unsure) == (True, True)
    assert ("补传" in late, "11-22 14:00 才收到" in late) == (True, True)


def test_a_time_that_was_set_right_stands_beside_what_the_gate_had_said(compound: Compound, client: TestClient):
    """Told by last winter's floor, a minute into the run in which the clock was set right at noon."""
    winter = NOON - timedelta(days=300)
    compound.arrives("n1", None, at=winter, clock=ClockState.FLOOR, received_after=NOON - winter)
    assert "最迟在此时" in rows(client.get("/").text)[0]
    compound.arrives("n1", None)
    _, right = rows(client.get("/").text)
    assert ("已校时" in right, "门岗原记 2026-01-26 12:00" in right, ">12:00:00<" in right) == (True, True, True)
    assert ("最迟在此时" in right, "时间不可信" in right, "补传" in right) == (False, False, False)
    assert "The gate said 2026-01-26 12:00" in rows(client.get("/?lang=en").text)[1]


@pytest.mark.parametrize(
    ("said", "later", "up", "state"),
    [
        ({}, timedelta(), True, "online"),
        ({}, STALE_AFTER + timedelta(seconds=1), True, "stale"),
        ({}, timedelta(), False, "stale"),
        ({"online": False}, timedelta(), True, "offline"),
        ({"online": False}, timedelta(), False, "offline"),
        ({"faults": ("camera",)}, timedelta(), True, "fault"),
        (None, timedelta(), True, "never"),
    ],
)
def test_only_a_station_that_is_certainly_well_is_green(compound, client, clock, link, said, later, up, state):
    compound.station("n1", "north")
    if said is not None:
        compound.says("n1", NOON, **said)
    clock.now, link["up"] = NOON + later, up
    page = client.get("/").text
    assert tile(page, "n1") == state
    assert ("消息服务断开" in page) is not up


def test_an_offline_station_says_since_when(compound: Compound, client: TestClient, clock: Clock):
    compound.station("s1", "south")
    compound.says("s1", NOON - timedelta(minutes=75), online=False)
    assert "自 10:45" in client.get("/").text
    clock.now = NOON + timedelta(days=2)
    assert "自 11-22 10:45" in client.get("/").text


def test_an_empty_office_says_what_to_do(client: TestClient):
    page = client.get("/").text
    assert "gate-hub station add" in page
    assert "还没有通行记录" in page
    assert "没有符合筛选的记录" in client.get("/?outcome=refuse").text
    assert "异常消息是空的" in client.get("/quarantine").text or "没有异常消息" in client.get("/quarantine").text


def test_a_filter_in_the_address_fills_the_page_the_form_and_the_stream(compound: Compound, client: TestClient):
    busy_day(compound, passages=200)
    page = client.get("/?gate=west&outcome=refuse&since=2026-11-22T08:30&empty=&direction=").text
    assert '<option value="west" selected>西门' in page
    assert 'value="2026-11-22T08:30"' in page
    assert 'data-stream="/feed/events?gate=west&amp;outcome=refuse&amp;since=2026-11-22T08%3A30"' in page
    shown = rows(page)
    assert shown
    assert all("西门" in each and "拒绝" in each for each in shown)


def test_older_pages_lead_to_the_end_and_back(compound: Compound, client: TestClient):
    busy_day(compound, passages=250)
    seen, address = [], "/"
    while address:
        page = client.get(address).text
        seen += re.findall(r'data-arrival="(\d+)"', page)
        found = re.search(r'id="older"[^>]* href="([^"]+)"', page)
        address = found[1].replace("&amp;", "&") if found else ""
    assert [int(each) for each in seen] == list(range(250, 0, -1))
    assert "回到最新" in page
    assert "data-stream" not in page


def test_what_strangers_sent_is_shown_and_never_run(compound: Compound, client: TestClient):
    compound.garbage(b'<script>alert(1)</script>"\xff', "<b>why</b>")
    compound.registry.database.execute("UPDATE quarantine SET station = '<i>n1</i>'")
    page = client.get("/quarantine").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;\ufffd" in page
    assert "<b>why" not in page
    assert "<i>n1" not in page
    assert '<span class="badge open">1</span>' in client.get("/").text


@pytest.mark.parametrize("field", ["gate", "building", "person", "q", "since", "before", "direction"])
def test_nothing_in_an_address_breaks_or_enters_the_page(client: TestClient, field: str):
    for value in ('"><script>alert(1)</script>', "9" * 40, "\x00", "%", "²", "-1", "2026-13-45T99:99", "0001-01-01"):
        answer = client.get("/", params={field: value})
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text


@given(st.dictionaries(st.sampled_from([*filters.FIELDS, "before"]), st.text(max_size=80)))
def test_whatever_is_asked_becomes_a_filter(query: dict[str, str]):
    fields = filters.asked(query)
    filters.filter_of(fields, SHANGHAI)
    assert filters.asked(fields) == fields


def test_times_in_an_address_are_the_compounds():
    wanted = filters.filter_of({"since": "2026-11-22T08:30"}, SHANGHAI)
    assert wanted.since == datetime(2026, 11, 22, 0, 30, tzinfo=UTC)


def test_the_language_is_chosen_once_and_leaves_the_address(client: TestClient):
    answer = client.get("/?lang=en&gate=north", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?gate=north")
    assert '<html lang="en">' in client.get("/").text
    client.get("/?lang=xx")
    assert '<html lang="en">' in client.get("/").text
    assert '<html lang="zh-CN">' in client.get("/?lang=zh").text


@pytest.mark.parametrize("path", ["/", "/quarantine", "/login", "/nowhere", "/static/office.css", "/static/nothing"])
def test_every_answer_carries_the_headers_that_keep_strangers_out(client: TestClient, path: str):
    headers = client.get(path, headers=HTML).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert (headers["cache-control"] == "no-store") is (path != "/static/office.css")


def test_pages_hold_no_inline_script_or_style_and_nothing_from_elsewhere(compound: Compound, client: TestClient):
    busy_day(compound, passages=30)
    for path in ("/", "/quarantine", "/nowhere"):
        page = client.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", page)
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page)


def test_a_page_that_is_not_there_says_so_in_words(client: TestClient):
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "没有这个页面" in answer.text


def test_every_text_is_there_in_both_languages_and_is_used():
    sources = "".join(path.read_text(encoding="utf-8") for path in [*HERE.glob("*.py"), *HERE.glob("templates/*.html")])
    sources = sources.replace((HERE / "texts.py").read_text(encoding="utf-8"), "")
    used = set(re.findall(r'"([a-z_0-9]+)"', sources))
    # Asked for by what the registry says: outcomes, faults, errors.
    composed = {key for key in TEXTS if key.startswith(("fault_", "error_", "form_", "pass_", "aside_"))} | {
        "admit",
        "refer",
        "refuse",
        "overruled",
    }
    assert set(TEXTS) - used - composed == set()
    for key, words in (TEXTS | GATES).items():
        assert words.zh.strip(), key
        assert words.en.strip(), key
        assert re.findall(r"{\w+}", words.zh) == re.findall(r"{\w+}", words.en), key
        assert not re.search(r"[\u4e00-\u9fff]", words.en) or key in ("other_language",), key


def test_every_text_a_template_asks_for_exists():
    asked = {
        key
        for path in HERE.glob("templates/*.html")
        for key in re.findall(r'say\.text\("([a-z_0-9]+)"', path.read_text(encoding="utf-8"))
    }
    assert asked - set(TEXTS) == set()


def test_the_templates_compile_and_the_parts_of_others_bring_their_licence():
    Screen("sunshine", SHANGHAI)
    for part in ("htmx-4.0.1", "pico-2.1.1"):
        assert (STATIC / f"{part}.LICENSE").stat().st_size > 400
