"""All journeys, in the order of a day."""

from tests.guard_day.journeys_residents import MORNING

ALL_DAY = (*MORNING,)
