"""The guard's taps over HTTP: one POST for each kind of tap, its body the very struct that the loop is handed.

Mounted by `app`. Rule: every tap goes to the Desk, which alone knows whether it still holds; its refusal comes back as
409 in both languages, and a body that is no such tap never reaches it.
"""

from typing import TypeVar

import msgspec
from litestar import Request, post
from litestar.datastructures import State
from litestar.exceptions import ValidationException
from litestar.response import Response
from litestar.types import ControllerRouterHandler

from gate.unreadable import UNREADABLE
from station.kiosk.aside import aside
from station.taps import (
    ActivateCard,
    ArriveNamed,
    ArriveWithoutCode,
    BeginRest,
    BeginRetest,
    ChooseDirection,
    Dismiss,
    EndActivation,
    FillForm,
    ReadAloud,
    SetClock,
    Settle,
    SignOff,
    SignOn,
    Tap,
    TapRefused,
    TellPurpose,
    TellTrip,
    Train,
    TypeTemperature,
)
from station.view import Desk

T = TypeVar("T")

# Where the page posts which tap.
TAPS: dict[str, type[Tap]] = {
    "/settle": Settle,
    "/dismiss": Dismiss,
    "/direction": ChooseDirection,
    "/without-code": ArriveWithoutCode,
    "/named": ArriveNamed,
    "/trip": TellTrip,
    "/purpose": TellPurpose,
    "/form": FillForm,
    "/rest": BeginRest,
    "/retest": BeginRetest,
    "/temperature": TypeTemperature,
    "/sign-on": SignOn,
    "/sign-off": SignOff,
    "/train": Train,
    "/clock": SetClock,
    "/read-aloud": ReadAloud,
    "/activate": ActivateCard,
    "/activate-end": EndActivation,
}


def tap_routes(desk: Desk) -> list[ControllerRouterHandler]:
    """One route for each of TAPS."""
    return [_route(desk, path, kind) for path, kind in TAPS.items()]


def refusal(refused: TapRefused) -> Response[dict[str, str] | None]:
    """Why it cannot be done, in both languages."""
    return Response({"zh": refused.zh, "en": refused.en}, status_code=409)


def _route(desk: Desk, path: str, kind: type[Tap]) -> ControllerRouterHandler:
    @post(path, name=path)
    async def tapped(request: Request[object, object, State]) -> Response[dict[str, str] | None]:
        tap = told(await request.body(), kind)
        try:
            await aside(desk.tap, tap)
        except TapRefused as refused:
            return refusal(refused)
        return Response(None, status_code=204)

    return tapped


def told(body: bytes, kind: type[T]) -> T:
    """What the page posted. Raises ValidationException, which is a 400, for anything else."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (*UNREADABLE, ValueError) as wrong:
        # What was typed may be somebody's telephone number: the page learns that it was odd, not what it was.
        raise ValidationException("this is not such a tap") from wrong
