"""Passage: one attempt to go in or out. Amendment: what was added to one later. And what else a gate has to record:
Happening, what befell the gate itself; MadePass, a temporary pass that a guard made.

All get a sequence number of their station's journal; nothing is ever updated, whoever reads folds them.
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from gate.caller import Caller as Caller  # noqa: PLC0414 - whoever reads records knows it by this home
from gate.clock import ClockState
from gate.forms import SealedForm
from gate.names import Digest, Instant, JournalId, Pseudonym, Sequence, Slug
from gate.policy import Direction
from gate.reason import Outcome, Reason, worst
from gate.temperature import Measurement
from gate.trip import MOST_PLACES

# Runs of lost numbers that one happening tells.
MOST_LOST = 256
# "GC1": which family of codes was shown; the text itself never travels.
FormatName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,16}\Z")]
# All readings of one visit or retest.
MOST_READINGS = 8
Readings = Annotated[tuple[Measurement, ...], Meta(max_length=MOST_READINGS)]
# "1763800000.12": generation and number of a signed document.
EditionText = Annotated[str, Meta(pattern=r"^[0-9]{1,12}\.[0-9]{1,12}\Z")]


class Stamp(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """When something happened, by every clock the station has, so that the hub can set it right later.

    at: UTC by the believed clock. boot: which run of the machine; boot_seconds: since that start, monotone.
    """

    at: Instant
    clock: ClockState
    boot: JournalId
    boot_seconds: float


# gc: the hub reads them by the million, and nothing frozen that came from JSON can hold itself.
class Passage(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False, tag="passage", tag_field="kind"
):
    """One attempt: who, where, when, decided what, why. The outcome follows from the reasons.

    person: None where nobody is known to have shown the code. policy, roster: the editions that were in force.
    fresh_id: which one of a phone's codes it was, so that its copy is known again. trip: ids of the places of risk
    that were named, empty for none of them; None where nobody asked.
    named: the guard found the person on the roster; no code was shown. purpose, destination: ids of the policy's
    choices. permit: the one that was used. party: the first passage of a family that came together. also_measured:
    readings beside `temperature`, which is the one that counts. form: what the guard wrote down, for the hub alone.
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
    caller: Caller = Caller.RESIDENT
    named: bool = False
    purpose: Slug | None = None
    destination: Slug | None = None
    permit: Pseudonym | None = None
    party: Sequence | None = None
    also_measured: Readings = ()
    form: SealedForm | None = None

    @property
    def outcome(self) -> Outcome:
        return worst(self.reasons)


class Ground(StrEnum):
    """Why a guard decided as he did; one tap on the kiosk, no typing.

    rests: what held before still holds; he rests with a fever, and is measured again.
    """

    KNOWN_IN_PERSON = "known_in_person"
    PAPERS_CHECKED = "papers_checked"
    MEASURED_AGAIN = "measured_again"
    MEDICAL = "medical"
    OFFICE_AGREED = "office_agreed"
    HOST_AGREED = "host_agreed"
    RESTS = "rests"
    SENT_BACK = "sent_back"
    MISTAKE = "mistake"


class Amendment(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="amendment", tag_field="kind"):
    """What the guard added to a passage of the same station: let through after all, sent back, or undone.

    journal, sequence: the passage that is meant. outcome: what now holds. person: whose foreign certificate it was, if
    the guard found him. readings: of a retest, in the order of measuring.
    """

    stamp: Stamp
    journal: JournalId
    sequence: Sequence
    outcome: Outcome
    ground: Ground
    guard: Slug | None = None
    person: Pseudonym | None = None
    readings: Readings = ()


class What(StrEnum):
    """What may befall a gate, apart from who passes."""

    FIRE = "fire"
    FIRE_OVER = "fire_over"
    TAMPERED = "tampered"
    TAMPER_OVER = "tamper_over"
    BARRIER_STUCK = "barrier_stuck"
    BARRIER_FORCED = "barrier_forced"
    BARRIER_MENDED = "barrier_mended"
    SIGNED_ON = "signed_on"
    SIGNED_OFF = "signed_off"
    CLOCK_SET = "clock_set"
    TRAINING_BEGAN = "training_began"
    TRAINING_ENDED = "training_ended"
    RECORDS_LOST = "records_lost"
    TWO_GATES = "two_gates"


class Happening(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="happening", tag_field="kind"):
    """What befell the gate. note: a hand-over note, for the hub alone.

    lost_of, lost: a journal whose file was damaged, and the numbers of it, first and last, that this gate cannot read
    any more; the lowest ones, where there are more.
    passage: of this journal, which another gate's contradicts: the same person went the same way by both, and neither
    knew of the other.
    """

    stamp: Stamp
    gate: Slug
    lane: Slug
    what: What
    guard: Slug | None = None
    note: SealedForm | None = None
    lost_of: JournalId | None = None
    lost: Annotated[tuple[tuple[Sequence, Sequence], ...], Meta(max_length=MOST_LOST)] = ()
    passage: Sequence | None = None


class MadePass(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="made_pass", tag_field="kind"):
    """A temporary pass that this gate signed itself, or made of one of the office's blank cards, for the hub to confirm
    or to revoke.

    serial: a blank's own, which says to the hub that it was one. number: how many this station has made under its
    certificate, this one counted. person: the resident whom the guard found; None for a visitor, of whom the form
    speaks.
    """

    stamp: Stamp
    gate: Slug
    serial: Pseudonym
    number: Annotated[int, Meta(ge=1)]
    expires_at: Instant
    caller: Caller = Caller.RESIDENT
    person: Pseudonym | None = None
    guard: Slug | None = None
    form: SealedForm | None = None


Record = Passage | Amendment | Happening | MadePass
