"""From a record of a gate to the rows that say it, in the order of their tables' columns.

`hub.incoming.ingest` makes them before the transaction, `records.take` writes them. All raise OverflowError where an
instant is off the calendar or a number off SQLite's.
"""

from functools import lru_cache
from operator import attrgetter

from msgspec import Struct, json

from gate.caller import Caller
from gate.forms import Form, ReturneeForm
from gate.passage import Amendment, Happening, MadePass, Passage, Readings, Record, Stamp
from gate.reason import Reason, worst
from hub.forms import OpenedForm, Opener
from hub.registry import Row
from hub.registry.instants import written

PASSAGE = (
    "station, journal, sequence, at, clock, gate, lane, direction, outcome, reasons, person, who, pass_serial, celsius,"
    " sensor, site, policy, roster, guard, code_format"
)
# Behind those, where there is any of it; most passages are spared these columns, each of which costs its time.
BESIDES = "caller, named, purpose, destination, permit, party, trip, also_measured"
AMENDMENT = (
    "station, journal, sequence, at, passage_journal, passage_sequence, outcome, ground, guard, person, readings"
)
HAPPENING = "station, journal, sequence, at, clock, gate, lane, what, guard, passage"
MADE = "station, journal, sequence, at, gate, serial, number, expires_at, caller, person, guard"
FORM = "station, journal, sequence, kind, body, sealed, why"
CASE = "station, journal, sequence, opened_at, person, place, said, came_back_on"
# SQLite's.
LARGEST = 2**63 - 1


class Rows(Struct, frozen=True, gc=False):
    """What one record says; one of the first four, and what came sealed with it. stamp: when, by the gate's clocks."""

    passage: Row | None = None
    amendment: Row | None = None
    happening: Row | None = None
    made_pass: Row | None = None
    form: Row | None = None
    case: Row | None = None
    stamp: Stamp | None = None


NONE = Rows()
_besides_of = attrgetter("purpose", "destination", "permit", "party", "trip", "also_measured")
_NOTHING_BESIDES = (None, None, None, None, None, ())


def rows_of(station: str, journal: str, sequence: int, record: Record, opener: Opener) -> Rows:
    place, stamp = (station, journal, sequence), record.stamp
    match record:
        case Passage():
            passage = _passage(place, record)
            if record.form is None:
                return Rows(passage, None, None, None, None, None, stamp)
            opened = opener(record.form)
            return Rows(passage, form=(*place, *_form(opened)), case=_case(place, record, opened), stamp=stamp)
        case Amendment():
            return Rows(amendment=(*place, *_amendment(record)), stamp=stamp)
        case Happening():
            note = None if record.note is None else (*place, *_form(opener(record.note)))
            return Rows(happening=(*place, *_happening(record)), form=note, stamp=stamp)
        case MadePass():
            form = None if record.form is None else (*place, *_form(opener(record.form)))
            return Rows(made_pass=(*place, *_made_pass(record)), form=form, stamp=stamp)


def _passage(place: tuple[str, str, int], passage: Passage) -> Row:
    temperature = passage.temperature
    measured = (
        (None, None, None) if temperature is None else (temperature.celsius, temperature.sensor, str(temperature.site))
    )
    outcome, reasons = _verdict(passage.reasons)
    stamp = passage.stamp
    return (
        *place,
        written(stamp.at),
        str(stamp.clock),
        passage.gate,
        passage.lane,
        str(passage.direction),
        outcome,
        reasons,
        passage.person,
        passage.person,
        passage.pass_serial,
        *measured,
        passage.policy,
        passage.roster,
        passage.guard,
        passage.code_format,
        *_besides(passage),
    )


@lru_cache(1024)
def _verdict(reasons: tuple[Reason, ...]) -> tuple[str, str]:
    """What follows from them, and they themselves as JSON."""
    return str(worst(reasons)), json.encode(reasons).decode()


def _besides(passage: Passage) -> Row:
    if passage.caller is Caller.RESIDENT and not passage.named and _besides_of(passage) == _NOTHING_BESIDES:
        return ()
    return (
        str(passage.caller),
        passage.named,
        passage.purpose,
        passage.destination,
        passage.permit,
        passage.party,
        None if passage.trip is None else json.encode(passage.trip).decode(),
        _readings(passage.also_measured),
    )


def _amendment(amendment: Amendment) -> Row:
    return (
        written(amendment.stamp.at),
        amendment.journal,
        amendment.sequence,
        amendment.outcome,
        amendment.ground,
        amendment.guard,
        amendment.person,
        _readings(amendment.readings),
    )


def _happening(happening: Happening) -> Row:
    stamp = happening.stamp
    return (
        written(stamp.at),
        stamp.clock,
        happening.gate,
        happening.lane,
        happening.what,
        happening.guard,
        happening.passage,
    )


def _made_pass(made: MadePass) -> Row:
    if made.number > LARGEST:
        raise OverflowError(f"a pass of number {made.number}")
    return (
        written(made.stamp.at),
        made.gate,
        made.serial,
        made.number,
        written(made.expires_at),
        made.caller,
        made.person,
        made.guard,
    )


def _case(place: tuple[str, str, int], passage: Passage, opened: OpenedForm) -> Row | None:
    form = opened.form
    if not isinstance(form, ReturneeForm):
        return None
    came_back_on = None if form.came_back_on is None else form.came_back_on.isoformat()
    return (*place, written(passage.stamp.at), passage.person, form.place, form.said, came_back_on)


def _readings(readings: Readings) -> str | None:
    return json.encode(readings).decode() if readings else None


def _form(opened: OpenedForm) -> Row:
    if opened.form is None:
        return "", None, opened.sealed, opened.why
    return *body_of(opened.form), None, ""


def body_of(form: Form) -> tuple[str, str]:
    """An opened form as the registry keeps it: its kind, and all of it as JSON."""
    return str(form.__struct_config__.tag), json.encode(form).decode()
