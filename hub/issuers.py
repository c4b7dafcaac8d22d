"""Whose certificates the gates believe besides the compound's own passes: countries, and issuers of health cards.

The running hub reads the file that the settings name once, when it starts, and the bulletin signs what it says into the
trust list. Rule: a file of which any entry cannot be read is refused whole, so that nobody is left out unnoticed.
"""

from pathlib import Path

from msgspec import json

from gate.certificates import CertificateUnreadable, issuer_keys
from gate.trust import IssuerKey
from gate.unreadable import UNREADABLE
from hub.settings import SettingsRefused

# The trust list must stay below the broker's largest packet, 1 MiB, also with 100,000 revoked passes in it.
MOST_BYTES = 160_000


def load(path: str) -> tuple[IssuerKey, ...]:
    """The keys of a JSON list of certificates or public keys, each DER in base64; none where no file is named.

    Raises SettingsRefused.
    """
    if not path:
        return ()
    try:
        entries = json.decode(Path(path).read_bytes(), type=list[bytes])
    except OSError as cause:
        raise SettingsRefused(f"{path}: cannot be read ({cause.strerror}); correct issuers in hub.toml") from cause
    except UNREADABLE as cause:
        raise SettingsRefused(f"{path}: {cause}; write a JSON list of certificates, each DER in base64") from cause
    issuers = tuple(key for number, der in enumerate(entries, 1) for key in _keys(path, number, der))
    size = len(json.encode(issuers))
    if size > MOST_BYTES:
        raise SettingsRefused(
            f"{path}: {size} bytes in the trust list, which has room for {MOST_BYTES}; leave some out"
        )
    return issuers


def _keys(path: str, number: int, der: bytes) -> tuple[IssuerKey, ...]:
    try:
        return issuer_keys(der)
    except CertificateUnreadable as cause:
        raise SettingsRefused(f"{path}: entry {number}: {cause}; correct it or take it out") from cause
