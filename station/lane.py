"""The machine of one visit: `step(lane, signal, rules, now) -> (lane, effects)`. Pure; the loop is its only caller.

How it works. A lane is in one of four phases. READY: nobody's visit. GATHERING: a code was shown, or the guard said
that somebody came without one, and the visit waits for what the rules demand. COMMITTING: it is decided, and the disk
has the word. SHOWING: the verdict stands on the screen.

A visit begins with a code that is new to the view. Codes left in view had their turn; they get another one after the
view was empty for EMPTY_LOOKS looks and EMPTY_SECONDS. The visit is decided once a conclusive temperature is there, or
the rules ask for none, or the wait is over, or another pass takes its place. A reading that is too low or a sensor's
fault is given SECOND_THOUGHT_SECONDS to be followed by a better one; the highest believable reading counts. Readings
outlive neither READING_LIVES_SECONDS nor a decision, and whoever was just decided and still stands there lends his to
nobody.

A health code is no pass: shown first it waits for one, and where the policy demands one the pass waits for it; the two
are one passage. An answer of the province that is under way is waited for like a temperature.

Commit first, then speak. A decision leaves here as RecordPassage and nothing else. Only Committed, and only for a
decision without any reason, opens the barrier; CommitFailed adds UNRECORDED, which is the guard's matter. The guard's
word travels the same road: RecordAmendment, AmendmentCommitted, barrier. So there are two lines in this file that
open the barrier, and both stand behind the disk.

A green clears itself. Anything else stays until the guard settles or dismisses it; another code begins a new visit all
the same, and the old one can still be settled from `recent`.

The rule of the file: nothing arrives unforeseen. The table below names every pair of phase and signal, and a pair that
means nothing says so with `_ignored`.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import cast

from gate.decision import Evidence, decide
from gate.policy import Direction, Policy, Rules
from gate.reason import Outcome, Reason
from gate.temperature import Measurement, TemperatureLimits, judge
from gate.wording import Words
from station import health_codes
from station.objections import objection, overrulable
from station.visit import (
    AmendmentCommitted,
    AmendmentFailed,
    BarrierMoved,
    CameWithoutCode,
    CodesRead,
    CommitFailed,
    Committed,
    Committing,
    Decided,
    DirectionChosen,
    Draft,
    Effect,
    FormTaken,
    Gathering,
    GuardChanged,
    GuardDismissed,
    GuardNamed,
    GuardSettled,
    HealthTold,
    Lamp,
    Lane,
    Measured,
    NobodyMeasured,
    NothingSeen,
    Now,
    OpenBarrier,
    Phase,
    PurposeTold,
    ReadCode,
    Ready,
    RecordAmendment,
    RecordPassage,
    RefuseTap,
    RestBegun,
    RetestBegun,
    Retesting,
    Showing,
    ShowLamp,
    Signal,
    Sound,
    Tick,
    Tone,
    TripTold,
)

Step = tuple[Lane, tuple[Effect, ...]]
Handler = Callable[[Lane, Signal, Rules | None, Now], Step]


PHASES: tuple[type[Phase], ...] = (Ready, Gathering, Committing, Showing, Retesting)


def _table() -> dict[type[Signal], dict[type[Phase], Handler]]:
    table: dict[type[Signal], dict[type[Phase], Handler]] = {
        CodesRead: {Ready: _greet, Gathering: _see_more, Committing: _ignored, Showing: _greet},
        NothingSeen: {Ready: _look_away, Gathering: _look_away, Committing: _look_away, Showing: _look_away},
        Measured: {Ready: _keep_reading, Gathering: _take_reading, Committing: _ignored, Showing: _keep_reading},
        NobodyMeasured: {Ready: _step_aside, Gathering: _ignored, Committing: _step_aside, Showing: _step_aside},
        Tick: {Ready: _ignored, Gathering: _go_on, Committing: _ignored, Showing: _clear_in_time},
        Committed: {Ready: _ignored, Gathering: _ignored, Committing: _speak, Showing: _ignored},
        CommitFailed: {Ready: _ignored, Gathering: _ignored, Committing: _call_guard, Showing: _ignored},
        AmendmentCommitted: dict.fromkeys(PHASES, _obey),
        AmendmentFailed: dict.fromkeys(PHASES, _not_settled),
        GuardSettled: {Ready: _settle, Gathering: _settle, Committing: _busy, Showing: _settle},
        GuardDismissed: {Ready: _ignored, Gathering: _busy, Committing: _busy, Showing: _clear},
        DirectionChosen: {Ready: _turn, Gathering: _turn, Committing: _busy, Showing: _turn},
        HealthTold: {Ready: _ignored, Gathering: _learn_colour, Committing: _ignored, Showing: _ignored},
        CameWithoutCode: {Ready: _begin_without, Gathering: _busy, Committing: _busy, Showing: _begin_without},
        TripTold: {Ready: _not_asked, Gathering: _take_trip, Committing: _busy, Showing: _not_asked},
        PurposeTold: dict.fromkeys(PHASES, _busy),
        GuardNamed: dict.fromkeys(PHASES, _busy),
        FormTaken: dict.fromkeys(PHASES, _busy),
        RestBegun: dict.fromkeys(PHASES, _busy),
        RetestBegun: dict.fromkeys(PHASES, _busy),
        BarrierMoved: dict.fromkeys(PHASES, _ignored),
        GuardChanged: dict.fromkeys(PHASES, _ignored),
    }
    for row in table.values():
        row.setdefault(Retesting, _ignored)
    return table


EMPTY_LOOKS = 3
"""Looks without any code after which the view counts as empty."""
EMPTY_SECONDS = 1.0
"""And for so long at a real gate: a hand that moves blurs a code for several frames, and that is no departure."""
FORGOTTEN_LOOKS = 45
"""Looks without a certain code after which it has left, though another one, say a poster, never leaves the view."""
READING_LIVES_SECONDS = 4.0
SECOND_THOUGHT_SECONDS = 1.0
MOST_READINGS = 64
RECENT = 8

_LAMPS = {Outcome.ADMIT: Lamp.GREEN, Outcome.REFER: Lamp.YELLOW, Outcome.REFUSE: Lamp.RED}
_TONES = {Outcome.ADMIT: Tone.ADMIT, Outcome.REFER: Tone.REFER, Outcome.REFUSE: Tone.REFUSE}

_BUSY = Words("正在处理一次通行，请稍候", "A passage is just being decided; wait for its verdict")
_NO_CHOICE = Words("本通道只有一个方向", "This lane has one direction only")
_NOT_ASKED = Words("现在没有人等着确认行程", "Nobody's trip is being asked for now")
_NOT_WRITTEN = Words("无法记录，请手工登记", "It could not be stored; write it down by hand")


def step(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """What becomes of the lane, and what the loop must do, in that order."""
    return _TABLE[type(signal)][type(lane.phase)](lane, signal, rules, now)


def awaiting(lane: Lane, rules: Rules | None) -> tuple[str, ...]:
    """What the running visit lacks, for the screen: "temperature", "trip", what health codes ask for, or nothing."""
    if not isinstance(lane.phase, Gathering):
        return ()
    waits = _temperature_demanded(lane.direction, rules)
    lacking = health_codes.lacking(lane.phase, rules)
    return (*lacking, *("temperature",) * waits, *("trip",) * _trip_lacking(lane, rules))


def handled(lane: Lane, digest: str) -> bool:
    """Whether a code in view has had its turn."""
    return any(digest == known for known, _ in lane.in_view)


# --- what the camera says ---


def _greet(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """A code that is new to the view begins a visit, whatever stands on the screen."""
    codes = cast(CodesRead, signal).codes
    health = tuple(code for code in health_codes.among(codes) if not handled(lane, code.digest))
    lane, chosen = _notice(replace(lane, seen_at=now.seconds), codes)
    return _begin(lane, chosen, rules, now, health) if chosen or health else (lane, ())


def _see_more(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """During a visit: its own code anew, the code it lacked, or another pass that takes its place."""
    codes, visit = cast(CodesRead, signal).codes, cast(Gathering, lane.phase)
    visit = health_codes.joined(visit, _health_of(lane, visit, codes))
    lane = replace(lane, seen_at=now.seconds, phase=visit)
    if visit.code is None:
        lane, chosen = _notice(lane, codes)
        return _decide_when_content(replace(lane, phase=replace(visit, code=chosen)), rules, now)
    own = next((code for code in codes if code.digest == visit.code.digest), None)
    a_pass_waits = any(code.ours and not handled(lane, code.digest) for code in codes)
    if own is not None and (own.ours or not a_pass_waits):
        # What is known of the same code may have changed meanwhile: revoked, isolated.
        lane = _seen(replace(lane, phase=replace(visit, code=own)), codes, _foreign(codes))
        return _decide_when_content(lane, rules, now)
    lane = _seen(lane, codes, _foreign(codes) if visit.code.ours else health_codes.among(codes))
    if all(handled(lane, code.digest) for code in codes):
        return _decide_when_content(lane, rules, now)
    return _decide(lane, rules, now)


def _look_away(lane: Lane, _signal: Signal, _rules: Rules | None, now: Now) -> Step:
    empty_looks = lane.empty_looks + 1
    empty = empty_looks >= EMPTY_LOOKS and now.seconds - lane.seen_at >= lane.empty_seconds
    return replace(lane, empty_looks=empty_looks, in_view=() if empty else lane.in_view), ()


def _notice(lane: Lane, codes: tuple[ReadCode, ...]) -> tuple[Lane, ReadCode | None]:
    """Choose the code whose turn it is. Beside a pass or a health code, a foreign code is no more than a backdrop."""
    ours = [code for code in codes if code.ours]
    foreign = [] if health_codes.among(codes) or _has_health_code(lane) else codes
    fresh = [code for code in ours or foreign if not handled(lane, code.digest)]
    chosen = fresh[0] if fresh else None
    turns = (*_foreign(codes), *(fresh[:1]))
    return _seen(lane, codes, turns), chosen


def _seen(lane: Lane, codes: tuple[ReadCode, ...], turns: Iterable[ReadCode]) -> Lane:
    """Note a look: who is in view, who had his turn, who has been away for long."""
    here = {code.digest for code in codes}
    away = {known: 0 if known in here else looks + 1 for known, looks in lane.in_view}
    away.update({code.digest: 0 for code in turns})
    in_view = tuple((known, looks) for known, looks in away.items() if looks < FORGOTTEN_LOOKS)
    return replace(lane, empty_looks=0, in_view=in_view)


def _health_of(lane: Lane, visit: Gathering, codes: tuple[ReadCode, ...]) -> tuple[ReadCode, ...]:
    """The visit's own health codes anew, and those that had no turn yet."""
    own = {code.digest for code in visit.health_codes}
    return tuple(code for code in health_codes.among(codes) if code.digest in own or not handled(lane, code.digest))


