"""A running hub as far as its figures go: one gate that has fallen silent and owes records, and one that never came."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from gate.wire import StationStatus
from hub.incoming.gaps import Outstanding, Seen, Station
from tests.hub.office_day import NOON

MINUTE = timedelta(minutes=1)


class WatchedHub:
    """What `Metrics.watch` asks of a hub; each figure is another."""

    def __init__(self) -> None:
        self.connected = True
        self.was_put_back = 2
        self.left_to_come_again = 1
        status = StationStatus(
            1, True, "east", "1", "ab" * 8, 9, 4, at=NOON - MINUTE + timedelta(seconds=3), faults=("camera", "clock"),
            lacks=("policy",),
        )  # fmt: skip
        never = Station("new-1", None, None, (), {})
        self.seen = Seen((Station("east-1", status, NOON - MINUTE, (), {}), never), 1200, NOON - 2 * MINUTE)
        self.owed: Mapping[str, Outstanding] = {"east-1": Outstanding("east-1", 3, NOON - 5 * MINUTE, True, NOON)}
        self.receipted: Mapping[str, datetime] = {"east-1": NOON - 4 * MINUTE}
