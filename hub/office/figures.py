"""The office's figures for Prometheus. Not for clerks: whoever bears the token of DATA/metrics.token may read them,
from wherever the office's pages can be reached; nobody else learns that they are there."""

import hmac
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from prometheus_client import CONTENT_TYPE_LATEST

from hub.office.office import Office
from hub.office.sessions import PUBLIC, WebRequest


@get("/metrics", sync_to_thread=True, opt={PUBLIC: True})
def show_figures(request: WebRequest, office: NamedDependency[Office]) -> Response[Any]:
    given = request.headers.get("authorization", "").encode("utf-8", "replace")
    if office.figures is None or not hmac.compare_digest(given, f"Bearer {office.figures.token}".encode()):
        raise NotFoundException
    return Response(office.figures.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})


ROUTES = (show_figures,)
