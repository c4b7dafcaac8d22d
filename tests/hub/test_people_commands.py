"""gate-hub import, issue and revoke, as a clerk types them: who lives here, and whose pass is good."""

import re
from datetime import timedelta

import pytest

from hub.passes.issue import INDEX
from tests.hub.typed_hub import NAMES, SHEET, Hub, bare, hub, index_of, peopled, read_at_a_gate

__all__ = ["bare", "hub", "peopled"]


def test_people_come_in_with_what_a_guard_may_see_and_no_name_on_the_terminal(hub: Hub) -> None:
    """Masked name, initials and telephone tail are derived; households are shared; output and errors name nobody."""
    status, out, err = hub.told("import", hub.file("people.csv", SHEET))
    assert status == 0
    assert "3 new, 0 changed, 0 as before" in out
    assert not any(name in out + err for name in NAMES)
    assert hub.rows("SELECT masked_name, initials, phone_tail, standing, health FROM person ORDER BY name") == [
        ("张*丙", "zsb", "", "normal", "green"),
        ("李*甲", "lsj", "1234", "normal", "green"),
        ("王*乙", "wsy", "4321", "isolated", "red"),
    ]
    assert all(
        re.fullmatch("[0-9a-f]{16}", row[0]) for row in hub.rows("SELECT id FROM person UNION SELECT id FROM household")
    )


def test_importing_again_changes_nothing_and_lists_who_is_missing(peopled: Hub) -> None:
    """The same sheet: not one row. A shorter one: the missing are named by pseudonym and masked name, and stay."""
    before = peopled.snapshot()
    assert "0 new, 0 changed, 3 as before" in peopled("import", str(peopled.folder / "people.csv"))
    assert peopled.snapshot() == before
    shorter = "\n".join(SHEET.splitlines()[:-1])
    said = peopled("import", peopled.file("shorter.csv", shorter))
    (person,) = peopled.rows("SELECT id FROM person WHERE masked_name = '张*丙'")[0]
    assert f"{person}  building 12  张*丙" in said
    assert peopled.snapshot() == before


def test_a_dry_run_counts_and_writes_nothing(peopled: Hub) -> None:
    """One new, one changed, two as before."""
    before = peopled.snapshot()
    sheet = SHEET.replace("居家隔离,红", "正常,绿") + "赵试丁,女,,,,12,1,0102,正常,绿\n"
    said = peopled("import", peopled.file("more.csv", sheet), "--dry-run")
    assert "1 new, 1 changed, 2 as before; 0 in the registry" in said
    assert "nothing was written" in said
    assert peopled.snapshot() == before


def test_with_a_mistake_nothing_is_written_and_every_mistake_is_told(hub: Hub) -> None:
    """Row and column, and no cell of them."""
    bad = SHEET.replace("1980-05-06", "1980-05-60").replace("红", "蓝")
    err = hub.refusal("import", hub.file("people.csv", bad))
    assert "row 2, column 出生日期" in err
    assert "row 3, column 健康码" in err
    assert "correct 2 mistakes" in err
    assert not any(name in err for name in NAMES)
    assert hub.rows("SELECT * FROM person") == []


def test_everybody_gets_a_pass_that_the_gates_believe(peopled: Hub) -> None:
    """Recorded in the registry, written under its serial, readable by the very code of the gate."""
    out = peopled.folder / "passes"
    said = peopled("issue", "--all", "--out", str(out), "--format", "text", "--days", "30")
    assert "3 passes issued" in said
    rows = index_of(out)
    recorded = peopled.rows("SELECT serial, person, expires_at FROM pass")
    assert {(row["serial"], row["person"]) for row in rows} == {row[:2] for row in recorded}
    assert [row["building"] for row in rows] == ["3", "3", "12"]
    for row in rows:
        credential = read_at_a_gate(peopled, row["code"].encode())
        assert (credential.person, credential.serial) == (row["person"], row["serial"])
        assert credential.expires_at - credential.issued_at == timedelta(days=30)


def test_a_building_or_single_people_can_be_issued_passes(peopled: Hub) -> None:
    """As the sheet writes a building, or by pseudonym."""
    peopled("issue", "--building", "03号楼", "--out", str(peopled.folder / "a"), "--format", "text")
    assert [row["building"] for row in index_of(peopled.folder / "a")] == ["3", "3"]
    (person,) = peopled.rows("SELECT id FROM person WHERE masked_name = '张*丙'")[0]
    peopled("issue", person, "--out", str(peopled.folder / "b"))
    (row,) = index_of(peopled.folder / "b")
    assert row["person"] == person
    assert (peopled.folder / "b" / row["file"]).read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "say whose passes"),
        (("--all", "--building", "3"), "say whose passes"),
        (("--building", "77"), "nobody lives in building 77"),
        (("--building", "../3"), "not the number of one door"),
        (("0000000000000000",), "nobody in the registry is 0000000000000000"),
        (("nobody",), "named by the pseudonym"),
        (("--all", "--days", "0"), "valid for 1 to"),
        (("--all", "--days", "99999"), "valid for 1 to"),
    ],
)
def test_an_issue_that_makes_no_sense_records_no_pass(peopled: Hub, words: tuple[str, ...], expected: str) -> None:
    """Refused in a sentence, before anything is signed."""
    assert expected in peopled.refusal("issue", *words, "--out", str(peopled.folder / "out"))
    assert peopled.rows("SELECT * FROM pass") == []


def test_no_pass_is_recorded_where_its_folder_cannot_be_made(peopled: Hub) -> None:
    """Nor where an earlier index lies in it."""
    peopled.file("in-the-way", "")
    assert "cannot make the folder" in peopled.refusal("issue", "--all", "--out", str(peopled.folder / "in-the-way"))
    peopled.file(INDEX, "")
    assert "already holds" in peopled.refusal("issue", "--all", "--out", str(peopled.folder))
    assert peopled.rows("SELECT * FROM pass") == []


def test_a_pass_is_revoked_by_its_serial_and_an_unknown_one_stops_all(peopled: Hub) -> None:
    """All of the list or none: a typing error is found before the others are believed to be done."""
    peopled("issue", "--all", "--out", str(peopled.folder / "out"), "--format", "text")
    serials = [row["serial"] for row in index_of(peopled.folder / "out")]
    assert "none was revoked" in peopled.refusal("revoke", serials[0], "0000000000000000")
    assert peopled.rows("SELECT serial FROM pass WHERE revoked_at IS NOT NULL") == []
    assert "2 passes revoked" in peopled("revoke", *serials[:2])
    assert {row[0] for row in peopled.rows("SELECT serial FROM pass WHERE revoked_at IS NOT NULL")} == set(serials[:2])
