"""Foreign certificates, genuine and forged: what `forger` knows of `HC1:` and `shc:/`."""

import json
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from typing import Any, ClassVar

import cbor2

from gate.certificates import issuer_keys
from gate.clock import Moment
from gate.formats import base45, eu_certificate, smart_health_card
from gate.reason import Reason
from gate.trust import Trust, index
from tests.gate import foreign_makers as make
from tests.gate.forger import Attempt, Family, Genuine, cut, flip, hex_digits
from tests.gate.makers import COMPOUND

WITHDRAWN = [f"URN:UVCI:01:XX:{number:04d}#1" for number in range(2000)]
WITHDRAWN_RIDS = [f"w{number:04d}" for number in range(2000)]
_REVOKED = (
    *(sha256(each.encode()).digest()[:8].hex() for each in WITHDRAWN),
    *(sha256(f"{make.CARD_KID}/{each}".encode()).digest()[:8].hex() for each in WITHDRAWN_RIDS),
)
RSA = make.a_certificate(make.rsa_key(2048))
TRUST = make.trusting(
    make.ANY_USE, make.ONLY_TESTS, RSA, make.a_certificate(make.CLINIC), make.ONLY_VACCINATIONS, revoked=_REVOKED
)
# The clinic's key, filed under the address of another issuer.
ANOTHER_ISSUERS = index(
    COMPOUND,
    (),
    (),
    [
        type(key)(key.spki, key.key_id, name="https://another.example")
        for key in issuer_keys(make.spki(make.CLINIC))
        if key.key_id == make.CARD_KID
    ],
)
_NAMES = ("Anna", "Björk", "Çelik", "Dvořák", "Étienne", "Føroyar", "Gößinger", "Łukasz", "Ναύτης", "Жанна", "王小明")

Ways = Mapping[str, Callable[[], Attempt]]


def _failing(code: bytes, step: str, reason: Reason = Reason.CODE_DAMAGED, trust: Trust = TRUST) -> Attempt:
    return Attempt(code, tuple(step.split("/")), reason, trust)


# --- EU digital certificates ---


def certificate(rng: Random, now: Moment) -> Genuine:
    told = _payload(rng)
    claims = make.some_claims(told, **_days(rng, now, "iat", "exp"))
    by_rsa = rng.random() < 0.05
    header = {1: -37, 4: make.kid_of(RSA)} if by_rsa else {1: -7, 4: make.KID}
    sign = make.ps256 if by_rsa else make.es256
    drawn = _Certificate(rng, now, claims, header, sign)
    message = drawn.message()
    return Genuine(make.as_code(message), TRUST, _eu_ways(drawn, message))


def _payload(rng: Random) -> dict[str, Any]:
    kind = rng.choice("vtr")
    entry = {"v": make.VACCINATION, "t": make.TEST, "r": make.RECOVERY}[kind]
    name = {**make.NAME, "fn": rng.choice(_NAMES), "gn": rng.choice(_NAMES)}
    return make.a_payload(
        nam=name,
        dob=f"{rng.randrange(1930, 2020)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}",
        **{"v": ..., kind: [{**entry, "ci": f"URN:UVCI:01:XX:{hex_digits(rng, 24).upper()}#4"}]},
    )


def _days(rng: Random, now: Moment, begins: str, ends: str) -> dict[str, int]:
    """Issued some minutes to months ago, and good for as long again."""
    seconds, minute = int(now.utc.timestamp()), 60
    return {
        begins: seconds - minute - rng.randrange(10_000_000),
        ends: seconds + minute + rng.randrange(10_000_000),
    }


def _eu_too_short_or_long(rng: Random, message: bytes) -> Ways:
    """What is compressed, or the whole of it, cut off or blown up."""
    compressed = zlib.compress(message, 9)
    return {
        "truncated": lambda: _eu(cut(compressed, rng), "zlib"),
        "truncated message": lambda: _eu(zlib.compress(cut(message, rng), 9), "cose"),
        "oversized": lambda: _failing(
            make.as_code(message) + b"0" * rng.randrange(eu_certificate.LONGEST, 9000), "base45"
        ),
        "a bomb": lambda: _eu(zlib.compress(message + bytes(rng.randrange(eu_certificate.LARGEST, 10**6)), 9), "zlib"),
    }


