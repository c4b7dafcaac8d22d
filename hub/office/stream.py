"""The live feed: server-sent events from the registry to every open screen.

A screen says how far it has read (`Last-Event-ID`, or `after` in the address) and gets everything that came since, then
whatever comes. Events: `passage` (a row that is wanted, new or amended), `amendment` (amended, not wanted), `tiles`,
`beat` (its id is how far the screen has now read), `reset` (load the page anew). Rule: a stream that is silent is dead,
so each says something every two seconds; all end when the announcer ends.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from litestar import get
from litestar.concurrency import sync_to_thread
from litestar.di import NamedDependency
from litestar.response import Stream
from msgspec.structs import astuple

from hub.announcer import Subscription
from hub.feed import Cursor, Filter
from hub.office import filters, sessions
from hub.office.language import language_of
from hub.office.office import Office
from hub.office.sessions import WebRequest
from hub.office.tail import Question, Tail, event

BEAT_SECONDS = 2.0
# What one read takes at most; the rest follows in the next.
WINDOW = 500
# A screen that missed more than this is better off with a fresh page.
TOO_MUCH = 2000


def cursor_of(text: str, newest: Cursor) -> Cursor:
    """What a screen says it has read; the end of the feed where it says nothing that can be understood."""
    counts = [_count(each) for each in text.strip().split("-")[:3]]
    passage, amendment, redated = (*counts, *([None] * 3))[:3]
    if passage is None:
        return newest
    return Cursor(
        passage, newest.amendment if amendment is None else amendment, newest.redated if redated is None else redated
    )


def _count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


@get("/feed/events", sync_to_thread=False)
def feed_events(request: WebRequest, office: NamedDependency[Office]) -> Stream:
    return Stream(
        _events(request, office),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _events(request: WebRequest, office: Office) -> AsyncIterator[bytes]:
    as_json = request.query_params.get("format") == "json"
    wanted = filters.filter_of(filters.asked(request.query_params), office.zone)
    language = language_of(request)
    # Listen first, look second: a commit between the two wakes this stream once more for nothing.
    ear = office.announcer.subscribe()
    try:
        newest = await sync_to_thread(office.tail.newest)
        read = request.headers.get("last-event-id") or request.query_params.get("after") or ""
        cursor, board = cursor_of(read, newest), b""
        if _lost(cursor, newest) and not as_json:
            yield event("reset", "")
            cursor = newest
        yield event("beat", "", cursor)
        async with aclosing(_turns(ear)) as turns:
            async for _ in turns:
                async for chunk, through in _news(office.tail, cursor, wanted, language, as_json):
                    cursor = through
                    yield chunk
                if not as_json and (drawn := await office.tail.board_event(language)) != board:
                    board = drawn
                    yield drawn
                yield event("beat", "", cursor)
                if not await sessions.still_open(request):
                    return
    finally:
        ear.close()


async def _news(
    tail: Tail, cursor: Cursor, wanted: Filter, language: str, as_json: bool
) -> AsyncIterator[tuple[bytes, Cursor]]:
    """What came between the cursor and the end of the feed, window by window."""
    newest = await sync_to_thread(tail.newest)
    while any(read < end for read, end in _both(cursor, newest)):
        through, late = await sync_to_thread(tail.step, cursor, WINDOW)
        chunk = await tail.events(Question(cursor, through, wanted, language, as_json, late))
        cursor = through
        # The id stands behind the rows: whoever has it, has them.
        yield chunk + event("beat", "", through), through


async def _turns(ear: Subscription) -> AsyncGenerator[None, None]:
    """Once at once, then whenever the announcer has news, and every BEAT_SECONDS; ends with the announcer."""
    hearing = aiter(ear)
    news = asyncio.ensure_future(anext(hearing, None))
    try:
        yield
        while True:
            done, _ = await asyncio.wait({news}, timeout=BEAT_SECONDS)
            if done:
                if news.result() is None:
                    return
                news = asyncio.ensure_future(anext(hearing, None))
            yield
    finally:
        news.cancel()


def _lost(cursor: Cursor, newest: Cursor) -> bool:
    """Ahead of the registry (it was put back from a backup), or too far behind it."""
    ahead = any(read > end for read, end in _both(cursor, newest))
    return ahead or any(end - read > TOO_MUCH for read, end in _both(cursor, newest))


def _both(cursor: Cursor, newest: Cursor) -> list[tuple[int, int]]:
    """Their counts side by side."""
    return list(zip(astuple(cursor), astuple(newest), strict=True))


ROUTES = (feed_events,)
