"""How sound leaves the gate: aplay on a sound card, a double that notes what was said, or nothing.

station.voice polls a player and never waits for it. Rule: a player that fails says so in a sentence for the guard; a
player that hangs is ended.
"""

import io
import os
import subprocess
import tempfile
import time
import wave
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Protocol

import numpy as np

# Beyond the length of what is played; a USB card that was asleep takes a second or two.
GRACE_SECONDS = 10.0
# By the double, which a demo may ask for days.
MOST_KEPT = 100


class PlayerFailed(Exception):
    """Nothing can be heard; the message says why and what to do, for the guard."""


class Player(Protocol):
    """One thing at a time; volume in hundredths. Every method but `stop` may raise PlayerFailed."""

    def start(self, files: Sequence[Path], volume: int) -> None: ...

    def playing(self) -> bool:
        """Whether it is still at it."""

    def stop(self) -> None:
        """Be silent at once; harmless when it is."""


class RehearsalPlayer:
    """Notes what it was last told to play: file names and volume. Each thing lasts until `finish`, or the next poll."""

    def __init__(self, *, lasts: bool = False) -> None:
        self.played: deque[tuple[tuple[str, ...], int]] = deque(maxlen=MOST_KEPT)
        self.cut_off = 0
        self._lasts = lasts
        self._at_it = False

    def start(self, files: Sequence[Path], volume: int) -> None:
        self.played.append((tuple(file.name for file in files), volume))
        self._at_it = True

    def playing(self) -> bool:
        self._at_it = self._at_it and self._lasts
        return self._at_it

    def stop(self) -> None:
        self.cut_off += self._at_it
        self._at_it = False

    def finish(self) -> None:
        """What is being played comes to its end."""
        self._at_it = False


class AplayPlayer:
    """ALSA's own player as a process. device: as `aplay -L` lists them. seconds: monotonic.

    The volume is put into the samples, in memory: a mixer is another thing that may be turned down or missing.
    """

    def __init__(self, device: str, seconds: Callable[[], float] = time.monotonic) -> None:
        self._device = device
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._troubles: IO[bytes] | None = None
        self._ends_at = 0.0

    def start(self, files: Sequence[Path], volume: int) -> None:
        self.stop()
        sounds = [_in_memory(softened(file, volume)) for file in files]
        self._troubles = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `_over`
        paths = [f"/proc/self/fd/{sound}" for sound in sounds]
        try:
            self._process = subprocess.Popen(
                ["aplay", "-q", "-N", "-D", self._device, *paths],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._troubles,
                pass_fds=sounds,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise PlayerFailed("没有播放程序 / this machine has no aplay: apt install alsa-utils") from None
        except OSError as wrong:
            raise PlayerFailed(f"aplay cannot be started ({wrong}): start the gate again") from wrong
        finally:
            for sound in sounds:
                os.close(sound)
        self._ends_at = self._seconds() + sum(map(_length_seconds, files)) + GRACE_SECONDS

    def playing(self) -> bool:
        if self._process is None:
            return False
        code = self._process.poll()
        if code is None and self._seconds() < self._ends_at:
            return True
        if code is None:
            self.stop()
            raise PlayerFailed(
                "声卡没有反应：请检查插头 / "
                f"the sound card {self._device} does not take sound: check its plug, or voice.device"
            )
        said = self._over()
        if code != 0:
            raise PlayerFailed(
                f"没有声音：请检查声卡 / no sound from {self._device} ({said}): check the sound card, or voice.device"
            )
        return False

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._over()

    def _over(self) -> str:
        """Forget the process; the last thing that it complained of."""
        self._process = None
        if self._troubles is None:
            return ""
        with self._troubles as troubles:
            troubles.seek(0)
            lines = troubles.read().decode(errors="replace").strip().splitlines()
        self._troubles = None
        return lines[-1] if lines else "aplay ended"


def softened(file: Path, volume: int) -> bytes:
    """The WAV file, mono or stereo of 16 bits, at a volume in hundredths. Raises PlayerFailed."""
    try:
        with wave.open(str(file), "rb") as sound:
            shape, frames = sound.getparams(), sound.readframes(sound.getnframes())
    except (OSError, EOFError, wave.Error) as wrong:
        raise PlayerFailed(
            f"语音文件坏了 / the sound {file} cannot be read ({wrong}): make the sounds again"
        ) from wrong
    if shape.sampwidth != 2:
        raise PlayerFailed(f"the sound {file} is not of 16 bits: make the sounds again")
    samples = np.frombuffer(frames, "<i2").astype(np.int32) * volume // 100
    softer = io.BytesIO()
    with wave.open(softer, "wb") as sound:
        sound.setparams(shape)
        sound.writeframes(samples.astype("<i2").tobytes())
    return softer.getvalue()


def _length_seconds(file: Path) -> float:
    with wave.open(str(file), "rb") as sound:
        return sound.getnframes() / sound.getframerate()


def _in_memory(content: bytes) -> int:
    """A file descriptor that nobody else knows."""
    descriptor = os.memfd_create("gate-voice")
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
