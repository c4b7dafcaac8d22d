"""People are told everything, in both languages, in sentences that fit a screen read at three metres."""

import pytest

from gate import wording
from gate.caller import Caller
from gate.passage import Ground, What
from gate.permit import PermitKind
from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.wording import LANGUAGES, Sentence, Words

ALL = [
    *wording.OUTCOMES.values(),
    *wording.DIRECTIONS.values(),
    *wording.ADMIT_BY_DIRECTION.values(),
    *wording.GROUNDS.values(),
    *wording.CALLERS.values(),
    *wording.PERMITS.values(),
    *wording.HAPPENINGS.values(),
    *(part for sentence in wording.REASONS.values() for part in (sentence.say, sentence.do)),
]


def test_every_outcome_reason_ground_and_direction_has_its_words() -> None:
    assert set(wording.REASONS) == set(Reason)
    assert set(wording.OUTCOMES) == set(Outcome)
    assert set(wording.GROUNDS) == set(Ground)
    assert set(wording.CALLERS) == set(Caller)
    assert set(wording.PERMITS) == set(PermitKind)
    assert set(wording.HAPPENINGS) == set(What)
    assert set(wording.DIRECTIONS) == set(wording.ADMIT_BY_DIRECTION) == set(Direction)


@pytest.mark.parametrize("words", ALL, ids=lambda words: words.en)
def test_each_is_short_and_in_its_own_language(words: Words) -> None:
    assert 1 <= len(words.zh) <= 14
    assert 2 <= len(words.en) <= 34
    assert any("\u4e00" <= character <= "\u9fff" for character in words.zh)
    assert words.en.isascii()
    assert [words.in_(language) for language in LANGUAGES] == [words.zh, words.en]


def test_no_two_reasons_say_the_same() -> None:
    says = [sentence.say.zh for sentence in wording.REASONS.values() if isinstance(sentence, Sentence)]
    assert len(says) == len(set(says))
