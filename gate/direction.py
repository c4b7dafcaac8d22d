"""Which way somebody goes; of itself alone, since policy, hours and records all speak of it."""

from enum import StrEnum


class Direction(StrEnum):
    """Which way the resident goes, seen from the compound."""

    IN = "in"
    OUT = "out"
