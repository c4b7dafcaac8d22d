"""`make smoke`: N visits as pixels into the cameras of two gates, as fast as it goes, counted in both databases.

Called by `__main__`. It ends with one line of JSON on standard output; progress and complaints go to standard error.
"""

import random
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack

from msgspec import json

from gate.passage import Passage
from tests.rehearsal import settings
from tests.rehearsal.gates import Screen
from tests.rehearsal.hub_lives import HubLives, HubNotKilled
from tests.rehearsal.progress import Progress
from tests.rehearsal.scenario import Cast, Visit, visits
from tests.rehearsal.town import Town, everybody
from tests.rehearsal.verdicts import Account, Told, account, journals
from tests.rehearsal.visitors import Coming

SEED = 20211230
CATCH_UP_SECONDS = 60.0
MOST_COMPLAINTS = 20
FRAMES_PER_SECOND = 60  # of the cameras, so that nobody waits for the next frame


def smoke(count: int, hub_kills: int) -> int:
    """Run `count` visits, killing the hub `hub_kills` times meanwhile; the exit status."""
    rng, progress = random.Random(SEED), Progress(sys.stderr)
    cast = Cast(everybody())
    with Town(cast.people, settings.BRISK_POLICY, cast.of("revoked"), frames_per_second=FRAMES_PER_SECOND) as town:
        told, lives = run(town, visits(count, cast, rng), hub_kills, rng, progress)
        complaints = town.end_processes()
        lives.close()
        made = account(town.databases, town.registry, told)
        entries = journals(town.databases)
        passages = [entry for entry in entries if isinstance(entry.record, Passage)]
        feed_ms, unseen = lives.feed_ms(passages), lives.unseen(passages)
    complaints += [f"{unseen} passages never came up in the office's feed"] if unseen else []
    return report(made, count, feed_ms, complaints, progress)


def run(
    town: Town, planned: Sequence[Visit], hub_kills: int, rng: random.Random, progress: Progress
) -> tuple[list[Told], HubLives]:
    """Carry the visits out at both gates at once, and wait until the stations owe the hub nothing."""
    with ExitStack() as stack:
        screens = [stack.enter_context(Screen(url)) for url in town.kiosk_urls.values()]
        lives = HubLives(town, screens)
        lives.begin()
        coming = stack.enter_context(Coming(town, planned, SEED))
        watch(coming, hub_kills, lives, rng, progress)
        for screen in screens:
            if not screen.until(lambda view: view.health.queue == 0, CATCH_UP_SECONDS):
                progress.say(f"a station still waits for {screen.view.health.queue} receipts")
        lives.end()
    return coming.told, lives


def watch(coming: Coming, hub_kills: int, lives: HubLives, rng: random.Random, progress: Progress) -> None:
    """In the main thread, to which every child's life is tied: draw progress, and kill the hub when it is time."""
    killed, began = 0, time.monotonic()
    while not coming.all_gone:
        gone = len(coming.told)
        if killed < hub_kills and gone >= coming.count * (killed + 1) // (hub_kills + 1):
            outstanding = lives.kill_owing(rng)
            killed += 1
            progress.say(f"hub killed ({killed} of {hub_kills}) with {outstanding} records without a receipt")
        progress.draw(f"{gone} of {coming.count} visits, {gone / (time.monotonic() - began):.1f} a second")
        time.sleep(0.05)
    if killed < hub_kills:
        raise HubNotKilled(f"the visits were over when the hub had been killed {killed} of {hub_kills} times")


def report(made: Account, count: int, feed_ms: Sequence[float], complaints: Sequence[str], progress: Progress) -> int:
    """Print the one line, and what is wrong above it; the exit status."""
    identities = [*(f"lost: {each}" for each in made.lost), *(f"doubled: {each}" for each in made.doubled)]
    every = [*complaints, *identities, *(f"{where}: {what}" for where, what in made.wrong.items())]
    for complaint in every[:MOST_COMPLAINTS]:
        progress.say(complaint)
    if count != made.decided + made.unreadable:
        every.append("visits")
        progress.say(f"of {count} visits {made.decided} were decided and {made.unreadable} declared unreadable")
    print(
        json.encode(
            {
                "shown": count,
                "decided": made.decided,
                "unreadable": made.unreadable,
                "journaled": made.journaled,
                "registered": made.registered,
                "lost": len(made.lost),
                "doubled": len(made.doubled),
                "wrong": len(made.wrong),
                "decision_ms": percentiles(made.took_ms),
                "feed_ms": percentiles(feed_ms),
            }
        ).decode(),
        flush=True,
    )
    return 1 if every else 0


def percentiles(figures: Sequence[float]) -> dict[str, float | None]:
    """The median and the 99th percentile, by nearest rank."""
    ranked = sorted(figures)
    return {f"p{share}": round(ranked[-(-len(ranked) * share // 100) - 1], 2) if ranked else None for share in (50, 99)}
