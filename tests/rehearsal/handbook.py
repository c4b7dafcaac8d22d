"""The guard's handbook: one printed sheet a task, Chinese and English, out of docs/handbook/*.toml.

`make handbook` prints it into build/handbook and writes the pages that are read on a screen; test_handbook.py holds the
sheets to their size. Rule: a button's words and sign are taken from the kiosk's own pages, what a fault means from
docs/faults.md, and a picture from docs/screens, so that no sheet can name what is not there.
"""

import html
import re
import sys
import tomllib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from gate.wording import LANGUAGES
from station.kiosk.words import dictionary
from tests.conftest import CHROMIUM, QUIET
from tests.rehearsal.gallery import DOCS, picture_of

FOLDER = DOCS / "handbook"
BUILD = DOCS.parent / "build" / "handbook"
SOURCES = ("shift", "residents", "guests", "trouble", "for_residents")
TEMPLATES = DOCS.parent / "station" / "kiosk" / "templates"
PARTS = {"zh": ("怎么做", "记住", "屏幕显示"), "en": ("What to do", "Remember", "The screen says")}
NAMES = {"zh": ("保安手册", "居民须知"), "en": ("Guard's handbook", "For residents")}
OFFICE = {"zh": "社区电话", "en": "Office telephone"}
# What is tapped looks like a button; what is only seen is underlined.
_GREEN = re.compile(r"verdict\.let_through|admit\.|send\.(agreed|car|door)|find\.together|clock\.set|duty\.(on|off)")
_RED = re.compile(r"verdict\.send_back|outcome\.refuse")
_AMBER = re.compile(r"outcome\.refer|recent\.open|clock\.floor")
_SEEN = re.compile(r"reason\.|.*\.title|train\.mark|card\.counts")
_WORD = re.compile(r"\{([a-z_.:-]+)\}")
Word = Callable[[str, str], str]


class HandbookWrong(Exception):
    """A sheet names a word, a page or a fault that does not exist; the message says which, and on which sheet."""


@dataclass(frozen=True)
class Sheet:
    """One printed page. Each text is (Chinese, English). screens: of the guard; faults: parts of docs/faults.md."""

    id: str
    title: tuple[str, str]
    steps: list[tuple[str, str]]
    screens: tuple[str, ...] = ()
    keep: tuple[tuple[str, str], ...] = ()
    faults: tuple[str, ...] = ()
    for_residents: bool = False

    def pictures(self, language: str) -> list[Path]:
        """Of the guard's screen, or of what a resident has before him."""
        if not self.for_residents:
            return [picture_of("guard", screen, language) for screen in self.screens]
        phone = picture_of("pass", "pass", language)
        return [phone, *(picture_of("resident", screen, "both") for screen in self.screens)]


