"""The thermometers of a lane, one backend a file, chosen by name in the settings and never guessed.

`open_thermometer` is called once by the station's `__main__`, and again by the loop when a sensor was lost.
"""

from collections.abc import Callable

from station.thermometers.none import NoThermometer
from station.thermometers.reading import RawReading, Thermometer, ThermometerFailed
from station.thermometers.rehearsal import RehearsalThermometer

__all__ = ["BACKENDS", "RawReading", "Thermometer", "ThermometerFailed", "open_thermometer"]

BACKENDS: dict[str, Callable[[], Thermometer]] = {
    "none": NoThermometer,
    "rehearsal": RehearsalThermometer,
}


def open_thermometer(backend: str) -> Thermometer:
    """Open the thermometer that the settings name. Raises `ValueError` for an unknown backend."""
    if backend not in BACKENDS:
        raise ValueError(f"no thermometer backend {backend!r}: choose one of {', '.join(sorted(BACKENDS))}")
    return BACKENDS[backend]()
