"""What the office sets beyond zones and temperatures, hours, outings, questions: its sentences and its mistakes."""

from datetime import date
from typing import Any

import pytest
from msgspec import structs

from gate.caller import Caller
from gate.hours import Hours, Per, Quota
from gate.policy import CallerRule, Choice, Direction, GateRule, Policy, WhenUnknown, Zone
from gate.reason import Reason
from gate.temperature import RetestRule, Site, TemperatureLimits
from gate.trip import RiskPlace
from gate.wording import Words
from hub.policy.file import check, warnings
from hub.policy.sentences import sentences

FULL = """\
title = "冬季防控第5号"
ask_purpose_on = ["out"]
when_presence_unknown = "own"
admit_named = false
sign_on = true
plate_prefix = "豫A"
shelf_slots = ["A1", "A2"]
timezone = "Asia/Urumqi"
exit_quota = { times = 1, days = 2 }

[gates.east]
hours = [{ opens = "06:00", closes = "22:00" }]

[gates.north]
directions = ["out"]
notice_zh = "请走东门"
notice_en = "Use the east gate"

[[gates.west.hours]]
opens = "22:00"
closes = "05:30"
directions = ["out"]

[[gates.west.hours]]
opens = "07:00"
closes = "09:00"

[callers.courier]
hours = [{ opens = "09:00", closes = "18:00" }]

[callers.visitor]
directions = ["out"]

[callers.vehicle]
directions = []

[retest]
rest_minutes = 10
sites = ["wrist"]

[[purposes]]
id = "shopping"
zh = "买菜"
en = "Shopping"

[[destinations]]
id = "market"
zh = "菜市场"
en = "Market"
"""


def policy_of(text: str) -> Policy:
    read = check(text)
    assert read.mistakes == ()
    assert read.policy is not None
    return read.policy


def complaints(text: str) -> list[str]:
    read = check(text)
    assert read.policy is None
    return [str(each) for each in read.mistakes]


def test_a_full_file_is_the_policy_that_it_spells() -> None:
    """Every key of the office's rules arrives."""
    policy = policy_of(FULL)
    assert policy.gate_rule("east").hours == (Hours("06:00", "22:00"),)
    assert policy.gate_rule("north") == GateRule(True, "请走东门", "Use the east gate", frozenset({Direction.OUT}))
    assert policy.gate_rule("west").hours[0] == Hours("22:00", "05:30", frozenset({Direction.OUT}))
    assert policy.caller_rule(Caller.VEHICLE).directions == frozenset()
    assert policy.exit_quota == Quota(1, 2, Per.HOUSEHOLD)
    assert policy.purposes == (Choice("shopping", "买菜", "Shopping"),)
    assert policy.retest == RetestRule(10, (Site.WRIST,))
    assert (policy.when_presence_unknown, policy.timezone) == (WhenUnknown.OWN, "Asia/Urumqi")
    assert (policy.admit_named, policy.sign_on, policy.plate_prefix) == (False, True, "豫A")


@pytest.mark.parametrize(
    "expected",
    [
        Words("大门 east：开放", "Gate east: open"),
        Words("大门 east：通行时间 06:00至22:00", "Gate east: hours: 06:00 to 22:00"),
        Words("大门 east：其他时间由保安决定", "Gate east: outside these hours the guard decides"),
        Words("大门 north：只出不进。请走东门", "Gate north: on the way out only. Use the east gate"),
        Words(
            "大门 west：出门时间 22:00至次日05:30、07:00至09:00",
            "Gate west: hours on the way out: 22:00 to 05:30 of the next day, 07:00 to 09:00",
        ),
        Words("快递外卖：可以进出", "Courier: may pass"),
        Words("快递外卖：通行时间 09:00至18:00", "Courier: hours: 09:00 to 18:00"),
        Words("访客：只准出门", "Visitor: on the way out only"),
        Words("车辆：不得进出", "Vehicle: may not pass"),
        Words(
            "每户每2天可外出1次，按日历天计；超过由保安决定",
            "A household may go out once in 2 days, by the calendar; beyond that the guard decides",
        ),
        Words("出门时由保安询问事由和去处", "On the way out the guard asks what for and where to"),
        Words("事由：买菜", "What for: Shopping"),
        Words("去处：菜市场", "Where to: Market"),
        Words(
            "听不到其他大门时，只按本门所知，不因此拦人",
            "While another gate cannot be heard, what this gate knows counts; nobody is held up for the rest",
        ),
        Words("发热者休息10分钟后复测：手腕", "After a fever: 10 minutes of rest, then measured again: wrist"),
        Words("没带码的居民：由保安决定", "A resident without a code: the guard decides"),
        Words("保安须先上岗登记才能处理通行", "A guard signs on before he decides anything"),
        Words("车牌默认：豫A", "Plates begin with 豫A"),
        Words("货架：A1、A2", "The shelf for deliveries: A1, A2"),
        Words("时间按 Asia/Urumqi", "Hours and days are those of Asia/Urumqi"),
    ],
    ids=lambda words: words.en,
)
def test_every_rule_is_told_in_both_languages(expected: Words) -> None:
    """What the office reads before it publishes is what the gates will do."""
    assert expected in sentences(policy_of(FULL))


