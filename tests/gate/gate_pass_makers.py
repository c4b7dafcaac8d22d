"""Makers of genuine temporary passes and of their faulty twins: each fails at the one step that its maker meant."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.formats import base45, gate_pass
from gate.formats.cose import seal
from gate.formats.gate_pass import CLOCKS_APART, Leave
from gate.passage import Caller
from gate.trust import GateKey, Trust, index, key_id_of
from tests.gate.makers import COMPOUND, NOON, STRANGER, Twin, trusted

# A fixed key of tests; it guards nothing.
STATION = Ed25519PrivateKey.from_private_bytes(bytes([77] * 32))
REVOKED_LEAVE = "dead00000000beef"
MADE = NOON.utc - timedelta(hours=1)
LEAVE = Leave(
    compound=COMPOUND,
    caller=Caller.VISITOR,
    person="00112233aabbccdd",
    serial="b1b2b3b4b5b6b7b8",
    number=7,
    issued_at=MADE,
    expires_at=MADE + timedelta(hours=8),
    building="3",
)


def certificate(key: Ed25519PrivateKey = STATION, **changes: Any) -> GateKey:
    """A station that may make 50 passes of up to 12 hours for residents and visitors, this month."""
    said: dict[str, Any] = {
        "station": "east-1",
        "callers": frozenset({Caller.RESIDENT, Caller.VISITOR}),
        "longest_hours": 12,
        "most": 50,
        "not_before": NOON.utc - timedelta(days=20),
        "not_after": NOON.utc + timedelta(days=10),
    }
    return GateKey(key.public_key().public_bytes_raw(), **(said | changes))


def trusting_gates(*certificates: GateKey) -> Trust:
    return index(COMPOUND, [trusted()], (REVOKED_LEAVE,), gates=certificates or (certificate(),))


GATE_TRUST = trusting_gates()
KEY_ID = key_id_of(STATION.public_key().public_bytes_raw())


def a_gate_pass(key: Ed25519PrivateKey = STATION, key_id: str = KEY_ID, **changes: Any) -> bytes:
    return gate_pass.pack(replace(LEAVE, **changes), key_id, key.sign).encode()


def _text(cose: bytes) -> bytes:
    return gate_pass.PREFIX + base45.encode(cose)


def _claimed(**changes: Any) -> bytes:
    """changes: claim numbers as k1, k_70003; None takes one away."""
    claims: dict[int, Any] = {
        1: COMPOUND, 2: bytes(8), 4: int(LEAVE.expires_at.timestamp()), 6: int(MADE.timestamp()), 7: bytes(8),
        -70001: 1, -70003: 7, -70004: "3",
    }  # fmt: skip
    claims.update({int(name[1:].replace("_", "-")): value for name, value in changes.items()})
    header = cbor2.dumps({1: -8, 4: bytes.fromhex(KEY_ID)})
    kept = {name: value for name, value in claims.items() if value is not None}
    return _text(seal(header, cbor2.dumps(kept), STATION.sign))


def _headed(header: object) -> bytes:
    return _text(seal(cbor2.dumps(header), b"\xa0", STATION.sign))


_good = a_gate_pass()
_DAMAGED = "code_damaged"

GATE_TWINS = (
    Twin("a character outside of base45", _good[:-1] + b"a", "base45", _DAMAGED),
    Twin("longer than any pass", b"GT1:" + b"0" * 3000, "base45", _DAMAGED),
    Twin("nothing behind the prefix", b"GT1:", "cose", _DAMAGED),
    Twin("no CBOR", _text(b"\xff\xff\xff"), "cose", _DAMAGED),
    Twin("a byte behind the end", _text(base45.decode(_good.removeprefix(b"GT1:")) + b"\x00"), "cose", _DAMAGED),
    Twin("no algorithm", _headed({4: bytes(8)}), "header", _DAMAGED),
    Twin("algorithm ES256", _headed({1: -7, 4: bytes.fromhex(KEY_ID)}), "header", "forged"),
    Twin("algorithm none", _headed({1: None, 4: bytes.fromhex(KEY_ID)}), "header", "forged"),
    Twin("a gate that may make none", a_gate_pass(STRANGER, key_id="ffffffffffffffff"), "signature", "key_unknown"),
    Twin("the office's own key, which makes no such passes", a_gate_pass(key_id=trusted().key_id), "signature",
         "key_unknown"),
    Twin("a stranger's signature under the gate's key id", a_gate_pass(STRANGER), "signature", "forged"),
    Twin("no number", _claimed(k_70003=None), "claims", _DAMAGED),
    Twin("the number 0", _claimed(k_70003=0), "claims", _DAMAGED),
    Twin("a number of True", _claimed(k_70003=True), "claims", _DAMAGED),
    Twin("a claim too many", _claimed(k99=1), "claims", _DAMAGED),
    Twin("a caller that does not exist", _claimed(k_70001=9), "claims", _DAMAGED),
    Twin("a short pseudonym", _claimed(k2=b"abc"), "claims", _DAMAGED),
    Twin("a building as long as a letter", _claimed(k_70004="3" * 60), "claims", _DAMAGED),
    Twin("ends before it begins", _claimed(k4=1), "claims", _DAMAGED),
    Twin("another compound's name", a_gate_pass(compound="liyuan"), "compound", "other_community"),
    Twin("for staff, which this gate may not make", a_gate_pass(caller=Caller.STAFF), "certificate", "wrong_use"),
    Twin("for longer than the gate may", a_gate_pass(expires_at=MADE + timedelta(hours=12, seconds=1)), "certificate",
         "wrong_use"),
    Twin("one more than the gate may", a_gate_pass(number=51), "certificate", "wrong_use"),
    Twin(
        "made before the gate was certified",
        a_gate_pass(issued_at=NOON.utc - timedelta(days=21), expires_at=NOON.utc - timedelta(days=20, hours=20)),
        "certificate",
        "wrong_use",
    ),
    Twin("expired", a_gate_pass(issued_at=MADE - timedelta(hours=9), expires_at=MADE), "dates", "expired"),
    Twin("expires this very second", a_gate_pass(expires_at=NOON.utc), "dates", "expired"),
    Twin(
        "made in an hour from now",
        a_gate_pass(issued_at=NOON.utc + timedelta(hours=1), expires_at=NOON.utc + timedelta(hours=2)),
        "dates",
        "not_yet_valid",
    ),
    Twin(
        "made just further ahead than two gates' clocks may be apart",
        a_gate_pass(issued_at=NOON.utc + CLOCKS_APART + timedelta(seconds=1)),
        "dates",
        "not_yet_valid",
    ),
    Twin("revoked", a_gate_pass(serial=REVOKED_LEAVE), "revocation", "revoked"),
)  # fmt: skip
