"""A policy as plain sentences, Chinese and English, as one would pin them on the gate.

`gate-hub policy check` and `publish` print them. Rule: whoever signs the notice at the gate can read the sentences and
see whether they say what was meant; every key of a policy has its own.
"""

from collections.abc import Iterator

from gate.hours import COMPOUND_TIME, Hours, Per
from gate.policy import EVERY_WAY, Direction, Policy, WhenUnknown, Zone
from gate.reason import Reason
from gate.temperature import Site
from gate.trip import TRIP_DAYS
from gate.wording import CALLERS, DIRECTIONS, REASONS, Words


def sentences(policy: Policy) -> list[Words]:
    """The rules as one would pin them on the gate, Chinese and English."""
    return [
        Words(f"《{policy.title}》", f"“{policy.title}”"),
        *_gate_sentences(policy),
        *_zone_sentences(policy),
        *_caller_sentences(policy),
        *_quota_sentences(policy),
        *_purpose_sentences(policy),
        *_presence_sentences(policy),
        *_temperature_sentences(policy),
        *_retest_sentences(policy),
        *_trip_sentences(policy),
        *_guard_sentences(policy),
    ]


def _gate_sentences(policy: Policy) -> Iterator[Words]:
    for name, rule in sorted(policy.gates.items()):
        zh, en = rule.notice_zh or "请走其他大门", rule.notice_en or "use another gate"
        if not rule.open or not rule.directions:
            yield Words(f"大门 {name}：关闭。{zh}", f"Gate {name}: closed. {en}")
            continue
        if rule.directions == EVERY_WAY:
            yield Words(f"大门 {name}：开放", f"Gate {name}: open")
        else:
            way = next(iter(rule.directions))
            only = f"只{DIRECTIONS[way].zh}不{DIRECTIONS[_OTHER[way]].zh}"
            yield Words(f"大门 {name}：{only}。{zh}", f"Gate {name}: on the way {way} only. {en}")
        yield from _hours_sentences(f"大门 {name}", f"Gate {name}", rule.hours)


def _zone_sentences(policy: Policy) -> Iterator[Words]:
    for building, zone in sorted(policy.zones.items(), key=lambda each: (len(each[0]), each[0])):
        zh, en = f"{building}号楼" if building.isdecimal() else f"{building}楼", f"Building {building}"
        match zone:
            case Zone.SEALED:
                yield Words(f"{zh}封控：只进不出", f"{en} is sealed: people may go in, nobody leaves")
            case Zone.CONTROLLED:
                yield Words(f"{zh}管控：凭事由外出，由保安决定", f"{en} is controlled: the guard decides who leaves")
            case Zone.OPEN:
                yield Words(f"{zh}：正常进出", f"{en} is open")
    if {Zone.SEALED, Zone.CONTROLLED} & set(policy.zones.values()):
        yield Words("访客进封控楼、管控楼，与出楼同样受限", "Whoever visits such a building is held as if he left it")
        if not policy.deliver_to_door:
            yield Words("快递外卖不送进这些楼，放货架", "Couriers go to no door there, but leave it on the shelf")
    for zone in (each for each in Zone if each in policy.deliver_to_door):
        yield Words(f"快递外卖可送到门口：{_ZONES[zone].zh}", f"Couriers may go to the door: {_ZONES[zone].en}")
    yield Words("其他楼栋：正常进出", "Every other building is open")


def _caller_sentences(policy: Policy) -> Iterator[Words]:
    for who, rule in sorted(policy.callers.items()):
        name = CALLERS[who]
        match sorted(rule.directions):
            case []:
                yield Words(f"{name.zh}：不得进出", f"{name.en}: may not pass")
            case [way]:
                yield Words(f"{name.zh}：只准{DIRECTIONS[way].zh}门", f"{name.en}: on the way {way} only")
            case _:
                yield Words(f"{name.zh}：可以进出", f"{name.en}: may pass")
        yield from _hours_sentences(name.zh, name.en, rule.hours)


