"""Makers of genuine phone codes and of their faulty twins: each twin fails at the one step that its maker meant."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, derive_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gate.formats import community_pass, cose, phone_pass
from tests.gate.makers import CREDENTIAL, EXPIRES, NOON, OFFICE, STRANGER, Twin

# Fixed keys of tests; they guard nothing.
PHONE = derive_private_key(0xC0FFEE, SECP256R1())
OTHER_PHONE = derive_private_key(0xBEEF, SECP256R1())


def point(key: EllipticCurvePrivateKey = PHONE) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def signer(key: EllipticCurvePrivateKey = PHONE) -> Callable[[bytes], bytes]:
    return lambda message: phone_pass.raw_signature(key.sign(message, ECDSA(SHA256())))


def certified(office: Any = OFFICE, holder_key: bytes | None = None, **changes: Any) -> bytes:
    return community_pass.certify(replace(CREDENTIAL, **changes), office.sign, holder_key or point())


def a_phone_code(at: datetime = NOON.utc, key: EllipticCurvePrivateKey = PHONE, **changes: Any) -> bytes:
    """The code that a phone shows at that instant."""
    return phone_pass.pack(certified(**changes), at, signer(key)).encode()


SECONDS = int(NOON.utc.timestamp())
_HEADER = cbor2.dumps({1: -7})


def _code(
    statement: Any = None, header: bytes = _HEADER, sign: Callable[[bytes], bytes] | None = None, tail: bytes = b""
) -> bytes:
    payload = statement if isinstance(statement, bytes) else cbor2.dumps(statement or {6: SECONDS, -70002: certified()})
    return community_pass.as_text(cose.seal(header, payload, sign or signer()) + tail).encode()


def _mirrored(message: bytes) -> bytes:
    """The other signature that plain ECDSA accepts for the same message."""
    genuine = signer()(message)
    return genuine[:32] + (phone_pass.ORDER - int.from_bytes(genuine[32:], "big")).to_bytes(32, "big")


def _in_der(message: bytes) -> bytes:
    return PHONE.sign(message, ECDSA(SHA256()))


def _rewrapped(inner: bytes) -> bytes:
    return _code({6: SECONDS, -70002: inner})


_paper = community_pass.certify(CREDENTIAL, OFFICE.sign)
_good = a_phone_code()
_long_form = b"\xa2\x06\x1b" + SECONDS.to_bytes(8, "big") + cbor2.dumps({6: SECONDS, -70002: certified()})[6:]
# No point of P-256 has this x.
_off_the_curve = b"\x02" + bytes(31) + b"\x01"

PHONE_TWINS = (
    Twin("a character outside of base45", _good[:-1] + b"a", "base45", "code_damaged"),
    Twin("longer than any code", _good + b"0" * 300, "base45", "code_damaged"),
    Twin("cut short in the middle", _good[: (len(_good) - 4) // 6 * 3 + 4], "wrapper", "code_damaged"),
    Twin("a byte behind the end", _code(tail=b"\x00"), "wrapper", "code_damaged"),
    Twin("algorithm EdDSA", _code(header=cbor2.dumps({1: -8})), "algorithm", "forged"),
    Twin("algorithm none", _code(header=cbor2.dumps({1: None})), "algorithm", "forged"),
    Twin("the pass without a time", _code({-70002: certified()}), "statement", "code_damaged"),
    Twin("a time without a pass", _code({6: SECONDS}), "statement", "code_damaged"),
    Twin("a time in words", _code({6: "now", -70002: certified()}), "statement", "code_damaged"),
    Twin("a time of True", _code({6: True, -70002: certified()}), "statement", "code_damaged"),
    Twin("a time with a fraction", _code({6: SECONDS + 0.5, -70002: certified()}), "statement", "code_damaged"),
    Twin("a key that only equals ours", _code({6.0: SECONDS, -70002: certified()}), "statement", "code_damaged"),
    Twin("a third claim", _code({6: SECONDS, -70002: certified(), 9: 1}), "statement", "code_damaged"),
    Twin("the time behind the pass", _code({-70002: certified(), 6: SECONDS}), "statement", "code_damaged"),
    Twin("the time in a longer form", _code(_long_form), "statement", "code_damaged"),
    Twin("a negative time", _code({6: -1, -70002: certified()}), "statement", "code_damaged"),
    Twin("a time in the year 10000", _code({6: 2**40, -70002: certified()}), "statement", "code_damaged"),
    Twin("no pass inside", _rewrapped(b"\x00"), "cose", "code_damaged"),
    Twin(
        "a wrapper in a wrapper",
        _rewrapped(cose.seal(_HEADER, cbor2.dumps({6: SECONDS, -70002: b""}), signer())),
        "header",
        "code_damaged",
    ),
    Twin("an unknown key", a_phone_code(key_id="ffffffffffffffff"), "key", "key_unknown"),
    Twin("certified by a stranger", a_phone_code(office=STRANGER), "signature", "forged"),
    Twin(
        "no compound",
        _rewrapped(
            cose.seal(cbor2.dumps({1: -8, 4: bytes.fromhex(CREDENTIAL.key_id)}), cbor2.dumps({6: SECONDS}), OFFICE.sign)
        ),
        "claims",
        "code_damaged",
    ),
    Twin("another compound's", a_phone_code(compound="liyuan"), "compound", "other_community"),
    Twin("a paper pass in a wrapper", _rewrapped(_paper), "holder key", "forged"),
    Twin("a key that is no point", a_phone_code(holder_key=_off_the_curve), "holder key", "code_damaged"),
    Twin("signed by another phone", a_phone_code(key=OTHER_PHONE), "holder signature", "forged"),
    Twin("the mirror of a signature", _code(sign=_mirrored), "holder signature", "forged"),
    Twin("a signature in DER", _code(sign=_in_der), "holder signature", "forged"),
    Twin("an empty signature", _code(sign=lambda _: b""), "holder signature", "forged"),
    Twin("a signature of zeros", _code(sign=lambda _: bytes(64)), "holder signature", "forged"),
    Twin("certified until yesterday", a_phone_code(expires_at=NOON.utc - timedelta(days=1)), "dates", "expired"),
    Twin("certified from tomorrow", a_phone_code(issued_at=NOON.utc + timedelta(days=1)), "dates", "not_yet_valid"),
    Twin("revoked", a_phone_code(serial="deaddeaddeaddead"), "revocation", "revoked"),
    Twin("a screenshot of 61 s ago", a_phone_code(NOON.utc - timedelta(seconds=61)), "freshness", "code_not_fresh"),
    Twin("made 31 s from now", a_phone_code(NOON.utc + timedelta(seconds=31)), "freshness", "code_not_fresh"),
    Twin("made when the pass ends", a_phone_code(EXPIRES), "freshness", "code_not_fresh"),
)
