"""What is said of messages that were set aside, by their kind: what each is, what it means, what to do; Chinese first.

The office's page and `gate-hub quarantine` say the same. Keys: `aside_KIND`, and the same with `_means` and `_do`.
"""

from gate.wording import Words

ASIDE = {
    "aside_cloned": Words("同一编号，两份不同的记录", "Two different records under one number"),
    "aside_cloned_means": Words(
        "这个门用同一编号发来了两份内容不同的记录。先到的一份已登记，后到的在这里。多半是这个门的存储卡被复制到了另一台机器，或被恢复成旧的内容。",
        "This gate sent two records under one number. The first is registered, the later one is here. Most likely its"
        " card was copied to another machine, or set back to an older state.",
    ),
    "aside_cloned_do": Words(
        "请马上到这个门查看：是否有第二台机器在用它的卡？再给它换新身份（gate-hub station add 编号 --again），"
        "并核对下面两份记录。",
        "Go to this gate now: does a second machine use its card? Then give it a new identity (gate-hub station add ID"
        " --again), and compare both records below.",
    ),
    "aside_newer": Words("主机读不懂这条记录", "A record that the hub cannot read"),
    "aside_newer_means": Words(
        "编号清楚，内容读不懂。多半是这个门的软件比主机新。",
        "Its number is clear, its content is not. Most likely the gate's software is newer than the hub's.",
    ),
    "aside_newer_do": Words(
        "请更新主机软件，再点“再试一次”。内容没有丢，能读懂后会照常登记。",
        "Update the hub, then try again. Nothing of it is lost; once it can be read it is registered as usual.",
    ),
    "aside_stuck": Words("登记时出错", "It could not be registered"),
    "aside_stuck_means": Words(
        "记录读得懂，登记时主机出了错。", "The record can be read, but the hub failed to enter it."
    ),
    "aside_stuck_do": Words(
        "请把下面的原因告诉软件维护人员；更新主机后点“再试一次”。",
        "Tell whoever maintains the software the reason below; after an update of the hub, try again.",
    ),
    "aside_damaged": Words("内容已损坏", "Its content is damaged"),
    "aside_damaged_means": Words(
        "内容与它自带的校验值不符：在这个门的存储里或在路上变了。",
        "It is not what its own digest says: it changed in the gate's storage or on its way.",
    ),
    "aside_damaged_do": Words(
        "请检查这个门的存储卡，必要时更换；那次通行请问当班保安补记。",
        "Check this gate's card and change it if need be; ask the guard on duty about that passage.",
    ),
    "aside_stranger": Words("冒用别的门的名义", "A gate in another one's name"),
    "aside_stranger_means": Words(
        "这个门发来的记录写着别的门或别的小区的名字。", "This gate sent a record that names another gate or compound."
    ),
    "aside_stranger_do": Words(
        "请核对这个门用的身份文件；不对就换新身份（gate-hub station add 编号 --again）。",
        "Check which identity file this gate uses; if it is the wrong one, give it a new one (gate-hub station add ID"
        " --again).",
    ),
    "aside_garbled": Words("完全读不懂", "Nothing that can be read"),
    "aside_garbled_means": Words(
        "不是本系统的记录，连编号也没有。", "It is no record of this system; it does not even have a number."
    ),
    "aside_garbled_do": Words(
        "请检查是什么在用这个门的密码连接消息服务器；主机更新后可以再试一次。",
        "Check what connects to the broker with this gate's password; after an update of the hub, try it again.",
    ),
    "tried_again": Words(
        "再试了 {tried} 条：新登记 {registered} 条，仍在这里 {left} 条。",
        "Tried {tried} again: {registered} newly registered, {left} still here.",
    ),
    "tried_alarms": Words(
        "其中 {alarms} 条与已登记的记录同号而内容不同。",
        "{alarms} of them bear the number of a record with other content.",
    ),
}
