"""The rule pinned on the gate: from the evidence of one visit to a decision.

`decide` is a ladder of small checks that reads like the notice at the gate. Every rung that objects adds its reason;
the worst reason gives the outcome. Anything uncertain is REFER, never ADMIT (rule 7 of the house).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from gate.caller import Caller
from gate.clock import Moment
from gate.evidence import Evidence, caller
from gate.formats import gate_pass
from gate.formats.chain import Credential, Kind
from gate.hours import within
from gate.leave import NOTHING, Leave, leave
from gate.permit import Permit
from gate.policy import Direction, Rules, WhenUnknown, Zone
from gate.reason import Outcome, Reason, worst
from gate.roster import Health, Standing
from gate.temperature import judge

_HEALTH_REASONS = {Health.RED: Reason.HEALTH_RED, Health.YELLOW: Reason.HEALTH_YELLOW}
# Whoever stands before a closed gate is told so at once; what nobody waited for is not missed.
_NOBODY_ASKS_AT_A_CLOSED_GATE = frozenset(
    {
        Reason.HEALTH_CODE_UNREAD,
        Reason.PURPOSE_MISSING,
        Reason.TRIP_UNKNOWN,
        Reason.TEMPERATURE_MISSING,
        Reason.SECOND_READING_MISSING,
    }
)
_ZONE_REASONS = {Zone.SEALED: Reason.BUILDING_SEALED, Zone.CONTROLLED: Reason.BUILDING_CONTROLLED}


@dataclass(frozen=True, slots=True)
class Decision:
    """Every reason that was found, in the order of the ladder; no reason means the gate opens.

    permit: the one that took a reason away.
    """

    reasons: tuple[Reason, ...]
    permit: Permit | None = None

    @property
    def outcome(self) -> Outcome:
        return worst(self.reasons)


def decide(evidence: Evidence, rules: Rules | None, now: Moment) -> Decision:
    """Climb the whole ladder. `rules` is None at a gate that has never heard from its hub: nobody is admitted.

    Whoever has permits in use climbs it once with each, and the one that helps most is used.
    """
    if rules is None:
        return Decision((Reason.RULES_MISSING, *_code_reasons(evidence)))
    best = Decision(_climb(evidence, rules, now, NOTHING))
    if not best.reasons or evidence.resident is None:
        return best
    for permit in evidence.resident.permits:
        lifted = leave(permit, evidence.direction, now)
        if lifted:
            other = Decision(_climb(evidence, rules, now, lifted), permit)
            best = min(best, other, key=_weight)
    if best.permit is not None and not purpose_asked(evidence, rules, now):
        # Another permit spared him the question; nobody is blamed for an answer that was not asked for.
        return replace(best, reasons=tuple(each for each in best.reasons if each is not Reason.PURPOSE_MISSING))
    return best


def _climb(evidence: Evidence, rules: Rules, now: Moment, lifted: Leave) -> tuple[Reason, ...]:
    found = (
        *_gate_is_open(evidence, rules),
        *_hours_allow(evidence, rules, now, lifted),
        *_caller_may_pass(evidence, rules),
        *_rules_are_fresh(rules, now),
        *_clock_is_believed(evidence, now),
        *_code_reasons(evidence, rules),
        *_code_still_holds(evidence, rules, now),
        *_code_is_used_once(evidence),
        *_resident_is_known(evidence),
        *_resident_was_not_away(evidence),
        *_resident_did_not_just_go_that_way(evidence, rules, now),
        *_resident_is_back_in_time(evidence, rules, now),
        *_resident_is_free_to_cross(evidence, lifted),
        *_health_code_allows(evidence, rules),
        *_building_is_free_to_leave(evidence, rules, lifted),
        *_outings_are_left(evidence, rules, now, lifted),
        *_purpose_is_told(evidence, rules, lifted),
        *_trip_bears_no_risk(evidence, rules),
        *_temperature_is_normal(evidence, rules),
        *_fever_was_answered(evidence),
    )
    unasked = _NOBODY_ASKS_AT_A_CLOSED_GATE if Reason.GATE_CLOSED in found else frozenset()
    return tuple(dict.fromkeys(reason for reason in found if reason not in unasked))


def purpose_asked(evidence: Evidence, rules: Rules, now: Moment) -> bool:
    """Whether the guard has to ask what he goes out for; visitors and staff come with a purpose."""
    if evidence.direction not in rules.policy.ask_purpose_on or caller(evidence) is not Caller.RESIDENT:
        return False
    permits = evidence.resident.permits if evidence.resident is not None else ()
    return not any(Reason.PURPOSE_MISSING in leave(each, evidence.direction, now) for each in permits)


def _gate_is_open(evidence: Evidence, rules: Rules) -> Iterator[Reason]:
    rule = rules.policy.gate_rule(rules.gate)
    if not rule.open or evidence.direction not in rule.directions:
        yield Reason.GATE_CLOSED


def _hours_allow(evidence: Evidence, rules: Rules, now: Moment, lifted: Leave) -> Iterator[Reason]:
    """The gate's and the caller's. An unbelieved time is a reason of its own; a doubtful one must fit either way."""
    if Reason.OUT_OF_HOURS in lifted or not now.believed:
        return
    policy = rules.policy
    hours = (policy.gate_rule(rules.gate).hours, policy.caller_rule(caller(evidence)).hours)
    instants = {now.utc - now.drift, now.utc + now.drift}
    if not all(within(each, evidence.direction, at, policy.timezone) for each in hours for at in instants):
        yield Reason.OUT_OF_HOURS


def _caller_may_pass(evidence: Evidence, rules: Rules) -> Iterator[Reason]:
    if evidence.direction not in rules.policy.caller_rule(caller(evidence)).directions:
        yield Reason.CALLER_NOT_ALLOWED


def _rules_are_fresh(rules: Rules, now: Moment) -> Iterator[Reason]:
    if now.utc - rules.confirmed_at > timedelta(hours=rules.policy.stale_after_hours):
        yield Reason.RULES_STALE


def _clock_is_believed(evidence: Evidence, now: Moment) -> Iterator[Reason]:
    """Neither now nor when the code was read: a clock that was set during the visit came too late for the code."""
    read_at = evidence.code.read_at if evidence.code is not None else None
    if not now.believed or (read_at is not None and not read_at.believed):
        yield Reason.CLOCK_NOT_BELIEVED


def _code_reasons(evidence: Evidence, rules: Rules | None = None) -> tuple[Reason, ...]:
    """Whom the guard found on the roster needs no code, where the policy lets him; a form is of somebody on no list.

    A returnee's is of a resident all the same.
    """
    if evidence.code is not None:
        return evidence.code.reasons
    found = evidence.named and evidence.resident is not None and (rules is None or rules.policy.admit_named)
    if found and (evidence.returnee or not evidence.written_down):
        return ()
    return (Reason.UNANNOUNCED,) if evidence.written_down else (Reason.NO_CODE,)


def _code_is_used_once(evidence: Evidence) -> Iterator[Reason]:
    if evidence.replayed:
        yield Reason.REPLAYED


def _code_still_holds(evidence: Evidence, rules: Rules, now: Moment) -> Iterator[Reason]:
    """Between reading and decision a visit waits, a code stays in view, and a clock may be set."""
    credential = evidence.code.credential if evidence.code is not None else None
    if credential is None:
        return
    earliest, latest = now.utc - now.drift, now.utc + now.drift
    if credential.expires_at is not None and credential.expires_at <= latest:
        yield Reason.EXPIRED
    elif now.believed and latest < credential.issued_at:
        yield Reason.NOT_YET_VALID
    # The phone has done its part once its code was read; the visit may wait for a temperature.
    patience = timedelta(seconds=rules.policy.patience_seconds(evidence.direction))
    if credential.fresh_until is not None and credential.fresh_until + patience < earliest:
        yield Reason.CODE_NOT_FRESH


def _resident_is_known(evidence: Evidence) -> Iterator[Reason]:
    """A genuine pass of somebody who is not (or no longer) on the roster is the guard's matter.

    So is a foreign certificate: that it is genuine says nothing of whether its holder lives here. A visitor or courier
    is on no roster while a guard's pass of today vouches for him: that guard has decided.
    """
    credential = evidence.code.credential if evidence.code is not None else None
    if credential is None or evidence.resident is not None or _a_guard_vouches(credential):
        return
    yield Reason.HOLDER_UNMATCHED if credential.person is None else Reason.NOT_ON_ROSTER


def _resident_was_not_away(evidence: Evidence) -> Iterator[Reason]:
    """What follows, a test or isolation at home, is for the office to say; its case begins with the form."""
    if evidence.returnee:
        yield Reason.RETURNEE


def _resident_did_not_just_go_that_way(evidence: Evidence, rules: Rules, now: Moment) -> Iterator[Reason]:
    """Whoever went in and was not seen to come out may have lent his pass; the gates' clocks may differ a little."""
    earlier = evidence.earlier
    if earlier is None or earlier.direction is not evidence.direction:
        return
    if abs(now.utc - earlier.at) >= timedelta(hours=rules.policy.same_way_hours):
        return
    if evidence.trace.knows(earlier.at):
        yield Reason.SAME_WAY_TWICE
    elif _doubt_counts(rules):
        yield Reason.PRESENCE_UNKNOWN


