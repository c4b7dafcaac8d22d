"""Calls that may wait (for the loop, for the camera) beside the web server's own loop.

Rule: a call that never comes back costs one daemon thread, and neither the server's end nor the process's.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")


async def aside(work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """Run `work` in a thread of its own and await its result; cancelling abandons it. Raises what it raises."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def run() -> None:
        try:
            result = work(*args, **kwargs)
        except BaseException as wrong:
            _tell(loop, done, wrong=wrong)
        else:
            _tell(loop, done, result=result)

    threading.Thread(target=run, name="kiosk-aside", daemon=True).start()
    return await done


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
    if not loop.is_closed():
        loop.call_soon_threadsafe(settle)
