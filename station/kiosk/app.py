"""The routes of the guard's screen: the page, the two streams it draws, and the guard's taps.

Made once by the station's `__main__`. Rule: every tap goes to the Desk, which alone knows whether it still holds;
its refusal comes back as 409 in both languages.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Annotated

from litestar import Litestar, WebSocket, get, post, websocket
from litestar.datastructures import State
from litestar.handlers import send_websocket_stream
from litestar.params import FromQuery, JSONBody, QueryParameter
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Response, Template
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig
from litestar.types import ControllerRouterHandler
from msgspec import Struct

from station.kiosk.aside import aside
from station.kiosk.door import door
from station.kiosk.pump import Pump
from station.kiosk.rehearsal import Stage, rehearsal_routes
from station.kiosk.words import WORDS, dictionary
from station.taps import ArriveWithoutCode, ChooseDirection, Dismiss, Settle, Tap, TapRefused, TellTrip
from station.view import Desk, Found

HERE = Path(__file__).parent
GREATEST_TAP_BYTES = 4096

Socket = WebSocket[object, object, State]
Query = Annotated[str, QueryParameter(max_length=32)]
Answer = Response[dict[str, str] | None]


class Nothing(Struct, frozen=True):
    """The body of a tap that needs no words."""


def create_app(desk: Desk, stage: Stage | None = None) -> Litestar:
    """The kiosk of one lane. stage: the rehearsal's world; None at a real gate, where /rehearsal does not exist."""
    pump = Pump(desk)
    routes = [_page(), *_streams(pump), *_taps(desk), _search(desk), _static()]
    if stage is not None:
        routes.append(rehearsal_routes(stage, lambda: _template("rehearsal.html")))
    app = Litestar(
        route_handlers=routes,
        lifespan=[_pumping(pump)],
        template_config=TemplateConfig(directory=HERE / "templates", engine=JinjaTemplateEngine),
        openapi_config=None,
        # The station's own log has one format, and says nothing of who passed.
        logging_config=None,
        request_max_body_size=GREATEST_TAP_BYTES,
    )
    # A middleware of Litestar's would stand behind its router and miss what has no route.
    app.asgi_handler = door(app.asgi_handler)
    return app


def _template(name: str) -> Template:
    return Template(name, context={"words": WORDS, "dictionary": dictionary()})


def _page() -> ControllerRouterHandler:
    @get("/", sync_to_thread=False)
    def page() -> Template:
        return _template("kiosk.html")

    return page


def _static() -> ControllerRouterHandler:
    return create_static_files_router("/static", directories=[HERE / "static"])


def _streams(pump: Pump) -> list[ControllerRouterHandler]:
    @websocket("/view")
    async def view(socket: Socket) -> None:
        await socket.accept()
        await send_websocket_stream(socket, pump.views(), listen_for_disconnect=True, warn_on_data_discard=False)

    @websocket("/preview")
    async def preview(socket: Socket) -> None:
        await socket.accept()
        await send_websocket_stream(
            socket, pump.pictures(), mode="binary", listen_for_disconnect=True, warn_on_data_discard=False
        )

    return [view, preview]


def _taps(desk: Desk) -> list[ControllerRouterHandler]:
    async def carried_out(tap: Tap) -> Answer:
        try:
            await aside(desk.tap, tap)
        except TapRefused as refused:
            return Response({"zh": refused.zh, "en": refused.en}, status_code=409)
        return Response(None, status_code=204)

    @post("/settle")
    async def settle(data: JSONBody[Settle]) -> Answer:
        return await carried_out(data)

    @post("/dismiss")
    async def dismiss(data: JSONBody[Nothing]) -> Answer:  # noqa: ARG001 - refuses a body with anything odd in it
        return await carried_out(Dismiss())

    @post("/direction")
    async def direction(data: JSONBody[ChooseDirection]) -> Answer:
        return await carried_out(data)

    @post("/without-code")
    async def without_code(data: JSONBody[Nothing]) -> Answer:  # noqa: ARG001
        return await carried_out(ArriveWithoutCode())

    @post("/trip")
    async def trip(data: JSONBody[TellTrip]) -> Answer:
        return await carried_out(data)

    return [settle, dismiss, direction, without_code, trip]


def _search(desk: Desk) -> ControllerRouterHandler:
    @get("/search")
    async def search(q: FromQuery[Query]) -> list[Found]:
        return list(await aside(desk.search, q))

    return search


def _pumping(pump: Pump) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def pumping(_app: Litestar) -> AsyncGenerator[None, None]:
        turning = asyncio.create_task(pump.run())
        try:
            yield
        finally:
            turning.cancel()

    return pumping
