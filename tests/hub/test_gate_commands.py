"""gate-hub guard, permit, visitor and notice, as a clerk types them: what the gates are told, and what is refused."""

import io
import re
from argparse import Namespace
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import pytest
import zxingcpp

from gate.caller import Caller
from gate.formats.chain import Credential, Kind
from gate.notices import Notices
from gate.permit import PermitKind
from gate.roster import Resident
from gate.staff import Guard, whose
from hub import control, settings
from hub.registry import Registry, guards, notices, open_registry, passes, people
from hub.terminal import Terminal
from hub.terminal import guard as guard_command
from station.codes import QR_CODES
from tests.hub.typed_hub import NAMES, SHEET, Hub, bare, hub, peopled, read_at_a_gate

__all__ = ["bare", "hub", "peopled"]
LATER = (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")


def registry_of(hub: Hub) -> Registry:
    return open_registry(hub.data / "registry.sqlite", control.wall_clock())


def staff(hub: Hub) -> dict[str, Guard]:
    with closing(registry_of(hub)) as registry:
        return {each.id: each for each in guards.staff(registry).guards}


def roster(hub: Hub, in_: timedelta = timedelta(0)) -> list[Resident]:
    with closing(registry_of(hub)) as registry:
        return people.roster(registry, control.wall_clock() + in_)


def told(hub: Hub) -> Notices:
    with closing(registry_of(hub)) as registry:
        return notices.body(registry, control.wall_clock())


def pin_of(said: str) -> str:
    found = re.search(r"^PIN: (\d{6})$", said, re.M)
    assert found is not None
    return found[1]


def shown(hub: Hub, picture: Path) -> Credential:
    """What a gate reads in the picture."""
    (code,) = zxingcpp.read_barcodes(cv2.imread(str(picture)), formats=QR_CODES)
    return read_at_a_gate(hub, code.text.encode())


def somebody(hub: Hub) -> str:
    return str(hub.rows("SELECT id FROM person WHERE name = '王试乙'")[0][0])


class TestGuard:
    def test_a_new_guard_gets_a_pin_that_is_printed_once_and_kept_nowhere(self, hub: Hub) -> None:
        pin = pin_of(hub("guard", "add", "li", "--name", "李师傅"))
        assert whose([staff(hub)["li"]], pin) is not None
        assert staff(hub)["li"].name == "李师傅"
        assert not any(pin.encode() in content for content in hub.snapshot().values())
        assert "li" in hub("guard", "list")
        assert pin not in hub("guard", "list")

    def test_a_known_guard_gets_a_new_pin_and_keeps_the_badge(self, hub: Hub, tmp_path: Path) -> None:
        first = pin_of(hub("guard", "add", "li", "--name", "李师傅", "--badge", str(tmp_path / "li.png")))
        badge = staff(hub)["li"].badge
        said = hub("guard", "add", "li", "--name", "李师傅")
        assert "has a new PIN" in said
        assert whose([staff(hub)["li"]], first) is None or pin_of(said) == first
        assert staff(hub)["li"].badge == badge

    def test_the_badge_is_a_pass_of_the_staff_that_a_gate_reads(self, hub: Hub, tmp_path: Path) -> None:
        hub("guard", "add", "li", "--name", "李师傅", "--badge", str(tmp_path / "li.png"), "--days", "30")
        credential = shown(hub, tmp_path / "li.png")
        assert credential.kind is Kind.STAFF
        assert credential.serial == staff(hub)["li"].badge
        assert (tmp_path / "li.png").stat().st_mode & 0o777 == 0o600
        (entry,) = roster(hub)
        assert (entry.person, entry.caller, entry.masked_name) == (credential.person, Caller.STAFF, "李*傅")

    def test_a_new_badge_voids_the_one_before(self, hub: Hub, tmp_path: Path) -> None:
        for name in ("one", "two"):
            hub("guard", "add", "li", "--name", "李师傅", "--badge", str(tmp_path / f"{name}.png"))
        with closing(registry_of(hub)) as registry:
            revoked = passes.revoked(registry, control.wall_clock())
        assert revoked == {shown(hub, tmp_path / "one.png").serial}
        assert len(roster(hub)) == 1

    def test_a_guard_who_left_is_on_no_list_and_the_badge_is_void(self, hub: Hub, tmp_path: Path) -> None:
        hub("guard", "add", "li", "--name", "李师傅", "--badge", str(tmp_path / "li.png"))
        assert "the badge is void" in hub("guard", "remove", "li")
        assert staff(hub) == {}
        assert roster(hub) == []
        with closing(registry_of(hub)) as registry:
            assert passes.revoked(registry, control.wall_clock()) == {shown(hub, tmp_path / "li.png").serial}
        hub("guard", "add", "li", "--name", "李师傅")
        assert list(staff(hub)) == ["li"]
        assert len(roster(hub)) == 1

    def test_no_two_guards_share_a_pin(self, hub: Hub) -> None:
        """A PIN alone tells who signs on: one that somebody has is drawn again."""
        drawn = [bytes(8), b"a" * 16, b"h" * 8, b"p" * 8, bytes(8), (7).to_bytes(8), b"i" * 8, b"q" * 8]
        said = io.StringIO()
        at = Terminal(settings.load(hub.config), control.wall_clock, lambda _: drawn.pop(0), said, io.StringIO())
        for guard in ("li", "wang"):
            guard_command.add(Namespace(id=guard, name=guard, badge=None, days=1), at)
        assert re.findall(r"^PIN: (\d{6})$", said.getvalue(), re.M) == ["000000", "000007"]
        assert drawn == []

    def test_refusals_say_what_to_do(self, hub: Hub, tmp_path: Path) -> None:
        assert "no guard is called li" in hub.refusal("guard", "remove", "li")
        assert "a guard's id is" in hub.refusal("guard", "add", "Li Shifu", "--name", "李师傅")
        for name in ("", "李\n师傅", "\x1b[31m李"):
            assert "a guard's name is" in hub.refusal("guard", "add", "li", "--name", name)
        (tmp_path / "there.png").write_bytes(b"")
        there = str(tmp_path / "there.png")
        assert "is there already" in hub.refusal("guard", "add", "li", "--name", "李", "--badge", there)
        nowhere = str(tmp_path / "no" / "li.png")
        assert "there is no folder" in hub.refusal("guard", "add", "li", "--name", "李", "--badge", nowhere)
        assert "a badge is valid for" in hub.refusal(
            "guard", "add", "li", "--name", "李", "--badge", str(tmp_path / "b.png"), "--days", "0"
        )
        assert staff(hub) == {}

    def test_guards_are_no_residents(self, peopled: Hub) -> None:
        """No import misses them, and no pass for everybody is made for them."""
        peopled("guard", "add", "li", "--name", "李师傅")
        assert "0 in the registry are not in it" in peopled("import", peopled.file("again.csv", SHEET))
        peopled("issue", "--all", "--out", str(peopled.folder / "out"), "--format", "text")
        assert peopled.rows("SELECT count(*) FROM pass") == [(3,)]


class TestPermit:
    def test_leave_is_on_the_roster_until_it_is_taken_back(self, peopled: Hub) -> None:
        person = somebody(peopled)
        said = peopled("permit", "grant", person, "--kind", "medical", "--until", LATER, "--return-by", LATER[:10])
        (resident,) = [each for each in roster(peopled) if each.person == person]
        (permit,) = resident.permits
        assert permit.kind is PermitKind.MEDICAL
        assert permit.return_by is not None
        assert permit.return_by > permit.ends
        assert permit.id in said
        listed = peopled("permit", "list")
        assert permit.id in listed
        assert "王*乙" in listed
        assert not any(name in listed for name in NAMES)
        peopled("permit", "revoke", permit.id)
        assert all(not each.permits for each in roster(peopled))
        assert "no permit is in force" in peopled("permit", "list")

    def test_the_gates_know_it_a_while_longer_than_it_lasts_and_then_no_more(self, peopled: Hub) -> None:
        """Whoever comes back late is known to have had leave."""
        peopled("permit", "grant", somebody(peopled), "--kind", "work", "--until", LATER)
        assert any(each.permits for each in roster(peopled, timedelta(days=3)))
        assert not any(each.permits for each in roster(peopled, timedelta(days=5)))

    def test_nobody_has_more_leave_than_the_roster_can_carry(self, peopled: Hub) -> None:
        words = ("permit", "grant", somebody(peopled), "--kind", "green-channel", "--until", LATER)
        for _ in range(8):
            peopled(*words)
        assert "has 8 permits already" in peopled.refusal(*words)
        assert max(len(each.permits) for each in roster(peopled)) == 8

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (("--until", "2020-01-01"), "over already"),
            (("--until", "tomorrow"), "a time is written"),
            (("--until", LATER, "--from", "2099-01-01"), "ends after it begins"),
            (("--until", LATER, "--return-by", "2020-01-01"), "the return lies after"),
            (("--until", "9999-12-31"), "from 2000 to 8999"),
            (("--until", "9999-12-31T23:59+00:00"), "from 2000 to 8999"),
            (("--until", LATER, "--from", "0001-01-01T00:00"), "from 2000 to 8999"),
            (("--until", LATER, "--return-by", "9999-12-31T23:59"), "from 2000 to 8999"),
        ],
    )
    def test_leave_that_could_never_be_used_is_refused(self, peopled: Hub, words: tuple[str, ...], says: str) -> None:
        assert says in peopled.refusal("permit", "grant", somebody(peopled), "--kind", "work", *words)
        assert peopled.rows("SELECT count(*) FROM permit") == [(0,)]

    def test_strangers_get_none_and_unknown_ones_are_not_revoked(self, peopled: Hub) -> None:
        words = ("--kind", "work", "--until", LATER)
        assert "nobody in the registry is" in peopled.refusal("permit", "grant", "ff" * 8, *words)
        assert "named by the pseudonym" in peopled.refusal("permit", "grant", "王试乙", *words)
        assert "gate-hub permit list" in peopled.refusal("permit", "revoke", "ff" * 8)


