"""What a lane senses through: the camera and thermometer that its settings name, or the doubles of a rehearsal.

`__main__` chooses the world, station.wiring puts the lane before it. Rule: a real one is opened by whoever looks
through it, so that what is not there is a fault on the guard's screen, also after a power cut: he works on without it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from station.cameras import Camera, open_camera
from station.cameras.rehearsal import RehearsalCamera
from station.settings import Settings
from station.stage import RehearsalStage
from station.thermometers import Thermometer, open_thermometer
from station.thermometers.rehearsal import RehearsalThermometer


@dataclass(frozen=True, slots=True)
class World:
    """stage: the rehearsal's door to it; None at a real gate."""

    open_camera: Callable[[], Camera]
    open_thermometer: Callable[[], Thermometer]
    stage: RehearsalStage | None = None


def real_world(settings: Settings) -> World:
    camera = settings.camera
    return World(
        open_camera=lambda: open_camera(
            camera.backend, camera.source, camera.width, camera.height, camera.frames_per_second
        ),
        open_thermometer=lambda: open_thermometer(settings.thermometer, settings.data_folder),
    )


def rehearsed_world(settings: Settings) -> World:
    camera = RehearsalCamera(settings.camera.width, settings.camera.height, settings.camera.frames_per_second)
    thermometer = RehearsalThermometer()
    pictures = Path(settings.rehearsal.pictures) if settings.rehearsal.pictures else None
    return World(lambda: camera, lambda: thermometer, RehearsalStage(camera, thermometer, pictures))
