"""What comes out of the office's sheet, and what is said about its mistakes."""

import io
import random
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from gate.roster import Health, Standing
from hub.registry.people import Household, Person
from hub.sheet import cells, changes
from hub.sheet.cells import SheetUnreadable, read_table, sheets_left_out
from hub.sheet.people import HEADERS, PeopleRead, read_people
from tests.rehearsal import people as rehearsal

TODAY = date(2022, 2, 1)
HEADER = "姓名,性别,出生日期,身份证号,手机号,楼栋,单元,房号,户主关系,居住状态,健康码,返乡,需要帮助,备注"
LI = "李试,女,1980-05-06,419900198005061234,15400001234,3号楼,2单元,0502室,户主,居家隔离,红码,是,是,独居"


def csv_of(*lines: str, header: str = HEADER) -> str:
    return "\r\n".join([header, *lines]) + "\r\n"


def read(tmp_path: Path, data: str | bytes, name: str = "people.csv") -> PeopleRead:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_people(read_table(path), TODAY)


def workbook(*rows: tuple[str | int | date | None, ...]) -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None
    for row in rows:
        page.append(row)
    parcel = io.BytesIO()
    book.save(parcel)
    return parcel.getvalue()


def said(found: PeopleRead) -> list[str]:
    return [str(each) for each in found.mistakes]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_one_sheet_says_the_same_in_every_encoding_that_offices_use(tmp_path: Path, encoding: str) -> None:
    """UTF-8 with and without mark, GB18030, and what Excel calls Unicode text."""
    found = read(tmp_path, csv_of(LI).encode(encoding))
    assert found.mistakes == ()
    (person,) = found.people
    assert (person.name, person.sex, person.birth) == ("李试", "female", "1980-05-06")
    assert (person.building, person.unit, person.room) == ("3", "2", "0502")
    assert (person.standing, person.health) == (Standing.ISOLATED, Health.RED)
    assert (person.returnee, person.needs_help, person.note) == (True, True, "独居")
    assert (person.identity_number, person.telephone) == ("419900198005061234", "15400001234")


def test_an_english_sheet_is_understood(tmp_path: Path) -> None:
    """English headers in any case and order, English words, tabs instead of commas."""
    lines = "Room\tName\tBuilding\tHealth code\tStanding\tNeeds help\n0101\tJohn Smith\tA\tyellow\tmonitored\tyes\n"
    (person,) = read(tmp_path, lines).people
    assert (person.name, person.building, person.room) == ("John Smith", "A", "0101")
    assert (person.health, person.standing, person.needs_help) == (Health.YELLOW, Standing.MONITORED, True)


@pytest.mark.parametrize("mark", ["\t", ";", ","])
@pytest.mark.parametrize("title", ["某小区人员名单", "某小区, 2026年", "\n\n某小区"])
def test_a_title_does_not_hide_what_the_columns_are_separated_by(tmp_path: Path, title: str, mark: str) -> None:
    """The title stands in one cell, and may have a comma of its own, as a note may have many."""
    table = (
        f'姓名{mark}楼栋{mark}房号{mark}备注\n王试{mark}3{mark}0502{mark}"a,b,c,d,e,f,g"\n张试{mark}3{mark}0503{mark}\n'
    )
    found = read(tmp_path, f"{title}\n{table}")
    assert said(found) == []
    assert [(each.building, each.room, each.note) for each in found.people] == [
        ("3", "0502", "a,b,c,d,e,f,g"),
        ("3", "0503", ""),
    ]


def test_an_xlsx_with_a_title_and_typed_cells_is_understood(tmp_path: Path) -> None:
    """A title above the header, dates as dates, numbers as numbers, empty rows between."""
    rows = (
        ("某小区人员名单",),
        (),
        ("姓名*", "楼栋", "单元", "房号", "出生日期", "手机号", "健康码（绿/黄/红）"),
        ("王小试", 12, 1, 502, date(1990, 1, 2), 15400000001, "绿"),
        (),
        ("张试", "12栋", None, "0503", "1990年3月4日", None, None),
    )
    found = read(tmp_path, workbook(*rows), "people.xlsx")
    assert said(found) == []
    assert [each.row for each in found.people] == [4, 6]
    first, second = found.people
    assert (first.building, first.room, first.birth, first.telephone) == ("12", "502", "1990-01-02", "15400000001")
    assert (second.building, second.birth, second.health) == ("12", "1990-03-04", Health.UNKNOWN)


