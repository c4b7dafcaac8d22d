"""Nobody's name, telephone, identity number, plate or door stands in the clear on the wire, in the broker's files, in a
log, or in what a gate keeps.

Two canary residents, whose every particular is unmistakable, live in the compound and pass both gates; a third canary
comes as a visitor and by car, and is written down at each gate.
"""

import base64
import json
import random
import re
import shlex
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gate.forms import Door, Form, VehicleForm, VisitorForm
from gate.names import Slug
from gate.reason import Reason
from gate.roster import BUCKETS, unseal
from gate.wire import Envelope, decode_records
from tests.rehearsal import settings
from tests.rehearsal.codes import Codes
from tests.rehearsal.gates import Gate, NotTaken, Screen, until
from tests.rehearsal.people import canary_residents, canary_strings
from tests.rehearsal.scenario import ADMIT, IN, OUT, REFUSE, Case, Visit
from tests.rehearsal.town import Town, everybody
from tests.rehearsal.verdicts import Told
from tests.rehearsal.visitors import Visitors

COMPOUND: Slug = settings.COMPOUND
MASKED = ("金*甲", "金*乙")
PASSES = Case("passes", 0, "", "own", IN, 36.5, ADMIT)
MAY_NOT = Case("may not", 0, "", "own", OUT, 36.5, REFUSE, (Reason.ISOLATED, Reason.HEALTH_YELLOW))
TORN = Case("shows a torn pass", 0, "", "torn", IN, 36.5, None, (Reason.CODE_DAMAGED,))


VISITOR = VisitorForm(Door("9"), 2, name="金丝雀丙", telephone="15400007777")
CAR = VehicleForm("豫Z99C77", 2, door=Door("9"))
GUARD = "金丝雀师傅"
WRITTEN_DOWN = (VISITOR.name, VISITOR.telephone, CAR.plate, "Z99C77")


class Record:
    """What was left behind by a town in which the canaries went in and out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.wire = b""
        self.told: list[Told] = []
        self.roster_key = b""
        self.hub_key = b""

    def messages(self, topic: str) -> list[bytes]:
        """The payloads heard on the topics that match."""
        lines = (line.partition(b" ") for line in self.wire.splitlines())
        return [payload for name, _, payload in lines if re.fullmatch(topic, name.decode())]


@pytest.fixture(scope="module")
def left_behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    canaries = canary_residents()
    town = Town((*everybody()[:300], *canaries), settings.BRISK_POLICY, frames_per_second=60)
    record = Record(town.folder)
    heard = tmp_path_factory.mktemp("heard") / "wire"
    with town, ExitStack() as stack:
        with heard.open("wb") as file:
            observer = subprocess.Popen(shlex.split(town.observe), stdout=file)
        stack.callback(observer.wait, 10)
        stack.callback(observer.terminate)
        assert until(lambda: heard.read_bytes().count(b"/hub/roster/") == BUCKETS, 20)
        town.await_rules()
        town.office("guard", "add", "canary", "--name", GUARD)
        assert until(lambda: b"/hub/staff " in heard.read_bytes(), 20)
        codes = Codes(town.data, datetime.now(UTC))
        for at, name in enumerate(town.names):
            gate = Gate(name, town.kiosk_urls[name])
            visitors = Visitors(gate, at, town.passes, codes, random.Random(at))
            for number, (case, who) in enumerate(((PASSES, 1), (MAY_NOT, 0), (TORN, 1))):
                record.told.append(visitors.come(Visit(number, case, canaries[who])))
            with Screen(town.kiosk_urls[name]) as screen:
                for form in (VISITOR, CAR):
                    assert until(lambda form=form, gate=gate: written_down(gate, form), 20)
                assert screen.until(lambda view: view.health.queue == 0, 20)
            gate.close()
        assert until(lambda: heard.read_bytes().count(b"/records ") >= 2, 10)
        assert until(lambda: len(opened_forms(town.folder)) == 2 * len(town.names), 20)
        stack.close()
        record.wire = heard.read_bytes()
        record.roster_key = base64.b64decode((town.data / "keys" / "roster.key").read_bytes())
        assert town.end_processes() == []
        yield record


def written_down(gate: Gate, form: Form) -> bool:
    """False while the gate is busy with the visit before."""
    try:
        gate.fill(form)
    except NotTaken:
        return False
    return True


def opened_forms(folder: Path) -> list[str]:
    """As the office has them."""
    with closing(sqlite3.connect(folder / "hub" / "registry.sqlite")) as registry:
        return [body for (body,) in registry.execute("SELECT body FROM form WHERE body IS NOT NULL")]


def disguises(text: str) -> Iterator[bytes]:
    """The text as it might stand in a file: plain, escaped in JSON, UTF-16, and within base64 at each alignment."""
    plain = text.encode()
    yield plain
    yield json.dumps(text)[1:-1].encode()
    yield text.encode("utf-16-le")
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + plain)
        yield encoded[4 * (offset > 0) : len(encoded) - 4] or encoded


def found_in(content: bytes) -> list[str]:
    secrets = (*canary_strings(), *MASKED, *WRITTEN_DOWN)
    return [secret for secret in secrets if any(each in content for each in disguises(secret) if len(each) > 5)]


def logs(folder: Path) -> list[Path]:
    return [*(folder / "logs").iterdir(), folder / "broker" / "mosquitto.log"]


def test_the_search_finds_the_canaries_where_they_are_meant_to_be(left_behind: Record) -> None:
    """The office's sheet names them; what finds them there would find them elsewhere, in disguise too."""
    assert set(canary_strings()) - {"9-9-9999", "9-9-8888"} <= set(
        found_in(left_behind.folder.joinpath("people.csv").read_bytes())
    )
    assert found_in(b"x" + base64.b64encode(b"ab" + canary_strings()[2].encode() + b"cd")) == [canary_strings()[2]]
    assert [told.identity is not None for told in left_behind.told] == [True] * 6


