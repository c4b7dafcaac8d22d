"""No panel: a lane whose only sign is the guard's screen. Picked by `backend = "none"`."""

from station.happenings import Told
from station.view import Barrier
from station.visit import Lamp, Tone


class NoPanel:
    """Takes every word and does nothing."""

    barrier = Barrier.NONE

    def lamp(self, lamp: Lamp) -> None:
        pass

    def sound(self, tone: Tone, seconds: float) -> None:
        pass

    def open_barrier(self, seconds: float) -> None:
        pass

    def tick(self, seconds: float) -> tuple[Told, ...]:  # noqa: ARG002 - nothing here takes time
        return ()

    def close(self) -> None:
        pass
