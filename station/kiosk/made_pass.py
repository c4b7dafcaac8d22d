"""A temporary pass made at the gate, drawn for a resident's phone to photograph.

The guard's page posts whom it is for, the Desk signs. Rule: the code is drawn here and by nobody else, so that what the
phone sees is what the station's own decoder would read.
"""

from datetime import datetime
from typing import Annotated

import zxingcpp
from litestar import Request, post
from litestar.datastructures import State
from litestar.response import Response
from litestar.types import ControllerRouterHandler
from msgspec import Meta, Struct

from gate.forms import VisitorForm
from gate.names import Pseudonym
from station.kiosk.aside import aside
from station.kiosk.taps import refusal, told
from station.taps import TapRefused
from station.view import Desk, Person


class Wanted(Struct, frozen=True, forbid_unknown_fields=True):
    """person: a resident whom the guard found; else form: a visitor. hours: how long it is good for."""

    person: Pseudonym | None = None
    form: VisitorForm | None = None
    hours: Annotated[int, Meta(ge=1, le=72)] = 12


class Drawn(Struct, frozen=True):
    """svg: the code as a picture with its quiet zone. expires_at: UTC."""

    svg: str
    expires_at: datetime
    person: Person | None = None


def pass_route(desk: Desk) -> ControllerRouterHandler:
    """POST /make-pass."""

    @post("/make-pass", status_code=200)
    async def make_pass(
        request: Request[object, object, State],
    ) -> Response[Drawn] | Response[dict[str, str] | None]:
        wanted = told(await request.body(), Wanted)
        try:
            made = await aside(desk.make_pass, wanted.person, wanted.form, wanted.hours)
        except TapRefused as refused:
            return refusal(refused)
        return Response(Drawn(picture_of(made.code), made.expires_at, made.person), status_code=200)

    return make_pass


def picture_of(code: str) -> str:
    """A QR code of the text as SVG, with level M: a screen has no creases."""
    svg: str = zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.QRCode, ec_level="M").to_svg()
    # The document type names an address elsewhere, which no browser needs.
    return svg[svg.index("<svg") :]
