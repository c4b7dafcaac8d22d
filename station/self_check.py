"""Whether a lane's thermometer is still to be believed: its own daily median, and how old its calibration is.

It is told every record, at the start those of the last weeks, later each as it is committed; it posts `Warned` to the
loop when its mind changes. Rules: it counts normal readings of the lane's own sensor, whole tenths by day, and
keeps nothing of whoever was measured; a warning is a sentence for the guard, and judges no reading.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta, tzinfo
from statistics import median
from zoneinfo import ZoneInfo

from gate.passage import Passage, Record
from gate.temperature import Measurement, TemperatureLimits, judge
from gate.wire import BodyMalformed, decode_body
from gate.wording import Words
from station.inbox import Post, Warned
from station.settings import Settings
from station.thermometers import ThermometerFailed, calibration
from station.thermometers.calibration import Calibration

# Not "thermometer", whose words the feeler takes back when it works again.
PART = "calibration"
DRIFT_CELSIUS = 0.3
"""What a clinical thermometer may be off by (ISO 80601-2-56)."""
# A median of fewer is chance; of fewer days, a cold spell.
READINGS_A_DAY = 20
LEAST_DAYS, MOST_DAYS = 3, 14
CALIBRATION_LIVES = timedelta(days=180)
# Of all records: two weeks of most lanes.
REMEMBERED_RECORDS = 15_000
_LIMITS = TemperatureLimits()


def of_lane(
    settings: Settings,
    newest: Iterable[tuple[int, bytes]],
    wall: Callable[[], datetime],
    post: Callable[[Post], None],
) -> "SelfCheck | None":
    """The self-check of a lane that has a sensor. newest: the journal's last records, in order."""
    backend = settings.thermometer.backend
    if not backend.has_sensor:
        return None
    try:
        made = calibration.read(settings.data_folder / calibration.FILE, backend)
    except ThermometerFailed:
        # The thermometer itself says so, as a fault.
        made = None
    check = SelfCheck(str(backend), made, ZoneInfo(settings.timezone), wall, post)
    check.remember(_readable(newest))
    return check


def _readable(newest: Iterable[tuple[int, bytes]]) -> Iterable[Record]:
    for _, body in newest:
        try:
            yield decode_body(body)
        except BodyMalformed:
            continue


class DailyMedians:
    """Counts of normal readings by day and tenth of a degree; days older than MOST_DAYS before the newest go."""

    def __init__(self) -> None:
        self._days: dict[date, Counter[int]] = {}

    def add(self, celsius: float, day: date) -> None:
        self._days.setdefault(day, Counter())[round(celsius * 10)] += 1
        newest = max(self._days)
        self._days = {each: counted for each, counted in self._days.items() if newest - each <= timedelta(MOST_DAYS)}

    def drift(self, day: date) -> float | None:
        """How much warmer that day's median is than the usual one, in degrees; None where too little is known."""
        medians = {each: _median(counted) for each, counted in self._days.items() if counted.total() >= READINGS_A_DAY}
        before = [found for each, found in medians.items() if each < day]
        if day not in medians or len(before) < LEAST_DAYS:
            return None
        return medians[day] - median(before)


def _median(tenths: Counter[int]) -> float:
    """In degrees. Between two tenths it lies where the counts put it, so a slow drift shows before it is a tenth."""
    half, below = tenths.total() / 2, 0
    for tenth in sorted(tenths):
        if below + tenths[tenth] >= half:
            return (tenth - 0.5 + (half - below) / tenths[tenth]) / 10
        below += tenths[tenth]
    raise ValueError("no readings have no median")


class SelfCheck:
    """One lane's. sensor: the backend's name; zone: the compound's, for what a day is. post: to the loop."""

    def __init__(
        self,
        sensor: str,
        calibration: Calibration | None,
        zone: tzinfo,
        wall: Callable[[], datetime],
        post: Callable[[Post], None],
    ) -> None:
        self._sensor = sensor
        self._calibration = calibration
        self._zone = zone
        self._wall = wall
        self._post = post
        self._medians = DailyMedians()
        self._told: Words | None = None

    def remember(self, records: Iterable[Record]) -> None:
        """What was recorded before this start; then say what there is to say."""
        for record in records:
            self._take(record)
        self._tell()

    def recorded(self, _journal: str, _sequence: int, record: Record) -> None:
        """One of the recorder's listeners."""
        self._take(record)
        self._tell()

    def warnings(self) -> tuple[Words, ...]:
        """Why not to believe it, the gravest first; none where all is well."""
        now = self._wall()
        drift = self._medians.drift(now.astimezone(self._zone).date())
        found = (
            None if drift is None or abs(drift) < DRIFT_CELSIUS else drifted(drift),
            aged(self._calibration, now),
        )
        return tuple(each for each in found if each is not None)

    def _take(self, record: Record) -> None:
        measured = record.temperature if isinstance(record, Passage) else None
        if measured is not None and measured.celsius is not None and self._counts(measured):
            self._medians.add(measured.celsius, record.stamp.at.astimezone(self._zone).date())

    def _counts(self, measured: Measurement) -> bool:
        return measured.sensor == self._sensor and judge(measured, _LIMITS) is None

    def _tell(self) -> None:
        found = self.warnings()
        words = Words("；".join(each.zh for each in found), "; ".join(each.en for each in found)) if found else None
        if words != self._told:
            self._told = words
            self._post(Warned(PART, words))


def drifted(drift: float) -> Words:
    """The sentence for a lane whose readings moved by so many degrees."""
    way_zh, way_en = ("高", "higher") if drift > 0 else ("低", "lower")
    return Words(
        f"今天的体温读数比平时{way_zh} {abs(drift):.1f} °C，先别全信，请校准",
        f"Today's readings are {abs(drift):.1f} °C {way_en} than usual: do not rely on them, calibrate",
    )


def aged(calibration: Calibration | None, now: datetime) -> Words | None:
    """The sentence for a sensor without a calibration, or with an old one."""
    if calibration is None:
        return Words(
            "体温计没有校准过，可能差 0.5 °C 以上", "The thermometer was never calibrated: it may be off by 0.5 °C"
        )
    days = (now - calibration.at).days
    if timedelta(days=days) < CALIBRATION_LIVES:
        return None
    return Words(f"体温计已 {days} 天没有校准", f"The thermometer was calibrated {days} days ago: calibrate it")
