"""A share of the campaign of forged codes, and that the campaign would notice what it looks for."""

from dataclasses import replace
from random import Random

import pytest

from gate.clock import ClockState, Moment
from gate.reason import Reason
from tests.gate.forged_passes import PAPER
from tests.gate.forger import Family, Genuine, judge_attempt, judge_flip, judge_genuine
from tests.gate.makers import EXPIRES, NOON
from tests.rehearsal.forgery import FAMILIES, FORGED_OF_EACH, Share, forgery, shares_of, tally_of


def drawn(family: Family = PAPER) -> Genuine:
    return family.draw(Random(1), NOON)


def test_no_forged_code_is_believed_each_fails_where_it_was_meant_to_and_no_genuine_one_is_refused() -> None:
    """Over 20,000 forged codes of every family and way, every bit flip of one code a family among them."""
    figures = forgery(0.02, workers=1)
    assert (figures["false_accepts"], figures["false_refusals"], figures["wrong_step"]) == (0, 0, 0)
    assert figures["genuine"] == 2000
    assert figures["trials"] > 20_000
    assert figures["flipped"] > 5000
    assert figures["ways"] == sum(len(drawn(family).ways) for family in FAMILIES)
    assert figures["rarest_way"] > 100


def test_the_whole_campaign_is_a_million_forged_codes_and_100_000_genuine_ones() -> None:
    shares = shares_of(1)
    assert sum(share.genuine for share in shares if not share.flips) == 100_000
    assert sum(share.flips for share in shares) == 200
    by_family = [sum(share.genuine for share in shares if share.family == each) for each in range(len(FAMILIES))]
    assert len(set(by_family)) == 1
    flips = sum(family.bits(drawn(family).code) for family in FAMILIES) * 50
    assert 100_000 * FORGED_OF_EACH + flips > 1_000_000


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_every_family_is_forged_in_every_way_that_people_try(family: Family) -> None:
    ways = set(drawn(family).ways)
    known = {"expired", "early", "tampered", "wrong key", "wrong kid", "wrong algorithm", "none", "truncated"}
    assert known | {"oversized", "revoked"} <= ways
    assert ("wrong community" in ways) == family.name.startswith("GC1")


def test_a_share_is_the_same_whenever_it_is_drawn() -> None:
    assert drawn().code == drawn().code
    assert tally_of(Share(3, 0, 5)) == tally_of(Share(3, 0, 5))


def test_a_forgery_that_is_believed_or_fails_elsewhere_is_noticed() -> None:
    genuine = drawn()
    attempt = genuine.ways["expired"]()
    assert not judge_attempt(attempt, NOON).wrong
    believed = judge_attempt(replace(attempt, code=genuine.code), NOON)
    assert (believed.accepted, believed.wrong) == (True, "believed")
    assert "failed at dates" in judge_attempt(replace(attempt, steps=("signature",)), NOON).wrong
    assert "failed at dates" in judge_attempt(replace(attempt, reason=Reason.FORGED), NOON).wrong


def test_a_genuine_code_that_is_refused_is_noticed() -> None:
    verdict = judge_genuine(drawn(), Moment(EXPIRES, ClockState.SYNCED))
    assert (verdict.accepted, verdict.wrong[:16]) == (False, "refused at dates")


def test_a_flipped_code_that_is_believed_though_it_says_something_else_is_noticed() -> None:
    genuine = drawn()
    lazy = replace(PAPER, flipped=lambda code, bit: code, content=lambda code: object())
    assert judge_flip(lazy, genuine, 3, NOON).wrong
    padding = replace(PAPER, flipped=lambda code, bit: code)
    assert (judge_flip(padding, genuine, 3, NOON).accepted, judge_flip(padding, genuine, 3, NOON).wrong) == (True, "")


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_what_was_tampered_with_says_something_else(family: Family) -> None:
    """A forger who by chance writes what was there before would be believed, and rightly."""
    for seed in range(50):
        genuine = family.draw(Random(seed), NOON)
        assert family.content(genuine.ways["tampered"]().code) != family.content(genuine.code)
