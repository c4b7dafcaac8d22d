"""`make soak ONLY=guard_day`: every journey in every size and language; SCALE takes that share of the journeys.

Called by `tests.rehearsal.campaigns`. Rule: each size and language has a town of its own, and a journey that went wrong
is said in words on standard error and does not end the day.
"""

import sys

from playwright.sync_api import Error, sync_playwright

from tests.conftest import CHROMIUM, QUIET
from tests.guard_day.all_day import ALL_DAY
from tests.guard_day.day import Day
from tests.guard_day.journey import Journey
from tests.guard_day.post import LOOKS_OF_ALL, Look
from tests.rehearsal.processes import ProcessFailed
from tests.rehearsal.progress import Progress

# What a journey may end with; anything else is a mistake of the day itself, and ends the soak.
WENT_WRONG = (AssertionError, Error, ProcessFailed)


def guard_day(scale: float) -> dict[str, object]:
    """touches: what each journey cost the guard, keys included, the same on every screen."""
    progress, wrong, touches = Progress(sys.stderr), 0, dict[str, int]()
    journeys = ALL_DAY[: max(1, round(len(ALL_DAY) * scale))]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        for look in LOOKS_OF_ALL:
            with Day(browser) as day:
                for journey in journeys:
                    progress.draw(f"{look}: {journey.name}")
                    why = _lived(day, journey, look, touches)
                    wrong += bool(why)
                    if why:
                        progress.say(f"{look}: {journey.name}: {why}")
        browser.close()
    return {
        "journeys": len(journeys), "screens": [str(look) for look in LOOKS_OF_ALL],
        "lived": len(journeys) * len(LOOKS_OF_ALL), "wrong": wrong, "touches": touches,
    }  # fmt: skip


def _lived(day: Day, journey: Journey, look: Look, touches: dict[str, int]) -> str:
    """What went wrong; "" where nothing did."""
    try:
        touches[journey.name] = journey.live(day, look)
    except WENT_WRONG as why:
        return str(why) or type(why).__name__
    return ""
