"""The prompts as sound files: in their own language, equally loud, whole; and on the card of a gate with a voice."""

import configparser
import re
import shutil
import subprocess
import sys
import tomllib
import wave
from pathlib import Path

import numpy as np
import pytest

from firmware_config import sounds
from firmware_config.render import SOUND, main
from station.prompts import Prompt
from station.voice.speaker import VOICES

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "firmware_config/gate.toml"
SANDBOX = Path(__file__).parent / "sandbox.py"
UNABLE = 77

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make sounds` makes."""
    folder = tmp_path_factory.mktemp("build") / "sounds"
    assert sounds.main([str(folder)]) == 0
    return folder


def _samples(path: Path) -> tuple[np.ndarray, int]:
    with wave.open(str(path)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
        frames = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
        return frames.astype(float) / 32768, sound.getframerate()


@needs_espeak
class TestTheBuild:
    def test_makes_every_prompt_in_every_language(self, built: Path) -> None:
        """Their names follow from the prompts, so a station finds them."""
        wanted = {f"{prompt}.{language}.wav" for prompt in Prompt for language in ("zh", "en")}
        assert {path.name for path in built.iterdir()} == wanted

    def test_makes_them_equally_loud_and_cuts_no_word(self, built: Path) -> None:
        """None is lost in the street and none frightens; none begins before it is heard or drags on after it."""
        for path in built.iterdir():
            samples, rate = _samples(path)
            assert sounds.loudness(samples, rate) > 0.6 * sounds.LOUDNESS, path.name
            assert np.abs(samples).max() <= sounds.PEAK + 0.001, path.name
            assert 0.4 < samples.size / rate < 6.0, path.name
            heard = np.flatnonzero(np.abs(samples) > 0.02) / rate
            assert heard[0] < 0.15, path.name
            assert samples.size / rate - heard[-1] < 0.6, path.name

    def test_makes_the_same_files_again(self, built: Path, tmp_path: Path) -> None:
        """A card can be compared with another one."""
        (tmp_path / "sounds").mkdir()
        (tmp_path / "sounds/old.zh.wav").touch()
        sounds.build(tmp_path / "sounds")
        again = {path.name: path.read_bytes() for path in (tmp_path / "sounds").iterdir()}
        assert again == {path.name: path.read_bytes() for path in built.iterdir()}

    @pytest.mark.parametrize(("prompt", "language", "text"), list(sounds.wanted()))
    def test_spells_nothing_in_another_language(self, prompt: Prompt, language: str, text: str) -> None:
        """espeak-ng marks where it leaves its language; a prompt that it cannot say is to be worded otherwise."""
        asked = ["espeak-ng", "-q", "-x", "-v", VOICES[language], text]
        phonemes = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        assert not re.search(r"\((en|cmn)\)", phonemes), f"{text}: {phonemes}"
        assert phonemes.strip()


def test_a_machine_without_a_voice_keeps_the_old_sounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Half a folder of prompts is worse than an old one."""
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds/come_in.zh.wav").write_bytes(b"old")
    monkeypatch.setenv("PATH", "/nowhere")
    assert sounds.main([str(tmp_path / "sounds")]) == 1
    assert "apt install espeak-ng" in capsys.readouterr().err
    assert [path.read_bytes() for path in (tmp_path / "sounds").iterdir()] == [b"old"]
    assert [path.name for path in tmp_path.iterdir()] == ["sounds"]


def test_a_silent_sound_is_refused(tmp_path: Path) -> None:
    """A voice whose data is missing makes files of nothing."""
    with wave.open(str(tmp_path / "a.wav"), "wb") as sound:
        sound.setparams((1, 2, 22050, 0, "NONE", ""))
        sound.writeframes(bytes(20000))
    with pytest.raises(sounds.SoundRefused, match=r"a\.wav is silent"):
        sounds.level(tmp_path / "a.wav")


def _record(path: Path, seconds: float = 2.0, channels: int = 1, width: int = 2) -> None:
    """A hum with a second of silence before and behind it."""
    hum = np.sin(np.arange(int(seconds * 16000)) * 0.2) * 3000
    tone = np.concatenate((np.zeros(16000), hum, np.zeros(16000))).astype("<i2")
    with wave.open(str(path), "wb") as sound:
        sound.setparams((channels, width, 16000, 0, "NONE", ""))
        sound.writeframes(np.repeat(tone, channels).tobytes())


@needs_espeak
@pytest.mark.parametrize("channels", [1, 2])
def test_a_recording_takes_the_place_of_the_voice(tmp_path: Path, channels: int) -> None:
    """A neighbour who speaks the dialect, as loud as every other prompt and without the silence around him."""
    spoken = tmp_path / "recordings"
    spoken.mkdir()
    (spoken / "README.txt").touch()
    _record(spoken / "mask.zh.wav", channels=channels)
    assert sounds.main([str(tmp_path / "sounds"), "--recordings", str(spoken)]) == 0
    samples, rate = _samples(tmp_path / "sounds/mask.zh.wav")
    assert (rate, round(samples.size / rate, 1)) == (16000, 2.2)
    assert abs(sounds.loudness(samples, rate) - sounds.LOUDNESS) < 0.01
    assert _samples(tmp_path / "sounds/closer.zh.wav")[1] == 22050


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("masks.zh.wav", b"", "is no prompt"),
        ("mask.zh.wav", b"ID3 an mp3", "is no WAV file"),
        ("mask.zh.wav", 1, "has 8 bits"),
    ],
)
@needs_espeak
def test_a_recording_that_would_not_be_heard_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes | int, says: str
) -> None:
    """Before it lies on a card."""
    spoken = tmp_path / "recordings"
    spoken.mkdir()
    if isinstance(content, int):
        _record(spoken / name, width=content)
    else:
        (spoken / name).write_bytes(content)
    assert sounds.main([str(tmp_path / "sounds"), "--recordings", str(spoken)]) == 1
    assert says in capsys.readouterr().err
    assert not (tmp_path / "sounds").exists()


# --- the card of a gate with a voice ---


def _with_voice(folder: Path) -> Path:
    place = folder / "gate.toml"
    text = EXAMPLE.read_text(encoding="utf-8")
    place.write_text(text.replace('sound_card = ""', 'sound_card = "plughw:CARD=Device"', 1), encoding="utf-8")
    return place


def test_a_lane_with_a_sound_card_speaks_and_no_other_one_may(tmp_path: Path) -> None:
    """Its settings, its sounds, and the sound devices for its unit alone."""
    made, card = tmp_path / "sounds", tmp_path / "card"
    made.mkdir()
    (made / "come_in.zh.wav").write_bytes(b"RIFF")
    assert main([str(_with_voice(tmp_path)), "--out", str(card), "--sounds", str(made)]) == 0
    voices = {
        lane: tomllib.loads((card / f"etc/gate/{lane}/station.toml").read_text())["voice"]
        for lane in ("east-1", "east-2")
    }
    assert (voices["east-1"]["backend"], voices["east-1"]["device"]) == ("aplay", "plughw:CARD=Device")
    assert voices["east-2"]["backend"] == "none"
    assert (card / voices["east-1"]["sounds"].lstrip("/") / "come_in.zh.wav").read_bytes() == b"RIFF"
    (opened,) = card.rglob("sound.conf")
    assert opened.parent.name == "gate-station@east-1.service.d"
    unit = configparser.ConfigParser()
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read(opened)
    assert dict(unit["Service"]) == {"SupplementaryGroups": "audio", "DeviceAllow": "char-alsa rw"}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_reads_what_opens_the_sound_card(tmp_path: Path) -> None:
    """Beside the unit's own devices and groups, not in their place; and a misspelt key would be noticed."""
    shutil.copyfile(ROOT / "systemd/gate-station@.service", tmp_path / "gate-station@.service")
    unit = (tmp_path / "gate-station@.service").read_text().replace("/opt/gate/bin/gate-station", "/bin/true")
    (tmp_path / "gate-station@.service").write_text(unit)
    (tmp_path / "gate.target").touch()
    drop_in = tmp_path / "gate-station@east-1.service.d"
    drop_in.mkdir()

    def verify(text: str) -> tuple[int, str]:
        (drop_in / "sound.conf").write_text(text)
        command = [
            "systemd-analyze",
            "verify",
            "--man=no",
            "--recursive-errors=no",
            tmp_path / "gate-station@east-1.service",
        ]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        return answer.returncode, answer.stderr

    assert verify(SOUND) == (0, "")
    assert "DeviceAllows" in verify(SOUND.replace("DeviceAllow", "DeviceAllows"))[1]
    assert "=\n" not in SOUND, "an empty value would take away what the unit has"


def test_no_gate_is_given_a_voice_without_sounds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Said before anything is written."""
    card = tmp_path / "card"
    assert main([str(_with_voice(tmp_path)), "--out", str(card), "--sounds", str(tmp_path / "none")]) == 1
    assert "make sounds" in capsys.readouterr().err
    assert not card.exists()


def test_a_gate_without_a_voice_carries_no_sounds(tmp_path: Path) -> None:
    """And its units may not touch a sound card."""
    card = tmp_path / "card"
    assert main([str(EXAMPLE), "--out", str(card)]) == 0
    assert list(card.rglob("sound.conf")) == []
    assert not (card / "usr").exists()
    assert "char-alsa" not in (ROOT / "systemd/gate-station@.service").read_text()


@needs_espeak
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_speaker_and_player_run_under_the_stations_filter(built: Path, tmp_path: Path) -> None:
    """espeak-ng and aplay are started by the station, so what its unit refuses is refused to them."""
    program = f"""
import sys, time
from pathlib import Path
from station.voice.players import AplayPlayer
from station.voice.speaker import speak
speak("核酸检测今天进行", "zh", Path({str(tmp_path / "a.wav")!r}))
player = AplayPlayer("null")
player.start([Path({str(tmp_path / "a.wav")!r}), Path({str(built / "mask.zh.wav")!r})], 50)
while player.playing():
    time.sleep(0.01)
print("played")
"""
    unit = ROOT / "systemd/gate-station@.service"
    command = [sys.executable, str(SANDBOX), str(unit), sys.executable, "-c", program]
    answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60.0, cwd=ROOT)
    if answer.returncode == UNABLE:
        pytest.skip("this machine has no libseccomp, or a kernel older than 6.3")
    assert answer.stdout == "played\n", answer.stderr
