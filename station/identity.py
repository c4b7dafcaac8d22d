"""Who this station is to its hub: made by `gate-hub station add`, carried over on a stick, read at every start.

Rule: it holds secrets, so it belongs to one user of the machine and is never logged or shown.
"""

import base64
import binascii
import stat
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from gate.names import Slug
from station.toml import Wrong, read_toml

KEY_BYTES = 32
_Key = Annotated[str, Meta(min_length=40, max_length=48)]


class IdentityFile(Struct, frozen=True, forbid_unknown_fields=True):
    """identity.toml as written, keys in base64. hub_key: the hub's raw Ed25519 public key. roster_key: 32 bytes.

    pass_key: this station's own Ed25519 key, for temporary passes; "" in one that was made before there were any.
    """

    compound: Slug
    station: Slug
    username: str
    password: str
    hub_key: _Key
    roster_key: _Key
    pass_key: _Key | Literal[""] = ""


class Identity(Struct, frozen=True):
    """The keys as bytes, 32 each. hub_key: raw Ed25519 public. pass_key: Ed25519 secret, where there is one."""

    compound: Slug
    station: Slug
    username: str
    password: str
    hub_key: bytes
    roster_key: bytes
    pass_key: bytes | None = None

    def __repr__(self) -> str:
        return f"Identity({self.compound}/{self.station})"


def read_identity(path: Path) -> Identity:
    """The identity at `path`. Raises station.toml.Wrong."""
    _check_privacy(path)
    text, written = read_toml(path, IdentityFile)
    return Identity(
        written.compound,
        written.station,
        written.username,
        written.password,
        _key(path, text, "hub_key", written.hub_key),
        _key(path, text, "roster_key", written.roster_key),
        _key(path, text, "pass_key", written.pass_key) if written.pass_key else None,
    )


def _check_privacy(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as cause:
        raise Wrong(path, f"cannot be read: {cause.strerror}", "make it with `gate-hub station add`") from None
    if not stat.S_ISREG(mode):
        raise Wrong(path, "is not a file", "name the file that `gate-hub station add` made")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Wrong(
            path, f"holds keys, and others may read it (mode {stat.S_IMODE(mode):04o})", f"run: chmod 600 {path}"
        )


def _key(path: Path, text: str, name: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise Wrong(path, f"is not {KEY_BYTES} bytes in base64", "copy the file from the hub anew", text, name)
    return key
