"""The hub's secrets: the keys that sign documents and passes, the one that seals the roster, and the one that opens
the forms which gates seal.

`gate-hub init` makes them once in DATA/keys, readable by their owner alone; whoever signs loads them. A lost document
key means that every station has to be set up anew, so nothing here ever overwrites one.
"""

import hmac
import os
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate import sealing
from gate.names import KeyId
from gate.trust import key_id_of

KEY_BYTES = 32
DOCUMENT_KEY, PASS_KEY, ROSTER_KEY, FORM_KEY = "document.key", "pass.key", "roster.key", "form.key"


class KeysRefused(Exception):
    """A key file is missing, open to others, or not a key; the message says which one and what to do."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key pair and the id by which its public half is known. Its repr keeps the secret."""

    private: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """32 raw bytes."""
        return self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> KeyId:
        return key_id_of(self.public)

    def sign(self, message: bytes) -> bytes:
        """64 bytes, RFC 8032."""
        return self.private.sign(message)

    def __repr__(self) -> str:
        return f"SigningKey({self.key_id})"


class Keys:
    """What DATA/keys holds. document, pass_: to sign with. roster: 32 bytes for ChaCha20-Poly1305.

    form: the X25519 secret for gate.sealing, 32 bytes; b"" on a hub that was set up before there were forms.
    """

    def __init__(self, document: SigningKey, pass_: SigningKey, roster: bytes, form: bytes = b"") -> None:
        self.document = document
        self.pass_ = pass_
        self.roster = roster
        self.form = form

    @property
    def form_public(self) -> bytes:
        """What gates seal forms with, 32 raw bytes; b"" where there is no secret to open them."""
        return sealing.public_of(self.form) if self.form else b""

    @property
    def form_secret(self) -> str:
        """Signs the forms of the office's pages; derived, so that it outlives a restart and tells nothing of a key."""
        return hmac.digest(self.document.private.private_bytes_raw(), b"office forms", "sha256").hex()


def make(folder: Path) -> Keys:
    """Draw the keys that are not there yet, then load all of them."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in (DOCUMENT_KEY, PASS_KEY, ROSTER_KEY, FORM_KEY):
        if not (folder / name).exists():
            _write_once(folder / name, os.urandom(KEY_BYTES))
    return load(folder)


def with_form_key(folder: Path) -> Keys:
    """Draw the form key of a hub that was set up before there were forms; one that is there stays."""
    if not (folder / FORM_KEY).exists():
        _write_once(folder / FORM_KEY, os.urandom(KEY_BYTES))
    return load(folder)


def load(folder: Path) -> Keys:
    """Raises KeysRefused."""
    document, pass_, roster = (_read(folder / name) for name in (DOCUMENT_KEY, PASS_KEY, ROSTER_KEY))
    return Keys(
        SigningKey(Ed25519PrivateKey.from_private_bytes(document)),
        SigningKey(Ed25519PrivateKey.from_private_bytes(pass_)),
        roster,
        _read(folder / FORM_KEY) if (folder / FORM_KEY).exists() else b"",
    )


def new_pass_key(randomness: Callable[[int], bytes]) -> tuple[SigningKey, bytes]:
    """A key that signs nothing yet, and its secret for `replace_pass_key`."""
    secret = randomness(KEY_BYTES)
    return SigningKey(Ed25519PrivateKey.from_private_bytes(secret)), secret


def replace_pass_key(folder: Path, secret: bytes) -> None:
    """From now on this key signs passes; the one before is gone for good, so that nobody signs with it any more."""
    fresh = folder / f"{PASS_KEY}.rotated"
    fresh.unlink(missing_ok=True)
    _write_once(fresh, secret)
    fresh.replace(folder / PASS_KEY)


def _write_once(path: Path, secret: bytes) -> None:
    """Whole or not at all, and never over another key."""
    partial = path.with_suffix(".new")
    descriptor = os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(b64encode(secret) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    os.link(partial, path)
    partial.unlink()


def _read(path: Path) -> bytes:
    try:
        mode = path.stat().st_mode & 0o777
        secret = b64decode(path.read_bytes().strip(), validate=True)
    except FileNotFoundError as cause:
        raise KeysRefused(
            f"{path} is missing; restore it from a backup, or run `gate-hub init` on a new hub"
        ) from cause
    except (OSError, NotBase64) as cause:
        raise KeysRefused(f"{path} cannot be read as a key: {cause}; restore it from a backup") from cause
    if mode & 0o077:
        raise KeysRefused(f"{path} can be read by others (mode {mode:o}); run: chmod 600 {path}")
    if len(secret) != KEY_BYTES:
        raise KeysRefused(f"{path} holds {len(secret)} bytes, a key has {KEY_BYTES}; restore it from a backup")
    return secret
