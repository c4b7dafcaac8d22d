"""Clerks' passwords."""

import pytest

from hub.passwords import NOBODY, generate_password, hash_password, objection_to, verify_password

SALT = bytes(range(16))


def test_the_password_that_was_stored_opens_and_no_other() -> None:
    """Right password in, wrong one not, and the text in the registry does not hold it."""
    stored = hash_password("correct horse", SALT)
    assert verify_password("correct horse", stored)
    assert not verify_password("correct horse ", stored)
    assert "correct" not in stored
    assert stored.startswith("scrypt$n=16384,r=8,p=1$")


def test_two_ways_of_typing_one_character_are_one_password() -> None:
    """A composed and a decomposed é come from two keyboards, not from two people."""
    assert verify_password("cafe\u0301-latte", hash_password("caf\u00e9-latte", SALT))


@pytest.mark.parametrize(
    "stored",
    ["", "plain", "scrypt$$$", "scrypt$n=16384,r=8,p=1$!$!", "scrypt$n=1073741824,r=8,p=1$AAAA$AAAA", "$7$101$a$b",
     "scrypt$n=3,r=8,p=1$AAAA$AAAA", "scrypt$n=16384,r=8$AAAA$AAAA", NOBODY],
)  # fmt: skip
def test_a_stored_text_that_is_none_of_ours_opens_for_nobody(stored: str) -> None:
    """A damaged row, an absurd cost or the stand-in for an unknown name: the answer is no, not a crash."""
    assert not verify_password("", stored)
    assert not verify_password("anything", stored)


def test_a_generated_password_can_be_typed_and_follows_the_randomness() -> None:
    """Four groups of four, no letter that looks like a digit, another one for other randomness."""
    made = generate_password(lambda count: bytes(range(count)))
    assert made == "abcd-efgh-ijkm-npqr"
    assert generate_password(lambda count: bytes(range(100, 100 + count))) != made
    assert objection_to(made) is None


def test_a_password_that_is_too_short_or_no_text_is_refused_with_the_reason() -> None:
    """The clerk reads what to change."""
    assert "8 to 256" in str(objection_to("short"))
    assert "control" in str(objection_to("eight\x00888"))
