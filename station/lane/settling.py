"""What the guard makes of a passage: let through after all, sent back, taken back.

Rule: his word travels the road of every decision: RecordAmendment, AmendmentCommitted, and only then the barrier.
"""

from dataclasses import replace
from typing import cast

from gate.passage import Ground
from gate.policy import Rules
from gate.reason import Outcome
from gate.wording import Words
from station.lane.answers import BUSY, NOT_WRITTEN, SIGN_ON_FIRST, nobody_on_duty, refused
from station.lane.fevers import with_fever, without_fever
from station.lane.retest import rest
from station.lane.verdict import RECENT, clear, showing, signs
from station.objections import known, objection
from station.visit import (
    Decided,
    Effect,
    GuardSettled,
    Lane,
    Now,
    OpenBarrier,
    RecordAmendment,
    RefuseTap,
    Showing,
    Signal,
    Sound,
    Step,
    Tone,
)


def settle(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """What speaks against his word is told him; else it goes to the disk first."""
    settled = replace(cast(GuardSettled, signal), guard=lane.guard, readings=())
    against = _against(lane, settled, rules, now)
    if against is not None:
        return refused(lane, against)
    return replace(lane, amending=settled), (RecordAmendment(settled),)


def obey(lane: Lane, signal: Signal, rules: Rules | None, now: Now) -> Step:
    """The guard's word, or what a retest found, is on the disk: now it holds."""
    settled = lane.amending
    if settled is None:
        return lane, ()
    lane = replace(lane, amending=None)
    if settled.ground is Ground.RESTS:
        return rest(lane, settled, rules, now)
    lane = _with_word(_with_fever_told(lane, settled, rules, now), settled)
    opens: tuple[Effect, ...] = (OpenBarrier(),) if settled.outcome is Outcome.ADMIT else ()
    shown = lane.phase.decided if isinstance(lane.phase, Showing) else None
    if shown is None or shown.sequence != settled.sequence:
        return lane, (*opens, Sound(Tone.ADMIT)) if opens else ()
    if settled.outcome is Outcome.REFUSE and not settled.readings:
        return clear(lane, signal, rules, now)
    shown = _amended(shown, settled)
    lane = replace(lane, phase=showing(shown, rules, now))
    taken_back = settled.outcome is Outcome.REFER and not settled.readings
    return lane, (*opens, *signs(shown)[: 1 if taken_back else None])


def not_settled(lane: Lane, _signal: Signal, _rules: Rules | None, _now: Now) -> Step:
    """What is not on the disk does not hold; the verdict stands as it stood."""
    shown = lane.phase.decided if isinstance(lane.phase, Showing) else None
    signed = signs(shown) if shown and lane.amending else ()
    return replace(lane, amending=None), (RefuseTap(NOT_WRITTEN), *signed)


def _against(lane: Lane, settled: GuardSettled, rules: Rules | None, now: Now) -> Words | None:
    if lane.amending is not None:
        return BUSY
    return SIGN_ON_FIRST if nobody_on_duty(lane, rules) else objection(lane, settled, rules, now)


def _with_word(lane: Lane, settled: GuardSettled) -> Lane:
    """Whoever is let through, sent back or measured again rests no more, and stands among the recent passages."""
    lane = _without_rests_of(lane, settled)
    rested = next((each.decided for each in lane.resting if each.decided.sequence == settled.sequence), None)
    if rested is None:
        return replace(lane, recent=tuple(_amended(each, settled) for each in lane.recent))
    resting = tuple(each for each in lane.resting if each.decided is not rested)
    others = tuple(each for each in lane.recent if each.sequence != settled.sequence)
    return replace(lane, resting=resting, recent=(_amended(rested, settled), *others)[:RECENT])


def _without_rests_of(lane: Lane, settled: GuardSettled) -> Lane:
    """Let through on a later passage of his, he is waited for no more."""
    decided = known(lane, settled.sequence)
    person = decided.evidence.person if decided is not None and settled.outcome is Outcome.ADMIT else None
    left = tuple(
        each
        for each in lane.resting
        if person is None or each.person != person or each.decided.sequence == settled.sequence
    )
    return replace(lane, resting=left)


def _with_fever_told(lane: Lane, settled: GuardSettled, rules: Rules | None, now: Now) -> Lane:
    """Only a guard who lets him through answers a fever; taken back, it stands again, and a retest may find one."""
    decided = known(lane, settled.sequence)
    if decided is None:
        return lane
    if settled.outcome is Outcome.ADMIT:
        return without_fever(lane, decided.evidence.person)
    return with_fever(lane, _amended(decided, settled), rules, now)


def _amended(decided: Decided, settled: GuardSettled) -> Decided:
    if decided.sequence != settled.sequence:
        return decided
    evidence = replace(decided.evidence, resident=settled.resident or decided.evidence.resident)
    retest = settled.readings or decided.retest
    return replace(decided, settled=settled.outcome, ground=settled.ground, evidence=evidence, retest=retest)
