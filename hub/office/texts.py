"""Every text of the office's pages, Chinese first, English second.

Templates ask for a text by its key; what residents and guards are told (reasons, grounds, directions) comes from
gate/wording.py. A test holds that each key is used and that each text is there in both languages.
"""

from gate.wording import Words

TEXTS = {
    # Frame of every page
    "office": Words("社区办公室", "Community office"),
    "feed": Words("通行记录", "Passages"),
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
    # Quarantine
    "quarantine_lead": Words(
        "这里是收到但没有登记的消息：读不懂，或与已有记录同号而内容不同。它们不会挡住其他记录。",
        "Messages that came but were not registered: unreadable, or numbered like another record with other content."
        " They are in nobody's way.",
    ),
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
