"""Frame -> code bytes. Every frame of a camera goes to one `Cascade`; still pictures go to `stills.read_picture`.

Rule: bytes, not text. What a code means, and in which encoding, is for gate/formats to find out.
zxing-cpp looks first: it is quick, reads much and is seldom wrong. The second look (`station/qr`) mends what it could
not; libzbar comes last, because it wins with wrong text and takes ten times as long.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import zxingcpp

from gate.formats import community_pass, gate_pass, phone_pass
from gate.roster import Health
from station.cameras import Pixels
from station.qr.append import Part, part_of
from station.qr.flat import Flat, laid_flat
from station.qr.second import Memory, Read, corners_of, second_look
from station.stillness import Crowd, Stillness, area_of, changed, crowd
from station.travel import travel_steps, zxing_corners
from station.zbar import Corner, Corners, scan

QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
FULL_SIZE = frozenset(
    {
        zxingcpp.BarcodeFormat.QRCode,
        zxingcpp.BarcodeFormat.QRCodeModel1,
        zxingcpp.BarcodeFormat.QRCodeModel2,
    }
)
"""zxing-cpp counts Micro QR among the QR codes; those are too small for a pass and too easily seen by mistake."""

ZBAR_PIXELS = 400_000


@dataclass(frozen=True, slots=True)
class SeenCode:
    """One code found in a frame.

    data: exactly the bytes the code carries.
    symbology: "QRCode", "Aztec" or "DataMatrix".
    corners: x and y in pixels of the frame, from the code's own top left, clockwise as the code sees itself.
    guess: what the decoder takes the bytes to mean, for people to look at; "" where it does not say.
    looks: the colour of its modules to the eye, UNKNOWN where it has none or nobody looked.
    part: where the code is one of several that make one message; data are its own bytes alone then.
    """

    data: bytes
    symbology: str
    corners: Corners
    guess: str = field(default="", compare=False)
    part: Part | None = None
    looks: Health = field(default=Health.UNKNOWN, compare=False)


Decoder = Callable[[Pixels], list[SeenCode]]
"""Grey or BGR pixels of any size -> every code found, none twice; safe to call from any thread."""


def zxing(pixels: Pixels) -> list[SeenCode]:
    """QR codes by zxing-cpp: turned, mirrored, inverted, several at once. 0.6 ms on an empty 720p frame."""
    read = zxingcpp.read_barcodes(grey_of(pixels), formats=QR_CODES)
    found = [code for code in read if code.format in FULL_SIZE]
    return [SeenCode(code.bytes, "QRCode", zxing_corners(code), code.text, part_of(code)) for code in found]


def of_the_community(data: bytes) -> bool:
    """Whether a code looks like a community's own pass, good or bad: on paper, on a phone, or made at a gate."""
    return any(each.FORMAT.recognise(data) for each in (community_pass, phone_pass, gate_pass))


def travel(pixels: Pixels) -> list[SeenCode]:
    """Aztec and Data Matrix codes, as travel papers carry them; five times as dear as QR codes alone."""
    *_, found = _travel(grey_of(pixels))
    return found or []


def _travel(grey: Pixels) -> Iterator[list[SeenCode] | None]:
    """None after each step; what all of them found, none twice, comes last."""
    found: dict[bytes, SeenCode] = {}
    for step in travel_steps(grey):
        for code in step:
            seen = SeenCode(code.barcode.bytes, code.symbology, code.corners, code.barcode.text)
            found.setdefault(seen.data, seen)
        yield None
    yield list(found.values())


def zbar(pixels: Pixels) -> list[SeenCode]:
    """QR codes by libzbar in binary mode; 25 ms on a 720p frame, also on an empty one."""
    return [SeenCode(data, "QRCode", corners) for data, corners in scan(grey_of(pixels))]


@dataclass(frozen=True, slots=True)
class Sight:
    """A code that is seen and cannot be read. module: pixels; contrast: grey levels between its dark and its light."""

    corners: Corners
    module: float
    contrast: float
    fit: float


Step = list[SeenCode] | Sight | None
"""What one step of a dear look gave: codes, the sight of a code, or nothing."""
DearLook = Callable[[Pixels, bool], Iterator[Step]]
"""(grey, brief) -> steps; a brief one ends where nothing looks like a code's corners."""


def dear_look(grey: Pixels, brief: bool = False, memory: Memory | None = None) -> Iterator[Step]:
    """All that is tried where the first decoder read nothing, in short steps. libzbar, the longest, comes last."""
    seen_nothing = brief
    read: list[SeenCode] = []
    for step in second_look(grey, memory, brief=brief):
        seen_nothing &= step is None
        if isinstance(step, Read):
            read.append(SeenCode(step.barcode.bytes, "QRCode", step.corners, step.barcode.text, part_of(step.barcode)))
            # A part alone is worth little: the others may lie beside it.
            yield None if read[-1].part else list(read)
        else:
            yield sight_of(step, grey) if step is not None else None
    yield read
    yield from _travel(grey)
    if not seen_nothing:
        yield _zbar_in_time(grey)


def _zbar_in_time(grey: Pixels) -> list[SeenCode]:
    """libzbar at a picture of at most `ZBAR_PIXELS`; what is finer than that the second look reads better."""
    scale = math.sqrt(min(1.0, ZBAR_PIXELS / grey.size))
    if scale == 1.0:
        return zbar(grey)
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return [_rescaled(code, 1 / scale) for code in zbar(np.asarray(small, dtype=np.uint8))]


def _rescaled(code: SeenCode, by: float) -> SeenCode:
    one, two, three, four = ((round(x * by), round(y * by)) for x, y in code.corners)
    return SeenCode(code.data, code.symbology, (one, two, three, four), code.guess, code.part)


