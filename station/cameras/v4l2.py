"""A USB camera (or any other Video4Linux device), through OpenCV.

Opened by name from the settings. Rule: a camera that misses one frame is lost; the loop says so to the guard
and opens it again, because half-dead USB cameras never come back by waiting.
A Pi's ribbon camera is not such a device: OpenCV cannot open libcamera.
"""

import logging
import os
import time
from typing import Protocol, Self

import cv2
import numpy as np

from station.cameras.frame import CameraFailed, Frame, Pixels

log = logging.getLogger(__name__)

STALL_SECONDS = 3
"""OpenCV waits 10 s for a silent device by default, which is too near the watchdog's 15 s."""


class Capture(Protocol):
    """The part of `cv2.VideoCapture` that is used here."""

    def read(self) -> tuple[bool, cv2.typing.MatLike]: ...
    def release(self) -> None: ...


class V4l2Camera:
    """A camera that is already open; `V4l2Camera.open` opens one."""

    def __init__(self, capture: Capture, source: str) -> None:
        self._capture = capture
        self._source = source
        self._number = 0

    @classmethod
    def open(cls, source: str, width: int, height: int, frames_per_second: float) -> Self:
        """Open a device path, or an index such as "0", with motion JPEG and a buffer of one frame.

        Raises `CameraFailed` when the device is absent, taken, or gives no picture.
        """
        device = f"/dev/video{source}" if source.isdecimal() else source
        if not os.path.exists(device):
            raise CameraFailed(f"no camera at {device}: plug it in, or correct the camera's source in the settings")
        os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", str(STALL_SECONDS))
        capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
        if not capture.isOpened():
            capture.release()
            raise CameraFailed(
                f"{device} does not open as a camera: another program may hold it,"
                " or the station's user is not in the group 'video'"
            )
        _ask(capture, width, height, frames_per_second, device)
        return cls(capture, device)

    def read(self) -> Frame:
        ok, pixels = self._capture.read()
        if not ok:
            raise CameraFailed(f"{self._source} stopped giving frames: check its plug and cable")
        self._number += 1
        return Frame(_as_pixels(pixels), time.monotonic(), self._number)

    def close(self) -> None:
        self._capture.release()


def _ask(capture: cv2.VideoCapture, width: int, height: int, rate: float, device: str) -> None:
    """The format comes first: many cameras offer the size and rate wanted only as motion JPEG."""
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
    capture.set(cv2.CAP_PROP_FPS, rate)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    given = (int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT)))
    if given != (width, height):
        log.warning("%s gives %dx%d pixels, not the %dx%d of the settings", device, *given, width, height)


def _as_pixels(picture: cv2.typing.MatLike) -> Pixels:
    return np.asarray(picture, dtype=np.uint8)
