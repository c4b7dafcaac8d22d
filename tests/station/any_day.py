"""What any day at a lane is played with: codes, people, rules, clocks, and a disk that answers when it likes.

`test_lane_anything` plays it. Rule: whatever lies here is ordinary somewhere; what is rare is drawn often enough.
"""

import math
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import strategies as st

from gate.clock import ClockState
from gate.evidence import NO_TRACE, Earlier, Trace
from gate.policy import Choice, Direction, GateRule, Policy, Rules
from gate.reason import Reason
from gate.roster import Health, Standing
from gate.temperature import RetestRule, Site
from station.visit import (
    AmendmentCommitted,
    Committed,
    Draft,
    GuardSettled,
    Now,
    RecordAmendment,
    RecordPassage,
    Signal,
)
from tests.station.played_lane import (
    ANNA,
    ASKED,
    BERT,
    EXPIRED,
    FEVER,
    FOREIGN,
    FORGED,
    GREEN_CODE,
    ISOLATED,
    NOON,
    PAYMENT,
    POSTER,
    RED_CODE,
    RUILI,
    UNREAD,
    WATCHED,
    a_resident,
    rules,
)

CODES = (
    ANNA, BERT, WATCHED, ISOLATED, FORGED, EXPIRED, FOREIGN, POSTER, PAYMENT, GREEN_CODE, RED_CODE, ASKED, UNREAD
)  # fmt: skip
PEOPLE = (
    *(a_resident(person) for person in "abe"),
    a_resident("d", Standing.MONITORED),
    a_resident("c", Standing.ISOLATED),
    a_resident("7", health=Health.RED),
)
EVERY_WAY = frozenset(Direction)
POLICIES = (
    rules(),
    rules(),
    rules(measure_on=frozenset()),
    rules(NOON - timedelta(days=9)),
    rules(gates={"west": GateRule(open=False)}),
    rules(overrulable=frozenset(Reason)),
    rules(demand_health_code=True),
    rules(ask_trip_on=EVERY_WAY, risk_places=(RUILI,)),
    rules(ask_purpose_on=EVERY_WAY, purposes=(Choice("shop", "买菜", "Shopping"),)),
    rules(sign_on=True),
    rules(sign_on=True, overrulable=frozenset(Reason)),
    rules(admit_named=False),
    rules(retest=RetestRule(rest_minutes=0)),
    rules(retest=RetestRule(rest_minutes=0, sites=(Site.WRIST,)), overrulable=frozenset(Reason)),
    None,
)
WENT = st.sampled_from([NO_TRACE, *(Trace(Earlier("east", NOON, way)) for way in Direction)])
CELSIUS = st.sampled_from([None, math.nan, 33.0, 36.5, 36.5, 36.9, FEVER, 39.0, 44.0])
CLOCKS = [*[ClockState.SYNCED] * 3, ClockState.HELD, ClockState.FLOOR]
NOBODYS = 9999
NO_POLICY = Policy(title="")


@dataclass
class Disk:
    """What was really written, and what the lane still waits to hear of."""

    passages: dict[int, Draft] = field(default_factory=dict)
    amendments: list[GuardSettled] = field(default_factory=list)
    pending: list[tuple[RecordPassage | RecordAmendment, Rules | None, Now]] = field(default_factory=list)

    def write(self, record: RecordPassage | RecordAmendment) -> Signal:
        if isinstance(record, RecordAmendment):
            self.amendments.append(record.settled)
            return AmendmentCommitted()
        sequence = len(self.passages) + len(self.amendments) + 1
        self.passages[sequence] = record.draft
        return Committed(sequence)


def check_forms_tap(draft: Draft) -> None:
    """The guard's word that came with a form is written only where nothing else speaks against the visitor."""
    assert draft.admit is not None
    assert set(draft.reasons) <= {Reason.UNANNOUNCED, Reason.RETURNEE}
