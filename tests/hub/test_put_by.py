"""A message in quarantine that somebody has looked into: put by, with his name and the time; nothing is deleted."""

import re
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from gate import wire
from gate.passage import Passage
from hub import keys
from hub.office.texts import TEXTS
from hub.orders import OrderRefused
from hub.orders.desk import SettleQuarantined
from hub.orders.quarantine import Replayed, ReplayQuarantined
from hub.quarantine.set_aside import Kind, SetAside
from hub.registry import records
from hub.registry.parcels import UNREAD, Parcel
from tests.hub.office_day import IN, JOURNAL, NOON, Compound, stamp
from tests.hub.office_screen import DESK, PHONE, enter, faults
from tests.hub.office_served import CLERK, Served, plain

__all__ = ["faults"]
LATER = NOON + timedelta(minutes=5)
BODY = wire.encode_body(Passage(stamp(), "north", "1", IN))


@pytest.fixture
def compound(tmp_path: Path) -> Iterator[Compound]:
    with closing(Compound(tmp_path)) as compound:
        compound.clerk()
        compound.station("n1", "north")
        keys.make(tmp_path / "keys")
        yield compound


@pytest.fixture
def served(compound: Compound) -> Iterator[Served]:
    served = Served(compound)
    yield served
    served.end()


@pytest.fixture
def set_aside(compound: Compound) -> SetAside:
    return SetAside(compound.path)


def sends(compound: Compound, sequence: int, content: bytes, why: str = "") -> None:
    parcel = Parcel("n1", JOURNAL, sequence, wire.body_hash(content), content, why=why)
    compound.registry.run(lambda each: records.take(each, [parcel], [], NOON))


def copies_its_card(compound: Compound) -> None:
    """A number that comes twice, with two bodies."""
    sends(compound, compound.arrives("n1"), b'{"a copied card":1}')


def presses(client: httpx.Client, path: str) -> httpx.Response:
    form = rf'action="{path}">\s*<input type="hidden" name="_csrf_token" value="([0-9a-f]+)"'
    found = re.search(form, client.get("/quarantine").text)
    assert found is not None, f"no form goes to {path}"
    return client.post(path, data={"_csrf_token": found[1]})


def test_what_was_put_by_is_no_alarm_and_no_count_any_more_and_is_still_there(
    compound: Compound, served: Served, set_aside: SetAside
) -> None:
    """A copied card was looked into: the alarm, the number at the page's name and the figure for Prometheus end."""
    copies_its_card(compound)
    alarm = TEXTS["cloned_alarm"].zh
    (before,) = set_aside.listed()
    with served.client() as client:
        assert alarm in client.get("/").text
        assert '<span class="badge">1</span>' in client.get("/").text
        presses(client, f"/quarantine/{before.id}/put-by")
        assert alarm not in client.get("/").text
        assert 'class="badge' not in client.get("/").text
        page = plain(client.get("/quarantine").text)
    assert f"{CLERK} 于 11-22 12:00 处理" in page
    assert "a copied card" in page
    assert set_aside.counts() == dict.fromkeys(Kind, 0)
    (after,) = set_aside.listed()
    assert (after.payload, after.put_by, after.put_by_at) == (before.payload, CLERK, NOON)


def test_it_is_taken_up_again(compound: Compound, served: Served, set_aside: SetAside) -> None:
    """Somebody put by the wrong one."""
    copies_its_card(compound)
    (item,) = set_aside.listed()
    with served.client() as client:
        presses(client, f"/quarantine/{item.id}/put-by")
        presses(client, f"/quarantine/{item.id}/take-up")
        assert TEXTS["cloned_alarm"].zh in client.get("/").text
    assert set_aside.counts()[Kind.CLONED] == 1


def test_whoever_put_it_by_first_is_named(compound: Compound, set_aside: SetAside) -> None:
    compound.garbage(b"nonsense", "not JSON")
    (item,) = set_aside.listed()
    compound.decides(SettleQuarantined(item.id, True, "first"), NOON)
    compound.decides(SettleQuarantined(item.id, True, "second"), LATER)
    (item,) = set_aside.listed()
    assert (item.put_by, item.put_by_at) == ("first", NOON)


def test_what_waits_for_somebody_stands_before_what_was_put_by(compound: Compound, set_aside: SetAside) -> None:
    """Also before a copied card, which else is first."""
    copies_its_card(compound)
    compound.garbage(b"nonsense", "not JSON")
    cloned, garbage = set_aside.listed()
    compound.decides(SettleQuarantined(cloned.id, True, CLERK))
    assert [each.id for each in set_aside.listed()] == [garbage.id, cloned.id]


def test_what_was_put_by_is_tried_again_with_all_others_and_leaves_no_mark(
    compound: Compound, set_aside: SetAside
) -> None:
    """An update of the hub may read it after all; a later message with that number is not put by."""
    sends(compound, 70, BODY, f"{UNREAD}unknown kind")
    (item,) = set_aside.listed()
    compound.decides(SettleQuarantined(item.id, True, CLERK))
    assert compound.decides(ReplayQuarantined()) == Replayed(tried=1, left=0, registered=1, repeated=0, alarms=0)
    sends(compound, 71, b'{"kind":"of the future"}', f"{UNREAD}unknown kind")
    (later,) = set_aside.listed()
    assert (later.id, later.put_by) == (item.id, None)


def test_what_is_not_there_cannot_be_put_by(compound: Compound, served: Served) -> None:
    with pytest.raises(OrderRefused, match="number 99"):
        compound.decides(SettleQuarantined(99, True, CLERK))
    compound.garbage(b"nonsense", "not JSON")
    with served.client() as client:
        client.post("/quarantine/1/put-by")
    (item,) = SetAside(compound.path).listed()
    assert item.put_by is None, "without a form of ours nothing is decided"


@pytest.mark.browser
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_a_clerk_puts_it_by_on_the_page(
    page: Page, compound: Compound, served: Served, faults: list[str], size: tuple[int, int]
) -> None:
    copies_its_card(compound)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    enter(page, served)
    page.goto(served.address + "/quarantine")
    page.get_by_role("button", name="已处理").click()
    expect(page.get_by_text(f"{CLERK} 于")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    expect(page.locator("nav .badge")).to_have_count(0)
    assert faults == []
