"""The office's policy file (TOML) -> a Policy, every mistake with its line, and the rules as plain sentences.

`gate-hub policy check` prints what comes out, `publish` refuses a file with a mistake. Rule: whoever signs the notice
at the gate can read the sentences and see whether they say what was meant.
"""

import difflib
import math
import tomllib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_origin

from msgspec import Struct, ValidationError, convert, structs

from gate.policy import Direction, Policy, Zone
from gate.reason import GRAVE, Reason
from gate.trip import TRIP_DAYS
from gate.wording import DIRECTIONS, REASONS, Words

MOST_BYTES = 64 * 2**10
# The time that a dotted key takes grows with the square of its length; no policy has one of more than three parts.
MOST_DOTS = 200
# A number of more than 4,300 digits is a plain ValueError.
_NOT_TOML = (ValueError, RecursionError)
Keys = tuple[str, ...]
_NO_SLUG = "is no name of a gate; lower-case letters, digits and hyphens, as `gate-hub station add --gate` takes it"
_NO_ID = "is no id; lower-case letters, digits and hyphens, 32 at most"


class PolicyMistake(Struct, frozen=True):
    """One thing to correct. line: in the file, from 1; 0 where no single line is to blame. key: dotted, or ""."""

    line: int
    key: str
    what: str

    def __str__(self) -> str:
        where = [f"line {self.line}"] * (self.line > 0) + [self.key] * bool(self.key)
        return f"{', '.join(where) or 'the file'}: {self.what}"


class PolicyRead(Struct, frozen=True):
    """policy: None where there is a mistake."""

    policy: Policy | None
    mistakes: tuple[PolicyMistake, ...] = ()


