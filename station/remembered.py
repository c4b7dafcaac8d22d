"""What a gate knew before the power went: whom it decided last, whose fever is unanswered, which alarms had not ended.

`Lanes` and the gatehouse ask once, at the start, with the journal's newest records. Pure. Rule: nothing but the journal
says so. The code that was shown is not in it, so whose foreign certificate it was can still be told, and is not known
again by it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from gate.credential import CodeReading
from gate.evidence import Evidence
from gate.names import JournalId
from gate.passage import Amendment, Ground, Happening, Passage, What
from gate.reason import Outcome, Reason
from gate.roster import Resident
from gate.wire import BodyMalformed, decode_body
from station.lane.answers import policy_of
from station.lane.fevers import FEVER_SECONDS, MOST_FEVERISH
from station.lane.retest import AWAITED_SECONDS, MOST_RESTING
from station.lane.verdict import RECENT
from station.objections import fever_measured, overrulable
from station.snapshot import Snapshot
from station.visit import Decided, Lane, Now, Resting

REMEMBERED_RECORDS = 10_000
"""Of the own journal: so many a busy lane writes in an hour's rest and the two hours that it waits for somebody."""

BARRIER_FAILS = frozenset({What.BARRIER_STUCK, What.BARRIER_FORCED})
ENDED_BY = {
    What.FIRE: What.FIRE_OVER,
    What.TAMPERED: What.TAMPER_OVER,
    What.BARRIER_STUCK: What.BARRIER_MENDED,
    What.BARRIER_FORCED: What.BARRIER_MENDED,
}


def standing(records: Iterable[tuple[int, bytes]]) -> frozenset[What]:
    """What began at the gate and has not ended."""
    begun: set[What] = set()
    for _, body in records:
        # Of ten thousand records hardly any is a happening.
        if b'"happening"' not in body:
            continue
        try:
            record = decode_body(body)
        except BodyMalformed:
            continue
        if isinstance(record, Happening):
            begun = {each for each in begun if ENDED_BY[each] is not record.what}
            begun |= {record.what} & ENDED_BY.keys()
    return frozenset(begun)


@dataclass(slots=True)
class _Told:
    """A passage, and what the guard said of it, in order."""

    passage: Passage
    words: list[Amendment] = field(default_factory=list)

    @property
    def rests(self) -> Amendment | None:
        """Sent to rest, and nothing said since."""
        return self.words[-1] if self.words and self.words[-1].ground is Ground.RESTS else None

    @property
    def person(self) -> str | None:
        found = [each.person for each in self.words if each.person is not None]
        return found[-1] if found else self.passage.person


def with_memory(lane: Lane, records: Iterable[tuple[int, bytes]], journal: JournalId, held: Snapshot, now: Now) -> Lane:
    """The lane, with what its journal's newest records say. journal: whose sequences those are."""
    told = _read(records, journal)
    recent = tuple(_decided(number, told[number], held) for number in sorted(told, reverse=True)[:RECENT])
    resting = [_resting(number, each, each.rests, held, now) for number, each in told.items() if each.rests is not None]
    through = {each.person: number for number, each in told.items() if _holds(each) is Outcome.ADMIT}
    waited_for = [
        each
        for each in resting
        if now.seconds < each.ready_seconds + AWAITED_SECONDS
        and through.get(each.person, 0) <= (each.decided.sequence or 0)
    ]
    feverish = tuple(
        (person, until)
        for person, (number, until) in _fevers(told, held, now).items()
        if now.seconds < until and through.get(person, 0) < number
    )
    return replace(lane, recent=recent, resting=tuple(waited_for[-MOST_RESTING:]), feverish=feverish[-MOST_FEVERISH:])


def _read(records: Iterable[tuple[int, bytes]], journal: JournalId) -> Mapping[int, _Told]:
    told: dict[int, _Told] = {}
    for number, body in records:
        try:
            record = decode_body(body)
        except BodyMalformed:
            continue
        if isinstance(record, Passage):
            told[number] = _Told(record)
        elif isinstance(record, Amendment) and record.journal == journal and record.sequence in told:
            told[record.sequence].words.append(record)
    return told


def _fevers(told: Mapping[int, _Told], held: Snapshot, now: Now) -> Mapping[str, tuple[int, float]]:
    """Of each person the newest one: its passage, and until when it counts; anew where nobody vouches for the time."""
    fevers: dict[str, tuple[int, float]] = {}
    for number, each in told.items():
        if each.person is not None and fever_measured(_decided(number, each, held), held.rules):
            told_at = each.words[-1].stamp.at if each.words else each.passage.stamp.at
            past = (now.moment.utc - told_at).total_seconds() if now.moment.believed else 0.0
            fevers[each.person] = number, now.seconds + FEVER_SECONDS - max(past, 0.0)
    return fevers


def _holds(told: _Told) -> Outcome:
    words = [each.outcome for each in told.words if each.ground is not Ground.RESTS]
    return words[-1] if words else told.passage.outcome


def _decided(number: int, told: _Told, held: Snapshot) -> Decided:
    passage, said = told.passage, [each for each in told.words if each.ground is not Ground.RESTS]
    readings = [each.readings for each in said if each.readings]
    return Decided(
        number,
        passage.stamp.at,
        _evidence(told, held.residents),
        passage.reasons,
        overrulable(passage.reasons, held.rules),
        settled=said[-1].outcome if said else None,
        ground=said[-1].ground if said else None,
        retest=readings[-1] if readings else (),
    )


def _evidence(told: _Told, residents: Mapping[str, Resident]) -> Evidence:
    passage = told.passage
    return Evidence(
        passage.direction,
        code=CodeReading(passage.code_format, ()) if passage.code_format is not None else None,
        resident=residents.get(told.person) if told.person is not None else None,
        measurement=passage.temperature,
        also_measured=passage.also_measured,
        trip=None if passage.trip is None else (),
        named=passage.named,
        purpose=passage.purpose,
        destination=passage.destination,
        caller=passage.caller,
        written_down=passage.form is not None,
        returnee=Reason.RETURNEE in passage.reasons,
    )


def _resting(number: int, told: _Told, sent: Amendment, held: Snapshot, now: Now) -> Resting:
    """He rests as long as he would have; where nobody vouches for the time, no less than from now on."""
    whole = timedelta(minutes=policy_of(held.rules).retest.rest_minutes)
    ready_at = sent.stamp.at + whole
    left = ready_at - now.moment.utc
    if not now.moment.believed:
        left, ready_at = whole, now.moment.utc + whole
    left = min(left, whole)
    return Resting(_decided(number, told, held), ready_at, now.seconds + left.total_seconds(), person=told.person)