@pytest.mark.parametrize(
    ("building", "unit", "number"),
    [
        ("三号楼", "一单元", "3-1"),
        ("十", "十二单元", "10-12"),
        ("二十一栋", "九十九", "21-99"),
        ("百合楼", "", "百合-"),
    ],
)
def test_a_building_and_a_unit_in_chinese_numerals_are_those_that_rules_name(
    tmp_path: Path, building: str, unit: str, number: str
) -> None:
    """Else 三号楼 would stay open where the rules have sealed 3."""
    (person,) = read(tmp_path, f"姓名,楼栋,单元,房号\n王试,{building},{unit},0101\n").people
    assert f"{person.building}-{person.unit}" == number


def test_what_is_merged_downwards_is_a_mistake_and_not_nothing(tmp_path: Path) -> None:
    """Of a household in isolation, merged into one cell, nobody is let out; a title of two rows hurts nobody."""
    rows = (
        ("某小区",),
        (),
        ("姓名", "楼栋", "房号", "居住状态"),
        ("王试", "3", "0101", "居家隔离"),
        ("张试", "3", "0101"),
        ("李试", "3", "0102"),
    )
    book = load_workbook(io.BytesIO(workbook(*rows)))
    book.worksheets[0].merge_cells("A1:D2")
    book.worksheets[0].merge_cells("D4:D5")
    book.save(tmp_path / "people.xlsx")
    found = read_people(read_table(tmp_path / "people.xlsx"), TODAY)
    what = "is merged with the cell above it; unmerge them and fill in each row"
    assert said(found) == [f"row 5, column 居住状态: {what}"]
    assert [each.row for each in found.people] == [4, 6]


