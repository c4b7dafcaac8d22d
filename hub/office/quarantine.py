"""The quarantine: what was set aside, what each means, what to do, another try, and what somebody has looked into.

Rule: nothing that a stranger sent is ever more than text on this page, and what a try brought is told from what the
registry says afterwards.
"""

import logging
from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, PathParameter
from litestar.response import Redirect

from hub.office.desk import settle
from hub.office.filters import address
from hub.office.office import Office
from hub.office.pages import render
from hub.office.sessions import WebRequest, clerk_of
from hub.orders import OrderRefused
from hub.orders.desk import SettleQuarantined
from hub.orders.quarantine import Replayed, ReplayQuarantined
from hub.quarantine.set_aside import PAYLOAD_BYTES

log = logging.getLogger(__name__)

Number = Annotated[int, PathParameter(ge=1, le=2**63 - 1)]
_TOLD = ("tried", "left", "registered", "alarms")


@get("/quarantine", sync_to_thread=True)
def show_quarantine(request: WebRequest, office: NamedDependency[Office]) -> Response[Any]:
    asked = request.query_params
    told = {name: int(text) for name in _TOLD if _is_count(text := asked.get(name, ""))}
    return render(
        request,
        office,
        "quarantine.html",
        here="quarantine",
        items=office.set_aside.listed(),
        most=PAYLOAD_BYTES,
        told=told if len(told) == len(_TOLD) else None,
        busy="busy" in asked,
    )


@post("/quarantine/again", sync_to_thread=True)
def try_all_again(office: NamedDependency[Office]) -> Redirect:
    return _again(office, None)


@post("/quarantine/{number:int}/again", sync_to_thread=True)
def try_again(office: NamedDependency[Office], number: FromPath[Number]) -> Redirect:
    return _again(office, (number,))


@post("/quarantine/{number:int}/put-by", sync_to_thread=True)
def put_by(request: WebRequest, office: NamedDependency[Office], number: FromPath[Number]) -> Redirect:
    return settle(office, SettleQuarantined(number, True, clerk_of(request) or ""), "/quarantine")


@post("/quarantine/{number:int}/take-up", sync_to_thread=True)
def take_up(request: WebRequest, office: NamedDependency[Office], number: FromPath[Number]) -> Redirect:
    return settle(office, SettleQuarantined(number, False, clerk_of(request) or ""), "/quarantine")


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 9


def _again(office: Office, ids: tuple[int, ...] | None) -> Redirect:
    try:
        done = office.settle(ReplayQuarantined(ids))
    except OrderRefused as refused:
        log.warning("not tried again: %s", refused)
        return Redirect("/quarantine", status_code=303)
    except TimeoutError:
        return Redirect("/quarantine?busy=1", status_code=303)
    assert isinstance(done, Replayed)
    told = {name: str(getattr(done, name)) for name in _TOLD}
    return Redirect(address("/quarantine", told), status_code=303)


ROUTES = (show_quarantine, try_all_again, try_again, put_by, take_up)
