"""The lane's scanner head: one thread that takes scans and posts each to the loop, as the camera's eyes do.

Rule: a scan is a code in view for an instant, and then an empty view, so that the same paper scanned again is somebody
new. A head that is lost is said to be lost and opened anew, for ever; the lane goes on without it.
"""

import logging
import threading
import time
from collections.abc import Callable

from station.codes import SeenCode
from station.inbox import Faulty, Looked, Post
from station.scanners import Scanner, ScannerFailed

log = logging.getLogger(__name__)

NO_ANSWER = "扫码器没有反应：请检查插头和线"

NOWHERE = ((0, 0), (0, 0), (0, 0), (0, 0))
EMPTY_READS = 8
"""Empty views after a scan, a quarter of a second apart: more than a lane asks for before it lets a code go."""


class Ears:
    """open_scanner: opens, or opens again. retry_seconds: between two attempts."""

    def __init__(
        self, open_scanner: Callable[[], Scanner], post: Callable[[Post], None], retry_seconds: float = 2.0
    ) -> None:
        self._open_scanner = open_scanner
        self._post = post
        self._retry_seconds = retry_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ears", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End within a second."""
        self._stopped.set()
        self._thread.join(1.0)

    def _run(self) -> None:
        told = ""
        while not self._stopped.is_set():
            try:
                self._listen(self._open_scanner())
            except ScannerFailed as lost:
                if str(lost) != told:
                    log.error("scanner: %s", lost)
                told = str(lost)
                self._post(Faulty("scanner", f"{NO_ANSWER} / {told}"))
                self._stopped.wait(self._retry_seconds)

    def _listen(self, scanner: Scanner) -> None:
        """Until stopped. Raises ScannerFailed."""
        self._post(Faulty("scanner", ""))
        owed = 0
        try:
            while not self._stopped.is_set():
                scan = scanner.read()
                if scan:
                    self._post(Looked(time.monotonic(), (SeenCode(scan, "scanner", NOWHERE),)))
                    owed = EMPTY_READS
                elif owed:
                    self._post(Looked(time.monotonic(), ()))
                    owed -= 1
        finally:
            scanner.close()
