"""[panel] and [voice] of station.toml: contacts that are wired or not, and a voice that can be heard."""

import pytest

from station.settings import PanelBackend, VoiceBackend
from station.settings.reading import load, rehearsed
from tests.station.station_files import Folder


@pytest.fixture
def folder(tmp_path):
    folder = Folder(tmp_path)
    folder.spoil("green_pin = 4", "")
    return folder


def with_panel(folder: Folder, *lines: str) -> None:
    folder.spoil('[panel]\nbackend = "gpio"\n', '[panel]\nbackend = "gpio"\n' + "\n".join(lines) + "\n")


def with_voice(folder: Folder, *lines: str) -> None:
    folder.spoil("[kiosk]", "[voice]\n" + "\n".join(lines) + "\n\n[kiosk]")


def test_a_gate_without_contacts_and_voice_is_in_order(folder):
    """As every gate was before it had any."""
    settings, _ = load(folder.settings)
    panel = settings.panel
    assert panel.third_button_pin == panel.barrier_sensor_pin == panel.fire_notice_pin == panel.tamper_pin == "none"
    assert (settings.voice.backend, settings.voice.spoken) == (VoiceBackend.NONE, ("zh",))


def test_contacts_are_pins_like_any_other(folder):
    with_panel(folder, "third_button_pin = 7", 'tamper_pin = "none"', "opens_within_seconds = 8")
    panel = load(folder.settings)[0].panel
    assert (panel.third_button_pin, panel.tamper_pin, panel.opens_within_seconds) == (7, "none", 8.0)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("barrier_sensor_pin = 24", "panel.barrier_sensor_pin is pin 24, and so is barrier_pin"),
        ("tamper_pin = 5", "panel.tamper_pin is pin 5, and so is admit_button_pin"),
        ("fire_notice_pin = 28", "panel.fire_notice_pin does not fit"),
        ('fire_notice_pin = "off"', "panel.fire_notice_pin does not fit"),
        ("opens_within_seconds = 0", "panel.opens_within_seconds does not fit"),
    ],
)
def test_a_contact_that_cannot_be_is_named(folder, line, says):
    with_panel(folder, line)
    assert says in folder.objection()


def test_a_voice_is_in_order_once_its_sounds_are_there(folder, tmp_path):
    """The folder counts from the file's own, as every path does."""
    with_voice(folder, 'backend = "aplay"', 'sounds = "sounds"', 'languages = "zh+en"')
    assert "voice.sounds names" in folder.objection()
    (tmp_path / "sounds").mkdir()
    voice = load(folder.settings)[0].voice
    assert (voice.sounds, voice.spoken) == (str(tmp_path / "sounds"), ("zh", "en"))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (['backend = "aplay"'], "voice.sounds is empty, but the voice needs one"),
        (['backend = "pulse"'], "voice.backend does not fit"),
        (["volume = 101"], "voice.volume does not fit"),
        (['quiet_from = "dusk"'], "voice.quiet_from does not fit"),
        (['languages = "en+zh"'], "voice.languages does not fit"),
        (['device = ""'], "voice.device does not fit"),
    ],
)
def test_a_voice_that_cannot_be_is_named(folder, lines, says):
    with_voice(folder, *lines)
    objection = folder.objection()
    assert says in objection
    assert objection.rpartition("; ")[2]


def test_a_rehearsal_speaks_to_nobody(folder):
    """Neither pins nor a sound card are touched; what is wired stays wired."""
    with_panel(folder, "tamper_pin = 7")
    settings = rehearsed(load(folder.settings)[0])
    assert (settings.panel.backend, settings.panel.tamper_pin) == (PanelBackend.REHEARSAL, 7)
    assert settings.voice.backend is VoiceBackend.REHEARSAL
