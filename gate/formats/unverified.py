"""What a community pass claims before anything is checked: for the help desk, which has keys and no compound.

Rule: nobody decides by this. The help desk files the keys that it was given under the compound so found, and the chain
then checks signature and claims as ever.
"""

from collections.abc import Mapping

import cbor2

from gate.formats import base45, cbor
from gate.formats.community_pass import PREFIX
from gate.formats.signed_pass import LONGEST

_ISS, _PASS = 1, -70002


def claimed_compound(code: bytes) -> str | None:
    """The compound that a pass on paper or on a phone names; None where the code is no such pass."""
    if not code.startswith(PREFIX) or len(code) > LONGEST:
        return None
    try:
        claims = _claims(base45.decode(code.removeprefix(PREFIX)))
        wrapped = claims.get(_PASS)
        found = (_claims(wrapped) if isinstance(wrapped, bytes) else claims).get(_ISS)
    except ValueError:
        return None
    return found if isinstance(found, str) else None


def _claims(message: bytes) -> Mapping[object, object]:
    match cbor.decode(message):
        case cbor2.CBORTag(value=[_, _, bytes(payload), _]):
            claims = cbor.decode(payload)
            if isinstance(claims, Mapping):
                return claims
    raise ValueError("not a signed message with claims")
