"""Calls that may wait (for the loop, for the camera) beside the web server's own loop.

Rule: a call that never comes back costs one daemon thread, and neither the server's end nor the process's; the others
share as few threads as there are calls at a time. A thread for each call would be simpler, but OpenCV keeps some 900
bytes for every thread that ever made a picture smaller: at 8 pictures a second 25 MB an hour.
"""

import asyncio
import queue
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

Work = Callable[[], Callable[[], None]]
"""Does what may wait; what it returns tells of it."""
Tray = queue.SimpleQueue[Work]

_free: deque[Tray] = deque()
"""One for each thread that has nothing to do; whoever was last is first."""


async def aside(work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """Run `work` in a thread beside and await its result; cancelling abandons it. Raises what it raises."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def run() -> Callable[[], None]:
        try:
            result = work(*args, **kwargs)
        except BaseException as wrong:
            return partial(_tell, loop, done, wrong=wrong)
        return partial(_tell, loop, done, result=result)

    _free_tray().put(run)
    return await done


def _free_tray() -> Tray:
    try:
        return _free.pop()
    except IndexError:
        tray: Tray = queue.SimpleQueue()
        threading.Thread(target=_serve, args=(tray,), name="kiosk-aside", daemon=True).start()
        return tray


def _serve(tray: Tray) -> None:
    while True:
        tell = tray.get()()
        # Before it is told: whoever asks again at once finds this thread.
        _free.append(tray)
        tell()
        del tell  # a picture or a resident's name must not stay here until the next call


def _tell(
    loop: asyncio.AbstractEventLoop,
    done: "asyncio.Future[Result]",
    result: Result | None = None,
    wrong: BaseException | None = None,
) -> None:
    def settle() -> None:
        if done.done():
            return
        if wrong is not None:
            done.set_exception(wrong)
        else:
            done.set_result(result)  # type: ignore[arg-type]

    # The server may have ended meanwhile: then nobody waits any more.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(settle)
