"""A newer snapshot, and what other gates just told, for whoever the lane knows already: who stands there, and who of a
family waits; and for those whose passage a guard may still settle.

The loop asks with every snapshot, and with every crossing that it hears of. Rule: whom the office restricts meanwhile,
or another gate has let through, does not pass by what held when he was named or his code was read, however long the one
before him keeps the lane, and though his phone is back in his pocket.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from gate.credential import CodeReading
from gate.evidence import Trace
from gate.formats.chain import Step
from gate.formats.signed_pass import TAKEN_BACK
from gate.reason import Reason
from gate.roster import Resident
from station.snapshot import Snapshot
from station.visit import Arrival, Decided, FormTaken, Gathering, Lane, ReadCode

Residents = Mapping[str, Resident]


def with_snapshot(lane: Lane, held: Snapshot, before: Snapshot) -> Lane:
    """The lane, with everybody's newest entry; whom the guard named and the roster has no more is nobody's visit.

    before: what was held until now.
    """
    residents = held.residents
    party = tuple(anew for each in lane.party if (anew := _arrival(each, residents)) is not None)
    recent = tuple(_decided(each, held) for each in lane.recent)
    resting = tuple(replace(each, decided=_decided(each.decided, held)) for each in lane.resting)
    lane = replace(lane, party=party, recent=recent, resting=resting)
    visit = lane.phase
    if not isinstance(visit, Gathering):
        return lane
    arrival = _arrival(visit.arrival, residents) if visit.arrival is not None else None
    form = _form(visit.form, residents) if visit.form is not None else None
    code = _code(visit.code, held, before) if visit.code is not None else None
    return replace(lane, phase=replace(visit, arrival=arrival, form=form, code=code))


def with_traces(lane: Lane, trace: Callable[[Resident], Trace], of_code: Callable[[ReadCode], Trace]) -> Lane:
    """The lane, with what the gates remember now of those whom the guard named, and of a code. trace, of_code: ask."""
    lane = replace(lane, party=tuple(replace(each, trace=trace(each.resident)) for each in lane.party))
    visit = lane.phase
    if not isinstance(visit, Gathering):
        return lane
    arrival, form, code = visit.arrival, visit.form, visit.code
    if arrival is not None:
        arrival = replace(arrival, trace=trace(arrival.resident))
    if form is not None and form.resident is not None:
        form = replace(form, trace=trace(form.resident))
    if code is not None:
        code = replace(code, trace=of_code(code))
    return replace(lane, phase=replace(visit, arrival=arrival, form=form, code=code))


def _arrival(arrival: Arrival, residents: Residents) -> Arrival | None:
    resident = residents.get(arrival.resident.person)
    return replace(arrival, resident=resident) if resident is not None else None


def _form(form: FormTaken, residents: Residents) -> FormTaken:
    return replace(form, resident=residents.get(form.resident.person)) if form.resident is not None else form


def _code(code: ReadCode, held: Snapshot, before: Snapshot) -> ReadCode:
    """In view it is read anew anyway; put away, it still says who stands there."""
    reading = _believed(code.reading, held)
    if reading is not code.reading:
        return replace(code, reading=reading, resident=None)
    if code.resident is None:
        return code
    person = code.resident.person
    # A card that this gate made somebody's was never on the roster.
    unlisted = None if person in before.residents else code.resident
    return replace(code, resident=held.residents.get(person, unlisted))


def _decided(decided: Decided, held: Snapshot) -> Decided:
    """Who it was stays, whatever became of his entry; whoever had none may have one now."""
    evidence = decided.evidence
    code, resident = evidence.code, held.residents.get(evidence.person or "", evidence.resident)
    if code is not None:
        code = _believed(code, held)
    return replace(decided, evidence=replace(evidence, resident=resident, code=code))


def _believed(reading: CodeReading, held: Snapshot) -> CodeReading:
    """The very same, unless it was revoked meanwhile."""
    credential = reading.credential
    if credential is None or credential.serial not in held.trust.revoked:
        return reading
    taken_back = Step("revocation", False, Reason.REVOKED, TAKEN_BACK)
    steps = (*(each for each in reading.steps if each.name != taken_back.name), taken_back)
    return replace(reading, steps=steps, credential=None)
