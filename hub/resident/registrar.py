"""What the residents' page may ask of the hub: a pass for a phone, and whether passes were revoked.

Made by hub.run, called by the routes on threads of their own. Enrolling goes through the one writer; asking reads.
"""

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import closing
from datetime import datetime
from typing import Protocol

from hub.keys import SigningKey
from hub.passes import phones
from hub.passes.phones import Enrolled
from hub.registry import Registry, passes, read_only
from hub.settings import Settings

PATIENCE_SECONDS = 20.0

log = logging.getLogger(__name__)


class Submits(Protocol):
    """What is needed of the hub's writer."""

    def submit(self, command: Callable[[Registry], Enrolled]) -> "Future[Enrolled]": ...


class Registrar:
    """key: the one that signs passes now; it may change meanwhile. clock: aware instants. randomness: for serials."""

    def __init__(
        self,
        settings: Settings,
        writer: Submits,
        key: Callable[[], SigningKey],
        clock: Callable[[], datetime],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._settings = settings
        self._writer = writer
        self._key = key
        self._randomness = randomness
        self.clock = clock

    @property
    def compound(self) -> str:
        """The compound as its people call it."""
        return self._settings.name or self._settings.compound

    def enrol(self, token: str, phone_key: bytes) -> Enrolled:
        """Raises phones.EnrolmentRefused."""
        now = self.clock()

        def command(registry: Registry) -> Enrolled:
            return phones.enrol(registry, token, phone_key, self._key(), self._settings.resident, now, self._randomness)

        enrolled = self._writer.submit(command).result(PATIENCE_SECONDS)
        log.info("a phone has fetched a pass")
        return enrolled

    def revoked_among(self, serials: Iterable[str]) -> frozenset[str]:
        with closing(read_only(self._settings.registry)) as reader:
            return passes.revoked_among(reader, serials)
