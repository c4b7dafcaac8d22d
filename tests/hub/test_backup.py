"""A backup is one moment of the registry, whole or not there; what takes its place is a new generation of it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from gate.document import DocumentKind
from gate.policy import Policy
from gate.staff import Guard
from gate.wire import body_hash
from hub import control, keys
from hub.bulletin import Bulletin
from hub.keeping import backup
from hub.keeping.backup import BackupFailed
from hub.keeping.restore import restore
from hub.registry import Registry, clerks, documents, guards, open_registry, opened, people, soundness
from hub.registry.documents import NO_BUCKET, Editions
from hub.registry.parcels import Parcel
from hub.registry.people import Household, Person
from hub.registry.records import take
from hub.settings import Settings

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=8)
JOURNAL = "ab" * 8


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "data").mkdir()
    return Settings(compound="sunshine", data=str(tmp_path / "data"))


@pytest.fixture
def registry(settings: Settings) -> Iterator[Registry]:
    with closing(open_registry(settings.registry, NOW, "sunshine")) as opened_one:
        opened_one.run(lambda each: people.put_households(each, [Household(id="aa" * 8, building="3")]))
        yield opened_one


def hear(registry: Registry, *sequences: int) -> None:
    body = b'{"kind":"of tomorrow"}'
    parcels = [Parcel("east-1", JOURNAL, each, body_hash(body), body, why="body unreadable: x") for each in sequences]
    registry.run(lambda each: take(each, parcels, [], NOW))


def damage(registry: Registry) -> None:
    """A row changes and nobody notes it."""
    (trigger,) = registry.rows("SELECT sql FROM sqlite_schema WHERE name = 'household_resealed'")[0]
    with registry.database.atomic():
        for statement in ("DROP TRIGGER household_resealed", "UPDATE household SET building = '4'", trigger):
            registry.database.conn.execute(statement)


def records(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT sequence FROM record ORDER BY sequence")]


def test_a_backup_is_one_moment_while_the_hub_goes_on(registry: Registry, settings: Settings, tmp_path: Path) -> None:
    """What is committed while the pages are copied is not in it, and its writer does not wait."""
    hear(registry, *range(1, 2001))
    fresh = count(3000)
    made = backup.take(
        settings.registry, tmp_path / "copy.sqlite", "sunshine", NOW, lambda *_: hear(registry, next(fresh)), 16
    )
    assert records(made.path) == list(range(1, 2001))
    assert len(records(settings.registry)) > 2001, "nothing was committed meanwhile, so nothing was shown"
    assert (made.records, made.compound, made.at, made.generation) == (2000, "sunshine", NOW, registry.generation)
    assert backup.look_through(made.path) == ()


def test_a_backup_is_a_single_file_for_its_owner_s_eyes(registry: Registry, settings: Settings, tmp_path: Path) -> None:
    """It holds names and identity numbers; and a log beside it would be forgotten when it is carried away."""
    folder = tmp_path / "backups"
    folder.mkdir()
    made = backup.take(settings.registry, folder, "sunshine", NOW)
    assert [each.name for each in folder.iterdir()] == ["registry-sunshine-20261122T040000Z.sqlite"]
    assert made.path.stat().st_mode & 0o777 == 0o600


def test_the_newest_backups_stay(registry: Registry, settings: Settings, tmp_path: Path) -> None:
    """And nothing else in that folder is touched."""
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "registry-notes.sqlite").touch()
    for day in range(4):
        backup.take(settings.registry, folder, "sunshine", NOW + timedelta(days=day))
    backup.drop_old(folder, "sunshine", 2)
    assert [each.name[18:26] for each in backup.listed(folder, "sunshine")] == ["20261125", "20261124"]
    assert (folder / "registry-notes.sqlite").exists()


def test_of_a_damaged_registry_there_is_no_backup(registry: Registry, settings: Settings, tmp_path: Path) -> None:
    """SQLite would copy the row that changed without a word; good backups would be dropped for it."""
    damage(registry)
    with pytest.raises(BackupFailed, match="damaged") as failed:
        backup.take(settings.registry, tmp_path / "copy.sqlite", "sunshine", NOW)
    assert 'household ["aaaaaaaaaaaaaaaa"]: its two copies differ' in failed.value.details
    assert [each for each in tmp_path.iterdir() if each.is_file()] == []


def test_a_backup_never_replaces_a_file(registry: Registry, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "copy.sqlite").write_text("kept")
    with pytest.raises(BackupFailed, match="never written over"):
        backup.take(settings.registry, tmp_path / "copy.sqlite", "sunshine", NOW)
    assert (tmp_path / "copy.sqlite").read_text() == "kept"


def test_what_is_restored_is_a_new_generation_of_all_that_was_backed_up(settings: Settings, tmp_path: Path) -> None:
    """And the records that came since are carried over from the registry before, each once."""
    with opened(settings.registry, NOW, "sunshine") as registry:
        hear(registry, 1, 2, 3)
        registry.run(lambda each: clerks.put(each, "office", "hash", NOW))
        made = backup.take(settings.registry, tmp_path / "copy.sqlite", "sunshine", NOW)
        hear(registry, 4, 5)
        registry.run(lambda each: clerks.put(each, "late", "hash", NOW))
        before = registry.generation
    done = restore(settings, made.path, LATER)
    assert done.generation > before
    assert (done.gone, done.records) == ({"clerk": 1, "quarantine": 2}, 2)
    assert done.set_aside is not None
    assert records(done.set_aside) == [1, 2, 3, 4, 5]
    with opened(settings.registry, LATER, "sunshine") as registry:
        assert registry.generation == done.generation
        assert registry.rows("SELECT name FROM clerk") == [("office",)]
        assert [row[0] for row in registry.rows("SELECT sequence FROM record")] == [1, 2, 3, 4, 5]
    assert backup.look_through(settings.registry) == ()


def test_a_generation_grows_however_the_clock_stands(settings: Settings, tmp_path: Path) -> None:
    """Restored twice within a second, or by a machine whose clock is years behind."""
    with opened(settings.registry, NOW, "sunshine"):
        made = backup.take(settings.registry, tmp_path / "copy.sqlite", "sunshine", NOW)
    first, second, third = (
        restore(settings, made.path, at).generation for at in (LATER, LATER, datetime(2000, 1, 1, tzinfo=UTC))
    )
    assert made.generation < first < second < third


def test_an_older_copy_put_in_place_by_hand_is_a_new_generation_too(settings: Settings, tmp_path: Path) -> None:
    """Many will copy a file where they should restore it; the gates must send again all the same."""
    with opened(settings.registry, NOW, "sunshine") as registry:
        Editions(registry).draw()
        made = backup.take(settings.registry, tmp_path / "copy.sqlite", "sunshine", NOW)
        Editions(registry).draw()
        before = registry.generation
    with opened(settings.registry, LATER, "sunshine") as registry:
        assert registry.generation == before, "nothing has happened to this one"
    settings.registry.write_bytes(made.path.read_bytes())
    with opened(settings.registry, LATER, "sunshine") as registry:
        assert registry.generation > before
        Editions(registry).draw()
        after = registry.generation
    with opened(settings.registry, LATER, "sunshine") as registry:
        assert registry.generation == after, "once is enough"


def test_every_document_is_signed_anew_and_their_numbers_go_on(settings: Settings, tmp_path: Path) -> None:
    """A gate takes a document only where its edition is higher than the one it has."""
    secrets = keys.make(settings.keys)

    def publish(registry: Registry, now: datetime) -> dict[DocumentKind, str]:
        Bulletin("sunshine", secrets, Editions(registry), lambda _topic, _payload: None, bytes).refresh(registry, now)
        found = documents.published(registry)
        return {kind: str(each.edition) for (kind, _), each in found.items()}

    with opened(settings.registry, NOW, "sunshine") as registry:
        registry.run(lambda each: documents.set_policy(each, Policy("阳光")))
        publish(registry, NOW)
        made = backup.take(settings.registry, tmp_path / "copy.sqlite", "sunshine", NOW)
        before = documents.published(registry)
    done = restore(settings, made.path, LATER)
    with opened(settings.registry, LATER, "sunshine") as registry:
        publish(registry, LATER)
        after = documents.published(registry)
    assert before.keys() == after.keys()
    assert {each.edition.generation for each in after.values()} == {done.generation}
    assert after[DocumentKind.POLICY, NO_BUCKET].edition.number > before[DocumentKind.POLICY, NO_BUCKET].edition.number


def test_nothing_is_restored_while_a_hub_holds_the_folder(settings: Settings, tmp_path: Path) -> None:
    with opened(settings.registry, NOW, "sunshine"):
        made = backup.take(settings.registry, tmp_path / "copy.sqlite", "sunshine", NOW)
    before = settings.registry.read_bytes()
    with control.exclusive(settings), pytest.raises(control.DataInUse):
        restore(settings, made.path, LATER)
    assert settings.registry.read_bytes() == before


@pytest.mark.parametrize("harm", ["flipped", "torn off", "another compound's", "no backup"])
def test_no_bad_backup_takes_the_registry_s_place(settings: Settings, tmp_path: Path, harm: str) -> None:
    """Whatever is wrong with it, the registry stays as it is."""
    copy = tmp_path / "copy.sqlite"
    with opened(settings.registry, NOW, "sunshine") as registry:
        registry.run(lambda each: clerks.put(each, "office", "hash-of-office", NOW))
        backup.take(settings.registry, copy, "sunshine", NOW)
    content = copy.read_bytes()
    match harm:
        case "flipped":
            copy.write_bytes(content.replace(b"hash-of-office", b"hash-of-Office", 1))
        case "torn off":
            copy.write_bytes(content[: len(content) // 2])
        case "no backup":
            copy.write_bytes(b"no backup at all")
        case _:
            settings = Settings(compound="moonlight", data=settings.data)
    before = settings.registry.read_bytes()
    with pytest.raises(BackupFailed):
        restore(settings, copy, LATER)
    assert settings.registry.read_bytes() == before


def test_what_the_office_has_to_do_again_is_counted(settings: Settings, tmp_path: Path) -> None:
    """Guards, people and rules since the backup; but not what the gates' own records and statuses changed."""
    guard = Guard("li", "李", b"s" * 16, b"h" * 32, "cc" * 8)
    with opened(settings.registry, NOW, "sunshine") as registry:
        made = backup.take(settings.registry, tmp_path / "copy.sqlite", "sunshine", NOW)
        registry.run(lambda each: people.put_households(each, [Household(id="aa" * 8, building="3")]))
        person = Person(id="0b" * 8, household="aa" * 8, name="王", masked_name="王")
        registry.run(lambda each: people.put_persons(each, [person]))
        registry.run(lambda each: guards.put(each, guard, person.id, NOW))
        registry.run(lambda each: documents.set_policy(each, Policy("阳光")))
    assert restore(settings, made.path, LATER).gone == {"meta": 1, "household": 1, "person": 1, "guard": 1}


def test_a_registry_that_cannot_be_read_is_no_hindrance(settings: Settings, tmp_path: Path) -> None:
    """That is when a backup is wanted."""
    with opened(settings.registry, NOW, "sunshine") as registry:
        hear(registry, 1)
        made = backup.take(settings.registry, tmp_path / "copy.sqlite", "sunshine", NOW)
    settings.registry.write_bytes(b"nothing that anybody could read")
    done = restore(settings, made.path, LATER)
    assert (done.gone, records(settings.registry)) == (None, [1])
    with closing(soundness.reading(settings.registry)) as reader:
        assert list(soundness.office(reader)) == []
