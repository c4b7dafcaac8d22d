"""What the camera at the gate sees: somebody holds a code up, well or badly, in sun, rain and dark.

The rehearsal's residents call `scene()` and `render()` for each visit; `foreign()` and `damaged()` give them
texts that are no pass of ours. Rule: a picture follows from its text, its scene and the randomness handed in.
The camera is a pinhole 65 degrees wide; a resident holds things 12 to 60 cm before it.
"""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
import segno

from tests.rehearsal.backdrop import BACKDROPS, PERSONS, Frame, backdrop
from tests.rehearsal.held import LOOKS, PIXELS_PER_MM, Carrier, Held, Picture, held

Kind = Literal["easy", "ordinary", "hard", "hopeless"]
Span = tuple[float, float]
SIZE = (1280, 720)
_FOCAL = 1000 / 1280  # of the picture's width
_QUIET = 4  # modules, ISO/IEC 18004, 5.3.8
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"  # RFC 9285, in its order


@dataclass(frozen=True)
class Scene:
    """How a code is held up.

    `angle_degrees` turns it in the picture, `tilt` (degrees) away from the camera about a random axis; `blur_px`
    is how far an edge is smeared at 1280 pixels across; `glare` (0 to 1) is a lamp's reflection, 1 burns a third
    of the code away; `brightness` 1 is right, 0.3 dusk, 2 a low sun; `distance` is in mm; `noise` is the sensor's,
    as a standard deviation in grey levels. `view` is the gate seen behind, even by day and odd by night, 0 to
    `BACKDROPS` - 1; None takes any.
    """

    angle_degrees: float = 0.0
    tilt: float = 0.0
    blur_px: float = 0.0
    glare: float = 0.0
    brightness: float = 1.0
    distance: float = 160.0
    carrier: Carrier = "paper"
    noise: float = 3.0
    view: int | None = None


@dataclass(frozen=True)
class Spans:
    """From where to where each trait of a kind of scene reaches."""

    angle_degrees: Span
    tilt: Span
    blur_px: Span
    glare: Span
    brightness: Span
    distance: Span
    noise: Span


KIND: Mapping[Kind, Spans] = {
    "easy": Spans((-4, 4), (0, 8), (0, 0.8), (0, 0.1), (0.9, 1.1), (140, 170), (1, 3)),
    "ordinary": Spans((-14, 14), (0, 22), (0.3, 2.0), (0, 0.3), (0.65, 1.3), (140, 220), (2, 6)),
    "hard": Spans((-38, 38), (10, 42), (0.9, 4.0), (0.15, 0.6), (0.35, 1.6), (150, 260), (5, 13)),
    "hopeless": Spans((-30, 30), (10, 40), (11, 18), (0.2, 0.8), (0.3, 1.6), (280, 480), (6, 14)),
}


def scene(kind: Kind, carrier: Carrier, rng: random.Random, view: int | None = None) -> Scene:
    """A scene of that kind: each trait somewhere within its span."""
    spans = KIND[kind]
    traits = {name: rng.uniform(*span) for name, span in vars(spans).items()}
    return Scene(carrier=carrier, view=view, **traits)


def render(code_text: str, scene: Scene, rng: random.Random, size: tuple[int, int] = SIZE) -> Frame:
    """A frame (height x width x 3, BGR) of somebody holding up a QR code with that text; `size` is (width, height)."""
    frame = _lit(_behind(scene.view, rng, size, rng.randrange(PERSONS)), scene.brightness)
    thing = held(scene.carrier, rng.randrange(LOOKS))
    camera = _pose(scene, thing, rng, size)
    box = _bounds(_near_enough(thing, camera), camera, size)
    patch = _warped(code_text, thing, camera, box)
    patch = _smeared(patch, scene.blur_px * size[0] / SIZE[0], rng)
    area = frame[box[1] : box[3], box[0] : box[2]]
    _laid_over(area, patch, _light_on(scene))
    _glare(frame, scene, camera @ np.array([*thing.middle, 1.0]), rng)
    return _grainy(frame, scene.noise, rng)


def blank(rng: random.Random, size: tuple[int, int] = SIZE, view: int | None = None) -> Frame:
    """A frame of the gate without a code: nobody there, or somebody who holds up nothing."""
    person = rng.randrange(PERSONS) if rng.random() < 0.3 else None
    return _grainy(_lit(_behind(view, rng, size, person), rng.uniform(0.6, 1.2)), rng.uniform(2, 6), rng)


def _behind(view: int | None, rng: random.Random, size: tuple[int, int], person: int | None) -> Frame:
    any_view = rng.randrange(BACKDROPS)  # drawn in any case, so that a fixed view changes nothing else
    return backdrop(any_view if view is None else view, size, person)


