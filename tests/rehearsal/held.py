"""What a resident holds up, without the code on it: a paper card or a phone, the hand and the sleeve.

`pictures` calls it and lays the code on top. Rule: drawn once for each look, in millimetres, and kept; the
colours are multiplied by their opacity, so that a blurred edge mixes with what is behind it.
"""

import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Carrier = Literal["phone", "paper"]
Picture = npt.NDArray[np.uint8]  # height x width x 4, BGR and opacity
Colour = tuple[int, int, int]
LOOKS = 4
PIXELS_PER_MM = 4
_WIDTH, _ABOVE, _BELOW = 150, 15, 260  # mm: room for fingers beside, nothing above, the forearm below
_SKIN: tuple[Colour, ...] = ((142, 172, 214), (128, 158, 204), (158, 186, 226), (112, 142, 190))
_SLEEVE: tuple[Colour, ...] = ((74, 58, 46), (52, 54, 60), (96, 48, 66), (60, 84, 110))
_BAND: tuple[Colour, ...] = ((56, 44, 186), (160, 96, 30), (86, 132, 40), (56, 44, 186))


@dataclass(frozen=True)
class Held:
    """A picture of `PIXELS_PER_MM`, where on it the code's middle is (px), and how wide a code is printed (mm)."""

    picture: Picture
    middle: tuple[float, float]
    code_mm: float
    paper: Colour
    ink: Colour


@lru_cache(maxsize=2 * LOOKS)
def held(carrier: Carrier, look: int) -> Held:
    """The card or the phone in look 0 to `LOOKS` - 1. Do not draw on it."""
    rng = random.Random(look)  # a look is its number, so that two runs see the same hands
    tall = 150 if carrier == "phone" else 98
    canvas = np.zeros(((_ABOVE + tall + _BELOW) * PIXELS_PER_MM, _WIDTH * PIXELS_PER_MM, 4), np.uint8)
    _arm(canvas, rng, look, tall)
    if carrier == "phone":
        _phone(canvas, look)
    else:
        _paper(canvas, look)
    _thumb(canvas, look, _ABOVE + tall, 34 if carrier == "phone" else 30)
    middle = (_WIDTH / 2, _ABOVE + (70 if carrier == "phone" else 50))
    premultiplied = canvas[..., :3] * (canvas[..., 3:] / 255)
    canvas[..., :3] = premultiplied.astype(np.uint8)
    return Held(canvas, (middle[0] * PIXELS_PER_MM, middle[1] * PIXELS_PER_MM), *_print(carrier))


def _print(carrier: Carrier) -> tuple[float, Colour, Colour]:
    return (52.0, (250, 250, 250), (12, 12, 12)) if carrier == "phone" else (46.0, (224, 230, 232), (46, 42, 40))


def _px(*millimetres: float) -> list[int]:
    return [round(each * PIXELS_PER_MM) for each in millimetres]


def _box(
    canvas: Picture, left: float, top: float, right: float, bottom: float, colour: Colour, round_mm: float
) -> None:
    """A filled rectangle with round corners, in millimetres."""
    x0, y0, x1, y1, r = _px(left, top, right, bottom, round_mm)
    cv2.rectangle(canvas, (x0 + r, y0), (x1 - r, y1), (*colour, 255), -1)
    cv2.rectangle(canvas, (x0, y0 + r), (x1, y1 - r), (*colour, 255), -1)
    for x, y in ((x0 + r, y0 + r), (x1 - r, y0 + r), (x0 + r, y1 - r), (x1 - r, y1 - r)):
        cv2.circle(canvas, (x, y), r, (*colour, 255), -1, cv2.LINE_AA)


def _limb(canvas: Picture, points: list[tuple[float, float]], thick_mm: float, colour: Colour) -> None:
    """A finger or an arm: a thick line with round ends, lighter along its middle."""
    joints = np.array([_px(x, y) for x, y in points], np.int32)
    for share in (1.0, 0.86, 0.74, 0.62, 0.5, 0.38, 0.24):
        tone = tuple(min(255, int(c * (1.06 - 0.24 * share * share))) for c in colour)
        cv2.polylines(canvas, [joints], False, (*tone, 255), round(thick_mm * share * PIXELS_PER_MM), cv2.LINE_AA)


