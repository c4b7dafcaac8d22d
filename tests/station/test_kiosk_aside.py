"""What waits beside the web server: in few threads, of which one that never comes back holds up nobody."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from station.kiosk.aside import aside


def fail() -> None:
    raise LookupError("nobody of that name")


async def threads_of(calls: int) -> set[int]:
    return {await aside(threading.get_ident) for _ in range(calls)}


def run(work: Callable[[], Awaitable[object]]) -> None:
    """In a loop and a thread of its own: a test that follows may have a loop running here."""

    async def whole() -> None:
        await work()

    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(asyncio.run, whole()).result()


def test_calls_one_after_the_other_share_a_thread() -> None:
    """Eight pictures a second would begin 29,000 threads an hour."""

    async def work() -> None:
        assert len(await threads_of(50)) == 1

    run(work)


def test_the_thread_of_a_call_that_raised_serves_the_next_one() -> None:
    async def work() -> None:
        with pytest.raises(LookupError, match="nobody of that name"):
            await aside(fail)
        assert len(await threads_of(2)) == 1

    run(work)


def test_a_call_that_hangs_holds_up_no_other() -> None:
    """Given up by who waited, it keeps its thread until it comes back; the others have another."""
    hung, free = threading.Event(), threading.Event()

    def hang() -> int:
        hung.set()
        free.wait()
        return threading.get_ident()

    async def work() -> None:
        waiting = asyncio.create_task(aside(hang))
        await aside(hung.wait)
        others = await threads_of(5)
        free.set()
        assert await waiting not in others

    run(work)


def test_calls_at_the_same_time_do_not_wait_for_each_other() -> None:
    """Four that end only when all of them have begun."""
    met = threading.Barrier(4)

    async def work() -> None:
        await asyncio.wait_for(asyncio.gather(*(aside(met.wait, 60) for _ in range(4))), 60)

    run(work)


# Makes pictures smaller beside, as the preview is; says how many bytes the C library's heaps hold more in the end.
PICTURES = """
import asyncio, ctypes, cv2, numpy
from station.kiosk.aside import aside
class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")]
held = ctypes.CDLL(None).mallinfo2
held.restype = Info
frame = numpy.zeros((720, 1280, 3), numpy.uint8)
async def work():
    for number in range(1600):
        if number == 100:
            before = held().uordblks
        await aside(cv2.resize, frame, (64, 36), interpolation=cv2.INTER_AREA)
    print(held().uordblks - before)
cv2.setNumThreads(2)
asyncio.run(work())
"""


def test_pictures_leave_nothing_behind() -> None:
    """With a thread for each of 1,500 pictures OpenCV kept 1.3 MB that nobody ever gives back."""
    if not sys.platform.startswith("linux"):
        pytest.skip("only glibc can say what it holds")
    done = subprocess.run([sys.executable, "-c", PICTURES], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 300_000
