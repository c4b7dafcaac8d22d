"""Room on the disk that is kept for the worst day: a file without content, given up when nothing else fits any more.

The recorder gives it up at the first record that a full disk refuses, and has it made anew once there is room. Rule: a
full disk keeps recording while the alarm rings.
"""

import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)

# So that what makes the reserve anew does not fill the disk again.
_FREE_BESIDE = 2


class Reserve:
    """path: of its file. size: bytes; 0 for none. held: whether the room is there."""

    def __init__(self, path: Path, size: int) -> None:
        self._path, self._size = path, size
        self.held = False
        self.make()

    @property
    def wanted(self) -> bool:
        return self._size > 0 and not self.held

    def make(self) -> bool:
        """Take the room, where as much again stays free; whether it is held."""
        if self.wanted:
            try:
                self.held = self._taken()
            except OSError as cause:
                log.debug("the reserve cannot be made: %s", cause)
                self._drop()
        return self.held

    def release(self) -> bool:
        """Give the room to whoever writes next; whether that helps, since the disk is full and not broken."""
        try:
            if not self.held or free_bytes(self._path.parent) >= self._size:
                return False
        except OSError:
            return False
        return self._drop()

    def _taken(self) -> bool:
        known = self._path.stat().st_blocks * 512 if self._path.exists() else 0
        if known < self._size and free_bytes(self._path.parent) < self._size * _FREE_BESIDE - known:
            return False
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(file, 0, self._size)
            os.ftruncate(file, self._size)
            os.fsync(file)
        finally:
            os.close(file)
        return True

    def _drop(self) -> bool:
        self.held = False
        try:
            self._path.unlink(missing_ok=True)
        except OSError as cause:
            log.error("the reserve %s cannot be given up: %s", self._path, cause)
            return False
        return True


def free_bytes(folder: Path) -> int:
    """What this user may still write there. Raises OSError."""
    told = os.statvfs(folder)
    return told.f_bavail * told.f_frsize
