"""How full the journal's disk is, and how long records have waited: said long before it matters. The recorder asks.

Rule: nothing is ever deleted to make room; what has no receipt stays however old it is. So the guard and the office
hear of it in time: at half of what the settings call the most, and while much of the disk is still free.
"""

import os
from pathlib import Path

from station.journal import free_bytes
from station.settings import JournalSettings

LOOK_EVERY_SECONDS = 2.0
MEGABYTE = 2**20
DAY_SECONDS = 86400.0


class DiskSpace:
    """Owned by the loop's thread."""

    NO_RESERVE = (
        "存储快满了，正在使用预留空间：请社区尽快处理"
        " / the disk is full, and the reserve is in use: have the office see to it at once"
    )

    def __init__(self, settings: JournalSettings) -> None:
        self._settings = settings
        self._looked_at = float("-inf")

    def is_due(self, seconds: float) -> bool:
        """seconds: monotonic."""
        if seconds - self._looked_at < LOOK_EVERY_SECONDS:
            return False
        self._looked_at = seconds
        return True

    def complaint(self, journal: Path, oldest_seconds: float, reserve_held: bool) -> str:
        """A sentence for screen and status, the worst first; empty while all is well."""
        settings = self._settings
        try:
            if os.statvfs(journal.parent).f_flag & os.ST_RDONLY:
                return "存储变成只读，记录写不进去：请报修 / the disk can only be read: call for repair"
            free, taken = free_bytes(journal.parent) / MEGABYTE, _taken(journal) / MEGABYTE
        except OSError as cause:
            return f"存储看不到 / nobody can tell how full the disk is: {cause}"
        if not reserve_held:
            return self.NO_RESERVE
        if free < settings.least_free_megabytes:
            return f"存储空间不多：还剩 {free:.0f} MB / {free:.0f} MB of the disk are left: have the office see to it"
        if taken > settings.most_megabytes / 2:
            return (
                f"记录文件很大：{taken:.0f} MB，最多 {settings.most_megabytes} MB"
                f" / the journal has {taken:.0f} of {settings.most_megabytes} MB: have the office see to it"
            )
        days = oldest_seconds / DAY_SECONDS
        if days > settings.most_days / 2:
            return (
                f"有记录 {days:.0f} 天没送到社区，最多 {settings.most_days} 天"
                f" / records have waited {days:.0f} of {settings.most_days} days: have the office see to it"
            )
        return ""


def _taken(journal: Path) -> int:
    parts = (journal, journal.with_name(journal.name + "-wal"))
    return sum(os.stat(part).st_size for part in parts if part.exists())