def test_an_endless_list_of_merged_blocks_is_given_up(tmp_path: Path) -> None:
    """A file that unpacks to a hundred megabytes of them takes no gigabyte of memory."""
    parcel = io.BytesIO(workbook(("姓名", "楼栋", "房号"), ("王试", "3", "0101")))
    with (
        zipfile.ZipFile(parcel) as before,
        zipfile.ZipFile(tmp_path / "people.xlsx", "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for name in before.namelist():
            data = before.read(name)
            if name.endswith("sheet1.xml"):
                blocks = b"".join(b'<mergeCell ref="A%d:A%d"/>' % (row, row + 1) for row in range(3, 200_004))
                data = data.replace(b"</sheetData>", b"</sheetData><mergeCells>" + blocks + b"</mergeCells>")
            after.writestr(name, data)
    with pytest.raises(SheetUnreadable, match="damaged or no xlsx"):
        read_table(tmp_path / "people.xlsx")


def test_a_hidden_sheet_is_not_read_and_what_else_has_people_is_counted(tmp_path: Path) -> None:
    """The first sheet that the clerk sees counts, and further ones are not passed over in silence."""
    book = load_workbook(io.BytesIO(workbook(("姓名", "楼栋", "房号"), ("旧试", "3", "0101"))))
    book.worksheets[0].sheet_state = "hidden"
    for name in ("王试", "张试"):
        page = book.create_sheet(name)
        for row in (("姓名", "楼栋", "房号"), (name, "3", "0101")):
            page.append(row)
    book.create_sheet("empty")
    book.active = 1
    book.save(tmp_path / "people.xlsx")
    found = read_people(read_table(tmp_path / "people.xlsx"), TODAY)
    assert [each.name for each in found.people] == ["王试"]
    assert sheets_left_out(tmp_path / "people.xlsx") == 1
    (tmp_path / "people.csv").write_text(csv_of(LI), encoding="utf-8")
    assert sheets_left_out(tmp_path / "people.csv") == 0


@pytest.mark.parametrize("mangled", [date(2026, 2, 12), "2月12日", "12-Feb"])
def test_a_door_that_a_spreadsheet_took_for_a_date_is_a_mistake_and_no_new_home(
    tmp_path: Path, mangled: str | date
) -> None:
    """Who types 2-12 into a cell gets the twelfth of February: nobody lives behind that."""
    for number, row in enumerate((("王试", mangled, "0101"), ("王试", "3", mangled))):
        found = read(tmp_path, workbook(("姓名", "楼栋", "房号"), row), "people.xlsx")
        what = "is a date, made by the spreadsheet; format the column as text and type it again"
        assert said(found) == [f"row 2, column {('楼栋', '房号')[number]}: {what}"]


def test_the_whole_rehearsal_compound_is_read_without_a_mistake(tmp_path: Path) -> None:
    """1,502 invented people, whose identity numbers carry a wrong check digit on purpose."""
    everyone = [*rehearsal.compound(random.Random(1), TODAY), *rehearsal.canary_residents()]
    rehearsal.write_csv(everyone, tmp_path / "people.csv")
    found = read_people(read_table(tmp_path / "people.csv"), TODAY)
    assert said(found) == []
    assert len(found.people) == len(everyone) == 1504
    assert [each.name for each in found.people] == [each.name for each in everyone]
    assert [each.birth for each in found.people] == [each.born.isoformat() for each in everyone]
    assert sum(each.standing is Standing.ISOLATED for each in found.people) == sum(
        each.standing is rehearsal.Standing.ISOLATED for each in everyone
    )


def test_every_mistake_is_listed_with_row_and_column_and_none_quotes_a_cell(tmp_path: Path) -> None:
    """One reading tells the office all there is to correct, and a screenshot of it gives nobody away."""
    lines = (
        "李试甲,中,1980-02-30,12,电话,?,1,,户主,在家,蓝,也许,是,",
        "李试乙,男,2050-01-01,,,3,1,0101,,,,,,",
        ",男,1990-01-01,,,3,1,0101,,,,,,",
    )
    found = read(tmp_path, csv_of(*lines))
    assert found.people == ()
    assert [(each.row, each.column) for each in found.mistakes] == [
        (2, "性别"), (2, "出生日期"), (2, "身份证号"), (2, "手机号"), (2, "楼栋"), (2, "房号"), (2, "居住状态"),
        (2, "健康码"), (2, "返乡"), (3, "出生日期"), (4, "姓名"),
    ]  # fmt: skip
    text = "\n".join(said(found))
    for cell in ("李试", "1980", "2050", "电话", "在家", "蓝", "也许"):
        assert cell not in text
    assert "row 2, column 出生日期: is no day of the calendar; write it as 1990-01-31" in text


def test_a_formula_in_a_csv_cell_is_somebodys_odd_note_and_nothing_else(tmp_path: Path) -> None:
    """Cells are data: what begins with = is kept letter by letter."""
    note = '=HYPERLINK("http://example.invalid","x")'
    quoted = '"' + note.replace('"', '""') + '"'
    found = read(tmp_path, csv_of(f"王试,男,,,,3,1,0101,,,,,,{quoted}"))
    assert [each.note for each in found.people] == [note]


def test_a_formula_in_an_xlsx_is_named_and_not_worked_out(tmp_path: Path) -> None:
    """Its last value may be stale, so the office pastes it as a value."""
    found = read(tmp_path, workbook(("姓名", "楼栋", "房号"), ("王试", "=1+2", "0101")), "people.xlsx")
    assert said(found) == ["row 2, column 楼栋: holds a formula; copy the column and paste it as values"]


def test_an_identity_number_that_excel_has_cut_is_not_believed(tmp_path: Path) -> None:
    """18 digits typed into a number cell end in zeros; importing them would make a wrong person."""
    rows = (("姓名", "楼栋", "房号", "身份证号"), ("王试", "3", "0101", 419900198005061234))
    found = read(tmp_path, workbook(*rows), "people.xlsx")
    assert [(each.row, each.column) for each in found.mistakes] == [(2, "身份证号")]
    assert "format the column as text" in said(found)[0]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "is empty"),
        (b"   \r\n ", "is empty"),
        (b"PK\x03\x04 but no parcel", "damaged or no xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old", "save it as .xlsx"),
        (b"\xff\xff\xff\xff\x80\x81", "neither UTF-8 nor GB18030"),
        ('姓名,楼栋,房号\n"王试,3,0101\n'.encode(), "quotation mark"),
        (b"x," * 200 + b"x\n", "more than 64 columns"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_sheet_ends_in_a_clear_sentence(tmp_path: Path, data: bytes, expected: str) -> None:
    """Whatever is handed over: one sentence that says what to do."""
    with pytest.raises(SheetUnreadable, match=expected):
        read(tmp_path, data)


def test_a_parcel_that_would_fill_the_memory_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    """A few kilobytes that unpack to more than any list of people."""
    parcel = io.BytesIO()
    with zipfile.ZipFile(parcel, "w", zipfile.ZIP_DEFLATED) as packed, packed.open("xl/sheet.xml", "w") as part:
        for _ in range(cells.MOST_UNPACKED_BYTES >> 20):
            part.write(bytes(2**20))
        part.write(b"x")
    assert len(parcel.getvalue()) < 2**20
    with pytest.raises(SheetUnreadable, match="unpacks to"):
        read(tmp_path, parcel.getvalue(), "people.xlsx")


def test_too_many_rows_and_too_long_cells_are_refused(tmp_path: Path) -> None:
    """Bounds are said, not run into."""
    with pytest.raises(SheetUnreadable, match="more than 20000 rows"):
        read(tmp_path, csv_of(*["王试,,,,,3,1,0101,,,,,,"] * (cells.MOST_ROWS + 1)))
    found = read(tmp_path, csv_of("王试,,,,,3,1,0101,,,,,," + "长" * 501))
    assert [(each.row, each.column) for each in found.mistakes] == [(2, "备注")]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The path that was asked for is in the sentence."""
    with pytest.raises(SheetUnreadable, match=r"cannot read .*nowhere\.csv"):
        read_table(tmp_path / "nowhere.csv")


def test_missing_and_repeated_headers_are_named(tmp_path: Path) -> None:
    """Without its header a column is nothing, with two of them nobody knows which counts."""
    assert "姓名、楼栋、房号" in said(read(tmp_path, "甲,乙\n1,2\n"))[0]
    found = read(tmp_path, "姓名,楼栋,手机号,电话,门卡\n王试,3,15400001234,15400001234,3\n")
    assert said(found) == [
        "row 1, column 手机号: stands twice, in C and D; remove one",
        "row 1, column 房号: is missing (English: room); add it",
    ]
    assert found.passed_over == ("E",)


def test_one_person_in_two_rows_is_asked_about(tmp_path: Path) -> None:
    """By identity number, or by name, door and birth."""
    lines = (LI, LI.replace("李试", "李试试"), "王试,,,,,3,1,0101,,,,,,", "王 试,,,,,03栋,1单元,0101,,,,,,")
    found = read(tmp_path, csv_of(*lines))
    assert [(each.row, each.column) for each in found.mistakes] == [(3, "身份证号"), (5, "姓名")]


@given(data=st.binary(max_size=300))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_at_all_bring_the_reader_down(tmp_path: Path, data: bytes) -> None:
    """A sheet is read, or refused in a sentence; nothing else can come of a file."""
    for head in (b"", "姓名,楼栋,房号\n".encode(), b"PK\x03\x04"):
        with suppress(SheetUnreadable):
            found = read(tmp_path, head + data)
            assert found.people or found.mistakes


class Registry:
    """Who an intake would find, after writing what earlier ones planned."""

    def __init__(self) -> None:
        self.households: dict[str, Household] = {}
        self.persons: dict[str, Person] = {}
        self._drawn = self._draw()

    def take(self, found: PeopleRead) -> changes.Intake:
        assert found.mistakes == ()
        planned = changes.plan(
            found.people, found.fields, self.households.values(), self.persons.values(),
            any(each.unit for each in self.households.values()), lambda count: next(self._drawn),
        )  # fmt: skip
        if not planned.mistakes:
            self.households |= {each.id: each for each in planned.households}
            self.persons |= {each.id: each for each in (*planned.new, *planned.changed)}
        return planned

    def _draw(self) -> Iterator[bytes]:
        for number in range(1, 10**6):
            yield number.to_bytes(8, "big")


WANG = "王试,男,1990-01-01,,,3,2,0502,配偶,正常,绿,,,"


def test_importing_a_sheet_again_changes_nothing(tmp_path: Path) -> None:
    """Also for the whole rehearsal compound: the second time nobody is new or changed, and no household either."""
    registry = Registry()
    rehearsal.write_csv(rehearsal.compound(random.Random(2), TODAY), tmp_path / "people.csv")
    found = read_people(read_table(tmp_path / "people.csv"), TODAY)
    first = registry.take(found)
    assert (len(first.new), len(first.changed), first.same, first.named) == (1502, 0, 0, frozenset())
    assert len(first.households) == 835
    again = registry.take(found)
    assert (again.new, again.changed, again.same, again.households) == ((), (), 1502, ())
    assert again.named == {each.id for each in first.new}


def test_a_pseudonym_is_kept_whatever_else_changes(tmp_path: Path) -> None:
    """Known by identity number: another name, door, telephone and colour, and still the same resident."""
    registry = Registry()
    (before,) = registry.take(read(tmp_path, csv_of(LI))).new
    moved = LI.replace("李试", "李试新").replace("0502室", "0601").replace("红码", "绿").replace("1234,3号", "7777,3号")
    planned = registry.take(read(tmp_path, csv_of(moved)))
    (after,) = planned.changed
    assert planned.new == ()
    assert after.id == before.id
    assert after.household != before.household
    assert (after.masked_name, after.initials, after.phone_tail) == ("李*新", "lsx", "7777")
    assert after.health is Health.GREEN


def test_without_an_identity_number_name_door_and_birth_tell_a_person(tmp_path: Path) -> None:
    """The same three: the same person. Another birth: somebody else. A number learned later: still the same."""
    registry = Registry()
    (before,) = registry.take(read(tmp_path, csv_of(WANG))).new
    other = registry.take(read(tmp_path, csv_of(WANG.replace("1990-01-01", "1960-02-02"))))
    assert (len(other.new), other.named) == (1, frozenset())
    learned = registry.take(read(tmp_path, csv_of(WANG.replace("1990-01-01,", "1990-01-01,419900199001011111"))))
    assert [each.id for each in learned.changed] == [before.id]
    assert registry.take(read(tmp_path, csv_of(WANG))).same == 1
    assert registry.persons[before.id].identity_number == "419900199001011111"


def test_whoever_is_missing_from_a_sheet_is_not_named_and_stays(tmp_path: Path) -> None:
    """A sheet of one building does not empty the others."""
    registry = Registry()
    first = registry.take(read(tmp_path, csv_of(LI, WANG)))
    planned = registry.take(read(tmp_path, csv_of(WANG)))
    assert planned.named == {each.id for each in first.new if each.name == "王试"}
    assert len(registry.persons) == 2


def test_a_column_that_the_sheet_does_not_have_leaves_the_registry_as_it_is(tmp_path: Path) -> None:
    """A list of health codes alone does not let anybody out of isolation."""
    registry = Registry()
    registry.take(read(tmp_path, csv_of(LI)))
    planned = registry.take(read(tmp_path, "姓名,楼栋,单元,房号,健康码\n李试,3,2,0502,黄\n"))
    (after,) = planned.changed
    assert (after.health, after.standing) == (Health.YELLOW, Standing.ISOLATED)
    assert (after.telephone, after.identity_number) == ("15400001234", "419900198005061234")


def test_a_sheet_without_units_cannot_move_a_compound_that_has_them(tmp_path: Path) -> None:
    """It is a mistake of the sheet, and nothing may be written."""
    registry = Registry()
    registry.take(read(tmp_path, csv_of(LI)))
    planned = registry.take(read(tmp_path, "姓名,楼栋,房号\n李试,3,0502\n"))
    assert str(planned.mistakes[0]).startswith("column 单元")


def test_a_name_that_fits_two_people_is_asked_about(tmp_path: Path) -> None:
    """Grandfather and grandson of one name behind one door: without birth or number nobody can tell."""
    registry = Registry()
    registry.take(read(tmp_path, csv_of(WANG, WANG.replace("1990", "1930"))))
    planned = registry.take(read(tmp_path, "姓名,楼栋,单元,房号,健康码\n王试,3,2,0502,黄\n"))
    assert [each.row for each in planned.mistakes] == [2]
    assert "add 出生日期 or 身份证号" in planned.mistakes[0].what


def test_every_header_of_the_documented_list_is_known() -> None:
    """The columns that an office is asked for, in Chinese, each lead to a field of a person."""
    for header in HEADER.split(","):
        assert any(header == names[0] for names in HEADERS.values()), header
