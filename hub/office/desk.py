"""What waits for a clerk's word: temporary passes and returnees' cases; and what befell the gates, or the registry.

Rule: a decision is a form of ours (its token is checked like the login's), carried out by the hub's writer, and what
the page then shows is what the registry says, whatever became of it.
"""

import logging
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, PathParameter
from litestar.response import Redirect

from hub.office.office import Office
from hub.office.pages import render
from hub.office.sessions import WebRequest, clerk_of
from hub.orders import OrderRefused
from hub.orders.desk import DeskOrder, ReadRecovery, SettleCase, SettleMadePass

log = logging.getLogger(__name__)

# Whatever else an address says is no number of the registry's, and nothing for the log.
CaseNumber = Annotated[int, PathParameter(ge=1, le=2**63 - 1)]
Serial = Annotated[str, PathParameter(pattern=r"^[0-9a-f]{16}\Z")]


@get("/happenings", sync_to_thread=True)
def show_happenings(request: WebRequest, office: NamedDependency[Office]) -> Response[Any]:
    standing = office.casebook.standing()
    return render(
        request, office, "happenings.html", here="happenings", items=office.casebook.happenings(), standing=standing
    )


@get("/cases", sync_to_thread=True)
def show_cases(request: WebRequest, office: NamedDependency[Office]) -> Response[Any]:
    return render(request, office, "cases.html", here="cases", items=office.casebook.cases())


@post("/cases/{case:int}/close", sync_to_thread=True)
def close_case(request: WebRequest, office: NamedDependency[Office], case: FromPath[CaseNumber]) -> Redirect:
    return settle(office, SettleCase(case, True, clerk_of(request) or ""), "/cases")


@post("/cases/{case:int}/reopen", sync_to_thread=True)
def reopen_case(request: WebRequest, office: NamedDependency[Office], case: FromPath[CaseNumber]) -> Redirect:
    return settle(office, SettleCase(case, False, clerk_of(request) or ""), "/cases")


@get("/temporary", sync_to_thread=True)
def show_temporary(request: WebRequest, office: NamedDependency[Office]) -> Response[Any]:
    now = office.clock()
    items = office.casebook.temporary_passes(now)
    return render(request, office, "temporary.html", here="temporary", items=items, now=now)


@post("/temporary/{serial:str}/confirm", sync_to_thread=True)
def confirm_temporary(request: WebRequest, office: NamedDependency[Office], serial: FromPath[Serial]) -> Redirect:
    return settle(office, SettleMadePass(serial, True, clerk_of(request) or ""), "/temporary")


@post("/temporary/{serial:str}/revoke", sync_to_thread=True)
def revoke_temporary(request: WebRequest, office: NamedDependency[Office], serial: FromPath[Serial]) -> Redirect:
    return settle(office, SettleMadePass(serial, False, clerk_of(request) or ""), "/temporary")


@get("/recoveries", sync_to_thread=True)
def show_recoveries(request: WebRequest, office: NamedDependency[Office]) -> Response[Any]:
    return render(request, office, "recoveries.html", here="recoveries", items=office.casebook.recoveries())


@post("/recoveries/{recovery:int}/read", sync_to_thread=True)
def read_recovery(request: WebRequest, office: NamedDependency[Office], recovery: FromPath[CaseNumber]) -> Redirect:
    return settle(office, ReadRecovery(recovery, clerk_of(request) or ""), "/recoveries")


def settle(office: Office, order: DeskOrder, page: str) -> Redirect:
    """What a clerk decided, carried out; then the page, which says what became of it."""
    try:
        office.settle(order)
    except OrderRefused as refused:
        log.warning("not done: %s", refused)
    return Redirect(page, status_code=303)


ROUTES = (
    show_happenings,
    show_cases,
    close_case,
    reopen_case,
    show_temporary,
    confirm_temporary,
    revoke_temporary,
    show_recoveries,
    read_recovery,
)
