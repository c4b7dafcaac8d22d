"""The hub's word over a broker that nobody has to trust: signed, addressed, numbered; sealed where it names people."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate import roster
from gate.document import DocumentKind, DocumentRefused, Edition, body_of, heading_of, open_document, sign
from gate.policy import Policy
from gate.roster import BUCKETS, BucketUnreadable, Resident, bucket_of, fill, heads_of, seal, unseal
from gate.topics import TOPICS, bucket_of_topic, station_of
from gate.trust import key_id_of
from tests.gate.makers import OFFICE, STRANGER

PUBLIC = OFFICE.public_key().public_bytes_raw()
POLICY = Policy("winter rules")
AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
KEY, NONCE = bytes(32), bytes(12)
PEOPLE = st.lists(
    st.builds(
        Resident,
        st.binary(min_size=8, max_size=8).map(bytes.hex),
        st.just("ffeeddccbbaa0099"),
        st.just("王*"),
        st.just("3"),
    ),
    max_size=40,
    unique_by=lambda each: each.person,
)


def _signed(kind: DocumentKind = DocumentKind.POLICY, compound: str = "yuyuan", signer: object = OFFICE) -> bytes:
    heading = heading_of(kind, compound, Edition(1763000000, 4), AT, key_id_of(PUBLIC))
    return sign(heading, POLICY, signer.sign)  # type: ignore[attr-defined]


def test_what_the_hub_signed_is_believed_and_says_what_was_written() -> None:
    document = open_document(_signed(), DocumentKind.POLICY, "yuyuan", [PUBLIC])
    assert body_of(document, Policy) == POLICY
    assert str(document.heading.edition) == "1763000000.4"


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        (_signed(signer=STRANGER), "not signed by the hub"),
        (_signed(kind=DocumentKind.TRUST), "expected policy"),
        (_signed(compound="liyuan"), "expected policy of yuyuan"),
        (_signed().replace(b"winter", b"summer"), "not signed by the hub"),
        (_signed().replace(b'"number":4', b'"number":5'), "not signed by the hub"),
        (_signed().replace(b'"addressee":""', b'"addressee":"x"'), "not signed by the hub"),
        (b"{}", "not a signed document"),
        (b"", "not a signed document"),
    ],
)
def test_what_the_hub_did_not_sign_just_so_is_refused_with_a_sentence(payload: bytes, says: str) -> None:
    with pytest.raises(DocumentRefused, match=says):
        open_document(payload, DocumentKind.POLICY, "yuyuan", [PUBLIC])


@given(st.data())
def test_no_changed_byte_of_a_document_is_believed_with_another_meaning(data: st.DataObject) -> None:
    genuine = _signed()
    position = data.draw(st.integers(0, len(genuine) - 1))
    changed = bytearray(genuine)
    changed[position] ^= data.draw(st.integers(1, 255))
    try:
        document = open_document(bytes(changed), DocumentKind.POLICY, "yuyuan", [PUBLIC])
    except DocumentRefused:
        return
    assert body_of(document, Policy) == POLICY


def test_a_new_generation_outranks_any_number_of_the_old_one() -> None:
    assert Edition(2, 1) > Edition(1, 9999)
    assert Edition(1, 10) > Edition(1, 9)


@given(PEOPLE)
def test_every_resident_is_in_exactly_the_bucket_of_his_pseudonym(people: list[Resident]) -> None:
    buckets = fill(people)
    assert len(buckets) == BUCKETS
    assert sorted(each.person for bucket in buckets for each in bucket) == sorted(each.person for each in people)
    assert all(bucket_of(each.person) == number for number, bucket in enumerate(buckets) for each in bucket)


def test_a_sealed_bucket_shows_nothing_and_opens_only_with_its_key_in_its_place() -> None:
    sealed = seal("王*明 3号楼".encode(), 7, "yuyuan", KEY, NONCE)
    assert "王".encode() not in sealed
    assert unseal(sealed, 7, "yuyuan", KEY) == "王*明 3号楼".encode()
    for bucket, compound, key in ((8, "yuyuan", KEY), (7, "liyuan", KEY), (7, "yuyuan", bytes(31) + b"x")):
        with pytest.raises(BucketUnreadable, match="another roster key, or changed"):
            unseal(sealed, bucket, compound, key)
    with pytest.raises(BucketUnreadable):
        unseal(b"not sealed", 7, "yuyuan", KEY)
    assert roster.digest(sealed) != roster.digest(sealed + b" ")


def test_topics_are_told_apart_by_compound_and_station() -> None:
    names = {topic.of("yuyuan", "east-1", 7) for topic in TOPICS}
    assert len(names) == len(TOPICS)
    assert all(name.startswith("gate/1/yuyuan/") for name in names)
    assert station_of("gate/1/yuyuan/station/east-1/records") == "east-1"
    assert station_of("gate/1/yuyuan/hub/status") is None
    assert bucket_of_topic("gate/1/yuyuan/hub/roster/07") == 7
    assert bucket_of_topic("gate/1/yuyuan/hub/roster/64") is None


def test_the_heads_of_the_buckets_are_those_by_which_a_pseudonym_has_its_bucket() -> None:
    """Whoever looks through thousands by their heads finds the same people in the same buckets."""
    everyone = [f"{head:02x}" + "0" * 14 for head in range(256)]
    for bucket in range(BUCKETS):
        assert {each[:2] for each in everyone if bucket_of(each) == bucket} == heads_of(bucket)
