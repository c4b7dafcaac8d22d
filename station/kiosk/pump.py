"""One watcher of the Desk for every screen: each change, and at least one word a second, to all that listen.

Started and stopped with the app. Rule: a slow screen misses views, never the newest one; when the Desk does not
answer, nothing is sent, so that the page notices by itself.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator

import msgspec

from station.kiosk.aside import aside
from station.kiosk.for_residents import for_residents
from station.view import Desk, KioskView

LOG = logging.getLogger("station.kiosk")

# A page calls it lost after 3 s without a word.
WORD_EVERY_SECONDS = 0.5
PREVIEW_EVERY_SECONDS = 0.125


class Pump:
    """Reads the Desk in one place and hands its views out as JSON."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._newest = ""
        self._newest_for_residents = ""
        self._turns = 0
        self._turned = asyncio.Condition()

    async def run(self) -> None:
        """Turn until cancelled."""
        seen: KioskView | None = None
        while True:
            try:
                seen = await aside(self._desk.wait_for_change, seen, WORD_EVERY_SECONDS)
            except Exception as wrong:
                LOG.error("the screen gets no view from the lane: %s", type(wrong).__name__)
                await asyncio.sleep(WORD_EVERY_SECONDS)
                continue
            async with self._turned:
                self._newest = msgspec.json.encode(seen).decode()
                self._newest_for_residents = msgspec.json.encode(for_residents(seen)).decode()
                self._turns += 1
                self._turned.notify_all()

    async def views(self) -> AsyncGenerator[str, None]:
        """The newest view at once, then each later one that this listener is quick enough for."""
        async for _ in self._each_turn():
            yield self._newest

    async def views_for_residents(self) -> AsyncGenerator[str, None]:
        """The same, with nobody's name in it."""
        async for _ in self._each_turn():
            yield self._newest_for_residents

    async def _each_turn(self) -> AsyncGenerator[None, None]:
        heard = 0
        while True:
            async with self._turned:
                await self._turned.wait_for(lambda: self._turns > heard)  # noqa: B023 - awaited right here
                heard = self._turns
            yield

    async def pictures(self) -> AsyncGenerator[bytes, None]:
        """The camera's newest frame as JPEG, about 8 a second; silence while the camera is at fault."""
        while True:
            picture = await aside(self._desk.preview)
            if picture:
                yield picture
            await asyncio.sleep(PREVIEW_EVERY_SECONDS)
