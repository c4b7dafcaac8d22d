"""A pass comes onto a phone: one card, one key, one pass; and everything that does not become one."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gate.clock import ClockState, Moment
from gate.credential import read
from gate.formats import phone_pass
from gate.trust import TrustedKey, Usage, index
from hub.passes import cards, phones
from hub.passes.phones import ALPHABET, Enrolled, EnrolmentRefused, Why
from hub.registry import Registry, invitations, opened, passes, people
from hub.settings import ResidentSettings
from tests.gate.phone_makers import OTHER_PHONE, PHONE, point, signer
from tests.hub.resident_served import DAUGHTER, HOME, KEY

NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
PAGE = "https://pass.sunshine.cn:8444/"
# Another phone's point; and an x that no point has.
OTHER = point(OTHER_PHONE)
NO_POINT = b"\x02" + bytes(31) + b"\x01"


class Office:
    """A registry with one resident, at noon unless a test moves the time."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.now = NOW
        self.resident = ResidentSettings()
        self._random = random.Random(5)

    def card(self, hours: float = 72) -> str:
        until = self.now + timedelta(hours=hours)
        drawn = phones.draw_invitation(DAUGHTER, HOME, PAGE, until, self._random.randbytes)
        self.registry.run(lambda each: invitations.put(each, [drawn], self.now))
        return drawn.token

    def enrol(self, token: str, key: bytes | None = None) -> Enrolled:
        return self.registry.run(
            lambda each: phones.enrol(each, token, key or point(), KEY, self.resident, self.now, self._random.randbytes)
        )

    def refusal(self, token: str, key: bytes | None = None) -> Why:
        with pytest.raises(EnrolmentRefused) as refused:
            self.enrol(token, key)
        return refused.value.why

    def in_force(self) -> list[str]:
        return passes.phones_of(self.registry, DAUGHTER.id, self.now)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with opened(tmp_path / "registry.sqlite", NOW - timedelta(days=1), "sunshine") as registry:
        registry.run(lambda each: people.put_households(each, [HOME]))
        registry.run(lambda each: people.put_persons(each, [DAUGHTER]))
        yield Office(registry)


def test_what_a_phone_fetches_and_signs_is_what_a_gate_believes(office: Office) -> None:
    enrolled = office.enrol(office.card())
    year = timedelta(days=366)
    trust = index("sunshine", [TrustedKey(KEY.public, "sunshine", frozenset({Usage.PASS}), NOW - year, NOW + year)])
    code = phone_pass.pack(enrolled.cose, NOW, signer(PHONE)).encode()
    credential = read(code, trust, Moment(NOW, ClockState.SYNCED)).credential
    assert credential is not None
    assert (credential.person, credential.serial) == (DAUGHTER.id, enrolled.serial)
    assert credential.expires_at == enrolled.expires_at == NOW + timedelta(days=180)
    assert enrolled.masked_name == "王*雅"


def test_a_card_works_for_one_phone_only(office: Office) -> None:
    token = office.card()
    office.enrol(token)
    assert office.refusal(token, OTHER) is Why.USED
    assert len(office.in_force()) == 1


def test_the_same_phone_may_ask_again_and_gets_the_same_bytes(office: Office) -> None:
    """The answer was lost on its way; the card may even be too old by then."""
    token = office.card()
    first = office.enrol(token)
    office.now += timedelta(days=9)
    assert office.enrol(token) == first
    assert len(office.in_force()) == 1


def test_after_a_revocation_the_same_phone_gets_nothing_more_from_its_card(office: Office) -> None:
    token = office.card()
    serial = office.enrol(token).serial
    office.registry.run(lambda each: passes.revoke(each, [serial], NOW))
    assert office.refusal(token) is Why.USED


def test_a_card_is_worthless_after_its_hours_and_a_foreign_one_always(office: Office) -> None:
    token = office.card(hours=72)
    office.now += timedelta(hours=72)
    assert office.refusal(token) is Why.EXPIRED
    assert office.refusal("0" * 16) is office.refusal("") is office.refusal("'; DROP TABLE pass; --") is Why.UNKNOWN


def test_who_moved_away_gets_no_pass(office: Office) -> None:
    token = office.card()
    office.registry.run(lambda each: people.moved_away(each, [DAUGHTER.id], NOW))
    assert office.refusal(token) is Why.MOVED


@pytest.mark.parametrize(
    "key", [b"", b"\x04" + bytes(64), NO_POINT, b"\x05" + bytes(32)], ids=lambda key: key.hex()[:8]
)
def test_what_is_no_key_leaves_the_card_unused(office: Office, key: bytes) -> None:
    token = office.card()
    with pytest.raises(EnrolmentRefused) as refused:
        office.registry.run(
            lambda each: phones.enrol(each, token, key, KEY, office.resident, NOW, random.Random(1).randbytes)
        )
    assert refused.value.why is Why.KEY
    assert office.enrol(token).serial in office.in_force()


@pytest.mark.parametrize("most", [1, 2])
def test_one_phone_too_many_revokes_the_oldest(office: Office, most: int) -> None:
    """The gates hear of it like of any revocation."""
    office.resident = ResidentSettings(phones_per_person=most)
    serials = []
    for _ in range(4):
        office.now += timedelta(minutes=1)
        serials.append(office.enrol(office.card()).serial)
    assert office.in_force() == serials[::-1][:most]
    revoked = passes.revoked_among(office.registry.database.conn, [*serials, "f" * 16])
    assert revoked == {*serials[:-most], "f" * 16}


def test_a_paper_pass_stays_when_a_phone_gets_one(office: Office) -> None:
    """Grandfather keeps his card in his wallet."""
    from hub.passes.issue import draw_credential

    paper = draw_credential("sunshine", DAUGHTER.id, KEY.key_id, NOW, 180, random.Random(9).randbytes)
    office.registry.run(lambda each: passes.add(each, [paper]))
    for _ in range(3):
        office.enrol(office.card())
    assert paper.serial in passes.serials_of(office.registry, DAUGHTER.id)


def test_the_registry_keeps_no_token_that_its_reader_could_use(office: Office) -> None:
    token = office.card()
    assert token not in str(office.registry.rows("SELECT * FROM invitation"))


def test_a_token_has_80_bits_and_can_be_read_aloud(office: Office) -> None:
    """No letter that is taken for another; in groups of four, in small letters, with O for 0 it is the same."""
    tokens = {office.card() for _ in range(200)}
    assert len(tokens) == 200
    assert {len(token) for token in tokens} == {16}
    assert set("".join(tokens)) == set(ALPHABET)
    assert len(ALPHABET) == 32
    for token in tokens:
        assert phones.read_token(cards.in_groups(token).lower().replace("0", "o").replace("1", "l")) == token


def test_a_card_sends_a_phone_where_the_page_is() -> None:
    assert phones.address(ResidentSettings()) is None
    assert phones.address(ResidentSettings(serve=True)) is None, "a port that is drawn anew at each start"
    assert (
        phones.address(ResidentSettings(serve=True, address="https://pass.sunshine.cn")) == "https://pass.sunshine.cn/"
    )
    own = ResidentSettings(serve=True, host="192.0.2.7", port=8444, tls_certificate="a", tls_key="b")
    assert phones.address(own) == "https://192.0.2.7:8444/"
