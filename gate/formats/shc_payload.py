"""What a SMART Health Card says: who issued it, from when until when, and whose it is.

`smart_health_card` hands in the JSON of a payload. The medical bundle itself is not a gate's business: only its one
Patient is looked at. Source: SMART Health Cards Framework 1.x, 'Health Cards are encoded as ... W3C VC', and its FHIR
profile (one Patient a bundle).
"""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from gate.formats.chain import Holder
from gate.unreadable import UNREADABLE

_TYPES = "https://smarthealth.cards#"
_HEALTH_CARD = f"{_TYPES}health-card"


class Subject(Struct, frozen=True, rename="camel"):
    """The FHIR bundle, and by which version of FHIR it is written."""

    fhir_version: str
    fhir_bundle: dict[str, Any]


class VerifiableCredential(Struct, frozen=True, rename="camel"):
    """type: what kinds of card it is. rid: by which its issuer may withdraw it."""

    type: tuple[str, ...]
    credential_subject: Subject
    rid: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,24}(\.[0-9]{1,13})?\Z")] | None = None


class Payload(Struct, frozen=True):
    """The claims of the JWS. nbf, exp: seconds since 1970, whole or not."""

    iss: Annotated[str, Meta(max_length=400)]
    nbf: float
    vc: VerifiableCredential
    exp: float | None = None

    @property
    def claims(self) -> Mapping[str, str]:
        """Plain facts for the guard and the help desk."""
        kinds = [each.removeprefix(_TYPES) for each in self.vc.type if each.startswith(_TYPES) and each != _HEALTH_CARD]
        return {"type": ", ".join(kinds) or "health-card", "issuer": self.iss}


class _HumanName(Struct, frozen=True):
    family: str = ""
    given: tuple[str, ...] = ()
    text: str = ""


class _Patient(Struct, frozen=True, rename="camel"):
    name: tuple[_HumanName, ...]
    birth_date: str = ""


def payload(text: bytes) -> Payload:
    """JSON -> a payload. Raises ValueError, whose text tells nothing of the holder."""
    try:
        found = msgspec.json.decode(text, type=Payload)
    except UNREADABLE as cause:
        raise ValueError(f"not the claims of a health card: {cause}") from None
    if _HEALTH_CARD not in found.vc.type:
        raise ValueError("not of the type health-card")
    return found


def holder(found: Payload) -> Holder:
    """The one Patient of the bundle. Raises ValueError where there is none, or more than one, or it has no name."""
    resources = (_resource(entry) for entry in _entries(found.vc.credential_subject.fhir_bundle))
    patients = [each for each in resources if each.get("resourceType") == "Patient"]
    if len(patients) != 1:
        raise ValueError(f"{len(patients)} patients; a health card has one holder")
    try:
        patient = msgspec.convert(patients[0], _Patient)
    except UNREADABLE:
        raise ValueError("its patient cannot be read") from None
    names = [each.text or " ".join((*each.given, each.family)).strip() for each in patient.name]
    if not any(names):
        raise ValueError("it names nobody")
    return Holder(next(name for name in names if name), patient.birth_date)


def _entries(bundle: Mapping[str, Any]) -> list[Any]:
    entries = bundle.get("entry")
    if bundle.get("resourceType") != "Bundle" or not isinstance(entries, list):
        raise ValueError("it holds no FHIR bundle")
    return entries


def _resource(entry: object) -> Mapping[str, Any]:
    match entry:
        case {"resource": dict() as resource}:
            return resource
    return {}
