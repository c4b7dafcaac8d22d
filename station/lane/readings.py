"""Whose temperature it is, and which of several readings counts.

A reading outlives neither READING_LIVES_SECONDS nor a decision, and whoever was just decided and still stands there
lends his to nobody. One that is too low or a sensor's fault is given SECOND_THOUGHT_SECONDS to be followed by a better
one; the highest believable one counts.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import cast

from gate.policy import Rules
from gate.reason import Reason
from gate.temperature import HAND_HELD, Measurement, TemperatureLimits, judge
from station.lane.answers import NOBODY_MEASURED, policy_of, refused
from station.visit import Gathering, Lane, Measured, Now, Signal, Step

READING_LIVES_SECONDS = 4.0
SECOND_THOUGHT_SECONDS = 1.0
SECOND_READING_SECONDS = 2.0
"""Between two readings of somebody who is measured twice: sooner it is the same look of the sensor."""
MOST_READINGS = 64
MOST_BESIDE = 7


def keep_reading(lane: Lane, signal: Signal, rules: Rules | None, _now: Now) -> Step:
    """Between visits: a forehead measured before its code is shown counts, unless it was decided already.

    What a guard types is of whoever stands before him: without a visit nobody could say of whom.
    """
    reading = cast(Measured, signal)
    if by_hand(reading.measurement):
        return refused(lane, NOBODY_MEASURED)
    if judge(reading.measurement, limits_of(rules)) is Reason.THERMOMETER_FAULT:
        # A sensor that fails cannot say who steps aside: what it measured before would be lent to whoever comes next.
        return replace(lane, readings=()), ()
    return (lane, ()) if lane.attended else (with_reading(lane, reading), ())


def step_aside(lane: Lane, _signal: Signal, _rules: Rules | None, _now: Now) -> Step:
    """Nobody is there any more: what was measured goes with whoever it was measured on."""
    return replace(lane, attended=False, readings=()), ()


def make_room(lane: Lane, _signal: Signal, _rules: Rules | None, _now: Now) -> Step:
    """During a visit what was measured is kept; whoever was decided before has left."""
    return replace(lane, attended=False), ()


def with_reading(lane: Lane, reading: Measured) -> Lane:
    readings = (*lane.readings, reading)
    if len(readings) > MOST_READINGS:
        # A visit may wait long for an answer; its fever must not be forgotten over later readings.
        warmest = max(readings, key=lambda each: each.measurement.celsius or 0.0)
        keeps = isinstance(lane.phase, Gathering) and readings[0] is warmest
        readings = (readings[0], *readings[2:]) if keeps else readings[1:]
    return replace(lane, readings=readings)


def fresh_readings(lane: Lane, now: Now) -> list[Measured]:
    """A visit keeps the readings that it began with: whoever is asked for his trips need not be measured again."""
    since = min(now.seconds, lane.phase.since) if isinstance(lane.phase, Gathering) else now.seconds
    return [each for each in lane.readings if since - READING_LIVES_SECONDS <= each.taken_at <= now.seconds]


def best(readings: Iterable[Measured], limits: TemperatureLimits) -> Measured | None:
    return max(readings, key=lambda each: _credit(each.measurement, limits), default=None)


def beside(readings: Iterable[Measured], counts: Measured | None, limits: TemperatureLimits) -> tuple[Measured, ...]:
    """What was measured apart from the reading that counts: later or earlier, elsewhere, or with another thermometer.

    One of each kind, the best; a reading of the same look says nothing new.
    """
    if counts is None:
        return ()
    kinds: dict[tuple[str, str, bool], Measured] = {}
    for each in readings:
        measured, same = each.measurement, counts.measurement
        later = (measured.sensor, measured.site) == (same.sensor, same.site)
        if later and abs(each.taken_at - counts.taken_at) < SECOND_READING_SECONDS:
            continue
        kind = (measured.sensor, str(measured.site), each.taken_at < counts.taken_at)
        if _credit(measured, limits)[0] == _BELIEVED:
            kinds[kind] = cast(Measured, best([each, *([kinds[kind]] if kind in kinds else [])], limits))
    return tuple(kinds.values())[:MOST_BESIDE]


def conclusive(reading: Measured | None, limits: TemperatureLimits) -> bool:
    return reading is not None and _credit(reading.measurement, limits)[0] == _BELIEVED


def by_hand(measurement: Measurement) -> bool:
    return measurement.sensor == HAND_HELD


def limits_of(rules: Rules | None) -> TemperatureLimits:
    return policy_of(rules).temperature


_FAULT, _TOO_LOW, _BELIEVED = range(3)


def _credit(measurement: Measurement, limits: TemperatureLimits) -> tuple[int, float]:
    """How much a reading is worth: a fault, a figure too low to be true, a believable one; then the higher figure."""
    match judge(measurement, limits):
        case Reason.THERMOMETER_FAULT:
            return _FAULT, 0.0
        case Reason.TEMPERATURE_TOO_LOW:
            return _TOO_LOW, measurement.celsius or 0.0
        case _:
            return _BELIEVED, measurement.celsius or 0.0
