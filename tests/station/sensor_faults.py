"""Which fault a sensor has, read back from the words in which a guard would be told of it."""

from collections.abc import Callable

import pytest

from station.thermometers import ThermometerFailed
from station.thermometers.faults import FAULTS, Fault


def fault(sense: Callable[[], object]) -> Fault:
    """Which one it raises; it must raise one."""
    with pytest.raises(ThermometerFailed) as failure:
        sense()
    return next(name for name, words in FAULTS.items() if words == failure.value.words)
