"""Rows of a sheet -> people, by its Chinese or English headers; every mistake is collected, none is thrown.

`gate-hub import` calls `read_people` before anything reaches the registry. Rule: a mistake names row and column and
what to do, and never quotes the cell, since cells are people.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from gate.roster import Health, Standing
from hub.masking import clean_name
from hub.sheet.cells import Cell, Row, column_letter

# The header stands in one of these rows; above it offices like to write a title.
HEADER_WITHIN = 10
EARLIEST_BIRTH = date(1880, 1, 1)

# field -> the headers under which it may stand; the first is the one that messages use.
HEADERS: dict[str, tuple[str, ...]] = {
    "name": ("姓名", "name", "full name"),
    "sex": ("性别", "sex", "gender"),
    "birth": ("出生日期", "出生年月日", "生日", "birth", "born", "birth date", "date of birth", "birthday"),
    "identity_number": (
        "身份证号",
        "身份证号码",
        "身份证",
        "证件号",
        "证件号码",
        "identity number",
        "id number",
        "id card",
    ),
    "telephone": ("手机号", "手机号码", "手机", "联系电话", "电话", "telephone", "phone", "mobile", "phone number"),
    "building": ("楼栋", "楼号", "楼栋号", "楼", "幢", "栋", "building"),
    "unit": ("单元", "单元号", "unit", "entrance"),
    "room": ("房号", "房间号", "室号", "室", "门牌号", "room", "flat"),
    "relation": ("户主关系", "与户主关系", "与户主的关系", "relation", "relation to head"),
    "tenure": ("住房性质", "房屋性质", "居住性质", "tenure"),
    "standing": ("居住状态", "隔离状态", "standing"),
    "health": ("健康码", "健康码颜色", "health", "health code"),
    "returnee": ("返乡", "返乡人员", "是否返乡", "returnee", "returned"),
    "needs_help": ("需要帮助", "需帮助", "是否需要帮助", "needs help", "help"),
    "note": ("备注", "说明", "note", "notes", "remark", "remarks"),
}
REQUIRED = ("name", "building", "room")

_STANDINGS = {
    "": Standing.NORMAL, "正常": Standing.NORMAL, "居家隔离": Standing.ISOLATED, "隔离": Standing.ISOLATED,
    "健康监测": Standing.MONITORED, "居家健康监测": Standing.MONITORED, **{each.value: each for each in Standing},
}  # fmt: skip
_HEALTHS = {
    "": Health.UNKNOWN, "未知": Health.UNKNOWN, **{each.value: each for each in Health},
    **{word + tail: colour for tail in ("", "码", "色") for word, colour in
       (("绿", Health.GREEN), ("黄", Health.YELLOW), ("红", Health.RED))},
}  # fmt: skip
_YES_NO = {
    **dict.fromkeys(("是", "有", "yes", "y", "true", "1", "√", "✓", "✔"), True),
    **dict.fromkeys(("", "否", "无", "no", "n", "false", "0", "×", "-"), False),
}
_SEXES = {"": "", **dict.fromkeys(("男", "male", "m"), "male"), **dict.fromkeys(("女", "female", "f"), "female")}
_IDENTITY = re.compile(r"\d{17}[\dX]|[A-Z0-9][A-Z0-9()/-]{4,29}")
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?: 0?0:00(:00)?)?")
_DOOR = re.compile(r"[0-9A-Za-z\u4e00-\u9fff#-]{1,16}")
# What a spreadsheet makes of 2-12 in a column that is not formatted as text: as a date's cell, and in csv.
_DOOR_AS_DATE = re.compile(
    r"(19|20)\d\d-\d\d-\d\d|\d{1,2}月\d{1,2}日"
    r"|\d{1,2}-(JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)",
    re.IGNORECASE,
)
_ONES = ("", *"一二三四五六七八九")
_TENS = ("", "十", *(f"{each}十" for each in _ONES[2:]))
_NUMERALS = {
    f"{ten}{one}": str(_TENS.index(ten) * 10 + _ONES.index(one)) for ten in _TENS for one in _ONES if ten or one
}
_DOOR_TAILS = {"building": r"(号楼|号|栋|幢|座|楼|#)$", "unit": r"(单元|门)$", "room": r"(室|号|房)$"}


class SheetPerson(Struct, frozen=True):
    """One row as words. row: where it stands in the sheet; the rest as hub.registry.people keeps it."""

    row: Annotated[int, Meta(ge=1)]
    name: Annotated[str, Meta(min_length=1, max_length=60)]
    building: Annotated[str, Meta(min_length=1, max_length=16)]
    room: Annotated[str, Meta(min_length=1, max_length=16)]
    unit: Annotated[str, Meta(max_length=16)] = ""
    sex: str = ""
    birth: str = ""
    identity_number: str = ""
    telephone: str = ""
    relation: str = ""
    tenure: str = ""
    standing: Standing = Standing.NORMAL
    health: Health = Health.UNKNOWN
    returnee: bool = False
    needs_help: bool = False
    note: str = ""


class Mistake(Struct, frozen=True):
    """One thing to correct. row 0: the sheet as a whole; column: its header, or "" where no single one is meant."""

    row: int
    column: str
    what: str

    def __str__(self) -> str:
        where = [f"row {self.row}"] * (self.row > 0) + [f"column {self.column}"] * bool(self.column)
        return f"{', '.join(where) or 'the sheet'}: {self.what}"


class PeopleRead(Struct, frozen=True):
    """What a sheet says. fields: which columns it has; what is absent leaves the registry as it is.

    people: only the rows without a mistake. passed_over: headers that nobody here knows.
    """

    people: tuple[SheetPerson, ...]
    fields: frozenset[str]
    mistakes: tuple[Mistake, ...] = ()
    passed_over: tuple[str, ...] = ()


class _Wrong(Exception):
    """A cell does not fit its column; the message says how it should be written."""


def read_people(rows: Sequence[Row], today: date) -> PeopleRead:
    """The people of a sheet, and every mistake in it. today: nobody is born after it."""
    found = _find_header(rows)
    if found is None:
        named = "、".join(HEADERS[field][0] for field in REQUIRED)
        what = f"no row with the headers {named} (name, building, room) within the first {HEADER_WITHIN}"
        return PeopleRead((), frozenset(), (Mistake(0, "", what),))
    at, columns, passed_over, mistakes = found
    people = []
    for row in rows[at + 1 :]:
        person = _read_row(row, columns, today, mistakes)
        if person is not None:
            people.append(person)
    if not people and not mistakes:
        mistakes.append(Mistake(0, "", "there is nobody below the header"))
    mistakes += _told_twice(people)
    return PeopleRead(tuple(people), frozenset(columns), tuple(mistakes), tuple(passed_over))


def _find_header(rows: Sequence[Row]) -> tuple[int, dict[str, int], list[str], list[Mistake]] | None:
    for at, row in enumerate(rows[:HEADER_WITHIN]):
        fields = [_field_of(cell.text) for cell in row.cells]
        if "name" in fields and ("building" in fields or "room" in fields):
            return at, *_columns(row, fields)
    return None


def _columns(row: Row, fields: list[str | None]) -> tuple[dict[str, int], list[str], list[Mistake]]:
    columns: dict[str, int] = {}
    passed_over, mistakes = [], []
    for position, field in enumerate(fields):
        if field is None:
            passed_over += [column_letter(position)] if row.cells[position].text else []
        elif field in columns:
            what = f"stands twice, in {column_letter(columns[field])} and {column_letter(position)}; remove one"
            mistakes.append(Mistake(row.number, HEADERS[field][0], what))
        else:
            columns[field] = position
    mistakes += [
        Mistake(row.number, HEADERS[field][0], f"is missing (English: {field}); add it")
        for field in REQUIRED
        if field not in columns
    ]
    return columns, passed_over, mistakes


def _field_of(header: str) -> str | None:
    plain = re.sub(r"[(（【\[].*|[*：:]", "", unicodedata.normalize("NFKC", header)).strip().lower().replace("_", " ")
    spaced = plain if plain.isascii() else plain.replace(" ", "")
    return next((field for field, names in HEADERS.items() if spaced in names), None)


def _read_row(row: Row, columns: dict[str, int], today: date, mistakes: list[Mistake]) -> SheetPerson | None:
    values: dict[str, object] = {}
    before = len(mistakes)
    for field, position in columns.items():
        cell = row.cells[position] if position < len(row.cells) else Cell("")
        try:
            values[field] = _value(field, cell, today)
        except _Wrong as wrong:
            mistakes.append(Mistake(row.number, HEADERS[field][0], str(wrong)))
    if len(mistakes) > before or any(field not in columns for field in REQUIRED):
        return None
    return SheetPerson(row.number, **values)  # type: ignore[arg-type]


def _value(field: str, cell: Cell, today: date) -> object:
    if cell.objection:
        raise _Wrong(cell.objection)
    if field in REQUIRED and not cell.text:
        raise _Wrong("is empty; fill it in, or delete the row")
    return _birth(cell.text, today) if field == "birth" else _READERS[field](cell.text)


def _name(text: str) -> str:
    name = clean_name(text)
    if len(name) > 60:
        raise _Wrong("is longer than 60 characters; write the name alone")
    return name


def _birth(text: str, today: date) -> str:
    if not text:
        return ""
    match = _DATE.fullmatch(unicodedata.normalize("NFKC", text))
    if match is None:
        raise _Wrong("is no date; write it as 1990-01-31")
    year, *parts = (int(part) for part in match.groups()[:5] if part)
    try:
        born = date(year, *parts)
    except ValueError:
        raise _Wrong("is no day of the calendar; write it as 1990-01-31") from None
    if not EARLIEST_BIRTH <= born <= today:
        raise _Wrong("is in the future or too long ago; correct the year")
    return born.isoformat()


def _identity_number(text: str) -> str:
    """The check digit is not tested: a number that a person's papers really carry must be taken as it is."""
    number = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    if number and not _IDENTITY.fullmatch(number):
        raise _Wrong("is no identity or passport number; 18 digits (the last may be X), or 5 to 30 letters and digits")
    return number


