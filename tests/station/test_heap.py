"""The station's memory: threads that hand frames on do not each keep a heap of their own."""

import subprocess
import sys

import pytest

# Eight threads, all alive at once, each with a heap's worth of small blocks; says how many heaps malloc_info counts.
HEAPS = """
import ctypes, sys, threading
from station.heap import share_heaps
if sys.argv[1] == "shared":
    assert share_heaps()
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
met = threading.Barrier(9)
def work():
    met.wait()
    [libc.malloc(ctypes.c_size_t(1000)) for _ in range(2000)]
    met.wait()
    met.wait()
for _ in range(8):
    threading.Thread(target=work).start()
met.wait()
met.wait()
libc.fopen.restype = ctypes.c_void_p
out = libc.fopen(b"/dev/stdout", b"w")
libc.malloc_info(0, ctypes.c_void_p(out))
libc.fflush(ctypes.c_void_p(out))
met.wait()
"""


def heaps(way: str) -> int:
    done = subprocess.run([sys.executable, "-c", HEAPS, way], capture_output=True, text=True, check=True)
    return done.stdout.count("<heap nr=")


def test_threads_share_two_heaps() -> None:
    """Where the C library is glibc; without it each of several threads had its own."""
    if not sys.platform.startswith("linux"):
        pytest.skip("only glibc has this")
    assert heaps("shared") <= 2 < heaps("as they come")
