"""Frames of a lane: empty, with a code held up in it, or before a wall full of edges; and what was read in them."""

import io

import numpy as np
import segno

from station.cameras import Pixels
from station.cameras.pictures import decode_picture
from station.codes import SeenCode


def drawn(data: bytes, scale: int = 4) -> Pixels:
    png = io.BytesIO()
    segno.make(data, mode="byte", micro=False, error="m").save(png, kind="png", scale=scale, border=4)
    return decode_picture(png.getvalue())


def lane(level: int = 118) -> Pixels:
    return np.full((720, 1280, 3), level, dtype=np.uint8)


def held_up(data: bytes, left: int = 500, top: int = 200, scale: int = 4) -> Pixels:
    frame, code = lane(), drawn(data, scale)
    frame[top : top + code.shape[0], left : left + code.shape[1]] = code
    return frame


def shaken(frame: Pixels, seed: int) -> Pixels:
    """The same scene through a sensor with its noise."""
    noise = np.random.default_rng(seed).normal(0, 3, frame.shape)
    return (frame + noise).clip(0, 255).astype(np.uint8)


def bytes_of(seen: list[SeenCode]) -> list[bytes]:
    return [code.data for code in seen]


def brick_wall(shift: int = 0) -> Pixels:
    """Full of edges, and no code."""
    tiles = np.random.default_rng(3).integers(0, 255, (90, 160, 1), dtype=np.uint8)
    return np.roll(np.repeat(np.kron(tiles, np.ones((8, 8, 1), dtype=np.uint8)), 3, axis=2), shift, axis=1)
