"""What holds of every family of codes alike: each faulty twin fails at its step, no flipped bit is believed, no bomb
goes off."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

import pytest

from gate.credential import CodeReading, read
from gate.formats import FORMATS, base45, community_pass, eu_certificate, gate_pass, phone_pass, smart_health_card
from gate.formats.chain import Format
from gate.reason import Reason
from gate.trust import Trust
from tests.gate import foreign_makers as make
from tests.gate.foreign_makers import CARD_KID, EU_TWINS, SHC_TWINS, eu, shc, spki, trusting
from tests.gate.gate_pass_makers import GATE_TRUST, GATE_TWINS, a_gate_pass
from tests.gate.makers import NOON, REVOKED, TWINS, Twin, a_pass, trust
from tests.gate.phone_makers import PHONE_TWINS, a_phone_code


@dataclass(frozen=True)
class Family:
    """genuine: believed at noon under that trust. has_padding: some of its bits mean nothing."""

    code_format: Format
    twins: tuple[Twin, ...]
    trust: Trust
    genuine: bytes
    has_padding: bool = False

    def shown(self, code: bytes) -> CodeReading:
        return read(code, self.trust, NOON)


_WITHDRAWN = sha256(make.WITHDRAWN.encode()).digest()[:8].hex()
_WITHDRAWN_CARD = sha256(f"{CARD_KID}/MKyCxh7p6uQ".encode()).digest()[:8].hex()
PAPER = Family(community_pass.FORMAT, TWINS, trust(revoked=REVOKED), a_pass())
PHONE = Family(phone_pass.FORMAT, PHONE_TWINS, trust(revoked=REVOKED), a_phone_code())
EU = Family(eu_certificate.FORMAT, EU_TWINS, trusting(make.ANY_USE, make.ONLY_TESTS, revoked=(_WITHDRAWN,)), eu(), True)
CARD = Family(
    smart_health_card.FORMAT,
    SHC_TWINS,
    trusting(spki(make.CLINIC), make.ONLY_VACCINATIONS, revoked=(_WITHDRAWN_CARD,)),
    shc(),
)
GATE = Family(gate_pass.FORMAT, GATE_TWINS, GATE_TRUST, a_gate_pass())
FAMILIES = (PAPER, PHONE, GATE, EU, CARD)
EACH = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.code_format.name)


def flipped(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The same with each of its bits turned, one at a time."""
    changed = bytearray(data)
    for position in range(len(data) * 8):
        changed[position // 8] ^= 1 << position % 8
        yield position, bytes(changed)
        changed[position // 8] ^= 1 << position % 8


@EACH
def test_the_genuine_code_passes_every_step(family: Family) -> None:
    reading = family.shown(family.genuine)
    assert [step.name for step in reading.steps] == [name for name, _ in family.code_format.steps]
    assert reading.accepted


@pytest.mark.parametrize(
    ("family", "twin"),
    [
        pytest.param(family, twin, id=f"{family.code_format.name} {twin.name}")
        for family in FAMILIES
        for twin in family.twins
    ],
)
def test_each_faulty_twin_fails_at_the_step_its_maker_meant(family: Family, twin: Twin) -> None:
    reading = family.shown(twin.code)
    last = reading.steps[-1]
    assert (last.name, last.ok, last.reason) == (twin.step, False, Reason(twin.reason)), last.note
    assert all(step.ok for step in reading.steps[:-1])
    assert reading.credential is None
    assert reading.reasons == (Reason(twin.reason),)


@EACH
def test_every_step_has_a_twin_that_fails_there(family: Family) -> None:
    assert {twin.step for twin in family.twins} == {name for name, _ in family.code_format.steps}


@EACH
def test_no_single_flipped_bit_changes_what_is_believed(family: Family) -> None:
    """In the text. A few flips of an EU code fall into the padding of zlib's last block and change nothing."""
    bearable = (None, family.shown(family.genuine).credential) if family.has_padding else (None,)
    for position, code in flipped(family.genuine):
        assert family.shown(code).credential in bearable, position


@pytest.mark.parametrize(
    ("family", "prefix"), [(PAPER, b"GC1:"), (PHONE, b"GC1:"), (GATE, b"GT1:")], ids=["GC1", "GC1-PHONE", "GC1-GATE"]
)
def test_no_single_flipped_bit_of_the_bytes_under_the_text_is_believed(family: Family, prefix: bytes) -> None:
    """A forger edits bytes and writes the text anew."""
    for position, below in flipped(base45.decode(family.genuine.removeprefix(prefix))):
        assert not family.shown(prefix + base45.encode(below)).accepted, position


BOMBS = (
    pytest.param(EU, make.as_code(bytes(2_700_000)), "zlib", eu_certificate.LONGEST, id="HC1"),
    pytest.param(CARD, shc(body=make.deflated(bytes(10_000_000))), "deflate", smart_health_card.LONGEST, id="SHC"),
)


@pytest.mark.parametrize(("family", "bomb", "step", "longest"), BOMBS)
def test_a_bomb_is_not_unpacked(family: Family, bomb: bytes, step: str, longest: int) -> None:
    """What would unpack to 2.7 or 10 MB takes a fraction of that memory, and is no longer than a code may be."""
    assert len(bomb) <= longest
    tracemalloc.start()
    reading = family.shown(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reading.steps[-1].name == step
    assert peak < (1_000_000 if family is EU else 2_000_000)


def test_a_gate_reads_every_one_of_these_families() -> None:
    """The tests above go through `read`, which knows a family by its text alone."""
    assert [family.shown(family.genuine).format for family in FAMILIES] == [
        "GC1", "GC1-PHONE", "GC1-GATE", "HC1", "SHC",
    ]  # fmt: skip
    assert {family.code_format for family in FAMILIES} <= set(FORMATS)
