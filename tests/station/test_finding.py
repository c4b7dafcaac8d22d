"""The guard's search for a resident: by what people say at a gate, and never more than he needs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gate.roster import Resident
from station.finding import MOST_FOUND, doors, find
from station.view import Found

HOUSEHOLD = "f" * 16


def someone(number: int, name: str, door: tuple[str, str, str], initials: str, tail: str) -> Resident:
    return Resident(f"{number:016x}", HOUSEHOLD, name, *door, initials=initials, phone_tail=tail)


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
    assert find(PEOPLE, "WXM") == (Found(WANG.person, "王*明", "3", "1", "0502", HOUSEHOLD),)


def test_finds_a_family_side_by_side() -> None:
    """Two households that share a door do not come mixed, so that one is ticked in one go."""
    door = ("3", "1", "0502")
    people = [replace(someone(number, "王*", door, "W", "1"), household=str(number % 2) * 16) for number in range(6)]
    found = [each.household for each in find(people, "3-502")]
    assert found == ["0" * 16] * 3 + ["1" * 16] * 3


def test_of_somebody_who_needs_help_says_so() -> None:
    (found,) = find([replace(WANG, needs_help=True)], "WXM")
    assert found.needs_help


def test_the_doors_of_a_compound_come_as_people_count_them() -> None:
    """Building 2 before 12, room 502 before 1501; a unit stands before its room."""
    people = [
        someone(1, "王*", ("12", "", "1501"), "W", "1"),
        someone(2, "王*", ("12", "", "502"), "W", "1"),
        someone(3, "王*", ("12", "", "502"), "W", "1"),
        someone(4, "王*", ("2", "1", "101"), "W", "1"),
        someone(5, "王*", ("2", "", ""), "W", "1"),
    ]
    assert doors(people) == (("2", ("1-101",)), ("12", ("502", "1501")))


def test_never_gives_the_whole_roster() -> None:
    many = [someone(number, "张*", ("3", "", str(number)), "ZS", "1111") for number in range(100)]
    assert len(find(many, "ZS")) == MOST_FOUND


@given(st.text())
def test_takes_any_text(query: str) -> None:
    assert set(find(PEOPLE, query)) <= set(find(PEOPLE, "ZQ") + find(PEOPLE, "LN") + find(PEOPLE, "WXM"))
