"""The thermometers of a lane, one backend a file, chosen by name in the settings and never guessed.

The feeler calls `open_thermometer` (station.world tells it which), and again when a sensor was lost.
"""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from gate.mapping import mapping_named
from station.settings import ThermometerBackend, ThermometerSettings
from station.thermometers import calibration
from station.thermometers.distance import Distance, EchoDistance
from station.thermometers.faults import Fault, failed
from station.thermometers.hand_held import HandHeld
from station.thermometers.mlx90614 import Mlx90614
from station.thermometers.mlx90640 import Mlx90640
from station.thermometers.none import NoThermometer
from station.thermometers.reading import RawReading, Thermometer, ThermometerFailed
from station.thermometers.rehearsal import RehearsalThermometer
from station.thermometers.sensor import Sensor
from station.thermometers.skin import SkinThermometer
from station.thermometers.uart import UartModule

__all__ = ["SENSORS", "RawReading", "Thermometer", "ThermometerFailed", "open_sensor", "open_thermometer"]

SENSORS: dict[ThermometerBackend, Callable[[str], Sensor]] = {
    ThermometerBackend.MLX90614: Mlx90614.open,
    ThermometerBackend.MLX90640: Mlx90640.open,
    ThermometerBackend.UART: UartModule.open,
}
_WITHOUT_SENSOR: dict[ThermometerBackend, Callable[[], Thermometer]] = {
    ThermometerBackend.HAND_HELD: HandHeld,
    ThermometerBackend.NONE: NoThermometer,
    ThermometerBackend.REHEARSAL: RehearsalThermometer,
}


def open_thermometer(settings: ThermometerSettings, data_folder: Path) -> Thermometer:
    """The thermometer that the settings name. data_folder: where its calibration lies. Raises ThermometerFailed."""
    if not settings.backend.has_sensor:
        return _WITHOUT_SENSOR[settings.backend]()
    mapping = mapping_named(settings.mapping)
    corrected = calibration.read(data_folder / calibration.FILE, settings.backend)
    with ExitStack() as if_it_fails:
        distance = _distance(settings)
        if distance is not None:
            if_it_fails.callback(distance.close)
        sensor = open_sensor(settings)
        if_it_fails.callback(sensor.close)
        if corrected is not None and corrected.serial != sensor.serial:
            raise failed(Fault.OTHER_SENSOR)
        if_it_fails.pop_all()
    return SkinThermometer(sensor, mapping, corrected, distance, settings.reach_centimetres / 100)


def open_sensor(settings: ThermometerSettings) -> Sensor:
    """The sensor itself, without calibration and mapping. Raises ThermometerFailed."""
    return SENSORS[settings.backend](settings.source)


def _distance(settings: ThermometerSettings) -> Distance | None:
    trigger, echo = settings.distance_trigger_pin, settings.distance_echo_pin
    return EchoDistance(trigger, echo) if isinstance(trigger, int) and isinstance(echo, int) else None
