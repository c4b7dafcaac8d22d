"""A damaged registry: set aside, and what is whole in it written into a new one, as a new generation.

`hub.registry.mending` calls it for a file that is not as it was written. Of each row of the office that copy counts
whose checksum fits; where both are gone, the newest backup's. Records are carried over afterwards
(hub.registry.carrying), and the gates send again what they still hold. Rule: what was damaged is named row by row, in a
file beside the registry.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct, json, structs

from hub.registry import Registry, carrying, opened, recoveries, soundness, witness
from hub.registry.instants import written
from hub.registry.pages import Pages
from hub.registry.replacing import SALVAGED, replace
from hub.registry.seals import SEALED, row_seal
from hub.registry.settling import Found, Said, settled
from hub.registry.soundness import Copies, Finding, copies
from hub.registry.wal import wal_of
from hub.registry.witness import Witnessed

# Counted again from the records themselves.
_COUNTED = "journal"
# An index that is damaged might lead in circles.
_MOST_JOURNALS = 10_000
_NEXT_JOURNAL = "SELECT station, journal FROM {} WHERE (station, journal) > (?, ?) ORDER BY 1, 2 LIMIT 1"
_ITS_NEWEST = "SELECT max(sequence) FROM {} WHERE station = ? AND journal = ?"


class Rescued(Struct, frozen=True):
    """What is to stand in the new registry, by table and key; what has to be said of it."""

    rows: dict[str, Said]
    findings: tuple[Finding, ...]


class Salvaged(Struct, frozen=True):
    """report: the file that names every row of which something has to be said."""

    set_aside: Path
    report: Path
    causes: tuple[Finding, ...]
    findings: tuple[Finding, ...]
    backup: Path | None


def salvage(path: Path, causes: Sequence[Finding], now: datetime, backup: Path | None) -> Salvaged | None:
    """A new registry in the place of a damaged one; None, and nothing has changed, where there is nothing to save."""
    rescued = rescue(path, backup)
    if not rescued.rows["meta"]:
        return None
    told = tuple((station, journal, newest) for (station, journal), newest in extents(path, rescued).items())
    stamp = f"{now:%Y%m%dT%H%M%SZ}"
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    report = path.with_name(f"registry-damaged-{stamp}.txt")
    fresh = path.with_name(SALVAGED.format(path.name))
    for suffix in ("", "-wal", "-shm"):
        fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
    with opened(fresh, now) as registry:
        lost = _filled(registry, path, rescued, now)
        salvaged = Salvaged(aside, report, tuple(causes), (*rescued.findings, *lost), backup)
        registry.run(lambda each: _note(each, salvaged, told, now))
    write_report(salvaged, now)
    replace(path, fresh, aside)
    return salvaged


def _filled(registry: Registry, path: Path, rescued: Rescued, now: datetime) -> list[Finding]:
    # Whom a row refers to may be lost; the row itself is not.
    registry.database.conn.execute("PRAGMA foreign_keys = OFF")
    return registry.run(lambda each: write_anew(each, path, rescued, now))


def _note(registry: Registry, salvaged: Salvaged, told: tuple[tuple[str, str, int], ...], now: datetime) -> None:
    """What is still to be carried over, and for the office that all this happened."""
    files = [Path(salvaged.set_aside.name), *([salvaged.backup] if salvaged.backup else [])]
    carrying.plan(registry, files, salvaged.report.name, told)
    mended = sum(each.what.startswith("mended") for each in salvaged.findings)
    other = len(salvaged.findings) - mended
    recoveries.put(registry, recoveries.SALVAGED, now, salvaged.report.name, mended=mended, other=other)


def rescue(path: Path, backup: Path | None) -> Rescued:
    """The office's rows out of a damaged file, and where it has them no more, out of the backup."""
    # Before SQLite looks at it, which writes the log's index anew.
    wal = wal_of(path)
    rows: dict[str, Said] = {}
    findings: list[Finding] = []
    found = {table: _copies(path, table) for table in SEALED}
    twins: dict[str, Said] = {}
    if (wal is not None and wal.is_damaged) or not all(_is_enough(each) for each in found.values()):
        twins = _twins_anywhere(path)
    if wal is not None and wal.is_damaged:
        # As SQLite shows it, the count is from before the log.
        found = {table: structs.replace(each, tally=None) for table, each in found.items()}
    if wal is not None and (gone := wal.promised - max(wal.copied, len(wal.frames))) > 0:
        findings.append(Finding("file", "", f"lost: what was written last; {gone} pages of its log left no trace"))
    told = _witnessed(path, found["meta"])
    for table, each in found.items():
        older, all_twins = _backed_up(backup, table), {**each.twins, **twins.get(table, {})}
        rows[table], said = settled(Found(table, each, all_twins, older, told.of(table), told.whole))
        findings += said
    return Rescued(rows, tuple(findings))


