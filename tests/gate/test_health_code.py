"""A province's health code is told apart from a stranger's code, and nothing in it is ever believed."""

from hypothesis import given
from hypothesis import strategies as st

from gate.credential import read
from gate.formats import FORMATS
from gate.formats.health_code import MOST_BYTES, NAME
from gate.reason import Reason
from tests.gate.makers import NOON, a_pass, trust

PREFIXES = ("https://hc.example.gov.cn/", "粤康码:")


def test_a_health_code_is_known_by_how_it_begins() -> None:
    """Not 'not ours' but a health code whose colour is not known yet."""
    for text in ("https://hc.example.gov.cn/q?a=1", "粤康码:123"):
        reading = read(text.encode(), trust(), NOON, PREFIXES)
        assert (reading.format, reading.credential, reading.reasons) == (NAME, None, (Reason.HEALTH_CODE_UNREAD,))


def test_without_a_word_from_the_office_it_is_a_code_like_any_other() -> None:
    """No prefix, no health code."""
    for prefixes in ((), ("",), ("https://other.example/",)):
        assert read(b"https://hc.example.gov.cn/q", trust(), NOON, prefixes).reasons == (Reason.NOT_OURS,)


def test_a_prefix_takes_no_code_from_another_family() -> None:
    """However an office writes its prefixes, its own passes stay passes."""
    assert read(a_pass(), trust(), NOON, ("GC1:",)).accepted


def test_one_longer_than_any_code_is_damaged() -> None:
    """What no QR code can hold is not asked about."""
    longest = PREFIXES[0].encode() + bytes(MOST_BYTES)
    assert read(longest, trust(), NOON, PREFIXES).reasons == (Reason.CODE_DAMAGED,)


@given(st.binary(max_size=300), st.sampled_from(["", *PREFIXES]))
def test_no_health_code_is_ever_accepted(rest: bytes, prefix: str) -> None:
    """Whatever it says: its chain gives no credential."""
    reading = read(prefix.encode() + rest, trust(), NOON, PREFIXES)
    assert reading.format in {NAME, None, *(each.name for each in FORMATS)}
    assert not reading.accepted
