"""The gate's voice with real processes: espeak-ng speaks, aplay plays into ALSA's null device, nothing ever waits."""

import shutil
import subprocess
import threading
import time
import wave
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from gate.notices import Notice, Notices
from station.inbox import Faulty
from station.prompts import Prompt
from station.settings import VoiceBackend, VoiceSettings
from station.voice import MOST_UNHEARD, Voice, open_voice
from station.voice.players import AplayPlayer, PlayerFailed, RehearsalPlayer, softened
from station.voice.speaker import VOICES, SpeakerFailed, speak

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=SHANGHAI)
SETTINGS = VoiceSettings(VoiceBackend.REHEARSAL, sounds="/sounds")

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
needs_aplay = pytest.mark.skipif(shutil.which("aplay") is None, reason="alsa-utils are not installed")


class Gate:
    """A voice at noon whose thread is the test; its player notes what it is told."""

    def __init__(self, folder: Path, settings: VoiceSettings = SETTINGS, player=None) -> None:
        self.player = player or RehearsalPlayer()
        self.now, self.seconds = NOON, 1000.0
        self.faults: list[str] = []
        self.voice = Voice(
            settings, self.player, folder / "spoken", SHANGHAI, self._post, lambda: self.now, lambda: self.seconds
        )

    def _post(self, post: Faulty) -> None:
        assert post.part == "voice"
        self.faults.append(post.sentence)

    def wait(self, seconds: float = 1.0) -> None:
        """Time passes, and every word that was left is taken."""
        for _ in range(10):
            self.now += timedelta(seconds=seconds / 10)
            self.seconds += seconds / 10
            self.voice.turn()

    @property
    def said(self) -> list[str]:
        return [name for files, _ in self.player.played for name in files]


@pytest.fixture
def gate(tmp_path):
    return Gate(tmp_path)


def notices(**changes: object) -> Notices:
    fields = {
        "id": "tests",
        "text_zh": "核酸检测在三号楼前进行",
        "text_en": "",
        "volume": 50,
        "begins": NOON,
        "ends": NOON + timedelta(hours=4),
        "every_minutes": 30,
    }
    return Notices((Notice(**(fields | changes)),))


class TestPrompts:
    def test_are_said_in_the_languages_of_the_lane(self, tmp_path):
        """Chinese, English, or one after the other."""
        for languages, files in (
            ("zh", ["come_in.zh.wav"]),
            ("en", ["come_in.en.wav"]),
            ("zh+en", ["come_in.zh.wav", "come_in.en.wav"]),
        ):
            gate = Gate(tmp_path, VoiceSettings(VoiceBackend.REHEARSAL, sounds="/sounds", languages=languages))
            gate.voice.say(Prompt.COME_IN)
            gate.wait()
            assert gate.said == files

    def test_are_softer_from_dusk_to_dawn(self, gate):
        """And as loud as ever at eight in the morning."""
        for hour in (12, 20, 3, 8):
            gate.now = NOON.replace(hour=hour)
            gate.voice.say(Prompt.STOP)
            gate.wait()
        assert [volume for _, volume in gate.player.played] == [80, 30, 30, 80]

    def test_may_be_off_at_night_but_for_an_emergency(self, tmp_path):
        gate = Gate(tmp_path, VoiceSettings(VoiceBackend.REHEARSAL, sounds="/sounds", quiet_volume=0))
        gate.now = NOON.replace(hour=23)
        gate.voice.say(Prompt.COME_IN)
        gate.wait()
        gate.voice.say(Prompt.FIRE)
        gate.wait()
        assert list(gate.player.played) == [(("fire.zh.wav",), 80)]

    def test_of_an_older_visit_are_cut_off(self, tmp_path):
        """The next one's verdict does not wait until the last one's has been said."""
        gate = Gate(tmp_path, player=RehearsalPlayer(lasts=True))
        gate.voice.say(Prompt.STOP)
        gate.voice.say(Prompt.RENEW_CODE)
        gate.wait()
        gate.voice.say(Prompt.COME_IN)
        gate.wait()
        assert (gate.said, gate.player.cut_off) == (["stop.zh.wav", "come_in.zh.wav"], 1)

    def test_are_said_again_when_the_guard_asks(self, gate):
        """The last verdict with its next step; before the first one, the guard is called."""
        gate.voice.repeat()
        gate.wait()
        gate.voice.say(Prompt.STOP)
        gate.voice.say(Prompt.RENEW_CODE)
        gate.voice.say(Prompt.CLOSER)
        gate.wait()
        gate.voice.repeat()
        gate.wait()
        assert gate.said == ["call_guard.zh.wav", *["stop.zh.wav", "renew_code.zh.wav"] * 2]

    def test_that_nobody_hears_do_not_pile_up(self, gate):
        """A voice that has hung costs a few words of memory, however long the day."""
        for _ in range(10_000):
            gate.voice.say(Prompt.CLOSER)
        assert gate.voice._inbox.qsize() == MOST_UNHEARD


