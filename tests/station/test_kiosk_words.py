"""The screen's texts: each has one home and both languages."""

import re
from pathlib import Path

import pytest

from gate.passage import Ground
from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.temperature import Site
from station.happenings import Press
from station.kiosk.words import WORDS, dictionary
from station.view import Barrier, Hint

KIOSK = Path(__file__).parents[2] / "station/kiosk"
PAGES = sorted([*KIOSK.glob("static/*.js"), *KIOSK.glob("templates/*.html")])
SOURCES = [*PAGES, KIOSK / "rehearsal.py"]
# Keys that the scripts put together out of a prefix and a word of the gate.
BUILT = {
    "admit.": list(Direction),
    "direction.": list(Direction),
    "ready.direction.": list(Direction),
    "outcome.": list(Outcome),
    "mark.": list(Outcome),
    "ground.": list(Ground),
    "link.": ["hub", "broker", "none"],
    "theme.": ["auto", "light", "dark"],
    "part.ok.": ["camera", "thermometer"],
    "aim.": list(Hint),
    "guide.": list(Hint),
    "looks.": ["green", "yellow", "red"],
    "barrier.": [each for each in Barrier if each not in {Barrier.NONE, Barrier.CLOSED}],
    "retest.": list(Site),
    "retest.how.": list(Site),
    "site.": list(Site),
    "clock.": ["synced", "held", "floor", "year", "month", "day", "hour", "minute"],
    "door.title.": ["visitor", "delivery", "vehicle"],
    "r.press.": list(Press),
    "r.fate.": ["fire", "tamper", "jam", "lift"],
    "handover.": ["well", "heat", "barrier", "resting", "medicine", "visitors", "office", "blanks"],
}


def _named() -> set[str]:
    text = "\n".join(source.read_text() for source in SOURCES)
    keys = set(re.findall(r"\bsay\(\"([a-z_.]+)\"", text))
    keys |= set(re.findall(r"data-?say\s*=\s*\"([a-z_.]+)\"", text.replace("dataset.say", "data-say")))
    return keys | {key for key in WORDS if f'"{key}"' in text}


def test_every_text_a_page_names_exists() -> None:
    """A hole would show the guard a key in place of a sentence."""
    known = dictionary()["zh"]
    assert _named() - known.keys() == set()
    built = {f"{prefix}{word}" for prefix, words in BUILT.items() for word in words}
    assert built - known.keys() == set()


def test_every_text_has_both_languages() -> None:
    """Chinese first, English second, neither empty, both with the same blanks to fill in."""
    zh, en = dictionary()["zh"], dictionary()["en"]
    assert zh.keys() == en.keys()
    for key in zh:
        assert zh[key].strip(), key
        assert en[key].strip(), key
        assert set(re.findall(r"{\w+}", zh[key])) == set(re.findall(r"{\w+}", en[key])), key
        assert not re.search(r"[\u4e00-\u9fff]", en[key]) or key == "language", key


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_can_be_shown(reason) -> None:
    """What is the matter and what to do next, for each."""
    for language in ("zh", "en"):
        texts = dictionary()[language]
        assert texts[f"reason.{reason}.say"]
        assert texts[f"reason.{reason}.do"]


def test_no_text_is_left_over() -> None:
    """A text that no page uses is a text that nobody reads again."""
    built = (*BUILT, "part.", "awaiting.", "needs_help", "monitored")
    unused = [key for key in WORDS if key not in _named() and not key.startswith(built)]
    assert unused == []


def test_no_page_keeps_texts_of_its_own() -> None:
    """Chinese in a script or a template would be a second home, in one language."""
    for source in SOURCES:
        assert not re.search(r"[\u4e00-\u9fff]", source.read_text()), source.name
