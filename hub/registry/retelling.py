"""Whether the tables that were folded from the gates' records still say what those records say.

Asked by `gate-hub verify`, and by the hub in the background; reads alone. Rule: the record is right; a row that differs
from it, that is missing, or that no record told, is a finding.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import json

from gate.unreadable import UNREADABLE
from gate.wire import BodyMalformed, decode_body
from hub.forms import Opener
from hub.registry import rows, seals
from hub.registry.rows import Rows, rows_of
from hub.registry.soundness import Finding

AT_ONCE = 2_000
Row = tuple[Any, ...]
# The time that a gate told stands in told_at where another one counts.
_TOLD = {"at": "coalesce(told_at, at)"}
_TABLES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "passage": (f"{rows.PASSAGE}, {rows.BESIDES}", {**_TOLD, "who": "person"}),
    "amendment": (rows.AMENDMENT, _TOLD),
    "happening": (rows.HAPPENING, _TOLD),
    "form": (rows.FORM, {}),
}
_USUALLY = ("resident", 0, None, None, None, None, None, None)
_RECORDS = """SELECT station, journal, sequence, body FROM record AS kept WHERE quarantined = 0 AND NOT EXISTS (
    SELECT 1 FROM unfolded WHERE unfolded.station = kept.station AND unfolded.journal = kept.journal
        AND kept.sequence BETWEEN first AND last)"""
_LAST_WORD = """FROM amendment AS word WHERE word.station = passage.station
    AND word.passage_journal = passage.journal AND word.passage_sequence = passage.sequence"""
_NEWEST_FIRST = "ORDER BY word.journal = word.passage_journal, word.sequence DESC LIMIT 1"
_OTHERWISE = f"""SELECT station, journal, sequence FROM passage
    WHERE (final_outcome, ground, settled_by) IS NOT
        (SELECT outcome, ground, word.guard {_LAST_WORD} {_NEWEST_FIRST})
      OR retest IS NOT (SELECT readings {_LAST_WORD} AND readings IS NOT NULL {_NEWEST_FIRST})
      OR who IS NOT coalesce(
        (SELECT word.person {_LAST_WORD} AND word.person IS NOT NULL {_NEWEST_FIRST}), person)"""  # noqa: S608


def retold(connection: sqlite3.Connection, opener: Opener) -> Iterator[Finding]:
    """Every folded row against its record; forms only where the opener has a key."""
    told = dict.fromkeys(_TABLES, 0)
    try:
        records = connection.execute(_RECORDS)
        while batch := records.fetchmany(AT_ONCE):
            wanted = _wanted(batch, opener)
            for table in _TABLES:
                told[table] += len(wanted[table])
                if table != "form" or opener.secret:
                    yield from _compared(connection, table, wanted[table])
        for table, count in told.items():
            (there,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - our own words
            if there != count:
                yield Finding(table, "", f"{there} rows, where the records tell of {count}")
        for table in seals.REDATED:
            for place in connection.execute(_set_right_otherwise(table)):
                yield Finding(table, _key(place), "the time that counts is not the one that was set")
        for place in connection.execute(_OTHERWISE):
            yield Finding("passage", _key(place), "what became of it is not what the amendments say")
    except (sqlite3.DatabaseError, UnicodeError) as cause:
        yield Finding("file", "", str(cause))


def _set_right_otherwise(table: str) -> str:
    name, key, said = seals.at_of(table)
    return (
        f"SELECT station, journal, sequence FROM {table} LEFT JOIN twin ON tbl = '{name}' AND key = {key.format('')}"  # noqa: S608
        f" WHERE told_at IS NOT NULL AND said IS NOT {said.format('')}"
    )


def _wanted(batch: Sequence[Row], opener: Opener) -> dict[str, dict[Row, Row]]:
    """What the records say, by table and identity, in the order of that table's columns."""
    wanted: dict[str, dict[Row, Row]] = {table: {} for table in _TABLES}
    for station, journal, sequence, body in batch:
        place = (station, journal, sequence)
        said = _said(place, body, opener)
        for table, row in (
            ("passage", said.passage), ("amendment", said.amendment), ("happening", said.happening),
            ("form", said.form),
        ):  # fmt: skip
            if row is not None:
                wanted[table][place] = _full(table, row)
    return wanted


def _said(place: tuple[str, str, int], body: bytes, opener: Opener) -> Rows:
    try:
        return rows_of(*place, decode_body(body), opener)
    except (BodyMalformed, *UNREADABLE, OverflowError, ValueError):
        # That such a record stands among those that were folded is seen by the counts.
        return rows.NONE


def _full(table: str, row: Row) -> Row:
    columns = _TABLES[table][0].count(",") + 1
    full = row if len(row) == columns else (*row, *_USUALLY)
    return tuple(int(each) if isinstance(each, bool) else each for each in full)


def _compared(connection: sqlite3.Connection, table: str, wanted: Mapping[Row, Row]) -> Iterator[Finding]:
    if not wanted:
        return
    names, otherwise = _TABLES[table]
    columns = ", ".join(otherwise.get(name, f"{table}.{name}") for name in names.split(", "))
    asked = json.encode(list(wanted)).decode()
    found = connection.execute(
        f"SELECT {columns} FROM json_each(?) AS asked CROSS JOIN {table}"  # noqa: S608 - our own words
        " ON station = asked.value ->> 0 AND journal = asked.value ->> 1 AND sequence = asked.value ->> 2",
        (asked,),
    )
    there = {row[:3]: row for row in found}
    for place, row in wanted.items():
        if place not in there:
            yield Finding(table, _key(place), "it is missing, though its record is here")
        elif there[place] != row:
            yield Finding(table, _key(place), "it is not what its record says")


def _key(place: Row) -> str:
    return f"{place[0]} {place[1]} {place[2]}"
