"""docs/screens.md: each screen as a picture in both languages, with what docs/screens/captions.toml says of it.

`make screens` draws and writes it; test_gallery.py holds it to the screens. Rule: a picture carries the words that were
on its screen, so that one which shows what is no longer said is found out without comparing pixels.
"""

import re
import tomllib
from pathlib import Path
from typing import Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Page

from gate.wording import LANGUAGES

DOCS = Path(__file__).parents[2] / "docs"
FOLDER = DOCS / "screens"
PAGE = DOCS / "screens.md"
MOST_BYTES, MOST_BYTES_IN_ALL = 200_000, 6_000_000
FEW_COLOURS, MANY_COLOURS = 80, 128  # for drawn surfaces; for what shows a camera's picture
SAID = "said"  # the PNG's text chunk with the words on the screen
_LEAD = """# Every screen · 所有屏幕

Each screen in Chinese and in English, as it is: `make screens` draws the pictures and writes this page; the tests fail
when a screen has no picture here, a picture no screen, or when a guard's screen no longer says what its picture says.
The guard's handbook, one printed sheet a task, stands in [handbook](handbook/README.md).
"""


def rooms() -> dict[str, dict[str, tuple[str, str]]]:
    """Room -> screen -> what is said of it in Chinese and in English."""
    return {room["name"]: {screen: (zh, en) for screen, (zh, en) in room["screens"].items()} for room in _captions()}


def languages_of(room: str) -> tuple[str, ...]:
    """In which its pictures are; ("both",) where a screen speaks both at once."""
    [told] = (tuple(each.get("languages", LANGUAGES)) for each in _captions() if each["name"] == room)
    return told


def pictures() -> list[tuple[str, str, str]]:
    """Room, screen and language of all of them."""
    return [
        (room, screen, language) for room, of in rooms().items() for screen in of for language in languages_of(room)
    ]


def picture_of(room: str, screen: str, language: str) -> Path:
    return FOLDER / room / f"{screen}-{language}.png"


def page() -> str:
    """The Markdown of docs/screens.md."""
    return _LEAD + "".join(_room(room) for room in _captions())


def write() -> None:
    PAGE.write_text(page(), encoding="utf-8")


def shoot(page: Page, room: str, screen: str, language: str, colours: int = FEW_COLOURS) -> None:
    """What is on the page as a small PNG, with its words."""
    picture = picture_of(room, screen, language)
    picture.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=picture)
    said = PngInfo()
    said.add_itxt(SAID, words_on(page))
    with Image.open(picture) as drawn:
        few = drawn.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
    few.save(picture, optimize=True, pnginfo=said)


def words_on(page: Page) -> str:
    """What a page says to whoever looks at it, between single blanks; every figure is 0, since clocks go on."""
    return re.sub(r"\d+", "0", re.sub(r"\s+", " ", page.inner_text("body"))).strip()


def words_in(picture: Path) -> str:
    """What was on the screen when the picture was taken."""
    with Image.open(picture) as drawn:
        drawn.load()
        return str(drawn.info.get(SAID, ""))


def _captions() -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = tomllib.loads((FOLDER / "captions.toml").read_text(encoding="utf-8"))["room"]
    return told


def _room(room: dict[str, Any]) -> str:
    name = str(room["name"])
    rows = "".join(_row(name, screen, *said) for screen, said in rooms()[name].items())
    heads = " | ".join({"zh": "中文", "en": "English"}.get(each, "中文 English") for each in languages_of(name))
    rule = "---|" * (1 + len(languages_of(name)))
    return f"\n## {room['zh']} · {room['en']}\n\n| {heads} | |\n|{rule}\n{rows}"


def _row(room: str, screen: str, zh: str, en: str) -> str:
    shown = [f"![{screen}](screens/{room}/{screen}-{language}.png)" for language in languages_of(room)]
    return f"| {' | '.join(shown)} | {zh}<br>{en} |\n"
