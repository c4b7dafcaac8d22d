"""What the guard's screen says by itself, in both languages; whatever a gate says of a passage is in gate.wording.

The pages take every text from `dictionary()`, which is both homes under one roof of keys. Rule: a text is a pair, so
none can be written in one language only; a test holds the pages' keys against these.
"""

from gate.wording import ADMIT_BY_DIRECTION, DIRECTIONS, GATES, GROUNDS, LANGUAGES, OUTCOMES, REASONS, Words
from station.kiosk.form_words import FORMS

KIOSK = {
    # The bar that is always there
    "gate": Words("门", "Gate"),
    "lane": Words("通道", "Lane"),
    "language": Words("EN", "中文"),
    "theme.auto": Words("自动", "Auto"),
    "theme.light": Words("日间", "Day"),
    "theme.dark": Words("夜间", "Night"),
    "link.hub": Words("社区已连通", "Office connected"),
    "link.broker": Words("社区电脑未应答", "Office not answering"),
    "link.none": Words("断网，照常工作", "No network, gate works"),
    "queue.none": Words("记录已送达", "All records sent"),
    "queue.some": Words("{n} 条待送", "{n} to send"),
    "queue.old": Words("{n} 条待送，最久 {age}", "{n} to send, oldest {age}"),
    "rules.editions": Words("规则 {rules}，信任名单 {trust}", "Rules {rules}, trust list {trust}"),
    "rules.none": Words("没有规则", "No rules"),
    "rules.fresh": Words("规则 {age}前确认", "Rules confirmed {age} ago"),
    "rules.stale": Words("规则已 {age}未确认", "Rules {age} old"),
    "clock.synced": Words("时间准确", "Clock right"),
    "clock.held": Words("时间靠本机维持", "Clock on its own"),
    "clock.floor": Words("时间不可信", "Clock not believed"),
    "fault": Words("{part}故障", "{part} fault"),
    "watch": Words("{part}请留意", "Watch the {part}"),
    "part.camera": Words("相机", "Camera"),
    "part.scanner": Words("扫码器", "Scanner"),
    "part.thermometer": Words("体温计", "Thermometer"),
    "part.calibration": Words("体温计校准", "Thermometer's calibration"),
    "part.panel": Words("灯和道闸", "Lamps and barrier"),
    "part.barrier": Words("道闸", "Barrier"),
    "part.fire": Words("消防", "Fire alarm"),
    "part.tamper": Words("机箱", "Box"),
    "part.resolver": Words("健康码查询", "Health code service"),
    "part.voice": Words("语音", "Voice"),
    "part.journal": Words("记录", "Records"),
    "part.broker": Words("消息服务器", "Broker"),
    "part.documents": Words("社区文件", "Office's papers"),
    "part.disk": Words("存储", "Storage"),
    "part.salvage": Words("旧记录", "Old records"),
    "part.clock": Words("时钟", "Clock"),
    "part.ok.camera": Words("相机正常", "Camera OK"),
    "part.ok.thermometer": Words("体温计正常", "Thermometer OK"),
    "age.now": Words("不到 1 分钟", "under 1 min"),
    "age.minutes": Words("{n} 分钟", "{n} min"),
    "age.hours": Words("{n} 小时", "{n} h"),
    "age.days": Words("{n} 天", "{n} days"),
    "rehearsal": Words("演练，不是真实通行", "Rehearsal, not a real gate"),
    # Ready, gathering
    "ready.prompt": Words("请出示通行码", "Show your pass"),
    "ready.how": Words("二维码对准镜头，停一秒", "Hold the code to the camera"),
    "aim.closer": Words("请靠近镜头一点", "A little closer"),
    "aim.farther": Words("请离镜头远一点", "A little farther away"),
    "aim.brighter": Words("请把屏幕调亮，或避开阴影", "Brighter, please, or out of the shade"),
    "aim.hold_still": Words("请拿稳，停一秒", "Hold still for a second"),
    "ready.mask": Words("请戴好口罩", "Please wear a mask"),
    "ready.no_phone": Words("没带手机", "No phone"),
    "ready.without_code": Words("无码登记", "No code"),
    "ready.no_picture": Words("相机没有画面", "No camera picture"),
    "ready.direction.in": Words("进小区", "Entering"),
    "ready.direction.out": Words("出小区", "Leaving"),
    "gathering.code": Words("通行码已读到", "Pass is read"),
    "gathering.no_code": Words("没有通行码", "No pass shown"),
    "gathering.measured": Words("体温已测", "Temperature taken"),
    "awaiting.temperature": Words("请靠近测温", "Step closer to measure"),
    "awaiting.code": Words("请出示通行码", "Show your pass"),
    "awaiting.health": Words("请出示健康码", "Show your health code"),
    "awaiting.colour": Words("正在查询健康码", "Asking about the health code"),
    "looks.green": Words("看上去是绿码，请核对", "Looks green: check it yourself"),
    "looks.yellow": Words("看上去是黄码，请核对", "Looks yellow: check it yourself"),
    "looks.red": Words("看上去是红码，请核对", "Looks red: check it yourself"),
    "awaiting.nothing": Words("正在核对", "Checking"),
    "awaiting.purpose": Words("请问外出事由", "Ask what for"),
    "awaiting.trip": Words("请确认近期行程", "Ask for recent trips"),
    "trip.title": Words("近 14 天去过这些地方吗？", "At one of these in the last 14 days?"),
    "trip.none": Words("没去过风险地区", "At none of these"),
    "trip.when": Words("最近哪天在{place}？", "Last day in {place}?"),
    "trip.back": Words("不是这些日子，返回", "On none of these days: back"),
    "trip.today": Words("今天", "Today"),
    "trip.yesterday": Words("昨天", "Yesterday"),
    "stranger": Words("身份未知", "Nobody known"),
    "building": Words("{n} 号楼", "Building {n}"),
    "needs_help": Words("需要帮助", "Needs help"),
    "monitored": Words("健康监测中", "Health monitored"),
    # A verdict and what the guard makes of it
    "verdict.let_through": Words("放行", "Let through"),
    "verdict.send_back": Words("劝返", "Send back"),
    "verdict.next": Words("下一位", "Next"),
    "verdict.seen": Words("知道了", "Seen"),
    "verdict.no_overrule": Words("此项保安不能放行，请联系社区", "Only the office can lift this: call them"),
    "verdict.earlier": Words("上次：{gate} {way} {at}", "Before: {gate}, {way} at {at}"),
    "verdict.holder": Words("证书持有人：{name}，出生 {birth}", "Certificate of {name}, born {birth}"),
    "verdict.unrecorded": Words("本次没有存入记录，请手工登记", "Not stored: write it down by hand"),
    "verdict.let_through.done": Words("保安已放行", "Let through by the guard"),
    "verdict.send_back.done": Words("保安已劝返", "Sent back by the guard"),
    "verdict.office": Words("社区电话 {n}", "Office {n}"),
    "grounds.title": Words("放行的理由？", "Let through on what ground?"),
    "grounds.back": Words("返回", "Back"),
    "verdict.find": Words("查找本人", "Find resident"),
    "recent.title": Words("最近通行", "Recent"),
    "recent.none": Words("还没有人通行", "Nobody has passed yet"),
    "recent.open": Words("待处理", "Open"),
    "recent.close": Words("关闭", "Close"),
    "mark.admit": Words("已通过", "Passed"),
    "mark.refer": Words("待核对", "Referred"),
    "mark.refuse": Words("未通过", "Refused"),
    # When nothing goes its usual way
    "closed.title": Words("本门已关闭", "This gate is closed"),
    "closed.fallback": Words("请走其他大门", "Please use another gate"),
    "order.title": Words("闸口故障", "Out of order"),
    "order.do": Words("请保安看证件、手工登记后放行", "Guard: check papers, write it down, let people through"),
    "order.call": Words("请联系社区 {n}", "Call the office: {n}"),
    "order.call.plain": Words("请联系社区", "Call the office"),
    "lost.title": Words("屏幕失去联系", "Screen lost contact"),
    "lost.what": Words("这里的显示已经不可信", "Nothing on this screen can be believed now"),
    "lost.do": Words("请看信号灯，人工核对放行", "Watch the lamp, check people by hand"),
    "lost.again": Words("正在重新连接", "Connecting again"),
    "tap.lost": Words("没有送达，请再按一次", "Not delivered: tap again"),
}

