"""Gates that tell each other their crossings, on one clock, with networks and stations that come and go."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from gate.clock import ClockState, Moment
from gate.evidence import Trace
from gate.passage import Amendment, Ground, Happening, Passage, Record, Stamp, What
from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.wire import Crossings, encode_body
from station.peers import Ask, Conflict, Peers

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
WANG, LI = "0a" * 8, "0b" * 8


class Gate:
    """One gate's peers, on the compound's clock; `deaf` while it has no network."""

    def __init__(self, town: "Town", name: str, records: list[bytes] | None = None) -> None:
        self.town, self.name, self.deaf = town, name, False
        self.records = records or []
        self.heard: list[tuple[str, Crossings]] = []
        self.conflicts: list[Conflict] = []
        self.journal = f"{ord(name[0]):016x}"
        known = list(enumerate(self.records, 1))
        self.peers = Peers(f"{name}-1", name, self.journal, known, lambda digest: town.carry(self, digest))

    def passes(
        self, person: str | None, way: str, *reasons: Reason, code: str | None = None, permit: str | None = None
    ) -> int:
        passage = Passage(self._stamp(), self.name, "1", Direction(way), reasons, person, fresh_id=code, permit=permit)
        return self._record(passage)

    def notes(self, conflict: Conflict) -> None:
        """As the loop does it: a record of its own."""
        self._record(Happening(self._stamp(), self.name, "1", What.TWO_GATES, passage=conflict.passage))

    def settles(
        self, sequence: int, outcome: Outcome, ground: Ground = Ground.PAPERS_CHECKED, person: str | None = None
    ) -> None:
        self._record(Amendment(self._stamp(), self.journal, sequence, outcome, ground, person=person))

    def trace(self, person: str | None = WANG, code: str | None = None) -> Trace:
        return self.peers.trace(person, code, self.town.moment, self.town.seconds)

    def last_seen(self) -> tuple[str, str] | None:
        """Where and which way WANG crossed last, if it is known that he did not cross since."""
        trace = self.trace()
        known = trace.earlier is not None and trace.knows(trace.earlier.at)
        return (trace.earlier.gate, trace.earlier.direction.value) if trace.earlier and known else None

    def outings(self, *people: str, hours: float = 24.0) -> int | None:
        """How often they went out within the last hours; None where nobody can tell."""
        since = self.town.now - timedelta(hours=hours)
        trace = self.peers.trace(WANG, None, self.town.moment, self.town.seconds, Ask(people or (WANG,), since))
        return len(trace.exits) if trace.knows(since) else None

    def connect(self) -> None:
        self.deaf = False
        self.peers.greet(self.town.now, self.town.seconds)

    def _record(self, record: Record) -> int:
        self.records.append(encode_body(record))
        self.peers.recorded(self.journal, len(self.records), record)
        return len(self.records)

    def _stamp(self) -> Stamp:
        return Stamp(self.town.now, ClockState.SYNCED, "bb" * 8, self.town.seconds)


class Town:
    """Gates that hear each other unless one is deaf."""

    def __init__(self, *names: str) -> None:
        self.seconds = 1000.0
        self.digests: list[tuple[str, Crossings]] = []
        self.gates = {name: Gate(self, name) for name in names}
        for gate in self.gates.values():
            gate.connect()
        self.wait(1)

    @property
    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)

    @property
    def moment(self) -> Moment:
        return Moment(self.now, ClockState.SYNCED)

    def carry(self, sender: Gate, digest: Crossings) -> None:
        self.digests.append((f"{sender.name}-1", digest))
        if sender.deaf:
            return
        for gate in getattr(self, "gates", {}).values():
            if not gate.deaf and gate is not sender:
                known = {station for station, _ in gate.heard}
                if digest.crossings or f"{sender.name}-1" not in known:
                    gate.heard.append((f"{sender.name}-1", digest))
                gate.conflicts += gate.peers.hear(f"{sender.name}-1", digest, self.seconds, hours=16)

    def wait(self, seconds: float) -> None:
        for _ in range(max(1, round(seconds))):
            self.seconds += seconds / max(1, round(seconds))
            for gate in self.gates.values():
                gate.peers.beat(self.now, self.seconds)

    def restart(self, name: str, heard: list[tuple[str, Crossings]]) -> Gate:
        """heard: what the station's disk has kept; it comes back without a network."""
        gate = Gate(self, name, self.gates[name].records)
        gate.deaf, gate.heard = True, heard
        for station, digest in heard:
            gate.peers.hear(station, digest, 0.0, live=False)
        self.gates[name] = gate
        return gate


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["in", "out", "refuse", "undo", "wait", "sleep", "deaf", "connect", "restart"]),
        st.sampled_from(["east", "west", "south"]),
    ),
    max_size=40,
)


def act(town: Town, really: list[tuple[str, str, int]], step: str, name: str) -> None:
    gate = town.gates[name]
    match step:
        case "in" | "out":
            really.append((name, step, gate.passes(WANG, step)))
        case "refuse":
            gate.passes(WANG, "in", Reason.FEVER)
        case "undo" if really and really[-1][0] == name:
            gate.settles(really.pop()[2], Outcome.REFER, Ground.MISTAKE)
        case "wait" | "sleep":
            town.wait(12 if step == "wait" else 50)
        case "deaf":
            gate.deaf = True
        case "connect":
            gate.connect()
        case "restart":
            town.restart(name, gate.heard)
