"""The control of the campaigns on backlogs: a hub that freezes and dies while a broker acknowledges in its place.

Two gates send the same: a careful one, which waits for the hub's receipt, and one that takes the broker's word for it.
"""

from datetime import UTC, datetime, timedelta

from tests.durability.filled_journal import fill
from tests.durability.gates import journal_of
from tests.durability.street import Street
from tests.rehearsal.gates import until

CONTROL_ROWS = 400


def hub_dies(street: Street, careful: str, believing: str) -> bool:
    """Frozen, so that it takes nothing more while the broker still does; then killed, and started again.

    Whether the one believed anything and the other got all its receipts; `tally` says what became of the rows.
    """
    now = datetime.now(UTC)
    for station in (careful, believing):
        fill(street.journal(station), journal_of(station), station, CONTROL_ROWS, now, timedelta(seconds=1))
    assert street.hub is not None
    street.hub.freeze()
    ours = street.crowd("careful", [careful])
    control = street.crowd("believing", [believing], believes_puback=True)
    believed = until(lambda: 0 <= control.owes() < CONTROL_ROWS, 60, pause=0.1)
    street.hub.kill()
    street.start_hub()
    ended = until(lambda: ours.owes() == 0, 120, pause=0.1)
    control.end()
    ours.end()
    return believed and ended