def _resident_is_back_in_time(evidence: Evidence, rules: Rules, now: Moment) -> Iterator[Reason]:
    """Of each permit whose time to be back is over: did he leave under it, and comes home only now?"""
    permits = evidence.resident.permits if evidence.resident is not None else ()
    trace, earlier = evidence.trace, evidence.earlier
    for permit in permits:
        if evidence.direction is Direction.OUT or permit.return_by is None or now.utc - now.drift <= permit.return_by:
            continue
        left = earlier is not None and earlier.direction is Direction.OUT and trace.out_under == permit.id
        settled = trace.knows(permit.begins if earlier is None else earlier.at)
        if left and (settled or not _doubt_counts(rules)):
            yield Reason.RETURNED_LATE
        elif not settled and _doubt_counts(rules) and (earlier is None or earlier.at <= permit.return_by):
            yield Reason.PRESENCE_UNKNOWN


def _doubt_counts(rules: Rules) -> bool:
    return rules.policy.when_presence_unknown is WhenUnknown.REFER


def _resident_is_free_to_cross(evidence: Evidence, lifted: Leave) -> Iterator[Reason]:
    """Whoever is isolated and has to see a doctor goes neither alone nor through the crowd."""
    if evidence.resident is not None and evidence.resident.standing is Standing.ISOLATED:
        yield Reason.ESCORT_NEEDED if Reason.ISOLATED in lifted else Reason.ISOLATED


