"""`python -m firmware_config.sounds FOLDER`: a sound file of every prompt in every language, by a free voice.

`make sounds` runs it; render.py puts the folder on the card of a gate that has a voice. A recording of the same name,
say of a neighbour who speaks the dialect, takes the place of the voice. Rule: the folder is whole or absent, its names
follow from the prompts, and every prompt is equally loud, whoever spoke it.
"""

import argparse
import os
import shutil
import sys
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gate.wording import LANGUAGES
from station.prompts import PHRASES, Prompt
from station.voice import sound_name
from station.voice.speaker import SpeakerFailed, speak

# RMS of the loudest tenth of a second, and a peak that no loudspeaker clips; of full scale.
LOUDNESS = 0.25
PEAK = 0.95
SILENCE = 0.004
"""Quieter than this, a prompt has not begun; espeak-ng leaves half a second behind each sentence."""
LEAD_SECONDS = 0.05
TAIL_SECONDS = 0.15

Samples = npt.NDArray[np.float64]


def main(arguments: list[str] | None = None) -> int:
    """The command; 0 when all is well, 1 after a sentence on standard error."""
    parser = argparse.ArgumentParser(
        prog="python -m firmware_config.sounds", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("folder", type=Path, help="filled anew; what was in it is gone")
    parser.add_argument("--recordings", type=Path, help="WAV files, such as come_in.zh.wav, that are taken as they are")
    asked = parser.parse_args(arguments)
    try:
        count = build(asked.folder, asked.recordings)
    except (SpeakerFailed, SoundRefused, OSError) as failed:
        print(f"{asked.folder}: {failed}", file=sys.stderr)
        return 1
    size = sum(file.stat().st_size for file in asked.folder.iterdir())
    print(f"{count} prompts in {asked.folder}, {size / 1e6:.1f} MB")
    return 0


class SoundRefused(Exception):
    """A sound is none that can be said at a gate; the message says which, why and what to do."""


def wanted() -> Iterator[tuple[Prompt, str, str]]:
    """Every prompt, language and text."""
    for prompt in Prompt:
        for language in LANGUAGES:
            yield prompt, language, PHRASES[prompt].in_(language)


def build(folder: Path, recordings: Path | None = None) -> int:
    """Make all of them; how many. Raises SpeakerFailed and SoundRefused, and leaves what was there."""
    recorded = _recorded(recordings) if recordings else {}
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as made:
        whole = Path(made) / "whole"
        whole.mkdir()
        for prompt, language, text in wanted():
            place = whole / sound_name(prompt, language)
            if place.name in recorded:
                shutil.copyfile(recorded[place.name], place)
            else:
                speak(text, language, place)
            level(place)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(whole, folder)
    return len(list(wanted()))


def _recorded(folder: Path) -> dict[str, Path]:
    """The recordings by name. One that is no prompt's is a typing error, and would never be heard."""
    found = {path.name: path for path in sorted(folder.iterdir()) if path.suffix == ".wav"}
    names = {sound_name(prompt, language) for prompt, language, _ in wanted()}
    for name in found.keys() - names:
        raise SoundRefused(f"{folder / name} is no prompt: name it as one of those in docs/voice.md, with .zh or .en")
    return found


def level(path: Path) -> None:
    """Cut the silence off both ends of a WAV file, and make it as loud as every other one. Raises SoundRefused."""
    samples, rate = _read(path)
    loud = np.flatnonzero(np.abs(samples) > SILENCE)
    if loud.size == 0:
        raise SoundRefused(f"{path.name} is silent: record it again, or apt install espeak-ng and its data")
    first, last = loud[0] - int(LEAD_SECONDS * rate), loud[-1] + int(TAIL_SECONDS * rate)
    spoken = samples[max(0, first) : last]
    spoken = spoken * min(LOUDNESS / loudness(spoken, rate), PEAK / float(np.abs(spoken).max()))
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(np.rint(spoken * 32767).astype("<i2").tobytes())


def _read(path: Path) -> tuple[Samples, int]:
    """One channel between -1 and 1, and its rate."""
    try:
        with wave.open(str(path), "rb") as sound:
            shape, frames = sound.getparams(), sound.readframes(sound.getnframes())
    except (EOFError, wave.Error) as wrong:
        raise SoundRefused(f"{path.name} is no WAV file ({wrong}): save it as WAV, 16 bits") from wrong
    if shape.sampwidth != 2:
        raise SoundRefused(f"{path.name} has {8 * shape.sampwidth} bits: save it as WAV, 16 bits")
    return np.frombuffer(frames, "<i2").reshape(-1, shape.nchannels).mean(axis=1) / 32768, shape.framerate


def loudness(samples: Samples, rate: int) -> float:
    """RMS of the loudest tenth of a second."""
    window = max(1, rate // 10)
    squares = np.concatenate(([0.0], np.cumsum(samples**2)))
    reach = min(window, samples.size)
    return float(np.sqrt((squares[reach:] - squares[:-reach]).max() / reach))


if __name__ == "__main__":
    sys.exit(main())
