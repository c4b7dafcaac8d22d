"""Every MQTT topic: direction, QoS, retained; written from the hub's view.

gate/1/COMPOUND/hub/status              out  the hub is up or down (its last will)
gate/1/COMPOUND/hub/policy              out  the rules in force, signed
gate/1/COMPOUND/hub/trust               out  keys and revoked passes, signed
gate/1/COMPOUND/hub/roster/00 .. 63     out  who lives here, signed and sealed
gate/1/COMPOUND/hub/staff               out  who guards its gates, signed and sealed
gate/1/COMPOUND/hub/notices             out  what its gates announce, signed
gate/1/COMPOUND/hub/manifest            out  which of these belong together, signed; sent after them
gate/1/COMPOUND/hub/receipt/STATION     out  what of a station's journals is safe, signed
gate/1/COMPOUND/station/STATION/records  in  what happens there, a list of envelopes
gate/1/COMPOUND/station/STATION/backlog  in  what waited there, such a list in compressed form
gate/1/COMPOUND/station/STATION/status   in  how the station is (its last will)
gate/1/COMPOUND/station/STATION/crossings  peers  whom it let through, live, for the other gates
"""

from dataclasses import dataclass
from enum import StrEnum

from gate.names import Slug
from gate.roster import BUCKETS

ROOT = "gate/1"
QOS = 1


class Way(StrEnum):
    """Seen from the hub; it takes no part in what the gates tell each other."""

    OUT = "out"
    IN = "in"
    PEERS = "peers"


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of topic; pattern: with the placeholders {compound}, {station}, {bucket}."""

    pattern: str
    way: Way
    retained: bool
    says: str

    def of(self, compound: Slug, station: str = "+", bucket: int | None = None) -> str:
        """The topic's name; without a station or bucket it is the filter that matches them all."""
        numbered = "+" if bucket is None else f"{bucket:02d}"
        return self.pattern.format(compound=compound, station=station, bucket=numbered)


HUB_STATUS = Topic(f"{ROOT}/{{compound}}/hub/status", Way.OUT, True, "the hub is up or down")
POLICY = Topic(f"{ROOT}/{{compound}}/hub/policy", Way.OUT, True, "the rules in force, signed")
TRUST = Topic(f"{ROOT}/{{compound}}/hub/trust", Way.OUT, True, "keys and revoked passes, signed")
ROSTER = Topic(f"{ROOT}/{{compound}}/hub/roster/{{bucket}}", Way.OUT, True, "who lives here, signed and sealed")
STAFF = Topic(f"{ROOT}/{{compound}}/hub/staff", Way.OUT, True, "who guards its gates, signed and sealed")
NOTICES = Topic(f"{ROOT}/{{compound}}/hub/notices", Way.OUT, True, "what its gates announce, signed")
MANIFEST = Topic(f"{ROOT}/{{compound}}/hub/manifest", Way.OUT, True, "which documents belong together, signed")
RECEIPT = Topic(f"{ROOT}/{{compound}}/hub/receipt/{{station}}", Way.OUT, True, "what of its journals is safe, signed")
RECORDS = Topic(
    f"{ROOT}/{{compound}}/station/{{station}}/records",
    Way.IN,
    False,
    "passages, amendments, happenings, passes made there",
)
BACKLOG = Topic(
    f"{ROOT}/{{compound}}/station/{{station}}/backlog", Way.IN, False, "such records that had to wait, compressed"
)
STATUS = Topic(f"{ROOT}/{{compound}}/station/{{station}}/status", Way.IN, True, "how the station is")
CROSSINGS = Topic(
    f"{ROOT}/{{compound}}/station/{{station}}/crossings", Way.PEERS, False, "whom it let through, live, for its peers"
)

TOPICS = (HUB_STATUS, POLICY, TRUST, ROSTER, STAFF, NOTICES, MANIFEST, RECEIPT, RECORDS, BACKLOG, STATUS, CROSSINGS)


def station_of(topic: str) -> str | None:
    """The station that a RECORDS, BACKLOG, STATUS or CROSSINGS topic speaks of; None for any other topic."""
    match topic.split("/"):
        case [*_, "station", station, "records" | "backlog" | "status" | "crossings"]:
            return station
        case _:
            return None


def all_of_hub(compound: Slug) -> str:
    """The pattern of every topic on which the hub alone may speak."""
    return f"{ROOT}/{compound}/hub/#"


def document(compound: Slug, name: str) -> str:
    """Where the hub's document of that name lies: "policy", "roster/07"."""
    return f"{ROOT}/{compound}/hub/{name}"


def bucket_of_topic(topic: str) -> int | None:
    """The bucket number of a ROSTER topic; None for any other topic."""
    match topic.split("/"):
        case [*_, "hub", "roster", bucket] if bucket.isdecimal() and int(bucket) < BUCKETS:
            return int(bucket)
        case _:
            return None