class TestAnnouncements:
    @needs_espeak
    def test_are_spoken_by_the_station_and_said_on_time(self, gate):
        """Text in, sound out, at noon and at half past; the file is made once."""
        gate.voice.announce(notices())
        gate.wait(20.0)
        (name,) = gate.said
        (file,) = (gate.voice._cache).iterdir()
        assert file.name == name
        with wave.open(str(file)) as sound:
            assert 1.0 < sound.getnframes() / sound.getframerate() < 10.0
        made = file.stat().st_mtime_ns
        gate.wait(29 * 60.0)
        assert gate.said == [name]
        gate.wait(120.0)
        assert (gate.said, file.stat().st_mtime_ns) == ([name, name], made)
        assert gate.player.played[0][1] == 40

    @needs_espeak
    def test_are_silent_in_either_hours_of_rest(self, gate):
        """The office's, and the lane's own."""
        for quiet in (("11:00", "13:00"), ("19:00", "08:00")):
            gate.voice.announce(notices().__class__(notices().notices, *quiet))
            gate.now = NOON if quiet[0] == "11:00" else NOON.replace(hour=20)
            gate.wait(60.0)
        assert gate.said == []

    @needs_espeak
    def test_stop_while_the_gate_trains_and_are_due_again_afterwards(self, tmp_path):
        """One that is just being said is broken off; whoever trains is not mistaken for a gate that works."""
        gate = Gate(tmp_path, player=RehearsalPlayer(lasts=True))
        gate.voice.announce(notices())
        gate.wait(20.0)
        assert gate.player.playing()
        gate.voice.hush(True)
        gate.voice.announce(notices(id="newer"))
        gate.wait(60.0)
        assert (gate.player.playing(), gate.player.cut_off) == (False, 1)
        gate.voice.say(Prompt.TRAINING)
        gate.wait()
        gate.player.finish()
        assert gate.said[1:] == ["training.zh.wav"]
        gate.voice.announce(notices())
        gate.voice.hush(False)
        gate.wait(20.0)
        assert gate.said[2:] == gate.said[:1]

    @needs_espeak
    def test_wait_for_the_end_of_a_queue_and_are_not_lost_in_it(self, gate):
        """Ten minutes of residents every three seconds; the announcement comes in the first lull, once."""
        gate.voice.say(Prompt.COME_IN)
        gate.voice.announce(notices())
        for _ in range(200):
            gate.wait(3.0)
            gate.voice.say(Prompt.COME_IN)
        assert set(gate.said) == {"come_in.zh.wav"}
        gate.wait(15.0)
        gate.wait(15.0)
        assert len([name for name in gate.said if name != "come_in.zh.wav"]) == 1

    @needs_espeak
    def test_at_no_volume_are_not_even_made_and_keep_no_other_one_waiting(self, gate):
        silent, heard = notices(id="silent", text_zh="无", volume=0), notices()
        gate.voice.announce(Notices(silent.notices + heard.notices))
        gate.wait(30.0)
        assert (len(gate.said), len(list(gate.voice._cache.iterdir())), gate.faults) == (1, 1, [])

    def test_in_a_language_that_is_not_spoken_here_are_no_fault(self, gate):
        gate.voice.announce(notices(text_zh="", text_en="Tests today"))
        gate.wait(60.0)
        assert (gate.said, gate.faults) == ([], [])

    @needs_espeak
    def test_that_are_withdrawn_leave_no_file_behind(self, gate):
        gate.voice.announce(notices())
        gate.wait(20.0)
        assert len(list(gate.voice._cache.iterdir())) == 1
        gate.voice.announce(Notices())
        gate.wait()
        assert list(gate.voice._cache.iterdir()) == []

    def test_that_cannot_be_spoken_are_a_fault_and_prompts_go_on(self, gate, monkeypatch):
        """A station without espeak-ng still says 'come in'."""
        monkeypatch.setenv("PATH", "/nowhere")
        gate.voice.announce(notices())
        gate.wait(20.0)
        assert gate.faults == ["没有语音程序 / this machine has no espeak-ng: apt install espeak-ng"]
        gate.voice.say(Prompt.COME_IN)
        gate.wait()
        assert (gate.said, gate.faults[-1]) == (["come_in.zh.wav"], "")


