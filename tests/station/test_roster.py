"""The hub's documents, opened: what is believed, and the whole set that they make."""

from datetime import timedelta

import pytest

from gate.document import DocumentKind, DocumentRefused
from gate.roster import Resident
from gate.trust import TrustList
from station.roster import MANIFEST, POLICY, TRUST, Part, whole
from tests.station.played_hub import COMPOUND, GENERATION, ISSUED_AT, PEOPLE, Office, resident

BUCKET_3 = Part(DocumentKind.ROSTER, 3)


def test_a_whole_set_names_everybody_by_pseudonym() -> None:
    """All residents of all buckets are found, under the roster's edition and rules as fresh as the manifest."""
    office = Office()
    documents = office.whole_set()
    documents[MANIFEST] = office.manifest(documents, issued_at=ISSUED_AT + timedelta(hours=3))
    opened = {part: office.reader.read(part, payload) for part, payload in documents.items()}
    manifest = opened.pop(MANIFEST)
    snapshot = whole("west", COMPOUND, manifest, list(opened.values()))
    assert dict(snapshot.residents) == {each.person: each for each in PEOPLE}
    assert snapshot.roster_edition == f"{GENERATION}.1"
    assert snapshot.rules is not None
    assert snapshot.rules.gate == "west"
    assert snapshot.rules.edition == f"{GENERATION}.1"
    assert snapshot.rules.policy.title == "第一版"
    assert snapshot.rules.confirmed_at == ISSUED_AT + timedelta(hours=3)


@pytest.mark.parametrize("part", [POLICY, TRUST, MANIFEST, BUCKET_3], ids=str)
def test_another_hubs_word_is_refused(part: Part) -> None:
    """A document of any kind that is signed by another key is not believed."""
    forged = Office(seed=2).whole_set()[part]
    with pytest.raises(DocumentRefused, match="not signed by the hub"):
        Office().reader.read(part, forged)


def test_another_compounds_policy_is_refused() -> None:
    """The same hub key in another compound signs nothing for this one."""
    with pytest.raises(DocumentRefused, match="cedar-court"):
        Office().reader.read(POLICY, Office(compound="cedar-court").policy())


def test_one_kind_is_not_passed_off_as_another() -> None:
    """A genuine trust list on the policy's topic is refused."""
    office = Office()
    with pytest.raises(DocumentRefused, match="expected policy"):
        office.reader.read(POLICY, office.signed(DocumentKind.TRUST, TrustList()))


def test_a_document_for_one_station_is_not_everybodys() -> None:
    """What is addressed to a single station is no document of the whole compound."""
    office = Office()
    addressed = office.signed(DocumentKind.TRUST, TrustList(), addressee="east-1")
    with pytest.raises(DocumentRefused, match="east-1"):
        office.reader.read(TRUST, addressed)


def test_a_bucket_sealed_with_another_key_is_refused() -> None:
    """The signature alone does not help: a bucket must be sealed with this compound's roster key."""
    strange = Office(roster_key=bytes(32)).bucket(3, [resident("03" + "0" * 14)])
    with pytest.raises(DocumentRefused, match="another roster key"):
        Office().reader.read(BUCKET_3, strange)


@pytest.mark.parametrize("people", [[resident("04" + "0" * 14)]])
def test_a_bucket_holds_its_own_people_only(people: list[Resident]) -> None:
    """A bucket's document that was sealed anew as another bucket is refused."""
    office = Office()
    with pytest.raises(DocumentRefused, match="another bucket"):
        office.reader.read(BUCKET_3, office.bucket(3, people))
