"""The campaign on an outage: gates without hub and broker decide, say so on their screens, and catch up by themselves.

Called by `make soak` and, in small, by the tests. First a town loses its hub and its broker while people come, and both
gates go on. Then a gate stands alone for thirty days by a driven clock, and a million passages are committed to its
journal one by one; a station with all that it has at a gate opens that journal, shows what waits, and catches up once
there is a hub. The control is a gate that takes the broker's acknowledgement for the hub's (see believers).
"""

import random
import sys
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gate.wire import encode_body
from station.journal import open_journal
from tests.durability.believers import hub_dies
from tests.durability.filled_journal import passage
from tests.durability.gates import journal_of
from tests.durability.street import Street, folded_within, most_resident_mb
from tests.durability.tally import Tally, tally
from tests.rehearsal import settings
from tests.rehearsal.gates import Screen, owes_nothing
from tests.rehearsal.progress import Progress
from tests.rehearsal.scenario import Cast, visits
from tests.rehearsal.smoke import FRAMES_PER_SECOND, SEED
from tests.rehearsal.town import Town, everybody
from tests.rehearsal.verdicts import account
from tests.rehearsal.visitors import Coming

VISITS, PASSAGES, DAYS = 2000, 1_000_000, 30
CATCH_UP_SECONDS = 300.0
MONTH_CATCH_UP_SECONDS = 3600.0
MOST_STATION_MB = 160.0
ALONE = "east-1"

Figures = dict[str, object]


def outage(scale: float) -> Figures:
    """All three; what is lost or doubled is counted over all of them."""
    progress = Progress(sys.stderr)
    town, month, control = people_come(scale, progress), thirty_days(scale, progress), believing()
    counts = ("lost", "doubled", "not_ended")
    return {
        **town, **month, **control,
        **{name: sum(int(str(part.get(name, 0))) for part in (town, month, control)) for name in counts},
    }  # fmt: skip


def people_come(scale: float, progress: Progress) -> Figures:
    """Hub and broker are gone while 2,000 come; the gates decide, say so on their screens, and catch up afterwards."""
    count, rng = max(20, round(VISITS * scale)), random.Random(SEED)
    cast = Cast(everybody())
    with Town(cast.people, settings.BRISK_POLICY, cast.of("revoked"), frames_per_second=FRAMES_PER_SECOND) as town:
        town.await_rules()
        with ExitStack() as stack:
            screens = [stack.enter_context(Screen(url)) for url in town.kiosk_urls.values()]
            town.end_hub()
            town.broker.stop()
            alone = all(screen.until(lambda view: view.health.link == "none", 30) for screen in screens)
            coming = stack.enter_context(Coming(town, visits(count, cast, rng), SEED))
            while not coming.all_gone:
                progress.draw(f"{len(coming.told)} of {count} visits without a hub")
                time.sleep(0.1)
            queued = sum(screen.view.health.queue for screen in screens)
            town.broker.start()
            town.start_hub()
            began = time.monotonic()
            caught_up = all(screen.until(owes_nothing, CATCH_UP_SECONDS) for screen in screens)
            seconds = time.monotonic() - began
        complaints = town.end_processes()
        made = account(town.databases, town.registry, coming.told)
    for complaint in (*complaints, *made.wrong.values()):
        progress.say(complaint)
    return {
        "shown": count, "decided": made.decided, "unreadable": made.unreadable, "said_so": alone, "queued": queued,
        "caught_up": caught_up, "catch_up_seconds": round(seconds, 2), "journaled": made.journaled,
        "registered": made.registered, "lost": len(made.lost), "doubled": len(made.doubled), "wrong": len(made.wrong),
        "not_ended": len(complaints) + (not alone) + (not caught_up),
    }  # fmt: skip


def thirty_days(scale: float, progress: Progress) -> Figures:
    """A month alone at one gate; then the whole station, camera and kiosk and all, with that journal."""
    count = max(1000, round(PASSAGES * scale))
    town = Town(everybody()[:4], frames_per_second=FRAMES_PER_SECOND)
    try:
        town.set_up()
        _stand_alone(town.databases[ALONE], count, progress)
        town.start_station(ALONE)
        with Screen(town.await_station(ALONE)) as screen:
            shown = screen.until(lambda view: view.health.link == "none" and view.health.queue >= count, 60)
            town.broker.start()
            town.start_hub()
            began = time.monotonic()
            caught_up = _catches_up(screen, progress)
            seconds = time.monotonic() - began
            station_mb = most_resident_mb(town.stations[ALONE].pid)
            hub_mb = most_resident_mb(town.hub.pid) if town.hub is not None else 0.0
        folded = folded_within(town.registry, MONTH_CATCH_UP_SECONDS)
        complaints = town.end_processes()
        found = tally(town.databases[ALONE], town.registry, ALONE)
    finally:
        town.end()
    for complaint in complaints:
        progress.say(complaint)
    return {
        "month_passages": count, "month_queue_shown": shown, "month_seconds": round(seconds, 1),
        "month_per_second": round(count / seconds), "station_mb": station_mb, "hub_mb": hub_mb,
        "lost": found.lost, "doubled": found.doubled, "corrupt": found.corrupt,
        "missed": ["station_mb"] if station_mb > MOST_STATION_MB else [],
        "not_ended": len(complaints) + (not shown) + (not caught_up) + (not folded),
    }  # fmt: skip


def believing() -> Figures:
    """A gate that waits for the receipt beside one that does not."""
    with Street(2) as street:
        careful, believer = street.stations
        street.broker.start()
        street.start_hub()
        ended = hub_dies(street, careful, believer)
        folded = street.await_folded(60)
        street.end_hub()
        found: list[Tally] = [tally(street.journal(each), street.registry, each) for each in street.stations]
    ours, control = found
    return {
        "lost": ours.lost, "doubled": ours.doubled, "not_ended": (not ended) + (not folded),
        "control_trials": control.written, "control_lost": control.released,
        "control_unharmed": int(not control.released),
    }  # fmt: skip


def _stand_alone(path: Path, count: int, progress: Progress) -> None:
    """Each passage with a commit of its own, as at a gate, by a clock that is driven through the month."""
    path.parent.mkdir(parents=True, exist_ok=True)
    apart, clock = timedelta(days=DAYS) / count, _Driven(datetime.now(UTC) - timedelta(days=DAYS))
    with closing(open_journal(path, lambda: journal_of(ALONE), clock.read)) as journal:
        for number in range(1, count + 1):
            clock.now += apart
            journal.append("passage", encode_body(passage("east", clock.now, number)))
            progress.draw(f"outage: {number} of {count} passages of a month without a hub")


class _Driven:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def read(self) -> datetime:
        return self.now


def _catches_up(screen: Screen, progress: Progress) -> bool:
    deadline = time.monotonic() + MONTH_CATCH_UP_SECONDS
    while not screen.until(owes_nothing, 1.0):
        progress.draw(f"outage: {screen.view.health.queue} records of the month wait")
        if time.monotonic() > deadline:
            return False
    return True
