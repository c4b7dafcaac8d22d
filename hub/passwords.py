"""Clerks' passwords: made, hashed with scrypt, checked at the office's login.

`gate-hub clerk add` stores what `hash_password` gives; the login asks `verify_password`. The stored text names its own
parameters, so they can be raised later without locking anybody out.
"""

import hashlib
import hmac
import unicodedata
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable

SALT_BYTES = 16
SHORTEST, LONGEST = 8, 256
# 32 letters and digits that nobody mistakes for one another: five bits each.
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_N, _R, _P, _KEY_BYTES = 2**14, 8, 1, 32
# What a stored text may ask of this machine at most; scrypt needs 128 * n * r bytes.
_MOST_MEMORY = 64 * 2**20


def hash_password(password: str, salt: bytes) -> str:
    """The text to store: `scrypt$n=16384,r=8,p=1$SALT$HASH`, salt and hash in base64."""
    key = _derive(password, salt, _N, _R, _P)
    return f"scrypt$n={_N},r={_R},p={_P}${b64encode(salt).decode()}${b64encode(key).decode()}"


def verify_password(password: str, stored: str) -> bool:
    """Whether the password is the one that was stored; False for a stored text that cannot be read."""
    try:
        scheme, parameters, salt, key = stored.split("$")
        n, r, p = (int(part.partition("=")[2]) for part in parameters.split(","))
        derived = _derive(password, b64decode(salt, validate=True), n, r, p)
        return scheme == "scrypt" and hmac.compare_digest(derived, b64decode(key, validate=True))
    except (ValueError, NotBase64, OverflowError):
        return False


# The login checks against this where the name is unknown, so that the answer takes as long as for a known one.
NOBODY = f"scrypt$n={_N},r={_R},p={_P}${b64encode(bytes(SALT_BYTES)).decode()}${b64encode(bytes(_KEY_BYTES)).decode()}"


def generate_password(randomness: Callable[[int], bytes]) -> str:
    """Four groups of four letters and digits (80 bits), easy to read out and to type."""
    letters = [_ALPHABET[byte % len(_ALPHABET)] for byte in randomness(16)]
    return "-".join("".join(letters[at : at + 4]) for at in range(0, 16, 4))


def objection_to(password: str) -> str | None:
    """Why a chosen password is not taken; None where it is fine."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"the password has {len(password)} characters; choose one of {SHORTEST} to {LONGEST}"
    if not password.isprintable():
        return "the password holds control characters; type it as one line of text"
    return None


def _derive(password: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    composed = unicodedata.normalize("NFC", password).encode()
    return hashlib.scrypt(composed, salt=salt, n=n, r=r, p=p, maxmem=_MOST_MEMORY, dklen=_KEY_BYTES)
