"""What people are told: every outcome, reason and ground in the resident's words, Chinese first.

Kiosk, office and voice take their sentences from here, so a gate explains itself with no network. `say` is what is
the matter, `do` what to do next; both short enough for a screen that is read at three metres.
"""

from dataclasses import dataclass

from gate.passage import Caller, Ground, What
from gate.permit import PermitKind
from gate.policy import Direction
from gate.reason import Outcome, Reason

LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Words:
    """A text in both languages."""

    zh: str
    en: str

    def in_(self, language: str) -> str:
        """The text in "zh" or "en"."""
        return self.en if language == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Sentence:
    """say: what is the matter. do: the next step for whoever stands at the gate."""

    say: Words
    do: Words


OUTCOMES = {
    Outcome.ADMIT: Words("请进", "Go ahead"),
    Outcome.REFER: Words("请稍候", "Please wait"),
    Outcome.REFUSE: Words("请勿通行", "Do not pass"),
}

# Going out is not 'please come in'.
ADMIT_BY_DIRECTION = {
    Direction.IN: Words("请进", "Come in"),
    Direction.OUT: Words("请出", "Go ahead"),
}

DIRECTIONS = {Direction.IN: Words("进", "In"), Direction.OUT: Words("出", "Out")}


def _sentence(say_zh: str, say_en: str, do_zh: str, do_en: str) -> Sentence:
    return Sentence(Words(say_zh, say_en), Words(do_zh, do_en))


