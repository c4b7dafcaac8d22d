"""The page on a resident's phone: fetches a pass once, then makes a fresh code every 30 seconds, also offline."""

from hub.resident.registrar import Registrar
from hub.resident.serve import ResidentServer

__all__ = ["Registrar", "ResidentServer"]
