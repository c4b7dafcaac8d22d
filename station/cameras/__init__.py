"""The eyes of a lane: cameras, one backend a file, chosen by name in the settings and never guessed.

The eyes call `open_camera` (station.world tells them which), and again when a camera was lost.
"""

from collections.abc import Callable

from station.cameras.file import FileCamera
from station.cameras.frame import Camera, CameraFailed, Frame, Pixels
from station.cameras.rehearsal import RehearsalCamera
from station.cameras.v4l2 import V4l2Camera

__all__ = ["BACKENDS", "Camera", "CameraFailed", "Frame", "Pixels", "open_camera"]

BACKENDS: dict[str, Callable[[str, int, int, float], Camera]] = {
    "file": lambda source, _width, _height, rate: FileCamera(source, rate),
    "rehearsal": lambda _source, width, height, rate: RehearsalCamera(width, height, rate),
    "v4l2": V4l2Camera.open,
}


def open_camera(backend: str, source: str, width: int, height: int, frames_per_second: float) -> Camera:
    """Open the camera that the settings name.

    source: `v4l2` a device ("/dev/video0", or "0"); `file` a picture, a folder of pictures or a video;
    `rehearsal` ignores it. width, height in pixels and frames_per_second are wishes to a real camera;
    files keep the size they have.
    Raises `ValueError` for an unknown backend or an impossible size or rate, and `CameraFailed` when there is
    no such camera.
    """
    if backend not in BACKENDS:
        raise ValueError(f"no camera backend {backend!r}: choose one of {', '.join(sorted(BACKENDS))}")
    if width < 1 or height < 1:
        raise ValueError(f"a camera cannot give {width}x{height} pixels: set both to 1 or more, such as 1280x720")
    if not 0 < frames_per_second <= 1000:
        raise ValueError(f"a camera cannot give {frames_per_second} frames a second: set more than 0, such as 30")
    return BACKENDS[backend](source, width, height, frames_per_second)
