"""What a gate holds in its hand: rules, roster and trust of one moment, whole and consistent.

The uplink builds it from the hub's signed documents and posts it to the loop; nothing in it is ever changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gate.notices import Notices
from gate.policy import Rules
from gate.roster import Resident
from gate.staff import Staff
from gate.trust import Trust


@dataclass(frozen=True, slots=True)
class Snapshot:
    """rules: None until the hub has been heard once. residents: by pseudonym. roster_edition: as on a passage.

    trust_edition: of the list of keys and revoked passes; None before there is one. staff: who may sign on; None from
    a hub that never told. notices: what the office has said aloud.
    """

    rules: Rules | None
    trust: Trust
    residents: Mapping[str, Resident] = field(default_factory=dict)
    roster_edition: str | None = None
    trust_edition: str | None = None
    staff: Staff | None = None
    notices: Notices = field(default_factory=Notices)
