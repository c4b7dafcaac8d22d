"""Makers of genuine certificates of other issuers, and of faulty twins that fail at the step their maker meant."""

import json
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gate.certificates import issuer_keys
from gate.formats import base45
from gate.trust import Trust, index
from tests.gate.makers import COMPOUND, NOON, Twin

# Fixed keys of tests; they guard nothing.
COUNTRY = ec.derive_private_key(0xC0FFEE, ec.SECP256R1())
STRANGER = ec.derive_private_key(0xBADC0DE, ec.SECP256R1())
CLINIC = ec.derive_private_key(0xC11C, ec.SECP256R1())
ANOTHER_CURVE = ec.derive_private_key(0xC0FFEE, ec.SECP384R1())
KEY_FROM, KEY_UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 12, 31, tzinfo=UTC)
ISSUED, EXPIRES = datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 4, 30, tzinfo=UTC)
TEST_USE, VACCINATION_USE, RECOVERY_USE = (f"1.3.6.1.4.1.1847.2021.1.{number}" for number in (1, 2, 3))

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@cache
def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def spki(key: Key) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def a_certificate(
    key: Key = COUNTRY, *oids: str, not_before: datetime = KEY_FROM, until: datetime = KEY_UNTIL
) -> bytes:
    """A country's certificate of a key, in DER, that a trust list would hold."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "XX")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(not_before)
        .not_valid_after(until)
    )
    if oids:
        usage = x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid) for oid in oids])
        builder = builder.add_extension(usage, critical=False)
    return builder.sign(COUNTRY, SHA256(), ecdsa_deterministic=True).public_bytes(Encoding.DER)


def trusting(*ders: bytes, revoked: tuple[str, ...] = ()) -> Trust:
    """The trust of a gate that holds these certificates and bare keys."""
    return index(COMPOUND, (), revoked, (key for der in ders for key in issuer_keys(der)))


def kid_of(der: bytes) -> bytes:
    return bytes.fromhex(issuer_keys(der)[0].key_id)


def es256(signed: bytes, key: ec.EllipticCurvePrivateKey = COUNTRY) -> bytes:
    size = (key.curve.key_size + 7) // 8
    signature = key.sign(signed, ec.ECDSA(SHA256(), deterministic_signing=True))
    return b"".join(part.to_bytes(size, "big") for part in decode_dss_signature(signature))


def ps256(signed: bytes, bits: int = 2048, salt: int = 32) -> bytes:
    return rsa_key(bits).sign(signed, padding.PSS(padding.MGF1(SHA256()), salt), SHA256())


# --- EU digital certificates ---

ANY_USE = a_certificate()
KID = kid_of(ANY_USE)
NAME = {"fn": "Gößinger", "gn": "Gabriele", "fnt": "GOESSINGER", "gnt": "GABRIELE"}
VACCINATION = {
    "tg": "840539006", "vp": "1119349007", "mp": "EU/1/20/1528", "ma": "ORG-100030215", "dn": 2, "sd": 2,
    "dt": "2026-02-18", "co": "XX", "is": "Ministry of Health", "ci": "URN:UVCI:01:XX:VACC#1",
}  # fmt: skip
TEST = {
    "tg": "840539006", "tt": "LP6464-4", "nm": "a PCR", "sc": "2026-11-20T12:34:56Z", "tr": "260415000",
    "tc": "Centre 1", "co": "XX", "is": "Ministry of Health", "ci": "URN:UVCI:01:XX:TEST#1",
}  # fmt: skip
RECOVERY = {
    "tg": "840539006", "fr": "2026-02-20", "co": "XX", "is": "Ministry of Health", "df": "2026-03-04",
    "du": "2026-10-04", "ci": "URN:UVCI:01:XX:REC#1",
}  # fmt: skip


def a_payload(**changes: Any) -> dict[str, Any]:
    """What a certificate says: a vaccination unless told otherwise; a change to ... leaves the field out."""
    told = {"ver": "1.3.0", "nam": NAME, "dob": "1998-02-26", "v": [VACCINATION], **changes}
    return {name: value for name, value in told.items() if value is not ...}


def some_claims(told: Any = None, **changes: Any) -> dict[int, Any]:
    """The CWT; changes are iss, iat, exp; ... leaves one out."""
    claims = {"iss": "XX", "exp": int(EXPIRES.timestamp()), "iat": int(ISSUED.timestamp()), **changes}
    numbered = {{"iss": 1, "exp": 4, "iat": 6}[name]: value for name, value in claims.items() if value is not ...}
    return {**numbered, -260: {1: a_payload() if told is None else told}}


def a_message(
    claims: Any = None,
    protected: Any = None,
    unprotected: Any = None,
    sign: Callable[[bytes], bytes] = es256,
    tags: tuple[int, ...] = (18,),
) -> bytes:
    """A COSE message; protected may be a map or ready bytes, claims a map or ready bytes."""
    protected = {1: -7, 4: KID} if protected is None else protected
    header = protected if isinstance(protected, bytes) else cbor2.dumps(protected)
    body = claims if isinstance(claims, bytes) else cbor2.dumps(some_claims() if claims is None else claims)
    message: Any = [header, unprotected or {}, body, sign(cbor2.dumps(["Signature1", header, b"", body]))]
    for tag in tags:
        message = cbor2.CBORTag(tag, message)
    return cbor2.dumps(message)


def as_code(message: bytes) -> bytes:
    return b"HC1:" + base45.encode(zlib.compress(message, 9))


def eu(claims: Any = None, **how: Any) -> bytes:
    """A whole `HC1:` code; see `a_message`."""
    return as_code(a_message(claims, **how))


def saying(**changes: Any) -> bytes:
    return eu(some_claims(a_payload(**changes)))


def vaccinated(**changes: Any) -> bytes:
    entry = {name: value for name, value in {**VACCINATION, **changes}.items() if value is not ...}
    return saying(v=[entry])


_good = eu()
WITHDRAWN = "URN:UVCI:01:XX:WITHDRAWN#1"
YESTERDAY, TOMORROW = (int((NOON.utc + timedelta(days=days)).timestamp()) for days in (-1, 1))
ONLY_TESTS = a_certificate(STRANGER, TEST_USE)

EU_TWINS = (
    Twin("a character outside of base45", _good[:-1] + b"a", "base45", "code_damaged"),
    Twin("longer than any QR code", b"HC1:" + b"0" * 5000, "base45", "code_damaged"),
    Twin("a group that stands for no byte", b"HC1::::", "base45", "code_damaged"),
    Twin("nothing behind the prefix", b"HC1:", "zlib", "code_damaged"),
    Twin("not compressed", b"HC1:" + base45.encode(a_message()), "zlib", "code_damaged"),
    Twin("cut short", b"HC1:" + base45.encode(zlib.compress(a_message())[:-9]), "zlib", "code_damaged"),
    Twin("something behind it", b"HC1:" + base45.encode(zlib.compress(a_message()) + b"x"), "zlib", "code_damaged"),
    Twin("a bomb", as_code(bytes(2_500_000)), "zlib", "code_damaged"),
    Twin("no CBOR", as_code(b"\xff\xff\xff"), "cose", "code_damaged"),
    Twin("nested without end", as_code(b"\x81" * 9000 + b"\x00"), "cose", "code_damaged"),
    Twin("tagged without end", as_code(b"\xd2" * 9000 + b"\x00"), "cose", "code_damaged"),
    Twin("a value that holds itself", as_code(b"\xd8\x1c\x84\xd8\x1d\x00\x00\x00\x00"), "cose", "code_damaged"),
    Twin("a byte behind the message", as_code(a_message() + b"\x00"), "cose", "code_damaged"),
    Twin("another COSE tag", eu(tags=(17,)), "cose", "code_damaged"),
    Twin("the tags the wrong way round", eu(tags=(61, 18)), "cose", "code_damaged"),
    Twin("the header a list", eu(protected=cbor2.dumps([1])), "header", "code_damaged"),
    Twin("the header no CBOR", eu(protected=b"\xff"), "header", "code_damaged"),
    Twin("no key named", eu(protected={1: -7}), "header", "code_damaged"),
    Twin("a key named in words", eu(protected={1: -7, 4: KID.hex()}), "header", "code_damaged"),
    Twin("no algorithm", eu(protected={4: KID}), "header", "forged"),
    Twin("algorithm none", eu(protected={1: None, 4: KID}), "header", "forged"),
    Twin("algorithm EdDSA", eu(protected={1: -8, 4: KID}), "header", "forged"),
    Twin("algorithm HMAC, with the public key as its secret", eu(protected={1: 5, 4: KID}), "header", "forged"),
    Twin("a demand that no gate understands", eu(protected={1: -7, 4: KID, 2: [9], 9: 0}), "header", "code_damaged"),
    Twin("an unknown key", eu(protected={1: -7, 4: bytes(8)}), "key", "key_unknown"),
    Twin("the right key in the header that is not signed alone", eu(protected={1: -7, 4: b"foo"}, unprotected={4: KID}),
         "key", "key_unknown"),
    Twin("a stranger's signature", eu(sign=lambda signed: es256(signed, STRANGER)), "signature", "forged"),
    Twin("no signature", eu(sign=lambda _: b""), "signature", "forged"),
    Twin("a signature of zeros", eu(sign=lambda _: bytes(64)), "signature", "forged"),
    Twin("PS256 said of an EC key", eu(protected={1: -37, 4: KID}), "signature", "forged"),
    Twin("claims no CBOR", eu(b"\xff"), "claims", "code_damaged"),
    Twin("claims a list", eu(cbor2.dumps([1])), "claims", "code_damaged"),
    Twin("no certificate in the claims", eu({1: "XX", 4: 1, 6: 1}), "claims", "code_damaged"),
    Twin("a certificate of bytes", eu(some_claims(b"\xbf\xff")), "claims", "code_damaged"),
    Twin("no day of issue", eu(some_claims(iat=...)), "claims", "code_damaged"),
    Twin("an expiry in words", eu(some_claims(exp="tomorrow")), "claims", "code_damaged"),
    Twin("an expiry of True", eu(some_claims(exp=True)), "claims", "code_damaged"),
    Twin("an expiry that is no number", eu(some_claims(exp=float("nan"))), "claims", "code_damaged"),
    Twin("an expiry beyond all years", eu(some_claims(exp=2**62)), "claims", "code_damaged"),
    Twin("no version", saying(ver=...), "schema", "code_damaged"),
    Twin("no name", saying(nam=...), "schema", "code_damaged"),
    Twin("a name of nobody", saying(nam={"fn": "", "fnt": ""}), "schema", "code_damaged"),
    Twin("a name without its passport line", saying(nam={"fn": "G", "gn": "G"}), "schema", "code_damaged"),
    Twin("a passport line in small letters", saying(nam={**NAME, "fnt": "goessinger"}), "schema", "code_damaged"),
    Twin("a name without end", saying(nam={**NAME, "fn": "x" * 81}), "schema", "code_damaged"),
    Twin("no date of birth", saying(dob=...), "schema", "code_damaged"),
    Twin("a date of birth in words", saying(dob="long ago"), "schema", "code_damaged"),
    Twin("born in the 19th century", saying(dob="1899-04-20"), "schema", "code_damaged"),
    Twin("nothing but a name", saying(v=...), "schema", "code_damaged"),
    Twin("an empty list", saying(v=[]), "schema", "code_damaged"),
    Twin("two vaccinations", saying(v=[VACCINATION, VACCINATION]), "schema", "code_damaged"),
    Twin("a vaccination and a test", saying(t=[TEST]), "schema", "code_damaged"),
    Twin("a vaccination that is no list", saying(v=VACCINATION), "schema", "code_damaged"),
    *(Twin(f"vaccinated without {name}", vaccinated(**{name: ...}), "schema", "code_damaged") for name in VACCINATION),
    Twin("a dose in words", vaccinated(dn="2"), "schema", "code_damaged"),
    Twin("half a dose", vaccinated(dn=1.5), "schema", "code_damaged"),
    Twin("a dose of True", vaccinated(dn=True), "schema", "code_damaged"),
    Twin("a negative dose", vaccinated(dn=-1), "schema", "code_damaged"),
    Twin("a country in small letters", vaccinated(co="at"), "schema", "code_damaged"),
    Twin("vaccinated on no day", vaccinated(dt="2026-02-30"), "schema", "code_damaged"),
    Twin("tested on a day without an hour", saying(v=..., t=[{**TEST, "sc": "2026-11-20"}]), "schema", "code_damaged"),
    Twin("recovered until no day", saying(v=..., r=[{**RECOVERY, "du": "2026-13-01"}]), "schema", "code_damaged"),
    Twin("a vaccination by a key for tests",
         eu(protected={1: -7, 4: kid_of(ONLY_TESTS)}, sign=lambda signed: es256(signed, STRANGER)), "use", "wrong_use"),
    Twin("expired yesterday", eu(some_claims(exp=YESTERDAY)), "dates", "expired"),
    Twin("expires this very second", eu(some_claims(exp=int(NOON.utc.timestamp()))), "dates", "expired"),
    Twin("issued tomorrow", eu(some_claims(iat=TOMORROW)), "dates", "not_yet_valid"),
    Twin("withdrawn", vaccinated(ci=WITHDRAWN), "revocation", "revoked"),
)  # fmt: skip


# --- SMART Health Cards ---

CARD_KID = issuer_keys(spki(CLINIC))[1].key_id
ISSUER = "https://clinic.example/cards"
PATIENT = {
    "resourceType": "Patient",
    "name": [{"family": "Anyperson", "given": ["John", "B."]}],
    "birthDate": "1951-01-20",
}
DOSE = {"resourceType": "Immunization", "status": "completed"}


def a_card(*resources: Any, **changes: Any) -> dict[str, Any]:
    """The claims of a card; changes are iss, nbf, exp, vc; ... leaves one out."""
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [
            {"fullUrl": f"resource:{at}", "resource": each} for at, each in enumerate(resources or (PATIENT, DOSE))
        ],
    }
    kinds = ["https://smarthealth.cards#health-card", "https://smarthealth.cards#immunization"]
    vc = {"type": kinds, "credentialSubject": {"fhirVersion": "4.0.1", "fhirBundle": bundle}}
    claims = {"iss": ISSUER, "nbf": ISSUED.timestamp(), "vc": vc, **changes}
    return {name: value for name, value in claims.items() if value is not ...}  # fmt: skip


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, wbits=-15)
    return packer.compress(data) + packer.flush()


def unpadded(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


def a_jws(
    claims: Any = None,
    header: Any = None,
    body: bytes | None = None,
    sign: Callable[[bytes], bytes] = lambda signed: es256(signed, CLINIC),
) -> bytes:
    header = {"alg": "ES256", "kid": CARD_KID, "zip": "DEF"} if header is None else header
    packed = header if isinstance(header, bytes) else json.dumps(header).encode()
    body = deflated(json.dumps(a_card() if claims is None else claims).encode()) if body is None else body
    signed = unpadded(packed) + b"." + unpadded(body)
    return signed + b"." + unpadded(sign(signed))


def as_digits(jws: bytes) -> bytes:
    return b"".join(b"%02d" % (character - 45) for character in jws)


def shc(claims: Any = None, **how: Any) -> bytes:
    """A whole `shc:/` code; see `a_jws`."""
    return b"shc:/" + as_digits(a_jws(claims, **how))


def in_parts(code: bytes, count: int) -> list[bytes]:
    """The same card as several codes."""
    digits = code.removeprefix(b"shc:/")
    size = -(-len(digits) // count)
    return [b"shc:/%d/%d/%s" % (at + 1, count, digits[at * size : (at + 1) * size]) for at in range(count)]


def _renamed(**changes: Any) -> bytes:
    header = {"alg": "ES256", "kid": CARD_KID, "zip": "DEF", **changes}
    return shc(header={name: value for name, value in header.items() if value is not ...})


_card = shc()
_first, _second, _third = in_parts(_card, 3)
_RID = {"rid": "MKyCxh7p6uQ"}
WITHDRAWN_CARD = a_card(vc={**a_card()["vc"], **_RID})
ONLY_VACCINATIONS = a_certificate(STRANGER, VACCINATION_USE)

SHC_TWINS = (
    Twin("letters among the digits", _card[:-2] + b"ab", "parts", "code_damaged"),
    Twin("nothing behind the prefix", b"shc:/", "parts", "code_damaged"),
    Twin("longer than any card", b"shc:/" + b"0" * 200_000, "parts", "code_damaged"),
    Twin("one part of three", _second, "parts", "parts_missing"),
    Twin("two parts of three", _first + b"\n" + _third, "parts", "parts_missing"),
    Twin("a part beyond the last", b"shc:/4/3/1234", "parts", "code_damaged"),
    Twin("two third parts", b"\n".join((_first, _second, _third, _third[:-2] + b"11")), "parts", "code_damaged"),
    Twin("parts of different cards", _first + b"\nshc:/2/4/1234", "parts", "code_damaged"),
    Twin("a part and a whole", _first + b"\n" + _card, "parts", "code_damaged"),
    Twin("more parts than a card has", b"shc:/1/99/1234", "parts", "code_damaged"),
    Twin("an odd digit", _card[:-1], "numeric", "code_damaged"),
    Twin("a pair that stands for nothing", _card[:-2] + b"99", "numeric", "code_damaged"),
    Twin("two parts of a JWS", b"shc:/" + as_digits(b"abc.def"), "jws", "code_damaged"),
    Twin("an empty part", b"shc:/" + as_digits(b"abc..def"), "jws", "code_damaged"),
    Twin("a slash in base64", b"shc:/" + as_digits(b"ab/c.def.ghi"), "jws", "code_damaged"),
    Twin("another text for the same signature", b"shc:/" + as_digits(b"QR.QQ.QQ"),
         "jws", "code_damaged"),
    Twin("a header that is no JSON", shc(header=b"{"), "header", "code_damaged"),
    Twin("a header nested without end", shc(header=b"[" * 9000), "header", "code_damaged"),
    Twin("algorithm none", _renamed(alg="none"), "header", "forged"),
    Twin("algorithm HS256", _renamed(alg="HS256"), "header", "forged"),
    Twin("no key named", _renamed(kid=...), "header", "code_damaged"),
    Twin("not said to be deflated", _renamed(zip=...), "header", "code_damaged"),
    Twin("a demand that no gate understands", _renamed(crit=["exp"]), "header", "code_damaged"),
    Twin("an unknown key", _renamed(kid="x" * 43), "key", "key_unknown"),
    Twin("a stranger's signature", shc(sign=lambda signed: es256(signed, STRANGER)), "signature", "forged"),
    Twin("a signature of one byte", shc(sign=lambda _: b"x"), "signature", "forged"),
    Twin("not deflated", shc(body=json.dumps(a_card()).encode()), "deflate", "code_damaged"),
    Twin("deflated and cut short", shc(body=deflated(json.dumps(a_card()).encode())[:-9]), "deflate", "code_damaged"),
    Twin("a bomb", shc(body=deflated(bytes(10_000_000))), "deflate", "code_damaged"),
    Twin("something behind the end", shc(body=deflated(b"{}") + b"x"), "deflate", "code_damaged"),
    Twin("claims that are no JSON", shc(body=deflated(b"{")), "claims", "code_damaged"),
    Twin("claims nested without end", shc(body=deflated(b'{"vc":' + b"[" * 60_000)), "claims", "code_damaged"),
    Twin("no issuer", shc(a_card(iss=...)), "claims", "code_damaged"),
    Twin("no first day", shc(a_card(nbf=...)), "claims", "code_damaged"),
    Twin("a first day in words", shc(a_card(nbf="today")), "claims", "code_damaged"),
    Twin("a first day beyond all years", shc(a_card(nbf=1e300)), "claims", "code_damaged"),
    Twin("not a health card", shc(a_card(vc={**a_card()["vc"], "type": ["https://smarthealth.cards#other"]})),
         "claims", "code_damaged"),
    Twin("nobody's card", shc(a_card(DOSE)), "holder", "code_damaged"),
    Twin("two people's card", shc(a_card(PATIENT, PATIENT)), "holder", "code_damaged"),
    Twin("a patient without a name", shc(a_card({**PATIENT, "name": [{}]})), "holder", "code_damaged"),
    Twin("an issuer without https", shc(a_card(iss="http://clinic.example")), "issuer", "code_damaged"),
    Twin("an issuer that is no address", shc(a_card(iss="https://[")), "issuer", "code_damaged"),
    Twin("a card by a key for vaccination certificates",
         shc(header={"alg": "ES256", "kid": issuer_keys(ONLY_VACCINATIONS)[1].key_id, "zip": "DEF"},
             sign=lambda signed: es256(signed, STRANGER)), "issuer", "wrong_use"),
    Twin("expired yesterday", shc(a_card(exp=YESTERDAY)), "dates", "expired"),
    Twin("valid from tomorrow", shc(a_card(nbf=TOMORROW)), "dates", "not_yet_valid"),
    Twin("withdrawn", shc(WITHDRAWN_CARD), "revocation", "revoked"),
)  # fmt: skip
