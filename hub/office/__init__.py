"""The community office's pages: login, live feed of passages, quarantine. Web only; its questions go to hub.feed."""

from hub.office.app import create_app
from hub.office.office import open_office

__all__ = ["create_app", "open_office"]