def test_where_couriers_go_is_told() -> None:
    """To the shelf wherever a building is not open, unless the office lets them go to the doors there."""
    told = sentences(Policy("x", zones={"3": Zone.SEALED}))
    assert Words("快递外卖不送进这些楼，放货架", "Couriers go to no door there, but leave it on the shelf") in told
    told = sentences(policy_of('title = "x"\ndeliver_to_door = ["sealed"]\n[zones]\n"3" = "sealed"\n'))
    assert Words("快递外卖可送到门口：封控楼", "Couriers may go to the door: sealed buildings") in told


def test_a_quota_of_a_person_and_a_day_is_told_as_such() -> None:
    """Twice a day, each for himself."""
    told = sentences(Policy("x", exit_quota=Quota(2, 1, Per.PERSON)))
    assert any(each.zh.startswith("每人每天可外出2次") for each in told)
    assert any(each.en.startswith("A resident may go out twice a day") for each in told)


OTHERWISE: dict[str, Any] = {
    "title": "y",
    "gates": {"east": GateRule(False)},
    "zones": {"3": Zone.SEALED},
    "temperature": TemperatureLimits(37.5),
    "measure_on": frozenset({Direction.IN}),
    "retest": RetestRule(1),
    "stale_after_hours": 24,
    "overrulable": frozenset({Reason.FEVER}),
    "green_seconds": 5.0,
    "visit_seconds": 20.0,
    "same_way_hours": 1,
    "health_code_prefixes": ("https://hc.example/",),
    "demand_health_code": True,
    "office_telephone": "0000",
    "ask_trip_on": frozenset({Direction.IN}),
    "risk_places": (RiskPlace("a", "甲", "A", date(2026, 1, 1)),),
    "timezone": "Asia/Urumqi",
    "callers": {Caller.VISITOR: CallerRule(frozenset())},
    "exit_quota": Quota(1),
    "ask_purpose_on": frozenset({Direction.OUT}),
    "purposes": (Choice("b", "乙", "B"),),
    "destinations": (Choice("c", "丙", "C"),),
    "when_presence_unknown": WhenUnknown.OWN,
    "admit_named": False,
    "sign_on": True,
    "plate_prefix": "豫A",
    "shelf_slots": ("A1",),
    "deliver_to_door": frozenset({Zone.SEALED}),
}


@pytest.mark.parametrize("key", Policy.__struct_fields__)
def test_no_key_of_a_policy_is_without_its_sentence(key: str) -> None:
    """A rule that the sentences pass over in silence could be published by an oversight."""
    asking = Policy(
        "x",
        ask_purpose_on=frozenset({Direction.IN}),
        purposes=(Choice("a", "甲", "A"),),
        ask_trip_on=frozenset({Direction.IN, Direction.OUT}),
    )
    assert sentences(structs.replace(asking, **{key: OTHERWISE[key]})) != sentences(asking)


