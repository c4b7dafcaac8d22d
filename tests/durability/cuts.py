"""Power cuts: from what a disk remembers to the states in which a cut may have left it.

Called by the campaign on power cuts. Rule: whatever was synced is there. Of what was written since, each sector of 512
bytes is there or not by itself, in whatever order the disk took them; a name that was given or taken since the folder
was last synced may or may not be so.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.durability.disk import Event, Named, Recording, Synced, Told, Truncated, Unnamed, Written

SECTOR = 512
# How much of what was not synced survives: nothing, a little, half, most, all.
SHARES = (0.0, 0.1, 0.5, 0.9, 1.0)


@dataclass
class State:
    """What a cut left behind: the files by name, and whatever anybody had been told before it."""

    files: dict[str, bytes]
    told: list[object]

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
    """The disk as it stands after so many events of a recording."""

    def __init__(self, recording: Recording) -> None:
        self._files = {number: _File(bytearray(content)) for number, content in recording.begun_with.items()}
        self._names = dict(recording.begun_names)
        self._unsynced_names: list[Named | Unnamed] = []
        self._told: list[object] = []

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


def cuts(recording: Recording, count: int, rng: random.Random) -> Iterator[State]:
    """So many cuts, at places of chance, in the order of their places."""
    places = sorted(rng.choices(range(len(recording.events) + 1), k=count))
    platter, reached = Platter(recording), 0
    for place in places:
        while reached < place:
            platter.take(recording.events[reached])
            reached += 1
        yield platter.cut(rng)


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
