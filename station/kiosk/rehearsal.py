"""The rehearsal's door: hold a picture up to the gate and put a forehead before its thermometer.

Mounted only when the station runs with doubles and hands in a Stage. People use the /rehearsal page, tests and the
measuring scripts its POST routes. Rule: what comes in here goes through the same camera, thermometer and lane as at a
real gate; nothing here can decide or record.
"""

import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Protocol

import cv2
import msgspec
from litestar import Request, Router, get, post
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Response, Template
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.wording import Words
from station.cameras import Pixels
from station.cameras.pictures import decode_picture
from station.happenings import Press
from station.kiosk.aside import aside
from station.kiosk.taps import told
from station.kiosk.words import WORDS
from station.taps import TapRefused

GREATEST_PICTURE_BYTES = 32 * 1024 * 1024
THUMBNAIL_WIDTH = 320

Celsius = Annotated[float | None, QueryParameter(ge=0, le=60)]
WaitSeconds = Annotated[float, QueryParameter(ge=0, le=30)]
Looks = Annotated[int, QueryParameter(ge=1, le=1000)]


class Shown(Struct, frozen=True):
    """The passage that came of what was shown; all None and empty where none did."""

    journal: str | None = None
    sequence: int | None = None
    outcome: Outcome | None = None
    reasons: tuple[Reason, ...] = ()


class Picture(Struct, frozen=True):
    """One line of the folder's index.json: a picture to hold up, and what its resident's forehead reads."""

    file: str
    caption_zh: str = ""
    caption_en: str = ""
    forehead_celsius: float | None = None


class Forehead(Struct, frozen=True, forbid_unknown_fields=True):
    """Degrees Celsius, or None: nobody before the thermometer."""

    celsius: float | None


class Touch(Struct, frozen=True, forbid_unknown_fields=True):
    """What hands and fate do to the lane's panel; None: nothing new. press: a button that is pressed and let go.

    fire: alarm or emergency button. tamper: the box stands open. jam: the boom moves no more. lift: it is held up.
    """

    press: Press | None = None
    fire: bool | None = None
    tamper: bool | None = None
    jam: bool | None = None
    lift: bool | None = None


class Newcomer(Struct, frozen=True):
    """seconds_ago: since somebody last used the page; None before anybody did. The town's own people wait for them."""

    seconds_ago: float | None


class Stage(Protocol):
    """The world before a rehearsing gate; every method may be called from any thread.

    pictures: the folder with index.json, or None.
    """

    @property
    def pictures(self) -> Path | None: ...

    def show(self, pixels: Pixels, celsius: float | None, direction: Direction | None) -> None:
        """Hold a picture up with that forehead before the thermometer (None: nobody); direction None: as it is.

        Raises `TapRefused` where the lane has no such direction.
        """

    def forehead(self, celsius: float | None) -> None:
        """Change only what the thermometer sees; None: nobody."""

    def touch(self, touch: Touch) -> None:
        """Press a button, set off the alarm, open the box, jam or lift the boom."""

    def clear(self) -> None:
        """Take picture and forehead away."""

    def outcome(self, timeout_seconds: float, looks: int) -> Shown | None:
        """Wait for the first passage recorded since `show`; None when the time is up or `looks` frames gave none."""


class _LastUse:
    """When somebody last used the page."""

    def __init__(self) -> None:
        self._at: float | None = None

    def note(self, request: Request[object, object, State]) -> None:
        # A browser names its origin, whoever plays the town's residents does not.
        if "origin" in request.headers:
            self._at = time.monotonic()

    def newcomer(self) -> Newcomer:
        return Newcomer(time.monotonic() - self._at if self._at is not None else None)


def rehearsal_routes(stage: Stage, page: Callable[[], Template]) -> Router:
    """The routes under /rehearsal. page: makes the page itself."""
    last_use = _LastUse()
    return Router("/rehearsal", route_handlers=[*_looks(stage, page, last_use), *_deeds(stage, last_use)])


