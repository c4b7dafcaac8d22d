"""The office's policy file: what it says in words, and what is said about its mistakes."""

from pathlib import Path

import pytest
from msgspec import structs

from gate.policy import Direction, GateRule, Policy, Zone
from gate.reason import Reason
from gate.wording import Words
from hub.policy.file import check, read_policy, warnings
from hub.policy.sentences import sentences

GOOD = """\
title = "冬季防控第3号"
office_telephone = "0571-0000000"
measure_on = ["in"]
stale_after_hours = 96

[gates.east]
open = true

[gates.west]
open = false
notice_zh = "请走东门"
notice_en = "Use the east gate"

[zones]
"3" = "sealed"
"12" = "controlled"

[temperature]
fever_celsius = 37.5
"""


def complaints(text: str) -> list[str]:
    found = check(text)
    assert found.policy is None
    return [str(each) for each in found.mistakes]


def test_a_good_file_is_the_policy_that_it_spells() -> None:
    """Every key arrives, what is not said keeps its default."""
    found = check(GOOD)
    assert found.mistakes == ()
    assert found.policy is not None
    assert found.policy.zones == {"3": Zone.SEALED, "12": Zone.CONTROLLED}
    assert found.policy.gates["west"] == GateRule(False, "请走东门", "Use the east gate")
    assert found.policy.measure_on == {Direction.IN}
    assert found.policy.temperature.fever_celsius == 37.5
    assert found.policy.temperature.too_low_celsius == 35.0
    assert found.policy.stale_after_hours == 96


def test_the_rules_are_told_as_plain_sentences_in_both_languages() -> None:
    """What the office reads before it publishes is what the gates will do."""
    policy = check(GOOD).policy
    assert policy is not None
    told = sentences(policy)
    assert Words("3号楼封控：只进不出", "Building 3 is sealed: people may go in, nobody leaves") in told
    assert (
        Words("12号楼管控：凭事由外出，由保安决定", "Building 12 is controlled: the guard decides who leaves") in told
    )
    assert Words("大门 west：关闭。请走东门", "Gate west: closed. Use the east gate") in told
    assert Words("只在进门时测体温", "Temperature is taken on the way in only") in told
    assert any("37.5" in each.zh and "37.5" in each.en for each in told)
    assert any("96小时" in each.zh for each in told)
    fixed = next(each for each in told if each.en.startswith("A guard may not overrule"))
    assert "正在居家隔离" in fixed.zh
    assert "体温偏高" not in fixed.zh
    assert [each.zh for each in told].index("3号楼封控：只进不出") < [each.zh[:2] for each in told].index("12")


@pytest.mark.parametrize(
    ("measure_on", "expected"),
    [(["in", "out"], "进出都测体温"), (["out"], "只在出门时测体温"), ([], "不要求测体温")],
)
def test_when_a_temperature_is_taken_is_said(measure_on: list[str], expected: str) -> None:
    """Both ways, one way, or not at all."""
    policy = check(f'title = "x"\nmeasure_on = {measure_on}\n').policy
    assert policy is not None
    assert expected in [each.zh for each in sentences(policy)]


def test_every_mistake_is_named_with_its_line_and_key() -> None:
    """One reading tells all there is to correct."""
    bad = """\
titel = "x"
stale_after_hours = 0
measure_on = ["in", "up"]

[gates.East_Gate]
open = "yes"

[zones]
"3" = "locked"
5 = "sealed"
"7" = "open"

[temperature]
fever_celcius = 37.5
"""
    assert complaints(bad) == [
        "title: is missing; add it",
        f"line 1, titel: is no key of a policy (is title meant?); known: {', '.join(Policy.__struct_fields__)}",
        "line 2, stale_after_hours: Expected `int` >= 1",
        "line 3, measure_on: Invalid enum value 'up'; one of in, out",
        "line 5, gates.East_Gate: is no name of a gate; lower-case letters, digits and hyphens, as"
        " `gate-hub station add --gate` takes it",
        "line 6, gates.East_Gate.open: Expected `bool`, got `str`",
        "line 9, zones.3: Invalid enum value 'locked'; one of open, controlled, sealed",
        "line 14, temperature.fever_celcius: is no key of a policy (is fever_celsius meant?); known: fever_celsius,"
        " too_low_celsius, impossible_celsius, ambient_low_celsius, ambient_high_celsius",
    ]


def test_limits_that_could_let_a_fever_through_are_refused_with_their_figures() -> None:
    """The order of the limits is checked here, not found out at a gate."""
    (complaint,) = complaints('title = "x"\n\n[temperature]\nfever_celsius = 34.0\n')
    assert complaint.startswith("line 3, temperature: temperature limits must rise")
    assert "34.0" in complaint


@pytest.mark.parametrize("figure", ["nan", "inf"])
def test_what_is_no_figure_is_refused(figure: str) -> None:
    """TOML knows nan, a gate does not wait for nan seconds."""
    assert any("line 2, visit_seconds" in each for each in complaints(f'title = "x"\nvisit_seconds = {figure}\n'))


def test_a_text_for_the_screen_is_one_line() -> None:
    """Line breaks and control characters do not reach a gate's screen."""
    assert complaints('title = "a\\u0007b"\n') == [
        "line 1, title: holds line breaks or control characters; write one line of text"
    ]


def test_what_is_not_toml_names_the_line() -> None:
    """The parser's own line is passed on."""
    (complaint,) = complaints('title = "x"\nzones = {3 = sealed}\n')
    assert complaint.startswith("the file: is not TOML")
    assert "line 2" in complaint


