"""What only the office may read, closed at the gate: a visitor's name, a plate, where somebody came from.

The kiosk's forms are sealed with the hub's public key before they are journaled, so neither a stolen station nor the
broker can open one. X25519 (RFC 7748) with a key pair of its own for each form, HKDF-SHA256 (RFC 5869) and
ChaCha20-Poly1305 (RFC 8439); the nonce is zero, since no key is ever used twice.
"""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gate.names import Slug

KEY_BYTES = 32
_NONCE = bytes(12)


class SealBroken(Exception):
    """A sealed form cannot be opened: another hub's key, another compound's form, or changed on the way."""


def public_of(secret: bytes) -> bytes:
    """The public half (32 raw bytes) of a secret of 32 random bytes."""
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def close(plain: bytes, compound: Slug, public: bytes, randomness: bytes) -> bytes:
    """Seal for the hub; 48 bytes longer than plain. public: 32 raw bytes. randomness: 32 bytes, never used twice."""
    ephemeral = X25519PrivateKey.from_private_bytes(randomness)
    shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    head = ephemeral.public_key().public_bytes_raw()
    return head + ChaCha20Poly1305(_key(shared, head, public)).encrypt(_NONCE, plain, _bound_to(compound))


def open_sealed(sealed: bytes, compound: Slug, secret: bytes) -> bytes:
    """What was sealed for the hub that holds the secret. Raises SealBroken."""
    head, rest = sealed[:KEY_BYTES], sealed[KEY_BYTES:]
    try:
        shared = X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(head))
        return ChaCha20Poly1305(_key(shared, head, public_of(secret))).decrypt(_NONCE, rest, _bound_to(compound))
    except (InvalidTag, ValueError) as cause:
        raise SealBroken("this form was sealed for another hub or compound, or was changed on the way") from cause


def _key(shared: bytes, head: bytes, public: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=head + public, info=b"gate form v1").derive(shared)


def _bound_to(compound: Slug) -> bytes:
    return f"gate/1/{compound}/form".encode()
