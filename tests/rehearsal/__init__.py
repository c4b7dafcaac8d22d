"""The town that demo, smoke, soak and bench run: invented people, what they hold up, and when they come."""

import station  # noqa: F401 - it sets what numpy must find when it is imported, as at a gate