@needs_espeak
class TestSpeaking:
    @pytest.mark.parametrize(("language", "text"), [("zh", "请戴好口罩"), ("en", "Please wear a mask")])
    def test_makes_a_sound_of_a_text(self, tmp_path, language, text):
        speak(text, language, tmp_path / "a.wav")
        with wave.open(str(tmp_path / "a.wav")) as sound:
            samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")
            assert (sound.getnchannels(), sound.getsampwidth()) == (1, 2)
        assert np.abs(samples).max() > 3000
        assert list(tmp_path.iterdir()) == [tmp_path / "a.wav"]

    @pytest.mark.parametrize(
        "text", ["$(touch pwned); `touch pwned`", "--version", "-f /etc/passwd", "<break/>", "\x00\n"]
    )
    def test_treats_a_text_as_nothing_but_a_text(self, tmp_path, text, monkeypatch):
        """Neither a shell nor espeak-ng's own options read what the office writes."""
        monkeypatch.chdir(tmp_path)
        speak(text, "zh", tmp_path / "a.wav")
        assert [each.name for each in tmp_path.iterdir()] == ["a.wav"]

    def test_spells_no_chinese_in_english(self):
        """As Debian's voice `cmn` does, which makes 'king three, jin four' of 请进."""

        def spelled(voice: str) -> bool:
            asked = ["espeak-ng", "-q", "-x", "-v", voice, "请进"]
            return "(en)" in subprocess.run(asked, capture_output=True, text=True, check=True).stdout

        assert not spelled(VOICES["zh"])

    def test_into_nowhere_says_so(self, tmp_path):
        with pytest.raises(SpeakerFailed, match="espeak-ng"):
            speak("请进", "zh", tmp_path / "no" / "a.wav")
        assert not (tmp_path / "no").exists()


@pytest.fixture
def sounds(tmp_path):
    """A folder with two seconds of a tone for each prompt."""
    folder = tmp_path / "sounds"
    folder.mkdir()
    tone = (np.sin(np.arange(44100) * 0.1) * 20000).astype("<i2")
    for prompt in Prompt:
        with wave.open(str(folder / f"{prompt}.zh.wav"), "wb") as sound:
            sound.setparams((1, 2, 22050, 0, "NONE", ""))
            sound.writeframes(tone.tobytes())
    return folder


@needs_aplay
class TestAplay:
    def wait(self, player: AplayPlayer) -> None:
        deadline = time.monotonic() + 30.0
        while player.playing():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def test_plays_a_prompt(self, sounds):
        """Into ALSA's null device, which takes whatever a sound card would."""
        player = AplayPlayer("null")
        player.start([sounds / "come_in.zh.wav", sounds / "stop.zh.wav"], 80)
        self.wait(player)
        assert not player.playing()

    def test_plays_the_samples_at_the_volume_that_was_asked_for(self, sounds, tmp_path, monkeypatch):
        """What reaches the sound card is the tone, half as high."""
        heard = tmp_path / "heard.raw"
        (tmp_path / "asound.conf").write_text(
            f'pcm.ear {{ type file slave.pcm null file "{heard}" format raw }}\n', encoding="utf-8"
        )
        monkeypatch.setenv("ALSA_CONFIG_PATH", f"/usr/share/alsa/alsa.conf:{tmp_path}/asound.conf")
        player = AplayPlayer("ear")
        player.start([sounds / "come_in.zh.wav"], 50)
        self.wait(player)
        samples = np.fromfile(heard, "<i2")
        assert abs(int(np.abs(samples).max()) - 10000) < 10
        assert samples.size >= 44100

    def test_says_which_sound_card_is_missing(self, sounds):
        player = AplayPlayer("plughw:7")
        player.start([sounds / "come_in.zh.wav"], 80)
        with pytest.raises(PlayerFailed, match=r"no sound from plughw:7 \(.+\): check the sound card"):
            self.wait(player)
        assert not player.playing()

    def test_that_hangs_is_ended(self, sounds, tmp_path, monkeypatch):
        """A sound card that takes nothing any more is a fault in time, and the process is gone; a long text is none."""
        fifo = tmp_path / "bin" / "aplay"
        fifo.parent.mkdir()
        fifo.write_text("#!/bin/sh\nexec sleep 1000\n")
        fifo.chmod(0o755)
        monkeypatch.setenv("PATH", f"{fifo.parent}:/usr/bin:/bin")
        seconds = [0.0]
        player = AplayPlayer("null", lambda: seconds[0])
        player.start([sounds / "come_in.zh.wav"], 80)
        seconds[0] = 11.0
        assert player.playing()
        seconds[0] = 13.0
        with pytest.raises(PlayerFailed, match="does not take sound"):
            player.playing()
        assert not player.playing()

    def test_is_cut_off_at_once(self, sounds):
        player = AplayPlayer("null")
        player.start([sounds / "come_in.zh.wav"], 80)
        player.stop()
        assert not player.playing()
        player.stop()

    def test_leaves_nothing_open_behind_it(self, sounds):
        """A day is ten thousand prompts: said, cut off or failed, none keeps a descriptor or a process."""
        players = [AplayPlayer("null"), AplayPlayer("plughw:7")]

        def rounds(count: int) -> None:
            for number in range(count):
                for player in players:
                    player.start([sounds / "come_in.zh.wav"], 80)
                    if number % 2:
                        player.stop()
                    with suppress(PlayerFailed):
                        self.wait(player)

        rounds(2)
        before = len(list(Path("/proc/self/fd").iterdir()))
        rounds(20)
        assert len(list(Path("/proc/self/fd").iterdir())) == before
        own = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
        assert not [pid for pid in own if "aplay" in Path(f"/proc/{pid}/comm").read_text()]

    def test_of_a_dead_card_the_voice_makes_a_fault_and_nothing_else(self, tmp_path, sounds):
        """The sentence comes once, and goes when sound comes back."""
        settings = VoiceSettings(VoiceBackend.APLAY, "plughw:7", str(sounds))
        gate = Gate(tmp_path, settings, AplayPlayer("plughw:7"))
        gate.voice.say(Prompt.COME_IN)
        deadline = time.monotonic() + 30.0
        while not gate.faults:
            gate.voice.turn(0.01)
            assert time.monotonic() < deadline
        assert "plughw:7" in gate.faults[0]
        gate.voice.say(Prompt.STOP)
        while gate.voice._inbox.qsize() or gate.voice._speech.saying:
            gate.voice.turn(0.01)
            assert time.monotonic() < deadline
        assert len(gate.faults) == 1


