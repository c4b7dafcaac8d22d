"""Every order of the office by name, and how each is carried out against the registry.

`gate-hub` makes an order; it is carried out by the running hub's writer, or by the command itself where no hub runs
(hub.control). Rule: one order is one transaction, and what an order cannot do comes back as `Refused`, in a sentence.
"""

from collections.abc import Callable

from hub.orders import (
    Desk,
    Refused,
    blanks,
    clerks,
    desk,
    gate_keys,
    guards,
    leaves,
    notices,
    passes,
    people,
    phones,
    policy,
    quarantine,
    stations,
    trust,
)
from hub.registry import Registry

AnyOrder = (
    stations.StationOrder
    | gate_keys.GateKeyOrder
    | people.ImportPeople
    | policy.PolicyOrder
    | passes.PassOrder
    | blanks.IssueBlanks
    | phones.InvitePhones
    | trust.TrustOrder
    | clerks.PutClerk
    | guards.GuardOrder
    | leaves.LeaveOrder
    | notices.NoticeOrder
    | quarantine.QuarantineOrder
    | desk.DeskOrder
)  # fmt: skip

AnyAnswer = (
    Refused
    | stations.StationAnswer
    | gate_keys.GateKeyAnswer
    | people.PeopleImported
    | policy.PolicyCompared
    | passes.PassAnswer
    | phones.PhonesInvited
    | trust.TrustAnswer
    | clerks.ClerkPut
    | guards.GuardAnswer
    | leaves.LeaveAnswer
    | notices.NoticesListed
    | quarantine.Replayed
    | desk.Settled
)  # fmt: skip


def carry_out(order: AnyOrder, at: Desk) -> Callable[[Registry], AnyAnswer]:
    """The order as a command for `Registry.run` or `Writer.submit`.

    It raises OrderRefused, KeysRefused or OSError, and has then changed nothing in the registry.
    """
    return lambda registry: _dispatch(order, at, registry)


def _dispatch(order: AnyOrder, at: Desk, registry: Registry) -> AnyAnswer:
    match order:
        case stations.AddStation() | stations.ListStations():
            return stations.carry_out(order, at, registry)
        case gate_keys.AllowPasses() | gate_keys.ForbidPasses():
            return gate_keys.carry_out(order, at, registry)
        case people.ImportPeople():
            return people.carry_out(order, at, registry)
        case policy.ComparePolicy() | policy.PublishPolicy():
            return policy.carry_out(order, registry)
        case passes.IssuePasses() | passes.RevokePasses():
            return passes.carry_out(order, at, registry)
        case blanks.IssueBlanks():
            return blanks.carry_out(order, at, registry)
        case phones.InvitePhones():
            return phones.carry_out(order, at, registry)
        case trust.ListTrust() | trust.RotatePassKey():
            return trust.carry_out(order, at, registry)
        case clerks.PutClerk():
            return clerks.carry_out(order, at, registry)
        case guards.PutGuard() | guards.RemoveGuard() | guards.ListGuards():
            return guards.carry_out(order, at, registry)
        case notices.PutNotice() | notices.RemoveNotice() | notices.RestNotices() | notices.ListNotices():
            return notices.carry_out(order, at, registry)
        case quarantine.ReplayQuarantined():
            return quarantine.carry_out(order, at, registry)
        case desk.SettleMadePass() | desk.SettleCase() | desk.ReadRecovery() | desk.SettleQuarantined():
            return desk.carry_out(order, at, registry)
        case _:
            return leaves.carry_out(order, at, registry)
