"""X.509 certificates and bare public keys -> the issuer keys of a trust list.

The hub (hub.issuers) and the help desk call it. Rule: only what a gate needs is read (key, days, what it may sign), by
a reader that takes the DER of every country; cryptography refuses certificates that spell out a default.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256

from asn1crypto import keys, x509

from gate.trust import ANY_KEY_ID, IssuerKey

HEALTH_CARD = "health_card"
"""A use: SMART Health Cards. The others are the types of EU certificates, as below."""
USES = {1: "test", 2: "vaccination", 3: "recovery"}
# Those of countries have some 1,000 bytes. Bytes made to slow a reader of DER down take the square of their length.
LONGEST = 8 * 1024
# Extended key usage, EU eHealth Network, guidelines volume 4, section 7.2; the second as first certificates had it.
_USE_OIDS = {
    f"{arc}.1847.2021.1.{number}": use for arc in ("1.3.6.1.4.1", "1.3.6.1.4.1.0") for number, use in USES.items()
}


class CertificateUnreadable(Exception):
    """A trust list holds something that is neither a certificate nor a public key in DER; the message says what."""


def issuer_keys(der: bytes) -> tuple[IssuerKey, ...]:
    """A certificate or SubjectPublicKeyInfo in DER -> its key under every id that a code may name it by.

    The EU names a key by its certificate; a bare key has none, so it is filed under ANY_KEY_ID. SMART Health Cards
    name a P-256 key by its JWK thumbprint. Raises CertificateUnreadable.
    """
    if len(der) > LONGEST:
        raise CertificateUnreadable(f"{len(der)} bytes; a certificate has at most {LONGEST}")
    try:
        return _of_bare_key(der) if _is_bare_key(der) else _of_certificate(der)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as cause:
        raise CertificateUnreadable("neither an X.509 certificate nor a public key in DER") from cause


def thumbprint(x: bytes, y: bytes) -> str:
    """The JWK thumbprint (RFC 7638, SHA-256, base64url) of a P-256 key, from its coordinates of 32 bytes each."""
    jwk = f'{{"crv":"P-256","kty":"EC","x":"{_base64url(x)}","y":"{_base64url(y)}"}}'
    return _base64url(sha256(jwk.encode()).digest())


def _is_bare_key(der: bytes) -> bool:
    try:
        return bool(keys.PublicKeyInfo.load(der, strict=True).algorithm)
    except (ValueError, TypeError, KeyError):
        return False


def _of_bare_key(der: bytes) -> tuple[IssuerKey, ...]:
    return tuple(IssuerKey(der, key_id) for key_id in (ANY_KEY_ID, *_thumbprints(der)))


def _of_certificate(der: bytes) -> tuple[IssuerKey, ...]:
    certificate = x509.Certificate.load(der, strict=True)
    body, usage = certificate["tbs_certificate"], certificate.extended_key_usage_value
    spki, days, name = body["subject_public_key_info"].dump(), body["validity"], str(body["subject"].human_friendly)
    named = usage.native if usage is not None else ()
    uses = frozenset(_USE_OIDS[oid] for oid in named if oid in _USE_OIDS)
    not_before, not_after = _instant(days["not_before"].native), _instant(days["not_after"].native)
    return tuple(
        IssuerKey(spki, key_id, uses, not_before, not_after, name)
        for key_id in (sha256(der).digest()[:8].hex(), *_thumbprints(spki))
    )


def _instant(told: object) -> datetime:
    """A time without a zone, which DER forbids and some write, is taken for UTC."""
    if not isinstance(told, datetime):
        raise ValueError("a day of the certificate is in no year of ours")
    return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)


def _thumbprints(spki: bytes) -> Iterator[str]:
    """One for a P-256 key, none for any other."""
    key = keys.PublicKeyInfo.load(spki, strict=True)
    if key.algorithm == "ec" and key.curve == ("named", "secp256r1"):
        point = key["public_key"].native
        if len(point) == 65:
            yield thumbprint(point[1:33], point[33:])


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
