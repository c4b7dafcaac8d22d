"""What a gate says next: the newest verdict at once, guidance when there is nothing better, announcements in a lull."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.policy import Direction
from gate.reason import Outcome, Reason
from station.prompts import PHRASES, Prompt, Rank, verdict_prompts
from station.voice.speech import LULL_SECONDS, MOST_WAITING, Speech, Utterance


def of(prompt: Prompt) -> Utterance:
    return Utterance(str(prompt), prompt.rank, (Path(f"{prompt}.zh.wav"),), 80)


NOTICE = Utterance("stay-home", Rank.ANNOUNCEMENT, (Path("a.wav"),), 50)


class Mouth:
    """A speech whose every utterance takes two seconds."""

    def __init__(self) -> None:
        self.speech = Speech()
        self.seconds = 100.0
        self.begun: list[str] = []
        self.cut: list[str] = []

    def offer(self, *offered: Prompt | Utterance) -> None:
        for each in offered:
            utterance = of(each) if isinstance(each, Prompt) else each
            if self.speech.offer(utterance, self.seconds):
                assert self.speech.saying is not None
                self.cut.append(self.speech.saying.name)
                self.speech.ended(self.seconds)

    def begin(self) -> str | None:
        following = self.speech.next(self.seconds)
        if following is not None:
            self.begun.append(following.name)
        return following.name if following else None

    def wait(self, seconds: float = 2.0) -> None:
        self.seconds += seconds
        if self.speech.saying is not None:
            self.speech.ended(self.seconds)
        self.begin()


@pytest.fixture
def mouth():
    return Mouth()


def test_a_verdict_and_its_next_step_follow_each_other(mouth):
    mouth.offer(Prompt.PLEASE_WAIT, Prompt.GUARD_COMES)
    mouth.begin()
    mouth.wait()
    assert (mouth.begun, mouth.cut) == (["please_wait", "guard_comes"], [])


def test_a_newer_verdict_cuts_off_the_older_one_and_all_that_waits(mouth):
    """What is said is about whoever stands there now."""
    mouth.offer(Prompt.STOP, Prompt.RENEW_CODE)
    mouth.begin()
    mouth.offer(Prompt.COME_IN)
    assert mouth.begin() == "come_in"
    mouth.wait(60.0)
    assert (mouth.begun, mouth.cut) == (["stop", "come_in"], ["stop"])


def test_a_step_does_not_cut_off_its_verdict(mouth):
    mouth.offer(Prompt.STOP)
    mouth.begin()
    mouth.offer(Prompt.RENEW_CODE)
    assert mouth.cut == []
    mouth.wait()
    assert mouth.begun == ["stop", "renew_code"]


def test_guidance_gives_way_to_a_verdict_and_is_not_said_into_one(mouth):
    mouth.offer(Prompt.CLOSER)
    mouth.begin()
    mouth.offer(Prompt.COME_IN)
    mouth.begin()
    mouth.offer(Prompt.HOLD_STILL)
    mouth.wait()
    assert (mouth.begun, mouth.cut, mouth.speech.waiting) == (["closer", "come_in"], ["closer"], [])


def test_newer_guidance_takes_the_place_of_older_guidance(mouth):
    """Nobody hears 'closer' when he is close already."""
    mouth.offer(Prompt.MASK)
    mouth.begin()
    mouth.offer(Prompt.CLOSER, Prompt.HOLD_STILL)
    mouth.wait()
    mouth.wait()
    assert mouth.begun == ["mask", "hold_still"]


@pytest.mark.parametrize(("prompt", "rest"), [(Prompt.CLOSER, 4.0), (Prompt.MASK, 30.0)])
def test_guidance_rests_before_it_is_said_again(mouth, prompt, rest):
    """Twenty looks a second do not make twenty reminders."""
    for _ in range(int(rest * 10) - 1):
        mouth.offer(prompt)
        mouth.begin()
        mouth.seconds += 0.1
        if mouth.speech.saying is not None and mouth.seconds > 101.0:
            mouth.speech.ended(mouth.seconds)
    assert mouth.begun == [str(prompt)]
    mouth.seconds += 0.2
    mouth.offer(prompt)
    mouth.begin()
    assert mouth.begun == [str(prompt)] * 2


def test_an_announcement_waits_for_a_lull(mouth):
    """Not between two residents of a queue."""
    mouth.offer(Prompt.COME_IN)
    mouth.begin()
    mouth.offer(NOTICE)
    mouth.wait()
    assert mouth.begun == ["come_in"]
    mouth.wait(LULL_SECONDS - 0.1)
    assert mouth.begun == ["come_in"]
    mouth.wait(0.1)
    assert mouth.begun == ["come_in", "stay-home"]


@pytest.mark.parametrize("prompt", [Prompt.COME_IN, Prompt.GUARD_COMES, Prompt.CLOSER])
def test_an_announcement_gives_way_to_anything(mouth, prompt):
    mouth.offer(NOTICE)
    mouth.begin()
    mouth.offer(prompt)
    assert mouth.cut == ["stay-home"]
    assert mouth.begin() == prompt


@given(st.lists(st.sampled_from([*Prompt, "notice", "end", "wait"]), max_size=80))
def test_the_queue_is_bounded_and_a_verdict_is_never_late(history):
    """Whatever happens, at most three things wait, and the last verdict offered is the next thing that is said."""
    mouth, newest = Mouth(), None
    for each in history:
        if each == "wait":
            mouth.seconds += 1.0
        elif each == "end":
            mouth.wait(0.0)
            newest = None
        else:
            mouth.offer(NOTICE if each == "notice" else each)
            if each != "notice" and each.rank is Rank.VERDICT:
                newest = each
        assert len(mouth.speech.waiting) <= MOST_WAITING
        if newest is not None:
            assert mouth.speech.waiting[0].name == newest
            assert mouth.speech.saying is None


# --- the words ---


def test_every_prompt_has_words_in_both_languages():
    assert PHRASES.keys() == set(Prompt)
    assert all(words.zh and words.en for words in PHRASES.values())


@pytest.mark.parametrize("reason", Reason)
def test_nothing_that_is_said_aloud_betrays_why(reason):
    """A queue hears what to do, and no one's health, fever or isolation."""
    outcome = reason.outcome
    said = " ".join(PHRASES[prompt].zh for prompt in verdict_prompts(outcome, [reason], Direction.IN))
    assert not any(
        word in said for word in ("红码", "黄码", "隔离", "偏高", "发烧", "发热", "封控", "伪造", "风险", "核酸")
    )
    assert said


