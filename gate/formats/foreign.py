"""What the certificates of other issuers have in common: whose key signed them, and what a gate then believes.

EU certificates and SMART Health Cards finish their chains with it. A foreign certificate names a holder, who is
nobody's resident until the guard says whose it is.
"""

from collections.abc import Mapping
from datetime import datetime

from gate.formats.chain import Credential, Draft, Holder, Kind, StepFailed
from gate.formats.signatures import Algorithm, verifies
from gate.reason import Reason
from gate.trust import IssuerKey


class ForeignDraft(Draft):
    """What the steps of a foreign certificate's chain find.

    candidates: keys that may be meant. keys: all entries of the trust list for the one key that signed, narrowed down
    to those that may sign such a thing.
    """

    signature: bytes
    key_id: str
    candidates: tuple[IssuerKey, ...]
    keys: tuple[IssuerKey, ...]
    expires_at: datetime | None

    def check_signature(self, algorithm: Algorithm, signed: bytes) -> None:
        """One key may stand in several certificates, each with days and uses of its own; all of them are kept."""
        for spki in dict.fromkeys(key.spki for key in self.candidates):
            if verifies(spki, algorithm, self.signature, signed):
                self.keys = tuple(key for key in self.candidates if key.spki == spki)
                return
        raise StepFailed(Reason.FORGED, "the signature does not fit its key")

    def believe(self, name: str, serial: str, issued_at: datetime, holder: Holder, claims: Mapping[str, str]) -> None:
        """The last word, where it was not withdrawn. serial: 16 hex digits by which a trust list would name it."""
        if serial in self.trust.revoked:
            raise StepFailed(Reason.REVOKED, "withdrawn")
        self.credential = Credential(
            format=name,
            kind=Kind.FOREIGN,
            compound=None,
            person=None,
            serial=serial,
            key_id=self.key_id,
            issued_at=issued_at,
            expires_at=self.expires_at,
            holder=holder,
            claims=claims,
        )