def foreign(rng: random.Random) -> str:
    """The text of a code that is no pass: payment, parcel, wireless network, address book, web page."""
    number = rng.randrange(10**12)
    return rng.choice((
        f"https://pay.example/c/{number:012d}", f"HTTPS://QR.EXAMPLE/{number:X}", f"SF{number:013d}",
        f"WIFI:T:WPA;S:home-{number % 1000};P:{number:012d};;", "BEGIN:VCARD\nVERSION:3.0\nFN:王师傅\nEND:VCARD",
        f"https://weixin.example/g/{number:x}", f"{number:012d}", "温馨提示：请佩戴口罩",
    ))  # fmt: skip


def damaged(text: str, rng: random.Random) -> str:
    """The text with three characters altered; the mark before its colon stays, so that it still looks like ours."""
    start = text.find(":") + 1
    letters = list(text)
    for at in rng.sample(range(start, len(text)), min(3, len(text) - start)):
        letters[at] = rng.choice([other for other in _ALPHABET if other != letters[at]])
    return "".join(letters)


@lru_cache(maxsize=4096)
def _modules(text: str) -> npt.NDArray[np.bool_]:
    """The code's dark modules with its quiet zone. Fixed mask: choosing the best one costs five times as much."""
    code = segno.make(text, error="m", boost_error=False, micro=False, mask=len(text) % 8)
    return np.pad(np.array(code.matrix, np.bool_), _QUIET)


def _pose(scene: Scene, thing: Held, rng: random.Random, size: tuple[int, int]) -> npt.NDArray[np.float64]:
    """The homography from the thing's picture (px) to the frame (px), with the whole code inside the frame."""
    turn, tilt, axis = math.radians(scene.angle_degrees), math.radians(scene.tilt), rng.uniform(0, 2 * math.pi)
    about = np.array([math.cos(axis), math.sin(axis), 0.0]) * tilt
    rotation = cv2.Rodrigues(about)[0] @ cv2.Rodrigues(np.array([0.0, 0.0, turn]))[0]
    focal = _FOCAL * size[0]
    reach = 0.5 * (abs(math.cos(turn)) + abs(math.sin(turn))) * thing.code_mm * focal / scene.distance * 1.1
    x, y = (_somewhere(rng, reach, length) for length in size)
    to_mm = np.array([[1, 0, -thing.middle[0]], [0, 1, -thing.middle[1]], [0, 0, PIXELS_PER_MM]]) / PIXELS_PER_MM
    plane = np.column_stack([rotation[:, 0], rotation[:, 1], [0, 0, scene.distance]])
    lens = np.array([[focal, 0, x], [0, focal, y], [0, 0, 1]])
    return np.asarray(lens @ plane @ to_mm, np.float64)


def _somewhere(rng: random.Random, reach: float, length: int) -> float:
    """Near the middle, and so that `reach` to either side stays within `length`."""
    free = max(0.0, length / 2 - reach)
    return length / 2 + max(-free, min(free, rng.gauss(0, length / 12)))


def _near_enough(thing: Held, camera: npt.NDArray[np.float64]) -> Picture:
    """The thing without the part of the arm that a tilt brings beside or behind the lens."""
    across, down, depth = camera[2]
    rows, columns = thing.picture.shape[:2]
    closest = min(0.0, across * columns) + depth
    least = 0.3 * (across * thing.middle[0] + down * thing.middle[1] + depth)
    kept = rows if closest + down * rows >= least else int((least - closest) / down)
    return thing.picture[:kept]


