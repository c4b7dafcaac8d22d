"""gate-hub, as a clerk types it: what it does, what it prints, how it refuses."""

import csv
import io
import os
import re
import signal
import sqlite3
import subprocess
import sys
import tomllib
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gate.clock import ClockState, Moment
from gate.credential import read
from gate.trust import TrustedKey, Usage, index
from hub import broker, control, keys, settings
from hub.__main__ import main
from hub.issue import INDEX
from hub.passwords import verify_password

SHEET = """\
姓名,性别,出生日期,身份证号,手机号,楼栋,单元,房号,居住状态,健康码
李试甲,女,1980-05-06,419900198005061234,15400001234,3,1,0101,正常,绿
王试乙,男,1990-01-02,419900199001021234,15400004321,3,2,0502,居家隔离,红
张试丙,男,2001-01-02,,,12,1,0101,正常,绿
"""
NAMES = ("李试甲", "王试乙", "张试丙", "4199001980", "15400001234")


class Hub:
    """A hub's folder, and its command as one types it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.config = folder / "hub.toml"
        self.config.write_text('compound = "willow-court"\ndata = "data"\n\n[broker]\nport = 1\n')
        self._capsys = capsys

    def __call__(self, *words: str, typed: str = "") -> str:
        """A command that must work; what it printed."""
        status, out, err = self.told(*words, typed=typed)
        assert status == 0, err
        return out

    def told(self, *words: str, typed: str = "") -> tuple[int, str, str]:
        status = main(["--config", str(self.config), *words], io.StringIO(typed))
        out, err = self._capsys.readouterr()
        return status, out, err

    def refusal(self, *words: str, typed: str = "") -> str:
        """A command that must be refused: exit 2, one sentence from gate-hub on stderr; all of stderr."""
        status, _, err = self.told(*words, typed=typed)
        assert status == 2
        assert sum(line.startswith("gate-hub: ") for line in err.splitlines()) == 1
        assert "Traceback" not in err
        return err

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.data / "registry.sqlite")) as registry:
            return registry.execute(sql).fetchall()

    def snapshot(self) -> dict[str, bytes]:
        """Every file of the data folder but the lock, and the tables in place of the database's pages."""
        files = {
            str(path): path.read_bytes()
            for path in self.data.rglob("*")
            if path.is_file() and "registry" not in path.name
        }
        with closing(sqlite3.connect(self.data / "registry.sqlite")) as registry:
            return {**files, "registry": "\n".join(registry.iterdump()).encode()}


@pytest.fixture
def bare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Hub:
    return Hub(tmp_path, capsys)


@pytest.fixture
def hub(bare: Hub) -> Hub:
    bare("init")
    return bare


@pytest.fixture
def peopled(hub: Hub) -> Hub:
    hub("import", hub.file("people.csv", SHEET))
    return hub


def test_init_makes_a_folder_that_is_nobody_elses(bare: Hub) -> None:
    """Keys, broker files, registry: folders 0700, files 0600, and the next steps are printed."""
    said = bare("init")
    assert bare.data.stat().st_mode & 0o777 == 0o700
    for path in bare.data.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    assert broker.users(bare.data / "broker" / "passwords") == {"hub", "observer"}
    for command in ("import", "policy publish", "station add", "clerk add", "issue", "run"):
        assert f"gate-hub {command}" in said


def test_a_folder_that_others_can_look_into_is_warned_about(bare: Hub) -> None:
    """It is not changed, since it may be more than ours; the files in it are private all the same."""
    bare.data.mkdir(mode=0o755)
    assert "chmod 700" in bare("init")
    assert (bare.data / "registry.sqlite").stat().st_mode & 0o777 == 0o600
    bare.data.chmod(0o700)
    assert "chmod 700" not in bare("init")


def test_a_second_init_changes_nothing_and_says_so(hub: Hub) -> None:
    """Not one byte, also after stations were added."""
    hub("station", "add", "east-1", "--gate", "east")
    before = hub.snapshot()
    assert "nothing was changed" in hub("init")
    assert hub.snapshot() == before


def test_init_does_not_paper_over_lost_keys(hub: Hub) -> None:
    """New keys would shut out every gate, so the loss is said and the old ones are asked for."""
    (hub.data / "keys" / "document.key").unlink()
    assert "restore it from a backup" in hub.refusal("init")
    assert not (hub.data / "keys" / "document.key").exists()


