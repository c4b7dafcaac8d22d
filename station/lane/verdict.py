"""The verdict: from the disk's word to the barrier, the lamp and the screen, until it is cleared.

Rule: only Committed, and only for a decision without any reason, opens the barrier here. A green clears itself;
anything else stays until the guard settles or dismisses it, or another pass comes.
"""

from dataclasses import replace
from typing import cast

from gate.policy import Direction, Rules
from gate.reason import Outcome, Reason
from station.lane.answers import nobody_on_duty, policy_of
from station.lane.arriving import next_of_family
from station.lane.family import still_to_come
from station.lane.fevers import with_fever
from station.objections import objection
from station.prompts import verdict_prompts
from station.visit import (
    Committed,
    Committing,
    Decided,
    Draft,
    Effect,
    GuardSettled,
    Lamp,
    Lane,
    Now,
    OpenBarrier,
    Ready,
    RecordAmendment,
    Say,
    Showing,
    ShowLamp,
    Signal,
    Sound,
    Step,
    Tone,
)

RECENT = 8

# What a form says by itself: all else that speaks against him the guard has not seen yet when he taps it.
_OF_THE_FORM = frozenset({Reason.UNANNOUNCED, Reason.RETURNEE})
_LAMPS = {Outcome.ADMIT: Lamp.GREEN, Outcome.REFER: Lamp.YELLOW, Outcome.REFUSE: Lamp.RED}
_TONES = {Outcome.REFER: Tone.REFER, Outcome.REFUSE: Tone.REFUSE}


def speak(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """The passage is on the disk: now, and only now, the gate acts."""
    draft, sequence = cast(Committing, lane.phase).draft, cast(Committed, signal).sequence
    if draft.family and lane.family is None:
        lane = replace(lane, family=sequence)
    decided = _decided(draft, sequence)
    lane, effects = _show(lane, decided, rules, now)
    settled = _by_the_same_tap(lane, draft, sequence, rules, now)
    if settled is None:
        return lane, effects
    return replace(lane, amending=settled), (RecordAmendment(settled),)


def call_guard(lane: Lane, _signal: Signal, rules: Rules | None, now: Now) -> Step:
    """What cannot be recorded is not admitted by the machine."""
    draft = cast(Committing, lane.phase).draft
    unrecorded = replace(draft, reasons=(*draft.reasons, Reason.UNRECORDED), overrulable=False)
    return _show(lane, _decided(unrecorded, None), rules, now)


def showing(decided: Decided, rules: Rules | None, now: Now) -> Showing:
    green = decided.holds is Outcome.ADMIT
    return Showing(decided, now.seconds + policy_of(rules).green_seconds if green else None)


def signs(decided: Decided) -> tuple[Effect, ...]:
    """Lamp, buzzer and voice of what holds now; the voice says nothing of why."""
    outcome, direction = decided.holds, decided.evidence.direction
    admit = Tone.OUT if direction is Direction.OUT else Tone.ADMIT
    said = verdict_prompts(outcome, decided.reasons, direction)
    return ShowLamp(_LAMPS[outcome]), Sound(_TONES.get(outcome, admit)), *(Say(each) for each in said)


def clear_in_time(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    until = cast(Showing, lane.phase).until
    return clear(lane, signal, rules, now) if until is not None and now.seconds >= until else (lane, ())


def clear(lane: Lane, _signal: Signal, rules: Rules | None, now: Now) -> Step:
    """The screen is free: for the next one of a family, or for anybody."""
    lane = replace(lane, phase=Ready(), party=still_to_come(lane))
    return next_of_family(lane, rules, now) if lane.party else (lane, (ShowLamp(lane.idle_lamp),))


def _decided(draft: Draft, sequence: int | None) -> Decided:
    return Decided(sequence, draft.moment.utc, draft.evidence, draft.reasons, draft.overrulable, looks=draft.looks)


def _show(lane: Lane, decided: Decided, rules: Rules | None, now: Now) -> Step:
    outcome = decided.outcome
    opens: tuple[Effect, ...] = (OpenBarrier(),) if outcome is Outcome.ADMIT else ()
    recent = (decided, *lane.recent)[:RECENT]
    lane = replace(lane, phase=showing(decided, rules, now), recent=recent)
    return with_fever(lane, decided, rules, now), (*opens, *signs(decided))


def _by_the_same_tap(lane: Lane, draft: Draft, sequence: int, rules: Rules | None, now: Now) -> GuardSettled | None:
    """The guard's word that came with the form, where nothing speaks against it that he could not know."""
    if draft.admit is None or draft.guard != lane.guard or not frozenset(draft.reasons) <= _OF_THE_FORM:
        return None
    settled = GuardSettled(sequence, Outcome.ADMIT, draft.admit, guard=lane.guard)
    # He may have signed off, or been relieved, and the office may have changed the rules, since he tapped.
    against = lane.amending is not None or nobody_on_duty(lane, rules) or objection(lane, settled, rules, now)
    return None if against else settled
