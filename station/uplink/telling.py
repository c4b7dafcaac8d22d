"""What the loop is told of the link itself: how far it reaches, and the sentence for the guard when something is wrong.

The uplink calls it from its own thread. Rule: the same is not said twice; a fault stands until the link has shown that
it is well, and one that keeps breaking has not.
"""

import logging
from collections.abc import Callable

from station.inbox import Faulty, LinkChanged, Post
from station.uplink.broker_link import ConnectRefused, PublishRefused, SubscribeRefused, Unreachable
from station.uplink.broker_reasons import (
    SHAKY,
    TOO_LARGE,
    TOO_LARGE_REASONS,
    UNTRUSTED,
    connect_refused,
    disconnected,
    refused,
)
from station.uplink.steadiness import Steadiness
from station.view import Link

log = logging.getLogger(__name__)

Refusal = ConnectRefused | SubscribeRefused | PublishRefused | Unreachable


class Telling:
    """stuck: whether a record is too large for the broker, and holds up those behind it."""

    def __init__(self, post: Callable[[Post], None], stuck: Callable[[], bool]) -> None:
        self._post, self._stuck = post, stuck
        self._link = Link.NONE
        self._fault = ""
        self._unreachable_because = ""
        self._steadiness = Steadiness()

    def reach(self, connected: bool, hub_up: bool) -> None:
        link = Link.NONE if not connected else Link.HUB if hub_up else Link.BROKER
        if link is not self._link:
            self._link = link
            self._post(LinkChanged(link))

    def fault(self, sentence: str) -> None:
        """sentence: "" for none."""
        if sentence != self._fault:
            self._fault = sentence
            self._post(Faulty("broker", sentence))

    def all_is_well(self) -> None:
        self.fault(SHAKY if self._steadiness.shaky else TOO_LARGE if self._stuck() else "")

    def connected(self, now: float) -> None:
        log.info("connected to the broker")
        self._unreachable_because = ""
        self._steadiness.begins(now)
        self.all_is_well()

    def settles(self, now: float) -> None:
        """Once a connection has lasted long enough to be believed."""
        if self._steadiness.settles(now):
            self.all_is_well()

    def disconnected(self, reason: str) -> None:
        log.warning("the broker is gone: %s; records wait in the journal", reason)
        if sentence := disconnected(reason):
            log.error("the broker ended the connection of this station: %s", reason)
            self.fault(sentence)

    def ended(self, now: float) -> None:
        """A connection is over, or was never made."""
        self._steadiness.ends(now)
        if self._steadiness.shaky:
            log.error("the link to the broker keeps breaking; was this station's card copied?")
            self.fault(SHAKY)

    def refusal(self, refusal: Refusal) -> None:
        match refusal:
            case ConnectRefused(reason):
                log.error("the broker refuses this station: %s; check name and password in its identity file", reason)
                self.fault(connect_refused(reason))
            case SubscribeRefused(reason):
                log.error("the broker refuses a subscription of this station: %s; check its acl file", reason)
                self.fault(refused(reason))
            case PublishRefused(reason, topic):
                log.error("the broker does not take what this station sends on %s: %s", topic, reason)
                self.fault(TOO_LARGE if reason in TOO_LARGE_REASONS else refused(reason))
            case Unreachable():
                self._unreachable(refusal)

    def _unreachable(self, broker: Unreachable) -> None:
        if broker.why != self._unreachable_because:
            self._unreachable_because = broker.why
            log.warning("the broker cannot be reached: %s; records wait in the journal", broker.why)
        if broker.untrusted:
            self.fault(UNTRUSTED)
