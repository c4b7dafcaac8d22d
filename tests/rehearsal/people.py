"""A generated compound: who lives there, behind which door, and how the office regards them.

The demo, smoke and the tests call it for the sheet that `gate-hub import` reads and for the residents that
come to the gate. Rule: nobody here can be anybody. Names are drawn from characters, telephone numbers begin
with 154, which no Chinese operator was ever given, and identity numbers carry a wrong check digit
(GB 11643-1999, the sum of ISO 7064 MOD 11-2) behind a region code that is not in use, so whoever checks
identity numbers must not refuse these for it.
"""

import csv
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

from tests.rehearsal.names import Sex, given_name, surname

HOUSEHOLDS = 835
PEOPLE = 1502
LARGEST_HOUSEHOLD = 8
ELDERLY_FROM = 60  # years, as the newspaper reports count 'a quarter elderly'
HEADER = (
    "姓名", "性别", "出生日期", "身份证号", "手机号", "楼栋", "单元", "房号", "户主关系",
    "居住状态", "健康码", "返乡", "需要帮助", "备注",
)  # fmt: skip
_UNUSED_REGION = "419900"
_UNUSED_PREFIX = "154"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"


class Standing(StrEnum):
    """How a household stands, in the office's words."""

    NORMAL = "正常"
    ISOLATED = "居家隔离"
    MONITORED = "健康监测"


class HealthCode(StrEnum):
    """The colour a resident's phone showed when the office last looked."""

    GREEN = "绿"
    YELLOW = "黄"
    RED = "红"


class Tenure(StrEnum):
    """Whether the flat is theirs."""

    OWNER = "业主"
    TENANT = "租户"


@dataclass(frozen=True)
class Resident:
    """One person of the compound. `relation` is to the head of the household; `phone` is None without one."""

    name: str
    sex: Sex
    born: date
    identity_number: str
    phone: str | None
    building: int
    unit: int
    room: str
    relation: str
    standing: Standing = Standing.NORMAL
    health_code: HealthCode = HealthCode.GREEN
    returnee: bool = False
    needs_help: bool = False
    tenure: Tenure = Tenure.OWNER
    note: str = ""

    @property
    def door(self) -> str:
        """Building, unit and room, such as '3-2-0502'."""
        return f"{self.building}-{self.unit}-{self.room}"

    def age(self, today: date) -> int:
        """Full years on that day."""
        return today.year - self.born.year - ((today.month, today.day) < (self.born.month, self.born.day))


def compound(
    rng: random.Random, today: date, *, households: int = HOUSEHOLDS, people: int = PEOPLE
) -> tuple[Resident, ...]:
    """Everyone who lives there, household by household, in the order of the doors.

    The same seed, day and size give the same people. Raises ValueError when so many cannot live behind so
    many doors.
    """
    sizes = _household_sizes(rng, households, people)
    homes = _doors(rng, households)
    marks = _Marks(rng, today)
    families = [marks.family(size, *home) for size, home in zip(sizes, homes, strict=True)]
    return tuple(_stand(rng, today, families))


def canary_residents() -> tuple[Resident, ...]:
    """Two who can be told from everyone: search wire, broker files and logs for `canary_strings()`."""
    first = Resident("金丝雀甲", "男", date(1948, 9, 9), "990000194809099999", "15400009999", 9, 9, "9999", "户主",
                     Standing.ISOLATED, HealthCode.YELLOW, True, True, Tenure.TENANT, "金丝雀备注甲")  # fmt: skip
    second = replace(first, name="金丝雀乙", sex="女", born=date(1991, 8, 8), identity_number="990000199108088888",
                     phone="15400008888", room="8888", standing=Standing.NORMAL, health_code=HealthCode.GREEN,
                     returnee=False, needs_help=False, note="金丝雀备注乙")  # fmt: skip
    return first, second


def canary_strings() -> tuple[str, ...]:
    """What of the canaries may stand nowhere in the clear; '金丝雀' alone also catches a cut-off name or note."""
    told = [(one.name, one.identity_number, one.phone or "", one.door) for one in canary_residents()]
    return ("金丝雀", *(text for one in told for text in one))