def _hours_sentences(zh: str, en: str, hours: tuple[Hours, ...]) -> Iterator[Words]:
    both = all(each.directions == EVERY_WAY for each in hours)
    for way in (Direction.IN,) if both else Direction:
        spans = [each for each in hours if way in each.directions]
        if spans:
            when = Words("通行", "") if both else Words(f"{DIRECTIONS[way].zh}门", f" on the way {way}")
            yield Words(
                f"{zh}：{when.zh}时间 " + "、".join(_span_zh(each) for each in spans),
                f"{en}: hours{when.en}: " + ", ".join(_span_en(each) for each in spans),
            )
    if hours:
        yield Words(f"{zh}：其他时间由保安决定", f"{en}: outside these hours the guard decides")


def _span_zh(hours: Hours) -> str:
    return f"{hours.opens}至{'次日' if hours.closes < hours.opens else ''}{hours.closes}"


def _span_en(hours: Hours) -> str:
    return f"{hours.opens} to {hours.closes}{' of the next day' if hours.closes < hours.opens else ''}"


def _quota_sentences(policy: Policy) -> Iterator[Words]:
    quota = policy.exit_quota
    if quota is None:
        return
    who = Words("每户", "A household") if quota.per is Per.HOUSEHOLD else Words("每人", "A resident")
    span = Words("每天", "a day") if quota.days == 1 else Words(f"每{quota.days}天", f"in {quota.days} days")
    times = {1: "once", 2: "twice"}.get(quota.times, f"{quota.times} times")
    yield Words(
        f"{who.zh}{span.zh}可外出{quota.times}次，按日历天计；超过由保安决定",
        f"{who.en} may go out {times} {span.en}, by the calendar; beyond that the guard decides",
    )


def _purpose_sentences(policy: Policy) -> Iterator[Words]:
    if not policy.ask_purpose_on:
        return
    ways = "".join(DIRECTIONS[each].zh for each in sorted(policy.ask_purpose_on))
    en = " and ".join(sorted(policy.ask_purpose_on))
    where = Words("和去处", " and where to") if policy.destinations else Words("", "")
    yield Words(f"{ways}门时由保安询问事由{where.zh}", f"On the way {en} the guard asks what for{where.en}")
    for name, choices in ((_WHAT_FOR, policy.purposes), (_WHERE_TO, policy.destinations)):
        if choices:
            yield Words(
                f"{name.zh}：{'、'.join(each.zh for each in choices)}",
                f"{name.en}: {', '.join(each.en for each in choices)}",
            )


def _presence_sentences(policy: Policy) -> Iterator[Words]:
    if policy.when_presence_unknown is WhenUnknown.REFER:
        yield Words(
            "听不到其他大门时，凡须核对出入的由保安决定",
            "While another gate cannot be heard, the guard decides wherever crossings have to be compared",
        )
    else:
        yield Words(
            "听不到其他大门时，只按本门所知，不因此拦人",
            "While another gate cannot be heard, what this gate knows counts; nobody is held up for the rest",
        )


def _temperature_sentences(policy: Policy) -> Iterator[Words]:
    limits = policy.temperature
    match sorted(policy.measure_on):
        case []:
            yield Words("不要求测体温", "No temperature is asked for")
        case [Direction.IN]:
            yield Words("只在进门时测体温", "Temperature is taken on the way in only")
        case [Direction.OUT]:
            yield Words("只在出门时测体温", "Temperature is taken on the way out only")
        case _:
            yield Words("进出都测体温", "Temperature is taken on the way in and out")
    yield Words(
        f"体温{limits.fever_celsius:.1f}℃及以上：不放行；低于{limits.too_low_celsius:.1f}℃：读数不可信，复测",
        f"From {limits.fever_celsius:.1f} °C: refused; below {limits.too_low_celsius:.1f} °C: measured again",
    )
    yield Words(
        f"气温低于{limits.ambient_low_celsius:g}℃或高于{limits.ambient_high_celsius:g}℃：由保安手持测温",
        f"Air below {limits.ambient_low_celsius:g} °C or above {limits.ambient_high_celsius:g} °C: the guard measures"
        " by hand",
    )


def _retest_sentences(policy: Policy) -> Iterator[Words]:
    sites, minutes = policy.retest.sites, policy.retest.rest_minutes
    yield Words(
        f"发热者休息{minutes:g}分钟后复测：{'、'.join(_SITES[each].zh for each in sites)}",
        f"After a fever: {minutes:g} {'minute' if minutes == 1 else 'minutes'} of rest, then measured again:"
        f" {', '.join(_SITES[each].en for each in sites)}",
    )


