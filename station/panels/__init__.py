"""The lane's lamps, buzzer, barrier and buttons: one backend a file, chosen in the settings and never guessed.

`open_panel` is called once by station.wiring.
"""

from collections.abc import Callable

from station.panels.gpio import GpioPanel, open_gpio
from station.panels.none import NoPanel
from station.panels.panel import Panel, PanelFailed
from station.panels.rehearsal import RehearsalPanel
from station.settings import PanelBackend, PanelSettings

__all__ = ["GpioPanel", "NoPanel", "Panel", "PanelFailed", "RehearsalPanel", "open_panel"]

_BACKENDS: dict[PanelBackend, Callable[[PanelSettings], Panel]] = {
    PanelBackend.GPIO: open_gpio,
    PanelBackend.REHEARSAL: RehearsalPanel,
    PanelBackend.NONE: lambda _settings: NoPanel(),
}


def open_panel(settings: PanelSettings) -> Panel:
    """The panel that the settings name. Raises PanelFailed."""
    return _BACKENDS[settings.backend](settings)