REHEARSAL = {
    "r.title": Words("演练台", "Rehearsal"),
    "r.lead": Words(
        "把一张通行码举到闸口前，看保安的屏幕怎么变。",
        "Hold a pass up to the gate and watch the guard's screen.",
    ),
    "r.what": Words("举起什么", "What is held up"),
    "r.from.list": Words("居民", "Residents"),
    "r.from.disk": Words("图片文件", "A picture file"),
    "r.from.camera": Words("电脑相机", "My camera"),
    "r.none": Words("没有准备好的图片", "No pictures were prepared"),
    "r.drop": Words("把图片拖到这里，或点一下选择", "Drop a picture here, or tap to choose one"),
    "r.camera.start": Words("打开相机", "Start the camera"),
    "r.camera.stop": Words("关闭相机", "Stop the camera"),
    "r.camera.refused": Words("打不开相机", "The camera cannot be opened"),
    "r.camera.live": Words("相机画面正送往闸口", "The camera's picture goes to the gate"),
    "r.forehead": Words("额温", "Forehead"),
    "r.nobody": Words("没有人", "Nobody"),
    "r.normal": Words("正常", "Normal"),
    "r.fever": Words("发热", "Fever"),
    "r.cold": Words("冻着了", "Chilled"),
    "r.direction": Words("方向", "Direction"),
    "r.direction.keep": Words("照闸口", "As the gate"),
    "r.panel": Words("门上的按钮和意外", "Buttons and mishaps"),
    "r.press.admit": Words("绿：放行", "Green: admit"),
    "r.press.dismiss": Words("红：劝返", "Red: send back"),
    "r.press.third": Words("黄：再说一遍", "Yellow: say again"),
    "r.fate.fire": Words("消防报警", "Fire alarm"),
    "r.fate.tamper": Words("箱门打开", "Box open"),
    "r.fate.jam": Words("道闸卡住", "Boom stuck"),
    "r.fate.lift": Words("抬起道闸", "Boom lifted"),
    "r.show": Words("出示", "Show"),
    "r.take_away": Words("拿走", "Take away"),
    "r.choose": Words("先选一张图片", "Choose a picture first"),
    "r.showing": Words("正在出示……", "Showing…"),
    "r.shown": Words("第 {n} 条记录：{outcome}，{ms} 毫秒", "Record {n}: {outcome}, {ms} ms"),
    "r.unread": Words("没有形成通行记录", "No passage came of it"),
    "r.taken": Words("已拿走", "Taken away"),
    "r.no_picture": Words("这不是可读的图片", "This is not a picture that can be read"),
    "r.failed": Words("闸口没有应答", "The gate did not answer"),
    "r.screen": Words("保安的屏幕", "The guard's screen"),
    "r.alone": Words("单独打开", "Open alone"),
}

WORDS = KIOSK | FORMS | REHEARSAL


def dictionary() -> dict[str, dict[str, str]]:
    """Every text a page may need: language -> key -> text."""
    return {language: {key: pair.in_(language) for key, pair in _all().items()} for language in LANGUAGES}


def _all() -> dict[str, Words]:
    told = {f"outcome.{outcome}": words for outcome, words in OUTCOMES.items()}
    told |= {f"admit.{direction}": words for direction, words in ADMIT_BY_DIRECTION.items()}
    told |= {f"direction.{direction}": words for direction, words in DIRECTIONS.items()}
    told |= {f"gate.{slug}": words for slug, words in GATES.items()}
    told |= {f"ground.{ground}": words for ground, words in GROUNDS.items()}
    for reason, sentence in REASONS.items():
        told |= {f"reason.{reason}.say": sentence.say, f"reason.{reason}.do": sentence.do}
    return WORDS | told
