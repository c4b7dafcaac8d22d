"""Power cuts of a registry: `python -m tests.durability.registry_cuts TRIALS SEED STRENGTH` prints a line a life.

A life takes records in, speaks receipts, lets the office publish rules and notices, and starts anew, on a disk that
remembers; then the power is cut at many places of it, and the hub's own code opens what is left, gets everything sent
again, and is held to each word that it had spoken. STRENGTH: `full`, or `normal` for the control. The name of a trial
behind it (STORY.LIFE.CUT, as complaints have it) tries that one alone: the same deeds, cut off at the same place.
"""

import logging
import random
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from msgspec import json

from gate import topics
from gate.clock import ClockState
from gate.document import DocumentKind, Edition, body_of, open_document
from gate.notices import Notice
from gate.passage import Amendment, Ground, Passage, Stamp
from gate.policy import Direction, Policy
from gate.reason import Outcome, Reason
from gate.wire import Envelope, Receipt, body_hash, encode_body, encode_records, envelope, pack_backlog
from hub import keys
from hub.forms import Opener
from hub.incoming.ingest import Ingest, Message
from hub.incoming.receipts import Receipts
from hub.incoming.received import Received
from hub.keys import Keys
from hub.registry import Registry, RegistryRefused, documents, inbox, notices, open_registry
from hub.registry.documents import Editions
from hub.registry.instants import written
from tests.durability.cuts import State, cuts, next_base, survived
from tests.durability.disk import Recording, recorded
from tests.durability.verdict import Trial, Verdict, in_memory

# The first life makes the file and nothing else.
CUTS_IN_THE_FIRST, CUTS_IN_A_LIFE = 30, 250
STEPS = (4, 25)
LIVES = 6
COMPOUND = "sunshine"
STATIONS = {"east-1": "ab" * 8, "west-1": "cd" * 8}
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
FIRST = Edition(0, 0)
Identity = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Sent:
    """A station has sent this."""

    message: Message
    envelopes: tuple[Envelope, ...]


@dataclass(frozen=True, slots=True)
class Receipted:
    """The hub has said what it holds of one station, under this number."""

    receipt: Receipt
    edition: Edition


