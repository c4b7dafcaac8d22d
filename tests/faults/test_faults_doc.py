"""docs/faults.md is held to what the matrix holds a running gate to, word by word where the screen has words."""

from pathlib import Path

import pytest

from gate.wording import REASONS
from station.kiosk.words import WORDS
from tests.faults.promises import PAGE, PROMISES, Part, table

PAGE_PATH = Path(__file__).parents[2] / "docs" / "faults.md"


def test_the_page_has_a_row_for_every_part_and_no_other() -> None:
    rows = [line for line in PAGE_PATH.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert rows == table()
    assert list(PAGE) == list(PROMISES) == list(Part)


@pytest.mark.parametrize("part", Part)
def test_the_page_quotes_the_screens_own_words(part: Part) -> None:
    """What the guard is said to see is what the kiosk shows: status bar, screen, verdict; in both languages."""
    promise, sees = PROMISES[part], PAGE[part].sees
    keys = {"hub": (), "broker": ("link.broker",), "none": ("link.none",)}[promise.link]
    keys += ("order.title",) if promise.out_of_order else ()
    keys += () if promise.believed else ("clock.floor",)
    for key in keys:
        assert WORDS[key].zh in sees.zh
        assert WORDS[key].en in sees.en
    for fault in promise.faults:
        assert WORDS["fault"].zh.format(part=WORDS[f"part.{fault}"].zh) in sees.zh
        assert WORDS["fault"].en.format(part=WORDS[f"part.{fault}"].en) in sees.en
    if part is Part.DISK:
        (reason,) = promise.reasons
        assert REASONS[reason].say.zh in sees.zh
        assert REASONS[reason].say.en in sees.en


@pytest.mark.parametrize("part", Part)
def test_the_page_names_the_reasons_of_each_part(part: Part) -> None:
    assert all(f"`{reason}`" in PAGE[part].machine for reason in PROMISES[part].reasons)