def test_no_canary_sings_on_the_wire(left_behind: Record) -> None:
    """Everything an observer hears: documents, receipts, statuses, and the canaries' own passages."""
    assert len(left_behind.messages(r"gate/1/.*/records")) >= 2
    assert found_in(left_behind.wire) == []


def test_what_travels_can_be_read_but_names_nobody(left_behind: Record) -> None:
    """Envelopes and passages are readable JSON with a pseudonym, and the canaries' passages are among them."""
    envelopes = [each for payload in left_behind.messages(r"gate/1/.*/records") for each in decode_records(payload)]
    assert all(isinstance(each, Envelope) for each in envelopes)
    heard = {(each.station, each.journal, each.sequence) for each in envelopes if isinstance(each, Envelope)}
    assert {told.identity for told in left_behind.told} <= heard


def test_the_roster_is_sealed_and_yet_names_the_canaries(left_behind: Record) -> None:
    """All 64 buckets lie sealed on the broker; whoever holds the roster key reads masked names in them, nobody else."""
    sealed = {
        bucket: left_behind.messages(rf"gate/1/{COMPOUND}/hub/roster/{bucket:02d}")[-1] for bucket in range(BUCKETS)
    }
    assert all(set(json.loads(payload)) == {"bucket", "nonce", "sealed"} for payload in sealed.values())
    opened = [unseal(payload, bucket, COMPOUND, left_behind.roster_key) for bucket, payload in sealed.items()]
    assert all(masked in b"".join(opened).decode() for masked in MASKED)


def test_no_canary_lies_in_the_brokers_files(left_behind: Record) -> None:
    """Its database is there, with the roster's topics in it, and names nobody."""
    store = (left_behind.folder / "broker" / "mosquitto.db").read_bytes()
    assert b"/hub/roster/63" in store
    assert found_in(store) == []


def test_no_log_names_a_canary(left_behind: Record) -> None:
    """Hub, both stations and the broker have all written something, and none of it is about anybody."""
    written = {path.name: path.read_bytes() for path in logs(left_behind.folder)}
    assert {"hub.log", "east-1.log", "west-1.log", "mosquitto.log"} <= written.keys()
    assert {name: found_in(content) for name, content in written.items() if found_in(content)} == {}


def test_the_office_reads_what_guards_wrote_down_and_no_gate_keeps_it(left_behind: Record) -> None:
    """Each gate took both forms and the hub has opened all four; in what the gates keep there is no trace of them."""
    opened = opened_forms(left_behind.folder)
    assert [sum(each in body for body in opened) for each in WRITTEN_DOWN] == [2, 2, 2, 2]
    kept = [path for name in ("east-1", "west-1") for path in (left_behind.folder / name).rglob("*") if path.is_file()]
    assert sum(path.name == "journal.sqlite" for path in kept) == 2
    assert {path.name: found_in(path.read_bytes()) for path in kept if found_in(path.read_bytes())} == {}