def read_policy(path: Path) -> PolicyRead:
    """Read and check a policy file; a file that cannot be read is one mistake of the whole."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as cause:
        return _refused(f"cannot read {path}: {cause.strerror or cause}")
    except UnicodeDecodeError:
        return _refused("is not UTF-8 text; save it as UTF-8")
    if len(data) > MOST_BYTES:
        return _refused(f"is larger than {MOST_BYTES >> 10} KiB; a policy is a page of text")
    return check(text)


def check(text: str) -> PolicyRead:
    """The text of a policy file -> the policy, or every mistake in it."""
    dotted = next((at for at, line in enumerate(text.splitlines(), 1) if line.count(".") > MOST_DOTS), 0)
    if dotted:
        return PolicyRead(None, (PolicyMistake(dotted, "", f"holds more than {MOST_DOTS} dots; break it up"),))
    try:
        values = tomllib.loads(text)
    except _NOT_TOML as cause:
        return _refused(f"is not TOML: {cause}")
    lines = _lines_of_keys(text)
    mistakes = [_located(lines, path, what) for path, what in _mistakes(values, Policy, ())]
    if mistakes:
        return PolicyRead(None, tuple(sorted(mistakes, key=lambda each: each.line)))
    return PolicyRead(convert(values, Policy))


def warnings(policy: Policy, buildings: Iterable[str], gates: Iterable[str]) -> list[str]:
    """What is allowed and yet probably not meant; buildings, gates: those that the registry knows."""
    known_buildings, known_gates = set(buildings), set(gates)
    return [
        *(
            f"zones.{each}: no household of building {each} is in the registry{_meant(each, known_buildings)}"
            for each in policy.zones
            if each not in known_buildings
        ),
        *(
            f"gates.{each}: no station of gate {each} was added{_meant(each, known_gates)}"
            for each in policy.gates
            if each not in known_gates
        ),
        *(
            ["ask_trip_on: trips are asked for, and risk_places lists no place"]
            if policy.ask_trip_on and not policy.risk_places
            else ["risk_places: are listed, and ask_trip_on has nobody asked"]
            if policy.risk_places and not policy.ask_trip_on
            else []
        ),
        *(
            ["demand_health_code: health_code_prefixes is empty, so no gate knows a health code when it sees one"]
            if policy.demand_health_code and not policy.health_code_prefixes
            else []
        ),
        *(f"overrulable: a guard may overrule {each}, which is grave" for each in sorted(policy.overrulable & GRAVE)),
    ]


def sentences(policy: Policy) -> list[Words]:
    """The rules as one would pin them on the gate, Chinese and English."""
    return [
        Words(f"《{policy.title}》", f"“{policy.title}”"),
        *_gate_sentences(policy),
        *_zone_sentences(policy),
        *_temperature_sentences(policy),
        *_trip_sentences(policy),
        *_guard_sentences(policy),
    ]


def _gate_sentences(policy: Policy) -> Iterator[Words]:
    for name, rule in sorted(policy.gates.items()):
        if rule.open:
            yield Words(f"大门 {name}：开放", f"Gate {name}: open")
        else:
            zh, en = rule.notice_zh or "请走其他大门", rule.notice_en or "use another gate"
            yield Words(f"大门 {name}：关闭。{zh}", f"Gate {name}: closed. {en}")


def _zone_sentences(policy: Policy) -> Iterator[Words]:
    for building, zone in sorted(policy.zones.items(), key=lambda each: (len(each[0]), each[0])):
        zh, en = f"{building}号楼" if building.isdecimal() else f"{building}楼", f"Building {building}"
        match zone:
            case Zone.SEALED:
                yield Words(f"{zh}封控：只进不出", f"{en} is sealed: people may go in, nobody leaves")
            case Zone.CONTROLLED:
                yield Words(f"{zh}管控：凭事由外出，由保安决定", f"{en} is controlled: the guard decides who leaves")
            case Zone.OPEN:
                yield Words(f"{zh}：正常进出", f"{en} is open")
    yield Words("其他楼栋：正常进出", "Every other building is open")


def _temperature_sentences(policy: Policy) -> Iterator[Words]:
    limits = policy.temperature
    match sorted(policy.measure_on):
        case []:
            yield Words("不要求测体温", "No temperature is asked for")
        case [Direction.IN]:
            yield Words("只在进门时测体温", "Temperature is taken on the way in only")
        case [Direction.OUT]:
            yield Words("只在出门时测体温", "Temperature is taken on the way out only")
        case _:
            yield Words("进出都测体温", "Temperature is taken on the way in and out")
    yield Words(
        f"体温{limits.fever_celsius:.1f}℃及以上：不放行；低于{limits.too_low_celsius:.1f}℃：读数不可信，复测",
        f"From {limits.fever_celsius:.1f} °C: refused; below {limits.too_low_celsius:.1f} °C: measured again",
    )
    yield Words(
        f"气温低于{limits.ambient_low_celsius:g}℃或高于{limits.ambient_high_celsius:g}℃：由保安手持测温",
        f"Air below {limits.ambient_low_celsius:g} °C or above {limits.ambient_high_celsius:g} °C: the guard measures"
        " by hand",
    )


def _trip_sentences(policy: Policy) -> Iterator[Words]:
    if not policy.ask_trip_on:
        return
    ways = "".join(DIRECTIONS[each].zh for each in sorted(policy.ask_trip_on))
    en = " and ".join(DIRECTIONS[each].en.lower() for each in sorted(policy.ask_trip_on))
    yield Words(
        f"{ways}门时由保安询问近{TRIP_DAYS}天行程", f"On the way {en} the guard asks for {TRIP_DAYS} days' trips"
    )
    for place in policy.risk_places:
        zh = f"{place.since}至{place.until}" if place.until else f"{place.since}起"
        en = f"from {place.since} to {place.until}" if place.until else f"since {place.since}"
        yield Words(f"{zh}去过{place.name_zh}：由保安联系社区", f"{place.name_en} {en}: the guard calls the office")


def _guard_sentences(policy: Policy) -> Iterator[Words]:
    fixed = [each for each in Reason if each not in policy.overrulable]
    zh = "、".join(REASONS[each].say.zh for each in fixed) or "没有"
    en = "; ".join(REASONS[each].say.en for each in fixed) or "nothing"
    yield Words(f"保安不得自行放行：{zh}", f"A guard may not overrule: {en}")
    hours = policy.stale_after_hours
    yield Words(
        f"{hours}小时没有社区的确认：由保安决定", f"After {hours} hours without the office's word: the guard decides"
    )
    yield Words(
        f"绿灯保持{policy.green_seconds:g}秒；一次通行最多等{policy.visit_seconds:g}秒",
        f"Green stays for {policy.green_seconds:g} s; a visit waits for {policy.visit_seconds:g} s at most",
    )
    again = policy.same_way_hours
    if again:
        yield Words(
            f"{again}小时内同一人同向通行两次：由保安决定",
            f"Twice in the same direction within {again} hours: the guard decides",
        )
    else:
        yield Words("同向通行两次：不过问", "Nobody is asked about going twice in the same direction")
    yield from _health_code_sentences(policy)
    if policy.office_telephone:
        yield Words(f"社区电话：{policy.office_telephone}", f"The office's telephone: {policy.office_telephone}")


def _health_code_sentences(policy: Policy) -> Iterator[Words]:
    if policy.demand_health_code:
        yield Words("通行须出示健康码", "A health code is asked for beside the pass")
    elif policy.health_code_prefixes:
        yield Words("出示健康码的，红码黄码不自动放行", "A health code that is shown counts, red and yellow too")


def _mistakes(value: object, wanted: Any, path: Keys) -> Iterator[tuple[Keys, str]]:  # noqa: ANN401 - any type hint
    """Walk value and type together, so that one mistake does not hide the next."""
    if isinstance(wanted, type) and issubclass(wanted, Struct) and isinstance(value, dict):
        yield from _struct_mistakes(value, wanted, path)
    elif get_origin(wanted) is dict and isinstance(value, dict):
        key_type, value_type = get_args(wanted)
        for key, each in value.items():
            yield from _own_mistake(key, key_type, (*path, key))
            yield from _mistakes(each, value_type, (*path, key))
    elif get_origin(wanted) is tuple and isinstance(value, list):
        for number, each in enumerate(value, start=1):
            yield from _mistakes(each, get_args(wanted)[0], (*path, str(number)))
    elif get_origin(wanted) is frozenset and isinstance(value, list):
        for each in value:
            yield from _own_mistake(each, get_args(wanted)[0], path)
    else:
        yield from _own_mistake(value, wanted, path)


def _struct_mistakes(value: dict[str, object], wanted: type[Struct], path: Keys) -> Iterator[tuple[Keys, str]]:
    fields = {each.name: each for each in structs.fields(wanted)}
    found = False
    for key, each in value.items():
        below = (
            list(_mistakes(each, fields[key].type, (*path, key)))
            if key in fields
            else [((*path, key), f"is no key of a policy{_meant(key, fields)}; known: {', '.join(fields)}")]
        )
        found = found or bool(below)
        yield from below
    for name, field in fields.items():
        if field.required and name not in value:
            found = True
            yield (*path, name), "is missing; add it"
    if not found:
        yield from _own_mistake(value, wanted, path)


def _own_mistake(value: object, wanted: Any, path: Keys) -> Iterator[tuple[Keys, str]]:  # noqa: ANN401
    try:
        convert(value, wanted)
    except ValidationError as cause:
        no_name = _NO_ID if "id" in path else _NO_SLUG
        what = no_name if "regex" in str(cause) else f"{cause}{_choices(wanted)}"
        yield path, what
        return
    if isinstance(value, float) and not math.isfinite(value):
        yield path, "is no figure"
    if isinstance(value, str) and not value.isprintable():
        yield path, "holds line breaks or control characters; write one line of text"


def _choices(wanted: object) -> str:
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        return f"; one of {', '.join(wanted)}"
    return ""


def _meant(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" (is {close[0]} meant?)" if close else ""


def _located(lines: dict[Keys, int], path: Keys, what: str) -> PolicyMistake:
    """The line of the key, or of the nearest table around it."""
    line = next((lines[path[:length]] for length in range(len(path), 0, -1) if path[:length] in lines), 0)
    return PolicyMistake(line, ".".join(path), what)


def _lines_of_keys(text: str) -> dict[Keys, int]:
    """Dotted key -> line. Only for messages: in a text that tomllib took, one line's start is enough to name it."""
    lines: dict[Keys, int] = {}
    table: Keys = ()
    tables: dict[Keys, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("["):
            header = _key_path(line)
            if header and line.lstrip().startswith("[["):
                tables[header] = tables.get(header, 0) + 1
                lines.setdefault(header, number)
                header = (*header, str(tables[header]))
            if header:
                table = header
                lines.setdefault(table, number)
        elif "=" in line:
            key = _key_path(line.partition("=")[0] + "= 0")
            if key:
                lines.setdefault((*table, *key), number)
    return lines


def _key_path(line: str) -> Keys:
    """The keys that a single line of TOML opens: `[gates.east]` -> (gates, east)."""
    try:
        values: object = tomllib.loads(line)
    except _NOT_TOML:
        return ()
    path: Keys = ()
    while isinstance(values, dict) and values:
        key, values = next(iter(values.items()))
        path = (*path, key)
    return path


def _refused(what: str) -> PolicyRead:
    return PolicyRead(None, (PolicyMistake(0, "", what),))
