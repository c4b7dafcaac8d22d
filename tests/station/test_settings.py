"""station.toml and identity.toml: what is odd stops the station with one sentence that says where and what to do."""

from pathlib import Path

import pytest

from gate.policy import Direction
from station.settings import CameraBackend, PanelBackend, Synchronisation
from station.settings.oddities import is_loopback
from station.settings.reading import load, rehearsed
from station.toml import line_of
from tests.station.station_files import KEY, Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_a_good_file_is_read_and_paths_count_from_its_folder(folder, tmp_path):
    """What is not said keeps its default; relative paths do not depend on where the command is started."""
    settings, identity = load(folder.settings)
    assert (settings.data_folder, settings.first_direction, settings.timezone) == (
        tmp_path / "data",
        Direction.IN,
        "Asia/Shanghai",
    )
    assert settings.data_folder.is_dir()
    assert (identity.hub_key, identity.username) == (bytes(range(32)), "west-1")
    assert "secret-word" not in repr(identity)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("port = 1883", 'port = "1883"', 11, "broker.port does not fit: Expected `int`, got `str`"),
        ("port = 1883", "port = 99999", 11, "broker.port does not fit"),
        ("port = 1883", "prot = 1883", 11, "broker.prot is not a setting of this version"),
        ('host = "127.0.0.1"\n', "", 9, "broker.host is missing; add it"),
        ('gate = "west"\n', 'gate = "West Gate"\n', 3, "gate does not fit"),
        ('direction = "both"', 'direction = "up"', 5, "direction does not fit: Invalid enum value 'up'"),
        ('backend = "v4l2"', 'backend = "webcam"', 14, "camera.backend does not fit: Invalid enum value 'webcam'"),
        ('source = "/dev/video0"', 'source = ""', 15, "camera.source is empty, but the v4l2 camera needs one"),
        ('host = "127.0.0.1"', 'host = "hub.local"', 9, "broker.tls_ca is empty, but the broker 'hub.local'"),
        ("port = 1883", 'tls_ca = "ca.pem"', 11, "broker.tls_ca names"),
        ('"data"', '""', 6, "data is empty"),
        ('"data"', '"da\\u0000ta"', 6, "da\\x00ta', which is no path"),
        ('"identity.toml"', '""', 7, "identity is empty"),
        ("port = 1883", 'tls_ca = "."', 11, "broker.tls_ca names"),
        ("port = 0", 'host = "0.0.0.0"', 25, "kiosk.host is '0.0.0.0'"),
        ("green_pin = 4", "green_pin = 27", 0, "is pin 27, and so is green_pin"),
        ("green_pin = 4", "green_pin = 28", 22, "panel.green_pin does not fit"),
        ('lane = "a"', 'lane = "a"\ntimezone = "Mars/Base"', 5, "timezone is 'Mars/Base', which is no time zone"),
        ('lane = "a"', "lane = ", 4, "is not TOML"),
        ('station = "west-1"', 'station = "west-2"', 2, "station is 'west-2', but the identity file"),
        ('compound = "yuyuan"', 'compound = "other"', 1, "compound is 'other', but the identity file"),
    ],
)
def test_what_is_odd_is_named_with_file_line_and_remedy(folder, old, new, line, says):
    """A typing error, a missing word, an open door: each is one line, `FILE:LINE: KEY ...; what to do`."""
    folder.spoil(old, new)
    objection = folder.objection()
    assert objection.startswith(f"{folder.settings}:{line}: " if line else str(folder.settings))
    assert says in objection
    assert objection.rpartition("; ")[2]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (f'hub_key = "{KEY}"', f'hub_key = "{KEY[:-2]}"', "hub_key is not 32 bytes in base64"),
        (f'roster_key = "{KEY}"', 'roster_key = "' + "!" * 44 + '"', "roster_key is not 32 bytes in base64"),
        ('password = "secret-word"\n', "", "password is missing"),
        ("password", "pass_word", "pass_word is not a setting"),
    ],
)
def test_a_wrong_identity_is_named_without_its_secrets(folder, old, new, says):
    """The identity file is checked as strictly, and nothing of it is repeated."""
    folder.spoil(old, new, "identity")
    objection = folder.objection()
    assert objection.startswith(str(folder.identity))
    assert says in objection
    assert "secret-word" not in objection
    assert KEY[:-2] not in objection


