"""How far a registry's editions had come, noted beside it: so an older copy that somebody put in its place is noticed.

`hub.registry.documents` notes each block of numbers that it reserves, `hub.registry` asks when it opens. Rule: a copy
that is behind begins a new generation, as after `gate-hub restore`; else no gate would ever send again.
"""

import os
from pathlib import Path

from hub.registry import Registry

_MARK = "-numbers"


def note(registry: Registry, number: int) -> None:
    """Numbers up to this one may be used from now on. A note that a power cut tears counts for none."""
    with _place(registry.path).open("w", encoding="ascii") as file:
        file.write(f"{registry.generation} {number}\n")
        file.flush()
        os.fsync(file.fileno())


def ahead_of(registry: Registry) -> int | None:
    """The generation that another file in this place had reached, where this one is behind it."""
    try:
        text = _place(registry.path).read_text(encoding="ascii")
        generation, number = map(int, text.split() if text.endswith("\n") else ())
    except (OSError, ValueError):
        return None
    return generation if (generation, number) > (registry.generation, int(registry.meta("number") or 0)) else None


def _place(path: Path) -> Path:
    """Of the registry's own name, so that one that is just being made beside it has none."""
    return path.with_name(f"{path.stem}{_MARK}")