class TestVisitor:
    def test_a_visitor_has_a_pass_and_a_place_on_the_roster_until_the_visit_ends(self, peopled: Hub) -> None:
        """Masked like everybody else, with the door of the host; the whole name stays in the registry."""
        out = peopled.folder / "visitor.png"
        host = somebody(peopled)
        said = peopled(
            "visitor",
            "invite",
            "钱来访",
            "--host",
            host,
            "--until",
            LATER,
            "--telephone",
            "13900001111",
            "--out",
            str(out),
        )
        credential = shown(peopled, out)
        assert credential.kind is Kind.VISITOR
        (entry,) = [each for each in roster(peopled) if each.caller is Caller.VISITOR]
        (home,) = [each for each in roster(peopled) if each.person == host]
        assert entry.person == credential.person
        assert (entry.masked_name, entry.building, entry.room, entry.phone_tail) == ("钱*访", "3", "0502", "1111")
        assert entry.household != home.household, "a visitor's ways out are not the household's"
        assert "钱来访" not in said
        assert all(each.caller is not Caller.VISITOR for each in roster(peopled, timedelta(days=3)))
        assert credential.serial in said
        peopled("revoke", credential.serial)
        assert all(each.caller is not Caller.VISITOR for each in roster(peopled))
        assert len(roster(peopled)) == 3

    def test_an_import_takes_no_visitor_for_a_resident(self, peopled: Hub) -> None:
        out = str(peopled.folder / "v.png")
        peopled("visitor", "invite", "钱来访", "--host", somebody(peopled), "--until", LATER, "--out", out)
        said = peopled("import", peopled.file("again.csv", SHEET))
        assert "0 new, 0 changed, 3 as before; 0 in the registry are not in it" in said

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (("--host", "ff" * 8, "--until", LATER), "nobody in the registry is"),
            (("--host", "HOST", "--until", "2020-01-01"), "a visit ends after now"),
            (("--host", "HOST", "--until", "2099-01-01"), "within 31 days"),
            (("--host", "王试乙", "--until", LATER), "a host is named by the pseudonym"),
            (("--host", "HOST", "--until", LATER, "--telephone", "1\n2"), "characters of one line"),
        ],
    )
    def test_refusals_leave_no_pass_behind(self, peopled: Hub, words: tuple[str, ...], says: str) -> None:
        out = peopled.folder / "v.png"
        typed = [somebody(peopled) if word == "HOST" else word for word in words]
        assert says in peopled.refusal("visitor", "invite", "钱来访", *typed, "--out", str(out))
        assert not out.exists()
        assert peopled.rows("SELECT count(*) FROM pass") == [(0,)]


