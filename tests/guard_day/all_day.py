"""All journeys, in the order of a day, and the two halves that the tests live side by side."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.guard_day.journey import Journey
from tests.guard_day.journeys_breakdowns import NIGHT
from tests.guard_day.journeys_duty import EVENING
from tests.guard_day.journeys_guests import NOON
from tests.guard_day.journeys_residents import MORNING
from tests.guard_day.journeys_rules import AFTERNOON
from tests.guard_day.post import LOOKS_OF_ALL

FIRST_HALF, SECOND_HALF = (*MORNING, *NOON), (*AFTERNOON, *EVENING, *NIGHT)
ALL_DAY = (*FIRST_HALF, *SECOND_HALF)
_IN_TURN = (LOOKS_OF_ALL[0], LOOKS_OF_ALL[3])


def in_turn(journeys: Sequence[Journey]) -> list[Any]:
    """Parameters of a test: each journey in one size and language, the next one in the other."""
    return [pytest.param(each, _IN_TURN[at % 2], id=each.name) for at, each in enumerate(journeys)]
