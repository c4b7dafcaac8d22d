"""The key that signs passes is changed: who is believed meanwhile and afterwards, by the gate's own reading."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from gate import topics
from gate.clock import ClockState, Moment
from gate.credential import read
from gate.document import DocumentKind, body_of, open_document
from gate.policy import Policy
from gate.reason import Reason
from gate.trust import Trust, TrustList, index
from hub import keys
from hub.__main__ import main
from hub.bulletin import Bulletin
from hub.keys import SigningKey
from hub.orders import Desk
from hub.orders.carrying_out import carry_out
from hub.orders.trust import PassKeyRotated, RotatePassKey
from hub.passes.issue import code_text, draw_credential
from hub.registry import Registry, documents, opened, passes, people
from hub.registry.documents import Editions
from hub.registry.people import Household, Person
from hub.settings import load

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
HOME = Household(id="aa" * 8, building="3", unit="2", room="0101")
WANG = Person(id="0a" * 8, household=HOME.id, name="王试乙", masked_name="王*乙")
SERIALS = random.Random(11)


class Office:
    """A hub whose clock the test sets; `trust` is what its gates hold."""

    def __init__(self, folder: Path, registry: Registry) -> None:
        (folder / "hub.toml").write_text('compound = "sunshine"\ndata = "data"\n\n[broker]\nport = 1\n')
        self.settings, self.registry, self.now = load(folder / "hub.toml"), registry, NOW
        self.keys = keys.make(self.settings.keys)
        self._retained: dict[str, bytes] = {}
        # Keeps the keys of its start, as a hub does that runs for months.
        self._bulletin = Bulletin("sunshine", self.keys, Editions(registry), self._retained.__setitem__, os.urandom)
        self.trust: Trust
        self.refresh()

    def refresh(self) -> None:
        self._bulletin.refresh(self.registry, self.now)
        payload = self._retained[topics.TRUST.of("sunshine")]
        signed = open_document(payload, DocumentKind.TRUST, "sunshine", [self.keys.document.public])
        listed = body_of(signed, TrustList)
        self.trust = index("sunshine", listed.keys, listed.revocations)

    def rotate(self, overlap_days: int | None = None) -> PassKeyRotated:
        desk = Desk(self.settings, self.now, os.urandom)
        done = self.registry.run(carry_out(RotatePassKey(overlap_days), desk))
        assert isinstance(done, PassKeyRotated)
        self.refresh()
        return done

    def issue(self, days: int = 180, key: SigningKey | None = None) -> bytes:
        """A pass by the key of the folder, or by another one, as the office hands it out now."""
        key = key or keys.load(self.settings.keys).pass_
        credential = draw_credential("sunshine", WANG.id, key.key_id, self.now, days, SERIALS.randbytes)
        if key.public == keys.load(self.settings.keys).pass_.public:
            self.registry.run(lambda registry: passes.add(registry, [credential]))
        return code_text(credential, key.sign).encode()

    def says(self, code: bytes) -> tuple[Reason, ...]:
        """What a gate that holds the present list has against a pass."""
        return read(code, self.trust, Moment(self.now, ClockState.SYNCED)).reasons


@pytest.fixture
def office(tmp_path: Path):
    with opened(tmp_path / "registry.sqlite", NOW, "sunshine") as registry:
        registry.run(lambda each: documents.set_policy(each, Policy(title="平时")))
        registry.run(lambda each: people.put_households(each, [HOME]))
        registry.run(lambda each: people.put_persons(each, [WANG]))
        yield Office(tmp_path, registry)


def test_passes_of_both_keys_are_believed_during_the_overlap(office: Office) -> None:
    """The old key's cards stay good, new ones are signed by the new key."""
    before = office.issue()
    office.now += timedelta(days=3)
    office.rotate(30)
    after = office.issue()
    assert before != after
    for _ in range(3):
        assert office.says(before) == office.says(after) == ()
        office.now += timedelta(days=9)
        office.refresh()


def test_what_a_retired_key_signs_later_is_refused(office: Office) -> None:
    """Whoever kept a copy of the old key cannot make new passes with it."""
    stolen = office.keys.pass_
    office.now += timedelta(days=3)
    office.rotate(30)
    office.now += timedelta(seconds=1)
    assert office.says(office.issue(key=stolen)) == (Reason.FORGED,)


def test_after_the_overlap_the_old_key_is_unknown(office: Office) -> None:
    """Its passes end with it, and the command has said how many these are."""
    short, long = office.issue(days=10), office.issue(days=180)
    office.now += timedelta(days=1)
    done = office.rotate(20)
    assert done.lapsing == 1
    office.now += timedelta(days=20, minutes=1)
    office.refresh()
    assert office.says(short) == office.says(long) == (Reason.KEY_UNKNOWN,)
    assert len(office.trust.by_key_id) == 1


def test_a_key_that_got_about_is_out_at_once(office: Office) -> None:
    """--overlap 0: nothing of it is believed any more, not even with a date of last week."""
    card, stolen = office.issue(), office.keys.pass_
    assert office.rotate(0).lapsing == 1
    backdated = draw_credential("sunshine", WANG.id, stolen.key_id, NOW - timedelta(hours=1), 90, SERIALS.randbytes)
    for code in (card, code_text(backdated, stolen.sign).encode()):
        assert office.says(code) == (Reason.KEY_UNKNOWN,)
    assert office.says(office.issue()) == ()