def _bounds(picture: Picture, camera: npt.NDArray[np.float64], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The part of the frame the picture covers: left, top, right, bottom."""
    high, wide = picture.shape[:2]
    corners = np.array([[[0, 0], [wide, 0], [wide, high], [0, high]]], np.float64)
    seen = cv2.perspectiveTransform(corners, camera)[0]
    left, top = np.clip(np.floor(seen.min(axis=0)) - 8, 0, np.array(size) - 1).astype(int)
    right, bottom = np.clip(np.ceil(seen.max(axis=0)) + 8, 1, size).astype(int)
    return int(left), int(top), int(right), int(bottom)


def _warped(
    text: str, thing: Held, camera: npt.NDArray[np.float64], box: tuple[int, int, int, int]
) -> npt.NDArray[np.uint8]:
    """The thing and, sharper, the code on it, as the camera sees them within `box`."""
    room = (box[2] - box[0], box[3] - box[1])
    moved = np.array([[1, 0, -box[0]], [0, 1, -box[1]], [0, 0, 1.0]]) @ camera
    patch = cv2.warpPerspective(_near_enough(thing, camera), moved, room, flags=cv2.INTER_LINEAR)
    dark = _modules(text)
    mm = thing.code_mm / (len(dark) - 2 * _QUIET)  # one module
    seen = mm * abs(np.linalg.det(moved[:2, :2])) ** 0.5 * PIXELS_PER_MM
    step = int(max(2, min(10, round(seen))))
    tones = np.where(dark[..., None], np.array((*thing.ink, 255)), np.array((*thing.paper, 255))).astype(np.uint8)
    printed = tones.repeat(step, axis=0).repeat(step, axis=1)
    scale = mm * PIXELS_PER_MM / step
    shift = [at - printed.shape[0] * scale / 2 for at in thing.middle]
    place = np.array([[scale, 0, shift[0]], [0, scale, shift[1]], [0, 0, 1]])
    cv2.warpPerspective(
        printed, moved @ place, room, dst=patch, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT
    )
    return patch.astype(np.uint8, copy=False)


def _smeared(patch: npt.NDArray[np.uint8], blur_px: float, rng: random.Random) -> npt.NDArray[np.uint8]:
    """A hand that shook, or a lens that had not focused."""
    if blur_px < 0.3:
        return patch
    if rng.random() < 0.5:
        long = max(1, round(blur_px * 1.5))
        return cv2.blur(patch, (long, 1) if rng.random() < 0.5 else (1, long)).astype(np.uint8, copy=False)
    return cv2.GaussianBlur(patch, (0, 0), blur_px / 2).astype(np.uint8, copy=False)


def _light_on(scene: Scene) -> float:
    """A screen shines by itself, paper has only the light that falls on it."""
    return scene.brightness**0.35 if scene.carrier == "phone" else scene.brightness


def _lit(view: Frame, brightness: float) -> Frame:
    return cv2.convertScaleAbs(view, alpha=brightness, beta=max(0.0, brightness - 1) * 20).astype(np.uint8, copy=False)


def _laid_over(area: Frame, patch: npt.NDArray[np.uint8], light: float) -> None:
    """Mixes the patch into the frame by its opacity; too much light also lifts the black."""
    through = cv2.cvtColor(255 - patch[..., 3], cv2.COLOR_GRAY2BGR)
    behind = cv2.multiply(area, through, scale=1 / 255)
    lit = cv2.convertScaleAbs(patch[..., :3], alpha=light)
    cv2.add(behind, lit, dst=area)


@lru_cache(maxsize=1)
def _spot() -> npt.NDArray[np.float32]:
    steps = np.linspace(-2.6, 2.6, 128, dtype=np.float32)
    across: npt.NDArray[np.float32] = np.exp(-(steps[:, None] ** 2 + steps[None, :] ** 2))
    return across


def _glare(frame: Frame, scene: Scene, middle: npt.NDArray[np.float64], rng: random.Random) -> None:
    """A lamp's or the sun's reflection somewhere on the code."""
    if scene.glare < 0.02:
        return
    across = 46 * _FOCAL * frame.shape[1] / scene.distance
    x, y = (round(at / middle[2] + rng.uniform(-0.5, 0.5) * across) for at in middle[:2])
    wide, high = (round(across * (0.35 + 0.5 * scene.glare) * rng.uniform(0.8, 1.4)) for _ in range(2))
    spot = cv2.resize(_spot() * (420 * scene.glare), (2 * wide, 2 * high))
    left, top = max(0, x - wide), max(0, y - high)
    right, bottom = min(frame.shape[1], x + wide), min(frame.shape[0], y + high)
    if left < right and top < bottom:
        cut = spot[top - y + high : bottom - y + high, left - x + wide : right - x + wide]
        light = cv2.cvtColor(np.minimum(cut, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)
        area = frame[top:bottom, left:right]
        cv2.add(area, light, dst=area)


@lru_cache(maxsize=4)
def _grain(size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """One field of noise, a little larger than the frame, from which each frame cuts its own."""
    field = np.random.default_rng(size[0]).normal(128, 32, (size[1] + 64, size[0] + 64, 3))
    return np.clip(field, 0, 255).astype(np.uint8)


def _grainy(frame: Frame, noise: float, rng: random.Random) -> Frame:
    high, wide = frame.shape[:2]
    x, y = rng.randrange(64), rng.randrange(64)
    grain = _grain((wide, high))[y : y + high, x : x + wide]
    share = noise / 32
    return cv2.addWeighted(frame, 1.0, grain, share, -128 * share).astype(np.uint8, copy=False)