@dataclass(frozen=True, slots=True)
class Begun:
    """`gate-hub init` has come back, or the hub runs."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """A clerk has pressed the button. done: and was told that it is done."""

    notice: str
    done: bool


@dataclass
class Believed:
    """What may be relied on at one moment; all by identity or name."""

    sent: list[Sent] = field(default_factory=list)
    hashes: dict[Identity, set[str]] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)
    edition: Edition = FIRST
    begun: bool = False
    ordered: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)

    def hears(self, facts: Sequence[object]) -> "Believed":
        heard = Believed(
            list(self.sent), {key: set(each) for key, each in self.hashes.items()}, dict(self.receipts), self.edition,
            self.begun, set(self.ordered), set(self.done),
        )  # fmt: skip
        for fact in facts:
            match fact:
                case Sent(_, envelopes):
                    heard.sent.append(fact)
                    for each in envelopes:
                        heard.hashes.setdefault((each.station, each.journal, each.sequence), set()).add(each.hash)
                case Receipted(receipt, edition):
                    heard.receipts[receipt.station] = receipt
                    heard.edition = max(heard.edition, edition)
                case Begun():
                    heard.begun = True
                case Ordered(notice, done):
                    (heard.done if done else heard.ordered).add(notice)
        return heard

    @property
    def receipted(self) -> set[Identity]:
        return {
            identity
            for identity in self.hashes
            for journal in getattr(self.receipts.get(identity[0]), "journals", ())
            if journal.journal == identity[1] and journal.covers(identity[2])
        }


class Hub:
    """Ingest with everything behind it but the broker. told: hears each receipt that goes out."""

    def __init__(self, folder: Path, secrets: Keys, recording: Recording | None = None) -> None:
        self._keys, self._recording = secrets, recording
        self.editions: list[Edition] = []
        self.registry: Registry = open_registry(folder / "registry.sqlite", NOW, COMPOUND)
        self.received = Received.of(self.registry)
        editions = Editions(self.registry)
        self._receipts = Receipts(COMPOUND, secrets.document, self.received, editions, self._publish)
        self._ingest = Ingest(COMPOUND, self._committed, lambda: NOW)

    def take(self, messages: Sequence[Message]) -> None:
        self._ingest.take(self.registry, messages)

    def fold(self, most: int) -> bool:
        """Enter some of what is kept; False where nothing is left."""
        opener = Opener(COMPOUND, self._keys.form)
        return self.registry.run(lambda each: inbox.fold(each, opener, most, written(NOW))).put_off > 0

    def say_again(self) -> None:
        self._receipts.send_all(NOW)

    def _committed(self, identities: Sequence[Identity], taken: object) -> None:
        self._receipts.committed(identities, NOW)

    def _publish(self, topic: str, payload: bytes) -> None:
        document = open_document(payload, DocumentKind.RECEIPT, COMPOUND, [self._keys.document.public])
        self.editions.append(document.heading.edition)
        if self._recording is not None:
            self._recording.tell(Receipted(body_of(document, Receipt), document.heading.edition))


class Life:
    """One hub's dealings with its registry. weak: whether its commits are left unsynced."""

    def __init__(self, recording: Recording, believed: Believed, secrets: Keys, rng: random.Random, weak: bool) -> None:
        self._recording, self._keys, self._rng, self._weak = recording, secrets, rng, weak
        self._next = {
            name: max([0, *(each[2] for each in believed.hashes if each[0] == name)]) + 1 for name in STATIONS
        }
        self._old = believed.sent[-3:]

    def live(self, steps: int) -> None:
        self._open()
        for _ in range(steps):
            [step] = self._rng.choices(
                (self._hear, self._fold, self._hear_again, self._order, self._save, self._restart),
                (50, 15, 10, 15, 6, 4),
            )
            step()
        if self._rng.random() < 0.5:
            self._recording.end()
        self._hub.registry.close()

    def _open(self) -> None:
        self._hub = Hub(self._recording.folder, self._keys, self._recording)
        self._recording.tell(Begun())
        connection = self._hub.registry.database.conn
        if self._weak:
            connection.execute("PRAGMA synchronous = NORMAL")
        self._hub.say_again()
        connection.execute(f"PRAGMA wal_autocheckpoint = {self._rng.choice((8, 60, 1000))}")

    def _hear(self) -> None:
        sent = [self._sent(self._rng.choice(list(STATIONS))) for _ in range(self._rng.randint(1, 3))]
        for each in sent:
            self._recording.tell(each)
        self._old = (self._old + sent)[-3:]
        self._hub.take([each.message for each in sent])

    def _hear_again(self) -> None:
        self._hub.take([each.message for each in self._old])

    def _fold(self) -> None:
        self._hub.fold(self._rng.choice((1, 7, 200)))

    def _order(self) -> None:
        name = f"n{self._rng.randrange(10**9)}"
        notice = Notice(name, "通知", name, 50, NOW, NOW + timedelta(hours=1), 5)
        self._recording.tell(Ordered(name, done=False))
        self._hub.registry.run(lambda registry: _order(registry, notice))
        self._recording.tell(Ordered(name, done=True))

    def _save(self) -> None:
        self._hub.received.save(self._hub.registry, NOW)

    def _restart(self) -> None:
        self._hub.registry.close()
        self._open()

    def _sent(self, station: str) -> Sent:
        first = self._next[station]
        size = self._rng.choice((1, 1, 5, 30))
        self._next[station] = first + size
        # Now and then a number is left for later: a hole in the receipt.
        numbers = [each for each in range(first, first + size) if self._rng.random() < 0.98]
        envelopes = tuple(_envelope(station, each, self._rng) for each in numbers)
        if self._rng.random() < 0.3:
            return Sent(Message(topics.BACKLOG.of(COMPOUND, station), pack_backlog(envelopes), live=False), envelopes)
        return Sent(Message(topics.RECORDS.of(COMPOUND, station), encode_records(envelopes), live=True), envelopes)


def _order(registry: Registry, notice: Notice) -> None:
    notices.put(registry, notice)
    documents.set_policy(registry, Policy(notice.id))


def _envelope(station: str, sequence: int, rng: random.Random) -> Envelope:
    stamp = Stamp(NOW + timedelta(seconds=sequence), ClockState.SYNCED, "b0" * 8, sequence * 1.0)
    journal = STATIONS[station]
    if sequence > 1 and rng.random() < 0.15:
        of = rng.randrange(1, sequence)
        body = encode_body(Amendment(stamp, journal, of, Outcome.ADMIT, Ground.KNOWN_IN_PERSON, guard="li"))
    elif rng.random() < 0.03:
        body = b'{"kind":"of tomorrow"}'
    else:
        reasons = (Reason.FEVER,) if rng.random() < 0.2 else ()
        body = encode_body(Passage(stamp, "east", "1", Direction.IN, reasons=reasons, person=rng.randbytes(8).hex()))
    return envelope(COMPOUND, station, journal, sequence, body)


def judge(folder: Path, believed: Believed, secrets: Keys, verdict: Verdict) -> None:
    """Open what a cut has left with the hub's own code, and hold it against what may be relied on."""
    verdict.trials += 1
    try:
        hub = Hub(folder, secrets)
        with closing(hub.registry):
            _judge_rows(hub, believed, verdict)
            _judge_what_comes_again(hub, believed, verdict)
        assert not list(folder.glob("*.damaged-*")), "a power cut was taken for damage"
    except (sqlite3.Error, AssertionError, RegistryRefused) as cause:
        verdict.corrupt += 1
        verdict.complain(f"{type(cause).__name__}: {cause}")


