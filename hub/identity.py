"""The identity file of a station: who it is, its password for the broker, and the two keys by which it knows the hub.

Made by `gate-hub station add`, carried to the gate by hand, read by the station's own settings. Rule: readable by its
owner alone, from its first byte on.
"""

from base64 import b64encode
from pathlib import Path

from gate.names import Slug
from hub.broker import write_whole
from hub.keys import Keys


def write_identity(path: Path, compound: Slug, station: Slug, password: str, keys: Keys) -> None:
    """Make or replace the file, mode 0600, in a folder of mode 0700."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(path, identity_text(compound, station, password, keys))


def identity_text(compound: Slug, station: Slug, password: str, keys: Keys) -> str:
    """TOML; every value is in characters that need no escaping there."""
    return (
        f"# The identity of station {station}: keep it secret, put it on that gate's machine alone (mode 0600).\n"
        f'compound = "{compound}"\n'
        f'station = "{station}"\n'
        f'username = "{station}"\n'
        f'password = "{password}"\n'
        f'hub_key = "{b64encode(keys.document.public).decode()}"\n'
        f'roster_key = "{b64encode(keys.roster).decode()}"\n'
    )
