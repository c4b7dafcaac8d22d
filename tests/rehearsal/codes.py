"""The codes that residents hold up: the pass the office issued them, and what else people hold up at a gate.

Smoke, demo and the tests take them from here. Rule: a pass that no office would issue (expired, of tomorrow, for
nobody) is signed with the rehearsal hub's own key, which lies in its fresh folder; a stranger's with a key of ours.
"""

import random
import sqlite3
from base64 import b64decode
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gate.formats import community_pass
from gate.formats.chain import Credential, Kind
from gate.trust import key_id_of
from tests.rehearsal import settings
from tests.rehearsal.pictures import foreign

CUT_AWAY = 41  # characters of a torn pass: no length of the rest unpacks to a whole envelope


class Codes:
    """What may be held up. hub_data: the hub's folder."""

    def __init__(self, hub_data: Path, now: datetime) -> None:
        secret = b64decode((hub_data / "keys" / "pass.key").read_bytes())
        self._office = Ed25519PrivateKey.from_private_bytes(secret)
        self._stranger = Ed25519PrivateKey.generate()
        self._now = now
        # The office's key may only have signed since it was made, so a pass that has expired lived for a second.
        self._first_issue = _first_issue(hub_data / "registry.sqlite")

    def held(self, holds: str, own: str, person: str, rng: random.Random) -> tuple[str | None, str | None]:
        """The text of what is held up, None for nothing; and whom a gate that believes it takes the bearer for.

        own: the text of the pass of `person`.
        """
        if holds == "own":
            return own, person
        if holds == "nobody's":
            person = f"{rng.getrandbits(64):016x}"
        return self._text(holds, own, person, rng), person if holds == "nobody's" else None

    def _text(self, holds: str, own: str, person: str, rng: random.Random) -> str | None:
        serial = f"{rng.getrandbits(64):016x}"
        issued, expires = self._first_issue, self._now + timedelta(days=30)
        match holds:
            case "nothing":
                return None
            case "foreign":
                return foreign(rng)
            case "torn":
                return own[:-CUT_AWAY]
            case "expired":
                return self._signed(person, serial, issued, issued + timedelta(seconds=1))
            case "not yet valid":
                return self._signed(person, serial, self._now + timedelta(days=1), expires)
            case "nobody's":
                return self._signed(person, serial, issued, expires)
            case "other compound's":
                return self._signed(person, serial, issued, expires, compound="poplar-court")
            case "stranger's":
                return self._signed(person, serial, issued, expires, key=self._stranger)
            case "forged":
                return self._signed(person, serial, issued, expires, signer=self._stranger.sign)
        raise ValueError(f"nobody knows how to hold up {holds!r}")

    def _signed(
        self,
        person: str,
        serial: str,
        issued_at: datetime,
        expires_at: datetime,
        compound: str = settings.COMPOUND,
        key: Ed25519PrivateKey | None = None,
        signer: Callable[[bytes], bytes] | None = None,
    ) -> str:
        """key: whose id the pass names, the office's unless said; signer: who really signs, that key unless said."""
        key = key or self._office
        named = key_id_of(key.public_key().public_bytes_raw())
        credential = Credential(
            community_pass.NAME, Kind.RESIDENT, compound, person, serial, named, issued_at, expires_at
        )
        return community_pass.pack(credential, signer or key.sign)


def _first_issue(registry: Path) -> datetime:
    with closing(sqlite3.connect(f"{registry.as_uri()}?mode=ro", uri=True)) as connection:
        (text,) = connection.execute("SELECT min(issued_at) FROM pass").fetchone()
    return datetime.fromisoformat(text).astimezone(UTC)