def test_init_mends_the_brokers_rights_for_the_stations_there_are(hub: Hub) -> None:
    """They follow from the registry, so losing them costs nothing."""
    hub("station", "add", "east-1", "--gate", "east")
    acl = (hub.data / "broker" / "acl").read_text()
    (hub.data / "broker" / "acl").unlink()
    assert "rights" in hub("init")
    assert (hub.data / "broker" / "acl").read_text() == acl


def test_a_station_gets_an_identity_a_password_and_its_rights(hub: Hub) -> None:
    """Everything that a gate needs to know the hub and to be known by the broker, in one private file."""
    said = hub("station", "add", "east-1", "--gate", "east", "--lane", "2", "--direction", "in")
    path = hub.data / "stations" / "east-1.toml"
    assert str(path) in said
    assert "SIGHUP" in said
    assert path.stat().st_mode & 0o777 == 0o600
    identity = tomllib.loads(path.read_text())
    assert identity.keys() == {"compound", "station", "username", "password", "hub_key", "roster_key", "pass_key"}
    assert (identity["compound"], identity["station"], identity["username"]) == ("willow-court", "east-1", "east-1")
    assert identity["password"] not in said
    secrets = keys.load(hub.data / "keys")
    assert b64decode(identity["hub_key"]) == secrets.document.public
    assert b64decode(identity["roster_key"]) == secrets.roster
    assert _opens(hub, "east-1", identity["password"])
    assert "user east-1" in (hub.data / "broker" / "acl").read_text()
    assert hub.rows("SELECT id, gate, lane, direction FROM station") == [("east-1", "east", "2", "in")]
    assert re.search(r"east-1 +gate east +lane 2 +in", hub("station", "list"))


def test_a_station_is_not_added_twice_but_gets_a_new_password_when_asked(hub: Hub) -> None:
    """By mistake: refused, the running gate keeps its password. With --again: the old one ends, and so does the key of
    its temporary passes; the hub's keys stay."""
    hub("station", "add", "east-1", "--gate", "east")
    hub("station", "add", "west-1", "--gate", "west")
    path = hub.data / "stations" / "east-1.toml"
    first = tomllib.loads(path.read_text())
    before = hub.snapshot()
    assert "--again" in hub.refusal("station", "add", "east-1", "--gate", "east")
    assert hub.snapshot() == before
    hub("station", "add", "east-1", "--again")
    second = tomllib.loads(path.read_text())
    assert {key for key in first if first[key] != second[key]} == {"password", "pass_key"}
    assert _opens(hub, "east-1", second["password"])
    assert not _opens(hub, "east-1", first["password"])
    assert "user west-1" in (hub.data / "broker" / "acl").read_text()
    assert "belongs to gate east" in hub.refusal("station", "add", "east-1", "--gate", "west", "--again")
    assert "no station south-1" in hub.refusal("station", "add", "south-1", "--gate", "south", "--again")


def test_a_station_whose_files_cannot_be_written_is_not_added(hub: Hub) -> None:
    """The registry never knows a station that has no identity."""
    (hub.data / "stations").write_text("a file stands where the folder should be")
    err = hub.refusal("station", "add", "east-1", "--gate", "east")
    assert f"cannot use {hub.data / 'stations'}: File exists" in err
    assert hub.rows("SELECT id FROM station") == []


@pytest.mark.parametrize("name", ["hub", "observer", "East", "a b", "../east", "east\n", "#", "+", "", "x" * 33])
def test_a_name_that_the_broker_or_a_path_could_misread_is_no_station(hub: Hub, name: str) -> None:
    """Nothing that is a topic's wildcard, somebody else's name or a way out of the folder."""
    before = hub.snapshot()
    hub.refusal("station", "add", name, "--gate", "east")
    assert hub.snapshot() == before


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


def test_a_policy_is_told_in_both_languages_and_then_published(peopled: Hub) -> None:
    """What check says is what publish puts in force; what fits no building is warned about."""
    file = peopled.file("policy.toml", 'title = "x"\n[zones]\n"3" = "sealed"\n"13" = "sealed"\n')
    said = peopled("policy", "check", file)
    assert "3号楼封控：只进不出" in said
    assert "Building 3 is sealed: people may go in, nobody leaves" in said
    assert "warning: zones.13" in said
    assert peopled.rows("SELECT value FROM meta WHERE key = 'policy'") == []
    assert "published" in peopled("policy", "publish", file)
    ((policy,),) = peopled.rows("SELECT value FROM meta WHERE key = 'policy'")
    assert '"zones":{"13":"sealed","3":"sealed"}' in policy


