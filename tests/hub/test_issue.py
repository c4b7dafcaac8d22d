"""Passes: what is issued here is what a gate believes."""

import csv
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy
import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from numpy.typing import NDArray

from gate.clock import ClockState, Moment
from gate.credential import read
from gate.formats.chain import Credential
from gate.reason import Reason
from gate.trust import Trust, TrustedKey, Usage, index, key_id_of
from hub.passes.issue import (
    INDEX,
    IssuedPass,
    IssueFailed,
    PassFormat,
    code_text,
    draw_credential,
    picture,
    prepare_folder,
    write_passes,
)
from station.codes import QR_CODES

NOW = datetime(2022, 2, 1, 8, 30, 15, 999, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
PERSON = "00112233445566ff"


def trust() -> Trust:
    key = TrustedKey(PUBLIC, "willow-court", frozenset({Usage.PASS}), NOW.replace(microsecond=0), NOW + timedelta(900))
    return index("willow-court", [key])


def at(instant: datetime) -> Moment:
    return Moment(instant, ClockState.SYNCED)


def credential(days: int = 180, seed: int = 1) -> Credential:
    return draw_credential("willow-court", PERSON, key_id_of(PUBLIC), NOW, days, random.Random(seed).randbytes)


def issued(name: str, seed: int) -> IssuedPass:
    one = credential(seed=seed)
    return IssuedPass(one.serial, PERSON, code_text(one, KEY.sign), name, "3", "2", "0502", "2022-07-31")


def pixels_of(png: bytes) -> NDArray[numpy.uint8]:
    pixels = cv2.imdecode(numpy.frombuffer(png, numpy.uint8), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    return pixels.astype(numpy.uint8)


def quiet(_done: int) -> None:
    """Progress that nobody watches."""


def test_what_is_issued_is_what_a_gate_reads() -> None:
    """Every field comes back, now and on the last day; a second later it has expired."""
    drawn = credential()
    code = code_text(drawn, KEY.sign).encode()
    assert read(code, trust(), at(NOW)).credential == drawn
    assert drawn.expires_at == NOW.replace(microsecond=0) + timedelta(days=180)
    assert read(code, trust(), at(drawn.expires_at - timedelta(seconds=1))).accepted
    assert read(code, trust(), at(drawn.expires_at)).reasons == (Reason.EXPIRED,)


def test_every_pass_has_a_serial_of_its_own_drawn_from_the_randomness() -> None:
    """The same randomness gives the same serial, other randomness another one."""
    assert credential(seed=1) == credential(seed=1)
    assert credential(seed=1).serial != credential(seed=2).serial


def test_the_printed_picture_reads_back_to_the_same_text() -> None:
    """The PNG, as a camera's decoder sees it; small enough for a wallet card: version 8 with correction M."""
    code = code_text(credential(), KEY.sign)
    pixels = pixels_of(picture(code, PassFormat.PNG))
    (found,) = zxingcpp.read_barcodes(pixels, formats=QR_CODES)
    assert found.text == code
    assert found.ec_level == "M"
    assert pixels.shape == (570, 570)


def test_the_picture_keeps_four_modules_of_quiet_around_the_code() -> None:
    """Without them a reader does not find the corners of a card on a dark table."""
    pixels = pixels_of(picture(code_text(credential(), KEY.sign), PassFormat.PNG))
    dark = numpy.argwhere(pixels < 128)
    assert (dark.min(), dark.max()) == (40, 529)


def test_an_svg_is_an_svg_of_the_same_size() -> None:
    """For the print shop: scalable, with its own size."""
    text = picture(code_text(credential(), KEY.sign), PassFormat.SVG).decode()
    assert "<svg" in text
    assert 'width="570" height="570"' in text


@pytest.mark.parametrize("pass_format", [PassFormat.PNG, PassFormat.SVG])
def test_files_are_named_by_serial_and_the_index_tells_whose_they_are(tmp_path: Path, pass_format: PassFormat) -> None:
    """A folder listing, a print queue and a lost memory stick give no name away; the index is for its owner alone."""
    folder = tmp_path / "out"
    passes = [issued("李试", 1), issued("王试", 2)]
    progress: list[int] = []
    prepare_folder(folder)
    write_passes(passes, folder, pass_format, progress.append)
    assert progress == [1, 2]
    assert {path.name for path in folder.iterdir()} == {INDEX, *(f"{each.serial}.{pass_format}" for each in passes)}
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    rows = list(csv.reader((folder / INDEX).read_text(encoding="utf-8-sig").splitlines()))
    assert [row[:4] for row in rows[1:]] == [
        [each.serial, f"{each.serial}.{pass_format}", PERSON, each.name] for each in passes
    ]
    assert [row[8] for row in rows[1:]] == ["", ""]


def test_as_text_the_codes_stand_in_the_index_and_nowhere_else(tmp_path: Path) -> None:
    """For a printer's own program, or a rehearsal."""
    one = issued("李试", 1)
    write_passes([one], tmp_path, PassFormat.TEXT, quiet)
    assert [path.name for path in tmp_path.iterdir()] == [INDEX]
    (row,) = list(csv.reader((tmp_path / INDEX).read_text(encoding="utf-8-sig").splitlines()))[1:]
    assert row[8] == one.code
    assert read(row[8].encode(), trust(), at(NOW)).accepted


def test_a_name_that_looks_like_a_formula_is_none_in_the_offices_spreadsheet(tmp_path: Path) -> None:
    """The index is opened with a double click."""
    write_passes([issued('=HYPERLINK("x")', 1)], tmp_path, PassFormat.TEXT, quiet)
    (row,) = list(csv.reader((tmp_path / INDEX).read_text(encoding="utf-8-sig").splitlines()))[1:]
    assert row[3] == '\'=HYPERLINK("x")'


def test_a_folder_with_an_earlier_index_is_left_alone(tmp_path: Path) -> None:
    """Otherwise nobody would know whose the earlier pictures are."""
    (tmp_path / INDEX).write_text("earlier")
    with pytest.raises(IssueFailed, match="name another folder"):
        prepare_folder(tmp_path)
    assert (tmp_path / INDEX).read_text() == "earlier"


def test_a_folder_that_cannot_be_made_is_said_before_any_pass_is_recorded(tmp_path: Path) -> None:
    """A file stands in the way."""
    (tmp_path / "file").write_text("")
    with pytest.raises(IssueFailed, match="cannot make the folder"):
        prepare_folder(tmp_path / "file" / "out")


def test_a_write_that_fails_says_how_far_it_came(tmp_path: Path) -> None:
    """A picture of that serial is there already: it is not overwritten, and the clerk learns what to do."""
    one, two = issued("李试", 1), issued("王试", 2)
    (tmp_path / f"{two.serial}.png").write_bytes(b"earlier")
    with pytest.raises(IssueFailed, match="1 of 2 passes"):
        write_passes([one, two], tmp_path, PassFormat.PNG, quiet)
    assert (tmp_path / f"{two.serial}.png").read_bytes() == b"earlier"
