"""The bulletin: what gates hold is signed, sealed, bound by the manifest, and only what changed travels."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from gate import sealing, topics
from gate.document import DocumentKind, Edition, SignedDocument, body_of, open_document
from gate.formats.chain import Credential, Kind
from gate.notices import Notice, Notices
from gate.permit import Permit, PermitKind
from gate.policy import Policy
from gate.roster import BUCKETS, Health, Manifest, RosterBucket, bucket_of, digest, unseal
from gate.staff import Guard, Staff, pin_hash
from gate.staff import unseal as unseal_staff
from gate.trust import TrustList, Usage
from hub import keys
from hub.bulletin import Bulletin
from hub.registry import Registry, documents, guards, notices, opened, passes, people, permits
from hub.registry.documents import Editions
from hub.registry.instants import written
from hub.registry.people import Household, Person

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
HOME = Household(id="aa" * 8, building="3", unit="2", room="canary-501")
MANIFEST = topics.MANIFEST.of("sunshine")
OUTING = Permit("ee" * 8, next(iter(PermitKind)), NOW, NOW + timedelta(hours=2), None)


def person(number: int, name: str = "王小明") -> Person:
    return Person(id=f"{number:02x}" * 8, household=HOME.id, name=name, masked_name="王*明", telephone="13912345678")


class Board:
    """What lies on the broker, and a bulletin that fills it."""

    def __init__(self, folder: Path, registry: Registry) -> None:
        self.registry = registry
        self.keys = keys.make(folder / "keys")
        self.retained: dict[str, bytes] = {}
        self.published: list[str] = []
        self.open()

    def open(self) -> None:
        self.bulletin = Bulletin("sunshine", self.keys, Editions(self.registry), self._publish, os.urandom)

    def _publish(self, topic: str, payload: bytes) -> None:
        self.retained[topic] = payload
        self.published.append(topic)

    def refresh(self, now: datetime = NOW) -> list[str]:
        self.published = []
        assert self.bulletin.refresh(self.registry, now) == len(self.published)
        return self.published

    def follow(self, now: datetime = NOW) -> list[str]:
        """As the writer does after an order."""
        self.published = []
        assert self.bulletin.follow(self.registry, now) == len(self.published)
        return self.published

    def document(self, topic: topics.Topic, kind: DocumentKind) -> SignedDocument:
        payload = self.retained[topic.of("sunshine")]
        return open_document(payload, kind, "sunshine", [self.keys.document.public])

    def manifest(self) -> Manifest:
        return body_of(self.document(topics.MANIFEST, DocumentKind.MANIFEST), Manifest)

    def bucket(self, number: int) -> RosterBucket:
        payload = self.retained[topics.ROSTER.of("sunshine", bucket=number)]
        opened_ = unseal(payload, number, "sunshine", self.keys.roster)
        return body_of(
            open_document(opened_, DocumentKind.ROSTER, "sunshine", [self.keys.document.public]), RosterBucket
        )


@pytest.fixture
def board(tmp_path: Path):
    with opened(tmp_path / "registry.sqlite", NOW, "sunshine") as registry:
        registry.run(lambda each: documents.set_policy(each, Policy(title="平时")))
        registry.run(lambda each: people.put_households(each, [HOME]))
        registry.run(lambda each: people.put_persons(each, [person(number) for number in range(10)]))
        yield Board(tmp_path, registry)


def test_the_first_bulletin_is_whole_and_its_manifest_comes_last(board: Board):
    topics_ = board.refresh()
    assert len(topics_) == len(set(topics_)) == BUCKETS + 3
    assert topics_[-1] == MANIFEST


def test_the_manifest_names_the_digest_of_everything_on_the_board(board: Board):
    board.refresh()
    manifest = board.manifest()
    assert manifest.policy == digest(board.retained[topics.POLICY.of("sunshine")])
    assert manifest.trust == digest(board.retained[topics.TRUST.of("sunshine")])
    sealed = [board.retained[topics.ROSTER.of("sunshine", bucket=bucket)] for bucket in range(BUCKETS)]
    assert list(manifest.roster) == [digest(payload) for payload in sealed]
    assert manifest.people == 10


def test_everybody_is_in_their_bucket_and_nobody_can_be_read_without_the_key(board: Board):
    board.refresh()
    (resident,) = board.bucket(bucket_of(person(7).id)).residents
    assert (resident.person, resident.building) == (person(7).id, "3")
    whole_board = b"".join(board.retained.values())
    for canary in ("王小明", "王*明", "13912345678", "canary-501", person(7).id):
        assert canary.encode() not in whole_board


def test_the_gates_learn_the_key_that_seals_their_forms(board: Board):
    board.refresh()
    listed = body_of(board.document(topics.TRUST, DocumentKind.TRUST), TrustList)
    assert listed.form_key == board.keys.form_public
    sealed = sealing.close("豫A12345".encode(), "sunshine", listed.form_key, bytes(range(32)))
    assert sealing.open_sealed(sealed, "sunshine", board.keys.form) == "豫A12345".encode()


def test_staff_and_notices_come_with_the_first_of_them_and_stay(board: Board):
    """A compound that uses neither is told as before; once told, an empty list is told too."""
    board.refresh()
    assert (board.manifest().staff, board.manifest().notices) == (None, None)
    guard = Guard("li", "李师傅", bytes(16), pin_hash("123456", bytes(16)))
    masks = Notice("masks", "请戴口罩", "Wear a mask", 60, NOW, NOW + timedelta(hours=8), 30)
    board.registry.run(lambda each: guards.put(each, guard, person(7).id, NOW))
    board.registry.run(lambda each: notices.put(each, masks))
    staff_topic, notices_topic = topics.STAFF.of("sunshine"), topics.NOTICES.of("sunshine")
    assert board.refresh() == [staff_topic, notices_topic, MANIFEST]
    assert board.manifest().staff == digest(board.retained[staff_topic])
    assert board.manifest().notices == digest(board.retained[notices_topic])
    assert board.refresh() == []
    board.registry.run(lambda each: guards.remove(each, "li", NOW))
    assert board.refresh(NOW + timedelta(hours=8)) == [staff_topic, notices_topic, MANIFEST]
    assert body_of(board.document(topics.NOTICES, DocumentKind.NOTICES), Notices) == Notices()


def test_the_guards_of_the_board_are_sealed_with_the_rosters_key(board: Board):
    guard = Guard("li", "李师傅", bytes(16), pin_hash("123456", bytes(16)))
    board.registry.run(lambda each: guards.put(each, guard, person(7).id, NOW))
    board.refresh()
    sealed = board.retained[topics.STAFF.of("sunshine")]
    assert "李师傅".encode() not in sealed
    signed = unseal_staff(sealed, "sunshine", board.keys.roster)
    document = open_document(signed, DocumentKind.STAFF, "sunshine", [board.keys.document.public])
    assert body_of(document, Staff) == Staff((guard,))


def test_nothing_changed_publishes_nothing(board: Board):
    board.refresh()
    assert board.refresh(NOW + timedelta(minutes=5)) == []


def test_one_changed_person_changes_one_bucket(board: Board):
    board.refresh()
    before = board.manifest().roster_edition
    board.registry.run(lambda each: people.put_persons(each, [person(7, "李四")]))
    assert board.refresh() == []
    changed = Person(id=person(7).id, household=HOME.id, name="李四", masked_name="李*")
    board.registry.run(lambda each: people.put_persons(each, [changed]))
    assert board.refresh() == [topics.ROSTER.of("sunshine", bucket=bucket_of(person(7).id)), MANIFEST]
    assert board.manifest().roster_edition > before


def test_what_follows_a_command_looks_at_the_buckets_of_whom_it_touched_and_at_no_other(board: Board):
    """One person's change must not cost the work of thirteen thousand; what time alone changed comes by the minute."""
    guest = Person(
        id=person(3).id, household=HOME.id, name="x", masked_name="访*", until=written(NOW + timedelta(minutes=1))
    )
    board.registry.run(lambda each: people.put_persons(each, [guest]))
    board.refresh()
    red = Person(id=person(7).id, household=HOME.id, name="x", masked_name="王*明", health=Health.RED)
    board.registry.run(lambda each: people.put_persons(each, [red]))
    later = NOW + timedelta(minutes=2)
    assert board.follow(later) == [topics.ROSTER.of("sunshine", bucket=bucket_of(person(7).id)), MANIFEST]
    assert board.manifest().people == 10
    assert board.refresh(later) == [topics.ROSTER.of("sunshine", bucket=bucket_of(person(3).id)), MANIFEST]
    assert board.manifest().people == 9


