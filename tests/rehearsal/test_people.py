"""The generated compound: as large as asked, the same for a seed, and nobody in it can be anybody."""

import csv
import random
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from tests.rehearsal.people import (
    HEADER,
    HealthCode,
    Resident,
    Standing,
    Tenure,
    canary_residents,
    canary_strings,
    check_digit,
    compound,
    write_csv,
)

People = tuple[Resident, ...]
TODAY = date(2021, 12, 30)


@pytest.fixture(scope="module")
def everyone() -> People:
    return compound(random.Random(7), TODAY)


def share(residents: People, these: list[Resident]) -> float:
    return len(these) / len(residents)


def test_the_default_is_the_835_households_and_1502_people_of_the_report(everyone: People) -> None:
    assert len(everyone) == 1502
    assert len({one.door for one in everyone}) == 835


@pytest.mark.parametrize(("households", "people"), [(24, 100), (30, 100), (1785, 4200), (4458, 13000)])
def test_any_size_of_the_field_is_met_exactly(households: int, people: int) -> None:
    """The compounds of the reports run from 24 to 4,458 households and from 100 to 13,000 people."""
    told = compound(random.Random(1), TODAY, households=households, people=people)
    assert (len({one.door for one in told}), len(told)) == (households, people)
    assert len({one.identity_number for one in told}) == people


def test_more_people_than_the_households_can_hold_is_said_with_what_would_fit() -> None:
    with pytest.raises(ValueError, match="ask for 10 to 80 people"):
        compound(random.Random(1), TODAY, households=10, people=81)


def test_a_seed_gives_the_same_people_and_another_gives_others(everyone: People) -> None:
    assert compound(random.Random(7), TODAY) == everyone
    assert compound(random.Random(8), TODAY) != everyone


@pytest.mark.parametrize("seed", range(5))
def test_about_a_quarter_are_elderly_and_most_of_those_have_no_phone(seed: int) -> None:
    told = compound(random.Random(seed), TODAY)
    old = [one for one in told if one.age(TODAY) >= 60]
    assert 0.2 < share(told, old) < 0.31
    assert sum(one.phone is None for one in old) > 0.55 * len(old)
    grown = [one for one in told if 18 <= one.age(TODAY) < 60]
    assert sum(one.phone is not None for one in grown) > 0.95 * len(grown)


@pytest.mark.parametrize("seed", range(5))
def test_a_few_are_isolated_watched_returned_or_not_green_and_most_are_none_of_it(seed: int) -> None:
    told = compound(random.Random(seed), TODAY)
    standing = Counter(one.standing for one in told)
    assert 5 <= standing[Standing.ISOLATED] <= 40
    assert 5 <= standing[Standing.MONITORED] <= 60
    assert sum(one.returnee for one in told) == 52
    colours = Counter(one.health_code for one in told)
    assert 0 < colours[HealthCode.RED] < colours[HealthCode.YELLOW] < 0.03 * len(told)
    assert 0.01 < share(told, [one for one in told if one.needs_help]) < 0.15
    assert 0.1 < share(told, [one for one in told if one.tenure is Tenure.TENANT]) < 0.35


def test_a_household_stands_as_one_and_has_one_head(everyone: People) -> None:
    """Isolation is of homes: the gate must not stop the husband and let the wife out."""
    homes = defaultdict(list)
    for one in everyone:
        homes[one.door].append(one)
    assert all(len({one.standing for one in home}) == 1 for home in homes.values())
    assert all([one.relation for one in home].count("户主") == 1 for home in homes.values())


def test_no_identity_number_is_valid_though_each_looks_like_one(everyone: People) -> None:
    for one in everyone:
        number = one.identity_number
        assert len(number) == 18
        assert number[6:14] == f"{one.born:%Y%m%d}"
        assert int(number[16]) % 2 == (one.sex == "男")
        assert number[17] != check_digit(number[:17])


def test_the_check_digit_agrees_with_the_example_of_the_standard() -> None:
    """GB 11643-1999, appendix: 11010519491231002X."""
    assert check_digit("11010519491231002") == "X"


def test_no_telephone_number_rings_and_none_is_given_twice(everyone: People) -> None:
    """No operator was ever given 154."""
    phones = [one.phone for one in everyone if one.phone]
    assert len(set(phones)) == len(phones)
    assert all(len(phone) == 11 and phone.isdecimal() and phone.startswith("154") for phone in phones)


def test_doors_are_in_buildings_1_to_12(everyone: People) -> None:
    assert {one.building for one in everyone} == set(range(1, 13))
    assert all(one.door == f"{one.building}-{one.unit}-{one.room}" for one in everyone)


def test_nobody_is_born_after_today_nor_too_old_to_be_true(everyone: People) -> None:
    assert all(0 <= one.age(TODAY) <= 99 for one in everyone)


def test_the_sheet_reads_back_as_the_office_would_see_it(everyone: People, tmp_path: Path) -> None:
    write_csv(everyone, tmp_path / "residents.csv")
    raw = (tmp_path / "residents.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    assert tuple(rows[0]) == HEADER
    assert len(rows) == 1502
    for row, one in zip(rows, everyone, strict=True):
        assert (row["姓名"], row["楼栋"], row["房号"]) == (one.name, f"{one.building}号楼", one.room)
        assert (row["手机号"], row["居住状态"], row["返乡"] == "是") == (one.phone or "", one.standing, one.returnee)


def test_no_canary_can_be_mistaken_for_a_resident(everyone: People, tmp_path: Path) -> None:
    """What a leak test looks for occurs in the canaries' rows and nowhere else."""
    write_csv(everyone, tmp_path / "without.csv")
    write_csv((*everyone, *canary_residents()), tmp_path / "with.csv")
    assert not [text for text in canary_strings() if text in (tmp_path / "without.csv").read_text("utf-8")]
    told = (tmp_path / "with.csv").read_text("utf-8")
    assert all(
        text in told for one in canary_residents() for text in (one.name, one.identity_number, str(one.phone), one.room)
    )
