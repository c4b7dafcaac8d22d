"""Frames that are hard to read, drawn anew for every seed: the measure of the decoder cascade.

The reading tests and benchmarks call `frames`. Each frame has one trouble (or a little of each) and a code of version 5
to 15 whose text is known. Rule: a frame follows from its seed, version, trouble and number alone.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from station.cameras import Pixels
from tests.rehearsal.pictures import Scene, render

TROUBLES = ("tilt", "motion", "glare", "dark", "distance", "mixed")
VERSIONS = range(5, 16)
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
# ISO/IEC 18004, table 7: alphanumeric characters at level M, by version.
_MOST = dict(zip(range(4, 16), (90, 122, 154, 178, 221, 262, 311, 366, 419, 483, 528, 600), strict=True))
Span = tuple[float, float]
_PLAIN: dict[str, Span] = {
    "angle_degrees": (-180, 180), "tilt": (0, 15), "blur_px": (0.3, 1.2), "glare": (0, 0), "brightness": (0.8, 1.1),
    "distance": (130, 180), "noise": (2, 5),
}  # fmt: skip
_TROUBLED: dict[str, dict[str, Span]] = {
    "tilt": {"tilt": (35, 66)},
    "motion": {"blur_px": (3, 8)},
    "glare": {"glare": (0.4, 1.0)},
    "dark": {"brightness": (0.04, 0.3), "noise": (5, 14)},
    "distance": {"distance": (220, 450)},
    "mixed": {
        "tilt": (10, 45), "blur_px": (1, 3), "glare": (0, 0.7), "brightness": (0.2, 1.4), "distance": (150, 260),
        "noise": (3, 10),
    },
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Rendered:
    """A grey frame of 1280 x 720 and what stands in the code that it shows."""

    version: int
    trouble: str
    data: bytes
    grey: Pixels


def frames(seed: int, each: int = 1, troubles: tuple[str, ...] = TROUBLES) -> Iterator[Rendered]:
    """`each` frames of every version and trouble."""
    for version in VERSIONS:
        for trouble in troubles:
            for number in range(each):
                yield frame(version, trouble, random.Random(f"{seed}-{version}-{trouble}-{number}"))


def frame(version: int, trouble: str, rng: random.Random) -> Rendered:
    """One frame of somebody who holds up a code of that version with that trouble."""
    length = rng.randint(_MOST[version - 1] + 1, _MOST[version])
    text = ("GC1:" + "".join(rng.choices(_ALPHABET, k=length)))[:length]
    traits = {name: rng.uniform(*span) for name, span in (_PLAIN | _TROUBLED[trouble]).items()}
    seen = render(text, Scene(carrier=rng.choice(("paper", "phone")), **traits), rng)
    return Rendered(version, trouble, text.encode(), np.asarray(cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY), np.uint8))
