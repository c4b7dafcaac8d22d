"""The rules the office set, as a gate obeys them.

A Policy is written by the office as TOML, checked and signed by the hub, and obeyed by every station of the compound.
`Rules` is what one gate holds in its hand at one moment: the policy, and how fresh it is. What speaks of the time of
day stands in gate.hours.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

from gate.caller import Caller
from gate.direction import Direction as Direction  # noqa: PLC0414 - whoever reads rules knows it by this home
from gate.hours import COMPOUND_TIME, Hours, Quota, TimezoneName, zone_named
from gate.names import Slug
from gate.reason import GRAVE, Reason
from gate.temperature import RetestRule, TemperatureLimits
from gate.trip import MOST_PLACES, TRIP_SECONDS, RiskPlace

MOST_CHOICES = 12
MOST_SLOTS = 48
# Asking what for and where to, and two taps.
PURPOSE_SECONDS = 20.0


class Zone(StrEnum):
    """How freely a building's people may leave: open; controlled (the guard decides); sealed (nobody leaves)."""

    OPEN = "open"
    CONTROLLED = "controlled"
    SEALED = "sealed"


class WhenUnknown(StrEnum):
    """What holds while a gate may have missed what the others let through.

    refer: whoever a rule about presence speaks of is the guard's matter. own: what this gate does know counts, and
    nobody is held up for what it may have missed.
    """

    REFER = "refer"
    OWN = "own"


# What the office may say to everybody at a gate; bounded, so that a screen can hold it.
Sentence = Annotated[str, Meta(max_length=120)]
# Long enough not to take in every code in the street.
Prefix = Annotated[str, Meta(min_length=4, max_length=120)]
# On a button.
Label = Annotated[str, Meta(min_length=1, max_length=24)]
# As it is painted on a shelf: A3, 12.
Slot = Annotated[str, Meta(min_length=1, max_length=8)]
EVERY_WAY = frozenset(Direction)


class GateRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a gate is open, and what a resident reads where it is not ('use the west gate').

    directions: which ways it takes; to anybody else it is closed. hours: when; a way that none of them names has none.
    """

    open: bool = True
    notice_zh: Sentence = ""
    notice_en: Sentence = ""
    directions: frozenset[Direction] = EVERY_WAY
    hours: tuple[Hours, ...] = ()


class CallerRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Which ways such callers may pass (none at all where it is empty), and when, as for a gate."""

    directions: frozenset[Direction] = EVERY_WAY
    hours: tuple[Hours, ...] = ()


class Choice(Struct, frozen=True, forbid_unknown_fields=True):
    """One answer on the guard's screen: what it is on a record, and what stands on its button."""

    id: Slug
    zh: Label
    en: Label


