"""The files by which Mosquitto knows who may connect and who may say what.

`gate-hub init` and `gate-hub station add` write them under DATA/broker/: `passwords`, as mosquitto_passwd makes it, and
`acl`, derived afresh from the list of stations. A running Mosquitto reads both again on SIGHUP, and only then.
Rule: a station says only what is its own, and hears only what is meant for it or for all gates of the compound.
"""

import hashlib
import os
from base64 import b64encode
from collections.abc import Callable, Iterable
from pathlib import Path

from gate import topics
from gate.names import Slug
from gate.topics import Topic

HUB = "hub"
OBSERVER = "observer"
# Names in the password file that no station may take.
RESERVED = frozenset({HUB, OBSERVER})
RELOAD = (
    "a running Mosquitto lets it in after SIGHUP: systemctl reload mosquitto, or kill -HUP its process id"
    " (gate-broker.path does it by itself)"
)
SALT_BYTES = 12
# The figure of mosquitto_passwd 2.0. Our passwords are 192 random bits, which no number of rounds has to protect.
ITERATIONS = 101
_FILE_MODE = 0o600
_STATION_HEARS = (
    topics.HUB_STATUS, topics.POLICY, topics.TRUST, topics.ROSTER, topics.STAFF, topics.NOTICES, topics.MANIFEST,
    topics.RECEIPT,
)  # fmt: skip
# Of every station of the compound.
_STATIONS_HEAR_OF_EACH_OTHER = topics.CROSSINGS


def generate_password(randomness: Callable[[int], bytes]) -> str:
    """48 hex digits; no machine mistypes them."""
    return randomness(24).hex()


def password_entry(password: str, salt: bytes) -> str:
    """What stands behind the name: `$7$ITERATIONS$SALT$HASH`, PBKDF2 with SHA-512, salt and hash in base64."""
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return f"$7${ITERATIONS}${b64encode(salt).decode()}${b64encode(key).decode()}"


def set_password(path: Path, username: str, password: str, salt: bytes) -> None:
    """Add the user to Mosquitto's password file, or give him a new password; everyone else's line stays."""
    lines = path.read_text().splitlines() if path.exists() else []
    others = [line for line in lines if line.partition(":")[0] != username and line.strip()]
    write_whole(path, "\n".join([*others, f"{username}:{password_entry(password, salt)}"]) + "\n")


def users(path: Path) -> frozenset[str]:
    """The names in a password file; none where there is no file."""
    if not path.exists():
        return frozenset()
    return frozenset(line.partition(":")[0] for line in path.read_text().splitlines() if line.strip())


def write_acl(path: Path, compound: Slug, stations: Iterable[Slug]) -> None:
    write_whole(path, acl(compound, stations))


def acl(compound: Slug, stations: Iterable[Slug]) -> str:
    """Mosquitto's ACL file: whoever is not named here may do nothing."""
    blocks = [
        "# Written by gate-hub; changed by `gate-hub station add`, not by hand.",
        _block(HUB, [f"topic readwrite {topics.ROOT}/{compound}/#"]),
        _block(OBSERVER, [f"topic read {topics.ROOT}/{compound}/#"]),
        *(_station_block(compound, station) for station in sorted(stations)),
    ]
    return "\n\n".join(blocks) + "\n"


def _station_block(compound: Slug, station: Slug) -> str:
    hears = [f"topic read {_topic(topic, compound, station)}" for topic in _STATION_HEARS]
    hears.append(f"topic read {_STATIONS_HEAR_OF_EACH_OTHER.of(compound)}")
    own = topics.RECORDS.of(compound, station).rpartition("/")[0]
    return _block(station, [*hears, f"topic write {own}/#"])


def _topic(topic: Topic, compound: Slug, station: Slug) -> str:
    return topic.of(compound, station)


def _block(username: str, lines: list[str]) -> str:
    return "\n".join([f"user {username}", *lines])


def write_whole(path: Path, text: str, mode: int = _FILE_MODE) -> None:
    """Replace a file at once: whoever reads it meanwhile has the old or the new text, never a half, and so after a
    power cut."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
