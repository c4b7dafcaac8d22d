"""What `mutants` takes out of the lane, each by the sentence that would be true of such a gate."""

from typing import NamedTuple


class Mutant(NamedTuple):
    """name: what the gate would do. line: in `file`, there once; without: what stands there then."""

    name: str
    file: str
    line: str
    without: str


def _of(module: str, *mutants: tuple[str, str, str]) -> tuple[Mutant, ...]:
    return tuple(Mutant(name, f"station/{module}.py", line, without) for name, line, without in mutants)


MUTANTS = (
    *_of(
        "lane/deciding",
        ("relief takes the form's tap before the decision", " and form.guard == lane.guard else None", " else None"),
        (
            "whoever rests passes by a cooler forehead",
            "unanswered_fever=lane.unanswered_fever(evidence.person, now.seconds)",
            "unanswered_fever=False",
        ),
        ("whoever was decided lends his next reading", "readings=(), attended=True)", "readings=(), attended=False)"),
        ("a decision leaves its readings to the next one", "readings=(), attended=True)", "attended=True)"),
        ("the next of a family is measured on the one before", "if someone_elses and", "if False and"),
        ("a fever that nobody asked for is nothing", "not in (None, Reason.FEVER):", "is not None:"),
        (
            "what was measured beside is not told",
            "also_measured=tuple(each.measurement for each in beside(readings, counts, limits))",
            "also_measured=()",
        ),
        ("another guard stands on the passage", "        guard=lane.guard,\n", '        guard="li",\n'),
    ),
    *_of(
        "lane/readings",
        ("a reading lives a minute", "READING_LIVES_SECONDS = 4.0", "READING_LIVES_SECONDS = 60.0"),
        (
            "a fault does not clear what was measured",
            "        return replace(lane, readings=()), ()\n    return (lane, ()) if",
            "        return lane, ()\n    return (lane, ()) if",
        ),
        (
            "whoever steps aside leaves his reading behind",
            "replace(lane, attended=False, readings=())",
            "replace(lane, attended=False)",
        ),
        ("a figure typed for nobody is kept", "if by_hand(reading.measurement):", "if False:"),
        (
            "whoever stands there still lends his reading",
            "(lane, ()) if lane.attended else",
            "(lane, ()) if False else",
        ),
        (
            "the coolest reading counts",
            "return max(readings, key=lambda each: _credit",
            "return min(readings, key=lambda each: _credit",
        ),
        ("a fever is forgotten over later readings", "readings[0] is warmest", "False"),
        ("one look of the sensor is two readings", "SECOND_READING_SECONDS = 2.0", "SECOND_READING_SECONDS = 0.0"),
    ),
    *_of(
        "lane/demands",
        ("who is watched is decided by one reading", "return fever or not watched or", "return True or"),
    ),
    *_of(
        "lane/verdict",
        (
            "who is referred finds the barrier open",
            "(OpenBarrier(),) if outcome is Outcome.ADMIT else ()",
            "(OpenBarrier(),) if outcome is not Outcome.REFUSE else ()",
        ),
        ("what cannot be recorded opens", "reasons=(*draft.reasons, Reason.UNRECORDED)", "reasons=draft.reasons"),
        ("relief takes the form's tap after the decision", "draft.guard != lane.guard or", ""),
        ("a form's tap lets anybody through", "or not frozenset(draft.reasons) <= _OF_THE_FORM", ""),
        ("a form's tap holds of nobody on duty", "or nobody_on_duty(lane, rules) or objection", "or objection"),
        ("a form's tap holds against the newest rules", "or objection(lane, settled, rules, now)\n", "\n"),
    ),
    *_of(
        "lane/settling",
        ("nobody on duty lets through", "return SIGN_ON_FIRST if nobody_on_duty(lane, rules) else", "return"),
        (
            "a word is taken while another waits for the disk",
            "if lane.amending is not None:\n        return BUSY\n",
            "",
        ),
        ("a word is nobody's", "guard=lane.guard, readings=()", "guard=None, readings=()"),
        (
            "whoever is sent back has no fever any more",
            "    if settled.outcome is Outcome.ADMIT:\n        return without_fever",
            "    if True:\n        return without_fever",
        ),
    ),
    *_of(
        "lane/fevers",
        ("a fever is over in a second", "FEVER_SECONDS = 2 * 3600.0", "FEVER_SECONDS = 1.0"),
        ("who had a fever is forgotten for the next one", "(*others, (person,", "((person,"),
    ),
    *_of(
        "lane/__init__",
        (
            "a word that is not on the disk holds",
            "AmendmentFailed: _row(not_settled, not_settled, not_settled, not_settled, not_settled)",
            "AmendmentFailed: _row(obey, obey, obey, obey, obey)",
        ),
    ),
    *_of(
        "objections",
        ("a guard overrules what is not his", "if not overrulable(decided.reasons, rules):", "if False:"),
        (
            "a face answers a fever",
            "if fever and settled.ground not in _ANSWERS_A_FEVER and not by_papers:",
            "if False:",
        ),
        ("any retest answers a fever", "not _clear_retest(decided, rules):\n        return", "False:\n        return"),
        (
            "a fever found in a retest is none",
            " or Reason.FEVER in {judge(each, limits) for",
            " or None in {judge(each, limits) for",
        ),
        (
            "a face answers a retest that is due",
            "return Reason.RETEST_DUE in decided.reasons or fever_measured(",
            "return fever_measured(",
        ),
        ("papers open for whoever is isolated", "return REASONS[new[0]].say if new else None", "return None"),
        ("papers open for who has just gone that way", ", trace=settled.trace)", ")"),
        ("whoever is sent back is let through", "!= (Outcome.ADMIT, Ground.SENT_BACK)", "!= ()"),
        ("a guard sends to rest who has no fever", "if settled.ground is Ground.RESTS:", "if False:"),
        ("papers name whoever has a pass of his own", " and Reason.HOLDER_UNMATCHED in decided.reasons", ""),
    ),
    *_of(
        "lane/retest",
        ("a clean retest opens", "Outcome.REFER if found is None else", "Outcome.ADMIT if found is None else"),
        (
            "a rest is over at once",
            "return _REST_NOT_OVER if now.seconds < rest.ready_seconds else None",
            "return None",
        ),
        ("a fever needs no rest", "return _RESTS_FIRST if must_rest else None", "return None"),
        (
            "who was measured again lends his reading",
            "attended=True, readings=())\n    return lane, (Rec",
            "readings=())\n    return lane, (Rec",
        ),
        (
            "a retest keeps what was measured before",
            "replace(lane, phase=phase, readings=())",
            "replace(lane, phase=phase)",
        ),
        ("whoever rests is forgotten at once", "AWAITED_SECONDS = 2 * 3600.0", "AWAITED_SECONDS = 0.0"),
        ("a rest without a fever", "if decided is None or not feverish(decided, rules):", "if decided is None:"),
        ("nobody on duty begins a retest", "    if nobody_on_duty(lane, rules):\n        return SIGN_ON_FIRST\n", ""),
        ("who was let through rests", "return SETTLED if decided.holds is Outcome.ADMIT else None", "return None"),
    ),
    *_of(
        "lane/arriving",
        (
            "nobody on duty names somebody",
            "        return lane, ()\n    if nobody_on_duty(lane, rules):",
            "        return lane, ()\n    if False:",
        ),
        (
            "nobody on duty writes somebody down",
            'like everybody else, and recorded with what was written down."""\n    if nobody_on_duty(lane, rules):',
            'like everybody else, and recorded with what was written down."""\n    if False:',
        ),
        ("a name takes the visit of a pass", "if visit.code is None or not visit.code.ours else None", ""),
        ("a visit that was measured is taken back", " or visit.health_codes or lane.readings:", ":"),
    ),
    *_of(
        "lane/looking",
        (
            "another's pass counts for whom the guard found",
            "if code.reading.accepted and _same_person(visit, code)",
            "if code.reading.accepted",
        ),
        ("a poster takes the place of a red", "and not chosen.ours and _waits_for_the_guard(lane)", "and False"),
        ("a pass that was revoked meanwhile counts", "phase=replace(visit, code=own)), codes", "phase=visit), codes"),
    ),
    *_of(
        "lane/asking",
        ("another's trip counts", "if told.began != visit.since or not trip_lacking", "if not trip_lacking"),
        ("another's purpose counts", "if told.began != visit.since or not purpose_lacking", "if not purpose_lacking"),
    ),
    *_of(
        "lane/family",
        (
            "a family's outings are not counted",
            "return replace(arrival, trace=",
            "return arrival or replace(arrival, trace=",
        ),
        (
            "one of a family passes twice",
            "return tuple(each for each in lane.party if",
            "return lane.party or tuple(each for each in lane.party if",
        ),
    ),
)
