"""Why a resident is not simply let through: the closed list, each with the outcome it forces.

Outcome is derived from the reasons and never stored beside them, so 'admitted with fever' cannot be written down.
A reason, once released, keeps its name and its outcome: the hub reads passages of years ago by this table.
"""

from collections.abc import Iterable
from enum import StrEnum


class Outcome(StrEnum):
    """What the gate does: opens by itself, asks the guard, or refuses; listed from mild to grave."""

    ADMIT = "admit"
    REFER = "refer"
    REFUSE = "refuse"


class Reason(StrEnum):
    """One check that was not passed."""

    GATE_CLOSED = "gate_closed"
    OUT_OF_HOURS = "out_of_hours"
    CALLER_NOT_ALLOWED = "caller_not_allowed"

    NO_CODE = "no_code"
    NOT_OURS = "not_ours"
    CODE_DAMAGED = "code_damaged"
    KEY_UNKNOWN = "key_unknown"
    FORGED = "forged"
    WRONG_USE = "wrong_use"
    OTHER_COMMUNITY = "other_community"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    CODE_NOT_FRESH = "code_not_fresh"
    REPLAYED = "replayed"
    PARTS_MISSING = "parts_missing"

    NOT_ON_ROSTER = "not_on_roster"
    HOLDER_UNMATCHED = "holder_unmatched"
    UNANNOUNCED = "unannounced"
    RETURNEE = "returnee"
    SAME_WAY_TWICE = "same_way_twice"
    RETURNED_LATE = "returned_late"
    PRESENCE_UNKNOWN = "presence_unknown"
    HEALTH_RED = "health_red"
    HEALTH_YELLOW = "health_yellow"
    HEALTH_CODE_UNREAD = "health_code_unread"
    ISOLATED = "isolated"
    # Isolated, and the office gave leave to see a doctor: neither opens by itself nor is refused.
    ESCORT_NEEDED = "escort_needed"
    BUILDING_SEALED = "building_sealed"
    BUILDING_CONTROLLED = "building_controlled"
    QUOTA_USED = "quota_used"
    PURPOSE_MISSING = "purpose_missing"
    TRIP_UNKNOWN = "trip_unknown"
    # Not refused: it rests on what was told at the gate, and whoever is turned away from home with a risk has only the
    # street. The guard keeps him there and the office says what follows: a test, a ride, isolation at home.
    RISK_PLACE = "risk_place"

    FEVER = "fever"
    TEMPERATURE_TOO_LOW = "temperature_too_low"
    TEMPERATURE_DOUBTFUL = "temperature_doubtful"
    TEMPERATURE_MISSING = "temperature_missing"
    THERMOMETER_FAULT = "thermometer_fault"
    SECOND_READING_MISSING = "second_reading_missing"
    # Sent to rest with a fever, and here again before he was measured anew.
    RETEST_DUE = "retest_due"

    RULES_MISSING = "rules_missing"
    RULES_STALE = "rules_stale"
    CLOCK_NOT_BELIEVED = "clock_not_believed"
    UNRECORDED = "unrecorded"

    @property
    def outcome(self) -> Outcome:
        return Outcome.REFUSE if self in _REFUSES else Outcome.REFER


_REFUSES = frozenset(
    {
        Reason.GATE_CLOSED,
        Reason.CALLER_NOT_ALLOWED,
        Reason.FORGED,
        Reason.WRONG_USE,
        Reason.OTHER_COMMUNITY,
        Reason.NOT_YET_VALID,
        Reason.EXPIRED,
        Reason.REVOKED,
        Reason.CODE_NOT_FRESH,
        Reason.HEALTH_RED,
        Reason.ISOLATED,
        Reason.BUILDING_SEALED,
        Reason.FEVER,
    }
)

_GRAVITY = tuple(Outcome)

# What no guard may overrule unless the office's policy says so: forged papers, a red code, isolation.
GRAVE = frozenset(
    {Reason.FORGED, Reason.WRONG_USE, Reason.REVOKED, Reason.HEALTH_RED, Reason.ISOLATED, Reason.GATE_CLOSED}
)


def worst(reasons: Iterable[Reason]) -> Outcome:
    """The outcome that the gravest of the reasons forces; ADMIT where there is none."""
    return max((reason.outcome for reason in reasons), key=_GRAVITY.index, default=Outcome.ADMIT)
