"""A new pass: from a resident to signed code text and a printable QR code; the mirror of gate.credential.read.

The issue command draws and signs passes and has them recorded in the registry before any file is written; the clerk's
terminal then writes the files. Rule: a file is named by its pass's serial, never by a person; which is whose stands in
one index file that only its owner may read.
"""

import csv
import io
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

import segno
from msgspec import Struct

from gate.formats import community_pass
from gate.formats.chain import Credential, Kind
from gate.formats.community_pass import pack
from gate.names import KeyId, Pseudonym, Slug

# ISO/IEC 18004: M restores 15 % of a card that is scratched or folded; 4 modules of quiet zone.
ERROR_CORRECTION = "m"
QUIET_MODULES = 4
# 57 modules of version 8 with their quiet zone make 570 pixels: 48 mm at 300 dpi, one pass on a wallet card.
PIXELS_A_MODULE = 10
INDEX = "index.csv"
_INDEX_HEADER = ("序号 serial", "文件 file", "代号 person", "姓名 name", "楼栋 building", "单元 unit", "房号 room",
                 "有效期至 expires", "通行码 code")  # fmt: skip
# With one of these a spreadsheet would take a cell for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@")


class PassFormat(StrEnum):
    """How a pass leaves the hub: as text in the index alone, or as a picture for each."""

    TEXT = "text"
    PNG = "png"
    SVG = "svg"


class IssuedPass(Struct, frozen=True):
    """One signed pass on its way to the printer, and for whom. expires_on: the day in the compound's zone, ISO."""

    serial: Pseudonym
    person: Pseudonym
    code: str
    name: str
    building: str
    unit: str
    room: str
    expires_on: str


class IssueFailed(Exception):
    """The passes cannot be written there; the message says where, why, and what to do."""


def draw_credential(
    compound: Slug, person: Pseudonym, key_id: KeyId, now: datetime, days: int, randomness: Callable[[int], bytes]
) -> Credential:
    """A resident's pass from now on for that many days. The serial is drawn from the randomness."""
    issued_at = now.replace(microsecond=0)
    serial = randomness(8).hex()
    expires_at = issued_at + timedelta(days=days)
    return Credential(community_pass.NAME, Kind.RESIDENT, compound, person, serial, key_id, issued_at, expires_at)


def code_text(credential: Credential, signer: Callable[[bytes], bytes]) -> str:
    """What stands in the QR code. signer: Ed25519 by credential.key_id."""
    return pack(credential, signer)


def picture(code: str, picture_format: PassFormat) -> bytes:
    """The QR code as a PNG or SVG file."""
    symbol = segno.make(code, error=ERROR_CORRECTION, boost_error=False, micro=False)
    file = io.BytesIO()
    symbol.save(file, kind=str(picture_format), scale=PIXELS_A_MODULE, border=QUIET_MODULES)
    return file.getvalue()


def prepare_folder(folder: Path) -> None:
    """Make the folder, or see that it can take passes, before any is recorded. Raises IssueFailed."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as cause:
        raise IssueFailed(f"cannot make the folder {folder}: {cause.strerror}; name another with --out") from cause
    if (folder / INDEX).exists():
        raise IssueFailed(f"{folder} already holds the {INDEX} of earlier passes; name another folder with --out")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise IssueFailed(f"{folder} cannot be written to; name another folder with --out")


def write_passes(
    passes: Sequence[IssuedPass], folder: Path, pass_format: PassFormat, progress: Callable[[int], None]
) -> None:
    """The index first, since without it nobody knows whose picture is whose; then the pictures.

    progress: is told after each picture how many there are. Raises IssueFailed.
    """
    done = 0
    try:
        write_private(folder / INDEX, _index(passes, pass_format).encode("utf-8-sig"))
        if pass_format is PassFormat.TEXT:
            return
        for each in passes:
            write_private(folder / _file_name(each, pass_format), picture(each.code, pass_format))
            done += 1
            progress(done)
    except OSError as cause:
        raise IssueFailed(
            f"{done} of {len(passes)} passes were written to {folder}, then: {cause.strerror}; all of them are recorded"
            " as issued, so make room, revoke them by their serials if they must not be used, and issue again"
        ) from cause


def _index(passes: Iterable[IssuedPass], pass_format: PassFormat) -> str:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(_INDEX_HEADER)
    for each in passes:
        file, code = (_file_name(each, pass_format), "") if pass_format is not PassFormat.TEXT else ("", each.code)
        told = (each.name, each.building, each.unit, each.room)
        rows.writerow((each.serial, file, each.person, *map(as_data, told), each.expires_on, code))
    return text.getvalue()


def as_data(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _file_name(each: IssuedPass, pass_format: PassFormat) -> str:
    return f"{each.serial}.{pass_format}"


def write_private(path: Path, content: bytes) -> None:
    """A new file for its owner alone; never over another one."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
