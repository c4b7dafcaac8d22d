"""docs/guard_screens.md shows the guard's screen as it is: each picture is a state that exists, and is there."""

from PIL import Image

from tests.station.drawn_states import CAPTIONS, FOLDER, GLASS, PAGE, page
from tests.station.states import STATES


def test_the_page_names_the_states_that_there_are() -> None:
    """Word for word what `make screens` would write; no picture of a state that is gone."""
    assert PAGE.read_text(encoding="utf-8") == page()
    assert CAPTIONS.keys() <= STATES.keys()


def test_every_picture_is_there_and_none_is_left_over() -> None:
    """Of the glass's own size, and small enough for a repository."""
    assert {picture.stem for picture in FOLDER.glob("*.png")} == CAPTIONS.keys()
    for picture in FOLDER.glob("*.png"):
        assert picture.stat().st_size < 60_000, picture.name
        with Image.open(picture) as drawn:
            assert drawn.size == (GLASS["width"], GLASS["height"]), picture.name
