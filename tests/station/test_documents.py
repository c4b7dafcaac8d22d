"""The hub's documents on the station's disk: whole sets only, never an older one, sealed, and there after a restart."""

import contextlib
import logging
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from gate.document import DocumentKind, DocumentRefused
from gate.policy import Direction, GateRule, Policy, Zone
from gate.roster import Health, Standing
from gate.trust import TrustedKey, TrustList, Usage
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
    later = shelf.office.whole_set([resident(FIRST, Health.RED), *PEOPLE[1:]], "第二版")
    missing = {part: payload for part, payload in later.items() if part != BUCKET_0}
    assert shelf.take(*missing.items()) == []
    assert _title(shelf.loaded()) == "第一版"
    assert "roster/00" in caplog.text
    assert "王" not in caplog.text
    (completed,) = shelf.take((BUCKET_0, later[BUCKET_0]))
    assert completed.residents[FIRST].health is Health.RED


def test_a_revocation_holds_before_its_set_is_whole(shelf: Shelf) -> None:
    """The trust list alone came through: the pass is void at once and after a restart, and nothing else has changed."""
    (before,) = shelf.take(*shelf.office.whole_set().items())
    (at_once,) = shelf.take((TRUST, shelf.office.trust(["5e" * 8])))
    assert "5e" * 8 in at_once.trust.revoked
    assert "5e" * 8 not in before.trust.revoked
    assert (at_once.rules, at_once.residents) == (before.rules, before.residents)
    assert shelf.loaded() == at_once


def test_an_isolation_holds_before_its_set_is_whole(shelf: Shelf) -> None:
    """One bucket alone: who is isolated, watched, gone red or moved away is so at once; who was freed waits for all."""
    isolated, red, freed, gone, watched, guest = (f"0000000000000{number}00" for number in range(6))
    people = [resident(isolated), resident(red), resident(freed, Health.RED), resident(gone)]
    people += [resident(watched), structs.replace(resident(guest), until=ISSUED_AT + timedelta(days=3))]
    shelf.take(*shelf.office.whole_set(people).items())
    now = [structs.replace(people[0], standing=Standing.ISOLATED), resident(red, Health.RED), resident(freed)]
    now += [structs.replace(people[4], standing=Standing.MONITORED), structs.replace(people[5], until=ISSUED_AT)]
    documents = shelf.office.whole_set(now)
    (at_once,) = shelf.take((BUCKET_0, documents[BUCKET_0]))
    assert at_once.residents[isolated].standing is Standing.ISOLATED
    assert at_once.residents[watched].standing is Standing.MONITORED
    assert at_once.residents[guest].until == ISSUED_AT
    assert at_once.residents[red].health is Health.RED
    assert at_once.residents[freed].health is Health.RED
    assert gone not in at_once.residents
    assert shelf.loaded() == at_once
    (whole,) = shelf.take(*documents.items())
    assert whole.residents[freed].health is Health.GREEN


def test_a_sealed_building_and_a_closed_gate_hold_before_their_set_is_whole(shelf: Shelf) -> None:
    """The policy alone: whatever closes does so at once, with its words; whatever opens waits for all of it."""
    before = {"zones": {"3": Zone.SEALED, "5": Zone.CONTROLLED}, "gates": {"north": GateRule(open=False)}}
    documents = shelf.office.whole_set()
    documents[POLICY] = shelf.office.signed(DocumentKind.POLICY, Policy("第一版", **before))
    documents[MANIFEST] = shelf.office.manifest(documents)
    shelf.take(*documents.items())
    after = {
        "zones": {"4": Zone.SEALED, "5": Zone.SEALED},
        "gates": {
            "west": GateRule(open=False, notice_zh="请走东门"),
            "east": GateRule(directions=frozenset({Direction.OUT})),
        },
        "measure_on": frozenset(),
        "deliver_to_door": frozenset({Zone.SEALED}),
    }
    (at_once,) = shelf.take((POLICY, shelf.office.signed(DocumentKind.POLICY, Policy("第二版", **after))))
    assert at_once.rules is not None
    policy = at_once.rules.policy
    assert policy.zones == {"3": Zone.SEALED, "4": Zone.SEALED, "5": Zone.SEALED}
    assert policy.gate_rule("west") == GateRule(open=False, notice_zh="请走东门")
    assert policy.gate_rule("east").directions == {Direction.OUT}
    assert not policy.gate_rule("north").open
    assert (policy.title, policy.measure_on) == ("第一版", frozenset(Direction))
    assert policy.deliver_to_door == frozenset()
    assert shelf.loaded() == at_once


def test_a_new_resident_and_a_new_key_wait_for_the_whole_set(shelf: Shelf) -> None:
    """What would let somebody through who was not let through before is no restriction."""
    shelf.take(*shelf.office.whole_set([]).items())
    key = TrustedKey(bytes(32), shelf.office.compound, frozenset({Usage.PASS}), ISSUED_AT, ISSUED_AT)
    later = shelf.office.bucket(0, [resident("00" * 8)])
    trust = shelf.office.signed(DocumentKind.TRUST, TrustList((key,)))
    assert shelf.take((BUCKET_0, later), (TRUST, trust)) == []


