"""What the office has set on a guard's day: the usual rules, and those that hold for a part of the day.

A journey names the one it needs. Rule: nothing here is short for the test's sake where a slow machine could miss it: a
green stays 30 s and a visit waits a minute, unless the world takes them away.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.rehearsal import settings

_HEAD = """\
title = "{title}"
office_telephone = "0000-1234"
green_seconds = 30.0
visit_seconds = 60.0
same_way_hours = 0
when_presence_unknown = "own"
plate_prefix = "豫A"
shelf_slots = ["A1", "A2", "A3"]
{more}
purposes = [
  {{ id = "food", zh = "买菜", en = "Food" }},
  {{ id = "repair", zh = "维修", en = "Repair" }},
]
destinations = [
  {{ id = "market", zh = "菜市场", en = "Market" }},
  {{ id = "clinic", zh = "医院", en = "Clinic" }},
]
risk_places = [
  {{ id = "ruili", name_zh = "云南瑞丽", name_en = "Ruili", since = 2021-12-01 }},
]

[retest]
rest_minutes = 0.05
sites = ["forehead", "wrist"]

[zones]
{controlled} = "controlled"
{sealed} = "sealed"
"""


def _rules(title: str, more: str = "", tables: str = "") -> str:
    head = _HEAD.format(title=title, more=more, controlled=settings.CONTROLLED, sealed=settings.SEALED)
    return f"{head}\n{tables}"


def _hours_to_come(now: datetime) -> str:
    """An hour of the day that is certainly not now, in the compound's time."""
    local = now.astimezone(ZoneInfo("Asia/Shanghai"))
    opens, closes = (f"{local + timedelta(hours=ahead):%H:%M}" for ahead in (10, 11))
    return f'[{{ opens = "{opens}", closes = "{closes}" }}]'


def usual(_now: datetime) -> str:
    """Nobody is asked what for."""
    return _rules("平日")


def strict(now: datetime) -> str:
    """Whoever leaves is asked what for, and leaves once; couriers come at other hours."""
    more = 'ask_purpose_on = ["out"]\nexit_quota = { times = 1, days = 2, per = "person" }'
    return _rules("严格管理", more, f"[callers.courier]\nhours = {_hours_to_come(now)}\n")


def shut(now: datetime) -> str:
    """The east gate is closed; the west gate opens at another hour."""
    east = '[gates.east]\nopen = false\nnotice_zh = "请走西门"\nnotice_en = "Use the west gate"\n'
    return _rules("两门关闭", tables=f"{east}\n[gates.west]\nhours = {_hours_to_come(now)}\n")


def wary(_now: datetime) -> str:
    """Whoever comes in is asked where he was."""
    return _rules("询问行程", 'ask_trip_on = ["in"]')


def on_duty(_now: datetime) -> str:
    """Nobody decides without signing on."""
    return _rules("签到上岗", "sign_on = true")
