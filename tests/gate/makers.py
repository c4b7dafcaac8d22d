"""Makers of genuine passes and of their faulty twins: each twin fails at the one step that its maker meant."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.clock import ClockState, Moment
from gate.formats import base45, community_pass
from gate.formats.chain import Credential, Kind
from gate.trust import Trust, TrustedKey, Usage, index

ISSUED = datetime(2026, 11, 1, tzinfo=UTC)
EXPIRES = datetime(2027, 4, 30, tzinfo=UTC)
NOON = Moment(datetime(2026, 11, 22, 4, tzinfo=UTC), ClockState.SYNCED)
COMPOUND = "yuyuan"
# Fixed keys of tests; they guard nothing.
OFFICE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))

# A point of P-256 in its compressed form: the base point (SEC 2, section 2.4.2).
PHONE_KEY = bytes.fromhex("036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296")


def trusted(key: Ed25519PrivateKey = OFFICE, compound: str = COMPOUND, usage: Usage = Usage.PASS) -> TrustedKey:
    public = key.public_key().public_bytes_raw()
    return TrustedKey(public, compound, frozenset({usage}), ISSUED - timedelta(days=1), EXPIRES)


def trust(*keys: TrustedKey, revoked: tuple[str, ...] = ()) -> Trust:
    return index(COMPOUND, keys or (trusted(),), revoked)


CREDENTIAL = Credential(
    format="GC1",
    kind=Kind.RESIDENT,
    compound=COMPOUND,
    person="00112233aabbccdd",
    serial="a1a2a3a4a5a6a7a8",
    key_id=trusted().key_id,
    issued_at=ISSUED,
    expires_at=EXPIRES,
)


def a_pass(key: Ed25519PrivateKey = OFFICE, **changes: Any) -> bytes:
    return community_pass.pack(replace(CREDENTIAL, **changes), key.sign).encode()


@dataclass(frozen=True)
class Twin:
    """A faulty code, and the step and reason at which it must fail."""

    name: str
    code: bytes
    step: str
    reason: str


def _cose(protected: bytes, unprotected: Any, payload: bytes, tag: int = 18, signer: Any = OFFICE) -> bytes:
    signature = signer.sign(cbor2.dumps(["Signature1", protected, b"", payload]))
    return cbor2.dumps(cbor2.CBORTag(tag, [protected, unprotected, payload, signature]))


def _text(cose: bytes) -> bytes:
    return community_pass.PREFIX + base45.encode(cose)


def _header(algorithm: Any = -8, key_id: bytes = bytes.fromhex(trusted().key_id), **more: Any) -> bytes:
    return cbor2.dumps({1: algorithm, 4: key_id, **more})


def _claims(change: Callable[[dict[int, Any]], None] = lambda claims: None) -> bytes:
    claims: dict[int, Any] = {
        1: COMPOUND,
        2: bytes(8),
        4: int(EXPIRES.timestamp()),
        6: int(ISSUED.timestamp()),
        7: bytes(8),
        -70001: 0,
    }
    change(claims)
    return cbor2.dumps(claims)


def _with(key: int, value: Any) -> bytes:
    return _text(_cose(_header(), {}, _claims(lambda claims: claims.update({key: value}))))


def _without(key: int) -> bytes:
    return _text(_cose(_header(), {}, _claims(lambda claims: claims.pop(key) and None)))


def _deep(levels: int) -> bytes:
    return b"\x81" * levels + b"\x00"


_good = a_pass()

TWINS = (
    Twin("a character outside of base45", _good[:-1] + b"a", "base45", "code_damaged"),
    Twin("cut short by one", _good[:-1] if len(_good) % 3 == 2 else _good[:-2], "base45", "code_damaged"),
    Twin("nothing behind the prefix", b"GC1:", "cose", "code_damaged"),
    Twin("longer than any pass", b"GC1:" + b"0" * 3000, "base45", "code_damaged"),
    Twin("a group that stands for no byte", b"GC1::::", "base45", "code_damaged"),
    Twin("no CBOR", _text(b"\xff\xff\xff"), "cose", "code_damaged"),
    Twin("nested too deep", _text(_deep(300)), "cose", "code_damaged"),
    Twin("another COSE tag", _text(_cose(_header(), {}, _claims(), tag=17)), "cose", "code_damaged"),
    Twin("something in the unprotected header", _text(_cose(_header(), {4: b"x"}, _claims())), "cose", "code_damaged"),
    Twin("a byte behind the end", _text(_cose(_header(), {}, _claims()) + b"\x00"), "cose", "code_damaged"),
    Twin("no algorithm", _text(_cose(cbor2.dumps({4: bytes(8)}), {}, _claims())), "header", "code_damaged"),
    Twin(
        "a third header",
        _text(_cose(_header()[:0] + cbor2.dumps({1: -8, 4: bytes(8), 5: 1}), {}, _claims())),
        "header",
        "code_damaged",
    ),
    Twin("algorithm ES256", _text(_cose(_header(-7), {}, _claims())), "header", "forged"),
    Twin("algorithm none", _text(_cose(_header(None), {}, _claims())), "header", "forged"),
    Twin("an unknown key", a_pass(key_id="ffffffffffffffff"), "key", "key_unknown"),
    Twin("a stranger's signature under our key id", a_pass(STRANGER), "signature", "forged"),
    Twin(
        "an empty signature",
        _text(cbor2.dumps(cbor2.CBORTag(18, [_header(), {}, _claims(), b""]))),
        "signature",
        "forged",
    ),
    Twin("no expiry", _without(4), "claims", "code_damaged"),
    Twin("no serial", _without(7), "claims", "code_damaged"),
    Twin("a claim too many", _with(99, 1), "claims", "code_damaged"),
    Twin("an expiry in words", _with(4, "tomorrow"), "claims", "code_damaged"),
    Twin("an expiry of True", _with(4, True), "claims", "code_damaged"),
    Twin("an expiry in the year 10000", _with(4, 2**40), "claims", "code_damaged"),
    Twin("a negative expiry", _with(4, -1), "claims", "code_damaged"),
    Twin("a short pseudonym", _with(2, b"abc"), "claims", "code_damaged"),
    Twin("a kind that does not exist", _with(-70001, 9), "claims", "code_damaged"),
    Twin("another compound's name", a_pass(compound="liyuan"), "compound", "other_community"),
    Twin(
        "what a phone holds, without its fresh wrapper",
        _text(community_pass.certify(CREDENTIAL, OFFICE.sign, PHONE_KEY)),
        "wrapper",
        "code_not_fresh",
    ),
    Twin("a phone's key that is none", _with(8, {1: {1: 2, -1: 1, -2: b"short", -3: True}}), "claims", "code_damaged"),
    Twin(
        "a phone's key on another curve",
        _with(8, {1: {1: 2, -1: 2, -2: bytes(32), -3: True}}),
        "claims",
        "code_damaged",
    ),
    Twin("expired yesterday", a_pass(expires_at=NOON.utc - timedelta(days=1)), "dates", "expired"),
    Twin("expires this very second", a_pass(expires_at=NOON.utc), "dates", "expired"),
    Twin("valid from tomorrow", a_pass(issued_at=NOON.utc + timedelta(days=1)), "dates", "not_yet_valid"),
    Twin("signed before its key was in use", a_pass(issued_at=ISSUED - timedelta(days=9)), "dates", "forged"),
    Twin("revoked", a_pass(serial="deaddeaddeaddead"), "revocation", "revoked"),
)
REVOKED = ("deaddeaddeaddead",)
