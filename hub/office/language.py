"""Which language a page speaks: `?lang=` sets it, a cookie keeps it, Chinese is what nobody has to ask for."""

from urllib.parse import urlencode

from litestar.datastructures import Cookie
from litestar.response import Redirect

from gate.wording import LANGUAGES
from hub.office.sessions import Connection, WebRequest

COOKIE = "lang"
_YEAR = 365 * 24 * 3600


def language_of(connection: Connection) -> str:
    asked = connection.query_params.get("lang") or connection.cookies.get(COOKIE)
    return asked if asked in LANGUAGES else LANGUAGES[0]


def change_language(request: WebRequest) -> Redirect | None:
    """Before every page: `?lang=en` becomes a cookie and leaves the address, so that addresses can be shared."""
    asked = request.query_params.get("lang")
    if asked is None or request.method != "GET":
        return None
    rest = urlencode([(key, value) for key, value in request.query_params.multi_items() if key != "lang"])
    response = Redirect(f"{request.url.path}?{rest}" if rest else request.url.path, status_code=303)
    if asked in LANGUAGES:
        response.set_cookie(Cookie(key=COOKIE, value=asked, max_age=_YEAR, httponly=True, samesite="lax"))
    return response
