"""gate-hub, as a clerk types it: what it does, what it prints, how it refuses."""

import os
import re
import signal
import subprocess
import sys
import tomllib
from base64 import b64decode
from collections.abc import Iterator

import pytest

from hub import broker, control, keys, settings
from hub.__main__ import main
from hub.passwords import verify_password
from tests.hub.typed_hub import SHEET, Hub, bare, hub, index_of, peopled

__all__ = ["bare", "hub", "peopled"]


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


def test_a_file_that_is_no_registry_any_more_is_said_to_be_none(hub: Hub) -> None:
    """Also by a command that only reads, and does not set it aside."""
    (hub.data / "registry.sqlite").write_bytes(b"")
    assert "cannot be read (no such table: quarantine); gate-hub verify" in hub.refusal("quarantine", "list")


def test_a_list_of_which_the_reader_has_seen_enough_ends_without_a_word(peopled: Hub) -> None:
    """As `gate-hub ... | head` does."""
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "hub", "--config", str(peopled.config), "guard", "list"]
    with open(writing, "w") as pipe:
        ended = subprocess.run(words, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (128 + signal.SIGPIPE, "")


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
    peopled("revoke", index_of(peopled.folder / "out")[0]["serial"])
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


def _hash(hub: Hub, name: str) -> str:
    return str(dict(hub.rows("SELECT name, password_hash FROM clerk"))[name])
