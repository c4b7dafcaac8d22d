"""COSE_Sign1 (RFC 9052) as our own passes use it: one spelling only, nothing outside of the signature.

The community pass, the pass of a gate and the phone's wrapper are opened and packed here; other people's certificates
are read by their own formats, which have to be less strict.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cbor2

from gate.formats import cbor
from gate.formats.chain import StepFailed
from gate.reason import Reason

# The tag, its array and the maps in it, or a claim, its key and that key's values.
DEEPEST = 4
_TAG = 18
_ALGORITHM, _KEY_ID, _EDDSA = 1, 4, -8


@dataclass(frozen=True, slots=True)
class Sign1:
    """A message in its parts. protected, payload: encoded CBOR. signature: as its algorithm makes it, unverified."""

    protected: bytes
    payload: bytes
    signature: bytes

    @property
    def signed_bytes(self) -> bytes:
        """Sig_structure, RFC 9052 section 4.4."""
        return cbor2.dumps(["Signature1", self.protected, b"", self.payload])


def seal(protected: bytes, payload: bytes, signer: Callable[[bytes], bytes]) -> bytes:
    """Header and payload -> the tagged message. signer: bytes -> signature."""
    unsigned = Sign1(protected, payload, b"")
    return cbor2.dumps(cbor2.CBORTag(_TAG, [protected, {}, payload, signer(unsigned.signed_bytes)]))


def open_sign1(data: bytes, what: str) -> Sign1:
    """A tagged message with an empty unprotected header. Raises StepFailed; what: for the help desk."""
    match load_exactly(data, what):
        case cbor2.CBORTag(
            tag=18, value=[bytes(protected), Mapping() as unprotected, bytes(payload), bytes(signature)]
        ) if not unprotected:
            return Sign1(protected, payload, signature)
        case _:
            raise StepFailed(Reason.CODE_DAMAGED, f"{what} is not a COSE_Sign1 message of four parts")


def eddsa_header(key_id: str) -> bytes:
    """The protected header of what an Ed25519 key signs: algorithm and key, nothing else."""
    return cbor2.dumps({_ALGORITHM: _EDDSA, _KEY_ID: bytes.fromhex(key_id)})


def key_id_in(protected: bytes) -> str:
    """Whose key signed, by a header as `eddsa_header` makes it. Raises StepFailed for any other header."""
    match load_exactly(protected, "the protected header"):
        case {1: algorithm, 4: bytes(key_id), **others} if not others and len(key_id) == 8:
            if algorithm != _EDDSA or isinstance(algorithm, bool):
                raise StepFailed(Reason.FORGED, "the algorithm is not EdDSA")
            return key_id.hex()
        case _:
            raise StepFailed(Reason.CODE_DAMAGED, "the header must name algorithm and key, nothing else")


def load_exactly(data: bytes, what: str) -> Any:  # noqa: ANN401 - CBOR may hold anything; the caller matches its shape
    """Decode CBOR that has exactly one spelling, so that no bit outside of the signature can be changed unseen."""
    try:
        value = cbor.decode(data, DEEPEST)
        exact = cbor2.dumps(value) == data
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError, MemoryError):
        raise StepFailed(Reason.CODE_DAMAGED, f"{what} is not readable CBOR") from None
    if not exact:
        raise StepFailed(Reason.CODE_DAMAGED, f"{what} is not in the shortest form")
    return value