def test_without_an_overlap_the_old_key_lasts_as_long_as_its_last_pass(office: Office) -> None:
    """Nobody has to be given a new card for it."""
    card = office.issue(days=100)
    assert office.rotate().lapsing == 0
    office.now += timedelta(days=99)
    office.refresh()
    assert office.says(card) == ()
    office.now += timedelta(days=1, minutes=1)
    office.refresh()
    assert len(office.trust.by_key_id) == 1


def test_several_rotations_overlap(office: Office) -> None:
    """Three keys at once: each card is held to its own."""
    cards = []
    for _ in range(3):
        cards.append(office.issue())
        office.now += timedelta(days=2)
        office.rotate(30)
    assert [office.says(card) for card in cards] == [(), (), ()]
    assert len(office.trust.by_key_id) == 4


def test_a_key_file_that_cannot_be_written_changes_nothing(office: Office) -> None:
    """The registry is as it was, and the old key signs on."""
    card, before = office.issue(), office.trust
    # A folder in its place stops root, too, which no permission does.
    (office.settings.keys / "pass.key.rotated").mkdir()
    with pytest.raises(OSError, match="directory"):
        office.rotate(0)
    office.refresh()
    assert office.trust == before
    assert office.says(card) == office.says(office.issue()) == ()


def test_a_hub_that_died_between_file_and_registry_finds_its_way(office: Office) -> None:
    """The folder holds a new key that the registry never heard of: it is adopted at the next start."""
    card = office.issue()
    office.now += timedelta(days=3)
    _, secret = keys.new_pass_key(os.urandom)
    keys.replace_pass_key(office.settings.keys, secret)
    started = Office(office.settings.folder.parent, office.registry)
    started.now = office.now
    started.refresh()
    assert started.says(card) == ()
    assert started.says(started.issue()) == ()


class TestTheCommand:
    @pytest.fixture
    def told(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        (tmp_path / "hub.toml").write_text('compound = "sunshine"\ndata = "data"\n\n[broker]\nport = 1\n')

        def command(*words: str) -> tuple[int, str]:
            status = main(["--config", str(tmp_path / "hub.toml"), *words], StringIO())
            return status, "".join(capsys.readouterr())

        assert command("init")[0] == 0
        return command

    def test_lists_and_rotates(self, told, tmp_path: Path) -> None:
        """What a clerk reads: which key signs, which one is believed until when, and what to keep a copy of."""
        first = keys.load(tmp_path / "data" / "keys").pass_.key_id
        status, said = told("trust", "rotate", "--overlap", "30")
        assert status == 0
        second = keys.load(tmp_path / "data" / "keys").pass_.key_id
        assert first != second
        assert f"key {second} signs passes from now on" in said
        assert f"key {first}: retired on" in said
        assert "keep a copy of the keys folder" in said
        status, said = told("trust", "list")
        assert status == 0
        lines = said.splitlines()
        assert lines[0].startswith(f"{second}  0 passes in force  signs new passes")
        assert lines[1].startswith(f"{first}  0 passes in force  retired on")
        assert "0 revoked passes" in said
        assert "published: nothing yet" in said
        assert (tmp_path / "data" / "keys" / "pass.key").stat().st_mode & 0o777 == 0o600
        assert {path.name for path in (tmp_path / "data" / "keys").iterdir()} == {
            "document.key",
            "form.key",
            "pass.key",
            "roster.key",
        }

    @pytest.mark.parametrize("days", ["-1", "100000"])
    def test_refuses_an_overlap_that_is_none(self, told, days: str) -> None:
        """In a sentence, before anything is changed."""
        status, said = told("trust", "rotate", "--overlap", days)
        assert status == 2
        assert "gate-hub: " in said

    def test_a_running_hub_signs_with_the_new_key(self, told, tmp_path: Path) -> None:
        """The command reaches it; the next pass is the new key's, and the list says so."""
        assert told("policy", "publish", self._policy(tmp_path))[0] == 0
        assert told("import", self._sheet(tmp_path))[0] == 0
        running = subprocess.Popen(
            [sys.executable, "-m", "hub", "--config", str(tmp_path / "hub.toml"), "run"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        with running:
            assert running.stdout is not None
            running.stdout.readline()
            assert told("trust", "rotate")[0] == 0
            assert told("issue", "--all", "--out", str(tmp_path / "out"), "--format", "text")[0] == 0
            assert "published: edition" in told("trust", "list")[1]
            running.send_signal(signal.SIGTERM)
        second = keys.load(tmp_path / "data" / "keys").pass_.key_id
        with closing(sqlite3.connect(tmp_path / "data" / "registry.sqlite")) as registry:
            assert registry.execute("SELECT DISTINCT key_id FROM pass").fetchall() == [(second,)]

    def _policy(self, folder: Path) -> str:
        (folder / "policy.toml").write_text('title = "平时"\n', encoding="utf-8")
        return str(folder / "policy.toml")

    def _sheet(self, folder: Path) -> str:
        (folder / "people.csv").write_text("姓名,楼栋,房号\n王试乙,3,0101\n", encoding="utf-8")
        return str(folder / "people.csv")
