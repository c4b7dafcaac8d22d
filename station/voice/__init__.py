"""The gate's voice: prompts for whoever stands there, and the office's announcements, in a thread of its own.

The loop calls `say`, `repeat` and `announce`, which only leave a word in its inbox; what is said next is for
`speech` to judge, when an announcement is due for `announcements`. Rule: the lane never waits for its voice; a sound
card that is dead, a file that is missing, a text that cannot be spoken is a fault on the guard's screen and nothing
else.
"""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from gate.notices import Notice, Notices
from station.inbox import Faulty, Post
from station.prompts import Prompt, Rank
from station.settings import VoiceBackend, VoiceSettings
from station.voice.announcements import due, resting
from station.voice.players import AplayPlayer, Player, PlayerFailed, RehearsalPlayer
from station.voice.speaker import SpeakerFailed, speak
from station.voice.speech import Speech, Utterance

log = logging.getLogger(__name__)

TURN_SECONDS = 0.05
DUE_EVERY_SECONDS = 1.0
# Said within half a minute by a loop that has gone mad: more than anybody can listen to.
MOST_UNHEARD = 32


@dataclass(frozen=True, slots=True)
class _Repeat:
    """The guard wants the last verdict and its next step said again."""


@dataclass(frozen=True, slots=True)
class _Hush:
    """on: no announcements from now on; else as ever."""

    on: bool


@dataclass(frozen=True, slots=True)
class _Silence:
    """No word came."""


Word = Prompt | Notices | _Repeat | _Hush | _Silence | None


