"""All journeys, in the order of a day."""

from tests.guard_day.journeys_breakdowns import NIGHT
from tests.guard_day.journeys_duty import EVENING
from tests.guard_day.journeys_guests import NOON
from tests.guard_day.journeys_residents import MORNING
from tests.guard_day.journeys_rules import AFTERNOON

ALL_DAY = (*MORNING, *NOON, *AFTERNOON, *EVENING, *NIGHT)