def write_csv(residents: Iterable[Resident], path: Path) -> None:
    """The residents as an office keeps them: one row each under a Chinese header, UTF-8 with the mark Excel wants."""
    with path.open("w", encoding="utf-8-sig", newline="") as sheet:
        rows = csv.writer(sheet)
        rows.writerow(HEADER)
        rows.writerows(_row(one) for one in residents)


def _row(one: Resident) -> tuple[str, ...]:
    return (
        one.name, one.sex, one.born.isoformat(), one.identity_number, one.phone or "", f"{one.building}号楼",
        f"{one.unit}单元", one.room, one.relation, one.standing, one.health_code, "是" if one.returnee else "",
        "是" if one.needs_help else "", "；".join(filter(None, (one.tenure, one.note))),
    )  # fmt: skip


def check_digit(first_seventeen: str) -> str:
    """The eighteenth character of a true identity number (GB 11643-1999)."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_seventeen, strict=True))
    return _CHECK_DIGITS[total % 11]


def _household_sizes(rng: random.Random, households: int, people: int) -> list[int]:
    if not households <= people <= households * LARGEST_HOUSEHOLD:
        raise ValueError(
            f"{people} people do not fit {households} households of 1 to {LARGEST_HOUSEHOLD}: "
            f"ask for {households} to {households * LARGEST_HOUSEHOLD} people"
        )
    sizes = [1] * households
    # A flat with someone in it is likelier to hold a family than one person more at random.
    for _ in range(people - households):
        room = [rng.randrange(households) for _ in range(3)]
        fits = [at for at in room if sizes[at] < LARGEST_HOUSEHOLD] or [sizes.index(min(sizes))]
        sizes[rng.choice(fits)] += 1
    return sizes


def _doors(rng: random.Random, households: int) -> list[tuple[int, int, str]]:
    """Building, unit, room of as many flats as asked; about one flat in nine stands empty."""
    buildings = max(1, min(36, round(households / 70)))
    floors = -(-households * 9 // (8 * buildings * 6))
    flats = [
        (building, unit, f"{floor:02d}{flat:02d}")
        for building in range(1, buildings + 1)
        for unit in (1, 2, 3)
        for floor in range(1, floors + 1)
        for flat in (1, 2)
    ]
    return sorted(rng.sample(flats, households))


class _Marks:
    """Hands out what must be unique: identity numbers and telephone numbers; builds families with them."""

    def __init__(self, rng: random.Random, today: date) -> None:
        self._rng, self._today, self._given = rng, today, set[str]()

    def family(self, size: int, building: int, unit: int, room: str) -> list[Resident]:
        rng = self._rng
        tenure = Tenure.TENANT if rng.random() < 0.22 else Tenure.OWNER
        ours = surname(rng)
        members = _members(rng, size)
        told = list[Resident]()
        for relation, sex, age in members:
            family_name = ours if relation in _SAME_NAME else surname(rng)
            born = self._birthday(age)
            told.append(
                Resident(family_name + given_name(rng, sex, born.year), sex, born, self._identity(sex, born),
                         self._phone(age), building, unit, room, relation, tenure=tenure)
            )  # fmt: skip
        return told

    def _birthday(self, age: int) -> date:
        return self._today - timedelta(days=int(age * 365.25) + self._rng.randrange(1, 365))

    def _identity(self, sex: Sex, born: date) -> str:
        while True:
            serial = self._rng.randrange(500) * 2 + (sex == "男")
            seventeen = f"{_UNUSED_REGION}{born:%Y%m%d}{serial:03d}"
            if seventeen not in self._given:
                self._given.add(seventeen)
                return seventeen + self._rng.choice([d for d in _CHECK_DIGITS if d != check_digit(seventeen)])

    def _phone(self, age: int) -> str | None:
        if self._rng.random() >= _has_phone(age):
            return None
        while True:
            number = f"{_UNUSED_PREFIX}{self._rng.randrange(10**8):08d}"
            if number not in self._given:
                self._given.add(number)
                return number


_SAME_NAME = ("户主", "子", "女", "父亲", "孙子", "孙女")


def _has_phone(age: int) -> float:
    """The share who carry one that can show a code."""
    for years, share in ((8, 0.0), (14, 0.3), (18, 0.8), (ELDERLY_FROM, 0.98), (70, 0.5), (80, 0.22)):
        if age < years:
            return share
    return 0.06


def _members(rng: random.Random, size: int) -> Iterator[tuple[str, Sex, int]]:
    """(relation to the head, sex, age): alone, a couple, with children, then the head's parents or grandchildren."""
    old = rng.random() < (0.32, 0.34, 0.09, 0.05)[min(size, 4) - 1]
    age = rng.randint(60, 90) if old else rng.randint(24, 59)
    head: Sex = "男" if rng.random() < (0.48 if size == 1 else 0.72) else "女"
    yield "户主", head, age
    if size >= 2:
        yield "配偶", "女" if head == "男" else "男", max(22, age + rng.randint(-5, 3))
    for nth in range(size - 2):
        yield _further(rng, age, nth, size)


