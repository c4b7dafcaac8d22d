"""The running hub's own machinery, wired on one screen: link -> backlog -> writer -> registry, receipts and bulletin
back. Made and ended by hub.run; the office's pages and the commands reach it through `writer` and `announcer`.
"""

import logging
import os
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from functools import partial

from gate import topics
from hub import issuers
from hub.announcer import Announcer
from hub.bulletin import Bulletin
from hub.control import wall_clock
from hub.forms import Opener
from hub.incoming.folding import Folding
from hub.incoming.gaps import Gaps, Outstanding, Seen, Station
from hub.incoming.ingest import Backlog, Ingest, Message
from hub.incoming.link import Hearers, Link
from hub.incoming.receipts import Receipts
from hub.incoming.received import Gap, Received
from hub.incoming.statuses import Statuses
from hub.keys import Keys
from hub.putting_back import PuttingBack
from hub.registry import Registry, boots, carrying, inbox, stations
from hub.registry.documents import Editions
from hub.registry.parcels import Identity, Taken
from hub.registry.sealed_forms import open_again
from hub.registry.second_reading import read_again
from hub.registry.writer import Rank, Writer
from hub.settings import Settings

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


class RunningHub:
    """registry: handed over; only the writer's thread touches it from `start` until `stop` has returned.

    told_the_feed: told how many seconds live records took from their arrival to the announcement.
    Raises SettingsRefused where the file of foreign issuers cannot be used.
    """

    def __init__(
        self,
        settings: Settings,
        registry: Registry,
        keys: Keys,
        password: str | None,
        clock: Clock = wall_clock,
        told_the_feed: Callable[[float], None] = lambda _: None,
    ) -> None:
        compound, foreign = settings.compound, issuers.load(settings.issuers)
        self._clock = clock
        self._compound = compound
        self._opener = Opener(compound, keys.form)
        self.announcer = Announcer()
        self.gaps = Gaps()
        self.seen = Seen()
        self._told_the_feed = told_the_feed
        self._live_since: float | None = None
        self._listening_since: datetime | None = None
        self.writer = Writer(registry, after=self._follow)
        hearers = Hearers(self._hear_records, self._hear_status, self._greet, self._overwritten)
        self._link = Link(compound, registry.generation, settings.broker, password, hearers)
        editions = Editions(registry)
        self._bulletin = Bulletin(compound, keys, editions, self._link.publish, os.urandom, foreign)
        self._received = Received.of(registry)
        self._receipts = Receipts(compound, keys.document, self._received, editions, self._link.publish)
        self._backlog = Backlog(self.writer.post, Ingest(compound, self._committed, clock, keys.form).take)
        self._folding = Folding(self.writer.post, self._opener, self._entered, clock)
        self.form_secret = keys.form_secret
        self._putting_back = PuttingBack(partial(self.writer.post, rank=Rank.OFFICE), self._put_back, time.monotonic)
        changed = partial(self.announcer.announce, range(0))
        self._statuses = Statuses(self.writer.post, changed, clock, self._hear_what_is_lacking)

    @property
    def connected(self) -> bool:
        """Whether the broker is there, without which the hub hears no gate."""
        return self._link.connected

    @property
    def was_put_back(self) -> int:
        """How many of the hub's own messages the broker had lost, or somebody else had written over."""
        return self._putting_back.count

    @property
    def left_to_come_again(self) -> int:
        """How many messages there was no room for."""
        return self._backlog.dropped

    @property
    def owed(self) -> Mapping[str, Outstanding]:
        """What of each station has not come, as last looked for."""
        return self.gaps.found

    @property
    def receipted(self) -> Mapping[str, datetime]:
        """When each station's last receipt went out."""
        return self._receipts.sent_at

    def start(self) -> None:
        self.writer.start()
        for again in (read_again, open_again):
            self.writer.post(partial(_once_more, again, self._opener), Rank.OFFICE)
        self.writer.post(self._carry_over, Rank.BACKLOG)
        self.confirm()
        self._link.start()

    def stop(self) -> None:
        """The stations hear it first; what is not committed by then gets no receipt and comes again."""
        self.announcer.end()
        self._link.stop()
        self.writer.stop()

    def confirm(self) -> None:
        """Publish what changed unnoticed, and the manifest when its hour is over; called every minute."""
        self.writer.post(self._refresh, Rank.OFFICE)
        self.writer.post(lambda registry: self._received.save(registry, self._clock()))
        self.writer.post(lambda _: self._folding.wake())
        self.writer.post(self._set_times_right, Rank.FOLD)

    def look(self) -> "Future[None]":
        """For what is missing, and whether what the broker lost may be put back; called every few seconds.

        Done when the writer's thread has turned, which is what the watchdog wants to know.
        """
        self._putting_back.go_on()
        return self.writer.post(self._look, Rank.OFFICE)

    def _look(self, registry: Registry) -> None:
        now = self._clock()
        gaps: defaultdict[str, list[Gap]] = defaultdict(list)
        for gap in self._received.gaps(now):
            gaps[gap.station].append(gap)
        seen = [
            Station(each, status, heard_at, gaps[each], self._received.newest(each))
            for each, status, heard_at in stations.heard(registry)
        ]
        self.seen = Seen(seen, inbox.waiting(registry), self._bulletin.confirmed_at)
        if self.gaps.look(seen, now, self._listening_since if self.connected else None):
            self.announcer.announce(range(0))

    def _refresh(self, registry: Registry) -> None:
        self._bulletin.refresh(registry, self._clock())

    def _follow(self, registry: Registry) -> None:
        self._bulletin.follow(registry, self._clock())

    def _set_times_right(self, registry: Registry) -> None:
        """Go on with older records whose boot has become known, until all have their time."""
        changed, more = registry.run(boots.go_on)
        if changed:
            self.announcer.announce(range(0), changed)
        if more:
            self.writer.post(self._set_times_right, Rank.FOLD)

    def _greet(self) -> None:
        """On the link's thread, once its subscriptions stand."""
        self._listening_since = self._clock()
        self.writer.post(self._put_all_back, Rank.OFFICE)

    def _put_all_back(self, registry: Registry) -> None:
        self._refresh(registry)
        self._bulletin.put_back(registry)
        self._receipts.send_all(self._clock())
        self._link.say_up()

    def _overwritten(self, topic: str, payload: bytes) -> None:
        self._putting_back.overwritten(topic, payload)

    def _hear_what_is_lacking(self, station: str, names: Sequence[str]) -> None:
        log.warning("station %s lacks %s, and the broker does not have it; it is put back", station, ", ".join(names))
        self._putting_back.want(topics.document(self._compound, name) for name in names)

    def _put_back(self, registry: Registry, wanted: frozenset[str], strange: frozenset[str]) -> None:
        """What belongs on these topics; where nothing does, what a stranger wrote there is taken away."""
        put = self._bulletin.put_back(registry, wanted) | self._receipts.send_again(wanted, self._clock())
        status = topics.HUB_STATUS.of(self._compound)
        if status in wanted:
            self._link.say_up()
        for topic in strange - put - {status}:
            self._link.publish(topic, b"")

    def _hear_records(self, topic: str, payload: bytes, live: bool) -> None:
        if live and self._live_since is None:
            self._live_since = time.monotonic()
        self._backlog.put(Message(topic, payload, live))

    def _hear_status(self, topic: str, payload: bytes) -> None:
        station = topics.station_of(topic)
        if station is not None:
            self._statuses.put(station, payload)

    def _committed(self, identities: Sequence[Identity], taken: Taken) -> None:
        self._receipts.committed(identities, self._clock())
        if taken.put_off:
            self._folding.wake()
        self._entered(taken)
        since = self._live_since
        if since is not None and taken.arrivals and not taken.put_off:
            self._live_since = None
            self._told_the_feed(time.monotonic() - since)

    def _carry_over(self, registry: Registry) -> None:
        """What is whole in a registry that was set aside, a few pages at a time, until all of it is here."""
        carried = carrying.step(registry)
        self._committed(carried.identities, Taken(put_off=len(carried.identities)))
        if not carried.done:
            self.writer.post(self._carry_over, Rank.BACKLOG)

    def _entered(self, taken: Taken) -> None:
        if taken.arrivals or taken.amended or taken.besides:
            self.announcer.announce(taken.arrivals, taken.amended)


def _once_more(again: Callable[[Registry, Opener], object], opener: Opener, registry: Registry) -> None:
    """What the hub could not make out before, tried once when it starts."""
    registry.run(lambda each: again(each, opener))