def sight_of(flat: Flat, grey: Pixels) -> Sight:
    """What there is to say of a code in `grey` that cannot be read."""
    corners = corners_of(flat)
    seen = laid_flat(grey, flat.layout, flat.onto)
    (left, top), _, (right, bottom), _ = corners
    dark, light = (float(each) for each in np.percentile(seen, (10, 90)))
    module = math.hypot(right - left, bottom - top) / math.sqrt(2) / flat.layout.side
    return Sight(corners, module, light - dark, flat.fit)


class Cascade:
    """The decoders behind one camera: `look` at its frames in order, from one thread.

    The first decoder sees every frame that moved, and every frame after one in which it read a code. Of a still
    scene in which it read none it sees every `LOOK_AGAIN`th: the noise of another frame, or a lens that settles,
    may tell what this one did not. In between the answer stays as it was.
    Where it reads nothing, and something is crowded enough to be a code, one picture at a time is given the dear
    look, as much of it in each frame as `DEAR_SECONDS` allow; what it read counts as in view until the next picture
    says otherwise. A still scene is given it once, and a crowd in which it saw no code is familiar: then it rests for
    `DEAR_REST` frames, is brief, and sees only what changed of the crowd, unless something crowded appears where there
    was nothing. So a code that only the dear look reads comes some frames late.
    """

    LOOK_AGAIN = 8
    DEAR_SECONDS = 0.009
    """No step is begun later than this; the longest takes nearly as long again."""
    DEAR_REST = 25
    MARGIN = 64
    """Pixels around what is new: a code's pale edge, and what glare took of it."""

    def __init__(
        self,
        first: Decoder = zxing,
        dear: DearLook | None = None,
        seconds: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._memory = Memory()
        self._first = first
        self._dear = dear or (lambda grey, brief: dear_look(grey, brief, self._memory))
        self._seconds = seconds
        self._stillness = Stillness()
        self._seen: list[SeenCode] = []
        self._first_reads = False
        self._since_look = 0
        self._owed = False
        self._since_dear = 0
        self._crowd = self._familiar = np.zeros((0, 0), np.bool_)
        self._looked_at = self._stillness.samples
        self._corner = (0, 0)
        self._steps: Iterator[Step] | None = None
        self._glimpsed: Sight | None = None
        self.sight: Sight | None = None
        """The code in view that cannot be read, if there is one."""

    def look(self, pixels: Pixels) -> list[SeenCode]:
        """The codes in view, in no order; empty when there are none."""
        self._since_look += 1
        self._since_dear += 1
        moved = self._stillness.moved(pixels)
        self._owed |= moved
        if moved or self._first_reads or self._since_look >= self.LOOK_AGAIN:
            self._since_look = 0
            self._look_closely(grey_of(pixels))
        elif self._steps is not None:
            self._go_on()
        return list(self._seen)

    def _look_closely(self, grey: Pixels) -> None:
        seen = self._first(grey)
        self._first_reads = bool(seen)
        now = crowd(grey)
        if seen or not now.any():
            self._settle(seen)
            return
        unfamiliar = self._unfamiliar(now)
        if self._steps is None and self._owed:
            news = now if unfamiliar else self._news(now)
            if news.any():
                self._begin(grey, now, news, unfamiliar)
        if self._steps is not None:
            self._go_on()

    def _unfamiliar(self, now: Crowd) -> bool:
        return now.shape != self._familiar.shape or bool((now & ~self._familiar).any())

    def _news(self, now: Crowd) -> Crowd:
        """The part of a familiar crowd that is worth a brief look: what changed since the last one, after a rest."""
        if self._since_dear < self.DEAR_REST:
            return np.zeros_like(now)
        rows, columns = now.shape
        return now & changed(self._looked_at, self._stillness.samples)[:rows, :columns]

    def _begin(self, grey: Pixels, now: Crowd, news: Crowd, unfamiliar: bool) -> None:
        """A dear look at the whole frame, or a brief one at what is new."""
        self._owed, self._since_dear, self._crowd, self._glimpsed = False, 0, now, None
        self._looked_at = self._stillness.samples
        down, across = (slice(0, None),) * 2 if unfamiliar else area_of(news, self.MARGIN)
        self._corner = across.start, down.start
        self._steps = self._dear(grey[down, across].copy(), not unfamiliar)

    def _settle(self, seen: list[SeenCode]) -> None:
        """Nothing is left to find out."""
        self._seen, self._steps, self.sight = seen, None, None
        self._owed = False
        self._memory.forget()

    def _go_on(self) -> None:
        """The dear look's next steps; its answer holds from its end until the end of the next."""
        assert self._steps is not None
        until = self._seconds() + self.DEAR_SECONDS
        for step in self._steps:
            if isinstance(step, Sight):
                sight = replace(step, corners=_moved(step.corners, self._corner))
                self._glimpsed = max(self._glimpsed or sight, sight, key=lambda sight: sight.fit)
            elif step:
                seen = [replace(code, corners=_moved(code.corners, self._corner)) for code in step]
                self._seen, self._steps, self.sight = seen, None, None
                return
            if self._seconds() >= until:
                return
        self._seen, self._steps, self.sight = [], None, self._glimpsed
        if self._glimpsed is None:
            known = self._familiar.shape == self._crowd.shape
            self._familiar = self._crowd | self._familiar if known else self._crowd
        else:
            self._familiar = np.zeros((0, 0), np.bool_)


def _moved(corners: Corners, by: Corner) -> Corners:
    one, two, three, four = ((x + by[0], y + by[1]) for x, y in corners)
    return one, two, three, four


def grey_of(pixels: Pixels) -> Pixels:
    """Grey or BGR -> grey."""
    if pixels.ndim == 2:
        return pixels
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
