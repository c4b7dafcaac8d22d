"""The colour of a code's modules, under lamps and screens of any tint: advice that is seldom silent and never wrong."""

from collections import Counter

import cv2
import numpy as np
import pytest
import segno

from gate.roster import Health
from station.cameras import Pixels
from station.codes import SeenCode
from station.colour import colour_of, coloured, looks
from station.zbar import Corners
from tests.gate.gate_pass_makers import a_gate_pass
from tests.gate.phone_makers import a_phone_code

# What the provinces print and show, as sRGB; none of them agrees with the next.
INKS = {
    Health.GREEN: [(0, 166, 80), (27, 160, 61), (9, 187, 7), (64, 185, 110), (0, 128, 60)],
    Health.YELLOW: [(255, 192, 0), (240, 173, 32), (250, 210, 40), (230, 180, 0), (255, 184, 28)],
    Health.RED: [(229, 57, 53), (217, 0, 27), (200, 20, 20), (255, 70, 60), (180, 0, 10)],
    Health.UNKNOWN: [(0, 0, 0), (40, 40, 44), (70, 66, 64)],
}
# What of red, green and blue the light has, in linear light.
LIGHTS = {
    "daylight": (1.0, 1.0, 1.0),
    "a warm lamp": (1.0, 0.72, 0.38),
    "sodium, nearly": (1.0, 0.55, 0.2),
    "a blue screen": (0.62, 0.8, 1.0),
    "a green tube": (0.8, 1.0, 0.75),
    "dusk": (0.25, 0.27, 0.33),
}
CORNERS: Corners = ((40, 20), (262, 48), (245, 272), (20, 240))


def frame(ink: tuple[int, int, int], light: tuple[float, float, float], veil: float, seed: int) -> Pixels:
    """A code in that ink held before a grey wall: tilted, blurred, noisy, with `veil` of stray light over it. BGR."""
    matrix = np.array([list(row) for row in segno.make("https://hc.example.gov.cn/q?a=1", version=7).matrix], np.uint8)
    paper, print_ = (np.array(each, np.float64) / 255 for each in ((250, 250, 250), ink))
    flat = np.where(matrix[..., None] == 1, print_, paper)
    flat = cv2.copyMakeBorder(flat, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=tuple(paper))
    side = len(matrix)
    source = np.array([(4, 4), (4 + side, 4), (4 + side, 4 + side), (4, 4 + side)], np.float32) * 8
    flat = cv2.resize(flat, None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST)
    turn = cv2.getPerspectiveTransform(source, np.array(CORNERS, np.float32))
    held = cv2.warpPerspective(flat, turn, (290, 290), borderValue=(0.45, 0.45, 0.45))
    linear = (held**2.2 * (1 - veil) + veil) * np.array(light)
    seen = cv2.GaussianBlur(255 * linear ** (1 / 2.2), (0, 0), 1.0)
    noisy = seen + np.random.default_rng(seed).normal(0, 4, seen.shape)
    bgr = np.clip(noisy, 0, 255).astype(np.uint8)[..., ::-1]
    jpeg = cv2.imencode(".jpg", np.ascontiguousarray(bgr), (cv2.IMWRITE_JPEG_QUALITY, 85))[1]
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), dtype=np.uint8)


def confusion() -> Counter[tuple[Health, Health]]:
    """How often an ink of one colour looks like another: (ink, said) -> frames."""
    seen: Counter[tuple[Health, Health]] = Counter()
    for colour, inks in INKS.items():
        for light in LIGHTS.values():
            for seed, veil in enumerate((0.0, 0.05, 0.15)):
                seen.update((colour, looks(frame(ink, light, veil, seed), CORNERS)) for ink in inks)
    return seen


def test_no_colour_is_taken_for_another_and_few_are_not_told():
    """Five inks a colour, six lights, three veils: none wrong, black never coloured, nine of ten told."""
    seen = confusion()
    wrong = {pair: count for pair, count in seen.items() if pair[1] not in (pair[0], Health.UNKNOWN)}
    assert wrong == {}
    for colour in (Health.GREEN, Health.YELLOW, Health.RED):
        assert seen[colour, colour] >= 0.9 * 90, (colour, seen)


@pytest.mark.parametrize("light", LIGHTS)
def test_the_light_does_not_tint_the_answer(light: str):
    """A green code under any lamp is green, by the code's own white."""
    assert colour_of(frame((0, 166, 80), LIGHTS[light], 0.0, 0), CORNERS)[0] is Health.GREEN


def test_where_there_is_nothing_to_see_nothing_is_said():
    """A grey camera, a scanner head without a picture, a code too small, one flat field, night."""
    picture = frame((229, 57, 53), LIGHTS["daylight"], 0.0, 0)
    nowhere: Corners = ((0, 0), (0, 0), (0, 0), (0, 0))
    small: Corners = ((0, 0), (20, 0), (20, 20), (0, 20))
    night = (picture // 16).astype(np.uint8)
    assert looks(np.ascontiguousarray(picture[..., 0]), CORNERS) is Health.UNKNOWN
    assert looks(picture, nowhere) is Health.UNKNOWN
    assert looks(picture, small) is Health.UNKNOWN
    assert looks(np.full_like(picture, 128), CORNERS) is Health.UNKNOWN
    assert looks(night, CORNERS) is Health.UNKNOWN


def test_every_code_of_a_frame_but_a_pass_is_given_its_colour():
    """The camera's thread asks in one go; a community's own pass is printed in black and costs nothing."""
    picture = frame((0, 166, 80), LIGHTS["a warm lamp"], 0.0, 0)
    passes = (b"GC1:ABC", a_phone_code(), a_gate_pass())
    seen = [SeenCode(code, "QRCode", CORNERS) for code in (b"https://hc.example.gov.cn/q?a=1", *passes)]
    assert [code.looks for code in coloured(picture, seen)] == [Health.GREEN, *[Health.UNKNOWN] * 3]


def test_corners_outside_of_the_frame_are_no_trouble():
    """A code that is about to leave the view, or corners that a decoder guessed: an answer or none, never an error."""
    picture = frame((255, 192, 0), LIGHTS["daylight"], 0.0, 0)
    beyond: Corners = ((-5000, -5000), (9000, -100), (9000, 9000), (-100, 9000))
    crossed: Corners = ((0, 0), (400, 400), (400, 0), (0, 400))
    for corners in (beyond, crossed):
        assert looks(picture, corners) in Health
