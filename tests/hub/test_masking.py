"""What a guard may see of a name."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.masking import clean_name, initials, mask, phone_tail


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("王小明", "王*明"),
        ("王明", "王*"),
        ("王", "*"),
        ("欧阳娜娜", "欧阳*娜"),
        ("欧阳娜", "欧阳*"),
        ("欧阳", "欧*"),
        ("王 明", "王*"),
        ("诸葛孔明亮", "诸葛*亮"),
        ("张王小明", "张*明"),
        ("阿依古丽·买买提", "阿*提"),
        ("𠮷田", "𠮷*"),
        ("John Smith", "J* S*"),
        ("Jean-Pierre", "J*"),
        ("J Smith", "* S*"),
        ("", ""),
    ],
)
def test_a_name_is_masked_as_the_house_writes_it(name: str, masked: str) -> None:
    """Surname and last character stay, what is between is one star, however long."""
    assert mask(name) == masked


@given(st.text(min_size=1, max_size=12))
@example("王王")
@example("0 𠀀")
@example("A")
def test_a_masked_name_never_gives_the_whole_name_back(name: str) -> None:
    """Whatever is in the cell: something of it is hidden, and no other character is added."""
    written, masked = clean_name(name), mask(name)
    assert not written or "*" in masked
    shown = masked.replace("*", "").replace(" ", "")
    assert not written or len(shown) < len(written.replace(" ", ""))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("王小明", "wxm"),
        ("单田芳", "stf"),
        ("仇英", "qy"),
        ("尉迟恭", "ycg"),
        ("欧阳娜娜", "oynn"),
        ("阿依古丽·买买提", "ayglmmt"),
        ("John Smith", "js"),
        ("Jean-Pierre", "jp"),
    ],
)
def test_initials_are_what_a_guard_types(name: str, expected: str) -> None:
    """First letters of the pinyin, surnames as surnames sound."""
    assert initials(name) == expected


def test_the_tail_of_a_telephone_number_is_four_digits_or_nothing() -> None:
    """A short extension is not shown whole."""
    assert phone_tail("154 0000 9876") == "9876"
    assert phone_tail("110") == ""
    assert phone_tail("") == ""
