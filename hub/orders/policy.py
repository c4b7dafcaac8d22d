"""The rules that every gate obeys. `gate-hub policy check` and `publish` give these orders."""

from gate.policy import Policy
from hub.orders import Answer, Order
from hub.policy.file import warnings
from hub.registry import Registry, documents, people, stations


class ComparePolicy(Order, frozen=True, tag="compare_policy"):
    """What in a policy does not fit the buildings and gates that the registry knows."""

    policy: Policy


class PublishPolicy(Order, frozen=True, tag="publish_policy"):
    """These rules are in force at every gate from now on."""

    policy: Policy


PolicyOrder = ComparePolicy | PublishPolicy


class PolicyCompared(Answer, frozen=True, tag="policy_compared"):
    """published: whether it is in force now. warnings: what is allowed and yet probably not meant."""

    published: bool
    warnings: tuple[str, ...]


def carry_out(order: PolicyOrder, registry: Registry) -> PolicyCompared:
    publish = isinstance(order, PublishPolicy)
    if publish:
        documents.set_policy(registry, order.policy)
    buildings = {each.building for each in people.households(registry)}
    gates = {each.gate for each in stations.listed(registry)}
    return PolicyCompared(publish, tuple(warnings(order.policy, buildings, gates)))
