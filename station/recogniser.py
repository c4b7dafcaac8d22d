"""What the codes in view are: read once while they stay, with what roster, other gates and the province say of them.

The loop asks it at every look. Rule: what is known is forgotten as soon as any of these may have changed their word.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from gate.clock import Moment
from gate.credential import CodeReading, read
from gate.evidence import Trace
from gate.formats import health_code
from gate.hours import Per
from gate.reason import Reason
from gate.roster import Health, Resident
from station.cards import Cards
from station.codes import SeenCode
from station.households import Households
from station.inbox import Looked
from station.matches import Matches
from station.parts import Gathered, missing
from station.peers import NOTHING, Ask, Peers
from station.resolver import HealthDesk
from station.snapshot import Snapshot
from station.timekeeper import Timekeeper
from station.visit import ReadCode


class Recogniser:
    """snapshot: in force; set it anew when it changed. seconds: monotonic."""

    def __init__(
        self,
        snapshot: Snapshot,
        timekeeper: Timekeeper,
        peers: Peers,
        health: HealthDesk,
        seconds: Callable[[], float],
        matches: Matches,
        cards: Cards,
    ) -> None:
        self.snapshot = snapshot
        self._timekeeper = timekeeper
        self._peers = peers
        self._health = health
        self._seconds = seconds
        self._matches = matches
        self._cards = cards
        self._households = Households()
        self._parts = Gathered()
        self._in_view: dict[bytes, ReadCode] = {}
        self._votes: dict[bytes, Counter[Health]] = {}

    def look(self, looked: Looked) -> tuple[ReadCode, ...]:
        """The codes that a look has seen, as they are to be told to the lane."""
        codes = self._parts.take(looked.codes, looked.taken_at)
        # A code that stays in view is read once, not fifteen times a second.
        self._in_view = {code.data: self._in_view.get(code.data) or self._read(code) for code in codes}
        self._note_colours(codes)
        return tuple(self._in_view.values())

    def forget(self) -> None:
        """Read anew what is in view: something that it was read by may have changed."""
        self._in_view = {}

    def trace(self, resident: Resident) -> Trace:
        """What the gates remember of somebody whom the guard found on the roster."""
        now = self._timekeeper.read().moment
        return self._peers.trace(resident.person, None, now, self._seconds(), self._ask(resident, now))

    def trace_of(self, code: ReadCode) -> Trace:
        """What the gates remember now of whoever showed that code; as it was, where nobody knows who that is."""
        now, credential, resident = self._timekeeper.read().moment, code.reading.credential, code.resident
        bearer = resident.person if resident is not None else credential.person if credential is not None else None
        if bearer is None:
            return code.trace
        fresh_id = credential.fresh_id if credential is not None else None
        return self._peers.trace(bearer, fresh_id, now, self._seconds(), self._ask(resident, now))

    def _read(self, code: SeenCode) -> ReadCode:
        now, digest = self._timekeeper.read().moment, sha256(code.data).hexdigest()
        rules = self.snapshot.rules
        prefixes = rules.policy.health_code_prefixes if rules else ()
        reading = missing(code.part) if code.part else read(code.data, self.snapshot.trust, now, prefixes)
        if reading.format == health_code.NAME and reading.reasons == (Reason.HEALTH_CODE_UNREAD,):
            return self._health_code(digest, reading, code.data)
        credential = reading.credential
        if credential is None:
            return ReadCode(digest, reading)
        person = credential.person or self._matches.person_of(credential, now.utc)
        if person is None:
            return ReadCode(digest, reading)
        if credential.fresh_id is not None:
            # A phone that is left in view draws a new code every 30 seconds; that is no new visit.
            digest = sha256(f"phone {credential.serial}".encode()).hexdigest()
        bearer, resident = self._cards.bearer(person, self.snapshot, now)
        trace = self._peers.trace(bearer, credential.fresh_id, now, self._seconds(), self._ask(resident, now))
        if bearer == person:
            return ReadCode(digest, reading, resident, trace)
        # From here on it is the resident's own crossing, as with his own pass.
        of_him = replace(reading, credential=replace(credential, person=bearer))
        return ReadCode(digest, of_him, resident, trace, card=True)

    def _ask(self, resident: Resident | None, now: Moment) -> Ask:
        """Whose exits his quota counts: the wire names no household, so it is looked up in this gate's own roster."""
        policy = self.snapshot.rules.policy if self.snapshot.rules else None
        if policy is None or policy.exit_quota is None or resident is None:
            return NOTHING
        together = policy.exit_quota.per is Per.HOUSEHOLD
        people = self._households.of(resident, self.snapshot.residents) if together else (resident.person,)
        return Ask(people, policy.exit_quota.since(now.utc - now.drift, policy.timezone))

    def _note_colours(self, codes: list[SeenCode]) -> None:
        """What a health code looked like in most frames of its stay; one frame may be a reflection."""
        self._votes = {data: votes for data, votes in self._votes.items() if data in self._in_view}
        for code in codes:
            known = self._in_view[code.data]
            if known.health is None or code.looks is Health.UNKNOWN:
                continue
            votes = self._votes.setdefault(code.data, Counter())
            votes[code.looks] += 1
            likeliest, count = votes.most_common(1)[0]
            looks = likeliest if 3 * count >= 2 * votes.total() else Health.UNKNOWN
            if looks is not known.looks:
                self._in_view[code.data] = replace(known, looks=looks)

    def _health_code(self, digest: str, reading: CodeReading, data: bytes) -> ReadCode:
        told = self._health.colour(data)
        return ReadCode(digest, reading, health=told.colour, asking=told.asking)