class TestNotice:
    def test_a_notice_is_told_until_it_ends_and_replaced_by_one_of_its_name(self, hub: Hub) -> None:
        words = ("notice", "add", "masks", "--until", LATER)
        hub(*words, "--zh", "请戴口罩", "--every", "45", "--volume", "80")
        said = hub(*words, "--zh", "请戴好口罩", "--en", "Wear a mask")
        (notice,) = told(hub).notices
        assert (notice.text_zh, notice.text_en, notice.every_minutes, notice.volume) == (
            "请戴好口罩", "Wear a mask", 30, 60,
        )  # fmt: skip
        assert "请戴好口罩 / Wear a mask" in said
        assert "nothing is announced" in hub("notice", "remove", "masks")
        assert told(hub).notices == ()

    def test_the_hours_of_rest_are_what_the_office_says(self, hub: Hub) -> None:
        assert "hours of rest: 19:00 to 08:00" in hub("notice", "list")
        assert "hours of rest: 21:30 to 06:30" in hub("notice", "rest", "21:30", "06:30")
        assert (told(hub).quiet_from, told(hub).quiet_until) == ("21:30", "06:30")
        assert "hours of rest" not in hub("notice", "rest", "00:00", "00:00")

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (("--until", LATER), "a notice says something"),
            (("--until", "2020-01-01", "--en", "x"), "after now"),
            (("--until", LATER, "--en", "x", "--from", "2099-01-01"), "ends after it begins"),
            (("--until", LATER, "--en", "x", "--every", "1"), "every 5 to 1440 minutes"),
            (("--until", LATER, "--en", "x", "--volume", "101"), "a volume is 0 to 100"),
            (("--until", LATER, "--en", "x" * 201), "at most 200 characters"),
            (("--until", LATER, "--zh", "a\x1b[31m"), "200 characters of one line"),
            (("--until", "9999-12-31T23:59-12:00", "--zh", "x"), "from 2000 to 8999"),
        ],
    )
    def test_refusals_say_what_to_do(self, hub: Hub, words: tuple[str, ...], says: str) -> None:
        assert says in hub.refusal("notice", "add", "masks", *words)
        assert told(hub) == Notices()

    def test_what_is_not_there_or_no_time_is_refused(self, hub: Hub) -> None:
        assert "no notice is called masks" in hub.refusal("notice", "remove", "masks")
        assert "a time of the day is written" in hub.refusal("notice", "rest", "25:00", "08:00")


def test_every_guard_has_the_same_salt_so_that_a_gate_tries_a_pin_once(hub: Hub) -> None:
    """A Pi takes a moment for each guess, and there may be 64 guards."""
    first, second = (pin_of(hub("guard", "add", name, "--name", name)) for name in ("li", "sun"))
    guards = staff(hub)
    assert guards["li"].salt == guards["sun"].salt
    assert whose(guards.values(), first) == guards["li"]
    assert whose(guards.values(), second) == guards["sun"]
    assert first != second
