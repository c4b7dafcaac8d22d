"""What the office does about the quarantine: have what was set aside tried again. `gate-hub quarantine replay` and the
page give this order.
"""

from typing import Annotated

from msgspec import Meta

from hub import keys
from hub.forms import Opener
from hub.orders import Answer, Desk, Order, OrderRefused
from hub.registry import Registry
from hub.registry.second_reading import replay


class ReplayQuarantined(Order, frozen=True, tag="replay_quarantined"):
    """Try to read these once more; everything where `ids` is None."""

    ids: Annotated[tuple[int, ...], Meta(max_length=10_000)] | None = None


class Replayed(Answer, frozen=True, tag="replayed"):
    """tried: how many were tried; left: how many of them are in quarantine still.

    registered: records that are in the registry now; repeated: those that were there before; alarms: those whose number
    is another record's.
    """

    tried: int
    left: int
    registered: int
    repeated: int
    alarms: int


QuarantineOrder = ReplayQuarantined


def carry_out(order: ReplayQuarantined, desk: Desk, registry: Registry) -> Replayed:
    """Raises OrderRefused where one of them is not there."""
    there = [row[0] for row in registry.rows("SELECT id FROM quarantine ORDER BY id")]
    asked = list(there if order.ids is None else dict.fromkeys(order.ids))
    if strangers := set(asked) - set(there):
        raise OrderRefused(f"nothing in quarantine has the number {min(strangers)}; see: gate-hub quarantine list")
    opener = Opener(desk.settings.compound, keys.load(desk.settings.keys).form)
    done = replay(registry, opener, asked)
    left = len(set(asked) & {row[0] for row in registry.rows("SELECT id FROM quarantine")})
    return Replayed(len(asked), left, done.registered, done.repeated, len(done.alarms))
