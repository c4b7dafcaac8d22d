"""The filter in the address of a page, and back: what a clerk shares with a colleague is a link.

Rule: whatever stands in an address is taken or passed over, never an error. Times are the compound's, without a zone.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from gate.caller import Caller
from gate.direction import Direction
from gate.reason import Outcome
from hub.feed import OVERRULED, Filter

CHOICES = {
    "direction": tuple(each.value for each in Direction),
    "caller": tuple(each.value for each in Caller),
    "outcome": (*(each.value for each in Outcome), OVERRULED),
}
FIELDS = ("gate", "station", "direction", "outcome", "building", "caller", "person", "q", "since", "until")
LONGEST = 64
# SQLite's largest integer; an address may hold any number.
_MOST = 2**63 - 1


def asked(query: Mapping[str, str]) -> dict[str, str]:
    """The filter's fields of an address, as typed, less what is empty or cannot be meant."""
    found = {name: query.get(name, "").strip()[:LONGEST] for name in (*FIELDS, "before")}
    return {name: value for name, value in found.items() if value and _sensible(name, value)}


def filter_of(fields: Mapping[str, str], zone: ZoneInfo) -> Filter:
    """What `asked` gave -> the question for the feed."""
    return Filter(
        gate=fields.get("gate"),
        station=fields.get("station"),
        direction=fields.get("direction"),
        outcome=fields.get("outcome"),
        building=fields.get("building"),
        caller=fields.get("caller"),
        person=fields.get("person"),
        q=fields.get("q"),
        since=_utc(fields.get("since"), zone),
        until=_utc(fields.get("until"), zone),
        before=int(fields["before"]) if "before" in fields else None,
    )


def address(path: str, fields: Mapping[str, str], **changes: str | int | None) -> str:
    """A path with those fields in its query, some of them changed; None takes one away."""
    merged = {**fields, **changes}
    query = urlencode({name: value for name, value in merged.items() if value not in (None, "")})
    return f"{path}?{query}" if query else path


def _sensible(name: str, value: str) -> bool:
    if name in ("since", "until"):
        return _local(value) is not None
    if name == "before":
        return value.isascii() and value.isdecimal() and int(value) <= _MOST
    return value in CHOICES.get(name, (value,)) and value.isprintable()


def _local(text: str) -> datetime | None:
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        return None
    return local if local.tzinfo is None and 1970 < local.year < 9000 else None


def _utc(text: str | None, zone: ZoneInfo) -> datetime | None:
    local = _local(text) if text else None
    return local.replace(tzinfo=zone).astimezone(UTC) if local else None