@pytest.mark.parametrize(
    ("order", "touched"),
    [
        (lambda each: people.moved_away(each, [person(2).id], NOW), {2}),
        (lambda each: people.put_households(each, [structs.replace(HOME, building="9")]), set(range(10))),
        (lambda each: permits.put(each, person(4).id, OUTING, NOW), {4}),
    ],
    ids=["moved away", "another door", "leave given"],
)
def test_following_a_command_tells_as_much_as_a_full_look(board: Board, order, touched: set[int]):
    """Whatever a command does to people, the gates hold afterwards what a bulletin made from nothing would hold."""
    board.refresh()
    board.registry.run(order)
    told = set(board.follow())
    assert told == {topics.ROSTER.of("sunshine", bucket=bucket_of(person(each).id)) for each in touched} | {MANIFEST}
    assert board.refresh() == []


def test_the_first_word_after_a_start_is_whole_though_a_command_was_first(board: Board):
    board.registry.told()
    board.registry.run(lambda each: people.put_persons(each, [person(7, "李四")]))
    assert len(board.follow()) == BUCKETS + 3


def test_a_sealed_bucket_never_uses_a_nonce_twice(board: Board):
    board.refresh()
    topic = topics.ROSTER.of("sunshine", bucket=bucket_of(person(7).id))
    seen = {board.retained[topic]}
    for name in ("李*", "王*明", "李*"):
        changed = Person(id=person(7).id, household=HOME.id, name="x", masked_name=name)
        board.registry.run(lambda each, changed=changed: people.put_persons(each, [changed]))
        board.refresh()
        seen.add(board.retained[topic])
    assert len(seen) == 4