def test_an_older_trust_list_cannot_bring_a_revoked_pass_back(shelf: Shelf) -> None:
    """Neither at once nor after a restart, nor by a manifest of its time."""
    old = shelf.office.whole_set()
    shelf.take(*old.items())
    shelf.take((TRUST, shelf.office.trust(["5e" * 8])))
    for part in (TRUST, MANIFEST):
        with contextlib.suppress(DocumentRefused):
            shelf.take((part, old[part]))
        assert "5e" * 8 in shelf.loaded().trust.revoked


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


def _damage(shelf: Shelf, which: str, *parts: Part) -> None:
    with closing(sqlite3.connect(shelf.path)) as connection:
        for part in parts:
            connection.execute("UPDATE document SET payload = x'00' WHERE shelf = ? AND part = ?", (which, str(part)))
        connection.commit()


@pytest.mark.parametrize("part", [POLICY, TRUST, BUCKET_0], ids=str)
def test_what_is_damaged_in_one_place_is_found_in_the_other(shelf: Shelf, part: Part) -> None:
    """Every document in force lies on the disk twice; a gate without a network starts with its rules."""
    (snapshot,) = shelf.take(*shelf.office.whole_set().items())
    _damage(shelf, "in_force", part)
    assert shelf.loaded() == snapshot


@pytest.mark.parametrize("part", [POLICY, MANIFEST, BUCKET_0], ids=str)
def test_a_gate_that_lost_its_rules_has_them_again_once_the_broker_is_heard(shelf: Shelf, part: Part) -> None:
    """The broker keeps the same documents for it; they need not be new to put it right."""
    documents = shelf.office.whole_set()
    (snapshot,) = shelf.take(*documents.items())
    _damage(shelf, "in_force", MANIFEST, part)
    assert shelf.take(*documents.items()) == [snapshot]
    assert shelf.loaded() == snapshot


def test_an_older_edition_is_refused_where_the_newest_was_damaged(shelf: Shelf) -> None:
    """What is in force is not older than what it was."""
    old = shelf.office.whole_set(title="第一版")
    shelf.take(*shelf.office.whole_set(title="第二版").items())
    _damage(shelf, "newest", *old)
    for part in (POLICY, TRUST, BUCKET_0, MANIFEST):
        with pytest.raises(DocumentRefused, match="older"):
            shelf.take((part, old[part]))
    assert _title(shelf.loaded()) == "第二版"


def test_a_file_with_a_damaged_page_is_set_aside(shelf: Shelf) -> None:
    """Whatever page it is: the link to the hub begins, and the documents are taken anew."""
    documents = shelf.office.whole_set()
    shelf.take(*documents.items())
    whole = shelf.path.read_bytes()
    for page in range(0, len(whole), 4096):
        damaged = whole[:page] + b"\xff" * 4096 + whole[page + 4096 :]
        for file in shelf.path.parent.iterdir():
            file.unlink()
        shelf.path.write_bytes(damaged)
        shelf.take(*documents.items())
        assert len(shelf.loaded().residents) == len(PEOPLE)


def test_a_broken_file_is_set_aside(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    """A card that lost the file must not keep the gate from its rules: the hub's documents are taken anew."""
    shelf.path.write_bytes(b"no database" * 400)
    assert load_snapshot(shelf.path, shelf.office.reader, "west") is None
    assert len(shelf.take(*shelf.office.whole_set().items())) == 1
    assert shelf.path.with_name("documents.sqlite.unreadable").exists()
    assert "the hub sends it all again" in caplog.text


def test_a_file_whose_damage_is_no_text_is_set_aside(shelf: Shelf) -> None:
    """SQLite quotes the bytes that it stumbles over, and they need not be UTF-8."""
    documents = shelf.office.whole_set()
    shelf.take(*documents.items())
    shelf.path.write_bytes(shelf.path.read_bytes().replace(b"CREATE TABLE document", b"CREATE \xff\xfeBLE document"))
    assert load_snapshot(shelf.path, shelf.office.reader, "west") is None
    assert len(shelf.take(*documents.items())) == 1


def test_the_receipts_floor_is_kept(shelf: Shelf) -> None:
    """Which registry generation spoke last is known after a restart."""
    with closing(Documents(shelf.path, shelf.office.reader, "west")) as documents:
        assert documents.receipt_floor() == 0
        documents.raise_receipt_floor(7)
    with closing(Documents(shelf.path, shelf.office.reader, "west")) as documents:
        assert documents.receipt_floor() == 7


def test_a_disk_that_takes_nothing_keeps_no_receipt_from_the_gate(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    """Without receipts nothing of the journal could ever be let go of, and the disk would stay full."""
    with closing(Documents(shelf.path, shelf.office.reader, "west")) as documents:
        documents._connection.execute("PRAGMA query_only = 1")
        documents.raise_receipt_floor(7)
        assert documents.receipt_floor() == 0
    assert "until this station ends" in caplog.text
