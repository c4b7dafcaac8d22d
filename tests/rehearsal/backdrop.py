"""What the gate's camera sees behind a resident: a lane, a cabin, a boom, a house front; by day and by night.

`pictures` calls it. Rule: every backdrop is drawn once from its number and kept, already out of focus, since
the camera is focused on the hand in front of it; whoever takes one must copy before drawing on it.
"""

import random
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

Frame = npt.NDArray[np.uint8]  # height x width x 3, BGR
Colour = tuple[int, int, int]
BACKDROPS = 8  # even numbers by day, odd ones by night
PERSONS = 3  # who stand there; more would only cost memory, a 720p view is 2.8 MB
_DRAWN = (640, 360)  # everything is drawn at this size; it is blurred anyway
_COATS: tuple[Colour, ...] = ((62, 52, 44), (92, 60, 38), (48, 50, 120), (88, 92, 96), (50, 74, 58), (126, 112, 120))
_HAIR: tuple[Colour, ...] = ((34, 30, 30), (40, 36, 44), (132, 132, 134))


@lru_cache(maxsize=BACKDROPS * (PERSONS + 1))
def backdrop(number: int, size: tuple[int, int], person: int | None = None) -> Frame:
    """The view `number` at `size` (width, height), with or without one of the persons there. Do not draw on it."""
    rng = random.Random(number)  # the number is all that makes a view, so that two runs see the same gate
    night = bool(number % 2)
    view = _sky_and_ground(night)
    _house_front(view, rng, night)
    _cabin(view, rng, night)
    _boom(view, rng, night)
    if night:
        _lamp(view, rng)
    view[:] = cv2.GaussianBlur(_weathered(view, number), (0, 0), 2.2)
    if person is not None:
        _person(view, random.Random(number * PERSONS + person), night)
    scaled = cv2.GaussianBlur(cv2.resize(view, size, interpolation=cv2.INTER_CUBIC), (0, 0), size[0] / 640)
    scaled.setflags(write=False)
    return scaled.astype(np.uint8, copy=False)


def _sky_and_ground(night: bool) -> Frame:
    width, height = _DRAWN
    above, below = ((38, 26, 20), (30, 30, 32)) if night else ((224, 214, 200), (128, 130, 132))
    rows = np.linspace(0.75, 1.15, height)[:, None, None]
    view = np.empty((height, width, 3), np.float64)
    view[:230], view[230:] = above, below
    return np.clip(view * rows, 0, 255).astype(np.uint8)


def _weathered(view: Frame, number: int) -> Frame:
    """Stains, wear and leaves: nothing at a gate has one even colour; and the lens darkens towards its corners."""
    width, height = _DRAWN
    random_field = np.random.default_rng(number).normal(0, 1, (height, width, 1)).astype(np.float32)
    coarse = cv2.GaussianBlur(random_field, (0, 0), 9) * 8 + cv2.GaussianBlur(random_field, (0, 0), 2.5) * 3.5
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    corner = 1 - 0.2 * (down**2 + across**2) / 2
    worn = view * (corner * (1 + 0.07 * coarse))[..., None]
    return np.asarray(np.clip(worn, 0, 255), np.uint8)


def _house_front(view: Frame, rng: random.Random, night: bool) -> None:
    left, right = rng.randint(0, 120), rng.randint(420, 640)
    wall = rng.choice(((70, 62, 58), (58, 60, 72))) if night else rng.choice(((158, 168, 182), (150, 160, 196)))
    cv2.rectangle(view, (left, 0), (right, 226), wall, -1)
    for x in range(left + 14, right - 30, 46):
        for y in range(8, 190, 44):
            lit = night and rng.random() < 0.35
            shade = rng.uniform(0.75, 1.1)  # a curtain, a reflection of the sky
            pane = (120, 190, 235) if lit else (34, 30, 28) if night else (126, 118, 104)
            glass = tuple(int(c * shade) for c in pane)
            cv2.rectangle(view, (x, y), (x + 26, y + 26), glass, -1)
            cv2.rectangle(view, (x, y + 28), (x + 26, y + 31), tuple(int(c * 0.8) for c in wall), -1)
    for x in range(-20, 660, rng.randint(70, 110)):
        green = (30, 44, 34) if night else (62 + rng.randint(0, 20), 104 + rng.randint(0, 26), 78)
        cv2.ellipse(view, (x, 222), (rng.randint(30, 50), rng.randint(22, 40)), 0, 0, 360, green, -1)


