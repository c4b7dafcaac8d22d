"""The health codes of one visit: which were shown, what is known of their colour, what the visit still waits for.

`station.lane` asks here, and says nothing of colours itself. Pure. Rules: a health code is never a pass; of several in
one visit the gravest colour counts, so that nobody's green covers his own red.
"""

from collections.abc import Iterable
from dataclasses import replace

from gate.policy import Rules
from gate.roster import Health
from station.visit import Gathering, ReadCode

_GRAVITY = (Health.GREEN, Health.UNKNOWN, Health.YELLOW, Health.RED)


def among(codes: Iterable[ReadCode]) -> tuple[ReadCode, ...]:
    """The health codes in view."""
    return tuple(code for code in codes if code.health is not None)


def joined(visit: Gathering, codes: Iterable[ReadCode]) -> Gathering:
    """The visit with these health codes, each as it is known now."""
    shown = {code.digest: code for code in (*visit.health_codes, *codes)}
    return replace(visit, health_codes=tuple(shown.values()))


def told(visit: Gathering, digest: str, colour: Health) -> Gathering:
    """The visit after an answer on one of its health codes."""
    answered = (
        replace(code, health=colour, asking=False) if code.digest == digest else code for code in visit.health_codes
    )
    return replace(visit, health_codes=tuple(answered))


def colour(visit: Gathering) -> Health | None:
    """The gravest colour among them; None where none was shown."""
    colours = (code.health for code in visit.health_codes if code.health is not None)
    return max(colours, key=_GRAVITY.index, default=None)


def lacking(visit: Gathering, rules: Rules | None) -> tuple[str, ...]:
    """What the visit waits for on their account: the pass ("code"), one of them ("health"), an answer ("colour").

    Nobody is asked for one whose pass is not believed: that passage is the guard's matter anyway.
    """
    if rules is None:
        return ()
    code, shown = visit.code, visit.health_codes
    asked = visit.form is not None or (code is not None and code.reading.accepted)
    wanted = rules.policy.demand_health_code and not shown and asked
    asking = any(each.asking for each in shown)
    without = code is None and visit.resident is None and visit.form is None
    return ("code",) * bool(shown and without) + ("health",) * wanted + ("colour",) * asking


def looks(visit: Gathering) -> Health:
    """The gravest colour that any of them has to the eye; of one that could not be told, nothing is said."""
    seen = (code.looks for code in visit.health_codes if code.looks is not Health.UNKNOWN)
    return max(seen, key=_GRAVITY.index, default=Health.UNKNOWN)
