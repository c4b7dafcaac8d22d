"""Temporary passes made at gates, genuine and forged: what `forger` knows of `GT1:`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.clock import Moment
from gate.formats import base45, cose, gate_pass
from gate.formats.gate_pass import CALLERS, CLOCKS_APART, Leave
from gate.passage import Caller
from gate.reason import Reason
from gate.trust import GateKey, index, key_id_of
from tests.gate.forger import Attempt, Family, Genuine, cut, flip, hex_digits
from tests.gate.makers import COMPOUND, EXPIRES, ISSUED, trusted

# Fixed keys of tests; they guard nothing.
STATIONS = [Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)) for number in (41, 42, 43)]
STRANGER = Ed25519PrivateKey.from_private_bytes(bytes([49] * 32))
ALLOWED = frozenset({Caller.RESIDENT, Caller.VISITOR, Caller.COURIER})
LONGEST_HOURS, MOST = 24, 200
REVOKED = tuple(f"beef{number:012x}" for number in range(2000))
OTHER_ALGORITHMS = (-7, -6, -5, -4, -3, 1, 4, 5, 7, 10, 0, True)

Ways = Mapping[str, Callable[[], Attempt]]


def _key_id(key: Ed25519PrivateKey) -> str:
    return key_id_of(key.public_key().public_bytes_raw())


def _certificate(key: Ed25519PrivateKey) -> GateKey:
    public = key.public_key().public_bytes_raw()
    return GateKey(public, "east-1", ALLOWED, LONGEST_HOURS, MOST, ISSUED, EXPIRES)


TRUST = index(COMPOUND, [trusted()], REVOKED, gates=map(_certificate, STATIONS))


def leave_of(rng: Random, now: Moment) -> Genuine:
    station = rng.choice(STATIONS)
    age = timedelta(seconds=60 + int(now.drift.total_seconds()) + rng.random() * 11 * 3600)
    issued_at = max(now.utc - age, ISSUED)
    leave = Leave(
        COMPOUND,
        rng.choice(sorted(ALLOWED)),
        hex_digits(rng),
        hex_digits(rng),
        rng.randrange(1, MOST + 1),
        issued_at,
        issued_at + timedelta(hours=rng.randrange(12, LONGEST_HOURS + 1)),
        rng.choice(["", "3", "12A", "东2"]),
    )
    code = _code(leave, station)
    return Genuine(code, TRUST, _ways(rng, now, _Drawn(leave, station), code))


def _code(leave: Leave, station: Ed25519PrivateKey, key_id: str | None = None) -> bytes:
    return gate_pass.pack(leave, key_id or _key_id(station), station.sign).encode()


@dataclass(frozen=True)
class _Drawn:
    """What the pass says, and the station that signs it."""

    leave: Leave
    station: Ed25519PrivateKey

    def but(
        self, step: str, reason: Reason, by: Ed25519PrivateKey | None = None, kid: str = "", **changes: Any
    ) -> Attempt:
        """Signed anew, with something else in it, by somebody else or under another name."""
        code = _code(replace(self.leave, **changes), by or self.station, kid or _key_id(self.station))
        return Attempt(code, (step,), reason, TRUST)

    def headed(self, message: bytes, algorithm: object) -> Attempt:
        header = cbor2.dumps({1: algorithm, 4: bytes.fromhex(_key_id(self.station))})
        return _shown(
            cose.seal(header, cose.open_sign1(message, "").payload, self.station.sign), "header", Reason.FORGED
        )


def _of_another_hour(rng: Random, now: Moment, drawn: _Drawn) -> Ways:
    def expired() -> Attempt:
        ended = now.utc - timedelta(seconds=rng.randrange(0, 3600))
        return drawn.but("dates", Reason.EXPIRED, issued_at=max(ended - timedelta(hours=3), ISSUED), expires_at=ended)

    def early() -> Attempt:
        begins = now.utc + now.drift + CLOCKS_APART + timedelta(seconds=rng.randrange(2, 3600))
        ends = begins + timedelta(hours=2)
        return drawn.but("dates", Reason.NOT_YET_VALID, issued_at=begins, expires_at=ends)

    return {"expired": expired, "early": early}


def _beyond_its_certificate(rng: Random, drawn: _Drawn) -> Ways:
    def longer() -> Attempt:
        hours = timedelta(hours=LONGEST_HOURS, seconds=rng.randrange(1, 10**6))
        return drawn.but("certificate", Reason.WRONG_USE, expires_at=drawn.leave.issued_at + hours)

    return {
        "a kind it may not make": lambda: drawn.but("certificate", Reason.WRONG_USE, caller=Caller.STAFF),
        "more than it may make": lambda: drawn.but(
            "certificate", Reason.WRONG_USE, number=MOST + rng.randrange(1, 10**6)
        ),
        "longer than it may": longer,
    }


def _ways(rng: Random, now: Moment, drawn: _Drawn, code: bytes) -> Ways:
    message = base45.decode(code.removeprefix(gate_pass.PREFIX))
    return {
        **_of_another_hour(rng, now, drawn),
        "tampered": lambda: _shown(_tampered(rng, message), "signature", Reason.FORGED),
        "wrong key": lambda: drawn.but("signature", Reason.FORGED, STRANGER),
        "wrong kid": lambda: drawn.but("signature", Reason.KEY_UNKNOWN, kid=hex_digits(rng)),
        "wrong algorithm": lambda: drawn.headed(message, rng.choice(OTHER_ALGORITHMS)),
        "none": lambda: drawn.headed(message, None),
        "truncated": lambda: _shown(cut(message, rng, 5), "cose", Reason.CODE_DAMAGED),
        "oversized": lambda: Attempt(code + code[5:6] * 3000, ("base45",), Reason.CODE_DAMAGED, TRUST),
        "revoked": lambda: drawn.but("revocation", Reason.REVOKED, serial=rng.choice(REVOKED)),
        "wrong community": lambda: drawn.but(
            "compound", Reason.OTHER_COMMUNITY, compound=rng.choice(["liyuan", "yuyua"])
        ),
        **_beyond_its_certificate(rng, drawn),
    }


def _tampered(rng: Random, message: bytes) -> bytes:
    """A later end, another number, kind or person under the old signature."""
    opened = cose.open_sign1(message, "")
    claims = cbor2.loads(opened.payload)
    change = rng.choice(
        [
            {4: claims[4] + rng.randrange(1, 10**6)},
            {-70003: claims[-70003] % MOST + 1},
            {-70001: (claims[-70001] + 1) % len(CALLERS)},
            {2: rng.randbytes(8)},
        ]
    )
    return cose.seal(opened.protected, cbor2.dumps({**claims, **change}), lambda _: opened.signature)


def _shown(message: bytes, step: str, reason: Reason) -> Attempt:
    return Attempt(gate_pass.PREFIX + base45.encode(message), (step,), reason, TRUST)


def _bytes_below(code: bytes) -> bytes:
    return base45.decode(code.removeprefix(gate_pass.PREFIX))


LEAVE = Family(
    "GC1-GATE",
    leave_of,
    lambda code: 8 * len(_bytes_below(code)),
    lambda code, bit: gate_pass.PREFIX + base45.encode(flip(_bytes_below(code), bit)),
    lambda code: code,
)
