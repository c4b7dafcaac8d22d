"""Visitors, families, retests, alarms, temporary passes, sealed forms: from a gate's record to rows of the registry."""

import logging
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace

from gate.caller import Caller
from gate.forms import HandOver, ReturneeForm
from gate.passage import Amendment, Ground, Happening, MadePass, What
from gate.policy import Choice, Policy
from gate.reason import Outcome, Reason
from gate.sealing import close, public_of
from gate.temperature import Measurement, Site
from gate.trip import RiskPlace
from hub.feed import Cursor, Filter
from hub.forms import Opener
from hub.registry import documents
from hub.registry.rows import rows_of
from hub.registry.sealed_forms import open_again
from tests.hub.heard_records import (
    JOURNAL,
    NOW,
    PASSAGE,
    PERMIT,
    PERSON,
    SECRET,
    STAMP,
    VISITOR,
    Hub,
    hub,
    sealed,
    settle,
)

__all__ = ["hub"]


def test_what_a_passage_says_besides_reaches_the_feed_in_the_words_of_the_policy(hub: Hub):
    choices = (Choice("food", "买菜", "Groceries"),)
    places = (RiskPlace("harbin", "哈尔滨", "Harbin", date(2026, 11, 1)),)
    policy = Policy("winter", purposes=choices, risk_places=places)
    hub.registry.run(lambda each: documents.set_policy(each, policy))
    wrist = Measurement(36.1, site=Site.WRIST)
    hub.hear(
        replace(
            PASSAGE, caller=Caller.COURIER, named=True, purpose="food", destination="market", permit=PERMIT, party=1,
            trip=("harbin", "gone"), also_measured=(wrist,), guard="li",
        )
    )  # fmt: skip
    row = hub.row()
    assert (row.caller, row.named, row.with_permit, row.together, row.guard) == ("courier", True, True, True, "li")
    assert row.purpose is not None
    assert (row.purpose.zh, row.purpose.en) == ("买菜", "Groceries")
    assert row.destination is not None
    assert row.destination.en == "market", "an id that the policy has no more is shown as it stands"
    assert [place.zh for place in row.trip] == ["哈尔滨", "gone"]
    assert row.also_measured == (wrist,)
    assert row.sensor == "mlx90614"


def test_the_feed_shows_whom_the_guard_found_afterwards_and_finds_the_passage_by_him(hub: Hub):
    """A foreign certificate names nobody of ours; the guard's amendment does."""
    settle(hub.registry)
    of = hub.hear(replace(PASSAGE, reasons=(Reason.NOT_OURS,)))
    assert hub.row().person is None
    hub.hear(Amendment(STAMP, JOURNAL, of, Outcome.ADMIT, Ground.PAPERS_CHECKED, "li", PERSON))
    row = hub.row()
    assert (row.person, row.masked_name, row.building, row.found, row.settled_by) == (PERSON, "王*明", "3", True, "li")
    assert hub.feed.recent(Filter(person=PERSON)) == [row]
    assert hub.feed.recent(Filter(building="3", q="王*明")) == [row]
    assert hub.one("SELECT person, who FROM passage") == (None, PERSON)


def test_a_later_amendment_that_names_nobody_does_not_unsay_whom_the_guard_found(hub: Hub):
    settle(hub.registry)
    of = hub.hear(PASSAGE)
    named = Amendment(STAMP, JOURNAL, of, Outcome.ADMIT, Ground.PAPERS_CHECKED, "li", PERSON)
    hub.hear(named, Amendment(STAMP, JOURNAL, of, Outcome.REFER, Ground.MISTAKE, "wang"))
    row = hub.row()
    assert (row.masked_name, row.final_outcome, row.settled_by) == ("王*明", "refer", "wang")


@pytest.mark.parametrize("first", ["passage", "amendment"])
def test_the_readings_of_a_retest_stand_beside_the_passage_whichever_came_first(hub: Hub, first: str):
    again = (Measurement(36.6), Measurement(36.8, site=Site.WRIST))
    number = 1 if first == "passage" else 2
    retest = Amendment(STAMP, JOURNAL, number, Outcome.REFER, Ground.MEASURED_AGAIN, "li", None, again)
    fever = replace(PASSAGE, reasons=(Reason.FEVER,))
    hub.hear(*((fever, retest) if first == "passage" else (retest, fever)))
    hub.hear(Amendment(STAMP, JOURNAL, number, Outcome.ADMIT, Ground.MEASURED_AGAIN, "li"))
    assert hub.row().retest == again
    assert hub.row().final_outcome == "admit"


def test_a_visitors_form_is_opened_for_the_office(hub: Hub):
    hub.hear(replace(PASSAGE, reasons=(Reason.UNANNOUNCED,), caller=Caller.VISITOR, form=sealed(VISITOR)))
    form = hub.row().form
    assert form is not None
    assert (form["form"], form["name"], form["people"]) == ("visitor", "钱来访", 2)
    assert hub.one("SELECT kind, sealed, why FROM form") == ("visitor", None, "")


@pytest.mark.parametrize("secret", [bytes(32), b""], ids=["another key", "no key"])
def test_a_form_that_cannot_be_opened_is_kept_sealed_and_holds_up_nothing(
    hub: Hub, secret: bytes, caplog: pytest.LogCaptureFixture
):
    """The passage is registered and receipted like any other; the log names the record and never the form."""
    caplog.set_level(logging.INFO)
    closed = sealed(VISITOR)
    Hub(hub.registry, secret).hear(replace(PASSAGE, form=closed))
    assert hub.one("SELECT count(*), sum(quarantined) FROM record") == (1, 0)
    assert hub.one("SELECT kind, body, sealed FROM form") == ("", None, closed)
    assert hub.row().form is None
    assert hub.row().sealed
    assert "the form of record 1 of station east-1 stays sealed" in caplog.text
    assert "钱来访" not in caplog.text