class Voice:
    """One lane's voice. cache: folder for spoken announcements. wall: aware; seconds: monotonic.

    post: takes the fault of part "voice", an empty sentence when it ends.
    """

    def __init__(
        self,
        settings: VoiceSettings,
        player: Player,
        cache: Path,
        zone: ZoneInfo,
        post: Callable[[Post], None],
        wall: Callable[[], datetime],
        seconds: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._player = player
        self._cache = cache
        self._zone = zone
        self._post = post
        self._wall = wall
        self._seconds = seconds
        self._inbox: queue.SimpleQueue[Word] = queue.SimpleQueue()
        self._speech = Speech()
        self._notices = Notices()
        self._last_said: dict[str, datetime] = {}
        self._last_verdict: list[Prompt] = []
        self._asked_at = float("-inf")
        self._hushed = False
        self._sentence = ""
        self._thread = threading.Thread(target=self._run, name="voice", daemon=True)

    # --- from the loop's thread; returns at once ---

    def say(self, prompt: Prompt) -> None:
        if self._inbox.qsize() < MOST_UNHEARD:
            self._inbox.put(prompt)

    def repeat(self) -> None:
        if self._inbox.qsize() < MOST_UNHEARD:
            self._inbox.put(_Repeat())

    def announce(self, notices: Notices) -> None:
        """What the office wants announced from now on, in place of what it wanted before."""
        self._inbox.put(notices)

    def hush(self, on: bool) -> None:
        """In training nothing is announced; what is just being said is broken off, and is due again afterwards."""
        self._inbox.put(_Hush(on))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._inbox.put(None)
        self._thread.join(2.0)

    # --- the voice's own thread ---

    def _run(self) -> None:
        try:
            while self.turn(TURN_SECONDS):
                pass
        except Exception:
            # Nobody foresaw it: said on the screen, and the traceback in the log.
            self._fault("语音已停 / the voice has ended: start the gate again, and tell its maker what the log says")
            raise
        finally:
            self._player.stop()

    def turn(self, wait_seconds: float = 0.0) -> bool:
        """Take one word, if it comes in time; go on speaking. False once it was told to end."""
        try:
            word = self._inbox.get(timeout=wait_seconds) if wait_seconds else self._inbox.get_nowait()
        except queue.Empty:
            word = _Silence()
        if word is None:
            return False
        try:
            self._hear(word)
            self._go_on()
        except (PlayerFailed, SpeakerFailed) as failed:
            self._fail(str(failed))
        except OSError as wrong:
            self._fail(f"语音无法播放 / nothing can be said aloud ({wrong}): start the gate again, look at its disk")
        return True

    def _hear(self, word: Word) -> None:
        match word:
            case Prompt():
                self._take(word)
            case _Repeat():
                for prompt in self._last_verdict or [Prompt.CALL_GUARD]:
                    self._take(prompt)
            case _Hush(on):
                self._hushed = on
                if on:
                    self._break_off()
            case Notices():
                self._notices = word
                self._asked_at = float("-inf")
                self._forget_old_texts()

    def _break_off(self) -> None:
        """What half of it was said counts as not said."""
        cut = self._speech.without_announcements()
        if cut is not None:
            self._last_said.pop(cut.name, None)
            self._player.stop()
            self._speech.ended(self._seconds())

    def _take(self, prompt: Prompt) -> None:
        if prompt.rank is Rank.VERDICT:
            self._last_verdict = []
        if prompt.rank in (Rank.VERDICT, Rank.STEP):
            self._last_verdict = [*self._last_verdict, prompt][:2]
        # An emergency is nobody's disturbance.
        volume = self._settings.volume if prompt is Prompt.FIRE else self._volume()
        if volume == 0:
            return
        folder = Path(self._settings.sounds)
        files = tuple(folder / sound_name(prompt, language) for language in self._settings.spoken)
        self._offer(Utterance(str(prompt), prompt.rank, files, volume))

    def _offer(self, utterance: Utterance) -> None:
        if self._speech.offer(utterance, self._seconds()):
            self._player.stop()
            self._speech.ended(self._seconds())

    def _go_on(self) -> None:
        seconds = self._seconds()
        if self._speech.saying is not None and not self._player.playing():
            self._speech.ended(seconds)
            self._fault("")
        if seconds - self._asked_at >= DUE_EVERY_SECONDS:
            self._asked_at = seconds
            self._announce_due()
        following = self._speech.next(seconds)
        if following is not None:
            self._begin(following)

    def _fail(self, sentence: str) -> None:
        self._speech.ended(self._seconds())
        self._fault(sentence)

    def _begin(self, utterance: Utterance) -> None:
        if utterance.rank is Rank.ANNOUNCEMENT:
            self._last_said[utterance.name] = self._wall()
        self._player.start(utterance.files, utterance.volume)

    def _announce_due(self) -> None:
        """The one that is overdue longest; it waits for a lull."""
        local = self._local()
        if self._hushed or self._resting(local):
            return
        for notice in due(self._notices, local, self._last_said):
            waits = {each.name for each in self._speech.waiting}
            if notice.id in waits or (self._speech.saying and self._speech.saying.name == notice.id):
                return
            volume = notice.volume * self._settings.volume // 100
            files = self._made(notice) if volume else ()
            if files:
                self._offer(Utterance(notice.id, Rank.ANNOUNCEMENT, files, volume))
                return

    def _made(self, notice: Notice) -> tuple[Path, ...]:
        """Its sound files. What cannot be spoken, or has nothing to say here, counts as said: it is not tried at once
        again. Raises SpeakerFailed."""
        before = self._last_said.get(notice.id)
        self._last_said[notice.id] = self._wall()
        files = self._spoken(notice)
        if files and before is not None:
            self._last_said[notice.id] = before
        elif files:
            del self._last_said[notice.id]
        return files

    def _spoken(self, notice: Notice) -> tuple[Path, ...]:
        """Its sound files, made now where they are not there yet. Raises SpeakerFailed."""
        for language, text, path in self._texts(notice):
            if not path.is_file():
                self._cache.mkdir(parents=True, exist_ok=True)
                speak(text, language, path)
        return tuple(path for _, _, path in self._texts(notice))

    def _texts(self, notice: Notice) -> list[tuple[str, str, Path]]:
        """Language, text and place of the sound of everything that the notice says here."""
        texts = {"zh": notice.text_zh.strip(), "en": notice.text_en.strip()}
        said = [(language, texts[language]) for language in self._settings.spoken if texts[language]]
        return [(*each, self._cache / f"{sha256(' '.join(each).encode()).hexdigest()[:32]}.wav") for each in said]

    def _forget_old_texts(self) -> None:
        wanted = {path for notice in self._notices.notices for _, _, path in self._texts(notice)}
        for path in self._cache.glob("*.wav"):
            if path not in wanted:
                path.unlink(missing_ok=True)

    def _volume(self) -> int:
        return self._settings.quiet_volume if self._resting(self._local()) else self._settings.volume

    def _resting(self, local: datetime) -> bool:
        return resting(self._settings.quiet_from, self._settings.quiet_until, local.time())

    def _local(self) -> datetime:
        return self._wall().astimezone(self._zone)

    def _fault(self, sentence: str) -> None:
        if sentence != self._sentence:
            self._sentence = sentence
            if sentence:
                log.warning("%s", sentence)
            self._post(Faulty("voice", sentence))


def sound_name(prompt: Prompt, language: str) -> str:
    """A prompt's sound file, in the folder that firmware_config.sounds makes."""
    return f"{prompt}.{language}.wav"


class Speaking(Protocol):
    """A lane's voice, or the lack of one, as the loop knows it; each call returns at once."""

    def say(self, prompt: Prompt) -> None: ...
    def repeat(self) -> None:
        """The last verdict and its next step again; before the first one, the guard is called."""

    def announce(self, notices: Notices) -> None: ...
    def hush(self, on: bool) -> None:
        """No announcements while it is on."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


class NoVoice:
    """A lane that shows and beeps, and says nothing."""

    def say(self, prompt: Prompt) -> None:
        pass

    def repeat(self) -> None:
        pass

    def announce(self, notices: Notices) -> None:
        pass

    def hush(self, on: bool) -> None:
        pass

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass


def open_voice(
    settings: VoiceSettings,
    cache: Path,
    zone: ZoneInfo,
    post: Callable[[Post], None],
    wall: Callable[[], datetime],
    seconds: Callable[[], float],
) -> Speaking:
    """The voice that the settings name, not started yet."""
    match settings.backend:
        case VoiceBackend.APLAY:
            return Voice(settings, AplayPlayer(settings.device, seconds), cache, zone, post, wall, seconds)
        case VoiceBackend.REHEARSAL:
            return Voice(settings, RehearsalPlayer(), cache, zone, post, wall, seconds)
        case VoiceBackend.NONE:
            return NoVoice()