def _further(rng: random.Random, age: int, nth: int, size: int) -> tuple[str, Sex, int]:
    """One more under the same roof; a third person is a child, a fourth may be the head's parent."""
    sex: Sex = rng.choice(("男", "女"))
    if nth and age <= 62 and rng.random() < (0.5 if size < 7 else 0.3):
        return ("父亲" if sex == "男" else "母亲"), sex, min(96, age + rng.randint(21, 32))
    if age >= 60 and nth:
        return ("孙子" if sex == "男" else "孙女"), sex, max(0, age - rng.randint(50, 60))
    return ("子" if sex == "男" else "女"), sex, max(0, age - rng.randint(23, 34))


def _stand(rng: random.Random, today: date, families: Sequence[list[Resident]]) -> Iterator[Resident]:
    """Lays the outbreak over the compound: some came back, some are shut in, some are only watched."""
    everyone = sum(map(len, families))
    count = len(families)
    order = rng.sample(range(count), count)
    shut_in, watched = max(1, round(count * 0.007)), max(1, round(count * 0.012))
    isolated, monitored = set(order[:shut_in]), set(order[shut_in : shut_in + watched])
    back = _returnees(rng, today, families, order, max(1, round(everyone * 52 / PEOPLE)))
    for at, family in enumerate(families):
        for nth, one in enumerate(family):
            home = Standing.ISOLATED if at in isolated else Standing.MONITORED if at in monitored else one.standing
            told = replace(one, standing=home, returnee=(at, nth) in back)
            yield _noted(rng, today, _coloured(rng, told), alone=len(family) == 1)


def _returnees(
    rng: random.Random, today: date, families: Sequence[list[Resident]], order: Sequence[int], wanted: int
) -> set[tuple[int, int]]:
    """(household, person) of those who came back; the shut-in and the watched are the first to be asked."""
    grown = [(at, nth) for at in order for nth, one in enumerate(families[at]) if 16 <= one.age(today) < 60]
    near = grown[: wanted // 3]
    return {*near, *rng.sample(grown[len(near) :], min(wanted - len(near), len(grown) - len(near)))}


def _coloured(rng: random.Random, one: Resident) -> Resident:
    red, yellow = {
        Standing.ISOLATED: (0.15, 0.45), Standing.MONITORED: (0.0, 0.12), Standing.NORMAL: (0.001, 0.005),
    }[one.standing]  # fmt: skip
    chance = rng.random()
    colour = HealthCode.RED if chance < red else HealthCode.YELLOW if chance < red + yellow else HealthCode.GREEN
    return replace(one, health_code=colour)


def _noted(rng: random.Random, today: date, one: Resident, *, alone: bool) -> Resident:
    """The office's remark and the mark that the gate may see; the gate never sees why."""
    age = one.age(today)
    if age >= 70 and alone:
        return replace(one, needs_help=True, note="独居老人")
    if age >= 80:
        return replace(one, needs_help=True, note="高龄")
    if rng.random() < 0.012:
        return replace(one, needs_help=True, note=rng.choice(("行动不便", "慢性病用药", "听力障碍")))
    if one.returnee:
        return replace(one, note=rng.choice(("外地返乡", "外地返校", "出差返回")))
    return one
