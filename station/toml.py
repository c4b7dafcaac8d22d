"""A settings file on its way to being believed: decode, or say which line is wrong, why, and what to do.

Used by settings.py and identity.py. Rule: whatever is not understood stops the station (rule 12 of the house).
"""

import re
import tomllib
from pathlib import Path
from typing import TypeVar

from msgspec import DecodeError, Struct, ValidationError, convert

Read = TypeVar("Read", bound=Struct)

_AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_NAMED_FIELD = re.compile(r"field `(?P<name>[^`]+)`")
_LINE = re.compile(r"\(at line (?P<line>\d+)")


class Wrong(Exception):
    """`FILE:LINE: KEY: what is wrong; what to do` - one line, for whoever edits the file."""

    def __init__(self, path: Path, what: str, remedy: str, text: str = "", key: str = "", line: int = 0) -> None:
        at = line or (line_of(text, key) if key else 0)
        place = f"{path}:{at}" if at else str(path)
        super().__init__(f"{place}: {f'{key} ' if key else ''}{what}; {remedy}")


def read_toml(path: Path, shape: type[Read]) -> tuple[str, Read]:
    """The file's text, and what it says. Raises Wrong."""
    text = _text(path)
    try:
        return text, convert(tomllib.loads(text), shape, strict=True)
    except (ValidationError, DecodeError) as cause:
        what, key, remedy = _explain(str(cause))
        raise Wrong(path, what, remedy, text, key) from None
    except (ValueError, RecursionError) as cause:  # a number of more than 4,300 digits is a plain ValueError
        found = _LINE.search(str(cause))
        line = int(found["line"]) if found else 0
        raise Wrong(path, f"is not TOML: {cause}", "correct that line", line=line) from None


def line_of(text: str, key: str) -> int:
    """The line (from 1) on which a dotted key stands; that of its table where it is missing; 0 for neither."""
    *table, name = key.split(".")
    section: list[str] = []
    table_line = 0
    for number, line in enumerate(text.splitlines(), start=1):
        head = re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line)
        if head:
            section = [part.strip().strip("\"'") for part in head[1].split(".")]
            table_line = number if section in (table, [*table, name]) else table_line
            if section == [*table, name]:
                return number
        elif section == table and re.match(rf"\s*[\"']?{re.escape(name)}[\"']?\s*=", line):
            return number
    return table_line


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as cause:
        raise Wrong(path, f"cannot be read: {cause.strerror}", "name the right file, or correct its rights") from None
    except UnicodeDecodeError:
        raise Wrong(path, "is not UTF-8 text", "save it as UTF-8") from None


def _explain(message: str) -> tuple[str, str, str]:
    """msgspec's message -> what is wrong, the dotted key, what to do."""
    found = _AT.search(message)
    path = found["path"] if found else ""
    what = message[: found.start()] if found else message
    named = _NAMED_FIELD.search(what)
    key = ".".join(part for part in (path, named["name"] if named else "") if part)
    if "unknown field" in what:
        return "is not a setting of this version", key, "remove it, or correct its spelling"
    if "missing required field" in what:
        return "is missing", key, "add it"
    return f"does not fit: {what}", key, "correct it"