def test_a_missing_sound_is_named(tmp_path):
    """Whoever forgot `make sounds` hears of it from the screen."""
    gate = Gate(tmp_path, VoiceSettings(VoiceBackend.APLAY, sounds=str(tmp_path)), AplayPlayer("null"))
    gate.voice.say(Prompt.COME_IN)
    gate.wait()
    (fault,) = gate.faults
    assert "come_in.zh.wav" in fault
    assert "make the sounds again" in fault


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\x00\x00\x00\x00WAVEfmt ", bytes(100)])
def test_a_spoiled_sound_is_a_sentence(tmp_path, content):
    file = tmp_path / "a.wav"
    file.write_bytes(content)
    with pytest.raises(PlayerFailed, match="cannot be read"):
        softened(file, 80)


def test_the_loop_never_waits_for_its_voice(tmp_path):
    """A player that blocks for ever holds up its own thread: the loop's words return at once."""
    blocked = threading.Event()

    class Stuck(RehearsalPlayer):
        def start(self, files, volume):
            blocked.wait(60.0)

    gate = Gate(tmp_path, player=Stuck())
    gate.voice.start()
    for _ in range(1000):
        gate.voice.say(Prompt.COME_IN)
        gate.voice.repeat()
    assert not blocked.is_set()
    blocked.set()
    gate.voice.stop()
    assert not gate.voice._thread.is_alive()


def test_a_full_disk_is_a_sentence(tmp_path):
    """Where no announcement can be kept, prompts go on."""
    (tmp_path / "spoken").touch()
    gate = Gate(tmp_path)
    gate.voice.announce(notices())
    gate.wait(5.0)
    assert "look at its disk" in gate.faults[0]
    gate.voice.say(Prompt.COME_IN)
    gate.wait()
    assert (gate.said, gate.faults[-1]) == (["come_in.zh.wav"], "")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_voice_that_ends_by_an_error_nobody_foresaw_says_so(tmp_path):
    """It is not found out a week later."""

    class Odd(RehearsalPlayer):
        def start(self, files, volume):
            raise RuntimeError("nobody foresaw this")

    gate = Gate(tmp_path, player=Odd())
    gate.voice.start()
    gate.voice.say(Prompt.COME_IN)
    gate.voice._thread.join(30.0)
    assert "the voice has ended: start the gate again" in gate.faults[0]


def test_a_lane_without_a_voice_has_none(tmp_path):
    """Every call is harmless."""
    voice = open_voice(VoiceSettings(), tmp_path, SHANGHAI, lambda post: None, lambda: NOON, lambda: 0.0)
    voice.start()
    voice.say(Prompt.COME_IN)
    voice.repeat()
    voice.announce(notices())
    voice.stop()
