"""Keeps a long-running process small: its threads share two heaps instead of one for nearly each of them.

`__main__` calls it before any thread begins. Why: frames of megabytes pass from thread to thread; with glibc's default,
eight heaps a core, each keeps room for the largest it ever held, and a station grows by half within the hour.
"""

import ctypes

M_ARENA_MAX = -8  # <malloc.h>
HEAPS = 2


def share_heaps() -> bool:
    """Whether the C library took it; another than glibc has nothing like it, and does without."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(M_ARENA_MAX, HEAPS) == 1
