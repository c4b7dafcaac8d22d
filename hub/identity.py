"""The identity file of a station: who it is, its password for the broker, the two keys by which it knows the hub, and
the one with which it signs temporary passes, where the office lets it.

Made by `gate-hub station add`, carried to the gate by hand, read by the station's own settings. Rule: readable by its
owner alone, from its first byte on.
"""

from base64 import b64encode
from pathlib import Path

from gate.names import Slug
from hub.broker import write_whole
from hub.keys import Keys


def write_identity(path: Path, compound: Slug, station: Slug, password: str, keys: Keys, pass_secret: bytes) -> None:
    """Make or replace the file, mode 0600, in a folder of mode 0700. pass_secret: the station's Ed25519 key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(path, identity_text(compound, station, password, keys, pass_secret))


def identity_text(compound: Slug, station: Slug, password: str, keys: Keys, pass_secret: bytes) -> str:
    """TOML; every value is in characters that need no escaping there."""
    return (
        f"# The identity of station {station}: keep it secret, put it on that gate's machine alone (mode 0600).\n"
        f'compound = "{compound}"\n'
        f'station = "{station}"\n'
        f'username = "{station}"\n'
        f'password = "{password}"\n'
        f'hub_key = "{b64encode(keys.document.public).decode()}"\n'
        f'roster_key = "{b64encode(keys.roster).decode()}"\n'
        f'pass_key = "{b64encode(pass_secret).decode()}"\n'
    )
