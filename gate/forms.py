"""What a guard writes down of somebody who is on no list: visitor, vehicle, delivery, returnee.

The kiosk fills one in, the loop seals it (gate.sealing), the passage carries it, and the hub alone opens it. Rule: here
are names, telephones and plates, so a form in the clear never leaves the memory of the station that took it.
"""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct, json

from gate.names import Pseudonym, Slug
from gate.unreadable import UNREADABLE

Short = Annotated[str, Meta(max_length=32)]
Line = Annotated[str, Meta(max_length=120)]
# 豫A12345, 豫AD12345 (new energy), and what foreigners and the army drive.
Plate = Annotated[str, Meta(min_length=5, max_length=10)]


class Door(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Whom it is for: a building and, where it was said, unit and room."""

    building: Short
    unit: Short = ""
    room: Short = ""


class VisitorForm(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="visitor", tag_field="form"):
    """Somebody comes to see a household. people: how many. host_agreed: the household was asked and said yes."""

    door: Door
    people: Annotated[int, Meta(ge=1, le=9)] = 1
    purpose: Slug | None = None
    host_agreed: bool = False
    name: Short = ""
    telephone: Short = ""


class VehicleForm(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="vehicle", tag_field="form"):
    """A car, with whoever sits in it; occupants that live here are named, the others counted."""

    plate: Plate
    occupants: Annotated[int, Meta(ge=1, le=60)] = 1
    residents: Annotated[tuple[Pseudonym, ...], Meta(max_length=9)] = ()
    door: Door | None = None
    host_agreed: bool = False


class DeliveryForm(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="delivery", tag_field="form"
):
    """Goods for a household: left at the gate's shelf (`slot`), or brought to the door. medicine goes first."""

    door: Door
    slot: Short = ""
    medicine: bool = False
    pieces: Annotated[int, Meta(ge=1, le=99)] = 1


class ReturneeForm(
    Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="returnee", tag_field="form"
):
    """A resident is back from elsewhere. place: of the policy's list of risk places, or what was said."""

    place: Slug | None
    said: Line = ""
    came_back_on: date | None = None


class HandOver(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag="hand_over", tag_field="form"):
    """What a guard leaves to the next one; free text, so it is as private as a name."""

    note: Line


Form = VisitorForm | VehicleForm | DeliveryForm | ReturneeForm | HandOver
# A form of the longest fields, sealed.
SealedForm = Annotated[bytes, Meta(max_length=2048)]


class FormUnreadable(Exception):
    """What a seal held is no form that this version knows."""


def encode_form(form: Form) -> bytes:
    return json.encode(form)


def decode_form(plain: bytes) -> Form:
    """Raises FormUnreadable."""
    try:
        return _FORM.decode(plain)
    except UNREADABLE as cause:
        raise FormUnreadable(str(cause)) from cause


_FORM: json.Decoder[Form] = json.Decoder(Form)