def test_a_new_policy_changes_policy_and_manifest_alone(board: Board):
    board.refresh()
    board.registry.run(lambda each: documents.set_policy(each, Policy(title="封控")))
    assert board.refresh() == [topics.POLICY.of("sunshine"), MANIFEST]
    assert body_of(board.document(topics.POLICY, DocumentKind.POLICY), Policy).title == "封控"


def test_a_revoked_pass_reaches_the_trust_list(board: Board):
    board.refresh()
    key = board.keys.pass_.key_id
    card = Credential("GC1", Kind.RESIDENT, "sunshine", person(7).id, "5e" * 8, key, NOW, NOW + timedelta(days=9))
    board.registry.run(lambda each: passes.add(each, [card]))
    board.registry.run(lambda each: passes.revoke(each, [card.serial], NOW))
    assert board.refresh() == [topics.TRUST.of("sunshine"), MANIFEST]
    trust = body_of(board.document(topics.TRUST, DocumentKind.TRUST), TrustList)
    assert card.serial in trust.revocations
    assert len(trust.revocations) == 1
    assert [(each.key_id, each.usages) for each in trust.keys] == [(key, {Usage.PASS})]
    assert trust.keys[0].not_before <= NOW <= trust.keys[0].not_after


def test_a_revoked_pass_leaves_the_list_when_it_has_expired(board: Board):
    """And not before: a day later, and with one new list a day at most, whoever expires when."""
    key = board.keys.pass_.key_id
    cards = [
        Credential(
            "GC1", Kind.RESIDENT, "sunshine", person(7).id, f"{number:016x}", key, NOW, NOW + timedelta(hours=number)
        )
        for number in range(10, 20)
    ]
    board.registry.run(lambda each: passes.add(each, cards))
    board.registry.run(lambda each: passes.revoke(each, [card.serial for card in cards], NOW))
    signed = []
    for hours in range(72):
        if topics.TRUST.of("sunshine") in board.refresh(NOW + timedelta(hours=hours)):
            trust = body_of(board.document(topics.TRUST, DocumentKind.TRUST), TrustList)
            signed.append((hours, len(trust.revocations)))
            kept = {card.serial for card in cards if card.serial in trust.revocations}
            assert kept >= {card.serial for card in cards if card.expires_at >= NOW + timedelta(hours=hours)}
    assert signed[0] == (0, 10)
    assert signed[-1][1] == 0
    assert len(signed) <= 3


