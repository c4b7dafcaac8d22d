"""Foreign certificates, genuine and forged: what `forger` knows of `HC1:` and `shc:/`."""

import json
import zlib
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from hashlib import sha256
from random import Random
from typing import Any

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
    message = make.a_message(claims, protected=header, sign=sign)
    return Genuine(make.as_code(message), TRUST, _eu_ways(rng, now, claims, header, message, sign))


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


def _eu_ways(
    rng: Random, now: Moment, claims: Any, header: Any, message: bytes, sign: Callable[[bytes], bytes]
) -> Ways:
    seconds = int(now.utc.timestamp())
    parts = cbor2.loads(message).value

    def signed(step: str, reason: Reason, changed: Any = None, **how: Any) -> Attempt:
        made = {"protected": header, "sign": sign, **how}
        return _failing(make.as_code(make.a_message(changed or claims, **made)), step, reason)

    def dated(step: str, reason: Reason, **dates: int) -> Attempt:
        return signed(step, reason, {**claims, **{{"iat": 6, "exp": 4}[name]: at for name, at in dates.items()}})

    def told(entry: dict[str, Any]) -> dict[int, Any]:
        return {**claims, -260: {1: make.a_payload(v=[entry])}}

    def tampered() -> Attempt:
        said = claims[-260][1]
        payload = {**said, "dob": f"{int(said['dob'][:4]) + 1}{said['dob'][4:]}"}
        changed = rng.choice([{4: claims[4] + 10**7}, {-260: {1: payload}}, {1: "YY"}])
        return signed("signature", Reason.FORGED, {**claims, **changed}, sign=lambda _: parts[3])

    def by_tester() -> Attempt:
        by = {1: -7, 4: make.kid_of(make.ONLY_TESTS)}
        return signed(
            "use", Reason.WRONG_USE, told(make.VACCINATION), protected=by, sign=lambda it: make.es256(it, make.STRANGER)
        )

    return {
        "expired": lambda: dated("dates", Reason.EXPIRED, exp=seconds - rng.randrange(10**7)),
        "early": lambda: dated("dates", Reason.NOT_YET_VALID, iat=seconds + 10 + rng.randrange(10**6)),
        "tampered": tampered,
        "wrong key": lambda: signed("signature", Reason.FORGED, sign=lambda it: make.es256(it, make.STRANGER)),
        "wrong kid": lambda: signed("key", Reason.KEY_UNKNOWN, protected={**header, 4: rng.randbytes(8)}),
        "key of another use": by_tester,
        "wrong algorithm": lambda: signed(
            "header", Reason.FORGED, protected={**header, 1: rng.choice((-8, -35, -36, -38, -257, 1, 4, 5, True))}
        ),
        "the other algorithm": lambda: signed("signature", Reason.FORGED, protected={**header, 1: -44 - header[1]}),
        "none": lambda: signed("header", Reason.FORGED, protected={**header, 1: None}, sign=lambda _: b""),
        **_eu_too_short_or_long(rng, message),
        "revoked": lambda: signed(
            "revocation", Reason.REVOKED, told({**make.VACCINATION, "ci": rng.choice(WITHDRAWN)})
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
    return Genuine(_digits(jws), TRUST, _shc_ways(rng, now, claims, jws))


def _shc_ways(rng: Random, now: Moment, claims: dict[str, Any], jws: bytes) -> Ways:
    seconds = int(now.utc.timestamp())
    code = _digits(jws)
    header = {"alg": "ES256", "kid": make.CARD_KID, "zip": "DEF"}

    def signed(step: str, reason: Reason, changed: dict[str, Any] | None = None, **how: Any) -> Attempt:
        return _failing(_digits(make.a_jws({**claims, **(changed or {})}, **how)), step, reason)

    def tampered() -> Attempt:
        first, _, signature = jws.split(b".")
        changed = {**claims, **rng.choice([{"iss": "https://clinic.example/other"}, {"nbf": claims["nbf"] - 99}])}
        return _failing(
            _digits(b".".join((first, make.unpadded(_packed(changed)), signature))), "signature", Reason.FORGED
        )

    def by_vaccinator() -> Attempt:
        kid = issuer_keys(make.ONLY_VACCINATIONS)[1].key_id
        sign = lambda it: make.es256(it, make.STRANGER)  # noqa: E731
        return signed("issuer", Reason.WRONG_USE, header={**header, "kid": kid}, sign=sign)

    def odd() -> Attempt:
        return _failing(code[: 5 + 2 * rng.randrange(50, (len(code) - 5) // 2) + 1], "numeric")

    withdrawn = {"vc": {**claims["vc"], "rid": rng.choice(WITHDRAWN_RIDS)}}
    return {
        "expired": lambda: signed("dates", Reason.EXPIRED, {"exp": seconds - rng.randrange(10**7)}),
        "early": lambda: signed(
            "dates", Reason.NOT_YET_VALID, {"nbf": seconds + 10 + rng.randrange(10**6), "exp": 2**33}
        ),
        "tampered": tampered,
        "wrong key": lambda: signed("signature", Reason.FORGED, sign=lambda it: make.es256(it, make.STRANGER)),
        "wrong kid": lambda: signed("key", Reason.KEY_UNKNOWN, header={**header, "kid": hex_digits(rng, 42)}),
        "key of another use": by_vaccinator,
        "another issuer's key": lambda: _failing(code, "issuer", Reason.WRONG_USE, ANOTHER_ISSUERS),
        "wrong algorithm": lambda: signed(
            "header", Reason.FORGED, header={**header, "alg": rng.choice(("HS256", "RS256", "EdDSA", "es256", ""))}
        ),
        "none": lambda: signed("header", Reason.FORGED, header={**header, "alg": "none"}, sign=lambda _: b"x"),
        "truncated": odd,
        "truncated parts": lambda: _failing(_digits(jws[: rng.randrange(60, jws.rindex(b"."))]), "jws"),
        "truncated inside": lambda: _failing(_digits(make.a_jws(body=cut(_packed(claims), rng))), "deflate"),
        "oversized": lambda: _failing(code + b"0" * smart_health_card.LONGEST, "parts"),
        "a bomb": lambda: _failing(_digits(make.a_jws(body=make.deflated(bytes(10**6)))), "deflate"),
        "revoked": lambda: signed("revocation", Reason.REVOKED, withdrawn),
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
