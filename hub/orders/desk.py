"""What a clerk decides on the office's pages: temporary passes that gates made, cases of returnees, messages that
were looked into; and what was read of a registry that was recovered.
"""

from gate.names import Pseudonym
from hub.orders import Answer, Desk, Order, OrderRefused
from hub.registry import Registry, cases, made_passes, put_by, recoveries


class SettleMadePass(Order, frozen=True, tag="settle_made_pass"):
    """Confirm a temporary pass that a gate made, or make it void at every gate. clerk: who says so."""

    serial: Pseudonym
    confirm: bool
    clerk: str


class SettleCase(Order, frozen=True, tag="settle_case"):
    """Close the case of somebody who came back from elsewhere, or open it again."""

    case: int
    close: bool
    clerk: str


class ReadRecovery(Order, frozen=True, tag="read_recovery"):
    """Somebody has read that the registry was mended or restored. clerk: who."""

    recovery: int
    clerk: str


class SettleQuarantined(Order, frozen=True, tag="settle_quarantined"):
    """Somebody has looked into a message in quarantine: put it by, or take it up again. clerk: who says so."""

    message: int
    put_by: bool
    clerk: str


class Settled(Answer, frozen=True, tag="settled"):
    """It is done."""


DeskOrder = SettleMadePass | SettleCase | ReadRecovery | SettleQuarantined


def carry_out(order: DeskOrder, desk: Desk, registry: Registry) -> Settled:
    """Raises OrderRefused."""
    match order:
        case SettleMadePass():
            if not made_passes.settle(registry, order.serial, order.confirm, order.clerk, desk.now):
                raise OrderRefused(f"no gate has told of a temporary pass {order.serial}, or it was revoked before")
        case SettleCase():
            if not cases.settle(registry, order.case, order.close, order.clerk, desk.now):
                raise OrderRefused(f"there is no case {order.case}")
        case ReadRecovery():
            if not recoveries.mark_read(registry, order.recovery, order.clerk, desk.now):
                raise OrderRefused(f"the registry was never recovered under the number {order.recovery}")
        case SettleQuarantined():
            if not put_by.settle(registry, order.message, order.put_by, order.clerk, desk.now):
                raise OrderRefused(f"nothing in quarantine has the number {order.message}")
    return Settled()
