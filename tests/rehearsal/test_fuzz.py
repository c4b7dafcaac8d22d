"""Rubbish at every entry: nothing is raised but the entry's own word, and what would unpack or nest without end is cut.

The campaign `fuzz` does the same by the hundred thousand, and measures; here nothing depends on the machine's speed.
"""

import io
import tracemalloc
import zipfile
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.formats import base45, cbor, cose
from gate.revocations import BYTES, MOST
from hub.sheet.cells import MOST_BYTES as MOST_BYTES_OF_A_SHEET
from hub.sheet.cells import MOST_UNPACKED_BYTES, SheetUnreadable, read_table
from tests.rehearsal.entries import ENTRIES, Entry
from tests.rehearsal.fuzz import fuzz
from tests.rehearsal.fuzzer import MOST_BYTES, mutated

EACH = pytest.mark.parametrize("name", ENTRIES)
DEEP = 100_000
NESTED = {
    "JSON lists": b"[" * DEEP,
    "JSON objects": b'{"a":' * DEEP,
    "JSON in a field": b'{"text":' + b"[" * DEEP,
    "CBOR lists": b"\x81" * DEEP,
    "CBOR maps": b"\xa1\x01" * DEEP,
    "CBOR tags": b"\xd2" * DEEP,
    "CBOR without an end": b"\x9f" * DEEP,
    "CBOR that says it is long": b"\x9b\x7f" + b"\xff" * 7,
    "CBOR text that says it is long": b"\x7b\x7f" + b"\xff" * 7,
    "a CBOR tag within itself": b"\xd8\x1c\xc6\xd8\x1d\x00",
    "a CBOR list within itself": b"\xd8\x1c\x81\xd8\x1d\x00",
    "DER that says it is long": b"\x30\x87\x7f" + b"\xff" * 6,
    "DER sequences": b"\x30\x80" * DEEP,
    "TOML lists": b"a=" + b"[" * 60_000,
    "digits": b'{"v":' + b"9" * DEEP + b"}",
    "commas": b"," * DEEP,
    "newlines": b"\n" * DEEP,
    "quotation marks": b'"' * DEEP,
    "no UTF-8": b'{"\xff":1}',
    "a lone surrogate": b'{"text":"\\ud800"}',
    "zeros": bytes(DEEP),
}


def held(entry: Entry, given: bytes) -> None:
    entry.hold(entry.wrap(given))


@EACH
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_comes_in_is_answered_or_refused_in_the_entrys_own_word(name: str, data: st.DataObject) -> None:
    """Bytes at random, and genuine things with bits turned and pieces left out, repeated or replaced."""
    entry, rng = ENTRIES[name], data.draw(st.randoms(use_true_random=False))
    seed = data.draw(st.sampled_from(entry.seeds))
    held(entry, data.draw(st.just(mutated(seed, rng)) | st.binary(max_size=MOST_BYTES)))


@EACH
def test_nesting_and_length_without_end_are_answered_like_any_other_rubbish(name: str) -> None:
    for given_bytes in NESTED.values():
        held(ENTRIES[name], given_bytes)


@EACH
def test_every_entry_takes_the_genuine_things_that_its_fuzzing_starts_from(name: str) -> None:
    """A seed that is refused at the door would let the fuzzing see nothing of the rooms behind it."""
    entry = ENTRIES[name]
    for seed in entry.seeds:
        entry.take(entry.wrap(seed))


@pytest.mark.parametrize("levels", [cbor.DEEPEST, cose.DEEPEST])
def test_the_depth_of_cbor_is_bounded_by_a_stated_number(levels: int) -> None:
    """Of certificates and of our own passes; the reader of strangers' CBOR goes as deep as it says, and no deeper."""
    assert levels <= 8
    assert cbor.decode(b"\x81" * cbor.DEEPEST + b"\x00")
    with pytest.raises(ValueError, match="CBOR"):
        cbor.decode(b"\x81" * (cbor.DEEPEST + 1) + b"\x00")


def _workbook(sheet: bytes) -> bytes:
    parcel = io.BytesIO()
    with zipfile.ZipFile(parcel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return parcel.getvalue()


def test_a_workbook_that_unpacks_to_more_than_a_list_of_people_is_not_unpacked(tmp_path) -> None:
    bomb = _workbook(bytes(MOST_UNPACKED_BYTES + 1))
    (tmp_path / "people.xlsx").write_bytes(bomb)
    assert len(bomb) < 200_000
    with pytest.raises(SheetUnreadable, match="unpacks to"), _memory_bounded(MOST_BYTES_OF_A_SHEET + 2_000_000):
        read_table(tmp_path / "people.xlsx")


@pytest.mark.parametrize("name", ["revocations", "EU compressed", "pass message"])
def test_what_unpacks_to_a_thousand_times_its_size_takes_no_such_memory(name: str) -> None:
    """Ten megabytes of zeros in ten kilobytes."""
    bomb = zlib.compress(bytes(50_000_000), 9)
    given_bytes = ENTRIES[name].wrap(bomb)
    with _memory_bounded(5 * MOST * BYTES):
        ENTRIES[name].hold(given_bytes)


class _memory_bounded:  # noqa: N801 - reads as a word of the test
    """Fails where more memory was taken at once than that."""

    def __init__(self, most: int) -> None:
        self.most = most

    def __enter__(self) -> None:
        tracemalloc.start()

    def __exit__(self, *_what: object) -> None:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < self.most


def test_a_bomb_in_a_certificate_is_no_longer_than_a_code_may_be() -> None:
    """Otherwise the test above would prove the length's bound and not the unpacking's."""
    assert len(b"HC1:" + base45.encode(zlib.compress(bytes(2_500_000), 9))) < 4296


def test_the_campaign_tells_what_it_ran_and_that_nothing_went_wrong() -> None:
    figures = fuzz(0, ["records", "case"], "mutations")
    assert (figures["engine"], figures["entries"], figures["runs"]) == ("mutations", 2, 200)
    assert (figures["crashes"], set(figures["slowest_ms"])) == (0, {"records", "case"})


def test_an_entry_whose_process_dies_is_a_crash() -> None:
    assert fuzz(0, ["no such entry"], "mutations")["crashes"] == 1
