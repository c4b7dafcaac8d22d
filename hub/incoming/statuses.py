"""How the stations say they are, on its way from the link to the registry; only the last word of each counts."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Lock

from msgspec import json

from gate.unreadable import UNREADABLE
from gate.wire import StationStatus
from hub.registry import Registry, stations

log = logging.getLogger(__name__)


class Statuses:
    """post: hands the writer a batch job. changed: told after the commit, so that the office's tiles move.

    lacking: told which of the hub's documents a station lacks, and the broker does not have.
    """

    def __init__(
        self,
        post: Callable[[Callable[[Registry], None]], object],
        changed: Callable[[], None],
        clock: Callable[[], datetime],
        lacking: Callable[[str, Sequence[str]], None],
    ) -> None:
        self._post = post
        self._changed = changed
        self._clock = clock
        self._lacking = lacking
        self._lock = Lock()
        self._heard: dict[str, StationStatus] = {}

    def put(self, station: str, payload: bytes) -> bool:
        """From the link's thread; False where it cannot be read, which is logged and nothing more."""
        try:
            status = json.decode(payload, type=StationStatus)
        except UNREADABLE:
            log.warning("station %s: its status cannot be read; is its software newer than the hub's?", station)
            return False
        if status.lacks:
            self._lacking(station, status.lacks)
        with self._lock:
            waiting = bool(self._heard)
            self._heard[station] = status
        if not waiting:
            self._post(self._write)
        return True

    def _write(self, registry: Registry) -> None:
        with self._lock:
            heard, self._heard = self._heard, {}
        registry.run(lambda each: stations.said(each, heard.items(), self._clock()))
        self._changed()
