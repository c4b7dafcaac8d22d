"""A disk that remembers what befell it: every write, sync and change of a name that SQLite makes below one folder.

`recorded(folder)` puts it under the stdlib's own connections, so that the station's and the hub's code runs on it
unaltered; `tests.durability.cuts` cuts the power at any place of what it wrote down. It is a VFS of Debian's
python3-apsw, which shares the system's SQLite with the stdlib's sqlite3. Rule: it changes nothing and leaves nothing
out; renames that Python makes by itself are heard through its audit hook.
"""

import importlib.util
import os
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

DEBIANS = Path("/usr/lib/python3/dist-packages/apsw")
NAME, BENEATH = "a-disk-that-remembers", "unix"
# Of SQLite's flags for xOpen: a file that may be made, and the two kinds whose first sync syncs their folder as well.
CREATE, MAIN_JOURNAL, WAL = 0x4, 0x800, 0x80000


class NoDisk(Exception):
    """Debian's python3-apsw is not here, or this Python has a SQLite of its own that apsw's VFS is unknown to."""


@dataclass(frozen=True, slots=True)
class Written:
    file: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    file: int
    size: int


@dataclass(frozen=True, slots=True)
class Synced:
    """folder: whether the names in the folder are safe as well from then on."""

    file: int
    folder: bool


@dataclass(frozen=True, slots=True)
class Named:
    """The file has got this name. instead_of: the one that it had before, where it was renamed."""

    name: str
    file: int
    instead_of: str = ""


@dataclass(frozen=True, slots=True)
class Unnamed:
    name: str
    folder_synced: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody outside was told at this point, and may rely on ever after."""

    fact: object


Event = Written | Truncated | Synced | Named | Unnamed | Told


class Recording:
    """What happens in a folder from now on. begun_with: its files by number; begun_names: their numbers by name.

    known: the numbers that some of them had before, where this goes on from an earlier recording.
    """

    def __init__(self, folder: Path, known: Mapping[str, int] | None = None) -> None:
        self.folder = folder
        self.events: list[Event] = []
        self.begun_with: dict[int, bytes] = {}
        self.begun_names: dict[str, int] = dict(known or {})
        self._numbers = count(1 + max([0, *self.begun_names.values()]))
        for path in sorted(folder.iterdir()):
            if not path.name.endswith("-shm"):
                number = self.begun_names.setdefault(path.name, next(self._numbers))
                self.begun_with[number] = path.read_bytes()
        self._names, self._ended = dict(self.begun_names), False

    def tell(self, fact: object) -> None:
        self.note(Told(fact))

    def note(self, event: Event) -> None:
        if not self._ended:
            self.events.append(event)

    def end(self) -> None:
        """The process ends here, by whatever hand; what it tidies up from now on never happened."""
        self._ended = True

    def mine(self, path: str | None) -> str | None:
        """The name below the folder; None for any other file."""
        if path is None or os.path.dirname(path) != str(self.folder):
            return None
        name = os.path.basename(path)
        return None if name.endswith("-shm") else name

    def opened(self, name: str) -> int:
        if name not in self._names:
            self._names[name] = next(self._numbers)
            self.note(Named(name, self._names[name]))
        return self._names[name]

    def renamed(self, old: str, new: str) -> None:
        self._names[new] = self._names.pop(old)
        self.note(Named(new, self._names[new], instead_of=old))

    def unnamed(self, name: str, folder_synced: bool = False) -> None:
        if self._names.pop(name, None) is not None:
            self.note(Unnamed(name, folder_synced))


_now: list[Recording] = []
"""The recording under way. An audit hook stays for as long as its process does, so it looks here."""


@contextmanager
def recorded(folder: Path, known: Mapping[str, int] | None = None) -> Iterator[Recording]:
    """Record what happens to the files of the folder; every connection must be closed within. Raises NoDisk."""
    _listen()
    recording = Recording(folder, known)
    vfs = _vfs(recording)
    try:
        _check_the_stdlib_knows_it()
        _now.append(recording)
        yield recording
    finally:
        _now.clear()
        vfs.unregister()


def apsw() -> Any:
    """Debian's python3-apsw, and nothing else of Debian's Python. Raises NoDisk."""
    if "apsw" not in sys.modules:
        [found, *_] = [*DEBIANS.glob(f"__init__.{sys.implementation.cache_tag}-*.so"), None]
        spec = importlib.util.spec_from_file_location("apsw", found) if found else None
        if spec is None or spec.loader is None:
            raise NoDisk(f"python3-apsw for {sys.implementation.cache_tag} is not installed (apt install python3-apsw)")
        module = importlib.util.module_from_spec(spec)
        sys.modules["apsw"] = module
        spec.loader.exec_module(module)
    return sys.modules["apsw"]


_listening: list[bool] = []


def _listen() -> None:
    if not _listening:
        sys.addaudithook(_hear)
        _listening.append(True)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    """Python's own renames and removals; it raises the event just before."""
    if not _now or event not in ("os.rename", "os.remove"):
        return
    recording = _now[0]
    old = recording.mine(os.fspath(arguments[0]))
    new = recording.mine(os.fspath(arguments[1])) if event == "os.rename" else None
    if old is not None and new is not None:
        recording.renamed(old, new)
    elif old is not None:
        recording.unnamed(old)


def _check_the_stdlib_knows_it() -> None:
    try:
        sqlite3.connect(f"file::memory:?vfs={NAME}", uri=True).close()
    except sqlite3.OperationalError as cause:
        raise NoDisk(f"this Python's sqlite3 does not know apsw's VFS ({cause}): use Debian's Python") from cause


def _file(module: Any, recording: Recording) -> Any:
    """The class of the files whose writes are recorded."""

    class File(module.VFSFile):  # type: ignore[misc, name-defined]
        def __init__(self, name: str, filename: Any, flags: list[int]) -> None:
            super().__init__(BENEATH, filename, flags)
            self._number = recording.opened(name)
            self._syncs_folder = bool(flags[0] & CREATE and flags[0] & (MAIN_JOURNAL | WAL))

        def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
            super().xWrite(data, offset)
            recording.note(Written(self._number, offset, bytes(data)))

        def xTruncate(self, size: int) -> None:  # noqa: N802
            super().xTruncate(size)
            recording.note(Truncated(self._number, size))

        def xSync(self, flags: int) -> None:  # noqa: N802
            super().xSync(flags)
            recording.note(Synced(self._number, self._syncs_folder))
            self._syncs_folder = False

        def excepthook(self, kind: Any, error: Any, at: Any) -> None:
            """SQLite has been told; a reader that closes tries for the writer's lock, and fails, as ever."""
            if not isinstance(error, (module.IOError, module.BusyError)):
                sys.excepthook(kind, error, at)

    return File


def _vfs(recording: Recording) -> Any:
    """Registered as the default of every connection of this process."""
    module = apsw()
    file = _file(module, recording)

    class Remembering(module.VFS):  # type: ignore[misc, name-defined]
        def xOpen(self, filename: Any, flags: list[int]) -> Any:  # noqa: N802
            path = filename.filename() if hasattr(filename, "filename") else filename
            name = recording.mine(path)
            return super().xOpen(filename, flags) if name is None else file(name, filename, flags)

        def xDelete(self, path: str, sync_folder: bool) -> None:  # noqa: N802
            super().xDelete(path, sync_folder)
            name = recording.mine(path)
            if name is not None:
                recording.unnamed(name, bool(sync_folder))

    return Remembering(NAME, BENEATH, makedefault=True)
