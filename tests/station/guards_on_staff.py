"""The two guards whom the office put on this gate's list, with the PINs 271828 and 314159, and one badge."""

from dataclasses import replace

from gate.staff import Guard, Staff, pin_hash
from station.snapshot import Snapshot
from tests.station.lane_of_tests import snapshot

SALT = b"0123456789abcdef"
ZHANG = Guard("zhang", "张师傅", SALT, pin_hash("271828", SALT), badge="d" * 16)
LIU = Guard("liu", "刘师傅", SALT[::-1], pin_hash("314159", SALT[::-1]))
STAFF = Staff((ZHANG, LIU))


def staffed(**policy: object) -> Snapshot:
    """What a gate with these guards has of the office; policy: what the rules say besides."""
    return replace(snapshot(**policy), staff=STAFF)
