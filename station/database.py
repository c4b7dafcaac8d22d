"""How every database of a station is held open: with few pages in memory.

Whoever connects calls it, before anything else is asked. Why: each of half a dozen connections would keep up to 2 MB
of the pages that it last touched, and be some hours about it; a lane writes at the end of its tables and asks for the
newest rows, so that it does not miss them.
"""

import sqlite3
from pathlib import Path

PAGES_KIB = 256
"""What one connection keeps, in KiB: 64 pages. A larger transaction takes what it needs, or goes to the log early."""


def reading(path: Path) -> sqlite3.Connection:
    """A reader's own connection, for one thread. Raises sqlite3.Error."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    try:
        keep_few_pages(connection)
    except UnicodeDecodeError as cause:
        connection.close()
        raise sqlite3.DatabaseError("it holds what is no text") from cause
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def keep_few_pages(connection: sqlite3.Connection) -> None:
    """Raises sqlite3.Error: SQLite looks into the file for it."""
    connection.execute(f"PRAGMA cache_size = -{PAGES_KIB}")
