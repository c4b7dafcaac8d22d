"""Questions to the registry from any thread: each gets a read-only connection of its own, opened at its first."""

import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path

from hub.registry import read_only


class Reader:
    """Read-only answers from the registry at `path`. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own = threading.local()

    def ask(self, sql: str, values: Mapping[str, object] | None = None) -> list[sqlite3.Row]:
        """Rows by name. Raises RegistryRefused where there is no registry."""
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = read_only(self._path)
        return connection.execute(sql, values or {}).fetchall()
