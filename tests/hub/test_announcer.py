"""The announcer: from the writer's thread to the office's streams."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from threading import Thread
from typing import Any, TypeVar

from hub.announcer import Announcer, News

Answer = TypeVar("Answer")


def _told(story: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
    """Run a story in a thread of its own: after a browser test, Playwright's loop goes on in the main one."""
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(lambda: asyncio.run(story())).result()


def test_a_listener_hears_of_what_another_thread_committed():
    async def story() -> list[News]:
        announcer = Announcer()
        subscription = announcer.subscribe()
        thread = Thread(target=announcer.announce, args=(range(3, 5),))
        thread.start()
        async for news in subscription:
            announcer.end()
            heard.append(news)
        thread.join()
        return heard

    heard: list[News] = []
    assert _told(story) == [News(range(3, 5))]


def test_news_that_nobody_fetched_yet_is_merged():
    async def story() -> News:
        announcer = Announcer()
        subscription = announcer.subscribe()
        announcer.announce(range(3, 5), frozenset({1}))
        announcer.announce(range(0))
        announcer.announce(range(5, 9), frozenset({2}))
        async for news in subscription:
            return news
        raise AssertionError("nothing was heard")

    assert _told(story) == News(range(3, 9), frozenset({1, 2}))


def test_every_listener_hears_and_a_closed_one_is_forgotten():
    async def story() -> list[News]:
        announcer = Announcer()
        closed, open_ = announcer.subscribe(), announcer.subscribe()
        closed.close()
        announcer.announce(range(1, 2))
        announcer.end()
        assert [news async for news in closed] == []
        return [news async for news in open_]

    assert _told(story) == [News(range(1, 2))]


def test_whoever_comes_after_the_end_is_let_go():
    async def story() -> list[News]:
        announcer = Announcer()
        announcer.end()
        return [news async for news in announcer.subscribe()]

    assert _told(story) == []


def test_a_listener_whose_loop_has_ended_does_not_hold_up_the_writer():
    announcer = Announcer()

    async def story() -> None:
        announcer.subscribe()

    _told(story)
    announcer.announce(range(1, 2))
    assert announcer._listeners == set()
