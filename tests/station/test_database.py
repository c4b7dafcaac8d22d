"""A station's databases: however many it holds open, none keeps more than a few pages in memory."""

import sqlite3
import sys
from collections.abc import Callable, Generator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from station.database import PAGES_KIB, reading
from station.journal import JournalReader, check_fully, open_journal
from station.matches import Matches
from station.peers.store import PeerStore
from station.told_file import opened

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


class Closes(Protocol):
    def close(self) -> None: ...


made: list[sqlite3.Connection] = []


@pytest.fixture(scope="module", autouse=True)
def _ear() -> None:
    """Python tells its audit hooks of every connection. A hook stays for good, so it holds just the newest."""

    def hear(event: str, said: tuple[object, ...]) -> None:
        if event == "sqlite3.connect/handle":
            made[:] = [each for each in said[:1] if isinstance(each, sqlite3.Connection)]

    sys.addaudithook(hear)


@pytest.fixture(autouse=True)
def _let_go() -> Generator[None, None, None]:
    yield
    made.clear()


def kept_kib() -> list[int]:
    """What each connection that was made since lets itself keep; SQLite says KiB as negative numbers."""
    return [-each.execute("PRAGMA cache_size").fetchone()[0] for each in made]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal.sqlite"
    open_journal(path, lambda: "0" * 16, lambda: NOON).close()
    return path


WRITERS: dict[str, Callable[[Path], Closes]] = {
    "journal": lambda folder: open_journal(folder / "journal.sqlite", lambda: "1" * 16, lambda: NOON),
    "what others told": lambda folder: opened(folder / "told.sqlite", "CREATE TABLE t(a)", "FULL", "nobody tells"),
    "peers": lambda folder: PeerStore(folder / "peers.sqlite"),
    "matches": lambda folder: Matches(folder / "matches.sqlite", bytes(32)),
}


@pytest.mark.parametrize("which", WRITERS)
def test_who_writes_keeps_few_pages(which: str, tmp_path: Path) -> None:
    """SQLite's own 2 MB for each of half a dozen would look like a leak for hours."""
    with closing(WRITERS[which](tmp_path)):
        assert kept_kib() == [PAGES_KIB]


def test_who_sends_the_records_keeps_few_pages(journal: Path) -> None:
    with closing(JournalReader(journal)):
        assert kept_kib() == [PAGES_KIB]


def test_who_checks_the_journal_keeps_few_pages(journal: Path) -> None:
    """The check is a generator, which has its connection open between two steps."""
    with closing(check_fully(journal)) as steps:
        assert next(steps) == ""
        assert kept_kib() == [PAGES_KIB]


def test_who_reads_at_the_start_keeps_few_pages(journal: Path) -> None:
    with closing(reading(journal)):
        assert kept_kib() == [PAGES_KIB]