def _has_health_code(lane: Lane) -> bool:
    return isinstance(lane.phase, Gathering) and bool(lane.phase.health_codes)


def _learn_colour(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    told = cast(HealthTold, signal)
    visit = health_codes.told(cast(Gathering, lane.phase), told.digest, told.colour)
    return _decide_when_content(replace(lane, phase=visit), rules, now)


def _foreign(codes: tuple[ReadCode, ...]) -> tuple[ReadCode, ...]:
    return tuple(code for code in codes if not code.ours)


# --- what the thermometer says ---


def _keep_reading(lane: Lane, signal: Signal, _rules: Rules | None, _now: Now) -> Step:
    """Between visits: a forehead measured before its code is shown counts, unless it was decided already."""
    return (lane, ()) if lane.attended else (_with_reading(lane, cast(Measured, signal)), ())


def _take_reading(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    return _decide_when_content(_with_reading(lane, cast(Measured, signal)), rules, now)


def _step_aside(lane: Lane, _signal: Signal, _rules: Rules | None, _now: Now) -> Step:
    """Nobody is there any more: what was measured goes with whoever it was measured on."""
    return replace(lane, attended=False, readings=()), ()


def _with_reading(lane: Lane, reading: Measured) -> Lane:
    readings = (*lane.readings, reading)
    if len(readings) > MOST_READINGS:
        # A visit may wait long for an answer; its fever must not be forgotten over later readings.
        warmest = max(readings, key=lambda each: each.measurement.celsius or 0.0)
        keeps = isinstance(lane.phase, Gathering) and readings[0] is warmest
        readings = (readings[0], *readings[2:]) if keeps else readings[1:]
    return replace(lane, readings=readings)


def _fresh_readings(lane: Lane, now: Now) -> list[Measured]:
    """A visit keeps the readings that it began with: whoever is asked for his trips need not be measured again."""
    since = min(now.seconds, lane.phase.since) if isinstance(lane.phase, Gathering) else now.seconds
    return [each for each in lane.readings if since - READING_LIVES_SECONDS <= each.taken_at <= now.seconds]


def _best(readings: Iterable[Measured], limits: TemperatureLimits) -> Measurement | None:
    return max((each.measurement for each in readings), key=lambda each: _credit(each, limits), default=None)


def _credit(measurement: Measurement, limits: TemperatureLimits) -> tuple[int, float]:
    """How much a reading is worth: a fault, a figure too low to be true, a believable one; then the higher figure."""
    match judge(measurement, limits):
        case Reason.THERMOMETER_FAULT:
            return 0, 0.0
        case Reason.TEMPERATURE_TOO_LOW:
            return 1, measurement.celsius or 0.0
        case _:
            return 2, measurement.celsius or 0.0


def _conclusive(measurement: Measurement | None, limits: TemperatureLimits) -> bool:
    return measurement is not None and _credit(measurement, limits)[0] == 2


# --- the visit ---


def _begin(lane: Lane, code: ReadCode | None, rules: Rules | None, now: Now, health: tuple[ReadCode, ...] = ()) -> Step:
    visit = Gathering(now.seconds, code, health_codes=health)
    lane, effects = _decide_when_content(replace(lane, phase=visit), rules, now)
    if isinstance(lane.phase, Committing):
        return lane, effects
    return lane, (ShowLamp(Lamp.DARK), Sound(Tone.READ), *effects)


def _begin_without(lane: Lane, _signal: Signal, rules: Rules | None, now: Now) -> Step:
    return _begin(lane, None, rules, now)


def _go_on(lane: Lane, _signal: Signal, rules: Rules | None, now: Now) -> Step:
    """Decide with what there is once the wait is over."""
    visit, policy = cast(Gathering, lane.phase), _policy(rules)
    doubtful = _fresh_readings(lane, now)
    doubted_since = max(visit.since, doubtful[0].taken_at) if doubtful else now.seconds
    patience = policy.patience_seconds(lane.direction) if _trip_asked(lane, rules) else policy.visit_seconds
    doubted = now.seconds - doubted_since >= SECOND_THOUGHT_SECONDS and not _lacks_more(lane, rules)
    if doubted or now.seconds - visit.since >= patience:
        return _decide(lane, rules, now)
    return _decide_when_content(lane, rules, now)


def _decide_when_content(lane: Lane, rules: Rules | None, now: Now) -> Step:
    limits = _policy(rules).temperature
    demanded = _temperature_demanded(lane.direction, rules)
    if _lacks_more(lane, rules):
        return lane, ()
    if demanded and not _conclusive(_best(_fresh_readings(lane, now), limits), limits):
        return lane, ()
    return _decide(lane, rules, now)


def _decide(lane: Lane, rules: Rules | None, now: Now) -> Step:
    """The visit's one decision; its readings are used up with it."""
    visit = cast(Gathering, lane.phase)
    code, trip = visit.code, visit.trip
    measurement = _measurement(lane, rules, now)
    evidence = Evidence(lane.direction, measurement=measurement, trip=trip, health=health_codes.colour(visit))
    if code is not None:
        evidence = replace(evidence, code=code.reading, resident=code.resident, trace=code.trace)
    reasons = decide(evidence, rules, now.moment).reasons
    edition = rules.edition if rules else None
    draft = Draft(evidence, reasons, now.moment, edition, overrulable(reasons, rules), health_codes.looks(visit))
    return replace(lane, phase=Committing(draft), readings=(), attended=True), (RecordPassage(draft),)


def _measurement(lane: Lane, rules: Rules | None, now: Now) -> Measurement | None:
    """Where no temperature is asked for, a doubtful one is no evidence; a fever always is."""
    limits = _policy(rules).temperature
    best = _best(_fresh_readings(lane, now), limits)
    if _temperature_demanded(lane.direction, rules) or judge(best, limits) in (None, Reason.FEVER):
        return best
    return None


def _temperature_demanded(direction: Direction, rules: Rules | None) -> bool:
    """Without rules nobody is admitted, and nothing is worth waiting for."""
    return rules is not None and direction in rules.policy.measure_on


def _lacks_more(lane: Lane, rules: Rules | None) -> bool:
    """Whether more than a temperature is missing."""
    return _trip_lacking(lane, rules) or bool(health_codes.lacking(cast(Gathering, lane.phase), rules))


def _trip_asked(lane: Lane, rules: Rules | None) -> bool:
    """Nobody is asked where his code is not believed: that passage is the guard's matter anyway."""
    if rules is None or lane.direction not in rules.policy.ask_trip_on or not isinstance(lane.phase, Gathering):
        return False
    return lane.phase.code is None or lane.phase.code.reading.accepted


def _trip_lacking(lane: Lane, rules: Rules | None) -> bool:
    return _trip_asked(lane, rules) and cast(Gathering, lane.phase).trip is None


def _take_trip(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """An answer counts for the visit that it was given in, and for no later one."""
    told, visit = cast(TripTold, signal), cast(Gathering, lane.phase)
    if told.began != visit.since or not _trip_lacking(lane, rules):
        return _not_asked(lane, signal, rules, now)
    return _decide_when_content(replace(lane, phase=replace(visit, trip=told.trip)), rules, now)


def _not_asked(lane: Lane, _signal: Signal, _rules: Rules | None, _now: Now) -> Step:
    return lane, (RefuseTap(_NOT_ASKED),)


# --- the verdict ---


def _speak(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """The passage is on the disk: now, and only now, the gate acts."""
    draft = cast(Committing, lane.phase).draft
    return _show(lane, _decided(draft, cast(Committed, signal).sequence), rules, now)


def _call_guard(lane: Lane, _signal: Signal, rules: Rules | None, now: Now) -> Step:
    """What cannot be recorded is not admitted by the machine."""
    draft = cast(Committing, lane.phase).draft
    unrecorded = replace(draft, reasons=(*draft.reasons, Reason.UNRECORDED), overrulable=False)
    return _show(lane, _decided(unrecorded, None), rules, now)


def _decided(draft: Draft, sequence: int | None) -> Decided:
    return Decided(sequence, draft.moment.utc, draft.evidence, draft.reasons, draft.overrulable, looks=draft.looks)


def _show(lane: Lane, decided: Decided, rules: Rules | None, now: Now) -> Step:
    outcome = decided.outcome
    opens: tuple[Effect, ...] = (OpenBarrier(),) if outcome is Outcome.ADMIT else ()
    recent = (decided, *lane.recent)[:RECENT]
    lane = replace(lane, phase=_showing(decided, rules, now), recent=recent)
    return lane, (*opens, ShowLamp(_LAMPS[outcome]), Sound(_TONES[outcome]))


def _showing(decided: Decided, rules: Rules | None, now: Now) -> Showing:
    green = decided.holds is Outcome.ADMIT
    return Showing(decided, now.seconds + _policy(rules).green_seconds if green else None)


def _clear_in_time(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    until = cast(Showing, lane.phase).until
    return _clear(lane, signal, rules, now) if until is not None and now.seconds >= until else (lane, ())


def _clear(lane: Lane, _signal: Signal, _rules: Rules | None, _now: Now) -> Step:
    return replace(lane, phase=Ready()), (ShowLamp(Lamp.DARK),)


# --- what the guard says ---


def _settle(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    settled = cast(GuardSettled, signal)
    refused = _BUSY if lane.amending else objection(lane, settled, rules, now)
    if refused is not None:
        return lane, (RefuseTap(refused),)
    return replace(lane, amending=settled), (RecordAmendment(settled),)


def _obey(lane: Lane, _signal: Signal, rules: Rules | None, now: Now) -> Step:
    """The guard's word is on the disk: now it holds."""
    settled = lane.amending
    if settled is None:
        return lane, ()
    recent = tuple(_amended(each, settled) for each in lane.recent)
    lane = replace(lane, amending=None, recent=recent)
    opens: tuple[Effect, ...] = (OpenBarrier(), Sound(Tone.ADMIT)) if settled.outcome is Outcome.ADMIT else ()
    if not (isinstance(lane.phase, Showing) and lane.phase.decided.sequence == settled.sequence):
        return lane, opens
    if settled.outcome is Outcome.REFUSE:
        return replace(lane, phase=Ready()), (ShowLamp(Lamp.DARK),)
    shown = _showing(_amended(lane.phase.decided, settled), rules, now)
    return replace(lane, phase=shown), (*opens, ShowLamp(_LAMPS[settled.outcome]))


def _amended(decided: Decided, settled: GuardSettled) -> Decided:
    if decided.sequence != settled.sequence:
        return decided
    evidence = replace(decided.evidence, resident=settled.resident or decided.evidence.resident)
    return replace(decided, settled=settled.outcome, ground=settled.ground, evidence=evidence)


def _not_settled(lane: Lane, _signal: Signal, _rules: Rules | None, _now: Now) -> Step:
    return replace(lane, amending=None), (RefuseTap(_NOT_WRITTEN),)


def _turn(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    if not lane.both_directions:
        return lane, (RefuseTap(_NO_CHOICE),)
    lane = replace(lane, direction=cast(DirectionChosen, signal).direction)
    return _decide_when_content(lane, rules, now) if isinstance(lane.phase, Gathering) else (lane, ())


def _busy(lane: Lane, _signal: Signal, _rules: Rules | None, _now: Now) -> Step:
    return lane, (RefuseTap(_BUSY),)


def _ignored(lane: Lane, _signal: Signal, _rules: Rules | None, _now: Now) -> Step:
    return lane, ()


def _policy(rules: Rules | None) -> Policy:
    return rules.policy if rules else _NO_POLICY


_NO_POLICY = Policy(title="")
_TABLE = _table()
