"""The quarantine as a clerk finds it: what each message is, what to do, another try and what came of it."""

import io
import re
from argparse import Namespace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from gate import wire
from gate.passage import Passage
from hub import keys
from hub.feed import Feed, Filter
from hub.incoming.gaps import Outstanding
from hub.office.texts import TEXTS
from hub.orders import OrderRefused
from hub.orders.quarantine import Replayed, ReplayQuarantined
from hub.quarantine.set_aside import PAYLOAD_BYTES, Kind, SetAside, kind_of
from hub.quarantine.words import ASIDE
from hub.registry import records
from hub.registry.parcels import NOT_FOLDED, UNREAD, Parcel
from hub.settings import Settings
from hub.terminal import CommandFailed, Terminal
from hub.terminal import quarantine as quarantine_command
from tests.hub.office_day import IN, JOURNAL, NOON, Compound, stamp
from tests.hub.office_served import Served

BODY = wire.encode_body(Passage(stamp(), "north", "1", IN))


@pytest.fixture
def compound(tmp_path: Path):
    compound = Compound(tmp_path)
    compound.clerk()
    compound.station("n1", "north")
    keys.make(tmp_path / "keys")
    yield compound
    compound.close()


@pytest.fixture
def set_aside(compound: Compound) -> SetAside:
    return SetAside(compound.path)


@pytest.fixture
def page(compound: Compound):
    served = Served(compound)
    with served.client() as client:
        client.served = served
        yield client
    served.end()


def unread(compound: Compound, sequence: int, content: bytes = BODY) -> None:
    """A record that an older hub could not read."""
    parcel = Parcel("n1", JOURNAL, sequence, wire.body_hash(content), content, why=f"{UNREAD}unknown kind")
    compound.registry.run(lambda each: records.take(each, [parcel], [], NOON))


def cloned(compound: Compound) -> None:
    """A number that comes twice, with two bodies."""
    sequence = compound.arrives("n1")
    other = Parcel("n1", JOURNAL, sequence, wire.body_hash(b"{}"), b'{"a copied card":1}')
    compound.registry.run(lambda each: records.take(each, [other], [], NOON))