def _looks(stage: Stage, page: Callable[[], Template], last_use: _LastUse) -> list[ControllerRouterHandler]:
    """What can be seen: the page, its pictures, and whether somebody uses it."""

    @get("/newcomer", sync_to_thread=False)
    def newcomer() -> Newcomer:
        return last_use.newcomer()

    @get("/", sync_to_thread=False)
    def rehearsal() -> Template:
        return page()

    @get("/pictures")
    async def pictures() -> list[Picture]:
        return list((await aside(read_index, stage.pictures)).values())

    @get("/pictures/{name:str}")
    async def picture(name: FromPath[str]) -> Response[bytes]:
        return _as_image(await aside(_listed(stage, name).read_bytes), name)

    @get("/thumbnails/{name:str}")
    async def thumbnail(name: FromPath[str]) -> Response[bytes]:
        return _as_image(await aside(_thumbnail, _listed(stage, name)), "small.jpg")

    return [newcomer, rehearsal, pictures, picture, thumbnail]


def _deeds(stage: Stage, last_use: _LastUse) -> list[ControllerRouterHandler]:
    """What can be done to the gate's world: a picture held up or taken away, a forehead, its panel."""

    @post("/show", status_code=200, request_max_body_size=GREATEST_PICTURE_BYTES)
    async def show(
        request: Request[object, object, State],
        celsius: Celsius = None,
        direction: FromQuery[Direction | None] = None,
        wait: WaitSeconds = 0.0,
        looks: Looks = 6,
    ) -> Response[object]:
        try:
            pixels = await aside(decode_picture, await request.body())
        except ValueError:
            return _words(WORDS["r.no_picture"], status_code=400)
        last_use.note(request)
        try:
            return Response(await aside(_shown, stage, pixels, celsius, direction, wait, looks))
        except TapRefused as refused:
            return _words(refused, status_code=409)

    @post("/clear", status_code=204)
    async def clear(request: Request[object, object, State]) -> None:
        last_use.note(request)
        await aside(stage.clear)

    @post("/forehead", status_code=204)
    async def forehead(request: Request[object, object, State]) -> None:
        felt = told(await request.body(), Forehead)
        last_use.note(request)
        await aside(stage.forehead, felt.celsius)

    @post("/panel", status_code=204)
    async def panel(request: Request[object, object, State]) -> None:
        touch = told(await request.body(), Touch)
        last_use.note(request)
        await aside(stage.touch, touch)

    return [show, clear, forehead, panel]


def read_index(folder: Path | None) -> dict[str, Picture]:
    """The pictures a folder's index.json offers, by file name. Raises `ValueError` naming what is wrong."""
    if folder is None:
        return {}
    index = folder / "index.json"
    try:
        listed = msgspec.json.decode(index.read_bytes(), type=list[Picture])
    except (OSError, msgspec.MsgspecError) as wrong:
        raise ValueError(f"{index}: {wrong}; it should be a list of {{file, caption_zh, caption_en}}") from wrong
    return {picture.file: picture for picture in listed if Path(picture.file).name == picture.file}


def _shown(
    stage: Stage, pixels: Pixels, celsius: float | None, direction: Direction | None, wait: float, looks: int
) -> Shown:
    stage.show(pixels, celsius, direction)
    return (stage.outcome(wait, looks) if wait > 0 else None) or Shown()


def _listed(stage: Stage, name: str) -> Path:
    """Only what the index names, so that no request can wander about the disk."""
    if stage.pictures is None or name not in read_index(stage.pictures):
        raise NotFoundException(f"no picture {name!r} in the rehearsal's index.json")
    return stage.pictures / name


@lru_cache(maxsize=256)
def _thumbnail(path: Path) -> bytes:
    pixels = decode_picture(path.read_bytes())
    height = max(1, round(pixels.shape[0] * THUMBNAIL_WIDTH / pixels.shape[1]))
    small = cv2.resize(pixels, (THUMBNAIL_WIDTH, height), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small)[1].tobytes()


def _words(words: Words | TapRefused, status_code: int) -> Response[object]:
    return Response({"zh": words.zh, "en": words.en}, status_code=status_code)


def _as_image(raw: bytes, name: str) -> Response[bytes]:
    kind = "image/png" if name.lower().endswith(".png") else "image/jpeg"
    return Response(raw, media_type=kind)
