"""The routes of the gate's screens: the guard's page and the resident's, the streams they draw, and the guard's taps.

Made once by the station's `__main__`. Rule: what the guard may know and do is at the guard's own addresses; the
resident's page has a stream of its own, without names, and no tap at all.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Annotated

from litestar import Litestar, Response, WebSocket, get, websocket
from litestar.datastructures import State
from litestar.handlers import send_websocket_stream
from litestar.params import FromQuery, QueryParameter
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.static_files import create_static_files_router
from litestar.template.config import TemplateConfig
from litestar.types import ControllerRouterHandler
from prometheus_client import CONTENT_TYPE_LATEST

from station.kiosk.aside import aside
from station.kiosk.door import door
from station.kiosk.made_pass import pass_route
from station.kiosk.plates import PROVINCES, SIGNS, SUFFIXES
from station.kiosk.pump import Pump
from station.kiosk.rehearsal import Stage, rehearsal_routes
from station.kiosk.taps import tap_routes
from station.kiosk.words import WORDS, dictionary
from station.view import Desk, Forms, Found

HERE = Path(__file__).parent
GREATEST_TAP_BYTES = 4096

Socket = WebSocket[object, object, State]
Query = Annotated[str, QueryParameter(max_length=32)]


def create_app(desk: Desk, stage: Stage | None = None, figures: Callable[[], bytes] | None = None) -> Litestar:
    """The kiosk of one lane. stage: the rehearsal's world; None at a real gate, where /rehearsal does not exist.

    figures: for Prometheus, at /metrics on this loopback port alone; None where there is nobody to make them.
    """
    pump = Pump(desk)
    routes = [*_pages(), *_streams(pump), *tap_routes(desk), pass_route(desk), _search(desk), _forms(desk), _static()]
    if stage is not None:
        routes.append(rehearsal_routes(stage, lambda: _template("rehearsal.html")))
    if figures is not None:
        routes.append(_figures(figures))
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
    plate = {"provinces": PROVINCES, "signs": SIGNS, "suffixes": SUFFIXES}
    return Template(name, context={"words": WORDS, "dictionary": dictionary(), "plate": plate})


def _pages() -> list[ControllerRouterHandler]:
    @get("/", sync_to_thread=False)
    def guards_side() -> Template:
        return _template("kiosk.html")

    @get("/resident", sync_to_thread=False)
    def residents_side() -> Template:
        return _template("resident.html")

    return [guards_side, residents_side]


def _static() -> ControllerRouterHandler:
    return create_static_files_router("/static", directories=[HERE / "static"])


def _streams(pump: Pump) -> list[ControllerRouterHandler]:
    @websocket("/view")
    async def view(socket: Socket) -> None:
        await socket.accept()
        await send_websocket_stream(socket, pump.views(), listen_for_disconnect=True, warn_on_data_discard=False)

    @websocket("/resident/view")
    async def view_for_residents(socket: Socket) -> None:
        await socket.accept()
        await send_websocket_stream(
            socket, pump.views_for_residents(), listen_for_disconnect=True, warn_on_data_discard=False
        )

    @websocket("/preview")
    async def preview(socket: Socket) -> None:
        await socket.accept()
        await send_websocket_stream(
            socket, pump.pictures(), mode="binary", listen_for_disconnect=True, warn_on_data_discard=False
        )

    return [view, view_for_residents, preview]


def _search(desk: Desk) -> ControllerRouterHandler:
    @get("/search")
    async def search(q: FromQuery[Query]) -> list[Found]:
        return list(await aside(desk.search, q))

    return search


def _forms(desk: Desk) -> ControllerRouterHandler:
    @get("/forms")
    async def forms() -> Forms:
        return await aside(desk.forms)

    return forms


def _figures(text: Callable[[], bytes]) -> ControllerRouterHandler:
    @get("/metrics", sync_to_thread=True)
    def figures() -> Response[bytes]:
        return Response(text(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return figures


def _pumping(pump: Pump) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def pumping(_app: Litestar) -> AsyncGenerator[None, None]:
        turning = asyncio.create_task(pump.run())
        try:
            yield
        finally:
            turning.cancel()

    return pumping
