"""Signatures of foreign certificates: ES256 and PS256 (RFC 7518 sections 3.4, 3.5; RFC 9053, RFC 8230).

Rule: the algorithm must suit the key, whatever a header says: ES256 is P-256 alone, PS256 an RSA key of 2,048 bits or
more. A key that cannot be read verifies nothing.
"""

from enum import Enum
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

_SHA256 = SHA256()
_PSS = PSS(MGF1(SHA256()), salt_length=SHA256.digest_size)
_SHORTEST_RSA_BITS = 2048


class Algorithm(Enum):
    """How a certificate may be signed; the value is COSE's number for it."""

    ES256 = -7
    PS256 = -37


def verifies(spki: bytes, algorithm: Algorithm, signature: bytes, signed: bytes) -> bool:
    """Whether the key (SubjectPublicKeyInfo, DER) made the signature (r and s of 32 bytes each, or RSA's) of it."""
    key = _key(spki)
    if algorithm is Algorithm.ES256:
        return isinstance(key, EllipticCurvePublicKey) and _es256(key, signature, signed)
    return isinstance(key, RSAPublicKey) and _ps256(key, signature, signed)


@lru_cache(maxsize=4096)
def _key(spki: bytes) -> EllipticCurvePublicKey | RSAPublicKey | None:
    try:
        key = load_der_public_key(spki)
    except (ValueError, UnsupportedAlgorithm):
        return None
    if isinstance(key, EllipticCurvePublicKey):
        return key if isinstance(key.curve, SECP256R1) else None
    if isinstance(key, RSAPublicKey):
        return key if key.key_size >= _SHORTEST_RSA_BITS else None
    return None


def _es256(key: EllipticCurvePublicKey, signature: bytes, signed: bytes) -> bool:
    if len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    try:
        key.verify(encode_dss_signature(r, s), signed, ECDSA(_SHA256))
    except (InvalidSignature, ValueError):
        return False
    return True


def _ps256(key: RSAPublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, _PSS, _SHA256)
    except (InvalidSignature, ValueError):
        return False
    return True