def test_a_policy_with_a_mistake_is_not_published(hub: Hub) -> None:
    """The line and key, and the old rules stay."""
    file = hub.file("policy.toml", 'title = "x"\n\n[zones]\n"3" = "shut"\n')
    for command in ("check", "publish"):
        assert "line 4, zones.3" in hub.refusal("policy", command, file)
    assert hub.rows("SELECT value FROM meta WHERE key = 'policy'") == []


def test_everybody_gets_a_pass_that_the_gates_believe(peopled: Hub) -> None:
    """Recorded in the registry, written under its serial, readable by the very code of the gate."""
    out = peopled.folder / "passes"
    said = peopled("issue", "--all", "--out", str(out), "--format", "text", "--days", "30")
    assert "3 passes issued" in said
    rows = _index(out)
    recorded = peopled.rows("SELECT serial, person, expires_at FROM pass")
    assert {(row["serial"], row["person"]) for row in rows} == {row[:2] for row in recorded}
    assert [row["building"] for row in rows] == ["3", "3", "12"]
    trust, now = _trust_and_now(peopled)
    for row in rows:
        credential = read(row["code"].encode(), trust, now).credential
        assert credential is not None
        assert (credential.person, credential.serial) == (row["person"], row["serial"])
        assert credential.expires_at - credential.issued_at == timedelta(days=30)


def test_a_building_or_single_people_can_be_issued_passes(peopled: Hub) -> None:
    """As the sheet writes a building, or by pseudonym."""
    peopled("issue", "--building", "03号楼", "--out", str(peopled.folder / "a"), "--format", "text")
    assert [row["building"] for row in _index(peopled.folder / "a")] == ["3", "3"]
    (person,) = peopled.rows("SELECT id FROM person WHERE masked_name = '张*丙'")[0]
    peopled("issue", person, "--out", str(peopled.folder / "b"))
    (row,) = _index(peopled.folder / "b")
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
    serials = [row["serial"] for row in _index(peopled.folder / "out")]
    assert "none was revoked" in peopled.refusal("revoke", serials[0], "0000000000000000")
    assert peopled.rows("SELECT serial FROM pass WHERE revoked_at IS NOT NULL") == []
    assert "2 passes revoked" in peopled("revoke", *serials[:2])
    assert {row[0] for row in peopled.rows("SELECT serial FROM pass WHERE revoked_at IS NOT NULL")} == set(serials[:2])


def test_a_clerk_can_log_in_with_the_password_that_was_given_or_shown(hub: Hub) -> None:
    """Typed: never printed. Generated: printed once. Given again: the new one counts."""
    assert "office-2022" not in hub("clerk", "add", "office", "--password-stdin", typed="office-2022\n")
    assert verify_password("office-2022", _hash(hub, "office"))
    shown = re.search(r"^password: (\S+)$", hub("clerk", "add", "office"), re.MULTILINE)
    assert shown is not None
    assert verify_password(shown[1], _hash(hub, "office"))
    assert not verify_password("office-2022", _hash(hub, "office"))


@pytest.mark.parametrize(
    ("name", "typed", "expected"),
    [("office", "short\n", "8 to 256"), ("office", "", "8 to 256"), ("a b", "long enough\n", "without spaces")],
)
def test_a_clerk_without_a_proper_name_or_password_is_not_added(hub: Hub, name: str, typed: str, expected: str) -> None:
    """Empty input is no password."""
    assert expected in hub.refusal("clerk", "add", name, "--password-stdin", typed=typed)
    assert hub.rows("SELECT * FROM clerk") == []


def test_before_init_every_command_says_what_to_do_first(bare: Hub) -> None:
    """No folder, no traceback."""
    sheet = bare.file("people.csv", SHEET)
    for words in (("station", "list"), ("import", sheet), ("revoke", "0" * 16), ("clerk", "add", "x"), ("run",)):
        assert "gate-hub init" in bare.refusal(*words)
    assert not (bare.data / "registry.sqlite").exists()


def test_wrong_settings_are_named(bare: Hub) -> None:
    """File and reason, whatever the command."""
    bare.config.write_text('compound = "Willow Court"\ndata = "data"\n')
    assert "hub.toml" in bare.refusal("station", "list")
    bare.config.unlink()
    assert "hub.toml" in bare.refusal("run")


def test_the_registry_of_another_compound_is_left_alone(hub: Hub) -> None:
    """A copied settings file does not mix two compounds."""
    hub.config.write_text(hub.config.read_text().replace("willow-court", "other-court"))
    assert "belongs to compound" in hub.refusal("station", "list")


