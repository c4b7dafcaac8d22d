"""Guards and announcements among the hub's documents: whole, sealed, optional, and gone at once when taken away."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from gate.document import DocumentKind, DocumentRefused
from gate.notices import Notice, Notices
from gate.permit import Permit, PermitKind
from gate.staff import Guard, Staff
from station.documents import Documents, load_snapshot
from station.roster import MANIFEST, NOTICES, STAFF, Part
from station.snapshot import Snapshot
from tests.station.played_hub import ISSUED_AT, Office, resident

LI, WANG = (Guard(id_, name, bytes(16), bytes([number]) * 32) for number, (id_, name) in enumerate(
    [("li", "李师傅"), ("wang", "王师傅")]
))  # fmt: skip
MASKS = Notice("masks", "请戴口罩", "Wear a mask", 60, ISSUED_AT, ISSUED_AT + timedelta(hours=8), 30)


@pytest.fixture
def office() -> Office:
    return Office()


def _take(path: Path, office: Office, documents: dict[Part, bytes]) -> list[Snapshot | None]:
    with closing(Documents(path, office.reader, "west")) as opened:
        return [opened.take(part, payload) for part, payload in documents.items()]


def _told(office: Office, staff: bytes, notices: bytes) -> dict[Part, bytes]:
    """A whole set that names both."""
    documents = {**office.whole_set(), STAFF: staff, NOTICES: notices}
    del documents[MANIFEST]
    return {**documents, MANIFEST: office.manifest(documents)}


def test_a_gate_knows_its_guards_and_what_to_announce_also_after_a_restart(office: Office, tmp_path: Path) -> None:
    *_, snapshot = _take(tmp_path / "d.sqlite", office, _told(office, office.staff(LI, WANG), office.notices(MASKS)))
    assert snapshot is not None
    assert snapshot.staff == Staff((LI, WANG))
    assert snapshot.notices == Notices((MASKS,))
    assert load_snapshot(tmp_path / "d.sqlite", office.reader, "west") == snapshot


def test_a_hub_that_never_told_of_them_makes_a_whole_set_without(office: Office, tmp_path: Path) -> None:
    *_, snapshot = _take(tmp_path / "d.sqlite", office, office.whole_set())
    assert snapshot is not None
    assert (snapshot.staff, snapshot.notices) == (None, Notices())


def test_a_manifest_that_names_the_staff_is_not_whole_without_them(office: Office, tmp_path: Path) -> None:
    documents = _told(office, office.staff(LI), office.notices(MASKS))
    late = documents.pop(STAFF)
    assert not any(_take(tmp_path / "d.sqlite", office, documents))
    (snapshot,) = _take(tmp_path / "d.sqlite", office, {STAFF: late})
    assert snapshot is not None
    assert snapshot.staff == Staff((LI,))


def test_a_guard_off_the_list_is_off_before_its_set_is_whole_and_a_new_one_waits(
    office: Office, tmp_path: Path
) -> None:
    _take(tmp_path / "d.sqlite", office, _told(office, office.staff(LI), office.notices()))
    (snapshot,) = _take(tmp_path / "d.sqlite", office, {STAFF: office.staff(WANG)})
    assert snapshot is not None
    assert snapshot.staff == Staff(())


def test_a_changed_pin_holds_before_its_set_is_whole(office: Office, tmp_path: Path) -> None:
    _take(tmp_path / "d.sqlite", office, _told(office, office.staff(LI), office.notices()))
    changed = Guard("li", "李师傅", bytes(16), bytes([9]) * 32)
    (snapshot,) = _take(tmp_path / "d.sqlite", office, {STAFF: office.staff(changed)})
    assert snapshot is not None
    assert snapshot.staff == Staff((changed,))


def test_a_permit_taken_back_is_gone_before_its_set_is_whole_and_a_new_one_waits(
    office: Office, tmp_path: Path
) -> None:
    somebody = resident("00" * 8)
    first, second = (
        Permit(id_ * 8, PermitKind.WORK, ISSUED_AT, ISSUED_AT + timedelta(hours=8)) for id_ in ("a1", "a2")
    )
    before = structs.replace(somebody, permits=(first,))
    _take(tmp_path / "d.sqlite", office, office.whole_set([before]))
    bucket = office.bucket(0, [structs.replace(somebody, permits=(second,))])
    (snapshot,) = _take(tmp_path / "d.sqlite", office, {Part(DocumentKind.ROSTER, 0): bucket})
    assert snapshot is not None
    assert snapshot.residents[somebody.person].permits == ()


def test_nobody_reads_the_staff_without_the_roster_key(office: Office, tmp_path: Path) -> None:
    sealed = office.staff(LI)
    _take(tmp_path / "d.sqlite", office, {STAFF: sealed})
    assert "李师傅".encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    with pytest.raises(DocumentRefused, match="staff of willow-court cannot be opened"):
        Office(roster_key=bytes(32)).reader.read(STAFF, sealed)


def test_a_sealed_staff_is_no_bucket_and_no_other_compounds(office: Office) -> None:
    with pytest.raises(DocumentRefused):
        office.reader.read(Part(DocumentKind.ROSTER, 0), office.staff(LI))
    with pytest.raises(DocumentRefused, match="cannot be opened"):
        office.reader.read(STAFF, Office("liyuan").staff(LI))


def test_unsealed_or_forged_staff_is_refused(office: Office) -> None:
    with pytest.raises(DocumentRefused):
        office.reader.read(STAFF, office.signed(DocumentKind.STAFF, Staff((LI,))))
    with pytest.raises(DocumentRefused, match="not signed by the hub"):
        office.reader.read(STAFF, Office(seed=2).staff(LI))
    with pytest.raises(DocumentRefused, match="not signed by the hub"):
        office.reader.read(NOTICES, Office(seed=2).notices(MASKS))
