"""The inbox: what was received, by identity alone, and which runs of it still have to be folded into the tables."""

from collections.abc import Iterable, Iterator

from hub.registry.records import Identity

Run = tuple[str, str, int, int]
"""Station, journal, and the first and last of records that follow each other."""


def runs_of(identities: Iterable[Identity]) -> Iterator[Run]:
    """The runs in which they come; one that comes twice makes two runs that overlap."""
    station, journal, first, last = "", "", 0, 0
    for its_station, its_journal, sequence in identities:
        if sequence == last + 1 and its_journal == journal and its_station == station:
            last = sequence
            continue
        if first:
            yield station, journal, first, last
        station, journal, first, last = its_station, its_journal, sequence, sequence
    if first:
        yield station, journal, first, last
