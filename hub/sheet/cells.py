"""The office's spreadsheet -> rows of cells: csv or xlsx, told apart by what is in the file, not by its name.

`gate-hub import` calls `read_table` and hands the rows to `hub.sheet.people`. Rule: a sheet is data. No formula is
ever worked out, no number is guessed back that Excel has already cut, and a file that is too big is refused before
it is unpacked.
"""

import csv
import io
import unicodedata
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from hub.sheet.merged import MergedDown

MOST_BYTES = 16 * 2**20
MOST_UNPACKED_BYTES = 128 * 2**20
MOST_ROWS = 20_000
# Rows that are empty but formatted; Excel keeps them.
LOWEST_ROW = 200_000
MOST_COLUMNS = 64
LONGEST_CELL = 500
# Excel keeps 15 digits of a number; the rest of an identity number becomes zeros.
_EXACT_DIGITS = 15
_DELIMITERS = ",\t;"
_TOP_LINES = 10
_DAMAGED = "\ufffd"
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class SheetUnreadable(Exception):
    """The file as a whole cannot be read as a sheet; the message says why and what to do, and quotes no cell."""


class Cell(Struct, frozen=True):
    """One cell as text. objection: why its text is not to be relied on; empty where it is."""

    text: str
    objection: str = ""


class Row(Struct, frozen=True):
    """One row that is not empty. number: as the spreadsheet shows it, from 1."""

    number: int
    cells: tuple[Cell, ...]


def read_table(path: Path) -> list[Row]:
    """Every row that is not empty, in order. Raises SheetUnreadable."""
    data = _read_bounded(path)
    if data.startswith(_OLE):
        raise SheetUnreadable(
            f"{path.name} is an old .xls file or is protected by a password; save it as .xlsx or csv without one"
        )
    lines = _xlsx_lines(data, path.name) if data.startswith(_ZIP) else _csv_lines(data, path.name)
    return list(_bounded(lines, path.name))


def sheets_left_out(path: Path) -> int:
    """How many more sheets of a workbook that `read_table` could read have something near their top."""
    data = _read_bounded(path)
    if not data.startswith(_ZIP):
        return 0
    with _opened(data) as book:
        return sum(_has_something(sheet) for sheet in _shown(book)[1:])


def _has_something(sheet: Any) -> bool:  # noqa: ANN401 - as below
    rows = sheet.iter_rows(max_row=_TOP_LINES, values_only=True)
    try:
        return any(value is not None for row in rows for value in row)
    except Exception:  # whatever is wrong with it, it was left out
        return True


def column_letter(position: int) -> str:
    """A column as the spreadsheet names it; position from 0."""
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 - loads slowly, as below

    return str(get_column_letter(position + 1))


