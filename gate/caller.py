"""As what somebody comes to a gate: the word that roster, policy, forms and records share."""

from enum import StrEnum


class Caller(StrEnum):
    """vehicle: one passage for a car with everybody in it."""

    RESIDENT = "resident"
    VISITOR = "visitor"
    COURIER = "courier"
    STAFF = "staff"
    VEHICLE = "vehicle"
