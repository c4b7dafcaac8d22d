"""Base45 as RFC 9285 has it, and one text only for each byte string."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.formats import base45


@pytest.mark.parametrize(
    ("data", "text"), [(b"AB", b"BB8"), (b"Hello!!", b"%69 VD92EX0"), (b"base-45", b"UJCLQE7W581")]
)
def test_the_examples_of_rfc_9285(data: bytes, text: bytes) -> None:
    assert base45.encode(data) == text
    assert base45.decode(text) == data


@given(st.binary(max_size=300))
def test_what_is_encoded_comes_back(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


@given(st.text(alphabet=base45.ALPHABET.decode(), max_size=60))
def test_no_two_texts_stand_for_the_same_bytes(text: str) -> None:
    try:
        data = base45.decode(text.encode())
    except ValueError:
        return
    assert base45.encode(data) == text.encode()


@pytest.mark.parametrize("text", [b"A", b"AAAA", b":::", b"::", b"GGW", b"ab ", "健".encode()])
def test_what_is_not_base45_is_refused_with_a_sentence(text: bytes) -> None:
    with pytest.raises(ValueError, match="base45"):
        base45.decode(text)
