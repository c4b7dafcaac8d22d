"""Forms that could not be opened when they came, tried again: once the office has put its form key back.

`hub.running` calls it when the hub starts. What opens then is as if it had opened at once, a returnee's case included.
"""

from gate.forms import ReturneeForm
from hub.forms import Opener
from hub.registry import Registry
from hub.registry.rows import body_of


def open_again(registry: Registry, opener: Opener) -> int:
    """Inside a transaction; how many forms could be opened."""
    opened = 0
    for *place, sealed in registry.rows("SELECT station, journal, sequence, sealed FROM form WHERE sealed IS NOT NULL"):
        found = opener(sealed)
        if found.form is None:
            continue
        opened += 1
        registry.database.conn.execute(
            "UPDATE form SET kind = ?, body = ?, sealed = NULL, why = ''"
            " WHERE station = ? AND journal = ? AND sequence = ?",
            (*body_of(found.form), *place),
        )
        if isinstance(found.form, ReturneeForm):
            _open_case(registry, place, found.form)
    return opened


def _open_case(registry: Registry, place: list[object], form: ReturneeForm) -> None:
    came_back_on = None if form.came_back_on is None else form.came_back_on.isoformat()
    registry.database.conn.execute(
        "INSERT OR IGNORE INTO returnee_case (station, journal, sequence, opened_at, person, place, said, came_back_on)"
        " SELECT station, journal, sequence, at, person, ?, ?, ? FROM passage"
        " WHERE station = ? AND journal = ? AND sequence = ?",
        (form.place, form.said, came_back_on, *place),
    )
