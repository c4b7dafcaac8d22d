"""The bench `verification`: what believing a code costs beyond its signatures, for each family, in the same run.

The bare work is the signature check alone, with keys and signed bytes ready at hand; nobody could believe a code for
less. Both are CPU time, taken in turns, and the medians are told.
"""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import process_time_ns

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from gate.credential import read
from gate.formats import base45, cose
from gate.trust import Trust, index
from tests.gate import foreign_makers as foreign
from tests.gate.gate_pass_makers import STATION, a_gate_pass, certificate
from tests.gate.makers import COMPOUND, NOON, OFFICE, a_pass, trust
from tests.gate.phone_makers import PHONE, a_phone_code, certified

MOST_BEYOND_MS = 1.0
# As many as a trust list holds.
REVOKED = tuple(f"{number:016x}" for number in range(100_000))


@dataclass(frozen=True)
class _Work:
    """A code, where it is believed, and the bare check of its signatures."""

    code: bytes
    trust: Trust
    signatures: Callable[[], None]


def verification(scale: float) -> dict[str, object]:
    """Each family: read_ms, signature_ms, beyond_ms, ratio. ratio: the greatest; slow: families that cost too much."""
    count = max(50, round(5000 * scale))
    families = {name: _measured(work, count) for name, work in _works().items()}
    return {
        "codes": count, "families": families, "most_beyond_ms": MOST_BEYOND_MS,
        "ratio": max(each["ratio"] for each in families.values()),
        "slow": sum(each["beyond_ms"] > MOST_BEYOND_MS for each in families.values()),
    }  # fmt: skip


def _measured(work: _Work, count: int) -> dict[str, float]:
    whole, bare = [], []
    for _ in range(count):
        began = process_time_ns()
        reading = read(work.code, work.trust, NOON)
        between = process_time_ns()
        work.signatures()
        ended = process_time_ns()
        assert reading.accepted, reading.steps
        whole.append((between - began) / 1e6)
        bare.append((ended - between) / 1e6)
    read_ms, signature_ms = median(whole), median(bare)
    return {
        "read_ms": round(read_ms, 3), "signature_ms": round(signature_ms, 3),
        "beyond_ms": round(read_ms - signature_ms, 3), "ratio": round(read_ms / signature_ms, 2),
    }  # fmt: skip


def _works() -> dict[str, _Work]:
    eu, card = foreign.a_message(), foreign.a_jws()
    return {
        "GC1": _Work(a_pass(), trust(revoked=REVOKED), _ed25519(_below(a_pass()))),
        "GC1-PHONE": _phone(a_phone_code()),
        "GC1-GATE": _Work(
            a_gate_pass(),
            index(COMPOUND, (), REVOKED, gates=[certificate()]),
            _ed25519(base45.decode(a_gate_pass().removeprefix(b"GT1:")), STATION),
        ),
        "HC1": _Work(
            foreign.as_code(eu),
            foreign.trusting(foreign.ANY_USE, revoked=REVOKED),
            _es256(foreign.COUNTRY, *_cose_parts(eu)),
        ),
        "SHC": _Work(
            b"shc:/" + foreign.as_digits(card),
            foreign.trusting(foreign.spki(foreign.CLINIC), revoked=REVOKED),
            _es256(foreign.CLINIC, *_jws_parts(card)),
        ),
    }


def _phone(code: bytes) -> _Work:
    """Two signatures: the phone's of the moment, and the office's of the phone."""
    wrapper = cose.open_sign1(_below(code), "")
    phone, office = _es256(PHONE, wrapper.signature, wrapper.signed_bytes), _ed25519(certified())

    def both() -> None:
        phone()
        office()

    return _Work(code, trust(revoked=REVOKED), both)


def _below(code: bytes) -> bytes:
    return base45.decode(code.removeprefix(b"GC1:"))


def _cose_parts(message: bytes) -> tuple[bytes, bytes]:
    parts = cose.open_sign1(message, "")
    return parts.signature, parts.signed_bytes


def _jws_parts(jws: bytes) -> tuple[bytes, bytes]:
    signed, _, _ = jws.rpartition(b".")
    return foreign.es256(signed, foreign.CLINIC), signed


def _ed25519(message: bytes, key: Ed25519PrivateKey = OFFICE) -> Callable[[], None]:
    public, parts = key.public_key(), cose.open_sign1(message, "")
    signature, signed = parts.signature, parts.signed_bytes
    return lambda: public.verify(signature, signed)


def _es256(key: foreign.ec.EllipticCurvePrivateKey, signature: bytes, signed: bytes) -> Callable[[], None]:
    public, algorithm = key.public_key(), ECDSA(SHA256())
    der = encode_dss_signature(int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
    return lambda: public.verify(der, signed, algorithm)
