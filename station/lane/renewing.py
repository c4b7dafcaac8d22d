"""A newer roster, and what other gates just told, for whoever the lane knows already: who stands there, and who of a
family waits.

The loop asks with every snapshot, and with every crossing that it hears of. Rule: whom the office restricts meanwhile,
or another gate has let through, does not pass by what held when he was named, however long the one before him keeps
the lane.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from gate.evidence import Trace
from gate.roster import Resident
from station.visit import Arrival, FormTaken, Gathering, Lane, ReadCode

Residents = Mapping[str, Resident]


def with_roster(lane: Lane, residents: Residents) -> Lane:
    """The lane, with everybody's newest entry; whom the guard named and the roster has no more is nobody's visit."""
    party = tuple(anew for each in lane.party if (anew := _arrival(each, residents)) is not None)
    lane = replace(lane, party=party)
    visit = lane.phase
    if not isinstance(visit, Gathering):
        return lane
    arrival = _arrival(visit.arrival, residents) if visit.arrival is not None else None
    form = _form(visit.form, residents) if visit.form is not None else None
    code = _code(visit.code, residents) if visit.code is not None else None
    return replace(lane, phase=replace(visit, arrival=arrival, form=form, code=code))


def with_traces(lane: Lane, trace: Callable[[Resident], Trace]) -> Lane:
    """The lane, with what the gates remember now of those whom the guard named. trace: asks them."""
    lane = replace(lane, party=tuple(replace(each, trace=trace(each.resident)) for each in lane.party))
    visit = lane.phase
    if not isinstance(visit, Gathering):
        return lane
    arrival, form = visit.arrival, visit.form
    if arrival is not None:
        arrival = replace(arrival, trace=trace(arrival.resident))
    if form is not None and form.resident is not None:
        form = replace(form, trace=trace(form.resident))
    return replace(lane, phase=replace(visit, arrival=arrival, form=form))


def _arrival(arrival: Arrival, residents: Residents) -> Arrival | None:
    resident = residents.get(arrival.resident.person)
    return replace(arrival, resident=resident) if resident is not None else None


def _form(form: FormTaken, residents: Residents) -> FormTaken:
    return replace(form, resident=residents.get(form.resident.person)) if form.resident is not None else form


def _code(code: ReadCode, residents: Residents) -> ReadCode:
    """In view it is read anew anyway; put away, it still says who stands there."""
    if code.resident is None:
        return code
    return replace(code, resident=residents.get(code.resident.person, code.resident))
