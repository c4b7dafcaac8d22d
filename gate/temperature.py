"""A temperature reading and what makes it believable.

The thermometer's backend reports a Measurement or a fault; `judge` names the reason that speaks against it, if any, and
`judge_retest` does so for all readings of a retest together. Rule: a doubt never softens a fever.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from gate.reason import Reason

# "forehead-indoor@1": name and version of a mapping (gate.mapping).
MappingName = Annotated[str, Meta(pattern=r"^([a-z][a-z0-9-]{0,30}@[1-9][0-9]{0,2})?\Z")]
# The sensor's name of a reading that a guard took with a thermometer of his own.
HAND_HELD = "hand_held"


class Site(StrEnum):
    """Where on the skin it was measured."""

    FOREHEAD = "forehead"
    WRIST = "wrist"


class Measurement(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One reading at the gate; temperatures in degrees Celsius.

    celsius: what counts, as mapped; None where the sensor is at fault. raw_celsius: the skin as the sensor saw it,
    before the mapping; None where nobody can tell, as in records of older gates. ambient_celsius: the air around the
    sensor. sensor: which model measured. mapping: which one made celsius of raw_celsius. uncertainty_celsius: half the
    interval in which the true figure lies in 95 of 100 cases. doubtful: the sensor was used outside of what it is made
    for (air, distance, warmth behind), so it cannot say 'normal'.
    """

    celsius: float | None
    ambient_celsius: float | None = None
    sensor: str = "none"
    raw_celsius: float | None = None
    site: Site = Site.FOREHEAD
    mapping: MappingName = ""
    uncertainty_celsius: float | None = None
    doubtful: bool = False

    @property
    def valid(self) -> bool:
        """Whether it is a figure at all, taken as the sensor wants it; `judge` says what it means."""
        return self.celsius is not None and self.celsius == self.celsius and not self.doubtful


class TemperatureLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """Set by the office; degrees Celsius. The defaults are those of the gates of 2020 (fever from 37.3)."""

    fever_celsius: float = 37.3
    # Skin cooled by winter air reads 33 to 34 and hides a fever: too low to be true (docs/thermometer.md).
    too_low_celsius: float = 35.0
    # No living forehead; the sensor or its aim is wrong.
    impossible_celsius: float = 43.0
    # Where the sensor's own accuracy is stated to hold.
    ambient_low_celsius: float = 5.0
    ambient_high_celsius: float = 40.0

    def __post_init__(self) -> None:
        """Refuse limits in an order that could let a fever through.

        Raises ValueError with the figures that contradict each other.
        """
        if not 30.0 <= self.too_low_celsius < self.fever_celsius < self.impossible_celsius <= 50.0:
            raise ValueError(
                f"temperature limits must rise: 30 <= too_low ({self.too_low_celsius}) < fever"
                f" ({self.fever_celsius}) < impossible ({self.impossible_celsius}) <= 50"
            )
        if not self.ambient_low_celsius < self.ambient_high_celsius:
            raise ValueError(
                f"ambient_low_celsius ({self.ambient_low_celsius}) must be below"
                f" ambient_high_celsius ({self.ambient_high_celsius})"
            )


class RetestRule(Struct, frozen=True, forbid_unknown_fields=True):
    """How the office wants somebody with a fever measured again: rest first, then at each of these places in turn."""

    rest_minutes: Annotated[float, Meta(ge=0, le=60)] = 5.0
    sites: tuple[Site, ...] = (Site.FOREHEAD, Site.WRIST)

    def __post_init__(self) -> None:
        """Raises ValueError where nothing would be measured, or one place twice."""
        if not self.sites:
            raise ValueError('sites is empty: name where to measure again, such as ["forehead", "wrist"]')
        if len(set(self.sites)) != len(self.sites):
            raise ValueError(f"sites names {', '.join(self.sites)}: each place once")


def judge(measurement: Measurement | None, limits: TemperatureLimits) -> Reason | None:
    """What speaks against the reading; None where it is a believable, normal temperature.

    A fever is called before any doubt: a doubt may never soften it. NaN is a fault, not a number.
    """
    if measurement is None:
        return Reason.TEMPERATURE_MISSING
    celsius = measurement.celsius
    if celsius is None or not -50.0 < celsius <= limits.impossible_celsius:
        return Reason.THERMOMETER_FAULT
    if celsius >= limits.fever_celsius:
        return Reason.FEVER
    if celsius < limits.too_low_celsius:
        return Reason.TEMPERATURE_TOO_LOW
    if measurement.doubtful or not _ambient_fits(measurement, limits):
        return Reason.TEMPERATURE_DOUBTFUL
    return None


# The worst first; a retest is what its worst reading is.
_RETEST_GRAVITY = (
    Reason.FEVER,
    Reason.THERMOMETER_FAULT,
    Reason.TEMPERATURE_TOO_LOW,
    Reason.TEMPERATURE_DOUBTFUL,
    Reason.TEMPERATURE_MISSING,
)


def judge_retest(readings: Iterable[Measurement], rule: RetestRule, limits: TemperatureLimits) -> Reason | None:
    """What speaks against all readings of a retest together: the worst counts, and every site of the rule is needed.

    None says that nothing does any more, not that anybody may pass: that is the guard's word.
    """
    taken = tuple(readings)
    found = {judge(each, limits) for each in taken}
    if not set(rule.sites) <= {each.site for each in taken}:
        found.add(Reason.TEMPERATURE_MISSING)
    return next((reason for reason in _RETEST_GRAVITY if reason in found), None)


def _ambient_fits(measurement: Measurement, limits: TemperatureLimits) -> bool:
    """A guard's own thermometer has no sensor for the air; where to use it is his matter, and in its manual."""
    ambient = measurement.ambient_celsius
    if ambient is None:
        return measurement.sensor == HAND_HELD
    return limits.ambient_low_celsius <= ambient <= limits.ambient_high_celsius
