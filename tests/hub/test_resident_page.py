"""The page on a resident's phone, in Chromium over HTTPS: what it draws is what a gate believes, for a minute."""

import base64
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy
import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, Page, expect

from gate.clock import ClockState, Moment
from gate.credential import CodeReading, read
from gate.reason import Reason
from station.stills import read_picture
from tests.certificates import make_certificates
from tests.hub.resident_served import DAUGHTER, GRANDMOTHER, ResidentHub, served, spki_of

pytestmark = pytest.mark.browser
SMALL, USUAL = {"width": 360, "height": 640}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder)
    return folder


@pytest.fixture(scope="module")
def phone_browser(
    browser_type: BrowserType, browser_type_launch_args: dict[str, Any], certificates: Path
) -> Iterator[Browser]:
    """Chromium that believes this one certificate: with errors ignored wholesale it runs no service worker."""
    spki = spki_of(certificates / "server.pem")
    words = [*browser_type_launch_args["args"], f"--ignore-certificate-errors-spki-list={spki}"]
    browser = browser_type.launch(**{**browser_type_launch_args, "args": words})
    yield browser
    browser.close()


@pytest.fixture
def phone(phone_browser: Browser) -> Iterator[BrowserContext]:
    """A phone that has never been here."""
    with phone_browser.new_context(
        viewport=USUAL, device_scale_factor=2, is_mobile=True, has_touch=True, locale="zh-CN"
    ) as context:
        yield context


@pytest.fixture
def hub(tmp_path: Path, certificates: Path) -> Iterator[ResidentHub]:
    with served(tmp_path, certificates) as hub:
        yield hub


@pytest.fixture
def page(phone: BrowserContext) -> Page:
    page = phone.new_page()
    page.faults = []  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("console", lambda said: page.faults.append(said.text) if "Content Security Policy" in said.text else None)
    return page


def set_up(page: Page, hub: ResidentHub, person: Any = DAUGHTER) -> None:
    """Scan the card, tap the button, see the pass, and let the worker keep the page."""
    page.goto(hub.invite(person).link)
    page.click("#set-up")
    expect(page.locator("#name")).to_have_text(person.masked_name)
    expect(page.locator("#code")).to_have_attribute("data-made-at", re.compile(r"\d+"))
    page.evaluate("navigator.serviceWorker.ready")


