"""One registry in the place of another: after a kill at any point one of the two stands whole under the name.

`hub.registry.salvage` and `hub.keeping.restore` call `replace` with a file that is finished; `hub.registry.mending`
calls `finish` before a registry is opened. Rule: the one before keeps its log, under the name that it gets: SQLite
takes a log without its file for rubbish, and a log beside another file for that file's own.
"""

import os
from pathlib import Path

RESTORED, SALVAGED = ".{}.restored", ".{}.salvaged"


def replace(path: Path, fresh: Path, aside: Path) -> None:
    """The registry at `path` gets the name `aside`, that at `fresh` its place. Raises OSError.

    By second names: until the last step both are there under the old ones.
    """
    for suffix in ("", "-wal"):
        known, other = (each.with_name(each.name + suffix) for each in (path, aside))
        if known.exists() and known.stat().st_size and not other.exists():
            os.link(known, other)
    _settle(path.parent)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    fresh.rename(path)
    _settle(path.parent)


def finish(path: Path) -> None:
    """Where a kill came in between, go on: `fresh` was finished before the first name was given. Raises OSError."""
    if not path.exists():
        return
    for pattern in (RESTORED, SALVAGED):
        fresh = path.with_name(pattern.format(path.name))
        for aside in path.parent.glob(f"{path.name}.*-*Z") if fresh.exists() else ():
            if fresh.exists() and aside.samefile(path):
                replace(path, fresh, aside)


def _settle(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
