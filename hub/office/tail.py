"""The end of the feed, read once for every screen that asks the same, and how the gates stand.

The streams ask it after each commit. Rule: reads happen in threads, the bookkeeping in the one event loop, and a
failed read is not remembered.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from litestar.concurrency import sync_to_thread
from litestar.response.sse import ServerSentEventMessage
from msgspec import json, structs

from hub.casebook import Befell, Casebook, Recovery
from hub.feed import Counts, Cursor, Feed, FeedRow, Filter, Tile
from hub.incoming.gaps import Outstanding
from hub.office.screen import Screen
from hub.quarantine.set_aside import Quarantined, SetAside

# Tiles count the day's passages, so they are drawn at most this often, however many screens are open.
BOARD_SECONDS = 1.0
# So long a copied card stands among the alarms; on its own page it stays.
CLONED_IS_NEWS = timedelta(days=1)
ANSWERS_KEPT = 64


@dataclass(frozen=True)
class Board:
    """How the gates stood at `at`. standing: alarms and trainings that have not ended. owed: by station, what of it has
    not come. cloned: what came lately under another record's number, newest first. recovered: what nobody has read yet
    of a registry that was mended or restored.
    """

    at: datetime
    totals: Counts
    tiles: tuple[Tile, ...]
    connected: bool
    standing: tuple[Befell, ...]
    owed: Mapping[str, Outstanding]
    cloned: tuple[Quarantined, ...]
    recovered: tuple[Recovery, ...]


@dataclass(frozen=True)
class Question:
    """What one screen wants to know next; equal ones share one answer. late: what had waited at its gate too."""

    after: Cursor
    through: Cursor
    wanted: Filter
    language: str
    as_json: bool
    late: bool = True


class Tail:
    """Reads the end of the feed for all streams; in one event loop, reads in threads."""

    def __init__(
        self,
        feed: Feed,
        casebook: Casebook,
        set_aside: SetAside,
        screen: Screen,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
        connected: Callable[[], bool],
        owed: Callable[[], Mapping[str, Outstanding]],
    ) -> None:
        self._feed = feed
        self._casebook = casebook
        self._set_aside = set_aside
        self._owed = owed
        self._screen = screen
        self._zone = zone
        self._clock = clock
        self._connected = connected
        self._answers: OrderedDict[Question, asyncio.Future[bytes]] = OrderedDict()
        self._boards: dict[str, tuple[float, asyncio.Future[bytes]]] = {}

    def newest(self) -> Cursor:
        return self._feed.newest()

    def step(self, cursor: Cursor, most: int) -> tuple[Cursor, bool]:
        """Whither a screen reads next, `most` of each kind at once, and whether that is with what had waited at a gate.

        A gate's backlog is no news: where more of it comes than one step holds, screens pass over it, or they would be
        minutes behind whoever stands at a gate now.
        """
        newest = self._feed.newest()
        behind = newest.passage - cursor.passage
        counts = zip(structs.astuple(cursor), structs.astuple(newest), strict=True)
        through = Cursor(*(min(end, read + most) for read, end in counts))
        if behind <= most:
            return through, True
        return structs.replace(through, passage=self._feed.live_through(cursor.passage, newest.passage, most)), False

    def board(self) -> Board:
        now = self._clock()
        totals, tiles = self._feed.board(now, self._zone)
        standing, cloned = self._casebook.standing(), self._set_aside.cloned_since(now - CLONED_IS_NEWS)
        recovered = tuple(self._casebook.unread_recoveries())
        owed, connected = self._owed(), self._connected()
        return Board(now, totals, tuple(tiles), connected, tuple(standing), owed, tuple(cloned), recovered)

    async def events(self, question: Question) -> bytes:
        """The answer as events, ready to be sent; b"" where nothing of it is wanted."""
        answer = self._answers.get(question)
        if answer is None:
            answer = self._answers[question] = asyncio.ensure_future(sync_to_thread(self._read, question))
            answer.add_done_callback(lambda done: self._forget_failed(question, done))
            if len(self._answers) > ANSWERS_KEPT:
                self._answers.popitem(last=False)
        return await asyncio.shield(answer)

    def _forget_failed(self, question: Question, answer: "asyncio.Future[bytes]") -> None:
        if answer.cancelled() or answer.exception() is not None:
            self._answers.pop(question, None)

    async def board_event(self, language: str) -> bytes:
        """The tiles, at most BOARD_SECONDS old."""
        now = asyncio.get_running_loop().time()
        drawn, answer = self._boards.get(language, (-BOARD_SECONDS, None))
        if answer is None or now - drawn >= BOARD_SECONDS:
            answer = asyncio.ensure_future(sync_to_thread(self._draw_board, language))
            self._boards[language] = (now, answer)
        return await asyncio.shield(answer)

    def _read(self, question: Question) -> bytes:
        wanted = self._feed.since(question.after, question.wanted, question.through, question.late)
        others = self._feed.left(question.after, question.wanted, question.through)
        events = [self._event("passage", row, question) for row in wanted]
        events += [self._event("amendment", row, question) for row in others]
        return b"".join(events)

    def _event(self, name: str, row: FeedRow, question: Question) -> bytes:
        if question.as_json:
            return event(name, json.encode(row).decode())
        return event(name, self._screen.render("row.html", question.language, row=row, fields={}))

    def _draw_board(self, language: str) -> bytes:
        return event("tiles", self._screen.render("board.html", language, board=self.board()))


def event(name: str, data: str, cursor: Cursor | None = None) -> bytes:
    return ServerSentEventMessage(data, event=name, id=text_of(cursor) if cursor else None, sep="\n").encode()


def text_of(cursor: Cursor) -> str:
    """A cursor as an event's id: its counts with a dash between."""
    return "-".join(str(count) for count in structs.astuple(cursor))
