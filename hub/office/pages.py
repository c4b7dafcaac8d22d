"""The first page behind the login: the live feed with its filter. Every page's frame is made here."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from hub.office import filters
from hub.office.language import language_of
from hub.office.login import csrf_token
from hub.office.office import Office
from hub.office.sessions import WebRequest, clerk_of
from hub.office.tail import text_of
from hub.quarantine.set_aside import Kind


@get("/", sync_to_thread=True)
def show_feed(request: WebRequest, office: NamedDependency[Office]) -> Response[Any]:
    """The newest passages that the address asks for; the stream goes on where they end."""
    fields = filters.asked(request.query_params)
    wanted = filters.filter_of(fields, office.zone)
    # Before the rows: what arrives between the two is then shown twice at worst, never missed.
    cursor = office.feed.newest()
    rows = office.feed.recent(wanted)
    lasting = {name: value for name, value in fields.items() if name != "before"}
    page = render(
        request,
        office,
        "feed.html",
        here="feed",
        fields=fields,
        filtered=bool(lasting),
        active=office.screen.said(lasting, language_of(request)),
        rows=rows,
        cursor=text_of(cursor),
        board=office.tail.board(),
        gates=office.feed.gates(),
        buildings=office.feed.buildings(),
        choices=filters.CHOICES,
        stream=None if "before" in fields else filters.address("/feed/events", lasting),
        newest=filters.address("/", lasting),
        older=filters.address("/", lasting, before=rows[-1].arrival) if len(rows) == wanted.limit else None,
        address=filters.address,
    )
    page.headers["HX-Push-Url"] = filters.address("/", fields)
    return page


def render(request: WebRequest, office: Office, template: str, **values: object) -> Response[Any]:
    """A page of the office in its frame: navigation, language, logout."""
    quarantined = office.set_aside.counts()
    page = office.screen.render(
        template,
        language_of(request),
        clerk=clerk_of(request),
        csrf_token=csrf_token(request),
        quarantined=sum(quarantined.values()),
        cloned=quarantined[Kind.CLONED],
        open_cases=office.casebook.open_cases(),
        waiting_passes=office.casebook.waiting_passes(office.clock()),
        path=request.url.path,
        query=filters.asked(request.query_params),
        **values,
    )
    return Response(page, media_type="text/html; charset=utf-8")


ROUTES = (show_feed,)
