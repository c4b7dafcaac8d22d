"""What a camera hands to the gate: frames, in order, or the news that it is broken.

Every backend of this folder gives these; the loop and the decoders know nothing else about cameras.
Rule: a frame lives in memory only. Nothing in the station writes one to disk.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
"""Height x width (grey) or height x width x 3 (blue, green, red), 0 to 255."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture from a lane's camera.

    pixels: grey or BGR, see `Pixels`; whoever receives it must not write into it.
    taken_at: `time.monotonic()` in seconds at the moment the frame came into hand.
    number: counts up from 1 for as long as this camera stays open.
    """

    pixels: Pixels
    taken_at: float
    number: int


class CameraFailed(Exception):
    """The camera gives no frames: the message names the camera, what is wrong and what to do, for the guard."""


class Camera(Protocol):
    """A source of frames with one reader."""

    def read(self) -> Frame:
        """The next frame, after waiting for it. Raises `CameraFailed`; to try again, close and open anew."""

    def close(self) -> None:
        """Give the device back; harmless when repeated. A `read` after it raises `CameraFailed`."""
