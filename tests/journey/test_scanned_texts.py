"""A scanned text is data, whatever it says: nothing of it is obeyed, kept, sent, logged or shown as anything else.

The way from the camera's code to the office's row, without browsers: a real lane with its journal, the wire, a real
registry and the office's own templates. Each text holds a mark that nothing but the guard's screen may repeat.
"""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec import json

from gate import topics
from gate.passage import Passage
from gate.reason import Outcome, Reason
from gate.trust import index
from gate.wire import encode_body, encode_records, envelope
from hub.feed import Feed, Filter
from hub.incoming.ingest import Ingest, Message
from hub.office.screen import Screen
from hub.quarantine.set_aside import SetAside
from hub.registry import open_registry
from station.view import Screen as Shown
from tests.gate import foreign_makers as make
from tests.gate.foreign_makers import a_card, eu, in_parts, shc, some_claims
from tests.station.lane_of_tests import TestLane, snapshot

# A mark that occurs nowhere by chance, also not in the middle of base45 or hex.
MARK = "Zq7xMARKx7qZ"
TEXTS = {
    "SQL": f"'; DROP TABLE record; INSERT INTO record VALUES ('{MARK}');--",
    "SQL in a number": f"1 OR 1=1 UNION SELECT '{MARK}'",
    "HTML": f"<script>document.title='{MARK}'</script><img src=x onerror=alert('{MARK}')>",
    "template": "{{ '" + MARK + "' }}{% include '/etc/passwd' %}${" + MARK + "}",
    "formula": f"=cmd|'/c {MARK}'!A0",
    "formula with a sign": f'+HYPERLINK("http://{MARK}")',
    "at sign": f"@SUM(1)*{MARK}",
    "a line of a log": f"{MARK}\n2026-03-01 04:00:00 INFO station: {MARK} admitted\r\n",
    "a terminal's orders": f"\x1b[2J\x1b]0;{MARK}\x07\x1b[31m{MARK}",
    "configuration": json.encode({"station": MARK, "broker": {"host": MARK}, "direction": "out"}).decode(),
    "settings": f'station = "{MARK}"\n[broker]\nhost = "{MARK}"\n',
    "an order": json.encode({"type": "open_barrier", "gate": "west", "by": MARK}).decode(),
    "a path": f"../../../../tmp/{MARK}",
    "a path of another kind": f"..\\..\\{MARK}\x00.sqlite",
    "a shell's words": f"$(touch {MARK}); `touch {MARK}` | nc {MARK} 1",
    "an address": f"https://{MARK}.example/?id=1#{MARK}",
    "a topic": f"gate/1/yuyuan/records/{MARK}/#",
    "format characters": f"%s%n%x {{0.__class__}} {MARK}",
    "writing backwards": f"\u202e{MARK}\u2066\ufeff",
    "no text": MARK + "\udc80\udcff",
    "very long": MARK * 300,
}
SPELLINGS = (b"", b"GC1:", b"HC1:", b"shc:/", b"shc:/1/2/")
OFFICE = Screen("yuyuan", ZoneInfo("Asia/Shanghai"))
LANE_DAY = datetime(2026, 2, 1, tzinfo=UTC)


