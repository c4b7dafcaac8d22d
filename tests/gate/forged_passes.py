"""Community passes on paper and on phones, genuine and forged: what `forger` knows of `GC1:`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, derive_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.clock import Moment
from gate.formats import base45, community_pass, cose, phone_pass, signed_pass
from gate.formats.chain import Credential, Kind
from gate.reason import Reason
from gate.trust import Usage, index
from tests.gate.forger import Attempt, Family, Genuine, cut, flip, hex_digits
from tests.gate.makers import COMPOUND, EXPIRES, ISSUED, trusted
from tests.gate.phone_makers import point, signer

# Fixed keys of tests; they guard nothing. Three of the office's, for keys are changed over the years.
OFFICES = [Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)) for number in (1, 2, 3)]
NEIGHBOUR, STRANGER, HUB = (Ed25519PrivateKey.from_private_bytes(bytes([number] * 32)) for number in (7, 8, 9))
PHONES = [derive_private_key(number, SECP256R1()) for number in range(1000, 1012)]
REVOKED = tuple(f"dead{number:012x}" for number in range(2000))
TRUST = index(
    COMPOUND,
    [*map(trusted, OFFICES), trusted(NEIGHBOUR, "liyuan"), trusted(HUB, usage=Usage.DOCUMENT)],
    REVOKED,
)
# Numbers of other algorithms and of none, in one byte, so that a phone's wrapper still looks like one.
OTHER_ALGORITHMS = (-7, -6, -5, -4, -3, 1, 4, 5, 7, 10, 0, 23, True)

Ways = Mapping[str, Callable[[], Attempt]]


@dataclass(frozen=True)
class _Drawn:
    """A credential, its signer, the phone that it is for (None: on paper), and when that phone shows it."""

    credential: Credential
    office: Ed25519PrivateKey
    phone: int | None
    said_at: Any

    def but(self, office: Ed25519PrivateKey | None = None, **changes: Any) -> "_Drawn":
        return replace(self, credential=replace(self.credential, **changes), office=office or self.office)

    def certified(self) -> bytes:
        holder = None if self.phone is None else point(PHONES[self.phone])
        return community_pass.certify(self.credential, self.office.sign, holder)

    def code(self) -> bytes:
        return self.showing(self.certified())

    def showing(self, certified: bytes) -> bytes:
        """The certified bytes as they are shown: bare on paper, in the phone's wrapper."""
        if self.phone is None:
            return community_pass.as_text(certified).encode()
        return phone_pass.pack(certified, self.said_at, signer(PHONES[self.phone])).encode()


def paper(rng: Random, now: Moment) -> Genuine:
    drawn = _Drawn(_credential(rng, now), rng.choice(OFFICES), None, None)
    drawn = drawn.but(key_id=trusted(drawn.office).key_id)
    code = drawn.code()
    return Genuine(code, TRUST, {**_of_any(rng, now, drawn, code, "cose"), **_of_paper(rng, drawn)})


def phone(rng: Random, now: Moment) -> Genuine:
    """Shown in the last minute, or by a phone that is a little ahead."""
    drift = now.drift.total_seconds()
    said_at = now.utc + timedelta(seconds=int(rng.uniform(drift - 59, 29 - drift)))
    drawn = _Drawn(_credential(rng, now), rng.choice(OFFICES), rng.randrange(len(PHONES)), said_at)
    drawn = drawn.but(key_id=trusted(drawn.office).key_id)
    code = drawn.code()
    return Genuine(code, TRUST, {**_of_any(rng, now, drawn, code, "wrapper"), **_of_phone(rng, now, drawn, code)})


def _credential(rng: Random, now: Moment) -> Credential:
    margin = timedelta(minutes=1)
    return Credential(
        "GC1",
        rng.choice([Kind.RESIDENT, Kind.STAFF, Kind.VISITOR, Kind.BLANK]),
        COMPOUND,
        hex_digits(rng),
        hex_digits(rng),
        "",
        now.utc - margin - rng.random() * (now.utc - margin - ISSUED),
        now.utc + margin + rng.random() * (EXPIRES - now.utc),
    )