def _arm(canvas: Picture, rng: random.Random, look: int, tall: float) -> None:
    """Sleeve, palm and the four fingers that show at the left edge, all behind what is held."""
    skin, sleeve, foot = _SKIN[look], _SLEEVE[look], _ABOVE + tall
    lean = rng.uniform(8, 26)
    _limb(canvas, [(_WIDTH / 2 + 14, foot + 42), (_WIDTH / 2 + 14 + lean, foot + _BELOW + 40)], 66, sleeve)
    _limb(canvas, [(_WIDTH / 2 + 12, foot + 6), (_WIDTH / 2 + 14, foot + 40)], 46, skin)
    _limb(canvas, [(_WIDTH / 2 + 9, foot + 42), (_WIDTH / 2 + 22, foot + 42)], 58, sleeve)
    edge = _WIDTH / 2 - (38 if tall > 100 else 34)
    for nth in range(4):
        y = foot - 58 + nth * 16
        _limb(canvas, [(_WIDTH / 2, foot - 6), (edge + 2 + nth % 2, y)], 14, skin)
    # The blur mixes in the nothing around the arm: divide it out again, or the edge turns dark.
    soft = cv2.GaussianBlur(canvas, (0, 0), 3).astype(np.float32)
    soft[..., :3] *= 255 / np.maximum(soft[..., 3:], 1)
    canvas[:] = np.minimum(soft, 255).astype(np.uint8)


def _thumb(canvas: Picture, look: int, foot: float, in_from_edge: float) -> None:
    """The thumb lies over the lower right corner, never over the code."""
    x = _WIDTH / 2 + in_from_edge
    nail = tuple(min(255, int(c * 1.1)) for c in _SKIN[look])
    _limb(canvas, [(x + 8, foot + 10), (x - 2, foot - 12)], 17, _SKIN[look])
    cv2.ellipse(canvas, tuple(_px(x - 2.5, foot - 15)), tuple(_px(4.5, 6)), -20, 0, 360, (*nail, 255), -1, cv2.LINE_AA)


def _words(canvas: Picture, text: str, latin: str, left: float, base: float, mm: float, colour: Colour) -> None:
    """A line of print; OpenCV 5 brings Chinese letters of its own, OpenCV 4 has Latin ones only."""
    x, y = _px(left, base)
    colours = np.ascontiguousarray(canvas[..., :3])
    if hasattr(cv2, "FontFace"):
        cv2.putText(colours, text, (x, y), colour, cv2.FontFace("uni"), round(mm * PIXELS_PER_MM), 700)
    else:
        cv2.putText(colours, latin, (x, y), cv2.FONT_HERSHEY_SIMPLEX, mm * PIXELS_PER_MM / 30, colour, 2, cv2.LINE_AA)
    canvas[..., :3] = colours


def _paper(canvas: Picture, look: int) -> None:
    """A laminated card, 62 x 98 mm: a coloured head with the title, room for the code, two written lines."""
    left, top, right = _WIDTH / 2 - 31, float(_ABOVE), _WIDTH / 2 + 31
    _box(canvas, left, top, right, top + 98, (196, 202, 206), 3)
    _box(canvas, left + 0.7, top + 0.7, right - 0.7, top + 97.3, (224, 230, 232), 3)
    _box(canvas, left + 0.7, top + 0.7, right - 0.7, top + 17, _BAND[look], 3)
    _words(canvas, "小区出入证", "ENTRY PASS", left + 8, top + 12.5, 8.4, (240, 244, 246))
    _words(canvas, "凭证出入 一人一证", "ONE PERSON ONE PASS", left + 7, top + 83, 5.4, (70, 62, 60))
    _words(canvas, "请扫码 测温 登记", "SCAN AND MEASURE", left + 7, top + 91.5, 4.6, (110, 104, 100))


def _phone(canvas: Picture, look: int) -> None:
    """A phone of 74 x 150 mm whose bright screen shows a pass page."""
    left, top, right = _WIDTH / 2 - 37, float(_ABOVE), _WIDTH / 2 + 37
    _box(canvas, left, top, right, top + 150, (40, 38, 36), 9)
    _box(canvas, left + 1, top + 1, right - 1, top + 149, (22, 20, 20), 8)
    _box(canvas, left + 3.4, top + 4, right - 3.4, top + 146, (250, 250, 250), 6)
    _box(canvas, left + 3.4, top + 4, right - 3.4, top + 36, (_BAND[(look + 2) % LOOKS]), 6)
    _box(canvas, left + 3.4, top + 28, right - 3.4, top + 38, (250, 250, 250), 0)
    _words(canvas, "小区通行证", "GATE PASS", left + 14, top + 21, 8.6, (250, 250, 250))
    cv2.circle(canvas, tuple(_px(_WIDTH / 2, top + 7.2)), _px(1.6)[0], (20, 20, 20, 255), -1, cv2.LINE_AA)
    _words(canvas, "请将二维码对准摄像头", "HOLD UP TO THE CAMERA", left + 11.5, top + 111, 5.2, (96, 92, 90))
    _box(canvas, left + 12, top + 118, left + 62, top + 118.4, (214, 212, 210), 0)
    for nth, wide in enumerate((30, 42)):
        y = top + 123 + nth * 8
        _box(canvas, left + 12, y, left + 12 + wide, y + 3.4, (206, 204, 200), 1.5)
    _box(canvas, left + 26, top + 141, right - 26, top + 142.4, (120, 120, 120), 0.6)