@dataclass(frozen=True)
class _Certificate:
    """A certificate as it was drawn and signed, and what forgers make of one."""

    rng: Random
    now: Moment
    claims: dict[Any, Any]
    header: dict[int, Any]
    sign: Callable[[bytes], bytes]

    def message(self) -> bytes:
        return make.a_message(self.claims, protected=self.header, sign=self.sign)

    def but(self, step: str, reason: Reason, changed: Any = None, **how: Any) -> Attempt:
        """Signed anew, with other claims or in another way."""
        made = {"protected": self.header, "sign": self.sign, **how}
        return _failing(make.as_code(make.a_message(changed or self.claims, **made)), step, reason)

    def dated(self, step: str, reason: Reason, **dates: int) -> Attempt:
        return self.but(step, reason, {**self.claims, **{{"iat": 6, "exp": 4}[name]: at for name, at in dates.items()}})

    def told(self, entry: dict[str, Any]) -> dict[int, Any]:
        return {**self.claims, -260: {1: make.a_payload(v=[entry])}}

    def tampered(self, message: bytes) -> Attempt:
        """Other claims over the signature of the genuine ones."""
        said, signature = self.claims[-260][1], cbor2.loads(message).value[3]
        payload = {**said, "dob": f"{int(said['dob'][:4]) + 1}{said['dob'][4:]}"}
        changed = self.rng.choice([{4: self.claims[4] + 10**7}, {-260: {1: payload}}, {1: "YY"}])
        return self.but("signature", Reason.FORGED, {**self.claims, **changed}, sign=lambda _: signature)

    def by_tester(self) -> Attempt:
        """Signed with a key that may sign tests alone."""
        by, sign = {1: -7, 4: make.kid_of(make.ONLY_TESTS)}, _by_stranger
        return self.but("use", Reason.WRONG_USE, self.told(make.VACCINATION), protected=by, sign=sign)


def _by_stranger(message: bytes) -> bytes:
    return make.es256(message, make.STRANGER)


def _eu_ways(drawn: _Certificate, message: bytes) -> Ways:
    rng, header, seconds = drawn.rng, drawn.header, int(drawn.now.utc.timestamp())
    return {
        "expired": lambda: drawn.dated("dates", Reason.EXPIRED, exp=seconds - rng.randrange(10**7)),
        "early": lambda: drawn.dated("dates", Reason.NOT_YET_VALID, iat=seconds + 10 + rng.randrange(10**6)),
        "tampered": lambda: drawn.tampered(message),
        "wrong key": lambda: drawn.but("signature", Reason.FORGED, sign=_by_stranger),
        "wrong kid": lambda: drawn.but("key", Reason.KEY_UNKNOWN, protected={**header, 4: rng.randbytes(8)}),
        "key of another use": drawn.by_tester,
        "wrong algorithm": lambda: drawn.but(
            "header", Reason.FORGED, protected={**header, 1: rng.choice((-8, -35, -36, -38, -257, 1, 4, 5, True))}
        ),
        "the other algorithm": lambda: drawn.but("signature", Reason.FORGED, protected={**header, 1: -44 - header[1]}),
        "none": lambda: drawn.but("header", Reason.FORGED, protected={**header, 1: None}, sign=lambda _: b""),
        **_eu_too_short_or_long(rng, message),
        "revoked": lambda: drawn.but(
            "revocation", Reason.REVOKED, drawn.told({**make.VACCINATION, "ci": rng.choice(WITHDRAWN)})
        ),
    }


def _eu(compressed: bytes, step: str) -> Attempt:
    return _failing(b"HC1:" + base45.encode(compressed), step)


def _below_text(code: bytes) -> bytes:
    return base45.decode(code.removeprefix(b"HC1:"))


def _message(code: bytes) -> object:
    """Every part of the message, with its tags."""
    return cbor2.loads(zlib.decompress(_below_text(code)))


# --- SMART Health Cards ---


def card(rng: Random, now: Moment) -> Genuine:
    name = {"family": rng.choice(_NAMES), "given": [rng.choice(_NAMES), hex_digits(rng, 6)]}
    patient = {**make.PATIENT, "name": [name], "birthDate": f"{rng.randrange(1930, 2020)}-02-17"}
    claims = make.a_card(patient, make.DOSE, **_days(rng, now, "nbf", "exp"))
    if rng.random() < 0.5:
        del claims["exp"]
    jws = make.a_jws(claims)
    return Genuine(_digits(jws), TRUST, _shc_ways(_Card(rng, claims, jws), now))


