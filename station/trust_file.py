"""What `gate-station verify` is told to trust: a list of certificates and public keys, or a trust list of the office.

Rule: whoever names a file vouches for it. A trust list that the office signed is held to the hub's key where one is
known (`--hub-key`, or the station's own identity); otherwise it is taken as given, and `checked` says so.
"""

import binascii
from base64 import b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from msgspec import json

from gate.certificates import CertificateUnreadable, issuer_keys
from gate.document import DocumentKind, DocumentRefused, SignedDocument, body_of, open_document
from gate.formats.unverified import claimed_compound
from gate.trust import IssuerKey, Trust, TrustedKey, TrustList, Usage, index
from gate.unreadable import UNREADABLE

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = datetime.max.replace(tzinfo=UTC)
_ED25519_BYTES = 32
_PEM = b"-----BEGIN "


class TrustUnreadable(Exception):
    """What should be trusted cannot be read; the message says which entry, why, and what would do."""


@dataclass(frozen=True, slots=True)
class Given:
    """What was said to be trusted.

    pass_keys: raw Ed25519 keys of no stated compound. listed: a trust list and the compound that it is for.
    checked: False where a signed list was taken as given because no key of its hub is known.
    """

    pass_keys: tuple[bytes, ...] = ()
    issuers: tuple[IssuerKey, ...] = ()
    listed: tuple[str, TrustList] | None = None
    checked: bool = True

    def trust_for(self, code: bytes) -> Trust:
        """Ready for one code: keys of no stated compound are held to be of the one that a pass names itself."""
        if self.listed is not None:
            compound, listed = self.listed
            return index(compound, listed.keys, listed.revocations, listed.issuers, gates=listed.gates)
        compound = claimed_compound(code) or ""
        keys = (TrustedKey(key, compound, frozenset({Usage.PASS}), _BEGINNING, _NEVER) for key in self.pass_keys)
        return index(compound, keys, (), self.issuers)


def read_trust(text: bytes, hub_key: bytes | None = None) -> Given:
    """The content of a trust file. hub_key: raw Ed25519, 32 bytes. Raises TrustUnreadable."""
    try:
        told = json.decode(text)
    except UNREADABLE as cause:
        raise TrustUnreadable(f"not JSON: {cause}") from cause
    if isinstance(told, list):
        return given(told)
    return _signed_list(text, hub_key)


def given(entries: Iterable[object], *, lenient: bool = False) -> Given:
    """Certificates (DER in base64) and public keys (SubjectPublicKeyInfo in base64, or 32 raw bytes of Ed25519).

    lenient: an entry that cannot be read vouches for nothing instead of raising TrustUnreadable.
    """
    pass_keys: list[bytes] = []
    issuers: list[IssuerKey] = []
    for number, entry in enumerate(entries, 1):
        try:
            found = _entry(entry)
        except (CertificateUnreadable, ValueError) as cause:
            if not lenient:
                raise TrustUnreadable(f"entry {number}: {cause}") from cause
            continue
        pass_keys += found.pass_keys
        issuers += found.issuers
    return Given(tuple(pass_keys), tuple(issuers))


def _entry(entry: object) -> Given:
    if not isinstance(entry, str):
        raise ValueError("not a text; expected a certificate or a public key in base64")
    return _key(entry)


@lru_cache(maxsize=4096)
def _key(text: str) -> Given:
    der = _from_base64(text)
    if der.startswith(_PEM):
        der = _from_base64(der.decode("ascii", "replace"))
    if len(der) == _ED25519_BYTES:
        return Given(pass_keys=(der,))
    issuers = issuer_keys(der)
    return Given(tuple(_ed25519(issuers)), issuers)


def _from_base64(text: str) -> bytes:
    """Base64 with or without line ends, or PEM, as certificates are passed around."""
    lines = [line for line in text.splitlines() if not line.startswith("-----")]
    try:
        return b64decode("".join("".join(lines).split()), validate=True)
    except (binascii.Error, ValueError) as cause:
        raise ValueError("not base64") from cause


def _ed25519(issuers: tuple[IssuerKey, ...]) -> Iterator[bytes]:
    for spki in {issuer.spki for issuer in issuers}:
        try:
            key = load_der_public_key(spki)
        except (ValueError, UnsupportedAlgorithm):
            continue
        if isinstance(key, Ed25519PublicKey):
            yield key.public_bytes_raw()


def _signed_list(text: bytes, hub_key: bytes | None) -> Given:
    try:
        heading = json.decode(text, type=SignedDocument).heading
        if hub_key is None:
            if heading.kind is not DocumentKind.TRUST:
                raise TrustUnreadable(f"a signed {heading.kind}, not a trust list")
            document = json.decode(text, type=SignedDocument)
        else:
            document = open_document(text, DocumentKind.TRUST, heading.compound, [hub_key])
        return Given(listed=(heading.compound, body_of(document, TrustList)), checked=hub_key is not None)
    except UNREADABLE as cause:
        raise TrustUnreadable(
            f"neither a list of certificates and keys nor a signed trust list of the office: {cause}"
        ) from cause
    except DocumentRefused as cause:
        raise TrustUnreadable(str(cause)) from cause
