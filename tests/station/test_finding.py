"""The guard's search for a resident: by what people say at a gate, and never more than he needs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.roster import Resident
from station.finding import MOST_FOUND, find
from station.view import Found


def someone(number: int, name: str, door: tuple[str, str, str], initials: str, tail: str) -> Resident:
    return Resident(f"{number:016x}", "f" * 16, name, *door, initials=initials, phone_tail=tail)


WANG = someone(1, "王*明", ("3", "1", "0502"), "wxm", "0412")
LI = someone(2, "李*", ("3", "2", "502"), "LN", "0413")
ZHAO = someone(3, "赵*", ("12", "", "1501"), "ZQ", "0412")
PEOPLE = (ZHAO, LI, WANG)


@pytest.mark.parametrize(
    ("query", "people"),
    [
        ("wx", [WANG]),
        ("WXM", [WANG]),
        ("0412", [WANG, ZHAO]),
        ("3-502", [WANG, LI]),
        ("3 0502", [WANG, LI]),
        ("3-2-502", [LI]),
        ("12-15", [ZHAO]),
        ("502", []),
        ("w", []),
        ("", []),
        ("%_*", []),
        ("3-1-502-9", []),
    ],
)
def test_is_by_door_by_initials_or_by_the_end_of_the_number(query: str, people: list[Resident]) -> None:
    """In the order of doors; a room or a letter alone says too little."""
    assert [each.person for each in find(PEOPLE, query)] == [each.person for each in people]


def test_shows_the_masked_name_and_the_door_and_no_number() -> None:
    assert find(PEOPLE, "WXM") == (Found(WANG.person, "王*明", "3", "1", "0502"),)


def test_never_gives_the_whole_roster() -> None:
    many = [someone(number, "张*", ("3", "", str(number)), "ZS", "1111") for number in range(100)]
    assert len(find(many, "ZS")) == MOST_FOUND


@given(st.text())
def test_takes_any_text(query: str) -> None:
    assert set(find(PEOPLE, query)) <= set(find(PEOPLE, "ZQ") + find(PEOPLE, "LN") + find(PEOPLE, "WXM"))