@pytest.mark.parametrize(
    ("wrong", "right", "expected"),
    [
        ('opens = "06:00"', 'opens = "6:00"', "line 12, gates.east.hours.1.opens: is no time of day; write it as"),
        ('closes = "09:00"', "closes = 09:00:00", "line 26, gates.west.hours.2.closes: is no time of day"),
        (
            'closes = "09:00"',
            'closes = "07:00"',
            "line 24, gates.west.hours.2: opens (07:00) and closes (07:00)",
        ),
        (
            'directions = ["out"]\n\n[[gates.west',
            "directions = []\n\n[[gates.west",
            "line 19, gates.west.hours.1: directions is empty",
        ),
        ('directions = ["out"]\nnotice', 'directions = ["up"]\nnotice', "line 15, gates.north.directions: Invalid"),
        ("[callers.vehicle]", "[callers.lorry]", "line 34, callers.lorry: Invalid enum value 'lorry'; one of resident"),
        ("times = 1", "times = 0", "line 9, exit_quota.times: Expected `int` >= 1"),
        ("days = 2", "days = 32", "line 9, exit_quota.days: Expected `int` <= 31"),
        ("days = 2", 'per = "floor"', "line 9, exit_quota.per: Invalid enum value 'floor'; one of person, household"),
        ("times = 1, ", "", "line 9, exit_quota.times: is missing; add it"),
        ('"own"', '"open"', "line 3, when_presence_unknown: Invalid enum value 'open'; one of refer, own"),
        ("admit_named = false", 'admit_named = "no"', "line 4, admit_named: Expected `bool`"),
        ('"豫A"', '"豫A-12345"', "line 6, plate_prefix: Expected `str` of length <= 4"),
        ('"A1", "A2"', '"A1", "shelf number two"', "line 7, shelf_slots.2: Expected `str` of length <= 8"),
        ('"A1", "A2"', '"A1", "A1"', "line 7, shelf_slots: the id A1 is used twice"),
        ("Asia/Urumqi", "Asia/Peking", "line 8, timezone: there is no 'Asia/Peking'; write it as Asia/Shanghai"),
        ("Asia/Urumqi", "../../etc", "line 8, timezone: there is no '../../etc'"),
        ('id = "shopping"', 'id = "Shopping"', "line 42, purposes.1.id: is no id; lower-case"),
        ('zh = "买菜"', 'zh = ""', "line 43, purposes.1.zh: Expected `str` of length >= 1"),
        ('en = "Market"', "", "line 46, destinations.1.en: is missing; add it"),
        ('sites = ["wrist"]', "sites = []", "line 37, retest: sites is empty"),
        ("rest_minutes = 10", "rest_minutes = 90", "line 38, retest.rest_minutes: Expected `float` <= 60"),
        ('zh = "买菜"', 'zh = "买\\u0007菜"', "line 43, purposes.1.zh: holds line breaks or control characters"),
        (
            '[[purposes]]\nid = "shopping"\nzh = "买菜"\nen = "Shopping"\n',
            "",
            "line 2, ask_purpose_on: the guard is to ask, and purposes lists no answer; add [[purposes]]",
        ),
    ],
)
def test_a_mistake_is_named_with_its_line(wrong: str, right: str, expected: str) -> None:
    """Also deep inside, and where two keys contradict each other."""
    assert wrong in FULL
    (complaint,) = complaints(FULL.replace(wrong, right))
    assert complaint.startswith(expected)


def test_a_key_that_was_mistyped_is_named_with_the_one_that_was_meant() -> None:
    """Also within a table that may be left away."""
    mistyped, missing = complaints(FULL.replace("times = 1", "time = 1"))
    assert mistyped.startswith("line 9, exit_quota.time: is no key of a policy (is times meant?)")
    assert missing == "line 9, exit_quota.times: is missing; add it"


def test_too_many_answers_do_not_fit_on_a_screen() -> None:
    """The whole list is named."""
    many = "".join(f'[[purposes]]\nid = "p{number}"\nzh = "甲"\nen = "A"\n' for number in range(13))
    (complaint,) = complaints(f'title = "x"\n{many}')
    assert complaint.startswith("line 2, purposes: Expected `array` of length <= 12")


@pytest.mark.parametrize(
    ("policy", "named"),
    [
        (Policy("x", purposes=(Choice("a", "甲", "A"),)), "purposes"),
        (Policy("x", destinations=(Choice("a", "甲", "A"),)), "destinations"),
        (Policy("x", gates={"east": GateRule(directions=frozenset())}), "gates.east.directions"),
        (Policy("x", callers={Caller.VISITOR: CallerRule(frozenset({Direction.IN}))}), "callers.visitor.directions"),
        (Policy("x", callers={Caller.RESIDENT: CallerRule(frozenset({Direction.OUT}))}), "callers.resident.directions"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_was_probably_not_meant_is_warned_about(policy: Policy, named: str) -> None:
    """Answers that nobody asks for, a gate that takes nobody, callers who are let in and not out."""
    assert [each.partition(":")[0] for each in warnings(policy, [], ["east"])] == [named]


def test_a_full_file_is_warned_of_nothing() -> None:
    """Where the registry knows its gates."""
    assert warnings(policy_of(FULL), [], ["east", "north", "west"]) == []