class Policy(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One edition of the rules. What is not said keeps its default, which is the strict side of usual."""

    title: Sentence
    gates: dict[Slug, GateRule] = field(default_factory=dict)
    # Building as the registry writes it ("3") -> zone; a building that is not named is open.
    zones: dict[str, Zone] = field(default_factory=dict)
    temperature: TemperatureLimits = TemperatureLimits()
    measure_on: frozenset[Direction] = EVERY_WAY
    retest: RetestRule = RetestRule()
    # A week without a network must work, with a day to spare.
    stale_after_hours: Annotated[int, Meta(ge=1, le=24 * 31)] = 8 * 24
    overrulable: frozenset[Reason] = frozenset(Reason) - GRAVE
    # How long a green stays on the screen, and how long a visit waits for what is missing.
    green_seconds: Annotated[float, Meta(ge=1, le=30)] = 3.0
    visit_seconds: Annotated[float, Meta(ge=2, le=120)] = 12.0
    # For how long a second passage in the same direction is the guard's matter; 0: never. Past a night it says little,
    # since people also come and go where nobody reads their pass.
    same_way_hours: Annotated[int, Meta(ge=0, le=72)] = 16
    # How a province's health code begins, e.g. the address in it; and whether a passage needs one beside the pass.
    health_code_prefixes: Annotated[tuple[Prefix, ...], Meta(max_length=16)] = ()
    demand_health_code: bool = False
    office_telephone: Annotated[str, Meta(max_length=32)] = ""
    # Where the guard asks for the last two weeks' trips, and which places matter.
    ask_trip_on: frozenset[Direction] = frozenset()
    risk_places: tuple[RiskPlace, ...] = ()

    # By whose clock hours and days count.
    timezone: TimezoneName = COMPOUND_TIME
    # Who may come and go as what; a caller that is not named may.
    callers: dict[Caller, CallerRule] = field(default_factory=dict)
    # How often a resident may leave; None: as often as he likes.
    exit_quota: Quota | None = None
    # Where the guard asks what somebody goes out for, and where to if there are destinations to choose from.
    ask_purpose_on: frozenset[Direction] = frozenset()
    purposes: Annotated[tuple[Choice, ...], Meta(max_length=MOST_CHOICES)] = ()
    destinations: Annotated[tuple[Choice, ...], Meta(max_length=MOST_CHOICES)] = ()
    when_presence_unknown: WhenUnknown = WhenUnknown.REFER
    # Whether a resident whom the guard finds on the roster needs no code.
    admit_named: bool = True
    # Whether nobody decides at a gate without signing on.
    sign_on: bool = False
    # How the plates of this town begin, so that the guard types less: 豫A.
    plate_prefix: Annotated[str, Meta(max_length=4)] = ""
    # Into which buildings that are not open a courier may go up to the door; else he leaves it on the gate's shelf.
    deliver_to_door: frozenset[Zone] = frozenset()
    # The places of a gate's shelf where deliveries are left.
    shelf_slots: Annotated[tuple[Slot, ...], Meta(max_length=MOST_SLOTS)] = ()

    def __post_init__(self) -> None:
        """Raises ValueError where there are too many places, or two share an id: a record could not say which."""
        if len(self.risk_places) > MOST_PLACES:
            raise ValueError(f"risk_places: {len(self.risk_places)} places; {MOST_PLACES} at most fit on the screen")
        for name in ("risk_places", "purposes", "destinations"):
            _each_once(name, [each.id for each in getattr(self, name)])
        _each_once("shelf_slots", list(self.shelf_slots))
        if self.ask_purpose_on and not self.purposes:
            raise ValueError("ask_purpose_on: the guard is to ask, and purposes lists no answer; add [[purposes]]")
        zone_named(self.timezone)

    def zone_of(self, building: str) -> Zone:
        return self.zones.get(building, Zone.OPEN)

    def gate_rule(self, gate: str) -> GateRule:
        return self.gates.get(gate, _OPEN)

    def risk_place(self, place: str) -> RiskPlace | None:
        return next((each for each in self.risk_places if each.id == place), None)

    def caller_rule(self, caller: Caller) -> CallerRule:
        return self.callers.get(caller, _FREE)

    def answered(self, purpose: str | None, destination: str | None) -> bool:
        """Whether this is an answer to what the guard asks: of the lists in force, and whole."""
        told = any(each.id == purpose for each in self.purposes)
        return told and (not self.destinations or any(each.id == destination for each in self.destinations))

    def patience_seconds(self, direction: Direction) -> float:
        """How long a visit waits for what is missing, the answers that the guard asks for included."""
        asked = (TRIP_SECONDS if direction in self.ask_trip_on else 0.0) + (
            PURPOSE_SECONDS if direction in self.ask_purpose_on else 0.0
        )
        return self.visit_seconds + asked


@dataclass(frozen=True, slots=True)
class Rules:
    """What one gate obeys right now.

    edition: (generation, number) of the policy document. confirmed_at: when the hub last signed that this is still
    in force; a policy may be old and fresh at once.
    """

    gate: str
    policy: Policy
    edition: str
    confirmed_at: datetime


_OPEN, _FREE = GateRule(), CallerRule()


def _each_once(name: str, ids: list[str]) -> None:
    twice = sorted({each for each in ids if ids.count(each) > 1})
    if twice:
        raise ValueError(f"{name}: the id {', '.join(twice)} is used twice")