def _health_code_allows(evidence: Evidence, rules: Rules) -> Iterator[Reason]:
    """What the office last learned of somebody and what he shows: the graver colour counts."""
    known = evidence.resident.health if evidence.resident is not None else Health.UNKNOWN
    colours = (known, evidence.health)
    for colour, reason in _HEALTH_REASONS.items():
        if colour in colours:
            yield reason
            return
    demanded = evidence.health is None and rules.policy.demand_health_code
    if demanded or evidence.health is Health.UNKNOWN:
        yield Reason.HEALTH_CODE_UNREAD


def _building_is_free_to_leave(evidence: Evidence, rules: Rules, lifted: Leave) -> Iterator[Reason]:
    """Zones bind whoever leaves; nobody is kept from going home. A visitor is not at home there, by car or on foot,
    nor is a courier who goes up to the door, where the office has not let him."""
    comes_as, stranger = caller(evidence), evidence.resident is None
    visits = comes_as is Caller.VISITOR or (stranger and comes_as in (Caller.VEHICLE, Caller.COURIER))
    if evidence.direction is Direction.IN and not visits:
        return
    building = _building(evidence)
    zone = rules.policy.zone_of(building) if building else Zone.OPEN
    if stranger and comes_as is Caller.COURIER and zone in rules.policy.deliver_to_door:
        return
    reason = _ZONE_REASONS.get(zone)
    if reason is not None and reason not in lifted:
        yield reason