def write_anew(registry: Registry, path: Path, rescued: Rescued, now: datetime) -> list[Finding]:
    """The rescued rows into a registry of which only the tables are there yet; what could not be written."""
    lost = []
    registry.database.conn.execute("DELETE FROM meta")
    for table, said in rescued.rows.items():
        if table == _COUNTED:
            continue
        for key, text in said.items():
            try:
                _write(registry, path, table, text)
            except (sqlite3.Error, ValueError, TypeError) as cause:
                lost.append(Finding(table, key, f"lost: it cannot be written any more ({cause})"))
    before = json.decode(rescued.rows["meta"].get('["generation"]', '["",""]'), type=tuple[str, str])[1]
    registry.begin_generation(now, above=int(before) if before.isdecimal() else 0)
    registry.set_meta("salvaged_at", written(now))
    return lost


def extents(path: Path, rescued: Rescued) -> dict[tuple[str, str], int]:
    """How far each journal had come at least, as far as anything in the damaged file tells."""
    told: dict[tuple[str, str], int] = {}
    for text in rescued.rows[_COUNTED].values():
        station, journal, through, _ = json.decode(text, type=tuple[str, str, int, str])
        told[station, journal] = through
    for table in ("record", "passage", "amendment", "happening", "made_pass"):
        for station, journal, newest in _newest(path, table):
            told[station, journal] = max(told.get((station, journal), 0), newest)
    return told


def write_report(salvaged: Salvaged, now: datetime) -> None:
    """For the office: what was wrong, what became of it, row by row, and what to do."""
    handle = os.open(salvaged.report, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
        file.write("\n".join(_sentences(salvaged, now)) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _sentences(salvaged: Salvaged, now: datetime) -> Iterator[str]:
    yield f"{now:%Y-%m-%d %H:%M} UTC: the registry was damaged. The damaged file is kept: {salvaged.set_aside.name}"
    yield "What was found:"
    yield from (f"  {each}" for each in salvaged.causes)
    yield "A new registry was begun with all that is whole in it; the gates send again all that they still hold."
    source = f"the backup {salvaged.backup}" if salvaged.backup else "no backup, since there is none in DATA/backups"
    yield f"For rows of the office that are damaged there was {source}."
    yield "Rows of which something has to be said:" if salvaged.findings else "Every row of the office is whole."
    yield from (f"  {each}" for each in salvaged.findings)


def _copies(path: Path, table: str) -> Copies:
    try:
        with closing(soundness.reading(path)) as connection:
            return copies(connection, table)
    except (sqlite3.DatabaseError, OSError) as cause:
        return Copies({}, {}, frozenset(), None, str(cause))


def _witnessed(path: Path, meta: Copies) -> Witnessed:
    """The list of rows beside the file, unless it is of a generation before this one."""
    told = witness.read(path)
    _, here = json.decode(meta.twins.get('["generation"]', '["",""]'), type=tuple[str, str])
    is_older = told.generation is not None and here.isdecimal() and int(here) > told.generation
    return witness.NOTHING if is_older else told


def _is_enough(found: Copies) -> bool:
    """Whether all twins could be read the ordinary way."""
    return not found.complaint and not found.broken and len(found.twins) == found.tally


def _twins_anywhere(path: Path) -> dict[str, Said]:
    found: dict[str, Said] = {}
    with Pages(path) as pages:
        for number in range(1, pages.count + 1):
            for table, key, said, _ in pages.rows(number, 4, _is_twin, everywhere=False):
                found.setdefault(table, {})[key] = said
    return found


def _is_twin(row: tuple[Any, ...]) -> bool:
    if not all(isinstance(each, str) for each in row) or row[0] not in SEALED:
        return False
    return bool(row_seal(row[0], row[1], row[2]) == row[3])


def _backed_up(backup: Path | None, table: str) -> Said:
    return {} if backup is None else _copies(backup, table).twins


def _write(registry: Registry, path: Path, table: str, text: str) -> None:
    sealed = SEALED[table]
    values = dict(zip(sealed.all_columns, json.decode(text.encode()), strict=True))
    values.update({each: bytes.fromhex(str(values[each])) for each in sealed.blobs})
    if table == "quarantine":
        values["payload"] = _payload(path, values["id"])
    columns, marks = ", ".join(values), ", ".join("?" * len(values))
    registry.database.conn.execute(
        f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({marks})",  # noqa: S608 - our own words
        list(values.values()),
    )


def _payload(path: Path, id: object) -> bytes:
    try:
        with closing(soundness.reading(path)) as connection:
            row = connection.execute("SELECT payload FROM quarantine WHERE id = ?", (id,)).fetchone()
    except sqlite3.DatabaseError:
        return b""
    return bytes(row[0]) if row is not None else b""


def _newest(path: Path, table: str) -> list[tuple[str, str, int]]:
    """Of each journal, from one to the next by the index, without counting its records."""
    found: list[tuple[str, str, int]] = []
    place: tuple[str, str] = ("", "")
    try:
        with closing(soundness.reading(path)) as connection:
            for _ in range(_MOST_JOURNALS):
                row = connection.execute(_NEXT_JOURNAL.format(table), place).fetchone()
                if row is None:
                    break
                place = (row[0], row[1])
                (newest,) = connection.execute(_ITS_NEWEST.format(table), place).fetchone()
                is_whole = isinstance(newest, int) and all(isinstance(each, str) for each in place)
                found += [(*place, newest)] if is_whole else []
    except (sqlite3.DatabaseError, UnicodeError):
        pass
    return found
