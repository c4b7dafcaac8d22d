"""The lane's eyes: one thread that takes frames, looks for codes and posts what it saw to the loop.

Rule: a camera that is lost is said to be lost and opened anew, for ever; the lane goes on without it. A frame stays in
memory, and becomes a JPEG only when somebody asks to see it.
"""

import logging
import threading
from collections.abc import Callable

import cv2

from station.aim import aim
from station.cameras import Camera, CameraFailed, Frame, Pixels
from station.codes import SeenCode, Sight
from station.colour import coloured
from station.inbox import Faulty, Looked, Post

log = logging.getLogger(__name__)

PREVIEW_WIDTH = 640
NO_PICTURE = "相机没有画面：请检查插头和线"
_QUALITY = (cv2.IMWRITE_JPEG_QUALITY, 70)


class Eyes:
    """open_camera: opens, or opens again. look: a cascade's. retry_seconds: between two attempts to open.

    sight: the code that the last look saw and could not read.
    """

    def __init__(
        self,
        open_camera: Callable[[], Camera],
        look: Callable[[Pixels], list[SeenCode]],
        post: Callable[[Post], None],
        retry_seconds: float = 2.0,
        sight: Callable[[], Sight | None] = lambda: None,
    ) -> None:
        self._open_camera = open_camera
        self._look = look
        self._sight = sight
        self._post = post
        self._retry_seconds = retry_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="eyes", daemon=True)
        self._newest: Frame | None = None
        self._drawing = threading.Lock()
        self._drawn: tuple[Frame, bytes] | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End within a second; a camera that hangs is left behind."""
        self._stopped.set()
        self._thread.join(1.0)

    def preview(self) -> bytes | None:
        """The newest frame as a JPEG of at most 640 pixels' width; None while there is no camera."""
        frame = self._newest
        if frame is None:
            return None
        with self._drawing:
            if self._drawn is None or self._drawn[0] is not frame:
                self._drawn = (frame, _jpeg(frame.pixels))
            return self._drawn[1]

    def _run(self) -> None:
        told = ""
        while not self._stopped.is_set():
            try:
                self._watch(self._open_camera())
            except CameraFailed as lost:
                sentence = str(lost)
            except Exception as wrong:
                log.exception("the camera's thread stumbled")
                sentence = f"the camera's pictures cannot be looked at ({type(wrong).__name__})"
            else:
                return
            self._newest = None
            if sentence != told:
                log.error("camera: %s", sentence)
            told = sentence
            self._post(Faulty("camera", f"{NO_PICTURE} / {sentence}"))
            self._stopped.wait(self._retry_seconds)

    def _watch(self, camera: Camera) -> None:
        """Until stopped. Raises CameraFailed."""
        works = False
        try:
            while not self._stopped.is_set():
                frame = camera.read()
                if not works:
                    works = True
                    self._post(Faulty("camera", ""))
                self._newest = frame
                codes = coloured(frame.pixels, self._look(frame.pixels))
                height, width = frame.pixels.shape[:2]
                self._post(Looked(frame.taken_at, codes, aim(codes, self._sight(), width, height)))
        finally:
            camera.close()


def _jpeg(pixels: Pixels) -> bytes:
    height, width = pixels.shape[:2]
    if width > PREVIEW_WIDTH:
        size = (PREVIEW_WIDTH, max(1, round(height * PREVIEW_WIDTH / width)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(pixels.dtype, copy=False)
    return cv2.imencode(".jpg", pixels, _QUALITY)[1].tobytes()
