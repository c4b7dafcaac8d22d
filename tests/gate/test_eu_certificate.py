"""EU digital certificates: each faulty twin fails at its step; what countries write differently is read too."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from gate.certificates import issuer_keys
from gate.clock import ClockState, Moment
from gate.credential import CodeReading, read
from gate.decision import decide
from gate.evidence import Evidence
from gate.formats import base45, eu_certificate
from gate.formats.chain import Holder, Kind
from gate.policy import Direction, Policy, Rules
from gate.reason import Outcome, Reason
from gate.temperature import Measurement
from gate.trust import Trust, index
from tests.gate import foreign_makers as make
from tests.gate.foreign_makers import KID, a_certificate, eu, kid_of, saying, trusting
from tests.gate.makers import COMPOUND, NOON

WITHDRAWN = sha256(make.WITHDRAWN.encode()).digest()[:8].hex()
TRUST = trusting(make.ANY_USE, make.ONLY_TESTS, revoked=(WITHDRAWN,))


def shown(code: bytes, trust: Trust = TRUST, at: datetime = NOON.utc) -> CodeReading:
    return read(code, trust, Moment(at, ClockState.SYNCED))


def test_a_genuine_certificate_passes_every_step_and_says_whose_it_is() -> None:
    reading = shown(eu())
    assert [step.name for step in reading.steps] == [name for name, _ in eu_certificate.FORMAT.steps]
    credential = reading.credential
    assert credential is not None
    assert (credential.format, credential.kind) == ("HC1", Kind.FOREIGN)
    assert (credential.person, credential.compound) == (None, None)
    assert (credential.issued_at, credential.expires_at) == (make.ISSUED, make.EXPIRES)
    assert credential.holder == Holder("Gabriele Gößinger", "1998-02-26")
    assert credential.claims["type"] == "vaccination"
    assert credential.claims["dose"] == "2/2"


PECULIAR = {
    "no tag at all": eu(tags=()),
    "a CWT tag around the COSE tag": eu(tags=(18, 61)),
    "the key named in the header that is not signed": eu(protected={1: -7}, unprotected={4: KID}),
    "nothing in the signed header": eu(protected=b"", unprotected={1: -7, 4: KID}),
    "another key named outside of the signature": eu(unprotected={4: b"foo", 1: -8}),
    "times that are not whole": eu(make.some_claims(exp=make.EXPIRES.timestamp() + 0.5)),
    "times with CBOR's tag": eu(make.some_claims(iat=cbor2.CBORTag(1, int(make.ISSUED.timestamp())))),
    "no expiry but the key's": eu(make.some_claims(exp=...)),
    "no issuer": eu(make.some_claims(iss=...)),
    "a test": saying(v=..., t=[make.TEST]),
    "a test whose hour has CBOR's tag": saying(v=..., t=[{**make.TEST, "sc": cbor2.CBORTag(0, make.TEST["sc"])}]),
    "a test whose hour has a zone": saying(v=..., t=[{**make.TEST, "sc": "2026-11-20T12:34:56.123+0200"}]),
    "a test without its centre": saying(v=..., t=[{key: make.TEST[key] for key in make.TEST if key != "tc"}]),
    "a recovery": saying(v=..., r=[make.RECOVERY]),
    "empty lists beside the entry": saying(t=[], r=None),
    "a year of birth alone": saying(dob="1998"),
    "a month of birth": saying(dob="1998-02"),
    "an unknown date of birth": saying(dob=""),
    "a date of birth with crosses": saying(dob="1998-XX-XX"),
    "a date of birth with small crosses": saying(dob="1963-xx-xx"),
    "a date of birth with noughts": saying(dob="1988-00-02"),
    "a date of birth with an hour": saying(dob="1998-02-26T00:00:00"),
    "a vaccination with an hour": make.vaccinated(dt="2026-02-18T00:00:00"),
    "a booster": make.vaccinated(dn=3, sd=2),
    "one name": saying(nam={"fnt": "GABRIELE"}),
    "a given name alone": saying(nam={"fnt": "", "gn": "Gabriele", "fn": None}),
    "doses as other languages write whole numbers": make.vaccinated(dn=2.0),
    "fields that nobody knows yet": saying(extra={"a": 1}),
}  # fmt: skip


@pytest.mark.parametrize("name", PECULIAR)
def test_what_countries_write_differently_is_read_all_the_same(name: str) -> None:
    reading = shown(PECULIAR[name])
    assert reading.accepted, reading.steps[-1]


@pytest.mark.parametrize("code", [eu(), make.shc()], ids=["EU", "SMART Health Card"])
def test_a_believed_certificate_by_itself_is_the_guards_matter(code: bytes) -> None:
    reading = shown(code, trusting(make.ANY_USE, make.spki(make.CLINIC)))
    assert reading.accepted
    rules = Rules("east", Policy("test"), "1.1", NOON.utc)
    decision = decide(Evidence(Direction.IN, reading, None, Measurement(36.5, 20.0)), rules, NOON)
    assert decision.reasons == (Reason.HOLDER_UNMATCHED,)
    assert decision.outcome is Outcome.REFER


def test_a_certificate_never_outlives_that_of_its_key() -> None:
    """Whatever end it claims, and also where it claims none."""
    for exp in (..., int((make.KEY_UNTIL + timedelta(days=900)).timestamp())):
        code = eu(make.some_claims(exp=exp))
        reading = shown(code, at=make.KEY_UNTIL - timedelta(seconds=1))
        assert reading.credential is not None
        assert reading.credential.expires_at == make.KEY_UNTIL
        assert shown(code, at=make.KEY_UNTIL).reasons == (Reason.EXPIRED,)


def test_a_certificate_without_an_end_by_a_key_without_an_end_is_not_believed() -> None:
    code = eu(make.some_claims(exp=...))
    assert shown(code, trusting(make.spki(make.COUNTRY))).reasons == (Reason.CODE_DAMAGED,)


def test_a_key_that_is_not_yet_in_use_signs_nothing() -> None:
    early = a_certificate(not_before=NOON.utc + timedelta(hours=1))
    code = eu(protected={1: -7, 4: kid_of(early)})
    assert shown(code, trusting(early)).reasons == (Reason.NOT_YET_VALID,)


def test_ps256_is_believed_of_an_rsa_key_and_es256_is_not() -> None:
    certificate = a_certificate(make.rsa_key(2048))
    kid = kid_of(certificate)
    assert shown(eu(protected={1: -37, 4: kid}, sign=make.ps256), trusting(certificate)).accepted
    assert shown(eu(protected={1: -7, 4: kid}, sign=make.ps256), trusting(certificate)).reasons == (Reason.FORGED,)


def test_an_rsa_key_of_1024_bits_signs_nothing() -> None:
    certificate = a_certificate(make.rsa_key(1024))
    code = eu(protected={1: -37, 4: kid_of(certificate)}, sign=lambda signed: make.ps256(signed, 1024))
    assert shown(code, trusting(certificate)).reasons == (Reason.FORGED,)


def test_es256_is_p256_alone() -> None:
    certificate = a_certificate(make.ANOTHER_CURVE)
    code = eu(protected={1: -7, 4: kid_of(certificate)}, sign=lambda signed: make.es256(signed, make.ANOTHER_CURVE))
    assert shown(code, trusting(certificate)).reasons == (Reason.FORGED,)


def _crowded(*ders: bytes) -> Trust:
    """All of the keys under the id of the first, as several certificates of the EU share one."""
    return index(COMPOUND, (), (), [structs.replace(issuer_keys(der)[0], key_id=KID.hex()) for der in ders])


def test_of_several_keys_with_one_id_each_is_tried() -> None:
    """Keys of another kind and of a stranger among them."""
    trust = _crowded(
        make.ONLY_TESTS, a_certificate(make.rsa_key(2048)), a_certificate(make.ANOTHER_CURVE), make.ANY_USE
    )
    assert shown(eu(), trust).accepted


def test_of_two_certificates_of_one_key_either_may_allow_the_use() -> None:
    tests, recoveries = (a_certificate(make.COUNTRY, use) for use in (make.TEST_USE, make.RECOVERY_USE))
    assert shown(saying(v=..., r=[make.RECOVERY]), _crowded(tests, recoveries)).accepted
    assert shown(eu(), _crowded(tests, recoveries)).reasons == (Reason.WRONG_USE,)


def test_an_expired_certificate_of_a_key_does_not_spoil_its_renewed_one() -> None:
    old = a_certificate(until=NOON.utc - timedelta(days=1))
    future = a_certificate(not_before=NOON.utc + timedelta(days=1), until=make.KEY_UNTIL + timedelta(days=900))
    assert shown(eu(), _crowded(old, future, make.ANY_USE)).accepted
    assert shown(eu(), _crowded(old)).reasons == (Reason.EXPIRED,)
    assert shown(eu(), _crowded(old, future)).reasons == (Reason.NOT_YET_VALID,)


@pytest.mark.parametrize("arc", ["1.3.6.1.4.1.1847.2021.1", "1.3.6.1.4.1.0.1847.2021.1"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_key_signs_what_its_certificate_says_and_nothing_else(arc: str, number: int) -> None:
    certificate = a_certificate(make.COUNTRY, f"{arc}.{number}")
    header = {1: -7, 4: kid_of(certificate)}
    payloads = [make.a_payload(v=..., t=[make.TEST]), make.a_payload(), make.a_payload(v=..., r=[make.RECOVERY])]
    for position, told in enumerate(payloads, 1):
        reading = shown(eu(make.some_claims(told), protected=header), trusting(certificate))
        assert reading.reasons == (() if position == number else (Reason.WRONG_USE,))


def test_a_key_whose_certificate_names_other_uses_only_may_sign_every_kind() -> None:
    certificate = a_certificate(make.COUNTRY, "1.3.6.1.5.5.7.3.2")
    assert shown(eu(protected={1: -7, 4: kid_of(certificate)}), trusting(certificate)).accepted


def test_a_bare_key_is_tried_whatever_key_a_certificate_names() -> None:
    assert shown(eu(), trusting(make.spki(make.COUNTRY))).accepted
    assert shown(eu(), trusting(make.spki(make.STRANGER))).reasons == (Reason.FORGED,)


def test_under_a_clock_that_is_only_a_floor_a_young_one_is_not_called_early_but_an_expired_one_expired() -> None:
    assert read(eu(), TRUST, Moment(make.ISSUED - timedelta(days=9), ClockState.FLOOR)).accepted
    assert read(eu(), TRUST, Moment(make.EXPIRES, ClockState.FLOOR)).reasons == (Reason.EXPIRED,)


def test_the_doubt_of_a_held_clock_is_held_against_it() -> None:
    minute = timedelta(minutes=1)
    for near, reason in ((make.EXPIRES - minute / 2, Reason.EXPIRED), (make.ISSUED + minute / 2, Reason.NOT_YET_VALID)):
        assert read(eu(), TRUST, Moment(near, ClockState.HELD, drift=minute)).reasons == (reason,)


TAILS = st.binary(max_size=400)
MESSAGES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.integers(-300, 9) | st.sampled_from(["v", "nam", "dob"]), inner, max_size=4)
    | st.builds(cbor2.CBORTag, st.sampled_from([0, 1, 2, 4, 5, 18, 28, 30, 35, 37, 61, 100, 258, 999]), inner),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300)
@given(
    TAILS.map(lambda tail: b"HC1:" + tail)
    | TAILS.map(lambda tail: b"HC1:" + base45.encode(tail))
    | TAILS.map(make.as_code)
    | MESSAGES.map(lambda message: make.as_code(cbor2.dumps(message)))
    | st.builds(lambda header, other: eu(protected=cbor2.dumps(header), unprotected={4: other}), MESSAGES, MESSAGES)
)
def test_nothing_behind_the_prefix_makes_the_reader_raise_or_believe(code: bytes) -> None:
    reading = shown(code)
    assert not reading.accepted
    assert len(reading.reasons) == 1


@settings(max_examples=300)
@given(MESSAGES)
def test_whatever_a_trusted_country_signs_the_reader_does_not_raise(claims: Any) -> None:
    """The key may be stolen, or its owner careless; what it signed is data all the same."""
    payloads = (claims, make.a_payload(nam=claims, dob=claims), make.a_payload(v=[claims]))
    tellings = (cbor2.dumps(claims), make.some_claims(iat=claims, exp=claims), *map(make.some_claims, payloads))
    assert all(isinstance(shown(eu(told)), CodeReading) for told in tellings)