@cache
def sheets() -> tuple[Sheet, ...]:
    """All of them, in the order in which they are printed."""
    files = [tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8")) for name in SOURCES]
    return tuple(Sheet(**told) for file in files for told in file["sheet"])


def handbook() -> int:
    """Print both languages, and write the pages in docs/handbook; the exit status."""
    write()
    BUILD.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        try:
            for language in LANGUAGES:
                printed = BUILD / f"handbook-{language}.pdf"
                printed.write_bytes(pdf(opened(browser, language)))
                print(printed, file=sys.stderr)
        finally:
            browser.close()
    return 0


def write() -> None:
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def opened(browser: Browser, language: str) -> Page:
    """All sheets of a language on one page of Chromium, as they are printed."""
    page = browser.new_page()
    page.emulate_media(media="print")
    page.set_content(document(language), wait_until="load")
    return page


def pdf(page: Page) -> bytes:
    return page.pdf(format="A4", print_background=True)


def document(language: str) -> str:
    """The HTML of all sheets; it holds everything that it shows."""
    style = (FOLDER / "sheet.css").read_text(encoding="utf-8")
    signs = (TEMPLATES / "marks.svg").read_text(encoding="utf-8")
    body = "".join(_printed(number, sheet, language) for number, sheet in enumerate(sheets(), 1))
    return f'<!doctype html><html lang="{language}"><meta charset="utf-8"><style>{style}</style>{signs}{body}</html>'


def pages() -> dict[str, str]:
    """The Markdown files of docs/handbook, by their names."""
    return {f"{language}.md": _read_on_a_screen(language) for language in LANGUAGES} | {"README.md": _index()}


def _printed(number: int, sheet: Sheet, language: str) -> str:
    do, keep, says = PARTS[language]
    steps = "".join(f"<li><p>{_html(sheet, pair, language)}</p></li>" for pair in sheet.steps)
    shown = "".join(_shown(picture) for picture in sheet.pictures(language))
    rows = "".join(
        f"<tr><td>{html.escape(seen)}</td><td>{html.escape(done)}</td></tr>"
        for seen, done in faults_of(sheet, language)
    )
    table = f"<table><tr><th>{says}</th><th>{do}</th></tr>{rows}</table>" if rows else ""
    kept = "".join(f"<p>{_html(sheet, pair, language)}</p>" for pair in sheet.keep)
    note = f"<aside><b>{keep}</b><div>{kept}</div></aside>" if kept else ""
    name = NAMES[language][sheet.for_residents]
    return (
        f'<section class="sheet" id="{sheet.id}"><header><span>{name}</span><i>{number}</i></header>'
        f"<h1>{html.escape(_of(sheet.title, language))}</h1><ol>{steps}</ol>{table}"
        f'<div class="shown of{len(sheet.pictures(language))}">{shown}</div>{note}'
        f"<footer><span>{OFFICE[language]}</span></footer></section>"
    )


def _read_on_a_screen(language: str) -> str:
    shown = [f"# {NAMES[language][0]}\n"]
    for number, sheet in enumerate(sheets(), 1):
        shown.append(f"\n## {number}. {_of(sheet.title, language)}\n\n")
        shown += [f"{at}. {in_markdown(sheet, pair, language)}\n" for at, pair in enumerate(sheet.steps, 1)]
        if sheet.faults:
            do, _, says = PARTS[language]
            shown.append(f"\n| {says} | {do} |\n|---|---|\n")
            shown += [f"| {seen} | {done} |\n" for seen, done in faults_of(sheet, language)]
        shown += [f"\n> {in_markdown(sheet, pair, language)}\n" for pair in sheet.keep]
        shown += [f"\n![]({Path('..') / picture.relative_to(DOCS)})\n" for picture in sheet.pictures(language)]
    return "".join(shown)


def _index() -> str:
    lead = (
        "# The guard's handbook · 保安手册\n\nOne printed A4 sheet a task: `make handbook` prints [Chinese](zh.md) and"
        " [English](en.md) into `build/handbook/`. The words are\nwritten once, in the `.toml` files here; buttons come"
        " from the kiosk's own words, faults from [faults](../faults.md), pictures from\n[screens](../screens.md).\n\n"
        "| | 中文 | English |\n|---|---|---|\n"
    )
    return lead + "".join(f"| {at} | {one.title[0]} | {one.title[1]} |\n" for at, one in enumerate(sheets(), 1))


def _html(sheet: Sheet, pair: tuple[str, str], language: str) -> str:
    def word(key: str, text: str) -> str:
        sign = _signs().get(key)
        drawn = f'<svg class="mark"><use href="#mark-{sign}"></use></svg>' if sign else ""
        return f'<span class="{_look(key)}">{drawn}{html.escape(text)}</span>'

    return _filled(sheet, html.escape(_of(pair, language)), language, word)


def in_markdown(sheet: Sheet, pair: tuple[str, str], language: str) -> str:
    return _filled(sheet, _of(pair, language), language, lambda key, text: f"**{text}**")


def _filled(sheet: Sheet, text: str, language: str, word: Word) -> str:
    def put(found: re.Match[str]) -> str:
        key = found[1]
        if key.startswith("page:"):
            return str(_page_of(sheet, key.removeprefix("page:")))
        try:
            told = dictionary()[language][key]
        except KeyError:
            raise HandbookWrong(f"sheet {sheet.id}: the screen says no {key!r}; see station/kiosk/words.py") from None
        return word(key, told.replace("{n}", "3"))

    return _WORD.sub(put, text)


def _page_of(sheet: Sheet, wanted: str) -> int:
    numbers = {each.id: number for number, each in enumerate(sheets(), 1)}
    if wanted not in numbers:
        raise HandbookWrong(f"sheet {sheet.id}: there is no sheet {wanted!r}")
    return numbers[wanted]


def faults_of(sheet: Sheet, language: str) -> list[tuple[str, str]]:
    """What the screen shows and what the guard does, of each part that the sheet names."""
    rows = {}
    for line in (DOCS / "faults.md").read_text(encoding="utf-8").splitlines():
        if named := re.match(r"\| `(\w+)` \|", line):
            *_, seen_zh, seen_en, do_zh, do_en = (cell.strip() for cell in line.strip("| ").split("|"))
            rows[named[1]] = (seen_zh, do_zh) if language == "zh" else (seen_en, do_en)
    if lacking := set(sheet.faults) - rows.keys():
        raise HandbookWrong(f"sheet {sheet.id}: docs/faults.md has no row {', '.join(sorted(lacking))}")
    return [rows[part] for part in sheet.faults]


def _look(key: str) -> str:
    if _SEEN.fullmatch(key) or key.startswith("reason."):
        return "seen"
    for tone, keys in (("green", _GREEN), ("red", _RED), ("amber", _AMBER)):
        if keys.match(key):
            return f"tapped {tone}"
    return "tapped"


@cache
def _signs() -> dict[str, str]:
    """Key of a button -> the sign beside its words, as the kiosk's pages have them."""
    pages = "".join(page.read_text(encoding="utf-8") for page in sorted(TEMPLATES.glob("*.html")))
    return {key: sign for sign, key in re.findall(r'mark\("(\w+)"\) }}{{ say\("([\w.]+)"\)', pages)}


def _of(pair: tuple[str, str], language: str) -> str:
    return pair[LANGUAGES.index(language)]


def _shown(picture: Path) -> str:
    held = ' class="phone"' if picture.parent.name == "pass" else ""
    return f'<img{held} alt="" src="data:image/png;base64,{b64encode(picture.read_bytes()).decode()}">'