REASONS = {
    Reason.GATE_CLOSED: _sentence("本门已关闭", "This gate is closed", "请走其他大门", "Please use another gate"),
    Reason.OUT_OF_HOURS: _sentence(
        "现在不是通行时间", "Not within its hours", "请看时间，急事找保安", "See the hours; ask the guard"
    ),
    Reason.CALLER_NOT_ALLOWED: _sentence(
        "此类人员现在不能通行", "Such callers may not pass", "请联系住户或社区", "Call the household or office"
    ),
    Reason.NO_CODE: _sentence("没有出示通行码", "No code was shown", "请保安核对身份", "The guard checks who you are"),
    Reason.NOT_OURS: _sentence(
        "这不是通行码", "This is not a pass", "请出示社区通行证", "Please show your community pass"
    ),
    Reason.CODE_DAMAGED: _sentence("通行码已损坏", "The pass is damaged", "请到社区换一张", "The office replaces it"),
    Reason.KEY_UNKNOWN: _sentence(
        "本门不认识此证", "Pass not known here", "请保安联系社区", "The guard calls the office"
    ),
    Reason.FORGED: _sentence(
        "通行码是伪造的", "The pass is not genuine", "请保安联系社区", "The guard calls the office"
    ),
    Reason.WRONG_USE: _sentence(
        "签发者无权发此证", "Its signer may not issue this", "请保安联系社区", "The guard calls the office"
    ),
    Reason.OTHER_COMMUNITY: _sentence(
        "这是其他小区的证", "A pass of another compound", "访客请先登记", "Visitors register first"
    ),
    Reason.NOT_YET_VALID: _sentence(
        "通行证尚未生效", "The pass is not valid yet", "请查看生效日期", "See its first day"
    ),
    Reason.EXPIRED: _sentence("通行证已过期", "The pass has expired", "请到社区换新证", "The office renews it"),
    Reason.REVOKED: _sentence("通行证已作废", "The pass was withdrawn", "请联系社区", "Please call the office"),
    Reason.CODE_NOT_FRESH: _sentence(
        "手机码已失效", "The phone's code is too old", "请打开手机通行证重新出示", "Open the pass on the phone again"
    ),
    Reason.REPLAYED: _sentence(
        "此手机码刚用过", "This phone code was just used", "请保安核对身份", "The guard checks who you are"
    ),
    Reason.PARTS_MISSING: _sentence(
        "还缺几张码", "Parts of the code are missing", "请逐张出示其余的码", "Show its other parts one by one"
    ),
    Reason.NOT_ON_ROSTER: _sentence(
        "名单上没有此人", "Not on this gate's list", "请保安联系社区", "The guard calls the office"
    ),
    Reason.HOLDER_UNMATCHED: _sentence(
        "外来证书待核对本人", "Whose certificate is this?", "请保安核对姓名", "The guard compares the name"
    ),
    Reason.UNANNOUNCED: _sentence(
        "来访还没有登记", "Not announced to this gate", "请保安登记", "The guard writes you down"
    ),
    Reason.RETURNEE: _sentence(
        "返乡人员请先登记", "Back from elsewhere", "请保安登记并联系社区", "The guard registers you"
    ),
    Reason.SAME_WAY_TWICE: _sentence(
        "此证同向用过两次", "Used twice the same way", "请保安核对上次通行", "The guard checks the last passage"
    ),
    Reason.RETURNED_LATE: _sentence(
        "已过约定返回时间", "Back later than agreed", "请告诉保安原因", "Tell the guard why"
    ),
    Reason.PRESENCE_UNKNOWN: _sentence(
        "暂不知其他门的记录", "Other gates cannot be heard", "请保安核对后放行", "The guard checks and decides"
    ),
    Reason.HEALTH_RED: _sentence("健康码为红码", "Health code is red", "请原地等候社区", "Wait here for the office"),
    Reason.HEALTH_YELLOW: _sentence(
        "健康码为黄码", "Health code is yellow", "核酸阴性后可转绿码", "Negative tests turn it green"
    ),
    Reason.HEALTH_CODE_UNREAD: _sentence(
        "健康码颜色未知", "Health code's colour unknown", "请给保安看颜色", "Show the guard the colour"
    ),
    Reason.ISOLATED: _sentence(
        "正在居家隔离", "In home isolation", "请回家，需要什么请打电话", "Please stay in; call for help"
    ),
    Reason.ESCORT_NEEDED: _sentence(
        "隔离期间外出就医", "Isolated, on leave for care", "请稍候，保安联系专车", "Wait; the guard calls a car"
    ),
    Reason.BUILDING_SEALED: _sentence(
        "本楼封控，足不出户", "Your building is sealed", "需要什么请打电话", "Call for what you need"
    ),
    Reason.BUILDING_CONTROLLED: _sentence(
        "本楼管控，凭事由外出", "Your building is controlled", "请告诉保安外出事由", "Tell the guard why you go out"
    ),
    Reason.QUOTA_USED: _sentence(
        "外出次数已用完", "No outings left for now", "急事请告诉保安", "Urgent? Tell the guard"
    ),
    Reason.PURPOSE_MISSING: _sentence(
        "还没有说明去向", "Not said yet where you go", "请告诉保安去做什么", "Tell the guard what for"
    ),
    Reason.TRIP_UNKNOWN: _sentence(
        "行程还没有确认", "Recent trips not asked yet", "请保安询问近期行程", "The guard asks where you were"
    ),
    Reason.RISK_PLACE: _sentence(
        "去过风险地区", "Was at a place of risk", "请保安联系社区", "The guard calls the office"
    ),
    Reason.FEVER: _sentence("体温偏高", "Temperature too high", "请到一旁休息后复测", "Rest aside, then measure again"),
    Reason.TEMPERATURE_TOO_LOW: _sentence(
        "体温读数过低", "Reading too low to be true", "请到室内暖一暖再测", "Warm up, then measure again"
    ),
    Reason.TEMPERATURE_DOUBTFUL: _sentence(
        "天气影响测温", "Too hot or cold to measure", "请保安用手持体温计", "The guard measures by hand"
    ),
    Reason.TEMPERATURE_MISSING: _sentence(
        "还没有测体温", "No temperature yet", "请靠近测温探头", "Come closer to the sensor"
    ),
    Reason.THERMOMETER_FAULT: _sentence(
        "体温计故障", "Thermometer out of order", "请保安用手持体温计", "The guard measures by hand"
    ),
    Reason.SECOND_READING_MISSING: _sentence(
        "健康监测需测两次", "Watched: measured twice", "请再测一次", "Please be measured again"
    ),
    Reason.RETEST_DUE: _sentence(
        "发热后还没有复测", "Not measured again since a fever", "请到等候区等复测", "Wait aside to be measured again"
    ),
    Reason.RULES_MISSING: _sentence(
        "本门尚未收到规则", "This gate has no rules yet", "请保安联系社区", "The guard calls the office"
    ),
    Reason.RULES_STALE: _sentence(
        "本门规则已过时", "This gate's rules are old", "请保安核对后放行", "The guard checks and decides"
    ),
    Reason.CLOCK_NOT_BELIEVED: _sentence(
        "本门时间不可信", "This gate's clock is unsure", "请保安核对后放行", "The guard checks and decides"
    ),
    Reason.UNRECORDED: _sentence(
        "无法记录本次通行", "This passage cannot be stored", "请保安手工登记", "The guard writes it down"
    ),
}

