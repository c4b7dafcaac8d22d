"""The guard's screen: a page for the browser at the gate, served on loopback only.

The station's `__main__` hands its Desk (and, in a rehearsal, its Stage) to `create_app` and the app to `serve`.
Rule: the screen only draws the Desk's view and hands taps back; it decides nothing, and it never shows what is old
as if it were new.
"""

from station.kiosk.app import create_app
from station.kiosk.rehearsal import Shown, Stage
from station.kiosk.serve import Kiosk, PortTaken, serve

__all__ = ["Kiosk", "PortTaken", "Shown", "Stage", "create_app", "serve"]
