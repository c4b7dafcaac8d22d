"""The guard at his post: the kiosk's real page of one gate in Chromium, and the world before that gate.

A journey speaks through it. Rule: what the guard does is touched on the glass and counted by the page itself; what
others do (hold up a pass, step before the thermometer) comes from the world's side and costs him nothing.
"""

import random
import re
import time
from contextlib import suppress
from dataclasses import dataclass

import cv2
import numpy as np
from playwright.sync_api import Locator, Page, expect

from gate.policy import Direction
from gate.reason import Outcome, Reason
from gate.wording import ADMIT_BY_DIRECTION, OUTCOMES, REASONS, Words
from station.kiosk.words import WORDS
from tests.rehearsal.gates import Gate, NotTaken, Shown
from tests.rehearsal.pictures import render, scene
from tests.rehearsal.visitors import encoded

PATIENCE_MS = 30_000
POSES, LOOKS = 4, 40
WELL = 36.5
CODE_PX = 420
# How it is held: the same way every time, upright and near.
POSE = 7
COUNTING = "window.touched = 0; addEventListener('click', (e) => { if (e.isTrusted) window.touched += 1; }, true);"


@dataclass(frozen=True)
class Look:
    """A screen as some gatehouse has it."""

    width: int
    height: int
    language: str

    def __str__(self) -> str:
        return f"{self.width}x{self.height} {self.language}"


LOOKS_OF_ALL = tuple(Look(*size, language) for size in ((1280, 800), (1024, 600)) for language in ("zh", "en"))


class Street:
    """The world before a gate: who comes, what he holds up, how warm he is, when he leaves."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    @property
    def world(self) -> Gate:
        """Over a connection of its own: the gate ends one that was idle for a while."""
        self.gate.close()
        return self.gate

    def holds_up(self, text: str, celsius: float | None = WELL, carrier: str = "paper") -> Shown:
        """Somebody shows a code until a passage came of it; held anew where the camera could not read it."""
        rng = random.Random(POSE)
        for _ in range(POSES):
            picture = encoded(render(text, scene("easy", carrier, rng, 0), rng))  # type: ignore[arg-type]
            shown = self.world.show(picture, celsius, wait=30, looks=LOOKS)
            if shown.sequence is not None:
                return shown
        raise AssertionError("the gate could not read the code in any of the poses")

    def holds_up_in_vain(self, text: str, celsius: float | None = WELL) -> None:
        """As in training: whatever the screen says, no passage comes of it."""
        rng = random.Random(POSE)
        self.world.show(encoded(render(text, scene("easy", "paper", rng, 0), rng)), celsius)

    def photograph(self, picture: bytes, celsius: float | None = WELL) -> Shown:
        """A code as it was photographed, on a phone held up."""
        return self.world.show(_on_a_phone(picture), celsius, wait=30, looks=LOOKS)

    def badge(self, picture: bytes) -> None:
        """A guard's, of which no passage comes."""
        self.world.show(_on_a_phone(picture), None)

    def forehead(self, celsius: float | None = WELL) -> None:
        self.world.tap("/rehearsal/forehead", celsius=celsius)

    def panel(self, **touch: object) -> None:
        self.world.tap("/rehearsal/panel", **touch)

    def leaves(self) -> None:
        """Whoever stood there walks on, and the time of a green is over."""
        self.world.clear()
        self.verdict_goes()

    def takes_away(self, seconds: float) -> None:
        """Whatever was held up stays out of the camera's sight for so long; the gate looks all the while."""
        self.leaves()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.world.clear()

    def verdict_goes(self) -> None:
        with suppress(NotTaken):
            self.world.dismiss()


class Post(Street):
    """gate: before whose page the guard stands. A new one begins with an untouched page."""

    def __init__(self, page: Page, gate: Gate, look: Look) -> None:
        super().__init__(gate)
        self.page, self.look = page, look
        self.complaints: list[str] = []
        page.on("pageerror", lambda wrong: self.complaints.append(str(wrong)))
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(COUNTING)
        page.add_init_script(f"localStorage.setItem('gate.language', '{look.language}')")
        page.goto(gate.url + "/")

    # --- the guard ---

    def touches(self, *selectors: str) -> None:
        """One after the other, each as soon as it can be touched."""
        for selector in selectors:
            self.page.locator(selector).first.tap()

    def keys(self, text: str, kind: str = "key") -> None:
        for sign in text:
            self.touches(f"[data-{kind}='{sign}']")

    def finds(self, text: str, door: str) -> Locator:
        """Types it and sees the resident of that door among the rows, without having to look further down."""
        self.keys(text)
        row = self.page.locator("#finder-found > div").filter(has_text=door).first
        expect(row).to_be_in_viewport(timeout=PATIENCE_MS)
        return row

    @property
    def touched(self) -> int:
        """How often the glass was touched since the page was opened."""
        return int(self.page.evaluate("window.touched"))

    # --- what he sees ---

    def sees(self, screen: str) -> None:
        expect(self.page.locator("html")).to_have_attribute("data-screen", screen, timeout=PATIENCE_MS)

    def reads(self, selector: str, text: str) -> None:
        """A text that is there and hidden is not read."""
        there = expect(self.page.locator(selector).first)
        there.to_be_visible(timeout=PATIENCE_MS)
        there.to_contain_text(text, timeout=PATIENCE_MS)

    def says(self, selector: str, key: str, **values: str) -> None:
        """The kiosk's own sentence, in the language of the screen."""
        self.reads(selector, self.words(WORDS[key]).format(**values))

    def words(self, words: Words) -> str:
        return words.in_(self.look.language)

    def verdict(
        self, outcome: Outcome, *reasons: Reason, way: Direction = Direction.IN, who: str | None = None
    ) -> None:
        """The huge verb, every reason in words, and whom it is about (a masked name; "" for nobody known)."""
        self.sees("verdict")
        verb = ADMIT_BY_DIRECTION[way] if outcome is Outcome.ADMIT else OUTCOMES[outcome]
        self.reads("#verb", self.words(verb))
        said = [self.words(REASONS[reason].say) for reason in reasons]
        expect(self.page.locator("#reasons b")).to_have_text(said, timeout=PATIENCE_MS)
        if who is not None:
            self.reads("#who", who or self.words(WORDS["stranger"]))

    def amber(self, part: str, otherwise: bool = False) -> None:
        """The bar's word on that part wants to be looked at; or does not any more."""
        told = expect(self.page.locator(f"#health [data-part={part}]"))
        check = told.not_to_have_class if otherwise else told.to_have_class
        check(re.compile("amber"), timeout=PATIENCE_MS)

    def quiet(self, part: str) -> None:
        self.amber(part, otherwise=True)

    def begins(self, text: str, celsius: float | None = WELL) -> None:
        """Somebody shows a code, and the visit still lacks something."""
        self.holds_up_in_vain(text, celsius)
        self.sees("gathering")


def _on_a_phone(picture: bytes) -> bytes:
    """Upright, in the middle of what the camera sees."""
    code = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    frame = np.full((720, 1280, 3), 90, np.uint8)
    frame[150 : 150 + CODE_PX, 430 : 430 + CODE_PX] = cv2.resize(code, (CODE_PX, CODE_PX), interpolation=cv2.INTER_AREA)  # type: ignore[arg-type]
    return encoded(frame)