def again(page: httpx.Client, what: str = "") -> str:
    token = re.search(r'name="_csrf_token" value="([0-9a-f]+)"', page.get("/quarantine").text)
    assert token is not None
    answer = page.post(f"/quarantine{what}/again", data={"_csrf_token": token[1]}, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text


def test_every_reason_that_the_hub_notes_has_its_kind():
    """And whatever it does not know promises nothing."""
    reasons = {
        "same identity, other body: a cloned or rolled-back card?": Kind.CLONED,
        f"{UNREAD}Invalid value": Kind.NEWER,
        f"{NOT_FOLDED}IntegrityError": Kind.STUCK,
        "the body is not the one that its envelope was made for": Kind.DAMAGED,
        "speaks for other/n1 on the topic of sunshine/n1": Kind.STRANGER,
        "JSON is malformed": Kind.GARBLED,
        "": Kind.GARBLED,
    }
    assert {why: kind_of(why) for why in reasons} == reasons


def test_of_each_kind_it_is_said_what_it_is_what_it_means_and_what_to_do():
    for kind in Kind:
        for part in ("", "_means", "_do"):
            words = ASIDE[f"aside_{kind}{part}"]
            assert words.zh
            assert words.en
            assert TEXTS[f"aside_{kind}{part}"] == words


def test_the_list_shows_a_copied_card_first_and_only_the_beginning_of_a_long_payload(
    compound: Compound, set_aside: SetAside
):
    cloned(compound)
    compound.garbage(b"\xff\xfe", "not JSON")
    compound.garbage(b"x" * 10_000, "too long")
    first, newest, oldest = set_aside.listed()
    assert (first.kind, first.gate, first.lane) == (Kind.CLONED, "north", "1")
    assert first.registered is not None
    assert first.registered != first.payload
    assert (newest.why, newest.size, len(newest.payload)) == ("too long", 10_000, PAYLOAD_BYTES)
    assert (oldest.payload, oldest.received_at, oldest.registered) == (b"\xff\xfe", NOON, None)
    counts = set_aside.counts()
    assert (counts[Kind.CLONED], counts[Kind.GARBLED], sum(counts.values())) == (1, 2, 3)


def test_a_message_without_a_byte_is_shown_and_in_nobodys_way(compound: Compound, set_aside: SetAside, page):
    compound.garbage(b"", "JSON is malformed: input data was truncated")
    (empty,) = set_aside.listed()
    assert (empty.payload, empty.size) == (b"", 0)
    assert page.get("/quarantine").status_code == 200
    assert "content, 0 bytes" in Command(compound)(quarantine_command.show, id=empty.id)
    assert compound.decides(ReplayQuarantined()) == Replayed(1, 1, 0, 0, 0)


def test_another_try_brings_what_can_be_read_now_and_leaves_the_rest(compound: Compound, set_aside: SetAside):
    unread(compound, 70)
    unread(compound, 71, b'{"kind":"of the future"}')
    compound.garbage(b"nonsense", "not JSON")
    done = compound.decides(ReplayQuarantined())
    assert done == Replayed(tried=3, left=2, registered=1, repeated=0, alarms=0)
    assert len(Feed(compound.path).recent(Filter())) == 1
    assert len(set_aside.listed()) == 2
    assert compound.decides(ReplayQuarantined()) == Replayed(2, 2, 0, 0, 0)


def test_another_try_touches_only_what_was_named(compound: Compound, set_aside: SetAside):
    unread(compound, 70)
    unread(compound, 71)
    newest, oldest = set_aside.listed()
    assert compound.decides(ReplayQuarantined((oldest.id,))) == Replayed(1, 0, 1, 0, 0)
    assert [each.id for each in set_aside.listed()] == [newest.id]


def test_a_copied_card_does_not_get_in_by_trying_again(compound: Compound, set_aside: SetAside):
    cloned(compound)
    assert compound.decides(ReplayQuarantined()) == Replayed(1, 1, 0, 0, 0)
    assert set_aside.counts()[Kind.CLONED] == 1


def test_what_is_not_there_cannot_be_tried_again(compound: Compound):
    with pytest.raises(OrderRefused, match="gate-hub quarantine list"):
        compound.decides(ReplayQuarantined((99,)))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_says_what_happened_and_what_to_do(compound: Compound, page: httpx.Client, language: str):
    cloned(compound)
    unread(compound, 70)
    text = page.get(f"/quarantine?lang={language}", follow_redirects=True).text
    for kind in (Kind.CLONED, Kind.NEWER):
        for part in ("", "_means", "_do"):
            assert _html(ASIDE[f"aside_{kind}{part}"].in_(language)) in text
    assert "a copied card" in text


def test_the_page_tries_one_again_and_says_what_came_of_it(compound: Compound, page: httpx.Client, set_aside: SetAside):
    unread(compound, 70)
    unread(compound, 71, b'{"kind":"of the future"}')
    newest, _ = set_aside.listed()
    assert "再试了 1 条：新登记 0 条，仍在这里 1 条" in again(page, f"/{newest.id}")
    assert "再试了 2 条：新登记 1 条，仍在这里 1 条" in again(page)
    assert len(set_aside.listed()) == 1


def test_where_another_try_cannot_help_the_page_offers_none(compound: Compound, page: httpx.Client):
    cloned(compound)
    (number,) = (each.id for each in SetAside(compound.path).listed())
    assert f"/quarantine/{number}/again" not in page.get("/quarantine").text


def test_a_try_without_the_pages_token_is_no_try(compound: Compound, page: httpx.Client, set_aside: SetAside):
    unread(compound, 70)
    page.post("/quarantine/again", data={})
    assert len(set_aside.listed()) == 1


@pytest.mark.parametrize("told", ["tried=1", "tried=x&left=1&registered=1&alarms=1", "tried=" + "9" * 5000, "busy=1"])
def test_nothing_in_the_address_breaks_the_page(page: httpx.Client, told: str):
    assert page.get(f"/quarantine?{told}").status_code == 200


def test_a_copied_card_stands_among_the_alarms_of_the_first_page_for_a_day(compound: Compound, page: httpx.Client):
    alarm = TEXTS["cloned_alarm"].zh
    cloned(compound)
    assert alarm in page.get("/").text
    assert '<span class="badge">1</span>' in page.get("/").text
    page.served.clock.now = NOON + timedelta(days=1, seconds=1)
    assert alarm not in page.get("/").text
    assert '<span class="badge">1</span>' in page.get("/").text


def test_what_a_gate_owes_stands_on_its_tile_and_turns_it_from_green(compound: Compound, page: httpx.Client):
    """Shown at once; a gate is called well only where nothing that stays away is missing."""
    compound.says("n1")
    assert 'class="tile online"' in page.get("/").text
    page.served.owed = {"n1": Outstanding("n1", 12, NOON - timedelta(minutes=2))}
    text = page.get("/").text
    assert "缺 12 条记录" in text
    assert "11:58" in text
    assert 'class="tile online"' in text
    page.served.owed = {"n1": Outstanding("n1", 12, NOON, stuck=True)}
    text = page.get("/").text
    assert 'class="tile fault"' in text
    assert TEXTS["missing_stuck"].zh in text


class Command:
    """`gate-hub quarantine`, without a hub running."""

    def __init__(self, compound: Compound) -> None:
        settings = Settings(compound="sunshine", data=str(compound.path.parent))
        self._out = io.StringIO()
        self._terminal = Terminal(settings, lambda: NOON, bytes, self._out, io.StringIO())

    def __call__(self, command: object, **words: object) -> str:
        assert callable(command)
        self._out.truncate(0)
        command(Namespace(**words), self._terminal)
        return self._out.getvalue()


def test_the_command_lists_shows_and_tries_again(compound: Compound, set_aside: SetAside):
    unread(compound, 70)
    compound.garbage(b"\x1b[2J<b>\xff", "not JSON")
    compound.close()
    command = Command(compound)
    garbage, newer = set_aside.listed()
    listed = command(quarantine_command.listed)
    assert f"{newer.id}" in listed
    assert "gate-hub quarantine replay --all" in listed
    shown = command(quarantine_command.show, id=garbage.id)
    assert ASIDE["aside_garbled_do"].en in shown
    assert "\x1b" not in shown
    assert r"\x1b[2J<b>\xff" in shown
    assert "Tried 2 again: 1 newly registered, 1 still here." in command(quarantine_command.replay, id=[], all=True)
    assert [each.id for each in set_aside.listed()] == [garbage.id]


@pytest.mark.parametrize(("ids", "all_"), [([], False), ([1], True)])
def test_the_command_wants_to_know_what_to_try_again(compound: Compound, ids: list[int], all_: bool):
    with pytest.raises(CommandFailed, match="--all"):
        Command(compound)(quarantine_command.replay, id=ids, all=all_)


def test_the_command_says_that_nothing_is_there(compound: Compound):
    assert "nothing is in quarantine" in Command(compound)(quarantine_command.listed)
    for number in (5, 2**63):
        with pytest.raises(CommandFailed, match="quarantine list"):
            Command(compound)(quarantine_command.show, id=number)


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("'", "&#39;").replace('"', "&#34;")
