"""A registry that was mended or restored says so to the office, until somebody has read it."""

import re
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from hub.casebook import Casebook
from hub.keeping import backup
from hub.keeping.restore import restore
from hub.orders import OrderRefused
from hub.orders.desk import ReadRecovery
from hub.registry import clerks, mending, opened, people, recoveries, seals
from hub.registry.people import Household
from hub.settings import Settings
from tests.hub.office_day import NOON
from tests.hub.office_screen import DESK, PHONE, enter, faults
from tests.hub.office_served import CLERK, Served, plain, served

__all__ = ["faults", "served"]
LATER = NOON + timedelta(hours=1)
REPORT = "registry-damaged-20261122T040000Z.txt"


def was_mended(served: Served) -> None:
    served.compound.registry.run(
        lambda each: recoveries.put(each, recoveries.SALVAGED, NOON, REPORT, mended=12, other=3)
    )


def told(served: Served, language: str) -> tuple[str, str]:
    """What the first page says in that language, and what the registry's own."""
    with served.client() as client:
        client.get(f"/?lang={language}")
        return plain(client.get("/").text), plain(client.get("/recoveries").text)


def read_it(client: httpx.Client) -> httpx.Response:
    form = r'action="(/recoveries/\d+/read)">\s*<input type="hidden" name="_csrf_token" value="([0-9a-f]+)"'
    found = re.search(form, client.get("/recoveries").text)
    assert found is not None, "no form says that it was read"
    return client.post(found[1], data={"_csrf_token": found[2]})


@pytest.mark.parametrize(
    ("language", "title", "rows"),
    [
        ("zh", "登记库曾损坏，已修复", "12 行已修复，3 行丢失或须核对"),
        ("en", "The registry was damaged and has been mended", "12 rows mended, 3 lost or to be looked over"),
    ],
)
def test_the_office_says_what_happened_when_and_where_the_report_lies(
    served: Served, language: str, title: str, rows: str
) -> None:
    """On the first page among the alarms, and on a page of its own with the file's place on the hub."""
    was_mended(served)
    front, page = told(served, language)
    for text in (title, rows):
        assert text in front
        assert text in page
    assert "12:00" in front
    assert str(served.compound.path.parent / REPORT) in page


@pytest.mark.parametrize(
    ("language", "since", "to_do"),
    [
        ("zh", "其后办公室没有改动", "办公室无须重做"),
        ("en", "the office has done nothing since", "Nothing has to be done again"),
    ],
)
def test_where_the_office_did_nothing_since_the_backup_nothing_is_asked_of_it(
    served: Served, language: str, since: str, to_do: str
) -> None:
    served.compound.registry.run(
        lambda each: recoveries.put(each, recoveries.RESTORED, LATER, "registry.before", other=0, backed_up_at=NOON)
    )
    front, page = told(served, language)
    assert since in front
    assert since in page
    assert to_do in page


def test_it_is_said_until_somebody_has_read_it_and_then_who_did(served: Served) -> None:
    """What happened stays on its page; a second reader does not take the first one's place."""
    was_mended(served)
    with served.client() as client:
        assert "登记库曾损坏" in client.get("/").text
        assert read_it(client).headers["location"] == "/recoveries"
        assert "登记库曾损坏" not in client.get("/").text
        assert f"{CLERK} 于 11-22 12:00 看过" in plain(client.get("/recoveries").text)
        served.compound.decides(ReadRecovery(1, "somebody else"), LATER)
        assert f"{CLERK} 于 11-22 12:00 看过" in plain(client.get("/recoveries").text)


def test_what_never_happened_cannot_be_read_of(served: Served) -> None:
    with pytest.raises(OrderRefused, match="number 7"):
        served.compound.decides(ReadRecovery(7, CLERK))
    with served.client() as client:
        assert "登记库没有出过问题" in client.get("/recoveries").text


def test_nobody_without_a_form_of_ours_says_that_he_has_read_it(served: Served) -> None:
    was_mended(served)
    with served.client() as client:
        client.post("/recoveries/1/read")
        assert "登记库曾损坏" in client.get("/").text


def test_a_mended_registry_counts_what_its_report_names(tmp_path: Path) -> None:
    """One row mended from its other copy, one that is gone; both stand in the report."""
    path = registry_of(tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        seals.seal(connection)
        connection.executescript("DROP TRIGGER clerk_unsealed; DROP TRIGGER household_resealed")
        connection.executescript("DELETE FROM clerk; DELETE FROM twin WHERE tbl = 'clerk'")
        connection.executescript("UPDATE household SET room = '502'")
    opened_again(path, LATER)
    (found,) = Casebook(path).unread_recoveries()
    (report,) = tmp_path.glob("registry-damaged-*.txt")
    assert (found.what, found.at, found.mended, found.other) == ("salvaged", LATER, 1, 1)
    assert found.file == str(report)


def test_a_restored_registry_says_of_when_it_is_and_how_much_is_to_be_done_again(tmp_path: Path) -> None:
    """Also a recovery that nobody had read when the backup was made is still to be read."""
    path = registry_of(tmp_path)
    with opened(path, NOON) as registry:
        registry.run(lambda each: recoveries.put(each, recoveries.SALVAGED, NOON, REPORT, mended=1, other=0))
        made = backup.take(path, tmp_path / "copy.sqlite", "sunshine", NOON)
        registry.run(lambda each: clerks.put(each, "late", "hash", NOON))
    done = restore(Settings(compound="sunshine", data=str(tmp_path)), made.path, LATER)
    restored, salvaged = Casebook(path).unread_recoveries()
    assert (restored.what, restored.at, restored.backed_up_at, restored.other) == ("restored", LATER, NOON, 1)
    assert restored.file == str(done.set_aside)
    assert salvaged.what == "salvaged"


def test_a_registry_of_an_older_hub_that_is_damaged_is_not_said_to_lack_what_it_never_had(tmp_path: Path) -> None:
    """Tables that came later are no loss."""
    path = registry_of(tmp_path)
    with closing(sqlite3.connect(path)) as connection:
        seals.seal(connection)
        connection.executescript("DROP TABLE recovery; DELETE FROM tally WHERE tbl = 'recovery'")
        connection.executescript("DELETE FROM _sqlite_migrations WHERE name > '0011'")
        connection.executescript("DROP TRIGGER household_resealed; UPDATE household SET room = '502'")
    opened_again(path, LATER)
    (found,) = Casebook(path).unread_recoveries()
    assert (found.mended, found.other) == (1, 0)


@pytest.mark.browser
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_a_clerk_reads_it_and_the_alarm_ends(
    page: Page, served: Served, faults: list[str], size: tuple[int, int]
) -> None:
    was_mended(served)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    enter(page, served)
    page.locator(".alarms .alarm", has_text="登记库曾损坏").click()
    expect(page.get_by_text(REPORT)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    page.get_by_role("button", name="我已看过").click()
    expect(page.get_by_text(f"{CLERK} 于")).to_be_visible()
    page.goto(served.address)
    expect(page.locator(".alarms")).to_have_count(0)
    assert faults == []


def registry_of(folder: Path) -> Path:
    with opened(folder / "registry.sqlite", NOON, "sunshine") as registry:
        registry.run(lambda each: people.put_households(each, [Household(id="aa" * 8, building="3", room="501")]))
        registry.run(lambda each: clerks.put(each, "office", "hash", NOON))
    return folder / "registry.sqlite"


def opened_again(path: Path, now: datetime) -> None:
    mending.note(path, [])
    with opened(path, now, "sunshine"):
        pass
