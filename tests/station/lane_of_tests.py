"""One whole lane in the test's hand: real journal, machine, loop and mocked pins; its clocks and inbox are the test's.

The test turns the loop itself, so nothing here depends on how fast the machine is.
"""

import queue
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from gpiozero.pins.mock import MockFactory

from gate.formats import community_pass
from gate.formats.chain import Credential, Kind
from gate.notices import Notices
from gate.passage import Caller, Record
from gate.policy import Policy, Rules
from gate.roster import Resident
from gate.sealing import public_of
from gate.trust import GateKey, TrustedKey, Usage, index, key_id_of
from gate.wire import Crossings, StationStatus, decode_body
from station.cards import Cards
from station.codes import SeenCode
from station.duty import Duty
from station.equipment import Equipment
from station.glance import GLANCE_SECONDS
from station.inbox import CrossingsHeard, Felt, Inbox, Looked, Post
from station.journal import Journal, JournalReader, Reserve, open_journal, set_aside
from station.loop import Loop
from station.matches import KEY_BYTES, Matches
from station.notify import Notifier
from station.panels import GpioPanel
from station.pass_maker import PassMaker
from station.peers import Peers
from station.prompts import Prompt
from station.recorder import Recorder
from station.resolver import HealthDesk
from station.settings import LaneDirection, Settings
from station.snapshot import Snapshot
from station.taps import Tap
from station.thermometers import RawReading
from station.timekeeper import Clocks, Timekeeper
from station.view import KioskView, Screen
from station.visit import Lamp

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
FORM_SECRET = bytes(range(64, 96))
PASS_KEY = bytes(range(32, 64))
CORNERS = ((0, 0), (9, 0), (9, 9), (0, 9))
AnyRecord = TypeVar("AnyRecord")

OFFICE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OFFICE_PUBLIC = OFFICE_KEY.public_key().public_bytes_raw()
TRUSTED = TrustedKey(
    OFFICE_PUBLIC, "yuyuan", frozenset({Usage.PASS}), NOON - timedelta(days=99), NOON + timedelta(days=999)
)
# The office's word on the gate's own key: two passes, a day each.
CERTIFICATE = GateKey(
    public=Ed25519PrivateKey.from_private_bytes(PASS_KEY).public_key().public_bytes_raw(),
    station="west-1",
    callers=frozenset({Caller.RESIDENT, Caller.VISITOR}),
    longest_hours=24,
    most=2,
    not_before=NOON - timedelta(days=1),
    not_after=NOON + timedelta(days=30),
)


def pass_of(person: str, *, staff: bool = False, key: Ed25519PrivateKey = OFFICE_KEY) -> bytes:
    """The text of a pass, genuine unless it is signed with another key; person: one hex digit, also of its serial."""
    digits, kind = person * 16, Kind.STAFF if staff else Kind.RESIDENT
    credential = Credential(
        "GC1", kind, "yuyuan", digits, digits, key_id_of(OFFICE_PUBLIC), NOON - timedelta(1), NOON + timedelta(90)
    )
    return community_pass.pack(credential, key.sign).encode()


def snapshot(people: str = "ab", revoked: tuple[str, ...] = (), **policy: object) -> Snapshot:
    """Rules and roster as the hub would have them; people: one hex digit each."""
    residents = {digit * 16: Resident(digit * 16, digit * 16, "王*明", "3") for digit in people}
    # The same few people come again and again.
    rules = Rules("west", Policy(**{"title": "test", "same_way_hours": 0, **policy}), "1.7", NOON)
    trust = index("yuyuan", [TRUSTED], revoked, form_key=public_of(FORM_SECRET))
    return Snapshot(rules, trust, residents, "1.9")


def settings_in(folder: Path, **changes: object) -> Settings:
    """One lane of the west gate, all doubles."""
    return msgspec.convert(
        {
            "compound": "yuyuan",
            "station": "west-1",
            "gate": "west",
            "lane": "a",
            "direction": LaneDirection.BOTH,
            "data": str(folder),
            "identity": "",
            "broker": {"host": "127.0.0.1"},
            "camera": {"backend": "rehearsal"},
            "thermometer": {"backend": "rehearsal"},
            "panel": {"backend": "rehearsal"},
            **changes,
        },
        Settings,
    )


class RecordedVoice:
    """Notes what is to be said aloud."""

    def __init__(self) -> None:
        self.said: list[Prompt] = []
        self.repeats = 0
        self.notices: list[Notices] = []
        self.hushed = False

    def say(self, prompt: Prompt) -> None:
        self.said.append(prompt)

    def repeat(self) -> None:
        self.repeats += 1

    def announce(self, notices: Notices) -> None:
        self.notices.append(notices)

    def hush(self, on: bool) -> None:
        self.hushed = on

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass


class TestLane:
    """Starts at noon, synchronised, with the given snapshot in force. panel: what is wired beyond lamps and buttons."""

    __test__ = False

    def __init__(
        self,
        folder: Path,
        held: Snapshot | None = None,
        notifier: Notifier | None = None,
        health: HealthDesk | None = None,
        *,
        panel: dict[str, object] | None = None,
        synchronised: bool = True,
        boot: str = "c" * 16,
        reserve: Reserve | None = None,
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.path = folder / "journal.sqlite"
        self.seconds = 1000.0
        self.disk_takes = 0.0
        self.synchronised = synchronised
        self.told: list[tuple[str, int, Record]] = []
        self.reports: list[StationStatus] = []
        self.factory = MockFactory()
        self._number = self._drawn = 0
        self._inbox: Inbox = queue.SimpleQueue()
        self.settings = settings_in(folder, panel={"backend": "rehearsal", **(panel or {})})
        clocks = Clocks(self.wall, lambda: self.seconds, lambda: self.synchronised, boot)
        self.journal = self._open()
        self.voice = RecordedVoice()
        self.digests: list[Crossings] = []
        peers = Peers("west-1", "west", self.journal.id, self.journal.last(100), self.digests.append)
        told = (self._tell, peers.recorded)
        self.recorder = Recorder(self.settings, self.journal, self._begin, told, lambda: self.seconds, reserve)
        self.timekeeper = Timekeeper(folder / "clock.json", clocks, NOON - timedelta(days=30))
        self.panel = GpioPanel(self.settings.panel, self.factory)
        equipment = self._equipment(folder, peers, notifier, health)
        self.loop = Loop(equipment, self._inbox, held or snapshot())
        self.kiosk = self.loop.desk

    def _equipment(self, folder: Path, peers: Peers, notifier: Notifier | None, health: HealthDesk | None) -> Equipment:
        maker = PassMaker(PASS_KEY, folder / "passes_made", self.randomness)
        return Equipment(
            settings=self.settings,
            recorder=self.recorder,
            timekeeper=self.timekeeper,
            panel=self.panel,
            peers=peers,
            health=health or HealthDesk(None, self._inbox.put, lambda: self.seconds, self.wall),
            matches=Matches(None, bytes(KEY_BYTES)),
            duty=Duty(folder / "duty.json"),
            maker=maker,
            voice=self.voice,
            cards=Cards(folder / "cards.json", lambda trust: maker.certificate(trust) is not None),
            report=self.reports.append,
            notifier=notifier or Notifier({}),
            randomness=self.randomness,
            seconds=lambda: self.seconds,
        )

    def randomness(self, length: int) -> bytes:
        """Other bytes each time, the same in each run of a test."""
        self._drawn += 1
        return sha256(b"%d" % self._drawn).digest()[:length]

    def wall(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds - 1000)

    def close(self) -> None:
        self.recorder.journal.close()

    # --- the world ---

    def post(self, post: Post) -> None:
        self._inbox.put(post)
        self.loop.turn()

    def hears(self, digest: Crossings) -> None:
        """The east gate tells it just now: it has heard this gate's newest beat."""
        self.loop.tick()
        beat = self.digests[-1].beat
        assert beat is not None
        self.post(CrossingsHeard("east-1", msgspec.structs.replace(digest, heard={"west-1": beat})))

    def show(self, *codes: bytes, taken_ago: float = 0.0) -> None:
        self.post(Looked(self.seconds - taken_ago, tuple(SeenCode(code, "QRCode", CORNERS) for code in codes)))

    def forehead(self, celsius: float | None) -> None:
        self.post(Felt(RawReading(celsius, 22.0, "test"), self.seconds))

    def wait(self, seconds: float = 0.05) -> None:
        self.seconds += seconds
        self.loop.tick()

    def tap(self, tap: Tap) -> None:
        """As the kiosk does, from another thread; raises TapRefused."""
        with ThreadPoolExecutor(1) as finger:
            tapped = finger.submit(self.kiosk.tap, tap)
            while not tapped.done():
                self.loop.turn(0.02)
            tapped.result()

    def press(self, pin: int, looks: float = GLANCE_SECONDS) -> None:
        """A guard who has looked at the screen for so many seconds."""
        self.wait()
        self.wait(looks)
        self.factory.pin(pin).drive_low()
        self.wait()
        self.factory.pin(pin).drive_high()
        self.wait()

    def break_disk(self) -> None:
        self.recorder.journal._connection.execute("PRAGMA query_only = ON")

    def mend_disk(self) -> None:
        self.recorder.journal._connection.execute("PRAGMA query_only = OFF")

    # --- what came of it ---

    @property
    def view(self) -> KioskView:
        return self.kiosk.view()

    @property
    def screen(self) -> Screen:
        return self.view.screen

    @property
    def open(self) -> bool:
        return bool(self.factory.pin(24).state)

    @property
    def lamps(self) -> list[Lamp]:
        pins = {Lamp.GREEN: 17, Lamp.YELLOW: 27, Lamp.RED: 22}
        return [lamp for lamp, pin in pins.items() if self.factory.pin(pin).state]

    def records(self) -> list[Record]:
        with closing(JournalReader(self.path)) as reader:
            return [decode_body(body) for _, body in reader.pending(0, 100)]

    def records_of(self, kind: type[AnyRecord]) -> list[AnyRecord]:
        return [each for each in self.records() if isinstance(each, kind)]

    def _open(self) -> Journal:
        self._number += 1
        return open_journal(self.path, lambda: f"{self._number:016x}", self._wall_of_a_commit)

    def _wall_of_a_commit(self) -> datetime:
        """The journal reads the time as it begins to write, and a bad card keeps it waiting from there."""
        wall = self.wall()
        self.seconds += self.disk_takes
        return wall

    def _begin(self, old: Journal, why: str) -> Journal:
        set_aside(self.path, why, self.wall())
        old.close()
        return self._open()

    def _tell(self, journal: str, sequence: int, record: Record) -> None:
        self.told.append((journal, sequence, record))


def admit(lane: TestLane, person: str = "a") -> None:
    """He stands at the right distance, is warm enough and shows his pass."""
    lane.forehead(36.5)
    lane.show(pass_of(person))
