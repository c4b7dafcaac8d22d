"""The office's policy file (TOML) -> a Policy, every mistake with its line, and what was probably not meant.

`gate-hub policy check` prints what comes out, `publish` refuses a file with a mistake. Rule: one reading names all that
is to be corrected, in words of the office, with the line.
"""

import difflib
import math
import tomllib
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, get_args, get_origin

from msgspec import Struct, ValidationError, convert, structs

from gate.caller import Caller
from gate.policy import Direction, Policy
from gate.reason import GRAVE

MOST_BYTES = 64 * 2**10
# The time that a dotted key takes grows with the square of its length; no policy has one of more than three parts.
MOST_DOTS = 200
# A number of more than 4,300 digits is a plain ValueError.
_NOT_TOML = (ValueError, RecursionError)
Keys = tuple[str, ...]
_NO_SLUG = "is no name of a gate; lower-case letters, digits and hyphens, as `gate-hub station add --gate` takes it"
_NO_ID = "is no id; lower-case letters, digits and hyphens, 32 at most"
_NO_TIME = 'is no time of day; write it as "07:30", or "24:00" for the end of the day'


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
    return [
        *_unknown_names(policy, set(buildings), set(gates)),
        *_halves(policy),
        *_nobody_passes(policy),
        *(f"overrulable: a guard may overrule {each}, which is grave" for each in sorted(policy.overrulable & GRAVE)),
    ]


def _unknown_names(policy: Policy, buildings: set[str], gates: set[str]) -> Iterator[str]:
    for each in policy.zones:
        if each not in buildings:
            yield f"zones.{each}: no household of building {each} is in the registry{_meant(each, buildings)}"
    for each in policy.gates:
        if each not in gates:
            yield f"gates.{each}: no station of gate {each} was added{_meant(each, gates)}"


def _halves(policy: Policy) -> Iterator[str]:
    """Of two things that need each other, one."""
    if policy.ask_trip_on and not policy.risk_places:
        yield "ask_trip_on: trips are asked for, and risk_places lists no place"
    if policy.risk_places and not policy.ask_trip_on:
        yield "risk_places: are listed, and ask_trip_on has nobody asked"
    for name in ("purposes", "destinations"):
        if getattr(policy, name) and not policy.ask_purpose_on:
            yield f"{name}: are listed, and ask_purpose_on has nobody asked"
    if policy.demand_health_code and not policy.health_code_prefixes:
        yield "demand_health_code: health_code_prefixes is empty, so no gate knows a health code when it sees one"


def _nobody_passes(policy: Policy) -> Iterator[str]:
    for name, rule in policy.gates.items():
        if rule.open and not rule.directions:
            yield f"gates.{name}.directions: is empty, so the gate is closed; say open = false and where to go instead"
    for who, caller in policy.callers.items():
        if Direction.OUT not in caller.directions and Direction.IN in caller.directions:
            yield f"callers.{who}.directions: whoever of them is inside may not leave"
    if Direction.IN not in policy.caller_rule(Caller.RESIDENT).directions:
        yield "callers.resident.directions: no resident may come home"


def _mistakes(value: object, wanted: Any, path: Keys) -> Iterator[tuple[Keys, str]]:  # noqa: ANN401 - any type hint
    """Walk value and type together, so that one mistake does not hide the next; the whole where its parts are right."""
    within = list(_mistakes_within(value, _bare(wanted), path))
    yield from within or _own_mistake(value, wanted, path)


def _mistakes_within(value: object, wanted: Any, path: Keys) -> Iterator[tuple[Keys, str]]:  # noqa: ANN401
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


def _bare(wanted: Any) -> Any:  # noqa: ANN401
    """The type without its limits, and without the None of what may be left away."""
    if get_origin(wanted) is Annotated:
        return _bare(get_args(wanted)[0])
    if isinstance(wanted, UnionType):
        return _bare(next(each for each in get_args(wanted) if each is not NoneType))
    return wanted


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
        yield path, _what(str(cause), wanted, path)
        return
    if isinstance(value, float) and not math.isfinite(value):
        yield path, "is no figure"
    if isinstance(value, str) and not value.isprintable():
        yield path, "holds line breaks or control characters; write one line of text"


def _what(told: str, wanted: object, path: Keys) -> str:
    if path[-1:] in (("opens",), ("closes",)):
        return _NO_TIME
    if "regex" in told:
        return _NO_ID if "id" in path else _NO_SLUG
    return f"{told}{_choices(wanted)}"


def _choices(wanted: object) -> str:
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        return f"; one of {', '.join(wanted)}"
    return ""


def _meant(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f" (is {close[0]} meant?)" if close else ""


def _located(lines: dict[Keys, int], path: Keys, what: str) -> PolicyMistake:
    """The line of the key, or of the nearest table around it; what the whole says of one key belongs to that key."""
    key, colon, of_key = what.partition(": ")
    if not path and colon and (key,) in lines:
        path, what = (key,), of_key
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
