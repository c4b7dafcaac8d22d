"""The guard's handbook: each sheet is one printed page in each language, and names nothing that is not there."""

import re

import pytest
from playwright.sync_api import Browser

from gate.wording import LANGUAGES
from tests.rehearsal.handbook import (
    FOLDER,
    HandbookWrong,
    Sheet,
    document,
    faults_of,
    in_markdown,
    opened,
    pages,
    pdf,
    sheets,
)

PIXELS_PER_POINT = 96 / 72
LEAST_POINTS = 11
LEAST_PICTURE_PIXELS = 130  # high: 35 mm
MOST_STEPS, MOST_LETTERS = 5, {"zh": 46, "en": 100}  # what is read at night, by old eyes
_TASKS = (
    *(
        "sign-on",
        "hand-over",
        "training",
        "by-himself",
        "no-phone",
        "family",
        "paper",
        "fever",
        "code-colour",
        "isolated",
    ),
    *("closed", "returnee", "certificate", "undo", "visitor", "car", "parcel", "amber", "no-network", "power", "fire"),
    "for-residents",
)
_SMALL = """() => [...document.querySelectorAll('.sheet *')].filter((e) => !e.closest('svg')
  && [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())
  && parseFloat(getComputedStyle(e).fontSize) < %f).map((e) => e.textContent)"""
_OVERFULL = """() => [...document.querySelectorAll('.sheet')].filter((e) => e.scrollHeight > e.clientHeight
  || [...e.querySelectorAll('*')].some((part) => part.getBoundingClientRect().right > e.getBoundingClientRect().right)
).map((e) => e.id)"""
_PRESSED = """() => [...document.querySelectorAll('.shown')].filter((e) => e.scrollHeight > e.clientHeight + 1
  || [...e.querySelectorAll('img')].some((i) => i.getBoundingClientRect().height < %d)).map((e) => e.parentNode.id)"""


def test_every_task_of_a_guard_has_its_sheet() -> None:
    assert tuple(sheet.id for sheet in sheets()) == _TASKS


def test_the_pages_are_what_the_sources_say() -> None:
    """Word for word what `make handbook` would write; so every word of a button and every fault exists."""
    for name, text in pages().items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, f"docs/handbook/{name}: run make handbook"
    assert {leaf.name for leaf in FOLDER.glob("*.md")} == pages().keys()


def test_a_sheet_that_names_what_is_not_there_is_refused() -> None:
    """A button, a page and a fault; in words that say where."""
    for text in ("{no.such_button}", "{page:nowhere}"):
        with pytest.raises(HandbookWrong, match="sheet torn"):
            in_markdown(Sheet("torn", ("", ""), []), (text, text), "zh")
    with pytest.raises(HandbookWrong, match="no row gremlin"):
        faults_of(Sheet("torn", ("", ""), [], faults=("gremlin",)), "zh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_sheets_are_short(language: str) -> None:
    """At most five steps, each a line or two."""
    for sheet in sheets():
        assert 3 <= len(sheet.steps) <= MOST_STEPS, sheet.id
        for step in sheet.steps:
            read = in_markdown(sheet, step, language).replace("**", "")
            assert len(read) <= MOST_LETTERS[language], f"{sheet.id}: {read}"
    assert "{" not in re.sub(r"<style>.*</style>", "", document(language), flags=re.S)


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_sheet_is_one_page_that_can_be_read(browser: Browser, language: str) -> None:
    """Nothing under 11 pt, nothing cut off or beside the paper, no picture too small; as many pages as sheets."""
    page = opened(browser, language)
    page.set_viewport_size({"width": 794, "height": 1123})
    try:
        assert page.evaluate(_SMALL % (LEAST_POINTS * PIXELS_PER_POINT - 0.01)) == []
        assert page.evaluate(_OVERFULL) == []
        assert page.evaluate(_PRESSED % LEAST_PICTURE_PIXELS) == []
        assert len(re.findall(rb"/Type\s*/Page\b", pdf(page))) == len(sheets())
    finally:
        page.close()
