"""When the office's announcements are due at a gate. Pure; station.voice is the only caller.

Rule: nothing is said outside of its time, in the hours of rest, or more often than the office asked for.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from gate.notices import Notice, Notices


def due(notices: Notices, local: datetime, last_said: Mapping[str, datetime]) -> tuple[Notice, ...]:
    """What is to be said now, longest overdue first. local: aware, in the compound's zone; last_said: by id, aware."""
    if resting(notices.quiet_from, notices.quiet_until, local.time()):
        return ()
    found = [(_waits_since(notice, local, last_said), notice) for notice in notices.notices]
    return tuple(notice for since, notice in sorted(found, key=lambda each: each[0]) if since <= local < notice.ends)


def resting(begins: str, ends: str, now: time) -> bool:
    """Whether a wall clock's time lies from `begins` until before `ends`, "HH:MM", over midnight or not."""
    first, last = time.fromisoformat(begins), time.fromisoformat(ends)
    return first <= now < last if first <= last else now >= first or now < last


def _waits_since(notice: Notice, local: datetime, last_said: Mapping[str, datetime]) -> datetime:
    """The instant from which on it is due; a last time that lies ahead is of a clock that was set back."""
    last = last_said.get(notice.id)
    if last is None or last > local:
        return notice.begins
    return max(notice.begins, last + timedelta(minutes=notice.every_minutes))
