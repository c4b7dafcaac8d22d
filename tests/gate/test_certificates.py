"""Certificates and bare keys become issuer keys, whatever their DER looks like, or are refused in one way."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.certificates import LONGEST, CertificateUnreadable, issuer_keys
from gate.trust import ANY_KEY_ID
from tests.gate import foreign_makers as make


def test_a_certificate_tells_key_days_uses_and_name() -> None:
    der = make.a_certificate(make.COUNTRY, make.TEST_USE, make.RECOVERY_USE, "1.3.6.1.5.5.7.3.2")
    eu, card = issuer_keys(der)
    assert (eu.key_id, eu.spki) == (sha256(der).hexdigest()[:16], make.spki(make.COUNTRY))
    assert eu.uses == {"test", "recovery"}
    assert (eu.not_before, eu.not_after) == (make.KEY_FROM, make.KEY_UNTIL)
    assert eu.name == "Country: XX"
    assert (card.spki, card.uses, card.not_after) == (eu.spki, eu.uses, eu.not_after)
    assert len(card.key_id) == 43


def test_a_bare_key_has_no_id_but_a_thumbprint() -> None:
    anywhere, card = issuer_keys(make.spki(make.CLINIC))
    assert (anywhere.key_id, anywhere.not_after, anywhere.uses) == (ANY_KEY_ID, None, frozenset())
    assert card.key_id == make.CARD_KID
    assert [each.key_id for each in issuer_keys(make.spki(make.rsa_key(2048)))] == [ANY_KEY_ID]
    assert [each.key_id for each in issuer_keys(make.spki(make.ANOTHER_CURVE))] == [ANY_KEY_ID]


FAR = make.a_certificate(until=datetime(2060, 1, 1, tzinfo=UTC))
"""Its last day is a GeneralizedTime, which may be spelled in several ways of the same length."""


def test_days_without_a_zone_are_taken_for_utc() -> None:
    """A naive time would not raise here but at the gate, where it is compared."""
    key = issuer_keys(FAR.replace(b"20600101000000Z", b"206001010000.50"))[0]
    assert key.not_after == datetime(2060, 1, 1, 0, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "der", [b"", b"\x30\x00", b"\x30\x80", b"\x30\x03\x02\x01\x01", make.ANY_USE[:-1], b"\x00" * 40]
)
def test_what_is_neither_is_refused(der: bytes) -> None:
    with pytest.raises(CertificateUnreadable, match=r"neither an X\.509 certificate nor a public key"):
        issuer_keys(der)


def test_days_in_no_year_of_ours_are_refused() -> None:
    with pytest.raises(CertificateUnreadable):
        issuer_keys(FAR.replace(b"20600101000000Z", b"00000101000000Z"))


@settings(max_examples=400)
@given(
    st.sampled_from([make.ANY_USE, make.ONLY_TESTS, make.spki(make.COUNTRY)]),
    st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=4)), min_size=1, max_size=4),
)
def test_a_spoiled_certificate_is_read_or_refused_and_its_days_can_be_compared(
    der: bytes, spoiled: list[tuple[int, bytes]]
) -> None:
    for at, patch in spoiled:
        der = der[:at] + patch + der[at + len(patch) :]
    try:
        keys = issuer_keys(der)
    except CertificateUnreadable:
        return
    for key in keys:
        assert all(day is None or day.tzinfo is not None for day in (key.not_before, key.not_after))


def test_a_certificate_without_end_is_refused_by_its_length() -> None:
    """One byte more than the bound says, whatever the bytes are: a reader of DER is not let near them."""
    genuine = make.a_certificate()
    with pytest.raises(CertificateUnreadable, match="8193 bytes"):
        issuer_keys(genuine + bytes(LONGEST + 1 - len(genuine)))
    with pytest.raises(CertificateUnreadable, match="neither"):
        issuer_keys(b"\x9f" * LONGEST)
