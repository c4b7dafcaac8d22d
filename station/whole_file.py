"""A small file that this station keeps for itself: on the disk whole, or still as it was.

Who is on duty, which cards count, how far the clock is believed and how many passes were made are each kept so. Rule: a
power cut leaves the old file or the new one, and the station's user alone may read either.
"""

import os
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Put content in the place of what is at path. Raises OSError, and then the old file stands."""
    new = path.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def settle(folder: Path) -> None:
    """Wait until the folder knows its files by their new names, where losing the last one would matter."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
