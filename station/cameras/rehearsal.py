"""The camera of a rehearsal: the world holds things up to it, from any thread, and the gate sees them.

Rule: it fails the way a real camera does, and what is shown stays in view until something else is.
A new scene is seen at once, without waiting for the frame rate, so that a rehearsal runs as fast as the gate can look.
"""

import threading
import time

import numpy as np

from station.cameras.frame import CameraFailed, Frame, Pixels


class RehearsalCamera:
    """Starts with an empty lane of width x height pixels in view, at the given rate."""

    def __init__(self, width: int = 1280, height: int = 720, frames_per_second: float = 30.0) -> None:
        self._empty = _empty_lane(width, height)
        self._period = 1 / frames_per_second
        self._world = threading.Condition()
        self._scene = self._empty
        self._changed = True
        self._looks = 0
        self._number = 0
        self._due = 0.0
        self._trouble = ""

    def show(self, pixels: Pixels) -> None:
        """Put a picture, grey or BGR of any size, before the camera. It is copied: the caller keeps theirs."""
        if pixels.dtype != np.uint8 or pixels.size == 0 or not (pixels.ndim == 2 or pixels.shape[2:] == (3,)):
            raise ValueError(f"a scene is grey or BGR in uint8, not {pixels.dtype} of shape {pixels.shape}")
        self._set(_fixed(pixels.copy()))

    def clear(self) -> None:
        """Leave the lane empty."""
        self._set(self._empty)

    def fail(self, message: str) -> None:
        """Break the camera: `read` raises `CameraFailed(message)`, also one that is waiting, until `mend`."""
        with self._world:
            self._trouble = message or "the rehearsal camera failed"
            self._world.notify_all()

    def mend(self) -> None:
        """Undo `fail`, and `close`: a camera that was lost can be opened again."""
        with self._world:
            self._trouble = ""
            self._changed = True
            self._world.notify_all()

    @property
    def looks(self) -> int:
        """How many frames of the scene now in view have been handed out."""
        with self._world:
            return self._looks

    def wait_looks(self, count: int, timeout: float) -> bool:
        """Wait until the scene in view was handed out `count` times; False after `timeout` seconds.

        A gate that reads frame after frame has finished with look n once look n + 1 is counted.
        """
        with self._world:
            return self._world.wait_for(lambda: self._looks >= count, timeout)

    def read(self) -> Frame:
        with self._world:
            self._world.wait_for(lambda: self._trouble or self._changed, self._due - time.monotonic())
            if self._trouble:
                raise CameraFailed(self._trouble)
            return self._hand_out(time.monotonic())

    def close(self) -> None:
        self.fail(self._trouble or "the rehearsal camera is closed")

    def _hand_out(self, now: float) -> Frame:
        self._changed = False
        self._due = now + self._period
        self._looks += 1
        self._number += 1
        self._world.notify_all()
        return Frame(self._scene, now, self._number)

    def _set(self, scene: Pixels) -> None:
        with self._world:
            self._scene = scene
            self._changed = True
            self._looks = 0
            self._world.notify_all()


def _empty_lane(width: int, height: int) -> Pixels:
    """Dull grey with the slight noise of a sensor, made once: the same on every run."""
    noise = np.random.default_rng(0).integers(-4, 5, size=(height, width, 1), dtype=np.int16)
    return _fixed(np.repeat((118 + noise).astype(np.uint8), 3, axis=2))


def _fixed(pixels: Pixels) -> Pixels:
    pixels.flags.writeable = False
    return pixels