PLACES = """\
title = "x"
ask_trip_on = ["in"]

[[risk_places]]
id = "ruili"
name_zh = "云南瑞丽"
name_en = "Ruili"
since = 2026-11-01

[[risk_places]]
id = "heihe"
name_zh = "黑龙江黑河"
name_en = "Heihe"
since = 2026-10-20
until = 2026-11-15
"""


def test_places_of_risk_are_told_with_their_days() -> None:
    """What the guard will ask, and what it leads to; nothing of it where nobody is asked."""
    policy = check(PLACES).policy
    assert policy is not None
    told = sentences(policy)
    assert Words("进门时由保安询问近14天行程", "On the way in the guard asks for 14 days' trips") in told
    first_place = Words(
        "2026-11-01起去过云南瑞丽：由保安联系社区", "Ruili since 2026-11-01: the guard calls the office"
    )
    assert first_place in told
    assert any("2026-10-20至2026-11-15去过黑龙江黑河" in each.zh for each in told)
    assert not any("行程" in each.zh for each in sentences(Policy("x")))


def test_a_mistake_in_a_place_is_found_in_its_own_lines() -> None:
    """Of several tables of one name, the one that is wrong is named."""
    bad = PLACES.replace('"heihe"', '"Hei He"').replace("until = 2026-11-15", 'until = "soon"')
    (no_id, no_date) = complaints(bad)
    assert no_id == "line 11, risk_places.2.id: is no id; lower-case letters, digits and hyphens, 32 at most"
    assert no_date.startswith("line 15, risk_places.2.until: ")
    (turned,) = complaints(PLACES.replace("2026-11-15", "2026-10-01"))
    assert turned.startswith("line 10, risk_places.2: until (2026-10-01) must not be before since (2026-10-20)")
    (twice,) = complaints(PLACES.replace('"heihe"', '"ruili"'))
    assert "the id ruili is used twice" in twice


def test_asking_without_places_and_places_without_asking_are_warned_about() -> None:
    """Either half alone does nothing that the office can have meant."""
    for left_out, named in (("ask_trip_on", "risk_places"), ("risk_places", "ask_trip_on")):
        policy = check(PLACES).policy
        assert policy is not None
        half = structs.replace(policy, **{left_out: type(getattr(policy, left_out))()})
        assert [each.partition(":")[0] for each in warnings(half, [], [])] == [named]
    assert warnings(policy, [], []) == []


def test_building_and_gates_that_nobody_knows_are_warned_about() -> None:
    """A typing error would leave a building open that was meant to be sealed; yet a new building may come first."""
    policy = check(GOOD).policy
    assert policy is not None
    assert warnings(policy, ["3", "12", "1"], ["east", "west"]) == []
    said = warnings(policy, ["3", "1"], ["east"])
    assert [each.partition(":")[0] for each in said] == ["zones.12", "gates.west"]


def test_a_grave_reason_in_a_guards_hand_is_warned_about() -> None:
    """Allowed, since the office decides, but not by an oversight."""
    policy = Policy(title="x", overrulable=frozenset({Reason.FORGED, Reason.FEVER}))
    assert warnings(policy, [], []) == ["overrulable: a guard may overrule forged, which is grave"]


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"\xff\xfe\x00", "not UTF-8"), (b"#" * 70_000, "larger than 64 KiB"), (None, "cannot read")],
)
def test_a_file_that_is_none_ends_in_one_sentence(tmp_path: Path, data: bytes | None, expected: str) -> None:
    """Missing, too big or no text at all."""
    path = tmp_path / "policy.toml"
    if data is not None:
        path.write_bytes(data)
    found = read_policy(path)
    assert found.policy is None
    assert [expected in str(each) for each in found.mistakes] == [True]


def test_a_file_saved_by_notepad_is_read(tmp_path: Path) -> None:
    """With the mark that Windows puts before UTF-8, and its line ends."""
    path = tmp_path / "policy.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert read_policy(path).policy == check(GOOD).policy


@pytest.mark.parametrize(
    "text",
    [
        "visit_seconds = " + "9" * 5000,
        'notice = """\n[' + "9" * 5000 + ']\n"""',
        "a = " + "[" * 5000,
        "a = " + "{a = " * 5000,
        "a." * 30_000 + "a = 1",
        "[gates." + "a." * 30_000 + "a]",
    ],
    ids=["digits", "digits in a text", "lists", "tables", "dotted key", "dotted table"],
)
def test_a_file_that_is_made_to_choke_on_is_one_mistake_like_any_other(text: str) -> None:
    """Numbers, nesting and dotted keys without end."""
    assert complaints(text)


def test_demanding_a_health_code_that_no_gate_can_know_is_warned_about() -> None:
    """Without a prefix every passage would be the guard's matter; with one the rule is told in words."""
    blind = Policy("x", demand_health_code=True)
    assert [each.partition(":")[0] for each in warnings(blind, [], [])] == ["demand_health_code"]
    seeing = structs.replace(blind, health_code_prefixes=("https://hc.example/",))
    assert warnings(seeing, [], []) == []
    assert Words("通行须出示健康码", "A health code is asked for beside the pass") in sentences(seeing)
    assert any("健康码" in each.zh for each in sentences(structs.replace(seeing, demand_health_code=False)))
    assert complaints('title = "x"\nhealth_code_prefixes = ["h"]\n') != []
