"""What a clerk types and reads: the commands of `gate-hub`, one file each, under the command's name (`import` is in
people).

`hub.__main__` names them all. Each file has `add_words`, what may be typed, and the functions that carry it out: from
the words to an order (hub.orders), from its answer to sentences. Rule: what the terminal shows of a person is a
pseudonym and a masked name; mistakes name row and column. Whatever ends a command is one sentence (`CommandFailed`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO, TypeVar

from msgspec import ValidationError, convert, to_builtins

from hub import control
from hub.orders import Answer, Refused
from hub.orders.carrying_out import AnyOrder
from hub.settings import Settings
from hub.terminal.shapes import complaint

Wanted = TypeVar("Wanted", bound=Answer)
# Whatever is shown in another zone than it was typed in is still a day of the calendar.
FIRST_YEAR, LAST_YEAR = 2000, 8999


class CommandFailed(Exception):
    """A command could not be carried out; the message is all that its user reads. details: line by line, before it."""

    def __init__(self, why: str, details: Iterable[object] = ()) -> None:
        super().__init__(why)
        self.details = tuple(map(str, details))


@dataclass(frozen=True)
class Terminal:
    """Where a command is given: the hub's settings, the outside world, and where to write."""

    settings: Settings
    clock: Callable[[], datetime]
    randomness: Callable[[int], bytes]
    out: TextIO
    typed: TextIO

    def say(self, *lines: str) -> None:
        print(*lines, sep="\n", file=self.out, flush=True)

    def ask(self, order: AnyOrder, wanted: type[Wanted]) -> Wanted:
        """Have the order carried out. Raises CommandFailed where it is refused."""
        answer = control.ask(_checked(order), self.settings, self.clock, self.randomness)
        if isinstance(answer, Refused):
            raise CommandFailed(answer.why)
        assert isinstance(answer, wanted)
        return answer

    def registry(self) -> Path:
        """The registry's file. Raises CommandFailed where there is none."""
        path = self.settings.registry
        if not path.exists():
            raise CommandFailed(f"there is no registry in {self.settings.folder}; run `gate-hub init` first")
        return path

    def local(self, instant: datetime) -> str:
        """As the compound's clocks show it: 2026-11-22 14:00."""
        return f"{instant.astimezone(self.settings.zone):%Y-%m-%d %H:%M}"

    def instant(self, option: str, text: str) -> datetime:
        """2026-11-22T14:00, 2026-11-22 (the end of that day), 14:00 (today). Raises CommandFailed."""
        zone = self.settings.zone
        today = f"{self.clock().astimezone(zone):%Y-%m-%d}"
        try:
            local = datetime.fromisoformat(f"{today}T{text}" if len(text) == len("14:00") else text)
        except ValueError:
            raise CommandFailed(
                f"{option} {text}: a time is written 2026-11-22T14:00, or 14:00 for today, or 2026-11-22 for all of"
                " that day"
            ) from None
        if not FIRST_YEAR <= local.year <= LAST_YEAR:
            raise CommandFailed(f"{option} {text}: a year is one from {FIRST_YEAR} to {LAST_YEAR}")
        if local.tzinfo is None:
            local = local.replace(tzinfo=zone)
        return local + timedelta(days=1) if len(text) == len("2026-11-22") else local


def counted(number: int, one: str, many: str = "") -> str:
    """3 mistakes; many: where it is not `one` with an s."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def _checked(order: AnyOrder) -> AnyOrder:
    """What was typed against what an order may hold, before it travels."""
    try:
        return convert(to_builtins(order), type(order))
    except ValidationError as cause:
        raise CommandFailed(complaint(str(cause), type(order))) from None
