"""Whose turn it is: which codes in view had theirs, and when one that left may have another.

Codes left in view had their turn; they get another one after the view was empty for EMPTY_LOOKS looks and the lane's
empty seconds, or, where some poster never leaves, after they were away for FORGOTTEN_LOOKS.
"""

from collections.abc import Iterable
from dataclasses import replace

from gate.policy import Rules
from station import health_codes
from station.visit import Gathering, Lane, Now, ReadCode, Signal, Step

EMPTY_LOOKS = 3
"""Looks without any code after which the view counts as empty."""
EMPTY_SECONDS = 1.0
"""And for so long at a real gate: a hand that moves blurs a code for several frames, and that is no departure."""
FORGOTTEN_LOOKS = 45
"""Looks without a certain code after which it has left, though another one, say a poster, never leaves the view."""


def handled(lane: Lane, digest: str) -> bool:
    """Whether a code in view has had its turn."""
    return any(digest == known for known, _ in lane.in_view)


def look_away(lane: Lane, _signal: Signal, _rules: Rules | None, now: Now) -> Step:
    """A look that found nothing; enough of them, and whoever was in view has left it."""
    empty_looks = lane.empty_looks + 1
    empty = empty_looks >= EMPTY_LOOKS and now.seconds - lane.seen_at >= lane.empty_seconds
    return replace(lane, empty_looks=empty_looks, in_view=() if empty else lane.in_view), ()


def notice(lane: Lane, codes: tuple[ReadCode, ...]) -> tuple[Lane, ReadCode | None]:
    """Choose the code whose turn it is. Beside a pass or a health code, a foreign code is no more than a backdrop."""
    ours = [code for code in codes if code.ours]
    visit = lane.phase if isinstance(lane.phase, Gathering) else None
    shown = health_codes.among(codes) or (visit is not None and visit.health_codes)
    fresh = [code for code in ours or (() if shown else codes) if not handled(lane, code.digest)]
    chosen = fresh[0] if fresh else None
    turns = (*foreign(codes), *(fresh[:1]))
    return seen(lane, codes, turns), chosen


def seen(lane: Lane, codes: tuple[ReadCode, ...], turns: Iterable[ReadCode]) -> Lane:
    """Note a look: who is in view, who had his turn, who has been away for long."""
    here = {code.digest for code in codes}
    away = {known: 0 if known in here else looks + 1 for known, looks in lane.in_view}
    away.update({code.digest: 0 for code in turns})
    in_view = tuple((known, looks) for known, looks in away.items() if looks < FORGOTTEN_LOOKS)
    return replace(lane, empty_looks=0, in_view=in_view)


def foreign(codes: tuple[ReadCode, ...]) -> tuple[ReadCode, ...]:
    return tuple(code for code in codes if not code.ours)
