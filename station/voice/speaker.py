"""espeak-ng as a process: a text of the office becomes a sound file at the station, and a prompt one at the build.

Called by station.voice for announcements and by firmware_config.sounds for the prompts. Rule: no shell, the text goes
in by standard input, and a speaker that hangs is ended.
"""

import os
import subprocess
from pathlib import Path

# Not `cmn`: that one of Debian 12 (1.51) spells most characters as English: 请进 becomes "king three, jin four".
VOICES = {"zh": "cmn-latn-pinyin", "en": "en-us"}
WORDS_PER_MINUTE = 125
"""Slower than its 175: many who listen are old, and stand in a street; see docs/decisions/0013-which-voice.md."""
TIMEOUT_SECONDS = 10.0


class SpeakerFailed(Exception):
    """No sound could be made of a text; the message says why and what to do."""


def speak(text: str, language: str, path: Path) -> None:
    """Write the text as a WAV file, mono, 16 bits; whole, or not at all. language: "zh" or "en".

    Raises SpeakerFailed.
    """
    part = path.with_name(path.name + ".part")
    asked = ["espeak-ng", "-b", "1", "-v", VOICES[language], "-s", str(WORDS_PER_MINUTE), "--stdin", "-w", str(part)]
    try:
        done = subprocess.run(
            asked,
            input=text.encode(),
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise SpeakerFailed("没有语音程序 / this machine has no espeak-ng: apt install espeak-ng") from None
    except (OSError, subprocess.TimeoutExpired) as wrong:
        raise SpeakerFailed(f"espeak-ng does not answer ({wrong}): start the gate again") from wrong
    if done.returncode != 0 or not part.is_file():
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise SpeakerFailed(f"espeak-ng made no sound ({said[-1] if said else done.returncode}): apt install espeak-ng")
    os.replace(part, path)
