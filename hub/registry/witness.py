"""A list of the office's rows beside the registry: which there are, and a digest of what each says, no word of it.

Where both copies of a row are gone with the end of a damaged file or of its log, the list still knows which row it was
(hub.registry.settling). `Registry.run` writes it: before a commit the rows that it is about, behind it that it is done.
Rule: it never vouches for a commit that was not made, and it never stops one; it is synced only when it is begun anew.
"""

import os
import sqlite3
from collections.abc import Iterable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from zlib import crc32

from msgspec import Struct, json

from hub.registry.seals import SEALED

LIVELY = frozenset({"station", "journal"})
"""What gates say of themselves, again and again: that such a row is there is noted, and not what it says."""
NAMELESS = frozenset({"clerk", "invitation"})
"""Their keys are a person's name or go with a secret; the list has a digest instead."""
DIGITS = 8
TRIED_AGAIN_AFTER = 1000
"""Commits after which a list that could not be written is begun again."""
_SLACK = 2**20
_PRESENT = "SELECT tbl, key, seal FROM twin"
_NOW = "SELECT seal FROM twin WHERE tbl = ? AND key = ?"
_DONE, _UNDONE, _HEAD = "done", "undone", "registry"


class Known(Struct, frozen=True):
    """A row of which the list tells. digest: of what it said last, "" where that is not known. certain: it was there;
    else a commit was under way of which nobody can say whether it was made."""

    digest: str
    certain: bool


class Witnessed(Struct, frozen=True):
    """rows: by table and listed key. whole: nothing of the list is damaged or missing. generation: None where the line
    that tells is damaged."""

    rows: dict[str, dict[str, Known]]
    whole: bool
    generation: int | None

    def of(self, table: str) -> dict[str, Known]:
        return self.rows.get(table, {})


NOTHING = Witnessed({}, whole=False, generation=None)


class Witness:
    """Of the registry at that path. None, or a registry that is just being made under another name: it stays silent."""

    def __init__(self, registry: Path | None = None) -> None:
        self._path = None if registry is None or registry.name.startswith(".") else place(registry)
        self._file = -1
        # By table and key: whether it was there before this transaction.
        self._touched: dict[tuple[str, str], bool] = {}
        self._transaction = self._commits = self._size = self._most = self._generation = 0
        self._announced = False

    def touch(self, table: str, key: str, written: int) -> None:
        """Called by the triggers of `twin`, for each copy that is written or removed."""
        if self._file >= 0 and table in SEALED:
            self._touched.setdefault((table, key), not written)

    def begin(self, connection: sqlite3.Connection, generation: int) -> None:
        """A new list of all rows in a registry that is sound, in the place of the one before."""
        if self._path is None:
            return
        self._generation = generation
        self._touched.clear()
        rows = [(table, key, seal) for table, key, seal in connection.execute(_PRESENT) if table in SEALED]
        lines = [_line(0, _HEAD, str(len(rows)), str(generation)), *(_row(0, *each) for each in rows)]
        self._transaction = 0
        try:
            if self._file < 0:
                flags = os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
                self._file = os.open(self._path, flags, 0o600)
            os.ftruncate(self._file, 0)
            self._size = 0
            self._write(lines)
            os.fsync(self._file)
        except OSError:
            self._give_up()
        self._most = 2 * self._size + _SLACK

    def announce(self, connection: sqlite3.Connection) -> None:
        """Inside a transaction, as its last step: what it is about to change. What a savepoint took back is seen."""
        if not self._touched:
            return
        changed = [row for each, was in self._touched.items() if (row := _news(connection, *each, was)) is not None]
        self._touched.clear()
        if changed and self._file >= 0:
            self._transaction += 1
            self._announced = True
            self._append(_row(self._transaction, *each) for each in changed)

    def done(self, connection: sqlite3.Connection) -> None:
        """It is committed."""
        self._close_with(_DONE)
        self._commits += 1
        is_time = self._commits % TRIED_AGAIN_AFTER == 0 if self._file < 0 else self._size > self._most
        if self._generation and is_time:
            with suppress(sqlite3.DatabaseError):
                self.begin(connection, self._generation)

    def undone(self) -> None:
        """It is not, and never will be."""
        self._touched.clear()
        self._close_with(_UNDONE)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _close_with(self, word: str) -> None:
        if self._announced:
            self._announced = False
            self._append([_line(self._transaction, word)])

    def _append(self, lines: Iterable[str]) -> None:
        try:
            self._write(lines)
        except OSError:
            self._give_up()

    def _write(self, lines: Iterable[str]) -> None:
        raw = "".join(lines).encode()
        if os.write(self._file, raw) != len(raw):
            raise OSError(f"{self._path}: no room for it")
        self._size += len(raw)

    def _give_up(self) -> None:
        """A list with a gap in it would be believed; another is begun after a while."""
        if self._file >= 0:
            with suppress(OSError):
                os.ftruncate(self._file, 0)
            self.close()