@pytest.mark.parametrize(
    "words",
    [(), ("init",), ("run",), ("station",), ("station", "add"), ("station", "list"), ("import",), ("policy",),
     ("policy", "check"), ("policy", "publish"), ("issue",), ("revoke",), ("clerk",), ("clerk", "add")],
)  # fmt: skip
def test_every_command_explains_itself(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """--help ends well and says something."""
    with pytest.raises(SystemExit) as ended:
        main([*words, "--help"])
    assert ended.value.code == 0
    assert "usage: gate-hub" in capsys.readouterr().out


def test_a_command_that_does_not_exist_ends_with_the_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, as for every refusal."""
    with pytest.raises(SystemExit) as ended:
        main(["open-the-gate"])
    assert ended.value.code == 2
    assert "invalid choice" in capsys.readouterr().err


def test_a_terminal_that_knows_no_chinese_still_gets_its_answer(peopled: Hub) -> None:
    """Question marks in place of what it cannot show, and the command does its work."""
    file = peopled.file("policy.toml", 'title = "x"\n')
    done = subprocess.run(
        [sys.executable, "-m", "hub", "--config", str(peopled.config), "policy", "check", file],
        capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert b"Every other building is open" in done.stdout


@pytest.fixture
def running(peopled: Hub) -> Iterator["subprocess.Popen[str]"]:
    """The hub as a process; no broker is there, which it does not need for its office."""
    process = subprocess.Popen(
        [sys.executable, "-m", "hub", "--config", str(peopled.config), "run"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline().startswith("office http://127.0.0.1:")
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_commands_reach_the_hub_that_runs(peopled: Hub, running: "subprocess.Popen[str]") -> None:
    """While it holds the registry, every kind of order is carried out by it, and a refusal comes back as one."""
    with pytest.raises(control.DataInUse), control.exclusive(settings.load(peopled.config)):
        pass
    assert (peopled.data / "control.sock").stat().st_mode & 0o777 == 0o600
    peopled("station", "add", "east-1", "--gate", "east")
    assert "east-1" in peopled("station", "list")
    assert "3 as before" in peopled("import", str(peopled.folder / "people.csv"))
    peopled("policy", "publish", peopled.file("policy.toml", 'title = "x"\n'))
    peopled("issue", "--all", "--out", str(peopled.folder / "out"), "--format", "text")
    peopled("revoke", _index(peopled.folder / "out")[0]["serial"])
    peopled("clerk", "add", "office", "--password-stdin", typed="office-2022\n")
    assert "registry already" in peopled.refusal("station", "add", "east-1", "--gate", "east")
    assert "nothing was changed" in peopled("init")
    assert len(peopled.rows("SELECT * FROM pass")) == 3
    running.send_signal(signal.SIGTERM)
    assert running.wait(30) == 0
    assert not (peopled.data / "control.sock").exists()
    assert "east-1" in peopled("station", "list")


def test_a_hub_that_was_killed_leaves_nothing_in_the_way(peopled: Hub, running: "subprocess.Popen[str]") -> None:
    """Its socket still lies there; the next command finds nobody behind it and does the work itself."""
    running.kill()
    running.wait()
    assert (peopled.data / "control.sock").exists()
    peopled("station", "add", "east-1", "--gate", "east")
    assert peopled.rows("SELECT id FROM station") == [("east-1",)]


def _opens(hub: Hub, username: str, password: str) -> bool:
    """Whether Mosquitto's password file holds that password."""
    entries = dict(line.split(":", 1) for line in (hub.data / "broker" / "passwords").read_text().splitlines())
    salt = b64decode(entries[username].split("$")[3])
    return broker.password_entry(password, salt) == entries[username]


def _index(folder: Path) -> list[dict[str, str]]:
    with (folder / INDEX).open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        return [{key.split()[-1]: value for key, value in row.items()} for row in rows]


def _hash(hub: Hub, name: str) -> str:
    return str(dict(hub.rows("SELECT name, password_hash FROM clerk"))[name])


def _trust_and_now(hub: Hub) -> tuple[Any, Moment]:
    now = control.wall_clock()
    public = keys.load(hub.data / "keys").pass_.public
    key = TrustedKey(public, "willow-court", frozenset({Usage.PASS}), now - timedelta(1), now + timedelta(999))
    return index("willow-court", [key]), Moment(now, ClockState.SYNCED)