def _cabin(view: Frame, rng: random.Random, night: bool) -> None:
    """The guard's cabin, blue and white as everywhere."""
    x = rng.choice((rng.randint(0, 60), rng.randint(470, 540)))
    white, blue = ((92, 88, 84), (110, 60, 28)) if night else ((226, 226, 224), (176, 104, 48))
    cv2.rectangle(view, (x, 96), (x + 110, 290), white, -1)
    cv2.rectangle(view, (x - 6, 88), (x + 116, 108), blue, -1)
    cv2.rectangle(view, (x, 226), (x + 110, 290), blue, -1)
    cv2.rectangle(view, (x + 14, 128), (x + 96, 204), (150, 220, 245) if night else (150, 140, 120), -1)


def _boom(view: Frame, rng: random.Random, night: bool) -> None:
    """The barrier's red and white arm across the lane, on its yellow post."""
    y, dim = rng.randint(236, 262), 0.4 if night else 1.0
    red, white, yellow = ((int(b * dim), int(g * dim), int(r * dim)) for b, g, r in
                          ((44, 40, 200), (235, 235, 235), (50, 180, 225)))  # fmt: skip
    for nth, x in enumerate(range(120, 620, 36)):
        cv2.line(view, (x, y), (x + 36, y), red if nth % 2 else white, 9)
    cv2.rectangle(view, (96, y - 22), (132, 330), yellow, -1)


def _lamp(view: Frame, rng: random.Random) -> None:
    """A street lamp and the light it throws on the ground."""
    x, y = rng.randint(180, 460), rng.randint(24, 70)
    glow = np.zeros_like(view)
    cv2.circle(glow, (x, y), 16, (190, 230, 255), -1)
    cv2.ellipse(glow, (x, 300), (230, 44), 0, 0, 360, (52, 70, 84), -1)
    cv2.add(view, cv2.GaussianBlur(glow, (0, 0), 16), dst=view)
    cv2.circle(view, (x, y), 5, (235, 250, 255), -1)


def _person(view: Frame, rng: random.Random, night: bool) -> None:
    """Somebody in a winter coat and a mask, too close to the lens to be sharp."""
    x, dim = rng.randint(230, 410), 0.42 if night else 1.0
    coat, skin, hair, mask, fold = (
        (int(b * dim), int(g * dim), int(r * dim))
        for b, g, r in (rng.choice(_COATS), (150, 178, 218), rng.choice(_HAIR), (222, 205, 178), (190, 172, 150))
    )
    figure = view.copy()
    cv2.ellipse(figure, (x, 400), (150, 186), 0, 180, 360, coat, -1)
    cv2.rectangle(figure, (x - 26, 168), (x + 26, 226), skin, -1)
    cv2.ellipse(figure, (x, 226), (58, 24), 0, 0, 360, tuple(int(c * 0.8) for c in coat), -1)
    cv2.ellipse(figure, (x, 106), (62, 78), 0, 0, 360, hair, -1)
    cv2.ellipse(figure, (x, 126), (52, 66), 0, 0, 360, skin, -1)
    for side in (-20, 20):
        cv2.ellipse(figure, (x + side, 116), (8, 4), 0, 0, 360, hair, -1)
    cv2.ellipse(figure, (x, 160), (46, 36), 0, 0, 360, mask, -1)
    cv2.line(figure, (x - 40, 158), (x + 40, 158), fold, 2)
    cv2.line(figure, (x, 230), (x, 360), tuple(int(c * 0.7) for c in coat), 3)
    view[:] = cv2.GaussianBlur(figure, (0, 0), 3.2)