def test_an_identity_that_others_may_read_is_refused(folder):
    """Keys belong to one user; the remedy is the command to run."""
    folder.identity.chmod(0o644)
    assert folder.objection().endswith(f"(mode 0644); run: chmod 600 {folder.identity}")


def test_a_folder_for_an_identity_is_named_and_keeps_its_rights(folder, tmp_path):
    """Nobody is told to take the rights off a folder."""
    folder.spoil('"identity.toml"', '"."')
    assert folder.objection() == f"{tmp_path}: is not a file; name the file that `gate-hub station add` made"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("port = 1883", 'tls_ca = "PATH"', "broker.tls_ca names"),
        ("[kiosk]", '[voice]\nbackend = "aplay"\nsounds = "PATH"\n[kiosk]', "voice.sounds names"),
        ("[kiosk]", '[rehearsal]\npictures = "PATH"\n[kiosk]', "rehearsal.pictures names"),
    ],
)
def test_a_path_that_the_system_will_not_even_look_up_is_named(folder, old, new, says):
    """Too long for any file, as a folder that is locked to this user: a sentence, no traceback."""
    folder.spoil(old, new.replace("PATH", "a" * 300))
    assert says in folder.objection()


@pytest.mark.parametrize("missing", ["settings", "identity"])
def test_a_missing_file_is_named(folder, missing):
    """No traceback for a file that is not there."""
    path: Path = getattr(folder, missing)
    path.unlink()
    assert folder.objection().startswith(f"{path}: cannot be read: No such file or directory; ")


def test_a_data_folder_that_cannot_be_made_is_named(folder, tmp_path):
    """The journal's folder is checked before the lane opens."""
    (tmp_path / "data").write_text("a file stands here")
    assert "data names" in folder.objection()


def test_a_rehearsal_takes_every_double(folder):
    """Whatever the file names, no hardware and no time server is touched."""
    settings = rehearsed(load(folder.settings)[0])
    assert (settings.camera.backend, settings.panel.backend, settings.clock.synchronised_by) == (
        CameraBackend.REHEARSAL,
        PanelBackend.REHEARSAL,
        Synchronisation.REHEARSAL,
    )


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.2", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_loopback_is_loopback_only(host, loopback):
    """No name that has to be looked up counts as this machine, but for localhost."""
    assert is_loopback(host) is loopback


def test_a_key_is_found_in_its_own_table():
    """The line is that of the key, not of its namesake in another table; that of the table where it is missing."""
    text = 'port = 1\n[broker]\nport = 2\n\n[kiosk]\n"port" = 3\n'
    assert [line_of(text, key) for key in ("port", "broker.port", "kiosk.port")] == [1, 3, 6]
    assert [line_of(text, key) for key in ("broker.host", "broker", "nowhere.port")] == [2, 2, 0]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('url = ""', "resolver.url is ''"),
        ('url = "http://hc.example.gov.cn/"', "begins with https://"),
        ('url = "https://:1/"', "begins with https://"),
        ('url = "https://h:99999/"', "begins with https://"),
        ('url = "https://h/"\ntoken_file = "none"', "resolver.token_file names"),
        ('url = "https://h/"\ntls_ca = "none"', "resolver.tls_ca names"),
    ],
)
def test_a_health_code_service_that_cannot_be_asked_is_named(folder, lines, expected):
    """The code's text goes nowhere but to a province that proves who it is."""
    folder.spoil("[kiosk]", f'[resolver]\nbackend = "https"\n{lines}\n\n[kiosk]')
    assert expected in folder.objection()
