"""Power cuts, in small: what was acknowledged is there after each of them; and how the disk is told to fail."""

import random
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.durability import journal_cuts
from tests.durability.cuts import SECTOR, Platter, cuts
from tests.durability.disk import Event, Named, Recording, Synced, Told, Unnamed, Written, recorded
from tests.durability.power_cuts import power_cuts
from tests.durability.verdict import Trial


def test_a_power_cut_loses_nothing_that_station_or_hub_has_acknowledged(debians_apsw: None) -> None:
    """Not a passage that was committed, receipted or ordered; and the same cuts without a sync lose many."""
    figures = power_cuts(0)
    assert figures["trials"] == 200
    assert (figures["lost"], figures["doubled"], figures["corrupt"]) == (0, 0, 0), figures
    assert figures["control_unharmed"] == 0, figures


def test_a_cut_that_lost_something_loses_the_same_when_it_is_tried_alone(debians_apsw: None) -> None:
    """By the name under which it is complained of; nothing else is judged then."""
    whole = [each for life in journal_cuts.lives(100, "20261122", weak=True) for each in life.complaints]
    name, _, what = whole[-1].partition(": ")
    alone = list(journal_cuts.lives(100, "20261122", weak=True, only=Trial.read(name)))
    assert sum(life.trials for life in alone) == 1
    assert f"{name}: {what}" in alone[-1].complaints


def test_the_disk_remembers_just_what_sqlite_wrote(debians_apsw: None, tmp_path: Path) -> None:
    """All that it wrote down, laid out again, is the very file."""
    path = tmp_path / "a.sqlite"
    with recorded(tmp_path) as recording:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("CREATE TABLE passage(body BLOB)")
            connection.executemany("INSERT INTO passage VALUES (?)", [(bytes(each),) for each in range(300)])
            connection.commit()
        (tmp_path / "a.sqlite").rename(tmp_path / "b.sqlite")
    platter = Platter(recording)
    for event in recording.events:
        platter.take(event)
    left = next(
        state.files for state in (platter.cut(random.Random(seed)) for seed in range(100)) if "b.sqlite" in state.files
    )
    assert left == {"b.sqlite": (tmp_path / "b.sqlite").read_bytes()}
    assert any(isinstance(each, Synced) and each.folder for each in recording.events)


def of_events(folder: Path, *events: Event) -> Recording:
    recording = Recording(folder)
    recording.events = list(events)
    return recording


def test_what_was_synced_survives_every_cut_and_what_was_not_may_go_sector_by_sector(tmp_path: Path) -> None:
    first, second = bytes([1]) * SECTOR * 2, bytes([2]) * SECTOR * 2
    recording = of_events(
        tmp_path, Named("a", 1), Written(1, 0, first), Synced(1, folder=True), Told("safe"), Written(1, 0, second)
    )
    seen = set()
    for state in cuts(recording, 2000, random.Random(1)):
        if "safe" in state.told:
            content = state.files["a"]
            assert len(content) == 2 * SECTOR
            seen.add((content[0], content[SECTOR]))
            assert content == bytes([content[0]]) * SECTOR + bytes([content[SECTOR]]) * SECTOR
    assert seen == {(1, 1), (1, 2), (2, 1), (2, 2)}


def test_unsynced_writes_of_one_place_may_reach_the_disk_in_either_order(tmp_path: Path) -> None:
    recording = of_events(
        tmp_path, Named("a", 1), Synced(1, folder=True), Written(1, 0, b"1"), Written(1, 0, b"2"), Told("both")
    )
    left = [each.files["a"] for each in cuts(recording, 500, random.Random(2)) if each.told]
    assert set(left) == {b"", b"1", b"2"}


def test_a_rename_happens_whole_or_not_at_all(tmp_path: Path) -> None:
    recording = of_events(
        tmp_path, Named("a", 1), Synced(1, folder=True), Told("named"), Named("b", 1, instead_of="a"), Told("renamed")
    )
    left = {tuple(state.files) for state in cuts(recording, 500, random.Random(3)) if state.told}
    assert left == {("a",), ("b",)}


def test_a_name_taken_away_stays_away_once_the_folder_is_synced(tmp_path: Path) -> None:
    recording = of_events(tmp_path, Named("a", 1), Unnamed("a", folder_synced=True), Told("gone"))
    assert all(state.files == {} for state in cuts(recording, 200, random.Random(4)) if state.told)
