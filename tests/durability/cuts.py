"""Power cuts and kills: from what a disk remembers to the states in which one of them may have left it.

Called by the campaign on power cuts. Rules: after a kill everything is there, but what was not synced still is not, and
may be gone after a power cut in the next life. After a power cut whatever was synced is there; of what was written
since, each sector of 512 bytes is there or not by itself, in whatever order the disk took them, and a name that was
given or taken since the folder was last synced may or may not be so.
"""

import itertools
import random
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from tests.durability.disk import Event, Named, Recording, Synced, Told, Truncated, Unnamed, Written

SECTOR = 512
# How much of what was not synced survives: nothing, a little, half, most, all.
SHARES = (0.0, 0.1, 0.5, 0.9, 1.0)


@dataclass
class State:
    """What was left: the files by name, and whatever anybody had been told before.

    platter: after a kill, the disk that still holds back some of it; None after a power cut.
    """

    files: dict[str, bytes]
    told: list[object]
    platter: "Platter | None" = None

    def lay_out(self, folder: Path) -> None:
        for name, content in self.files.items():
            (folder / name).write_bytes(content)


@dataclass
class _File:
    safe: bytearray
    unsynced: list[Written | Truncated] = field(default_factory=list)

    def after_all(self) -> bytearray:
        return _laid(self.safe, self.unsynced)


class Platter:
    """The disk as it stands after so many events of a recording. before: how it stood when that began."""

    def __init__(self, recording: Recording, before: "Platter | None" = None) -> None:
        self._files = {number: _File(bytearray(content)) for number, content in recording.begun_with.items()}
        self._names = dict(recording.begun_names)
        self._unsynced_names: list[Named | Unnamed] = []
        self._told: list[object] = []
        if before is not None:
            self._files.update(deepcopy(before._files))
            self._names, self._unsynced_names = dict(before._names), list(before._unsynced_names)

    @property
    def names(self) -> dict[str, int]:
        """As whoever is alive sees them."""
        names = dict(self._names)
        for each in self._unsynced_names:
            _rename(names, each)
        return names

    def kill(self) -> State:
        """The process is gone, the machine goes on."""
        files = {name: bytes(self._files[number].after_all()) for name, number in self.names.items()}
        return State(files, list(self._told), deepcopy(self))

    def take(self, event: Event) -> None:
        match event:
            case Told(fact):
                self._told.append(fact)
            case Written(number) | Truncated(number):
                self._files[number].unsynced.append(event)
            case Synced(number, folder):
                file = self._files[number]
                file.safe, file.unsynced = file.after_all(), []
                if folder:
                    self._sync_names()
            case Named(_, number):
                self._files.setdefault(number, _File(bytearray()))
                self._unsynced_names.append(event)
            case Unnamed(_, folder_synced):
                self._unsynced_names.append(event)
                if folder_synced:
                    self._sync_names()

    def cut(self, rng: random.Random) -> State:
        """One of the states that a cut just here may leave."""
        names = dict(self._names)
        for each in self._unsynced_names[: rng.randint(0, len(self._unsynced_names))]:
            _rename(names, each)
        share, reordered = rng.choice(SHARES), rng.random() < 0.5
        left = {name: _torn(self._files[number], share, reordered, rng) for name, number in names.items()}
        return State(left, list(self._told))

    def _sync_names(self) -> None:
        for each in self._unsynced_names:
            _rename(self._names, each)
        self._unsynced_names = []


def next_base(recording: Recording, states: list[State], rng: random.Random, base: State) -> State:
    """A kill or one of the cuts, and the next life begins in what it left."""
    return kill(recording, rng, base.platter) if rng.random() < 0.5 else rng.choice(states)


def cuts(recording: Recording, count: int, rng: random.Random, before: Platter | None = None) -> Iterator[State]:
    """So many cuts, at places of chance, in the order of their places."""
    places = sorted(rng.choices(range(len(recording.events) + 1), k=count))
    platter, reached = Platter(recording, before), 0
    for place in places:
        for event in recording.events[reached:place]:
            platter.take(event)
        reached = place
        yield platter.cut(rng)


def kill(recording: Recording, rng: random.Random, before: Platter | None = None) -> State:
    """One death: anywhere, or where it hurts most, when everything is written and nothing of it is safe."""
    platter, events = Platter(recording, before), recording.events
    unsafe = [place for place, event in enumerate(events) if isinstance(event, Synced)]
    place = rng.choice(unsafe) if unsafe and rng.random() < 0.5 else rng.randint(0, len(events))
    for event in events[:place]:
        platter.take(event)
    return platter.kill()


def survived(recording: Recording, before: Platter | None = None) -> State:
    """All of it was lived through, and the process ended."""
    platter = Platter(recording, before)
    for event in recording.events:
        platter.take(event)
    return platter.kill()


def _torn(file: _File, share: float, reordered: bool, rng: random.Random) -> bytes:
    pieces = [piece for each in file.unsynced for piece in _pieces(each) if share == 1.0 or rng.random() < share]
    if reordered:
        rng.shuffle(pieces)
    return bytes(_laid(file.safe, pieces))


def _pieces(event: Written | Truncated) -> list[Written | Truncated]:
    """A write as its sectors; part of a sector is taken whole or not at all, its neighbours are left alone."""
    if isinstance(event, Truncated):
        return [event]
    at = [0, *range(SECTOR - event.offset % SECTOR, len(event.data), SECTOR), len(event.data)]
    return [Written(event.file, event.offset + start, event.data[start:end]) for start, end in itertools.pairwise(at)]


def _laid(before: bytearray, events: list[Written | Truncated]) -> bytearray:
    content = bytearray(before)
    for event in events:
        if isinstance(event, Truncated):
            del content[event.size :]
        else:
            end = event.offset + len(event.data)
            content.extend(bytes(max(0, end - len(content))))
            content[event.offset : end] = event.data
    return content


def _rename(names: dict[str, int], event: Named | Unnamed) -> None:
    if isinstance(event, Named):
        names.pop(event.instead_of, None)
        names[event.name] = event.file
    else:
        names.pop(event.name, None)