def test_a_form_opens_once_the_key_is_back_and_a_case_with_it(hub: Hub):
    """What the hub does when it starts; a form that is for no key of ours stays as it is."""
    locked_out = Hub(hub.registry, b"")
    form = ReturneeForm("harbin", "", date(2026, 11, 21))
    locked_out.hear(
        replace(PASSAGE, form=sealed(VISITOR)),
        replace(PASSAGE, person=PERSON, reasons=(Reason.RETURNEE,), form=sealed(form)),
        replace(PASSAGE, form=sealed(VISITOR, bytes(32))),
    )
    assert hub.registry.run(lambda each: open_again(each, Opener("sunshine", SECRET))) == 2
    assert hub.registry.run(lambda each: open_again(each, Opener("sunshine", SECRET))) == 0
    assert hub.registry.rows("SELECT kind, sealed IS NULL, why = '' FROM form ORDER BY sequence") == [
        ("visitor", 1, 1),
        ("returnee", 1, 1),
        ("", 0, 0),
    ]
    assert hub.registry.rows("SELECT sequence, person, place FROM returnee_case") == [(2, PERSON, "harbin")]


def test_a_form_of_a_later_version_is_kept_sealed(hub: Hub):
    closed = close(b'{"form":"dream","of":"spring"}', "sunshine", public_of(SECRET), b"r" * 32)
    hub.hear(replace(PASSAGE, form=closed))
    assert hub.one("SELECT sealed, why FROM form") == (closed, "this form is of a version that this hub does not know")


@given(st.binary(max_size=200) | st.from_regex(r"\{\"form\":\"(visitor|returnee|vehicle)\".{0,80}\}").map(str.encode))
def test_whatever_a_seal_holds_is_opened_or_kept(plain: bytes):
    """Nothing that a gate, or whoever stole one, seals for the hub is an error of the hub's."""
    found = Opener("sunshine", SECRET)(close(plain, "sunshine", public_of(SECRET), b"r" * 32))
    assert (found.form is None) == bool(found.why)
    record = replace(PASSAGE, form=found.sealed)
    said = rows_of("east-1", JOURNAL, 1, record, Opener("sunshine", SECRET))
    assert said.form is not None
    assert (said.form[5] is None) == (found.form is not None)


def test_a_returnees_form_opens_a_case(hub: Hub):
    form = ReturneeForm("harbin", "", date(2026, 11, 21))
    hub.hear(replace(PASSAGE, reasons=(Reason.RETURNEE,), person=PERSON, form=sealed(form)))
    assert hub.one("SELECT sequence, person, place, came_back_on, closed_at FROM returnee_case") == (
        1, PERSON, "harbin", "2026-11-21", None,
    )  # fmt: skip


def test_no_other_form_opens_a_case(hub: Hub):
    hub.hear(replace(PASSAGE, form=sealed(VISITOR)))
    assert hub.one("SELECT count(*) FROM returnee_case") == (0,)


def test_what_befell_a_gate_and_what_its_guard_left_to_the_next(hub: Hub):
    note = sealed(HandOver("伞在岗亭"))
    hub.hear(Happening(STAMP, "east", "1", What.FIRE), Happening(STAMP, "east", "1", What.SIGNED_OFF, "li", note))
    assert hub.registry.rows("SELECT what, guard FROM happening ORDER BY arrival") == [
        ("fire", None),
        ("signed_off", "li"),
    ]
    assert json.decode(hub.one("SELECT body FROM form")[0]) == {"form": "hand_over", "note": "伞在岗亭"}  # type: ignore[arg-type]
    assert hub.taken[-1].besides == 2


def test_a_temporary_pass_is_on_the_offices_list(hub: Hub):
    ends = NOW + timedelta(hours=12)
    hub.hear(MadePass(STAMP, "east", "dd" * 8, 1, ends, Caller.VISITOR, form=sealed(VISITOR), guard="li"))
    assert hub.one("SELECT serial, number, caller, guard, confirmed_at, revoked_at FROM made_pass") == (
        "dd" * 8, 1, "visitor", "li", None, None,
    )  # fmt: skip
    assert hub.one("SELECT kind FROM form") == ("visitor",)


def test_a_number_that_no_table_can_hold_is_quarantined_alone(hub: Hub):
    made = MadePass(STAMP, "east", "dd" * 8, 2**63, NOW + timedelta(hours=1))
    hub.hear(made, PASSAGE)
    assert hub.one("SELECT count(*) FROM made_pass") == (0,)
    assert hub.one("SELECT count(*) FROM quarantine") == (1,)
    assert hub.feed.newest() == Cursor(1, 0)


def test_each_record_is_kept_once_however_often_it_comes(hub: Hub):
    made = MadePass(STAMP, "east", "dd" * 8, 1, NOW + timedelta(hours=1), form=sealed(VISITOR))
    hub.hear(made, Happening(STAMP, "east", "1", What.TAMPERED))
    again = Hub(hub.registry)
    again.hear(made, Happening(STAMP, "east", "1", What.TAMPERED))
    assert again.taken[-1].repeated == 2
    for table in ("made_pass", "happening", "form"):
        assert hub.one(f"SELECT count(*) FROM {table}") == (1,)
