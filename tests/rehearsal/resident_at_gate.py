"""How a resident of the demo looks to the camera: walks up, holds the thing up unsteadily, is seen, goes on.

`demo` plays its arrivals by it. Rule: what moves between two frames is the hand; person, hand and place stay the same.
"""

import random
from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from tests.rehearsal.backdrop import Frame
from tests.rehearsal.pictures import Scene, blank, damaged, foreign, render, scene
from tests.rehearsal.rhythm import Arrival, Shows
from tests.rehearsal.town import Pass

FRAMES_PER_SECOND = 5.0
STILL_MOVING = 2  # frames until the hand has come to rest


def what_is_held(arrival: Arrival, passes: dict[str, Pass], rng: random.Random) -> str | None:
    """The text of the code; None where none is held up."""
    owner = arrival.code_of
    own = passes[owner.identity_number].text if owner is not None else ""
    match arrival.shows:
        case Shows.NOTHING:
            return None
        case Shows.FOREIGN:
            return foreign(rng)
        case Shows.DAMAGED:
            return damaged(own, rng)
        case _:
            return own


def frames(arrival: Arrival, text: str | None, view: int, rng: random.Random) -> Iterator[bytes]:
    """The visit as JPEG files, one after the other, without end; the first ones still in motion."""
    seed = rng.random()
    at_rest = scene(arrival.scene_kind, arrival.carrier, rng, view)
    number = 0
    while True:
        same = random.Random(seed)
        if text is None:
            yield jpeg(blank(same, view=view))
        else:
            yield jpeg(render(text, _shaken(at_rest, number, rng), same))
        number += 1


def jpeg(frame: Frame) -> bytes:
    return np.asarray(cv2.imencode(".jpg", frame, (cv2.IMWRITE_JPEG_QUALITY, 88))[1]).tobytes()


def _shaken(at_rest: Scene, number: int, rng: random.Random) -> Scene:
    moving = max(0, STILL_MOVING - number)
    return replace(
        at_rest,
        angle_degrees=at_rest.angle_degrees + rng.uniform(-2, 2) + 10 * moving,
        tilt=max(0.0, at_rest.tilt + rng.uniform(-2, 2)),
        blur_px=at_rest.blur_px + 5 * moving,
        distance=at_rest.distance * (1 + 0.18 * moving) + rng.uniform(-5, 5),
    )
