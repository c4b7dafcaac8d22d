"""What every route of the office may use; made once by create_app and handed to each handler."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from hub.announcer import Announcer
from hub.feed import Feed
from hub.office.attempts import Attempts
from hub.office.screen import Screen
from hub.office.tail import Tail


@dataclass(frozen=True)
class Office:
    """One compound's office. clock: aware instants in UTC."""

    zone: ZoneInfo
    feed: Feed
    screen: Screen
    announcer: Announcer
    tail: Tail
    clock: Callable[[], datetime]
    attempts: Attempts = field(default_factory=Attempts)
