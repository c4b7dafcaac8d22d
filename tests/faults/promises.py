"""What is promised when a part of a gate is broken: the table of docs/faults.md, and the rule for two parts at once.

`walk` holds a running gate to it, `test_faults_doc` the page. Rule: nothing here asks the station what it would do.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from gate.reason import Outcome, Reason, worst
from gate.wording import Words


class Part(StrEnum):
    """What can break at a gate, and what it depends on."""

    CAMERA = "camera"
    THERMOMETER = "thermometer"
    PANEL = "panel"
    HUB = "hub"
    BROKER = "broker"
    CLOCK = "clock"
    DISK = "disk"


_LINKS = ("hub", "broker", "none")


@dataclass(frozen=True)
class Promise:
    """Of a resident with a good pass and a normal temperature.

    reads: whether the pass is read when it is held up; else the guard finds him by his door. reasons: of the passage
    then. opens: whether the barrier obeys. recorded: whether the passage is on the disk, and the guard's word on it
    taken. out_of_order: whether that is the screen while nobody is there. faults: parts that the screen names. link,
    believed: as the status bar has them.
    """

    reads: bool = True
    reasons: frozenset[Reason] = frozenset()
    opens: bool = True
    recorded: bool = True
    out_of_order: bool = False
    faults: frozenset[str] = frozenset()
    link: str = "hub"
    believed: bool = True

    @property
    def outcome(self) -> Outcome:
        return worst(self.reasons)

    @property
    def lights_green(self) -> bool:
        """Whether the machine lets him in by itself, as soon as it knows who he is."""
        return self.outcome is Outcome.ADMIT


WHOLE = Promise()
PROMISES = {
    Part.CAMERA: Promise(reads=False, out_of_order=True, faults=frozenset({"camera"})),
    Part.THERMOMETER: Promise(reasons=frozenset({Reason.THERMOMETER_FAULT}), faults=frozenset({"thermometer"})),
    Part.PANEL: Promise(opens=False, faults=frozenset({"panel"})),
    Part.HUB: Promise(link="broker"),
    Part.BROKER: Promise(link="none"),
    Part.CLOCK: Promise(reasons=frozenset({Reason.CLOCK_NOT_BELIEVED}), believed=False),
    Part.DISK: Promise(
        reasons=frozenset({Reason.UNRECORDED}), recorded=False, out_of_order=True, faults=frozenset({"journal"})
    ),
}


def promised(broken: Iterable[Part]) -> Promise:
    """The rule for several parts: whatever one of them forbids is forbidden, and the screen names every one."""
    promise = WHOLE
    for part in broken:
        other = PROMISES[part]
        promise = Promise(
            reads=promise.reads and other.reads,
            reasons=promise.reasons | other.reasons,
            opens=promise.opens and other.opens,
            recorded=promise.recorded and other.recorded,
            out_of_order=promise.out_of_order or other.out_of_order,
            faults=promise.faults | other.faults,
            link=max(promise.link, other.link, key=_LINKS.index),
            believed=promise.believed and other.believed,
        )
    return promise


@dataclass(frozen=True)
class Row:
    """One row of the page: how it is broken in the tests; what the machine does, the guard sees, and the guard does."""

    broken: str
    machine: str
    sees: Words
    does: Words


PAGE = {
    Part.CAMERA: Row(
        "its folder of pictures is taken away, or a picture in it is cut short",
        "reads no pass. Whoever the guard finds on the roster is measured and admitted as ever",
        Words("闸口故障；相机故障；相机没有画面", "Out of order; Camera fault; No camera picture"),
        Words("按楼栋房号或姓名查找住户，逐个放行", "Finds residents by door or name"),
    ),
    Part.THERMOMETER: Row(
        "its line is pulled out of the port, goes mute, or carries noise",
        "refers everybody: `thermometer_fault`. A figure from before the fault counts for nobody",
        Words("体温计故障；请稍候", "Thermometer fault; Please wait"),
        Words("用手持体温计测量，再点“放行”", "Measures with a hand-held thermometer, then lets through"),
    ),
    Part.PANEL: Row(
        "the chip of its pins goes away",
        "decides and records as ever; no lamp, no barrier. Nothing opens belatedly once it is back",
        Words("灯和道闸故障；屏幕照常", "Lamps and barrier fault; the screen as ever"),
        Words("看屏幕放行，手动开闸", "Goes by the screen, opens by hand"),
    ),
    Part.HUB: Row(
        "SIGKILL",
        "decides by its last rules and roster, records, and sends everything once the hub is back",
        Words("社区电脑未应答；几条待送", "Office not answering; records to send"),
        Words("照常工作；规则过时前请社区修复", "Works on; has the office see to it before the rules are stale"),
    ),
    Part.BROKER: Row(
        "SIGKILL",
        "as without the hub; what other gates let through it does not hear meanwhile",
        Words("断网，照常工作；几条待送", "No network, gate works; records to send"),
        Words("照常工作；请社区检查网络", "Works on; has the office see to the network"),
    ),
    Part.CLOCK: Row(
        "a power cut without a clock chip, and a kernel that vouches for no time",
        "refers everybody: `clock_not_believed`",
        Words("时间不可信；请稍候", "Clock not believed; Please wait"),
        Words("按手表设定时间；设好前逐个核对", "Sets the time by a watch; until then checks everybody"),
    ),
    Part.DISK: Row(
        "the kernel refuses every write to a file",
        "refers everybody: `unrecorded`; not even the guard's word is taken, since nothing could be kept of it. "
        "Who came is kept in memory, and written down by his own time once the disk takes it. The alarm rings on",
        Words("闸口故障；记录故障；无法记录本次通行", "Out of order; Records fault; This passage cannot be stored"),
        Words("手工登记，手动开闸，报修", "Writes names down, opens by hand, calls for repair"),
    ),
}


def table() -> list[str]:
    """The rows of docs/faults.md, one a part."""
    rows = []
    for part, row in PAGE.items():
        cells = (f"`{part}`", row.broken, row.machine, row.sees.zh, row.sees.en, row.does.zh, row.does.en)
        rows.append(f"| {' | '.join(cells)} |")
    return rows
