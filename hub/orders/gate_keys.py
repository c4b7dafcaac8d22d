"""What the office lets stations sign: `gate-hub station allow` and `gate-hub station forbid` give these orders."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from gate.caller import Caller
from gate.formats.gate_pass import CALLERS
from gate.names import Slug
from hub.orders import Answer, Desk, Order, OrderRefused
from hub.registry import Registry, gate_keys, made_passes
from hub.registry.gate_keys import Allowance

# A pass that was just made is older than nothing, whichever of two clocks is ahead.
MARGIN = timedelta(hours=1)
MOST_PASSES = 10_000
LONGEST_PASS_HOURS = 24 * 14
LONGEST_DAYS = 366


class AllowPasses(Order, frozen=True, tag="allow_passes"):
    """Let a station make so many more temporary passes, for so many days, each for so many hours at most."""

    station: Slug
    passes: Annotated[int, Meta(ge=1, le=MOST_PASSES)]
    hours: Annotated[int, Meta(ge=1, le=LONGEST_PASS_HOURS)]
    days: Annotated[int, Meta(ge=1, le=LONGEST_DAYS)]
    callers: frozenset[Caller]


class ForbidPasses(Order, frozen=True, tag="forbid_passes"):
    """Withdraw what a station may sign: every temporary pass of its making is void."""

    station: Slug


GateKeyOrder = AllowPasses | ForbidPasses


class PassesAllowed(Answer, frozen=True, tag="passes_allowed"):
    """most: passes in all, those that it has made counted; until: the last day of the certificate, ISO."""

    most: int
    until: str


class PassesForbidden(Answer, frozen=True, tag="passes_forbidden"):
    """It is done."""


GateKeyAnswer = PassesAllowed | PassesForbidden


def carry_out(order: GateKeyOrder, desk: Desk, registry: Registry) -> GateKeyAnswer:
    """Raises OrderRefused."""
    match order:
        case AllowPasses():
            return _allow(order, desk, registry)
        case ForbidPasses():
            if not gate_keys.allow(registry, order.station, None):
                raise OrderRefused(_unknown(order.station))
            return PassesForbidden()


def _allow(order: AllowPasses, desk: Desk, registry: Registry) -> PassesAllowed:
    odd = sorted(str(each) for each in order.callers - set(CALLERS))
    if odd or not order.callers:
        raise OrderRefused(f"no temporary passes for {', '.join(odd) or 'nobody'}; choose of {', '.join(CALLERS)}")
    most = made_passes.newest_number(registry, order.station) + order.passes
    until = desk.now + timedelta(days=order.days)
    before = next((each.allowance for each in gate_keys.listed(registry) if each.station == order.station), None)
    # What it has made under the certificate before stays good.
    since = before.not_before if before is not None else desk.now - MARGIN
    allowance = Allowance(order.callers, order.hours, most, since, until)
    if not gate_keys.allow(registry, order.station, allowance):
        raise OrderRefused(_unknown(order.station))
    return PassesAllowed(most, f"{until.astimezone(desk.settings.zone):%Y-%m-%d}")


def _unknown(station: Slug) -> str:
    return (
        f"station {station} has no key for passes: add it with `gate-hub station add`, or give one that was added"
        " before a new identity with --again and carry that to its gate"
    )
