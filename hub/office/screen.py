"""What a page may say: every value of the registry in words, in one language, in the compound's zone.

Pages and streams render through `Screen`; templates get a `Speech` as `say`. Rule: everything is escaped by Jinja, and
a value that this version does not know is shown as it stands, never left out.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from gate.caller import Caller
from gate.clock import ClockState
from gate.direction import Direction
from gate.passage import Ground, What
from gate.reason import Reason
from gate.wording import CALLERS, DIRECTIONS, GATES, GROUNDS, HAPPENINGS, LANGUAGES, REASONS
from hub.feed import FeedRow, Tile
from hub.office.texts import TEXTS, text

HERE = Path(__file__).parent
STATIC = HERE / "static"
# A record this much older than its arrival came from a gate that had been cut off.
LATE_AFTER = timedelta(minutes=1)
_FORM_FIELDS = ("name", "telephone", "plate", "slot", "said", "came_back_on")
HTML_LANG = {"zh": "zh-CN", "en": "en"}


class Speech:
    """One language, one zone."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        self.language = language
        self.html_lang = HTML_LANG[language]
        self.other = next(each for each in LANGUAGES if each != language)
        self.text: Callable[..., str] = partial(text, language=language)
        self._zone = zone

    def gate(self, slug: str) -> str:
        return GATES[slug].in_(self.language) if slug in GATES else slug

    def lane(self, slug: str) -> str:
        return self.text("lane", lane=slug)

    def direction(self, value: str) -> str:
        return DIRECTIONS[Direction(value)].in_(self.language) if value in list(Direction) else value

    def outcome(self, value: str) -> str:
        return self.text(value) if value in TEXTS else value

    def reason(self, value: str) -> str:
        if value not in list(Reason):
            return self.text("unreadable_reason", reason=value)
        return REASONS[Reason(value)].say.in_(self.language)

    def ground(self, value: str) -> str:
        return GROUNDS[Ground(value)].in_(self.language) if value in list(Ground) else value

    def caller(self, value: str) -> str:
        return CALLERS[Caller(value)].in_(self.language) if value in list(Caller) else value

    def happening(self, value: str) -> str:
        return HAPPENINGS[What(value)].in_(self.language) if value in list(What) else value

    def form(self, kind: object) -> str:
        """What was written down, by its kind."""
        return self.text(f"form_{kind}") if f"form_{kind}" in TEXTS else str(kind)

    @property
    def form_fields(self) -> list[tuple[str, str]]:
        """What of a form is shown below its summary: field and label."""
        return [(name, self.text(f"form_{name}")) for name in _FORM_FIELDS]

    def pass_state(self, state: str) -> str:
        return self.text(f"pass_{state}")

    def aside(self, kind: str, of_it: str = "") -> str:
        """What a message in quarantine is; with "_means" or "_do", what that means, or what to do about it."""
        return self.text(f"aside_{kind}{of_it}")

    def door(self, building: object, unit: object = "", room: object = "") -> str:
        """A building and, where they are known, unit and room: 3号楼 2-501."""
        place = "-".join(str(each) for each in (unit, room) if each)
        return f"{self.building(str(building))} {place}".strip()

    def fault(self, slug: str) -> str:
        return self.text(f"fault_{slug}") if f"fault_{slug}" in TEXTS else slug

    def building(self, value: str) -> str:
        return self.text("building_number", number=value) if value.isdecimal() else value

    def time(self, instant: datetime) -> str:
        return f"{self._local(instant):%H:%M:%S}"

    def day(self, instant: datetime) -> str:
        return f"{self._local(instant):%m-%d}"

    def moment(self, instant: datetime) -> str:
        return f"{self._local(instant):%m-%d %H:%M}"

    def minute(self, instant: datetime) -> str:
        """With its year: what a clock said that was wrong."""
        return f"{self._local(instant):%Y-%m-%d %H:%M}"

    def since(self, instant: datetime, now: datetime) -> str:
        """Only the time for today, the day with it for anything older."""
        local, today = self._local(instant), now.astimezone(self._zone).date()
        return f"{local:%H:%M}" if local.date() == today else f"{local:%m-%d %H:%M}"

    def _local(self, instant: datetime) -> datetime:
        """By the compound's clock. A gate's mad clock may have written an hour that this zone's calendar lacks."""
        try:
            return instant.astimezone(self._zone)
        except OverflowError:
            return instant

    def filter_value(self, name: str, value: str) -> str:
        """A filter's value as its select shows it."""
        spoken = {"gate": self.gate, "direction": self.direction, "outcome": self.outcome, "building": self.building}
        spoken["caller"] = self.caller
        return spoken[name](value) if name in spoken else value.replace("T", " ")

    def late(self, row: FeedRow) -> bool:
        return row.received_at is not None and row.received_at - row.at > LATE_AFTER

    def clock_unsure(self, row: FeedRow) -> bool:
        return row.clock == ClockState.FLOOR and row.dated is None


# A station speaks every half minute; two silences in a row are no accident.
STALE_AFTER = timedelta(minutes=1)


def standing(tile: Tile, now: datetime, connected: bool) -> str:
    """ "never", "offline", "stale", "fault" or "online"; only the last one may be green."""
    if tile.status_at is None:
        return "never"
    if not tile.online:
        return "offline"
    if not connected or now - tile.status_at > STALE_AFTER:
        return "stale"
    return "fault" if tile.faults else "online"


class Screen:
    """Renders the templates; made once at the start, which is when they are read and checked."""

    def __init__(self, compound: str, zone: ZoneInfo) -> None:
        self._speech = {language: Speech(language, zone) for language in LANGUAGES}
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals.update(compound=compound, static=_static_version(), standing=standing)
        for name in self._environment.list_templates():
            self._environment.get_template(name)

    def said(self, fields: Mapping[str, str], language: str) -> list[str]:
        """The filter's values in words, for a screen on which the form is folded away."""
        return [self._speech[language].filter_value(name, value) for name, value in fields.items() if name != "person"]

    def render(self, template: str, language: str, **values: object) -> str:
        return self._environment.get_template(template).render(say=self._speech[language], **values)


def _static_version() -> str:
    """Changes whenever a static file does, so that browsers may keep them."""
    digest = sha256()
    for path in sorted(STATIC.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
