"""Passage: one attempt to go in or out. Amendment: what was added to one later.

Both get a sequence number of their station's journal; nothing is ever updated, whoever reads folds them.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from gate.clock import ClockState
from gate.names import Digest, Instant, JournalId, Pseudonym, Sequence, Slug
from gate.policy import Direction
from gate.reason import Outcome, Reason, worst
from gate.temperature import Measurement
from gate.trip import MOST_PLACES

# "GC1": which family of codes was shown; the text itself never travels.
FormatName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,16}\Z")]
# "1763800000.12": generation and number of a signed document.
EditionText = Annotated[str, Meta(pattern=r"^[0-9]{1,12}\.[0-9]{1,12}\Z")]


class Stamp(Struct, frozen=True, forbid_unknown_fields=True):
    """When something happened, by every clock the station has, so that the hub can set it right later.

    at: UTC by the believed clock. boot: which run of the machine; boot_seconds: since that start, monotone.
    """

    at: Instant
    clock: ClockState
    boot: JournalId
    boot_seconds: float


class Passage(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="passage", tag_field="kind"):
    """One attempt: who, where, when, decided what, why. The outcome follows from the reasons.

    person: None where nobody is known to have shown the code. policy, roster: the editions that were in force.
    fresh_id: which one of a phone's codes it was, so that its copy is known again. trip: ids of the places of risk
    that were named, empty for none of them; None where nobody asked.
    """

    stamp: Stamp
    gate: Slug
    lane: Slug
    direction: Direction
    reasons: tuple[Reason, ...] = ()
    person: Pseudonym | None = None
    pass_serial: Pseudonym | None = None
    code_format: FormatName | None = None
    temperature: Measurement | None = None
    policy: EditionText | None = None
    roster: EditionText | None = None
    guard: Slug | None = None
    fresh_id: Digest | None = None
    trip: Annotated[tuple[Slug, ...], Meta(max_length=MOST_PLACES)] | None = None

    @property
    def outcome(self) -> Outcome:
        return worst(self.reasons)


class Ground(StrEnum):
    """Why a guard decided as he did; one tap on the kiosk, no typing."""

    KNOWN_IN_PERSON = "known_in_person"
    PAPERS_CHECKED = "papers_checked"
    MEASURED_AGAIN = "measured_again"
    MEDICAL = "medical"
    OFFICE_AGREED = "office_agreed"
    SENT_BACK = "sent_back"
    MISTAKE = "mistake"


class Amendment(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="amendment", tag_field="kind"):
    """What the guard added to a passage of the same station: let through after all, sent back, or undone.

    journal, sequence: the passage that is meant. outcome: what now holds. person: whose foreign certificate it was, if
    the guard found him.
    """

    stamp: Stamp
    journal: JournalId
    sequence: Sequence
    outcome: Outcome
    ground: Ground
    guard: Slug | None = None
    person: Pseudonym | None = None


Record = Passage | Amendment
