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


# 200 MB in small blocks, of which the last stays in use: what lies free below it is the process's until it is returned.
FREED = """
import ctypes, sys, time
from station.heap import give_back_now_and_then
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096 // 2**20
blocks = [libc.malloc(50_000) for _ in range(4000)]
for block in blocks:
    ctypes.memset(block, 1, 50_000)
for block in blocks[:-1]:
    libc.free(block)
full = resident()
end = give_back_now_and_then(0.05)
deadline = time.monotonic() + 60
while resident() > full - 150 and time.monotonic() < deadline:
    time.sleep(0.05)
end()
print(full - resident())
"""


def test_what_is_free_goes_back_to_the_machine() -> None:
    done = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True, check=True)
    assert int(done.stdout) >= 150


# A frame is freed, and the next one taken; says how many blocks have pages of their own then (struct mallinfo2).
FRAMES = """
import ctypes, sys
from station.heap import keep_frames_apart
if sys.argv[1] == "apart":
    assert keep_frames_apart()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_size_t], [ctypes.c_void_p]
class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")]
libc.mallinfo2.restype = Info
frame = 1280 * 720 * 3
libc.free(libc.malloc(frame))
before = libc.mallinfo2().hblks
frames = [libc.malloc(frame) for _ in range(5)]
print(libc.mallinfo2().hblks - before)
"""


@pytest.mark.parametrize(("way", "apart"), [("apart", 5), ("as they come", 0)])
def test_frames_lie_outside_of_the_heaps(way: str, apart: int) -> None:
    """What waited for its turn once leaves no room behind that is never filled again."""
    done = subprocess.run([sys.executable, "-c", FRAMES, way], capture_output=True, text=True, check=True)
    assert int(done.stdout) == apart


# A hundred thousand objects that stay; says how many of them the collector goes through from then on.
STAYING = """
import gc
from station.heap import leave_alone_what_stays
kept = [[number] for number in range(100_000)]
leave_alone_what_stays()
later = [[number] for number in range(10)]
ours = set(map(id, kept)), set(map(id, later))
print(*(len(each & set(map(id, gc.get_objects()))) for each in ours))
"""


def test_what_stays_is_not_gone_through_again() -> None:
    """Neither is what comes later left alone, nor anybody held up by what was there at the start."""
    done = subprocess.run([sys.executable, "-c", STAYING], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "10"]
