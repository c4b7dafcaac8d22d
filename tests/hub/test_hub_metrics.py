"""The compound's figures: what gates owe and are owed, in a form that Prometheus reads, for whoever bears the token."""

import os
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from litestar.testing import TestClient

from hub.announcer import Announcer
from hub.metrics import TOKEN_FILE, Metrics, token
from hub.office import create_app, open_office
from hub.office.office import Figures
from tests.figures import figures
from tests.hub.office_day import NOON, Compound
from tests.hub.office_served import settings_of
from tests.hub.watched_hub import WatchedHub


@pytest.fixture
def compound(tmp_path: Path):
    compound = Compound(tmp_path)
    yield compound
    compound.close()


@pytest.fixture
def metrics(compound: Compound) -> Metrics:
    folder = compound.path.parent
    metrics = Metrics(settings_of(compound), lambda: sorted(folder.glob("registry-*.sqlite")), lambda: NOON)
    metrics.watch(WatchedHub())
    return metrics


def test_what_a_gate_owes_and_is_owed_is_told_by_station_and_gate(metrics: Metrics):
    told = figures(metrics.text())
    of_east = "[east][east-1]"
    expected = {
        "online": 1,
        "silent": 1,
        "last_heard_seconds": 60,
        "queue_records": 4,
        "missing_records": 3,
        "missing_seconds": 300,
        "missing_stuck": 1,
        "faults": 2,
        "lacking_documents": 1,
        "clock_believed": 0,
        "clock_offset_seconds": 3,
        "receipt_age_seconds": 240,
    }
    assert {name: told[f"gate_station_{name}{of_east}"] for name in expected} == expected
    assert not any("new-1" in name for name in told)


def test_the_hubs_own_state_is_told(compound: Compound, metrics: Metrics):
    compound.garbage(b"nonsense", "not JSON")
    told = figures(metrics.text())
    expected = {
        "gate_hub_broker_connected": 1,
        "gate_hub_unfolded_records": 1200,
        "gate_hub_manifest_age_seconds": 120,
        "gate_hub_put_back_total": 2,
        "gate_hub_left_total": 1,
        "gate_hub_quarantine[garbled]": 1,
        "gate_hub_quarantine[cloned]": 0,
    }
    assert {name: told[name] for name in expected} == expected
    assert told["gate_hub_disk_free_bytes"] > 0
    assert told["gate_hub_registry_bytes"] >= compound.path.stat().st_size
    assert "gate_hub_backup_age_seconds" not in told


def test_the_age_of_the_newest_backup_is_told_once_there_is_one(compound: Compound, metrics: Metrics):
    for days in (3, 1):
        backup = compound.path.parent / f"registry-{days}.sqlite"
        backup.touch()
        at = (NOON - timedelta(days=days)).timestamp()
        os.utime(backup, (at, at))
    assert figures(metrics.text())["gate_hub_backup_age_seconds"] == 86400


def test_how_long_live_records_took_to_the_feed_is_counted(metrics: Metrics):
    for seconds in (0.004, 0.3):
        metrics.told_the_feed(seconds)
    told = figures(metrics.text())
    assert (told["gate_hub_feed_seconds_bucket[0.005]"], told["gate_hub_feed_seconds_count"]) == (1, 2)


def test_no_figure_is_of_a_person(compound: Compound, metrics: Metrics):
    """Names, pseudonyms and serials of a registry that holds them are nowhere in the text."""
    person = compound.resident("王小明")
    compound.station("east-1", "east")
    compound.arrives("east-1", person)
    text = metrics.text().decode()
    assert person not in text
    assert "王" not in text


def test_the_token_is_drawn_once_and_for_the_hubs_user_alone(tmp_path: Path):
    drawn = token(tmp_path)
    assert len(drawn) >= 32
    assert token(tmp_path) == drawn
    assert stat.S_IMODE((tmp_path / TOKEN_FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("header", "status"),
    [("Bearer the-token", 200), ("Bearer another", 404), ("the-token", 404), ("Bearer 密", 404), ("", 404)],
)
def test_only_who_bears_the_token_learns_that_they_are_there(
    compound: Compound, metrics: Metrics, header: str, status: int
):
    """Neither a clerk's session nor being on the same machine is enough, or a proxy would open them to all."""
    told = Figures("the-token", metrics.text)
    app = create_app(open_office(settings_of(compound), compound.path, Announcer(), lambda: NOON, figures=told))
    with TestClient(app) as client:
        answer = client.get("/metrics", headers={"Authorization": header.encode()} if header else {})
    assert answer.status_code == status
    if status == 200:
        assert figures(answer.content)["gate_hub_broker_connected"] == 1


def test_an_office_without_figures_has_no_such_page(compound: Compound):
    office = open_office(settings_of(compound), compound.path, Announcer(), lambda: NOON)
    with TestClient(create_app(office)) as client:
        assert client.get("/metrics", headers={"Authorization": "Bearer None"}).status_code == 404
