"""The hub's documents on the station's disk: whole sets only, never an older one, sealed, and there after a restart."""

import logging
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from gate.document import DocumentKind, DocumentRefused
from gate.roster import Health
from station.documents import Documents, load_snapshot
from station.roster import MANIFEST, POLICY, TRUST, Part
from station.snapshot import Snapshot
from tests.station.played_hub import ISSUED_AT, PEOPLE, Office, resident

BUCKET_0 = Part(DocumentKind.ROSTER, 0)
FIRST = PEOPLE[0].person


class Shelf:
    """Documents of one folder, opened anew for every question, as over restarts."""

    def __init__(self, folder: Path, office: Office) -> None:
        self.path = folder / "documents.sqlite"
        self.office = office

    def take(self, *documents: tuple[Part, bytes]) -> list[Snapshot]:
        """What comes out, in order."""
        with closing(Documents(self.path, self.office.reader, "west")) as opened:
            taken = [opened.take(part, payload) for part, payload in documents]
        return [snapshot for snapshot in taken if snapshot is not None]

    def loaded(self) -> Snapshot:
        snapshot = load_snapshot(self.path, self.office.reader, "west")
        assert snapshot is not None
        return snapshot


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, Office())


def _title(snapshot: Snapshot) -> str:
    assert snapshot.rules is not None
    return snapshot.rules.policy.title


def test_a_whole_set_comes_out_once_and_survives_a_restart(shelf: Shelf) -> None:
    """67 documents make one snapshot, which is there again without any network."""
    documents = shelf.office.whole_set()
    (snapshot,) = shelf.take(*documents.items())
    assert len(snapshot.residents) == len(PEOPLE)
    assert shelf.loaded() == snapshot
    assert shelf.take(*documents.items()) == []


def test_the_order_of_arrival_does_not_matter(shelf: Shelf) -> None:
    """Retained messages come in any order; the set is acted on when its last document is there."""
    documents = shelf.office.whole_set()
    assert len(shelf.take(*reversed(documents.items()))) == 1


def test_half_a_set_is_not_acted_on(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    """A new policy and manifest without one of its buckets leave the old whole set in force, and say so."""
    caplog.set_level(logging.INFO)
    shelf.take(*shelf.office.whole_set().items())
    later = shelf.office.whole_set([resident(FIRST, Health.RED)], "第二版")
    missing = {part: payload for part, payload in later.items() if part != BUCKET_0}
    assert shelf.take(*missing.items()) == []
    assert _title(shelf.loaded()) == "第一版"
    assert "roster/00" in caplog.text
    assert "王" not in caplog.text
    (completed,) = shelf.take((BUCKET_0, later[BUCKET_0]))
    assert completed.residents[FIRST].health is Health.RED


def test_nothing_before_the_first_whole_set(shelf: Shelf) -> None:
    """A gate that has heard only a policy has no rules."""
    shelf.take((POLICY, shelf.office.policy()))
    assert load_snapshot(shelf.path, shelf.office.reader, "west") is None


def test_nothing_without_a_file(shelf: Shelf) -> None:
    """A station that was never online starts without rules, and leaves no file behind."""
    assert load_snapshot(shelf.path, shelf.office.reader, "west") is None
    assert not shelf.path.exists()


def test_a_new_manifest_alone_refreshes_the_rules(shelf: Shelf) -> None:
    """The same documents signed for again: nothing changes but when they were last confirmed."""
    documents = shelf.office.whole_set()
    (before,) = shelf.take(*documents.items())
    an_hour_on = ISSUED_AT + timedelta(hours=1)
    (after,) = shelf.take((MANIFEST, shelf.office.manifest(documents, issued_at=an_hour_on)))
    assert before.rules is not None
    assert after.rules is not None
    assert (after.rules.edition, after.rules.confirmed_at) == (before.rules.edition, an_hour_on)
    assert after.residents == before.residents
    assert shelf.loaded() == after


@pytest.mark.parametrize("part", [POLICY, TRUST, MANIFEST, BUCKET_0], ids=str)
def test_an_older_edition_is_refused_even_after_a_restart(shelf: Shelf, part: Part) -> None:
    """Genuine but older documents, played back by whoever holds the broker, change nothing."""
    old = shelf.office.whole_set(title="第一版")
    shelf.take(*shelf.office.whole_set(title="第二版").items())
    with pytest.raises(DocumentRefused, match="older"):
        shelf.take((part, old[part]))
    assert _title(shelf.loaded()) == "第二版"


def test_a_new_generation_may_begin_at_one(shelf: Shelf) -> None:
    """A hub restored from a backup counts anew under a greater generation, and is believed."""
    shelf.take(*shelf.office.whole_set().items())
    shelf.office.generation += 1
    shelf.office.number = 0
    (snapshot,) = shelf.take(*shelf.office.whole_set(title="恢复版").items())
    assert _title(snapshot) == "恢复版"


def test_a_bucket_sealed_with_another_key_leaves_the_old_set(shelf: Shelf) -> None:
    """The old people stay known until a bucket comes that can be opened."""
    shelf.take(*shelf.office.whole_set().items())
    strange = Office(roster_key=bytes(32))
    strange.number = 900
    with pytest.raises(DocumentRefused, match="another roster key"):
        shelf.take((BUCKET_0, strange.bucket(0, [resident(FIRST, Health.RED)])))
    assert shelf.loaded().residents[FIRST].health is Health.GREEN


def test_the_roster_stays_sealed_on_the_disk(shelf: Shelf, tmp_path: Path) -> None:
    """No name of the roster can be read in any file of the station; other users cannot open it at all."""
    with closing(Documents(shelf.path, shelf.office.reader, "west")) as documents:
        for part, payload in shelf.office.whole_set().items():
            documents.take(part, payload)
        written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert "第一版".encode() in written
    assert "王".encode() not in written
    assert PEOPLE[0].person.encode() not in written
    assert shelf.path.stat().st_mode & 0o077 == 0


def test_a_changed_row_is_not_believed(shelf: Shelf) -> None:
    """A document that was changed on the disk breaks the set; a gate rather has no rules than wrong ones."""
    shelf.take(*shelf.office.whole_set().items())
    with closing(Documents(shelf.path, shelf.office.reader, "west")) as documents:
        documents._connection.execute(
            "UPDATE document SET payload = CAST(replace(payload, '第一版', '第九版') AS BLOB) WHERE part = 'policy'"
        )
    assert load_snapshot(shelf.path, shelf.office.reader, "west") is None


def test_a_broken_file_is_set_aside(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    """A card that lost the file must not keep the gate from its rules: the hub's documents are taken anew."""
    shelf.path.write_bytes(b"no database" * 400)
    assert load_snapshot(shelf.path, shelf.office.reader, "west") is None
    assert len(shelf.take(*shelf.office.whole_set().items())) == 1
    assert shelf.path.with_name("documents.sqlite.unreadable").exists()
    assert "the hub sends all anew" in caplog.text


def test_the_receipts_floor_is_kept(shelf: Shelf) -> None:
    """Which registry generation spoke last is known after a restart."""
    with closing(Documents(shelf.path, shelf.office.reader, "west")) as documents:
        assert documents.receipt_floor() == 0
        documents.raise_receipt_floor(7)
    with closing(Documents(shelf.path, shelf.office.reader, "west")) as documents:
        assert documents.receipt_floor() == 7
