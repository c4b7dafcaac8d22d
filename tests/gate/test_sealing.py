"""Forms on their way from a gate to the office: only the hub that they were sealed for can open them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.forms import DeliveryForm, Door, SealedForm, VehicleForm, decode_form, encode_form
from gate.sealing import KEY_BYTES, SealBroken, close, open_sealed, public_of

SECRET, RANDOMNESS = bytes(range(32)), bytes(range(32, 64))
PUBLIC = public_of(SECRET)
SECRETS = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)
PLATE = VehicleForm("豫A12345", occupants=3, door=Door("3", "2", "501"))


def test_a_form_comes_out_as_it_went_in_and_shows_nothing_on_the_way() -> None:
    plain = encode_form(PLATE)
    sealed = close(plain, "yuyuan", PUBLIC, RANDOMNESS)
    assert decode_form(open_sealed(sealed, "yuyuan", SECRET)) == PLATE
    assert len(sealed) == len(plain) + 48
    assert b"A12345" not in sealed


@given(st.binary(max_size=600), SECRETS, SECRETS)
def test_whatever_is_sealed_for_a_hub_that_hub_opens(plain: bytes, secret: bytes, randomness: bytes) -> None:
    sealed = close(plain, "yuyuan", public_of(secret), randomness)
    assert open_sealed(sealed, "yuyuan", secret) == plain


@pytest.mark.parametrize(
    ("compound", "secret"),
    [("liyuan", SECRET), ("yuyuan", bytes(31) + b"x"), ("yuyua", SECRET)],
)
def test_another_compound_or_another_key_opens_nothing(compound: str, secret: bytes) -> None:
    with pytest.raises(SealBroken, match="sealed for another hub or compound"):
        open_sealed(close(b"form", "yuyuan", PUBLIC, RANDOMNESS), compound, secret)


def test_a_single_changed_bit_anywhere_opens_nothing() -> None:
    """But for the highest bit of the ephemeral key, which X25519 does not read (RFC 7748, section 5): the key that is
    derived from it as it came still differs."""
    sealed = close(b"short", "yuyuan", PUBLIC, RANDOMNESS)
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBroken):
            open_sealed(bytes(changed), "yuyuan", SECRET)


@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_refused_with_the_same_sentence(found: bytes) -> None:
    with pytest.raises(SealBroken):
        open_sealed(found, "yuyuan", SECRET)


def test_the_same_form_is_sealed_differently_each_time() -> None:
    plain = encode_form(DeliveryForm(Door("3")))
    assert close(plain, "yuyuan", PUBLIC, bytes(32)) != close(plain, "yuyuan", PUBLIC, RANDOMNESS)


def test_the_longest_form_fits_where_a_passage_carries_it() -> None:
    most = next(each.max_length for each in SealedForm.__metadata__)
    longest = VehicleForm("豫AD12345A1", 60, tuple(f"{each:016x}" for each in range(9)), Door(*["楼" * 32] * 3))
    assert len(close(encode_form(longest), "yuyuan", PUBLIC, RANDOMNESS)) < most
