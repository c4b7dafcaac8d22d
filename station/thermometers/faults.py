"""Every way in which a thermometer breaks, and the sentence that the guard reads; docs/thermometer.md lists them.

The backends raise `failed(Fault...)`. Rule: what is not certainly a temperature is one of these, never a number.
"""

from enum import StrEnum

from gate.wording import Words
from station.thermometers.reading import ThermometerFailed


class Fault(StrEnum):
    """What is wrong with a thermometer."""

    NO_BUS = "no_bus"
    NO_ANSWER = "no_answer"
    BUS_HANGS = "bus_hangs"
    DAMAGED = "damaged"
    SENSOR_ERROR = "sensor_error"
    IMPOSSIBLE = "impossible"
    JUMPED = "jumped"
    STUCK = "stuck"
    CHANGED = "changed"
    BAD_MEMORY = "bad_memory"
    REFUSED = "refused"
    NO_LINE = "no_line"
    SILENT = "silent"
    BAD_CALIBRATION = "bad_calibration"
    OTHER_SENSOR = "other_sensor"
    NO_DISTANCE = "no_distance"
    CLOSED = "closed"


FAULTS = {
    Fault.NO_BUS: Words(
        "打不开测温总线：请检查设置的 source 和 config.txt",
        "its bus cannot be opened: check source in the settings, and i2c in config.txt",
    ),
    Fault.NO_ANSWER: Words(
        "体温计没有应答：请检查四根线和插头", "the thermometer does not answer: check its four wires and their plugs"
    ),
    Fault.BUS_HANGS: Words(
        "测温总线卡住：请断电一秒再通电", "the thermometer's bus hangs: take its power away for a second"
    ),
    Fault.DAMAGED: Words(
        "体温计的数据传坏了：线要短、要屏蔽、离电机远",
        "the thermometer's answers arrive damaged: short, shielded wires, away from motors",
    ),
    Fault.SENSOR_ERROR: Words(
        "体温计自己报错：请断电一秒，再不行就更换",
        "the thermometer says that it is in error: take its power away for a second, else replace it",
    ),
    Fault.IMPOSSIBLE: Words(
        "体温计读数不可能：请更换探头", "the thermometer says a temperature that cannot be: replace it"
    ),
    Fault.JUMPED: Words(
        "体温计读数突跳：请检查接线和供电", "the thermometer's readings jump: check its wires and its power"
    ),
    Fault.STUCK: Words(
        "体温计读数一直不变：请断电一秒，再不行就更换",
        "the thermometer's reading never changes: take its power away for a second, else replace it",
    ),
    Fault.CHANGED: Words(
        "探头的发射率被改过，读数不可信：请换一个没改过的",
        "somebody changed the sensor's emissivity, so its figures are off: fit one as it was delivered",
    ),
    Fault.BAD_MEMORY: Words(
        "探头的出厂标定数据已损坏：请更换探头", "the sensor's factory calibration is damaged: replace it"
    ),
    Fault.REFUSED: Words(
        "测温模块不认识这个请求：请用文档里写明的模块",
        "the module does not know what it is asked: use one as docs/thermometer.md describes",
    ),
    Fault.NO_LINE: Words(
        "打不开测温串口：请检查 USB 插头和设置里的 source",
        "its serial line cannot be opened: check the plug, and source in the settings",
    ),
    Fault.SILENT: Words(
        "测温模块没有应答：请检查供电和收发线",
        "the module does not answer: check its power and that its wires are crossed",
    ),
    Fault.BAD_CALIBRATION: Words(
        "校准文件读不出或不合理：请重新校准",
        "the calibration file cannot be believed: run gate-station calibrate again, or remove it",
    ),
    Fault.OTHER_SENSOR: Words(
        "校准文件是另一支探头的：请重新校准",
        "the calibration is that of another sensor: run gate-station calibrate for this one",
    ),
    Fault.NO_DISTANCE: Words("测距探头没有回波：请检查接线", "the distance sensor gives no echo: check its wires"),
    Fault.CLOSED: Words("体温计已关闭", "this lane's thermometer is closed"),
}


def failed(fault: Fault) -> ThermometerFailed:
    return ThermometerFailed(FAULTS[fault])
