"""The cards that invite phones: one page to print, and an index for those who send the links themselves.

`gate-hub phone` calls `write_cards` once the invitations are recorded. Rule: whoever has a card has the pass, so the
files are for their owner alone, and the page tells the clerk to whom each card goes.
"""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.passes.issue import ERROR_CORRECTION, INDEX, QUIET_MODULES, IssueFailed, as_data, write_private
from hub.passes.phones import Invitation

CARDS = "cards.html"
_HEADER = ("代号 person", "姓名 name", "楼栋 building", "单元 unit", "房号 room", "有效至 until", "链接 link")
_TEMPLATES = Path(__file__).parents[1] / "resident" / "templates"


def write_cards(invitations: Sequence[Invitation], folder: Path, compound: str, zone: ZoneInfo) -> None:
    """cards.html and index.csv, in a folder that `issue.prepare_folder` made. Raises IssueFailed."""
    try:
        write_private(folder / INDEX, _index(invitations, zone).encode("utf-8-sig"))
        write_private(folder / CARDS, page(invitations, compound, zone).encode())
    except OSError as cause:
        raise IssueFailed(
            f"the cards cannot be written to {folder}: {cause.strerror}; make room, or name another folder with --out,"
            " and give the command again: the cards that were not written are worth nothing"
        ) from cause


def page(invitations: Sequence[Invitation], compound: str, zone: ZoneInfo) -> str:
    """All cards as one HTML page, ten on a sheet of A4, that needs nothing but itself."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    cards = [(each, _picture(each.link), in_groups(each.token), _until(each, zone)) for each in invitations]
    site = invitations[0].link.partition("#")[0] if invitations else ""
    return environment.get_template("cards.html").render(compound=compound, cards=cards, site=site)


def in_groups(token: str) -> str:
    """Four letters at a time, for those who type."""
    return "-".join(token[start : start + 4] for start in range(0, len(token), 4))


def _picture(link: str) -> str:
    symbol = segno.make(link, error=ERROR_CORRECTION, micro=False)
    picture: str = symbol.svg_inline(scale=1, border=QUIET_MODULES, omitsize=True)
    return picture


def _until(invitation: Invitation, zone: ZoneInfo) -> str:
    return f"{invitation.expires_at.astimezone(zone):%Y-%m-%d %H:%M}"


def _index(invitations: Sequence[Invitation], zone: ZoneInfo) -> str:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(_HEADER)
    for each in invitations:
        told = map(as_data, (each.name, each.building, each.unit, each.room))
        rows.writerow((each.person, *told, _until(each, zone), each.link))
    return text.getvalue()