def _judge_rows(hub: Hub, believed: Believed, verdict: Verdict) -> None:
    found = _records(hub.registry)
    lost = [*sorted(believed.receipted - found.keys()), *sorted(believed.done - _notices(hub.registry))]
    if lost:
        verdict.lost += len(lost)
        verdict.cut_short += 1
        verdict.complain(f"lost {len(lost)} that were receipted or ordered: {lost[:3]}")
    assert all(hash_ in believed.hashes.get(identity, ()) for identity, hash_ in found.items()), "a body of nobody"
    assert _notices(hub.registry) <= believed.ordered, "an order of nobody"
    for station in STATIONS:
        for journal in hub.received.receipt(station).journals:
            spoken = {each for each in range(1, journal.through + 1) if journal.covers(each)}
            held = {each[2] for each in found if each[:2] == (station, journal.journal)}
            assert spoken <= held, f"a receipt would cover {sorted(spoken - held)[:5]}, which are not there"


def _judge_what_comes_again(hub: Hub, believed: Believed, verdict: Verdict) -> None:
    """Every station sends all that it ever sent once more; then everything is there, once, and read."""
    hub.take([each.message for each in believed.sent])
    hub.say_again()
    while hub.fold(100):
        pass
    assert not hub.editions or min(hub.editions) > believed.edition, "the number of a receipt was spoken before"
    found, registry = _records(hub.registry), hub.registry
    assert found.keys() == believed.hashes.keys(), "not everything that came again was taken"
    said = [tuple(row) for row in registry.rows("SELECT station, journal, sequence FROM passage")]
    said += [tuple(row) for row in registry.rows("SELECT station, journal, sequence FROM amendment")]
    aside = {tuple(row) for row in registry.rows("SELECT station, journal, sequence FROM record WHERE quarantined")}
    verdict.doubled += len(said) - len(set(said))
    assert set(said) | aside == found.keys(), "what was taken is not told by the tables"
    unsettled = "SELECT count(*) FROM amendment JOIN passage ON passage.station = amendment.station AND"
    unsettled += " passage.journal = passage_journal AND passage.sequence = passage_sequence WHERE settled_by IS NULL"
    assert registry.rows(unsettled) == [(0,)], "an amendment was not laid beside its passage"
    assert registry.rows("PRAGMA integrity_check") == [("ok",)], "integrity_check"
    assert registry.rows("PRAGMA foreign_key_check") == [], "foreign_key_check"


def _records(registry: Registry) -> dict[Identity, str]:
    rows = registry.rows("SELECT station, journal, sequence, hash, body FROM record")
    assert all(body_hash(bytes(row[4])) == row[3] for row in rows), "a body that is not its hash's"
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def _notices(registry: Registry) -> set[str]:
    return {each.id for each in notices.listed(registry)}


def lives(trials: int, seed: str, weak: bool, only: Trial | None = None) -> Iterator[Verdict]:
    """A verdict for each life, until so many cuts were judged. only: the one that is judged, at the end of its life."""
    trials -= only.story * (CUTS_IN_THE_FIRST + LIVES * CUTS_IN_A_LIFE) if only is not None else 0
    for number in count(only.story if only is not None else 0):
        rng = random.Random(f"{seed}-{number}")
        with in_memory() as home:
            secrets = keys.make(home / "keys")
            base, believed = State({}, []), Believed()
            for life in range(1 + LIVES):
                first, verdict = life == 0, Verdict()
                some = CUTS_IN_THE_FIRST if first else CUTS_IN_A_LIFE
                known = base.platter.names if base.platter is not None else None
                with recorded(_laid_out(home, base), known) as recording:
                    Life(recording, believed, secrets, rng, weak).live(0 if first else rng.randint(*STEPS))
                verdict.events = len(recording.events)
                states = list(cuts(recording, min(some, trials), rng, base.platter))
                for at, state in enumerate(states):
                    if verdict.comes_to(Trial(number, life, at), only):
                        judge(_laid_out(home, state), believed.hears(state.told), secrets, verdict)
                trials -= len(states)
                yield verdict
                if not trials or (only is not None and only.life == life):
                    return
                base = survived(recording) if first else next_base(recording, states, rng, base)
                believed = believed.hears(base.told)
                if base.platter is None:
                    believed = _after(_laid_out(home, base), believed)


def _after(folder: Path, believed: Believed) -> Believed:
    """What may be relied on once a hub has looked what its ruin still holds; the control's has lost some."""
    with closing(open_registry(folder / "registry.sqlite", NOW, COMPOUND)) as registry:
        found, done = _records(registry), _notices(registry)
    believed.receipts = {} if believed.receipted - found.keys() else believed.receipts
    believed.done = done
    return believed


def _laid_out(home: Path, state: State) -> Path:
    folder = home / "hub"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    state.lay_out(folder)
    return folder


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    alone = Trial.read(sys.argv[4]) if len(sys.argv) > 4 else None
    for one in lives(int(sys.argv[1]), sys.argv[2], sys.argv[3] == "normal", alone):
        print(json.encode(one).decode(), flush=True)
