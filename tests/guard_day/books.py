"""What the office's registry holds of a journey: only what came since it began, and once it has come.

Rule: read-only and by SQL, since this is what everybody after the gate believes.
"""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from gate.passage import What
from tests.rehearsal.gates import until

PATIENCE_SECONDS = 30.0
Row = dict[str, Any]


class Books:
    """registry: the hub's. `begin` draws the line; what lies before it is another journey's."""

    def __init__(self, registry: Path) -> None:
        self._registry = registry
        self._since: dict[str, int] = {}

    def begin(self) -> None:
        for table, key in (("passage", "arrival"), ("happening", "arrival"), ("made_pass", "arrival")):
            self._since[table] = self.rows(f"SELECT coalesce(max({key}), 0) AS last FROM {table}")[0]["last"]

    def rows(self, question: str, *values: object) -> list[Row]:
        with closing(sqlite3.connect(f"{self._registry.as_uri()}?mode=ro", uri=True, timeout=30)) as registry:
            registry.row_factory = sqlite3.Row
            return [dict(row) for row in registry.execute(question, values)]

    def passages(self, count: int = 1, **expected: object) -> list[Row]:
        """The passages of this journey, just so many, in the order of their arrival; reasons as a list.

        expected: what the last one comes to hold, since the guard's word follows a passage.
        """

        def fits(row: Row) -> bool:
            return all(row[key] == value for key, value in expected.items())

        until(lambda: fits(self._passages(count)[-1]), PATIENCE_SECONDS)
        rows = self._passages(count)
        assert fits(rows[-1]), {key: rows[-1][key] for key in expected}
        return rows

    def passage(self, **expected: object) -> Row:
        """The one passage of this journey, as `passages`."""
        (row,) = self.passages(1, **expected)
        return row

    def _passages(self, count: int) -> list[Row]:
        return [{**row, "reasons": json.loads(row["reasons"])} for row in self._newest("passage", count)]

    def happenings(self, *expected: What) -> list[Row]:
        """What befell the gates, of these kinds: just this, in this order."""
        wanted = f"what IN ({', '.join('?' * len(expected))})"
        rows = self._newest("happening", len(expected), wanted, *expected)
        assert [row["what"] for row in rows] == list(expected)
        return rows

    def made_passes(self, count: int = 1) -> list[Row]:
        return self._newest("made_pass", count)

    def none_passed(self) -> None:
        """Nobody's passage has come so far."""
        assert self.rows("SELECT * FROM passage WHERE arrival > ?", self._since["passage"]) == []

    def form(self, of: Row) -> Row:
        """What the guard wrote down with that record; the office alone can read it."""
        (form,) = self.rows(
            "SELECT kind, body FROM form WHERE station = ? AND journal = ? AND sequence = ?",
            of["station"], of["journal"], of["sequence"],
        )  # fmt: skip
        return {"kind": form["kind"], **json.loads(form["body"])}

    def _newest(self, table: str, count: int, wanted: str = "1", *values: object) -> list[Row]:
        question = f"SELECT * FROM {table} WHERE arrival > ? AND {wanted} ORDER BY arrival"
        until(lambda: len(self.rows(question, self._since[table], *values)) >= count, PATIENCE_SECONDS)
        rows = self.rows(question, self._since[table], *values)
        assert len(rows) == count, rows
        return rows
