"""docs/voice.md is held to the code: a prompt that is added, reworded or removed has to be so there."""

from pathlib import Path

import pytest

from station.panels.signals import BEEPS
from station.prompter import AGAIN_SECONDS, MASK_EVERY_SECONDS
from station.prompts import PHRASES, Prompt
from station.visit import Tone

PAGE = (Path(__file__).parents[2] / "docs/voice.md").read_text(encoding="utf-8")
TONES = {
    Tone.READ: "code is read",
    Tone.ADMIT: "come in",
    Tone.OUT: "go out",
    Tone.REFER: "the guard decides",
    Tone.REFUSE: "do not pass",
    Tone.ATTENTION: "the guard is called",
    Tone.ERROR: "something is out of order",
}
COUNTS = {"one": 1, "two": 2, "three": 3, "five": 5}
LENGTHS = {"very short": (0.0, 0.1), "short": (0.1, 0.3), "long": (0.5, 1.0)}


@pytest.mark.parametrize("prompt", Prompt)
def test_every_prompt_stands_in_docs_with_its_words(prompt):
    words = PHRASES[prompt]
    row = f"| `{prompt}` | {words.zh} | {words.en} | {prompt.rank.value} |"
    assert row in PAGE, f"docs/voice.md lacks the row:\n{row}"


def test_docs_name_no_prompt_that_is_gone():
    assert PAGE.count("\n| `") == len(Prompt)


def test_docs_say_how_often_somebody_is_reminded():
    assert f"again every {AGAIN_SECONDS:g} s" in PAGE
    assert f"not more than once in {MASK_EVERY_SECONDS:g} s" in PAGE


@pytest.mark.parametrize("tone", Tone)
def test_every_tone_is_heard_as_docs_say(tone):
    """So many beeps, so long."""
    (told,) = [line.split("|")[2].strip() for line in PAGE.splitlines() if line.startswith(f"| {TONES[tone]} |")]
    heard = [length for part in told.split(", ") for length in [part.split(" ", 1)[1]] * COUNTS[part.split()[0]]]
    beeps = BEEPS[tone][::2]
    assert len(heard) == len(beeps)
    assert all(LENGTHS[length][0] < beep <= LENGTHS[length][1] for length, beep in zip(heard, beeps, strict=True))