def _too_short_or_long(rng: Random, code: bytes, opens: str) -> Ways:
    """The text or what it holds, cut off or with something behind it."""
    message = base45.decode(code.removeprefix(b"GC1:"))
    return {
        "truncated": lambda: _shown(cut(message, rng, 5), opens),
        "truncated text": lambda: Attempt(
            code[: 4 + 3 * rng.randrange(6, len(code) // 3 - 1) + 1], ("base45",), Reason.CODE_DAMAGED, TRUST
        ),
        "oversized": lambda: Attempt(
            code + code[5:6] * rng.randrange(signed_pass.LONGEST, 5000), ("base45",), Reason.CODE_DAMAGED, TRUST
        ),
        "followed by something": lambda: _shown(message + rng.randbytes(rng.randrange(1, 9)), opens),
    }


def _made(by: _Drawn, step: str, reason: Reason) -> Attempt:
    return Attempt(by.code(), (step,), reason, TRUST)


def _of_any(rng: Random, now: Moment, drawn: _Drawn, code: bytes, opens: str) -> Ways:
    """The ways that paper and phone share. opens: the step at which the outermost envelope is opened."""
    return {
        **_of_another_day(rng, now, drawn),
        **_not_signed_by_the_office(rng, drawn),
        **_too_short_or_long(rng, code, opens),
        "revoked": lambda: _made(drawn.but(serial=rng.choice(REVOKED)), "revocation", Reason.REVOKED),
        "wrong community": lambda: _made(
            drawn.but(compound=rng.choice(["liyuan", "yuyuan2", "yuyua", ""])), "compound", Reason.OTHER_COMMUNITY
        ),
        "a neighbour's key": lambda: _made(
            drawn.but(NEIGHBOUR, key_id=trusted(NEIGHBOUR).key_id), "compound", Reason.OTHER_COMMUNITY
        ),
    }


def _of_another_day(rng: Random, now: Moment, drawn: _Drawn) -> Ways:
    days = timedelta(days=rng.uniform(0.001, 300))
    issued = drawn.credential.issued_at

    def expired() -> Attempt:
        ended = now.utc - rng.random() * (now.utc - issued)
        return _made(drawn.but(expires_at=ended), "dates", Reason.EXPIRED)

    def early() -> Attempt:
        begins = now.utc + timedelta(seconds=30) + rng.random() * (EXPIRES - now.utc - timedelta(minutes=1))
        return _made(drawn.but(issued_at=begins, expires_at=begins + days), "dates", Reason.NOT_YET_VALID)

    return {"expired": expired, "early": early}


def _not_signed_by_the_office(rng: Random, drawn: _Drawn) -> Ways:
    """Other words under its signature, other keys, other algorithms, and none."""

    def tampered() -> Attempt:
        return Attempt(drawn.showing(_tampered(rng, drawn.certified())), ("signature",), Reason.FORGED, TRUST)

    def headed(algorithm: object, signature: bytes | None = None) -> Attempt:
        header = cbor2.dumps({1: algorithm, 4: bytes.fromhex(drawn.credential.key_id)})
        forged = cose.seal(header, _payload(drawn.certified()), drawn.office.sign if signature is None else _of(b""))
        return Attempt(drawn.showing(forged), ("header",), Reason.FORGED, TRUST)

    return {
        "tampered": tampered,
        "wrong key": lambda: _made(drawn.but(STRANGER), "signature", Reason.FORGED),
        "wrong kid": lambda: _made(drawn.but(key_id=hex_digits(rng)), "key", Reason.KEY_UNKNOWN),
        "key of another use": lambda: _made(drawn.but(HUB, key_id=trusted(HUB).key_id), "key", Reason.KEY_UNKNOWN),
        "wrong algorithm": lambda: headed(rng.choice(OTHER_ALGORITHMS)),
        "none": lambda: headed(None, b""),
    }


def _of_paper(rng: Random, drawn: _Drawn) -> Ways:
    bare = replace(drawn, phone=rng.randrange(len(PHONES)))
    return {
        "a phone's pass without its phone": lambda: Attempt(
            community_pass.as_text(bare.certified()).encode(), ("wrapper",), Reason.CODE_NOT_FRESH, TRUST
        )
    }


def _of_phone(rng: Random, now: Moment, drawn: _Drawn, code: bytes) -> Ways:
    drift = now.drift.total_seconds()
    assert drawn.phone is not None
    another = (drawn.phone + rng.randrange(1, len(PHONES))) % len(PHONES)

    def shown_at(seconds: float) -> Attempt:
        moved = replace(drawn, said_at=now.utc + timedelta(seconds=int(seconds)))
        return Attempt(moved.code(), ("freshness",), Reason.CODE_NOT_FRESH, TRUST)

    def wrapped(header: object, payload: bytes, sign: Callable[[bytes], bytes], step: str) -> Attempt:
        text = community_pass.as_text(cose.seal(cbor2.dumps(header), payload, sign)).encode()
        return Attempt(text, (step,), Reason.FORGED, TRUST)

    statement = _payload(base45.decode(code.removeprefix(b"GC1:")))
    own = signer(PHONES[drawn.phone])
    later = cbor2.dumps({**cbor2.loads(statement), 6: int(now.utc.timestamp()) + 40})
    original = cose.open_sign1(base45.decode(code.removeprefix(b"GC1:")), "").signature
    return {
        "a screenshot": lambda: shown_at(-61 - drift - rng.expovariate(0.01)),
        "from the future": lambda: shown_at(32 + drift + rng.expovariate(0.01)),
        "another phone": lambda: wrapped({1: -7}, statement, signer(PHONES[another]), "holder signature"),
        "a newer time": lambda: wrapped({1: -7}, later, _of(original), "holder signature"),
        "wrapper: wrong algorithm": lambda: wrapped({1: rng.choice((-8, -6, 5, 0))}, statement, own, "algorithm"),
        "wrapper: none": lambda: wrapped({1: None}, statement, _of(b""), "algorithm"),
        "a paper pass in a wrapper": lambda: Attempt(
            drawn.showing(replace(drawn, phone=None).certified()), ("holder key",), Reason.FORGED, TRUST
        ),
    }


def _tampered(rng: Random, certified: bytes) -> bytes:
    """Somebody else's number, or a later end, under the old signature."""
    message = cose.open_sign1(certified, "")
    claims = cbor2.loads(message.payload)
    change = rng.choice([{2: rng.randbytes(8)}, {4: claims[4] + rng.randrange(1, 10**7)}, {7: rng.randbytes(8)}])
    return cose.seal(message.protected, cbor2.dumps({**claims, **change}), _of(message.signature))


def _payload(message: bytes) -> bytes:
    return cose.open_sign1(message, "").payload


def _of(signature: bytes) -> Callable[[bytes], bytes]:
    """A signer that always signs so."""
    return lambda _: signature


def _shown(message: bytes, step: str) -> Attempt:
    return Attempt(community_pass.as_text(message).encode(), (step,), Reason.CODE_DAMAGED, TRUST)


def _bytes_below(code: bytes) -> bytes:
    return base45.decode(code.removeprefix(b"GC1:"))


def _flipped(code: bytes, bit: int) -> bytes:
    return b"GC1:" + base45.encode(flip(_bytes_below(code), bit))


PAPER, PHONE = (
    Family(name, draw, lambda code: 8 * len(_bytes_below(code)), _flipped, lambda code: code)
    for name, draw in (("GC1", paper), ("GC1-PHONE", phone))
)