def place(registry: Path) -> Path:
    return registry.with_name(f"{registry.name}-rows")


def listed(table: str, key: str) -> str:
    """A row's key as the list has it."""
    if table not in NAMELESS:
        return key
    return json.encode(["~" + blake2b(f"{table}\n{key}".encode(), digest_size=8).hexdigest()]).decode()


def read(registry: Path) -> Witnessed:
    """What the list beside that registry tells; NOTHING where there is none."""
    try:
        raw = place(registry).read_bytes()
    except OSError:
        return NOTHING
    parts = raw.split(b"\n")
    lines = [_words(each) for each in parts[:-1]]
    told = [each for each in lines if each is not None]
    head = next((each for each in told if each[1] == _HEAD), None)
    whole = head is not None and len(told) == len(lines) and not parts[-1]
    whole = whole and head is not None and sum(each[0] == "0" for each in told) == int(head[2]) + 1
    return Witnessed(_rows(told), whole, int(head[3]) if head is not None else None)


def _rows(told: list[list[str]]) -> dict[str, dict[str, Known]]:
    done = {"0", *(each[0] for each in told if each[1] == _DONE)}
    undone = {each[0] for each in told if each[1] == _UNDONE}
    rows: dict[str, dict[str, Known]] = {}
    for number, table, *rest in told:
        if table not in SEALED or number in undone:
            continue
        digest, key = rest
        known = rows.setdefault(table, {})
        after = _after(known.get(key), digest, number in done)
        if after is None:
            known.pop(key, None)
        else:
            known[key] = after
    return rows


def _after(before: Known | None, digest: str, is_done: bool) -> Known | None:
    """digest: "-" for a row that is gone, "+" for one that is there, whatever it says."""
    if is_done:
        return None if digest == "-" else Known("" if digest == "+" else digest, certain=True)
    if digest == "-":
        return None if before is None else Known(before.digest, certain=False)
    return Known("", certain=before is not None and before.certain)


def _news(connection: sqlite3.Connection, table: str, key: str, was: bool) -> tuple[str, str, str | None] | None:
    (seal,) = connection.execute(_NOW, (table, key)).fetchone() or (None,)
    return None if table in LIVELY and was and seal is not None else (table, key, seal)


def _row(transaction: int, table: str, key: str, seal: str | None) -> str:
    digest = "-" if seal is None else "+" if table in LIVELY else seal[:DIGITS]
    return _line(transaction, table, digest, listed(table, key))


def _line(transaction: int, *words: str) -> str:
    text = f"{transaction} {' '.join(words)}"
    return f"{crc32(text.encode()):08x} {text}\n"


def _words(line: bytes) -> list[str] | None:
    """Of a line whose checksum fits: transaction, word, and the rest of that kind of line."""
    checksum, _, text = line.partition(b" ")
    if checksum != b"%08x" % crc32(text):
        return None
    return text.decode().split(" ", 3)
