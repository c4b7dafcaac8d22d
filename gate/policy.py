"""The rules the office set, as a gate obeys them.

A Policy is written by the office as TOML, checked and signed by the hub, and obeyed by every station of the compound.
`Rules` is what one gate holds in its hand at one moment: the policy, and how fresh it is.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

from gate.names import Slug
from gate.reason import GRAVE, Reason
from gate.temperature import TemperatureLimits
from gate.trip import MOST_PLACES, TRIP_SECONDS, RiskPlace


class Direction(StrEnum):
    """Which way the resident goes, seen from the compound."""

    IN = "in"
    OUT = "out"


class Zone(StrEnum):
    """How freely a building's people may leave: open; controlled (the guard decides); sealed (nobody leaves)."""

    OPEN = "open"
    CONTROLLED = "controlled"
    SEALED = "sealed"


# What the office may say to everybody at a gate; bounded, so that a screen can hold it.
Sentence = Annotated[str, Meta(max_length=120)]
# Long enough not to take in every code in the street.
Prefix = Annotated[str, Meta(min_length=4, max_length=120)]


class GateRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a gate is open, and what a resident reads where it is not ('use the west gate')."""

    open: bool = True
    notice_zh: Sentence = ""
    notice_en: Sentence = ""


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """One edition of the rules. What is not said keeps its default, which is the strict side of usual."""

    title: Sentence
    gates: dict[Slug, GateRule] = field(default_factory=dict)
    # Building as the registry writes it ("3") -> zone; a building that is not named is open.
    zones: dict[str, Zone] = field(default_factory=dict)
    temperature: TemperatureLimits = field(default_factory=TemperatureLimits)
    measure_on: frozenset[Direction] = frozenset(Direction)
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

    def __post_init__(self) -> None:
        """Raises ValueError where there are too many places, or two share an id: a record could not say which."""
        if len(self.risk_places) > MOST_PLACES:
            raise ValueError(f"risk_places: {len(self.risk_places)} places; {MOST_PLACES} at most fit on the screen")
        ids = [place.id for place in self.risk_places]
        twice = sorted({each for each in ids if ids.count(each) > 1})
        if twice:
            raise ValueError(f"risk_places: the id {', '.join(twice)} is used twice")

    def zone_of(self, building: str) -> Zone:
        return self.zones.get(building, Zone.OPEN)

    def gate_rule(self, gate: str) -> GateRule:
        return self.gates.get(gate, GateRule())

    def risk_place(self, place: str) -> RiskPlace | None:
        return next((each for each in self.risk_places if each.id == place), None)

    def patience_seconds(self, direction: Direction) -> float:
        """How long a visit waits for what is missing, the answer about trips included where it is asked for."""
        return self.visit_seconds + (TRIP_SECONDS if direction in self.ask_trip_on else 0.0)


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