def _trip_sentences(policy: Policy) -> Iterator[Words]:
    if not policy.ask_trip_on:
        return
    ways = "".join(DIRECTIONS[each].zh for each in sorted(policy.ask_trip_on))
    en = " and ".join(DIRECTIONS[each].en.lower() for each in sorted(policy.ask_trip_on))
    yield Words(
        f"{ways}门时由保安询问近{TRIP_DAYS}天行程", f"On the way {en} the guard asks for {TRIP_DAYS} days' trips"
    )
    for place in policy.risk_places:
        zh = f"{place.since}至{place.until}" if place.until else f"{place.since}起"
        en = f"from {place.since} to {place.until}" if place.until else f"since {place.since}"
        yield Words(f"{zh}去过{place.name_zh}：由保安联系社区", f"{place.name_en} {en}: the guard calls the office")


def _guard_sentences(policy: Policy) -> Iterator[Words]:
    fixed = [each for each in Reason if each not in policy.overrulable]
    zh = "、".join(REASONS[each].say.zh for each in fixed) or "没有"
    en = "; ".join(REASONS[each].say.en for each in fixed) or "nothing"
    yield Words(f"保安不得自行放行：{zh}", f"A guard may not overrule: {en}")
    hours = policy.stale_after_hours
    yield Words(
        f"{hours}小时没有社区的确认：由保安决定", f"After {hours} hours without the office's word: the guard decides"
    )
    yield Words(
        f"绿灯保持{policy.green_seconds:g}秒；一次通行最多等{policy.visit_seconds:g}秒",
        f"Green stays for {policy.green_seconds:g} s; a visit waits for {policy.visit_seconds:g} s at most",
    )
    again = policy.same_way_hours
    if again:
        yield Words(
            f"{again}小时内同一人同向通行两次：由保安决定",
            f"Twice in the same direction within {again} hours: the guard decides",
        )
    else:
        yield Words("同向通行两次：不过问", "Nobody is asked about going twice in the same direction")
    yield from _health_code_sentences(policy)
    yield from _desk_sentences(policy)
    if policy.office_telephone:
        yield Words(f"社区电话：{policy.office_telephone}", f"The office's telephone: {policy.office_telephone}")


def _health_code_sentences(policy: Policy) -> Iterator[Words]:
    if policy.demand_health_code:
        yield Words("通行须出示健康码", "A health code is asked for beside the pass")
    elif policy.health_code_prefixes:
        yield Words("出示健康码的，红码黄码不自动放行", "A health code that is shown counts, red and yellow too")


def _desk_sentences(policy: Policy) -> Iterator[Words]:
    """What else the guard's desk goes by."""
    if policy.admit_named:
        yield Words("没带码的居民：保安在名单上找到本人即可", "A resident without a code: found on the list is enough")
    else:
        yield Words("没带码的居民：由保安决定", "A resident without a code: the guard decides")
    if policy.sign_on:
        yield Words("保安须先上岗登记才能处理通行", "A guard signs on before he decides anything")
    if policy.plate_prefix:
        yield Words(f"车牌默认：{policy.plate_prefix}", f"Plates begin with {policy.plate_prefix}")
    if policy.shelf_slots:
        slots = policy.shelf_slots
        yield Words(f"货架：{'、'.join(slots)}", f"The shelf for deliveries: {', '.join(slots)}")
    if policy.timezone != COMPOUND_TIME:
        yield Words(f"时间按 {policy.timezone}", f"Hours and days are those of {policy.timezone}")


_ZONES = {
    Zone.OPEN: Words("正常楼栋", "open buildings"),
    Zone.CONTROLLED: Words("管控楼", "controlled buildings"),
    Zone.SEALED: Words("封控楼", "sealed buildings"),
}
_WHAT_FOR, _WHERE_TO = Words("事由", "What for"), Words("去处", "Where to")
_OTHER = {Direction.IN: Direction.OUT, Direction.OUT: Direction.IN}
_SITES = {Site.FOREHEAD: Words("额头", "forehead"), Site.WRIST: Words("手腕", "wrist")}
