"""How this station is, as the hub and its office shall know it. Pure; the loop reports it with every new view."""

from collections.abc import Iterable

from gate.clock import Moment
from gate.wire import VERSION, StationStatus
from station.journal import Journal
from station.settings import Settings
from station.snapshot import Snapshot


def status_of(
    settings: Settings, journal: Journal, held: Snapshot, now: Moment, faults: Iterable[str]
) -> StationStatus:
    """faults: the parts that are out of order; a clock that is not believed is one of them."""
    return StationStatus(
        v=VERSION,
        online=True,
        gate=settings.gate,
        lane=settings.lane,
        journal=journal.id,
        newest=journal.newest,
        queue=journal.unconfirmed_count,
        policy=held.rules.edition if held.rules else None,
        roster=held.roster_edition,
        at=now.utc,
        faults=tuple(sorted({*faults, *(() if now.believed else ("clock",))})),
        chain=journal.chain,
    )