def seen(page: Page) -> bytes:
    """The screen as a camera gets it: exactly one code."""
    pixels = cv2.imdecode(numpy.frombuffer(page.screenshot(), numpy.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    (code,) = read_picture(pixels)
    return code.data


def at_a_gate(code: bytes, hub: ResidentHub, later: float = 0) -> CodeReading:
    return read(code, hub.trust(), Moment(datetime.now(UTC) + timedelta(seconds=later), ClockState.SYNCED))


def test_a_scanned_card_becomes_a_code_that_a_gate_believes_for_a_minute(page: Page, hub: ResidentHub) -> None:
    """Enrol, show, pass; the screenshot of the same screen is refused 61 s later."""
    set_up(page, hub)
    code = seen(page)
    made = datetime.fromtimestamp(int(page.get_attribute("#code", "data-made-at") or 0), UTC)
    reading = at_a_gate(code, hub)
    assert reading.credential is not None, reading.steps
    assert (reading.credential.person, [reading.credential.serial]) == (DAUGHTER.id, hub.serials())
    at_60, at_61 = (Moment(made + timedelta(seconds=each), ClockState.SYNCED) for each in (60, 61))
    assert read(code, hub.trust(), at_60).accepted
    assert read(code, hub.trust(), at_61).reasons == (Reason.CODE_NOT_FRESH,)
    expect(page.locator("#old")).to_be_hidden()
    assert page.faults == []


def test_with_the_hub_stopped_the_page_opens_anew_and_its_codes_are_believed(page: Page, hub: ResidentHub) -> None:
    """The worker keeps the page, the phone keeps the key, and each tap makes another code."""
    set_up(page, hub)
    trust = hub.trust()
    hub.stop()
    page.reload()
    expect(page.locator("#code")).to_have_attribute("data-made-at", re.compile(r"\d+"))
    expect(page.locator("#offline")).to_be_visible()
    first, moment = seen(page), Moment(datetime.now(UTC), ClockState.SYNCED)
    reading = read(first, trust, moment)
    assert reading.credential is not None, reading.steps
    made = page.get_attribute("#code", "data-made-at")
    page.wait_for_timeout(1100)
    page.click("#renew")
    expect(page.locator("#code")).not_to_have_attribute("data-made-at", made or "")
    again = read(seen(page), trust, Moment(datetime.now(UTC), ClockState.SYNCED)).credential
    assert again is not None
    assert again.fresh_id != reading.credential.fresh_id
    assert page.faults == []


def test_every_half_minute_there_is_a_new_code(page: Page, hub: ResidentHub) -> None:
    """By the page's own clock, which the test moves; with the hub at hand the page would go by the hub's."""
    page.clock.install()
    set_up(page, hub)
    page.context.set_offline(True)
    # From the next code on by its own clock; the one before may have gone by the hub's, which ran on meanwhile.
    before = page.get_attribute("#code", "data-made-at")
    for _ in range(40):
        page.clock.run_for(1_000)
        if page.get_attribute("#code", "data-made-at") != before:
            break
    made = int(page.get_attribute("#code", "data-made-at") or 0)
    page.clock.run_for(24_000)
    assert int(page.get_attribute("#code", "data-made-at") or 0) == made
    page.clock.run_for(7_000)
    expect(page.locator("#code")).not_to_have_attribute("data-made-at", str(made))
    assert int(page.get_attribute("#code", "data-made-at") or 0) - made >= 30


def test_the_daughters_phone_carries_her_grandmothers_pass_too(page: Page, hub: ResidentHub) -> None:
    set_up(page, hub)
    set_up(page, hub, GRANDMOTHER)
    buttons = page.locator("#people button")
    expect(buttons).to_have_text([DAUGHTER.masked_name, GRANDMOTHER.masked_name])
    for number, person in enumerate((DAUGHTER, GRANDMOTHER)):
        page.evaluate("delete document.getElementById('code').dataset.madeAt")
        buttons.nth(number).click()
        expect(page.locator("#name")).to_have_text(person.masked_name)
        expect(page.locator("#code")).to_have_attribute("data-made-at", re.compile(r"\d+"))
        credential = at_a_gate(seen(page), hub).credential
        assert credential is not None
        assert credential.person == person.id


def test_a_card_may_be_typed_as_people_type(page: Page, hub: ResidentHub) -> None:
    token = hub.invite().token.lower()
    page.goto(hub.address)
    page.fill("#typed", f"{token[:4]} {token[4:8]}-{token[8:]}".replace("0", "o"))
    page.press("#typed", "Enter")
    expect(page.locator("#name")).to_have_text(DAUGHTER.masked_name)


def test_a_used_card_says_what_to_do_and_the_address_keeps_no_token(page: Page, hub: ResidentHub) -> None:
    card = hub.invite()
    page.goto(card.link)
    page.click("#set-up")
    expect(page.locator("#name")).to_be_visible()
    assert card.token not in page.url
    page.goto("about:blank")
    page.goto(card.link)
    page.click("#set-up")
    # The same card on the same phone asks with another key by now.
    expect(page.locator("#complaint")).to_contain_text("已在别的手机上用过")
    page.click("#back")
    expect(page.locator("#code")).to_be_visible()


def test_a_pass_that_moved_to_another_phone_says_so_and_shows_no_code(
    page: Page, hub: ResidentHub, phone_browser: Browser
) -> None:
    set_up(page, hub)
    with phone_browser.new_context(viewport=SMALL) as other:
        set_up(other.new_page(), hub)
    page.reload()
    expect(page.locator("#dead-say")).to_have_text("通行证已作废")
    expect(page.locator("#code")).to_be_hidden()
    page.click("#remove")
    page.click("#remove")
    expect(page.locator("#set-up")).to_be_visible()


def test_a_tab_left_open_shows_the_pass_that_another_tab_fetched(page: Page, hub: ResidentHub) -> None:
    """A scanned card opens a tab of its own; whoever finds the old one again need not ask for another card, and what
    was removed in one does not come back by the other."""
    set_up(page, hub)
    (old,) = hub.serials()
    other = page.context.new_page()
    set_up(other, hub)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#people button")).to_have_count(2)
    expect(page.locator("#code")).to_be_visible()
    assert at_a_gate(seen(page), hub).accepted
    other.evaluate("(old) => import('/store.js').then((store) => store.dropPass(old))", old)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#people")).to_be_hidden()
    expect(page.locator("#code")).to_be_visible()
    assert page.evaluate("import('/store.js').then((store) => store.passes()).then((all) => all.length)") == 1
    assert page.faults == []


def test_an_expired_pass_says_so_also_without_the_hub(page: Page, hub: ResidentHub) -> None:
    set_up(page, hub)
    hub.stop()
    page.clock.install(time=datetime.now(UTC) + timedelta(days=181))
    page.reload()
    expect(page.locator("#dead-say")).to_have_text("通行证已过期")
    expect(page.locator("#code")).to_be_hidden()


def test_a_phone_whose_clock_is_wrong_is_told_and_its_code_is_right(page: Page, hub: ResidentHub) -> None:
    """Four minutes slow: the hub's clock corrects it, also after the hub is gone."""
    page.clock.install(time=datetime.now(UTC) - timedelta(minutes=4))
    set_up(page, hub)
    expect(page.locator("#clock")).to_contain_text("4 分钟")
    assert at_a_gate(seen(page), hub).accepted
    trust = hub.trust()
    hub.stop()
    page.reload()
    expect(page.locator("#clock")).to_contain_text("4 分钟")
    expect(page.locator("#code")).to_have_attribute("data-made-at", re.compile(r"\d+"))
    assert read(seen(page), trust, Moment(datetime.now(UTC), ClockState.SYNCED)).accepted


def answer_with(page: Page, path: str, body: str) -> None:
    page.route(path, lambda route: route.fulfill(status=200, body=body))


def test_an_answer_that_is_none_takes_no_correction_of_the_clock_away(page: Page, hub: ResidentHub) -> None:
    """A network that wants a login answers in the hub's place; a phone that is slow goes on by what the hub said."""
    page.clock.install(time=datetime.now(UTC) - timedelta(minutes=4))
    set_up(page, hub)
    for answer in ("<html>Log in</html>", "null", "{}"):
        answer_with(page, "**/standing", answer)
        page.reload()
        expect(page.locator("#offline")).to_be_visible()
        expect(page.locator("#clock")).to_contain_text("4 分钟")
        expect(page.locator("#code")).to_have_attribute("data-made-at", re.compile(r"\d+"))
        assert at_a_gate(seen(page), hub).accepted
        page.unroute("**/standing")
    assert page.faults == []


def test_an_answer_that_is_none_to_a_card_is_no_fault_of_the_browser(page: Page, hub: ResidentHub) -> None:
    """Who reads that his browser cannot keep the pass goes and looks for another phone."""
    page.goto(hub.invite().link)
    answer_with(page, "**/passes", "<html>Log in</html>")
    page.click("#set-up")
    expect(page.locator("#complaint")).to_contain_text("社区的主机出了错")
    page.unroute("**/passes")
    page.click("#set-up")
    expect(page.locator("#name")).to_have_text(DAUGHTER.masked_name)


def test_a_browser_that_keeps_nothing_says_so_and_spends_no_card(page: Page, hub: ResidentHub) -> None:
    """Whose owner has forbidden cookies refuses even to be asked for either storage: the page speaks all the same, in
    both languages, and the card is as good as before."""
    page.add_init_script(
        """for (const each of ["localStorage", "indexedDB"])
            Object.defineProperty(window, each, { get() { throw new DOMException("denied", "SecurityError"); } });"""
    )
    page.goto(hub.invite().link)
    expect(page.locator("#complaint")).to_contain_text("不能保存通行证")
    page.click("#set-up")
    expect(page.locator("#set-up")).to_be_enabled()
    page.click("#language")
    expect(page.locator("#complaint")).to_contain_text("cannot keep the pass")
    assert page.faults == []
    assert hub.serials() == []


@pytest.mark.parametrize("size", [(640, 360), (844, 390)], ids=str)
def test_a_phone_held_sideways_shows_the_whole_code(page: Page, hub: ResidentHub, size: tuple[int, int]) -> None:
    """What is lower than wide would have to be scrolled, and never be whole."""
    set_up(page, hub)
    page.evaluate("delete document.getElementById('code').dataset.madeAt")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    expect(page.locator("#code")).to_have_attribute("data-made-at", re.compile(r"\d+"))
    assert at_a_gate(seen(page), hub).accepted
    set_up(page, hub, GRANDMOTHER)
    assert at_a_gate(seen(page), hub).accepted


def taken_by(hub: ResidentHub, asking: dict[str, str]) -> None:
    hub.registrar.enrol(asking["token"], base64.b64decode(asking["key"]))


def test_a_lost_answer_is_asked_for_again_with_the_same_key(page: Page, hub: ResidentHub) -> None:
    """The hub has made the pass, the phone has not heard: one more tap, and there is one pass, not two."""
    card = hub.invite()
    page.goto(card.link)
    page.route("**/passes", lambda route: (taken_by(hub, route.request.post_data_json), route.abort()))
    page.click("#set-up")
    expect(page.locator("#complaint")).to_contain_text("连不上")
    page.unroute("**/passes")
    page.reload()
    page.click("#set-up")
    expect(page.locator("#name")).to_have_text(DAUGHTER.masked_name)
    assert len(hub.serials()) == 1
    assert at_a_gate(seen(page), hub).accepted


def test_the_private_key_cannot_be_read_out_of_the_browser(page: Page, hub: ResidentHub) -> None:
    set_up(page, hub)
    found = page.evaluate(
        """async () => {
            const { passes } = await import("/store.js");
            const [{ key }] = await passes();
            const out = await crypto.subtle.exportKey("pkcs8", key).then(() => "read", (cause) => cause.name);
            return [key.type, key.extractable, out];
        }"""
    )
    assert found == ["private", False, "InvalidAccessError"]


def test_whatever_the_browser_draws_for_a_signature_the_gate_takes_it(page: Page, hub: ResidentHub) -> None:
    """Half of all signatures come with the greater s, which a gate does not take; sixty in a row would show it."""
    set_up(page, hub)
    codes = page.evaluate(
        """async () => {
            const [{ passes }, { codeOf }] = await Promise.all([import("/store.js"), import("/code.js")]);
            const [{ pass, key }] = await passes();
            const seconds = Math.floor(Date.now() / 1000);
            return Promise.all(Array.from({ length: 60 }, () => codeOf(pass, key, seconds)));
        }"""
    )
    assert len(set(codes)) == 60
    assert [at_a_gate(code.encode(), hub).reasons for code in codes] == [()] * 60


@pytest.mark.parametrize("size", [SMALL, USUAL], ids=["small", "usual"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_name_code_and_ring_fit_on_one_screen(page: Page, hub: ResidentHub, size: Any, language: str) -> None:
    """Nothing to scroll for: name, code, ring and the button for another code, in both languages."""
    page.set_viewport_size(size)
    set_up(page, hub)
    if language == "en":
        page.click("#language")
        expect(page.locator("#renew")).to_have_text("New code")
    for each in ("#name", "#time", "#code", "#ring", "#renew"):
        box = page.locator(each).bounding_box()
        assert box is not None
        assert box["y"] >= 0, each
        assert box["y"] + box["height"] <= size["height"], each
    code = page.locator("#code").bounding_box()
    assert code is not None
    assert code["width"] >= 0.85 * size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    assert at_a_gate(seen(page), hub).accepted