@dataclass(frozen=True)
class _Card:
    """A card as it was drawn and signed, and what forgers make of one."""

    rng: Random
    claims: dict[str, Any]
    jws: bytes

    HEADER: ClassVar[dict[str, str]] = {"alg": "ES256", "kid": make.CARD_KID, "zip": "DEF"}

    def but(self, step: str, reason: Reason, changed: dict[str, Any] | None = None, **how: Any) -> Attempt:
        """Signed anew, with other claims or in another way."""
        return _failing(_digits(make.a_jws({**self.claims, **(changed or {})}, **how)), step, reason)

    def headed(self, step: str, reason: Reason, sign: Callable[[bytes], bytes] | None = None, **told: str) -> Attempt:
        how: dict[str, Any] = {} if sign is None else {"sign": sign}
        return self.but(step, reason, header={**self.HEADER, **told}, **how)

    def tampered(self) -> Attempt:
        """Other claims over the signature of the genuine ones."""
        first, _, signature = self.jws.split(b".")
        changes = [{"iss": "https://clinic.example/other"}, {"nbf": self.claims["nbf"] - 99}]
        body = make.unpadded(_packed({**self.claims, **self.rng.choice(changes)}))
        return _failing(_digits(b".".join((first, body, signature))), "signature", Reason.FORGED)

    def by_vaccinator(self) -> Attempt:
        """Signed with a key that is on the list for EU vaccinations, and is of no issuer of cards."""
        return self.headed("issuer", Reason.WRONG_USE, _by_stranger, kid=issuer_keys(make.ONLY_VACCINATIONS)[1].key_id)

    def odd(self) -> Attempt:
        """Cut off within a pair of digits."""
        code = _digits(self.jws)
        return _failing(code[: 5 + 2 * self.rng.randrange(50, (len(code) - 5) // 2) + 1], "numeric")


def _shc_too_short_or_long(card: _Card) -> Ways:
    rng, jws = card.rng, card.jws
    return {
        "truncated": card.odd,
        "truncated parts": lambda: _failing(_digits(jws[: rng.randrange(60, jws.rindex(b"."))]), "jws"),
        "truncated inside": lambda: _failing(_digits(make.a_jws(body=cut(_packed(card.claims), rng))), "deflate"),
        "oversized": lambda: _failing(_digits(jws) + b"0" * smart_health_card.LONGEST, "parts"),
        "a bomb": lambda: _failing(_digits(make.a_jws(body=make.deflated(bytes(10**6)))), "deflate"),
    }


def _shc_ways(card: _Card, now: Moment) -> Ways:
    rng, seconds = card.rng, int(now.utc.timestamp())
    withdrawn = {"vc": {**card.claims["vc"], "rid": rng.choice(WITHDRAWN_RIDS)}}
    return {
        "expired": lambda: card.but("dates", Reason.EXPIRED, {"exp": seconds - rng.randrange(10**7)}),
        "early": lambda: card.but(
            "dates", Reason.NOT_YET_VALID, {"nbf": seconds + 10 + rng.randrange(10**6), "exp": 2**33}
        ),
        "tampered": card.tampered,
        "wrong key": lambda: card.but("signature", Reason.FORGED, sign=_by_stranger),
        "wrong kid": lambda: card.headed("key", Reason.KEY_UNKNOWN, kid=hex_digits(rng, 42)),
        "key of another use": card.by_vaccinator,
        "another issuer's key": lambda: _failing(_digits(card.jws), "issuer", Reason.WRONG_USE, ANOTHER_ISSUERS),
        "wrong algorithm": lambda: card.headed(
            "header", Reason.FORGED, alg=rng.choice(("HS256", "RS256", "EdDSA", "es256", ""))
        ),
        "none": lambda: card.headed("header", Reason.FORGED, lambda _: b"x", alg="none"),
        **_shc_too_short_or_long(card),
        "revoked": lambda: card.but("revocation", Reason.REVOKED, withdrawn),
    }


def _packed(claims: dict[str, Any]) -> bytes:
    return make.deflated(json.dumps(claims).encode())


def _digits(jws: bytes) -> bytes:
    return b"shc:/" + make.as_digits(jws)


def _parts(code: bytes) -> list[bytes]:
    digits = code.removeprefix(b"shc:/")
    jws = bytes(int(digits[at : at + 2]) + 45 for at in range(0, len(digits), 2))
    return [urlsafe_b64decode(part + b"=" * (-len(part) % 4)) for part in jws.split(b".")]


def _flipped_card(code: bytes, bit: int) -> bytes:
    """Header, deflated claims and signature end to end, one bit of them turned, and written anew."""
    parts = _parts(code)
    ends = [len(parts[0]), len(parts[0]) + len(parts[1])]
    whole = flip(b"".join(parts), bit)
    changed = (whole[: ends[0]], whole[ends[0] : ends[1]], whole[ends[1] :])
    return _digits(b".".join(map(make.unpadded, changed)))


CERTIFICATE = Family(
    "HC1",
    certificate,
    lambda code: 8 * len(_below_text(code)),
    lambda code, bit: b"HC1:" + base45.encode(flip(_below_text(code), bit)),
    _message,
)
CARD = Family("SHC", card, lambda code: 8 * sum(map(len, _parts(code))), _flipped_card, _parts)
