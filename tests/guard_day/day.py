"""A guard's day: one town for all journeys, each of which begins at a quiet gate under the rules that it names.

`test_guard_day`, `test_guard_night` and the soak live it. Rule: a journey gets a page of its own, on which its touches
are counted, and whatever it broke is mended before the next one begins.
"""

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType

from playwright.sync_api import Browser

from gate.policy import Direction
from tests.guard_day import rules
from tests.guard_day.books import Books
from tests.guard_day.post import Look, Post, Street
from tests.guard_day.town import EAST, WEST, GuardTown
from tests.rehearsal.gates import Gate, NotTaken, Screen, until
from tests.rehearsal.pictures import blank
from tests.rehearsal.visitors import encoded

PATIENCE_SECONDS = 30.0
Rules = Callable[[datetime], str]


@dataclass(frozen=True)
class Neighbour:
    """Whom a journey is about. code: the text of his pass. door: as the finder shows it."""

    person: str
    code: str
    masked_name: str
    initials: str
    building: str
    unit: str
    room: str

    @property
    def door(self) -> str:
        return f"{self.unit}-{self.room}"


class Day:
    """post: before the page of the gate of this journey. books: what the office has of it."""

    def __init__(self, browser: Browser) -> None:
        self.town = GuardTown()
        self.books = Books(self.town.registry)
        self._browser = browser
        self._rules: Rules = rules.usual
        self._edition = ""
        self._post: Post | None = None

    def __enter__(self) -> "Day":
        self.town.__enter__()
        try:
            self.town.await_rules()
            self._edition = self._published()
        except BaseException:
            self.town.end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.town.__exit__(kind, error, at)

    @property
    def post(self) -> Post:
        assert self._post is not None
        return self._post

    @contextmanager
    def at(self, gate: str, look: Look, under: Rules, way: Direction) -> Iterator["Day"]:
        """The guard stands before that gate's page, which faces that way; the journey begins."""
        self._quiet(under, gate, way)
        size = {"width": look.width, "height": look.height}
        context = self._browser.new_context(viewport=size, has_touch=True)  # type: ignore[arg-type]
        with closing(Gate(gate, self.town.kiosk_urls[gate])) as world:
            try:
                self._post = Post(context.new_page(), world, look)
                yield self
                assert self._post.complaints == [], "the page complained: a script, or its own content policy"
            finally:
                context.close()
                self._post = None

    def neighbour(self, part: str) -> Neighbour:
        return self._known(self.town.cast.parts[part].identity_number)

    @property
    def family(self) -> list[Neighbour]:
        return [self._known(each.identity_number) for each in self.town.cast.family]

    @contextmanager
    def elsewhere(self, name: str) -> Iterator[Street]:
        """Before another gate, of whose page the journey does not speak."""
        with closing(self.gate(name)) as gate:
            street = Street(gate)
            yield street
            street.leaves()

    def gate(self, name: str) -> Gate:
        return Gate(name, self.town.kiosk_urls[name])

    def _known(self, identity: str) -> Neighbour:
        own = self.town.passes[identity]
        (row,) = self.books.rows(
            "SELECT masked_name, initials, building, unit, room FROM person JOIN household ON household.id = household"
            " WHERE person.id = ?",
            own.person,
        )
        return Neighbour(own.person, own.text, **{**row, "initials": row["initials"].upper()})

    # --- between two journeys ---

    def _quiet(self, under: Rules, gate: str, way: Direction) -> None:
        """Everything runs and has sent what it owed; nobody stands anywhere; these rules hold."""
        self._mend()
        if under is not self._rules:
            self._publish(under)
        for name in (EAST, WEST):
            with closing(self.gate(name)) as world:
                self._empty(world, way if name == gate else None)
            self._await_rules(name)
        self.books.begin()

    def _publish(self, rules: Rules) -> None:
        """The office is told that they are in force as soon as that is kept; they are signed and sent right after."""
        path = self.town.folder / "policy.toml"
        path.write_text(rules(datetime.now(UTC)), encoding="utf-8")
        before = self._in_force(), self._published()
        self.town.office("policy", "publish", str(path))
        if self._in_force() != before[0] and not until(lambda: self._published() != before[1], PATIENCE_SECONDS):
            raise AssertionError("the hub did not publish the rules that it says are in force")
        self._rules, self._edition = rules, self._published()

    def _mend(self) -> None:
        if not self.town.broker.running:
            self.town.broker.start()
        assert self.town.hub is not None
        if not self.town.hub.alive:
            self.town.start_hub()
        for name in (EAST, WEST):
            if name in self.town.unsure or not self.town.stations[name].alive:
                self.town.restart(name)

    def _empty(self, world: Gate, way: Direction | None) -> None:
        """As a lane looks when the last one has gone, and the guard has put his training away."""
        world.tap("/rehearsal/panel", fire=False, tamper=False, jam=False, lift=False)
        world.show(encoded(blank(random.Random(6), view=0)), None)
        for path, told in (("/train", {"on": False}), ("/sign-off", {}), ("/dismiss", {})):
            with suppress(NotTaken):
                world.tap(path, **told)
        world.clear()
        if way is not None:
            world.tap("/direction", direction=way)

    def _await_rules(self, name: str) -> None:
        """Until the gate obeys them, hears its hub, and has the hub's receipt for every record."""
        with Screen(self.town.kiosk_urls[name]) as screen:
            obeys = screen.until(
                lambda view: view.health.link == "hub" and view.health.rules == self._edition, PATIENCE_SECONDS
            )
        if not (obeys and until(lambda: self._owed(name) == 0, PATIENCE_SECONDS)):
            raise self.town.stations[name].failure(f"is not up to date: {screen.view.health}, not {self._edition}")

    def _owed(self, name: str) -> int:
        with closing(sqlite3.connect(f"{self.town.databases[name].as_uri()}?mode=ro", uri=True, timeout=30)) as journal:
            (owed,) = journal.execute("SELECT count(*) FROM record WHERE confirmed = 0").fetchone()
        return int(owed)

    def _published(self) -> str:
        (row,) = self.books.rows("SELECT generation, number FROM document WHERE kind = 'policy'")
        return f"{row['generation']}.{row['number']}"

    def _in_force(self) -> str:
        (row,) = self.books.rows("SELECT value FROM meta WHERE key = 'policy'")
        return str(row["value"])