def _read_bounded(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as cause:
        raise SheetUnreadable(f"cannot read {path}: {cause.strerror or cause}") from cause
    if len(data) > MOST_BYTES:
        raise SheetUnreadable(f"{path.name} is larger than {MOST_BYTES >> 20} MiB; remove pictures and other sheets")
    if not data.strip():
        raise SheetUnreadable(f"{path.name} is empty")
    return data


def _bounded(lines: Iterable[tuple[int, list[Cell]]], name: str) -> Iterator[Row]:
    count = 0
    for number, cells in lines:
        while cells and not cells[-1].text and not cells[-1].objection:
            cells.pop()
        if not cells:
            continue
        count += 1
        if count > MOST_ROWS:
            raise SheetUnreadable(f"{name} has more than {MOST_ROWS} rows; import it in parts")
        if len(cells) > MOST_COLUMNS:
            raise SheetUnreadable(
                f"{name} row {number} has more than {MOST_COLUMNS} columns; remove what is not needed"
            )
        yield Row(number, tuple(cells))


def _csv_lines(data: bytes, name: str) -> Iterator[tuple[int, list[Cell]]]:
    text = _decoded(data, name)
    # A title above the header may have none of them, or a comma of its own.
    top = [line for line in text.splitlines() if line.strip()][:_TOP_LINES]
    delimiter = max(_DELIMITERS, key=lambda mark: (sum(mark in line for line in top), "".join(top).count(mark)))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, row in enumerate(rows, start=1):
            yield number, [_text_cell(value) for value in row]
    except csv.Error as cause:
        raise SheetUnreadable(
            f"{name} row {number + 1} is not csv ({cause}); look for a quotation mark without its partner"
        ) from None


def _decoded(data: bytes, name: str) -> str:
    """UTF-8 or UTF-16 by their mark, else UTF-8 where it fits, else GB18030, as Chinese Excel writes csv."""
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    for encoding in (marked,) if marked else ("utf-8", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetUnreadable(f"{name} is neither UTF-8 nor GB18030 text nor xlsx; save it as 'CSV UTF-8' or as .xlsx")


def _xlsx_lines(data: bytes, name: str) -> Iterator[tuple[int, list[Cell]]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parcel:
            unpacked = sum(part.file_size for part in parcel.infolist())
        if unpacked > MOST_UNPACKED_BYTES:
            raise SheetUnreadable(f"{name} unpacks to {unpacked >> 20} MiB; a list of people is far smaller")
        yield from _first_sheet(data, name)
    except SheetUnreadable:
        raise
    except Exception as cause:  # whatever a damaged parcel makes zipfile, the XML parser or openpyxl raise
        raise SheetUnreadable(
            f"{name} is damaged or no xlsx ({type(cause).__name__}); open it in a spreadsheet and save it again"
        ) from cause


def _first_sheet(data: bytes, name: str) -> Iterator[tuple[int, list[Cell]]]:
    with _opened(data) as book:
        sheet = _shown(book)[0]
        sheet.reset_dimensions()
        with sheet._get_source() as part:
            merged = MergedDown(part, MOST_COLUMNS)
        for number, row in enumerate(sheet.iter_rows(), start=1):
            if number > LOWEST_ROW:
                raise SheetUnreadable(f"{name} reaches below row {LOWEST_ROW}; delete the empty rows at its end")
            cells = [_xlsx_cell(cell.value, cell.data_type) for cell in row]
            yield number, _but_merged(cells, merged.columns(number))


@contextmanager
def _opened(data: bytes) -> Iterator[Any]:
    # It takes a fifth of a second to load, for which no command but the import of a workbook should wait.
    from openpyxl import load_workbook  # noqa: PLC0415

    with warnings.catch_warnings():
        # openpyxl warns of every decoration that it leaves out.
        warnings.simplefilter("ignore")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        try:
            yield book
        finally:
            book.close()


def _shown(book: Any) -> list[Any]:  # noqa: ANN401 - openpyxl names no type for what it streams
    """The sheets that somebody sees who opens the workbook."""
    return [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]


def _but_merged(cells: list[Cell], hidden: list[int]) -> list[Cell]:
    """Nobody stands in a row that is empty but for them, such as the second of a title."""
    if not hidden or not any(cell.text or cell.objection for cell in cells):
        return cells
    filled = cells + [Cell("")] * (max(hidden) - len(cells))
    for column in hidden:
        filled[column - 1] = Cell("", "is merged with the cell above it; unmerge them and fill in each row")
    return filled


def _xlsx_cell(value: object, data_type: str) -> Cell:
    match value:
        case _ if data_type == "f":
            return Cell("", "holds a formula; copy the column and paste it as values")
        case _ if data_type == "e":
            return Cell("", "holds an error of the spreadsheet; type the value")
        case None:
            return Cell("")
        case bool():
            return Cell("是" if value else "否")
        case int() | float():
            return _number_cell(value)
        case datetime() | date():
            return Cell(f"{value:%Y-%m-%d}")
        case _:
            return _text_cell(str(value))


def _number_cell(value: int | float) -> Cell:
    if abs(value) >= 10**_EXACT_DIGITS:
        return Cell("", "is a number of which the spreadsheet has cut the last digits; format the column as text")
    return Cell(str(int(value)) if value == int(value) else str(value))


def _text_cell(value: str) -> Cell:
    """Spaces single, invisible marks gone; characters that no font knows are somebody's name and stay."""
    text = " ".join("".join(each for each in value if unicodedata.category(each) != "Cf").split())
    if len(text) > LONGEST_CELL:
        return Cell("", f"holds {len(text)} characters, at most {LONGEST_CELL} are kept; shorten it")
    if any(each == _DAMAGED or unicodedata.category(each) in ("Cc", "Cs") for each in text):
        return Cell("", "holds damaged characters; type it again")
    return Cell(text)
