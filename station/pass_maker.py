"""Temporary passes made at this gate: draws the next number, signs, and hands the text to whoever records it.

The loop is its only caller. The key came with the identity (`gate-hub station add`); what it may sign stands in the
hub's signed trust list, and what that does not allow is refused here already, in words for the guard. Rule: a number is
on the disk before a pass bears it, so no two passes share one, whatever the power does.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.clock import Moment
from gate.formats.gate_pass import LONGEST_BUILDING, Leave, pack
from gate.passage import Caller
from gate.trust import GateKey, Trust, key_id_of
from gate.wording import Words
from station import whole_file

log = logging.getLogger(__name__)

_NO_CERTIFICATE = Words("社区没有授权本门制作临时证", "The office has not let this gate make passes")
_NOT_THIS_KIND = Words("本门不能给这类人制作临时证", "This gate may not make passes of this kind")
_ALL_USED = Words("本门的临时证名额已用完，请联系社区", "This gate has made all its passes: call the office")
_NOT_THE_TIME = Words("本门时间不可信，不能制作临时证", "This gate's clock is unsure, so it makes no passes")
_NO_DISK = Words("存储故障，不能制作临时证", "The disk refuses, so no pass can be made")
_OTHER_DAYS = Words("本门的授权已过期，请联系社区", "This gate's leave to make passes has ended: call the office")


@dataclass(frozen=True, slots=True)
class Made:
    """A pass that is signed. text: of its QR code."""

    leave: Leave
    text: str


@dataclass(frozen=True, slots=True)
class Numbered:
    """The next number under the station's certificate, and how long what bears it may count; whole seconds."""

    number: int
    issued_at: datetime
    expires_at: datetime


class PassMaker:
    """secret: the station's Ed25519 key, 32 bytes; None where its identity has none. randomness: bytes -> as many."""

    def __init__(self, secret: bytes | None, counter: Path, randomness: Callable[[int], bytes]) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(secret) if secret is not None else None
        self._public = self._key.public_key().public_bytes_raw() if self._key is not None else b""
        self._counter = counter
        self._randomness = randomness

    def certificate(self, trust: Trust) -> GateKey | None:
        """What the hub lets this station sign today; None where it is nothing."""
        keys = trust.gate_keys_for(key_id_of(self._public)) if self._key is not None else ()
        return next((each for each in keys if each.public == self._public), None)

    def make(
        self, trust: Trust, caller: Caller, person: str | None, building: str, hours: int, now: Moment
    ) -> Made | Words:
        """A pass from now on, for `hours` or as long as the certificate allows; or why there is none.

        person: a resident's pseudonym; None draws one for a visitor.
        """
        drawn, certificate = self.draw(trust, caller, hours, now), self.certificate(trust)
        if isinstance(drawn, Words):
            return drawn
        assert self._key is not None
        assert certificate is not None
        leave = Leave(
            compound=trust.compound,
            caller=caller,
            person=person or self._randomness(8).hex(),
            serial=self._randomness(8).hex(),
            number=drawn.number,
            issued_at=drawn.issued_at,
            expires_at=drawn.expires_at,
            building=building[:LONGEST_BUILDING],
        )
        return Made(leave, pack(leave, certificate.key_id, self._key.sign))

    def objection(self, trust: Trust, caller: Caller, now: Moment) -> Words | None:
        """Why it makes none of that kind now; None where it does, as far as there are numbers left."""
        certificate = self.certificate(trust)
        return _NO_CERTIFICATE if certificate is None else _objection(certificate, caller, now)

    def draw(self, trust: Trust, caller: Caller, hours: int, now: Moment) -> Numbered | Words:
        """The next number, used from now on, whatever becomes of it; or why there is none."""
        refused, certificate = self.objection(trust, caller, now), self.certificate(trust)
        if refused is not None or certificate is None:
            return refused or _NO_CERTIFICATE
        number = self._draw_number(certificate.most)
        if isinstance(number, Words):
            return number
        issued_at = now.utc.replace(microsecond=0)
        return Numbered(number, issued_at, issued_at + timedelta(hours=min(hours, certificate.longest_hours)))

    def _draw_number(self, most: int) -> int | Words:
        try:
            number = int(self._counter.read_text("ascii")) + 1 if self._counter.exists() else 1
            if number > most:
                return _ALL_USED
            whole_file.write(self._counter, f"{number}\n".encode("ascii"))
            whole_file.settle(self._counter.parent)
        except (OSError, ValueError) as cause:
            log.error("the number of passes made cannot be kept in %s (%s)", self._counter, cause)
            return _NO_DISK
        return number


def _objection(certificate: GateKey, caller: Caller, now: Moment) -> Words | None:
    if not now.believed:
        return _NOT_THE_TIME
    if caller not in certificate.callers:
        return _NOT_THIS_KIND
    if not certificate.not_before <= now.utc <= certificate.not_after:
        return _OTHER_DAYS
    return None