def _building(evidence: Evidence) -> str:
    """His own, or his host's; empty where nobody knows."""
    if evidence.resident is not None:
        return evidence.resident.building
    if evidence.building:
        return evidence.building
    credential = evidence.code.credential if evidence.code is not None else None
    return credential.claims.get("building", "") if credential is not None else ""


def _a_guard_vouches(credential: Credential) -> bool:
    return credential.format == gate_pass.NAME and credential.kind in (Kind.VISITOR, Kind.COURIER)


def _outings_are_left(evidence: Evidence, rules: Rules, now: Moment, lifted: Leave) -> Iterator[Reason]:
    """Exits that are known count, whatever was missed; that there were no more has to be known too."""
    quota = rules.policy.exit_quota
    if quota is None or evidence.direction is Direction.IN or Reason.QUOTA_USED in lifted or not now.believed:
        return
    if evidence.resident is None or caller(evidence) is not Caller.RESIDENT:
        return
    since = quota.since(now.utc - now.drift, rules.policy.timezone)
    if sum(at >= since for at in evidence.trace.exits) >= quota.times:
        yield Reason.QUOTA_USED
    elif not evidence.trace.knows(since) and _doubt_counts(rules):
        yield Reason.PRESENCE_UNKNOWN


def _purpose_is_told(evidence: Evidence, rules: Rules, lifted: Leave) -> Iterator[Reason]:
    """An answer that is no longer on the list was asked by older rules: it is none."""
    if evidence.direction not in rules.policy.ask_purpose_on or caller(evidence) is not Caller.RESIDENT:
        return
    if Reason.PURPOSE_MISSING not in lifted and not rules.policy.answered(evidence.purpose, evidence.destination):
        yield Reason.PURPOSE_MISSING


def _trip_bears_no_risk(evidence: Evidence, rules: Rules) -> Iterator[Reason]:
    """A place that is no longer on the list was asked by older rules: that answer is none. A returnee's form has it."""
    if evidence.trip is None:
        if evidence.direction in rules.policy.ask_trip_on and not evidence.returnee:
            yield Reason.TRIP_UNKNOWN
        return
    places = [(rules.policy.risk_place(stay.place), stay.last_day) for stay in evidence.trip]
    if any(place is None for place, _ in places):
        yield Reason.TRIP_UNKNOWN
    if any(place is not None and place.counts(day) for place, day in places):
        yield Reason.RISK_PLACE


def _temperature_is_normal(evidence: Evidence, rules: Rules) -> Iterator[Reason]:
    """Where the policy does not ask for a temperature, none is missed; a fever that was seen counts all the same."""
    limits, demanded = rules.policy.temperature, evidence.direction in rules.policy.measure_on
    beside = [judge(each, limits) for each in evidence.also_measured]
    objection = judge(evidence.measurement, limits) if evidence.measurement is not None or demanded else None
    if Reason.FEVER in beside:
        objection = Reason.FEVER
    if objection is not None:
        yield objection
    if demanded and _is_watched(evidence) and [judge(evidence.measurement, limits), *beside].count(None) < 2:
        yield Reason.SECOND_READING_MISSING


def _fever_was_answered(evidence: Evidence) -> Iterator[Reason]:
    """A forehead cools in the wind, or under a wet cloth; a retest at every place is what a fever is answered by."""
    if evidence.unanswered_fever:
        yield Reason.RETEST_DUE


def _is_watched(evidence: Evidence) -> bool:
    return evidence.resident is not None and evidence.resident.standing is Standing.MONITORED


def _weight(decision: Decision) -> tuple[int, int]:
    """How much stands in the way; of equals the first is kept, so a permit that helps nothing is not used."""
    return list(Outcome).index(decision.outcome), len(decision.reasons)
