"""Every text of the office's pages, Chinese first, English second.

Templates ask for a text by its key; what residents and guards are told (reasons, grounds, directions) comes from
gate/wording.py. A test holds that each key is used and that each text is there in both languages.
"""

from gate.wording import Words
from hub.quarantine.words import ASIDE

TEXTS = {
    # Frame of every page
    "office": Words("社区办公室", "Community office"),
    "feed": Words("通行记录", "Passages"),
    "happenings": Words("大门事件", "Events"),
    "cases": Words("返回人员", "Returnees"),
    "temporary_passes": Words("临时通行证", "Temporary passes"),
    "quarantine": Words("异常消息", "Quarantine"),
    "log_out": Words("退出", "Log out"),
    "other_language": Words("English", "中文"),
    "lost": Words("连接中断，正在重连…", "Connection lost, reconnecting…"),
    "lost_more": Words("下面的内容可能已过时。", "What you see may be out of date."),
    "link_down": Words("主机与各门的消息服务断开", "The hub has lost the message broker"),
    "link_down_more": Words(
        "各门照常工作并自行记录，恢复后自动补传。请检查主机上的 mosquitto 服务。",
        "The gates keep working and recording, and catch up by themselves. Check mosquitto on the hub.",
    ),
    "live": Words("实时", "Live"),
    "connecting": Words("连接中", "Connecting"),
    # Login
    "log_in": Words("登录", "Log in"),
    "log_in_lead": Words("小区各门的通行情况，实时可见。", "What happens at the compound's gates, as it happens."),
    "name": Words("姓名", "Name"),
    "password": Words("密码", "Password"),
    "wrong": Words("姓名或密码不对，请再试一次。", "Name or password is wrong. Please try again."),
    "too_many": Words(
        "尝试次数过多，请 {minutes} 分钟后再试。", "Too many attempts. Please try again in {minutes} minutes."
    ),
    "form_expired": Words("页面放得太久了，请重新登录。", "The page was open for too long. Please log in again."),
    "no_account": Words(
        "没有账号？请管理员在社区主机上运行 gate-hub clerk add 姓名",
        "No account yet? Your administrator runs gate-hub clerk add NAME on the hub.",
    ),
    # What the hub knows that it does not have
    "cloned_alarm": Words("同一编号两份记录：卡被复制？", "Two records under one number: was a card copied?"),
    "missing": Words("缺 {count} 条记录", "{count} records missing"),
    "missing_stuck": Words("记录没有补上：请查看这个门", "They do not come: look at this gate"),
    "missing_coming": Words("正在补传", "on their way"),
    "silent_alarm": Words("没有消息：请查看这个门", "Says nothing: look at this gate"),
    # Totals and tiles
    "today": Words("今日", "Today"),
    "went_in": Words("进", "In"),
    "went_out": Words("出", "Out"),
    "referred": Words("待处理", "Waiting"),
    "refused": Words("拒绝", "Refused"),
    "gates": Words("各门", "Gates"),
    "lane": Words("{lane} 号通道", "Lane {lane}"),
    "online": Words("在线", "Online"),
    "offline": Words("离线", "Offline"),
    "stale": Words("无消息", "Silent"),
    "never_seen": Words("未连接过", "Never seen"),
    "since_when": Words("自 {time}", "since {time}"),
    "queue": Words("待传", "Queue"),
    "last_passage": Words("最近通行", "Last passage"),
    "none_yet": Words("暂无", "None yet"),
    "fault_camera": Words("摄像头故障", "Camera out of order"),
    "fault_thermometer": Words("体温计故障", "Thermometer out of order"),
    "fault_disk": Words("存储故障", "Disk out of order"),
    "fault_journal": Words("无法保存记录", "Records cannot be stored"),
    "fault_panel": Words("指示灯或道闸故障", "Lamps or barrier out of order"),
    "fault_barrier": Words("道闸不动作或被强行打开", "Barrier stuck or forced open"),
    "fault_fire": Words("消防报警", "Fire alarm"),
    "fault_tamper": Words("机箱被打开", "Box opened"),
    "fault_documents": Words("收到不可信的社区文件", "Documents not believed"),
    "fault_voice": Words("语音故障", "Voice out of order"),
    "fault_clock": Words("时钟不可信", "Clock unsure"),
    "no_stations": Words("还没有添加任何门", "No gates yet"),
    "no_stations_do": Words(
        "在社区主机上运行 gate-hub station add 编号 --gate 门，把生成的文件装到该门的机器上。",
        "Run gate-hub station add ID --gate GATE on the hub and put the file it makes on that gate's machine.",
    ),
    # Filters
    "filter": Words("筛选", "Filter"),
    "gate": Words("门", "Gate"),
    "direction": Words("方向", "Direction"),
    "outcome": Words("结果", "Outcome"),
    "building": Words("楼栋", "Building"),
    "as_what": Words("身份", "Comes as"),
    "from": Words("从", "From"),
    "until": Words("到", "Until"),
    "search": Words("姓名", "Name"),
    "search_hint": Words("王*明 或 wxm", "J* S* or js"),
    "all": Words("全部", "All"),
    "clear": Words("清除筛选", "Clear filter"),
    "apply": Words("应用", "Apply"),
    "one_person": Words("仅看此人：{name}", "Only this person: {name}"),
    # Table
    "when": Words("时间", "Time"),
    "where": Words("门 / 通道", "Gate / lane"),
    "who": Words("住户", "Resident"),
    "temperature": Words("体温", "Temp."),
    "why": Words("原因", "Reasons"),
    "guard": Words("保安处理", "Guard"),
    "admit": Words("放行", "Admitted"),
    "refer": Words("待处理", "Waiting"),
    "refer_settled": Words("转保安", "Referred"),
    "refuse": Words("拒绝", "Refused"),
    "overruled": Words("保安改判", "Overruled"),
    "unknown_person": Words("身份不明", "Unknown"),
    "building_number": Words("{number} 号楼", "Bldg {number}"),
    "late": Words("补传", "Late"),
    "late_hint": Words("{time} 才收到", "Received at {time}"),
    "clock_unsure": Words("时间不可信", "Clock unsure"),
    "at_the_latest": Words("最迟在此时", "At the latest"),
    "not_before": Words("，不早于 {time}", ", not before {time}"),
    "redated": Words("已校时", "Time set right"),
    "redated_hint": Words(
        "门岗当时不知准确时间，事后按同一次开机的对时推算",
        "The gate did not know the time; this one follows from when its clock was set right in the same run",
    ),
    "gate_said": Words("门岗原记 {time}", "The gate said {time}"),
    "all_right": Words("符合规定", "All in order"),
    "waiting_for_guard": Words("等保安处理", "Waiting for the guard"),
    "unreadable_reason": Words("未知原因 {reason}", "Unknown reason {reason}"),
    "empty": Words("还没有通行记录", "No passages yet"),
    "empty_do": Words(
        "有人通过任何一道门，这里会立刻出现一行。若一直空着，请看上面各门是否在线。",
        "A row appears the moment somebody passes a gate. If none does, see above whether the gates are online.",
    ),
    "nothing_found": Words("没有符合筛选的记录", "Nothing matches the filter"),
    "nothing_found_do": Words(
        "请放宽时间或清除筛选；新的记录符合时会立刻出现。",
        "Widen the time or clear the filter; a new passage that matches appears at once.",
    ),
    "older": Words("更早", "Older"),
    "newest": Words("回到最新", "Back to the newest"),
    "paused": Words(
        "正在看较早的记录，新记录不会出现在这里。", "These are older passages; new ones do not appear here."
    ),
    "end_reached": Words("没有更早的记录了", "This is where it begins"),
    "together": Words("同行", "Together"),
    "found_by_guard": Words("保安认出", "Found by the guard"),
    "by_name": Words("按姓名查找", "By name"),
    "with_permit": Words("持许可", "With permit"),
    "hand_held": Words("手持体温计", "Hand-held"),
    "wrist": Words("手腕", "Wrist"),
    "measured_again": Words("复测", "Again"),
    "going_for": Words("事由", "For"),
    "been_to": Words("去过", "Been to"),
    # What guards wrote down
    "form_visitor": Words("访客登记", "Visitor"),
    "form_vehicle": Words("车辆登记", "Vehicle"),
    "form_delivery": Words("送货登记", "Delivery"),
    "form_returnee": Words("返回登记", "Returnee"),
    "form_people": Words("{count} 人", "{count} people"),
    "form_name": Words("姓名", "Name"),
    "form_telephone": Words("电话", "Telephone"),
    "form_plate": Words("车牌", "Plate"),
    "form_slot": Words("货架", "Shelf"),
    "form_medicine": Words("药品", "Medicine"),
    "form_host_agreed": Words("住户已同意", "Household agreed"),
    "form_said": Words("来自", "From"),
    "form_came_back_on": Words("返回日期", "Came back on"),
    "form_sealed": Words("登记内容打不开", "The form cannot be opened"),
    # Alarms and happenings
    "alarms": Words("报警", "Alarms"),
    "happenings_lead": Words(
        "各门报警、道闸、交接班和培训的记录，最近的在前。",
        "Alarms, barriers, shifts and training at the gates, newest first.",
    ),
    "happenings_empty": Words("还没有大门事件", "No events yet"),
    "happenings_empty_do": Words(
        "消防、箱门、道闸报警和交接班会出现在这里。", "Fire, box and barrier alarms and shifts appear here."
    ),
    "what_happened": Words("事件", "Event"),
    "note": Words("交接留言", "Hand-over note"),
    "on_duty": Words("保安", "Guard"),
    # Returnees
    "cases_lead": Words(
        "从外地返回的居民，由保安在门口登记。请联系本人并安排后续，办完后结案。",
        "Residents back from elsewhere, as guards wrote down. Call them, see to what is due, then close the case.",
    ),
    "cases_empty": Words("没有返回人员", "No returnees"),
    "cases_empty_do": Words("保安登记返回居民后，会在这里立案。", "A case opens when a guard writes a returnee down."),
    "case_open": Words("待办", "Open"),
    "case_closed": Words("已结案", "Closed"),
    "case_closed_by": Words("{clerk} 于 {time} 结案", "Closed by {clerk}, {time}"),
    "close_case": Words("结案", "Close"),
    "reopen_case": Words("重新打开", "Open again"),
    "came_from_where": Words("从哪里来", "From where"),
    "not_said": Words("未说明", "Not said"),
    "address": Words("住址", "Address"),
    # Temporary passes
    "temporary_lead": Words(
        "保安在门口开的临时通行证。核对后确认；不对的请作废，各门随即拒收。",
        "Passes that guards made at a gate. Confirm what is right; revoke what is not, and every gate refuses it.",
    ),
    "temporary_empty": Words("没有临时通行证", "No temporary passes"),
    "temporary_empty_do": Words(
        "保安开出的临时证会出现在这里，等您确认。", "What guards make at a gate appears here, for you to confirm."
    ),
    "temporary_number": Words("第 {number} 张", "No. {number}"),
    "temporary_over": Words("超出许可的 {most} 张", "Over the {most} allowed"),
    "temporary_not_allowed": Words("该门未获许可", "This gate is not allowed to make any"),
    "temporary_twice": Words("同号证不止一张", "Another pass has this number"),
    "pass_number_twice": Words(
        "两张临时证同号：门岗的存储卡可能被复制",
        "Two temporary passes have one number: its gate's card may have been copied",
    ),
    "valid_until": Words("有效至", "Valid until"),
    "made_at": Words("开证", "Made"),
    "serial": Words("编号", "Serial"),
    "pass_waiting": Words("待确认", "To confirm"),
    "pass_confirmed": Words("已确认", "Confirmed"),
    "pass_revoked": Words("已作废", "Revoked"),
    "pass_expired": Words("已过期", "Expired"),
    "confirm": Words("确认", "Confirm"),
    "make_void": Words("作废", "Revoke"),
    # Quarantine
    "quarantine_lead": Words(
        "这里是收到但没有登记的消息。每条都写明出了什么事、该怎么办。它们原样保存，不会挡住其他记录。",
        "Messages that came but were not registered, each with what happened and what to do. They are kept as they came"
        " and are in nobody's way.",
    ),
    "what_it_means": Words("出了什么事", "What happened"),
    "what_to_do": Words("怎么办", "What to do"),
    "try_again": Words("再试一次", "Try again"),
    "put_by": Words("已处理", "Dealt with"),
    "put_by_whom": Words("{clerk} 于 {time} 处理", "Dealt with by {clerk}, {time}"),
    "take_up": Words("重新打开", "Open again"),
    "try_all_again": Words("全部再试一次", "Try all again"),
    **ASIDE,
    "tried_busy": Words(
        "主机正忙，仍在试；请稍后再打开本页。", "The hub is busy and still trying; open this page again in a while."
    ),
    "reason_noted": Words("主机记下的原因", "The reason as the hub noted it"),
    "registered_one": Words("已登记的那份", "The one that is registered"),
    "later_one": Words("后到的这份", "The one that came later"),
    "unknown_gate": Words("不明", "Unknown"),
    "quarantine_empty": Words("没有异常消息", "The quarantine is empty"),
    "quarantine_empty_do": Words(
        "所有收到的消息都已登记，不需要做什么。", "Every message that came has been registered. Nothing to do."
    ),
    "came_at": Words("收到", "Came"),
    "came_from": Words("来自", "From"),
    "number": Words("日志 / 序号", "Journal / number"),
    "no_envelope": Words("无法辨认", "Unreadable"),
    "content": Words("内容", "Content"),
    "digest": Words("指纹", "Digest"),
    "bytes": Words("{size} 字节", "{size} bytes"),
    "bytes_shown": Words("{size} 字节，显示前 {shown}", "{size} bytes, the first {shown} shown"),
    # The registry itself
    "recoveries": Words("登记库", "Registry"),
    "recoveries_lead": Words(
        "主机的登记库损坏后修复，或从备份恢复，都记在这里，直到有人看过。",
        "Whenever the hub's registry was damaged and mended, or restored from a backup, it says so until somebody has"
        " read it.",
    ),
    "recovered_salvaged": Words("登记库曾损坏，已修复", "The registry was damaged and has been mended"),
    "recovered_restored": Words("登记库已从备份恢复", "The registry was restored from a backup"),
    "salvaged_rows": Words(
        "{mended} 行已修复，{other} 行丢失或须核对", "{mended} rows mended, {other} lost or to be looked over"
    ),
    "restored_rows": Words(
        "回到 {time} 的状态，其后办公室的 {other} 处改动须重做",
        "as it stood at {time}; {other} things that the office did since have to be done again",
    ),
    "restored_whole": Words(
        "回到 {time} 的状态，其后办公室没有改动",
        "as it stood at {time}; the office has done nothing since",
    ),
    "restored_uncounted": Words(
        "回到 {time} 的状态，其后办公室的改动须重做",
        "as it stood at {time}; what the office did since has to be done again",
    ),
    "report_salvaged": Words("主机上的报告", "Report on the hub"),
    "report_restored": Words("原登记库", "The registry before"),
    "do_salvaged": Words(
        "请管理员打开报告：每一行丢失或须核对的都列在里面。通行记录由各门自动补传。",
        "Have the administrator open the report: it names every row that is lost or has to be looked over. The gates"
        " send their records again by themselves.",
    ),
    "do_restored": Words(
        "请重做备份之后的登记、发证、作废和规定。通行记录由各门自动补传。",
        "Do again what was registered, issued, revoked or published since the backup. The gates send their records"
        " again by themselves.",
    ),
    "do_nothing": Words(
        "办公室无须重做。通行记录由各门自动补传。",
        "Nothing has to be done again. The gates send their records again by themselves.",
    ),
    "mark_read": Words("我已看过", "I have read it"),
    "recovery_unread": Words("未看", "Unread"),
    "recovery_read": Words("已看", "Read"),
    "recovery_read_by": Words("{clerk} 于 {time} 看过", "Read by {clerk}, {time}"),
    "recoveries_empty": Words("登记库没有出过问题", "Nothing ever befell the registry"),
    "recoveries_empty_do": Words("不需要做什么。", "Nothing to do."),
    # Things that went wrong
    "error": Words("打不开这个页面", "This page cannot be shown"),
    "error_404": Words("没有这个页面。", "There is no such page."),
    "error_500": Words(
        "社区主机出了错。请再试一次；若仍不行，请看主机的日志。",
        "The hub made an error. Try again; if it stays, look into the hub's log.",
    ),
    "back": Words("回到通行记录", "Back to the passages"),
}


def text(key: str, language: str, **values: object) -> str:
    """The text of that key in "zh" or "en", with its {places} filled in."""
    found = TEXTS[key].in_(language)
    return found.format(**values) if values else found