def spelled(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[TestLane]:
    """A gate that trusts a country and a clinic besides its own office."""
    ours = snapshot()
    keys = [key for der in (make.ANY_USE, make.spki(make.CLINIC)) for key in make.issuer_keys(der)]
    trust = index("yuyuan", [key for keys_of in ours.trust.by_key_id.values() for key in keys_of], (), keys)
    lane = TestLane(tmp_path, replace(ours, trust=trust))
    yield lane
    lane.close()


def pass_through(lane: TestLane, *codes: bytes) -> Passage:
    """One visit with these codes, until it is decided; the barrier stayed down."""
    lane.forehead(36.5)
    lane.show(*codes)
    lane.wait(15.0)
    (record,) = lane.records()
    assert isinstance(record, Passage)
    assert not lane.open
    assert lane.screen is Shown.VERDICT
    return record


def everything_kept(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def records_of(lane: TestLane) -> bytes:
    """The message in which the records travel."""
    bodies = [encode_body(record) for _, _, record in lane.told]
    return encode_records(
        envelope("yuyuan", "west-1", lane.journal.id, number, body) for number, body in enumerate(bodies, 1)
    )


def sent(lane: TestLane) -> bytes:
    """What goes over the wire: records, digests for the peers, reports."""
    return records_of(lane) + json.encode(lane.digests) + json.encode(lane.reports)


def office_page(lane: TestLane, folder: Path) -> str:
    """The row in the office, as HTML in both languages; no message was set aside."""
    path = folder / "registry.sqlite"
    registry = open_registry(path, LANE_DAY, "yuyuan")
    try:
        taken = Message(topics.RECORDS.of("yuyuan", "west-1"), records_of(lane))
        Ingest("yuyuan", lambda *_: None, lambda: LANE_DAY).take(registry, [taken])
        feed = Feed(path)
        (row,) = feed.recent(Filter())
        assert SetAside(path).listed() == []
        return "".join(OFFICE.render("row.html", language, row=row, fields={}) for language in ("zh", "en"))
    finally:
        registry.close()


def holds_no_mark(where: str, what: str | bytes) -> None:
    found = MARK.encode() in what if isinstance(what, bytes) else MARK in what
    assert not found, f"the scanned text is in {where}"


@pytest.mark.parametrize("spelling", SPELLINGS, ids=["bare", "as a pass", "as an EU code", "as a card", "as a part"])
@pytest.mark.parametrize("name", TEXTS)
def test_nothing_of_a_scanned_text_is_kept_sent_logged_or_shown(
    lane: TestLane,
    name: str,
    spelling: bytes,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """It ends as a passage that the guard looks at, with a reason of ours, and in nothing else."""
    caplog.set_level(logging.DEBUG)
    settings, folder = lane.settings, sorted(path.name for path in tmp_path.iterdir())
    record = pass_through(lane, spelling + spelled(TEXTS[name]))
    assert record.reasons in ((Reason.NOT_OURS,), (Reason.CODE_DAMAGED,), (Reason.PARTS_MISSING,))
    assert (record.person, record.pass_serial) == (None, None)
    page = office_page(lane, tmp_path)
    for where, what in {
        "the log": caplog.text,
        "stdout": "".join(capfd.readouterr()),
        "the wire": sent(lane),
        "the office's page": page,
        "a file": everything_kept(tmp_path),
        "the guard's screen": repr(lane.view),
    }.items():
        holds_no_mark(where, what)
    assert lane.settings is settings
    assert {path.name.partition("-")[0] for path in tmp_path.iterdir()} <= {
        *folder, "journal.sqlite", "clock.json", "registry.sqlite", "peers.sqlite"
    }  # fmt: skip


def believed(text: str) -> dict[str, bytes]:
    """The text as the name of a holder, under the genuine signature of somebody who is trusted here."""
    days = {"iat": int(LANE_DAY.timestamp())}
    name = {**make.NAME, "fn": text[:80], "gn": text[:80]}
    patient = {**make.PATIENT, "name": [{"text": text}]}
    return {
        "EU": eu(some_claims(make.a_payload(nam=name), **days)),
        "SHC": shc(a_card(patient, make.DOSE, nbf=LANE_DAY.timestamp())),
    }


@pytest.mark.parametrize("family", ["EU", "SHC"])
@pytest.mark.parametrize("name", [name for name in TEXTS if name != "no text"])
def test_a_believed_holders_name_stays_in_memory_whatever_it_is(
    lane: TestLane, name: str, family: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A country signed it, so the guard may read it on the screen; it goes nowhere else."""
    caplog.set_level(logging.DEBUG)
    record = pass_through(lane, believed(TEXTS[name])[family])
    assert record.reasons == (Reason.HOLDER_UNMATCHED,)
    for where, what in {
        "the log": caplog.text,
        "the wire": sent(lane),
        "the office's page": office_page(lane, tmp_path),
        "a file": everything_kept(tmp_path),
    }.items():
        holds_no_mark(where, what)


def test_the_mark_would_be_found(lane: TestLane, tmp_path: Path) -> None:
    """The search above is no empty one: what is written to a file or logged on the way, it finds."""
    pass_through(lane, spelled(MARK))
    (tmp_path / "leak").write_text(TEXTS["HTML"])
    with pytest.raises(AssertionError, match="is in a file"):
        holds_no_mark("a file", everything_kept(tmp_path))
    assert b"west" in sent(lane)
    assert "<tr" in office_page(lane, tmp_path)


def test_many_hostile_codes_at_once_are_one_visit_that_the_guard_looks_at(lane: TestLane) -> None:
    """Also beside the parts of a card, which are put together."""
    codes = [spelled(text) for text in TEXTS.values()]
    record = pass_through(lane, *codes, *in_parts(shc(), 3)[:2])
    assert record.reasons[0].outcome is Outcome.REFER