def _telephone(text: str) -> str:
    number = re.sub(r"[\s()-]", "", unicodedata.normalize("NFKC", text))
    if number and not re.fullmatch(r"\+?\d{3,15}", number):
        raise _Wrong("is not one telephone number; digits only, a second number belongs into 备注")
    return number


def door_number(field: str, text: str) -> str:
    """Building, unit or room as the registry writes it: 3号楼, 三号楼, 03 -> 3, 0502室 -> 0502. Raises ValueError."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    bare = re.sub(_DOOR_TAILS[field], "", plain) or plain
    if text and not _DOOR.fullmatch(bare):
        raise ValueError("is not the number of one door; up to 16 letters and digits, such as 3, A or 0502")
    # Policies name buildings as 3, sheets also as 03 and 三; a room keeps its zero, 0502 is what stands on the door.
    if field != "room":
        bare = _NUMERALS.get(bare, str(int(bare)) if bare.isdecimal() else bare)
    return bare.upper()


def _door(field: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if _DOOR_AS_DATE.fullmatch(text):
            raise _Wrong("is a date, made by the spreadsheet; format the column as text and type it again")
        try:
            return door_number(field, text)
        except ValueError as wrong:
            raise _Wrong(str(wrong)) from None

    return read


def _one_of(words: dict[str, object], example: str) -> Callable[[str], object]:
    def read(text: str) -> object:
        try:
            return words[unicodedata.normalize("NFKC", text).replace(" ", "").lower()]
        except KeyError:
            raise _Wrong(f"is not one of {example}") from None

    return read


def _text(text: str) -> str:
    return text


_READERS: dict[str, Callable[[str], object]] = {
    "name": _name,
    "sex": _one_of({**_SEXES}, "男, 女 (male, female)"),
    "identity_number": _identity_number,
    "telephone": _telephone,
    "building": _door("building"),
    "unit": _door("unit"),
    "room": _door("room"),
    "relation": _text,
    "tenure": _text,
    "standing": _one_of({**_STANDINGS}, "正常, 居家隔离, 健康监测 (normal, isolated, monitored)"),
    "health": _one_of({**_HEALTHS}, "绿, 黄, 红 (green, yellow, red)"),
    "returnee": _one_of({**_YES_NO}, "是, 否 (yes, no)"),
    "needs_help": _one_of({**_YES_NO}, "是, 否 (yes, no)"),
    "note": _text,
}


def _told_twice(people: Sequence[SheetPerson]) -> list[Mistake]:
    """Rows that are one person twice: which of them is right, only the office knows."""
    first: dict[object, int] = {}
    mistakes = []
    for person in people:
        at_home = (person.name, person.building, person.unit, person.room, person.birth)
        key: object = person.identity_number or at_home
        known = first.setdefault(key, person.row)
        if known != person.row:
            column = HEADERS["identity_number" if person.identity_number else "name"][0]
            mistakes.append(Mistake(person.row, column, f"is the same person as row {known}; delete one of them"))
    return mistakes