def test_the_manifest_is_signed_again_every_hour(board: Board):
    board.refresh()
    later = NOW + timedelta(hours=1)
    assert board.refresh(later) == [MANIFEST]
    assert board.document(topics.MANIFEST, DocumentKind.MANIFEST).heading.issued_at == later


def test_a_clock_that_was_set_back_does_not_silence_the_manifest(board: Board):
    board.refresh(NOW + timedelta(days=30))
    assert board.refresh(NOW) == [MANIFEST]


def test_editions_rise_with_every_document(board: Board):
    board.refresh()
    first = board.document(topics.MANIFEST, DocumentKind.MANIFEST).heading.edition
    board.refresh(NOW + timedelta(hours=1))
    second = board.document(topics.MANIFEST, DocumentKind.MANIFEST).heading.edition
    assert second > first
    assert first.generation == int(NOW.timestamp())


def test_a_broker_that_forgot_gets_the_very_same_back(board: Board):
    board.refresh()
    before = dict(board.retained)
    board.retained.clear()
    board.published = []
    board.open()
    assert len(board.bulletin.put_back(board.registry)) == BUCKETS + 3
    assert board.retained == before
    assert board.published[-1] == MANIFEST


def test_one_lost_document_is_put_back_alone(board: Board):
    """What somebody cleared at the broker comes back as it was, and nothing else travels with it."""
    board.refresh()
    before, lost = dict(board.retained), topics.ROSTER.of("sunshine", bucket=5)
    del board.retained[lost]
    board.published = []
    assert board.bulletin.put_back(board.registry, {lost, "gate/1/sunshine/hub/unheard-of"}) == {lost}
    assert board.published == [lost]
    assert board.retained == before


def test_a_new_generation_signs_everything_anew(board: Board):
    board.refresh()
    later = int(NOW.timestamp()) + 1000
    board.registry.run(lambda each: each.set_meta("generation", str(later)))
    board.open()
    assert len(board.refresh()) == BUCKETS + 3
    edition = board.document(topics.POLICY, DocumentKind.POLICY).heading.edition
    assert edition > Edition(int(NOW.timestamp()), 10**6)


def test_new_keys_sign_and_seal_everything_anew(board: Board, tmp_path: Path):
    board.refresh()
    board.keys = keys.make(tmp_path / "other-keys")
    board.open()
    assert len(board.refresh()) == BUCKETS + 3


def test_without_a_policy_nothing_is_published_and_the_log_says_what_to_do(tmp_path: Path, caplog):
    with opened(tmp_path / "registry.sqlite", NOW, "sunshine") as registry:
        empty = Board(tmp_path, registry)
        assert empty.refresh() == []
    assert "gate-hub policy publish" in caplog.text
