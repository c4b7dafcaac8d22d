"""The lane's sense of warmth: one thread that reads the thermometer and posts what it felt to the loop.

Rule: a thermometer that is lost is said to be lost, in both languages, and opened anew, for ever; what a reading is
worth is judged later.
"""

import logging
import threading
import time
from collections.abc import Callable

from gate.wording import Words
from station.inbox import Faulty, Felt, Post, Warned
from station.thermometers import RawReading, Thermometer, ThermometerFailed

log = logging.getLogger(__name__)

PART = "thermometer"


class Feeler:
    """open_thermometer: opens, or opens again. retry_seconds: between two attempts to open."""

    def __init__(
        self, open_thermometer: Callable[[], Thermometer], post: Callable[[Post], None], retry_seconds: float = 1.0
    ) -> None:
        self._open_thermometer = open_thermometer
        self._post = post
        self._retry_seconds = retry_seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feeler", daemon=True)
        self._news = threading.Condition()
        self._newest: RawReading | None = None
        self._told = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End within a second; a sensor that hangs is left behind."""
        self._stopped.set()
        self._thread.join(1.0)

    def wait_felt(self, celsius: float | None, timeout_seconds: float) -> bool:
        """Wait until the newest reading posted is this one (None: nobody); False when the time is up."""
        with self._news:
            return self._news.wait_for(
                lambda: self._newest is not None and self._newest.object_celsius == celsius, timeout_seconds
            )

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._feel(self._open_thermometer())
            except ThermometerFailed as lost:
                words = lost.words
            except Exception as wrong:
                log.exception("the thermometer's thread stumbled")
                words = _stumbled(wrong)
            else:
                return
            if words.en != self._told:
                log.error("thermometer: %s", words.en)
                self._post(Warned(PART, words))
            self._told = words.en
            self._post(Faulty(PART, f"{words.zh} / {words.en}"))
            self._stopped.wait(self._retry_seconds)

    def _feel(self, thermometer: Thermometer) -> None:
        """Until stopped. Raises ThermometerFailed."""
        works = False
        try:
            while not self._stopped.is_set():
                reading = thermometer.read()
                if not works:
                    works, self._told = True, ""
                    self._post(Faulty(PART, ""))
                    self._post(Warned(PART, None))
                self._post(Felt(reading, time.monotonic()))
                with self._news:
                    self._newest = reading
                    self._news.notify_all()
        finally:
            thermometer.close()


def _stumbled(wrong: Exception) -> Words:
    name = type(wrong).__name__
    return Words(f"体温计的读数取不出来（{name}）", f"the thermometer's readings cannot be taken ({name})")
