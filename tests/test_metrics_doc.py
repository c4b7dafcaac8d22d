"""docs/metrics.md names every figure that gate and office tell, and none that they do not."""

import re
from datetime import timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from gate.clock import ClockState
from gate.wire import Receipt
from hub.metrics import Metrics as HubMetrics
from station.inbox import CrossingsHeard, Receipted
from station.metrics import Metrics as StationMetrics
from station.view import Health, Link
from tests.hub.office_day import NOON, Compound
from tests.hub.office_served import settings_of
from tests.hub.watched_hub import WatchedHub
from tests.station.linked_station import DIGEST

DOC = Path(__file__).parents[1] / "docs" / "metrics.md"


def of_gate(folder: Path) -> set[str]:
    metrics = StationMetrics({"station": "east-1"}, folder / "journal.sqlite", lambda: 0.0)
    metrics.watch(lambda: Health(Link.HUB, 1, 1.0, "1.1", "1.1", 1.0, False, ClockState.SYNCED, {"disk": "x"}))
    post = metrics.hearing(lambda _: None)
    post(Receipted(Receipt("east-1", ())))
    post(CrossingsHeard("west-1", DIGEST))
    return names(metrics.text())


def of_office(folder: Path) -> set[str]:
    compound = Compound(folder)
    (folder / "backup").touch()
    metrics = HubMetrics(settings_of(compound), lambda: [folder / "backup"], lambda: NOON + timedelta(days=1))
    metrics.watch(WatchedHub())
    told = names(metrics.text())
    compound.close()
    return told


def names(text: bytes) -> set[str]:
    """As Prometheus is asked for them: a counter with its ending; less what a histogram tells of when it was made."""
    families = text_string_to_metric_families(text.decode())
    found = {family.name + "_total" * (family.type == "counter") for family in families}
    return {name for name in found if not name.endswith("_created")}


def test_the_document_names_every_figure_and_no_other(tmp_path: Path) -> None:
    tables = "\n".join(line for line in DOC.read_text(encoding="utf-8").splitlines() if line.startswith("|"))
    named = set(re.findall(r"`(gate_[a-z_]+)`", tables))
    assert named == of_gate(tmp_path) | of_office(tmp_path)


def test_every_alert_of_the_document_asks_for_a_figure_that_there_is(tmp_path: Path) -> None:
    asked = set(re.findall(r"gate_[a-z_]+", "\n".join(re.findall(r"expr: .*", DOC.read_text(encoding="utf-8")))))
    assert asked
    assert asked <= of_office(tmp_path)