GROUNDS = {
    Ground.KNOWN_IN_PERSON: Words("认识本人", "Known in person"),
    Ground.PAPERS_CHECKED: Words("已查证件", "Papers checked"),
    Ground.MEASURED_AGAIN: Words("复测正常", "Measured again"),
    Ground.MEDICAL: Words("就医", "Medical care"),
    Ground.OFFICE_AGREED: Words("社区同意", "Office agreed"),
    Ground.HOST_AGREED: Words("住户同意", "Household agreed"),
    Ground.RESTS: Words("去等候区休息", "Sent to rest"),
    Ground.SENT_BACK: Words("已劝返", "Sent back"),
    Ground.MISTAKE: Words("点错了", "Tapped by mistake"),
}

CALLERS = {
    Caller.RESIDENT: Words("居民", "Resident"),
    Caller.VISITOR: Words("访客", "Visitor"),
    Caller.COURIER: Words("快递外卖", "Courier"),
    Caller.STAFF: Words("工作人员", "Staff"),
    Caller.VEHICLE: Words("车辆", "Vehicle"),
}

PERMITS = {
    PermitKind.MEDICAL: Words("就医许可", "Medical permit"),
    PermitKind.WORK: Words("保供通行许可", "Work permit"),
    PermitKind.GREEN_CHANNEL: Words("绿色通道", "Green channel"),
}

HAPPENINGS = {
    What.FIRE: Words("消防开门", "Opened by the fire alarm"),
    What.FIRE_OVER: Words("消防信号解除", "Fire alarm over"),
    What.TAMPERED: Words("机箱被打开", "The box was opened"),
    What.TAMPER_OVER: Words("机箱已关好", "The box is closed again"),
    What.BARRIER_STUCK: Words("道闸不动作", "The barrier does not move"),
    What.BARRIER_FORCED: Words("道闸被强行打开", "The barrier was forced open"),
    What.BARRIER_MENDED: Words("道闸恢复正常", "The barrier moves again"),
    What.SIGNED_ON: Words("保安上岗", "Guard signed on"),
    What.SIGNED_OFF: Words("保安交班", "Guard handed over"),
    What.CLOCK_SET: Words("保安校准了时间", "The guard set the clock"),
    What.TRAINING_BEGAN: Words("开始培训演练", "Training began"),
    What.TRAINING_ENDED: Words("培训演练结束", "Training ended"),
    What.TWO_GATES: Words("同一人被两个门放行", "Let through at two gates"),
    What.RECORDS_LOST: Words("记录文件损坏，部分记录读不出", "Records damaged, some unreadable"),
}

# What the compass and the map call a gate; any other is shown by the name that the office gave it.
GATES = {
    "north": Words("北门", "North gate"),
    "south": Words("南门", "South gate"),
    "east": Words("东门", "East gate"),
    "west": Words("西门", "West gate"),
    "main": Words("正门", "Main gate"),
    "back": Words("后门", "Back gate"),
}