@pytest.mark.parametrize("reason", Reason)
def test_what_follows_a_verdict_waits_for_it(reason):
    """Ranked as a next step, so that the queue neither drops it nor puts it first."""
    first, *after = verdict_prompts(reason.outcome, [reason], Direction.OUT)
    assert first.rank is Rank.VERDICT
    assert all(prompt.rank is Rank.STEP for prompt in after)


def test_a_verdict_says_the_verb_of_its_way():
    assert verdict_prompts(Outcome.ADMIT, [], Direction.IN) == (Prompt.COME_IN,)
    assert verdict_prompts(Outcome.ADMIT, [], Direction.OUT) == (Prompt.GO_OUT,)


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        ([Reason.EXPIRED], (Prompt.STOP, Prompt.RENEW_CODE)),
        ([Reason.GATE_CLOSED], (Prompt.USE_OTHER_GATE,)),
        ([Reason.HEALTH_RED], (Prompt.STOP, Prompt.GUARD_COMES)),
        ([Reason.EXPIRED, Reason.FEVER], (Prompt.STOP, Prompt.GUARD_COMES)),
        ([Reason.GATE_CLOSED, Reason.FEVER], (Prompt.STOP, Prompt.GUARD_COMES)),
    ],
)
def test_a_refusal_says_one_next_step(reasons, said):
    """Where there is more than one trouble the guard explains."""
    assert verdict_prompts(Outcome.REFUSE, reasons, Direction.IN) == said
