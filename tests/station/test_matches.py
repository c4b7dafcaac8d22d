"""What a gate remembers of a foreign certificate: whose it was, until it ends, and nothing that names anybody."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gate.formats.chain import Credential, Holder, Kind
from station.matches import LONGEST, Matches

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
KEY, OTHER_KEY = bytes(range(32)), bytes(32)
ENDS = NOON + timedelta(days=30)
PAPER = Credential(
    "HC1", Kind.FOREIGN, None, None, "5e" * 8, "cc" * 8, NOON, ENDS, Holder("Gabriele Musterfrau", "1998-02-26")
)
ANNA = "a" * 16


def test_a_match_is_known_again_also_after_a_restart(tmp_path: Path) -> None:
    """The key stays in the file: a new one at the next start changes nothing."""
    path = tmp_path / "matches.sqlite"
    with closing(Matches(path, KEY)) as matches:
        assert matches.person_of(PAPER, NOON) is None
        matches.remember(PAPER, ANNA, NOON)
    with closing(Matches(path, OTHER_KEY)) as matches:
        assert matches.person_of(PAPER, NOON) == ANNA


def test_it_ends_with_the_certificate_or_after_half_a_year() -> None:
    with closing(Matches(None, KEY)) as matches:
        matches.remember(PAPER, ANNA, NOON)
        endless = replace(PAPER, serial="77" * 8, expires_at=None)
        matches.remember(endless, ANNA, NOON)
        assert matches.person_of(PAPER, ENDS - timedelta(seconds=1)) == ANNA
        assert matches.person_of(PAPER, ENDS) is None
        assert matches.person_of(endless, NOON + LONGEST) is None


def test_another_certificate_of_the_same_name_is_another() -> None:
    """Two people may share a name and a birthday."""
    with closing(Matches(None, KEY)) as matches:
        matches.remember(PAPER, ANNA, NOON)
        assert matches.person_of(replace(PAPER, serial="77" * 8), NOON) is None
        assert matches.person_of(replace(PAPER, holder=Holder("Gabriele Musterfrau", "1998-02-27")), NOON) is None


def test_a_later_word_of_the_guard_takes_the_place_of_an_earlier_one() -> None:
    with closing(Matches(None, KEY)) as matches:
        matches.remember(PAPER, ANNA, NOON)
        matches.remember(PAPER, "b" * 16, NOON)
        assert matches.person_of(PAPER, NOON) == "b" * 16


def test_the_file_names_nobody_and_what_is_over_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "matches.sqlite"
    with closing(Matches(path, KEY)) as matches:
        matches.remember(PAPER, ANNA, NOON)
        content = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        assert not any(word in content for word in (b"Gabriele", b"Musterfrau", b"1998-02-26", b"5e5e5e"))
        matches.remember(replace(PAPER, serial="77" * 8, expires_at=None), ANNA, ENDS)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM match").fetchone() == (1,)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_opened_costs_the_memory_and_nothing_else(tmp_path: Path) -> None:
    """A gate whose disk is at fault goes on; the guard finds each holder anew."""
    with closing(Matches(tmp_path / "no" / "such" / "folder", KEY)) as matches:
        matches.remember(PAPER, ANNA, NOON)
        assert matches.person_of(PAPER, NOON) is None
