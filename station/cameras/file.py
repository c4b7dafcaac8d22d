"""A camera that plays what lies on a disk: a picture, a folder of pictures, or a video, over and over.

Opened by name from the settings, to try a gate or a decoder without a camera.
Rule: it behaves like a camera: frames come at the rate asked for, never faster, and never pile up.
"""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from station.cameras.frame import CameraFailed, Frame, Pixels
from station.cameras.pictures import PICTURE_SUFFIXES, load_picture


class FileCamera:
    """Plays `source` in a loop. Raises `CameraFailed` when there is nothing at `source` that can be shown."""

    def __init__(self, source: str, frames_per_second: float) -> None:
        path = Path(source)
        if not path.exists():
            raise CameraFailed(f"nothing at {path}: name a picture, a folder of pictures or a video")
        self._path = path
        self._frames = _play(path)
        self._first = next(self._frames)
        self._period = 1 / frames_per_second
        self._due = time.monotonic()
        self._closed = threading.Event()
        self._number = 0

    def read(self) -> Frame:
        pixels = self._next()
        if self._closed.wait(max(0.0, self._due - time.monotonic())):
            raise CameraFailed("the file camera is closed")
        now = time.monotonic()
        self._due = max(self._due, now - self._period) + self._period
        self._number += 1
        return Frame(pixels, now, self._number)

    def close(self) -> None:
        self._closed.set()

    def _next(self) -> Pixels:
        pixels = self._first if self._number == 0 else next(self._frames, None)
        if pixels is None:
            raise CameraFailed(f"{self._path} cannot be played any further: open it again")
        return pixels


def _play(path: Path) -> Iterator[Pixels]:
    if path.is_dir():
        return _play_folder(path)
    if path.suffix.lower() in PICTURE_SUFFIXES:
        return _play_picture(path)
    return _play_video(path)


def _play_picture(path: Path) -> Iterator[Pixels]:
    pixels = _picture(path)
    while True:
        yield pixels


def _play_folder(folder: Path) -> Iterator[Pixels]:
    """Looks into the folder anew on every round, so a picture that is added is shown."""
    while True:
        try:
            pictures = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES)
        except OSError as gone:
            raise CameraFailed(f"{folder} cannot be looked into: {gone.strerror}") from gone
        if not pictures:
            raise CameraFailed(f"no pictures in {folder}: put PNG or JPEG files there")
        for path in pictures:
            yield _picture(path)


def _picture(path: Path) -> Pixels:
    try:
        return load_picture(path)
    except (OSError, ValueError) as wrong:
        raise CameraFailed(str(wrong)) from wrong


def _play_video(path: Path) -> Iterator[Pixels]:
    while True:
        shown = 0
        for pixels in _once_through(path):
            shown += 1
            yield pixels
        if shown == 0:
            raise CameraFailed(f"{path} is neither a picture nor a video that can be read")


def _once_through(path: Path) -> Iterator[Pixels]:
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        while True:
            ok, picture = capture.read()
            if not ok:
                return
            yield np.asarray(picture, dtype=np.uint8)
    finally:
        capture.release()
