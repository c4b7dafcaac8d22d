"""Keeps a long-running process small: its threads share two heaps, and what is free in them goes back every minute.
And keeps it quick: Python's collector does not go through what stays for good.

`__main__` calls it before any thread begins. Why: frames of megabytes pass from thread to thread; with glibc's default,
eight heaps a core, each keeps room for the largest it ever held, and a station grows by half within the hour. Also two
heaps keep what lies free between small things that are still in use, and frames that had to wait once, on a machine
that was busy for a moment, would leave their room behind for good; so frames lie outside of the heaps.
"""

import ctypes
import gc
import threading
from collections.abc import Callable

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # <malloc.h>
HEAPS = 2
FRAME_BYTES = 256 * 1024
"""From this size on a block has pages of its own: a grey frame of 640 x 480 has, a picture for the screen has not."""
GIVES_BACK_EVERY_SECONDS = 60.0


def share_heaps() -> bool:
    """Whether the C library took it; another than glibc has nothing like it, and does without."""
    return _told_the_library(M_ARENA_MAX, HEAPS)


def keep_frames_apart() -> bool:
    """Each in pages of its own, which go back as soon as it is freed; as `share_heaps`.

    Left to itself glibc does so until the first one is freed, and takes them for heap blocks from then on.
    """
    return _told_the_library(M_MMAP_THRESHOLD, FRAME_BYTES)


def give_back_now_and_then(every_seconds: float = GIVES_BACK_EVERY_SECONDS) -> Callable[[], None]:
    """In a thread of its own, which waits for nobody and takes some 2 ms; call what is returned to end it."""
    ended = threading.Event()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)

    def give_back() -> None:
        while trim is not None and not ended.wait(every_seconds):
            trim(0)

    threading.Thread(target=give_back, name="heap", daemon=True).start()
    return ended.set


def leave_alone_what_stays() -> None:
    """When all is put together: modules, routes and rules, a hundred thousand objects, are never gone through again.

    Going through all of them takes 90 ms, where a decision takes 8, and would come as objects gather: at any visit.
    """
    gc.collect()
    gc.freeze()


def _told_the_library(what: int, value: int) -> bool:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(what, value) == 1
