"""A hub that dies while one registry takes the place of another: one of the two stands whole under the name."""

import logging
import shutil
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gate.notices import Notice
from hub.registry import notices, open_registry, opened
from tests.durability.disk import Synced, Written, recorded
from tests.durability.mortals import Mortal, Point, Unexpected, strace_works

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
DAMAGED = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from hub.registry import mending, open_registry
path = Path(sys.argv[1])
now = datetime.fromisoformat("2026-11-22T05:00:00Z")
mending.note(path, [])
open_registry(path, now, "sunshine").close()
"""


def registry_of_a_killed_hub(path: Path) -> None:
    """One notice in the file, the next in the log alone."""
    lived = path.parent / "lived"
    lived.mkdir()
    with opened(lived / path.name, NOW, "sunshine") as registry:
        registry.run(lambda each: notices.put(each, notice("n1")))
    with closing(open_registry(lived / path.name, NOW, "sunshine")) as registry:
        registry.run(lambda each: notices.put(each, notice("n2")))
        for part in lived.iterdir():
            shutil.copy(part, path.parent)
    shutil.rmtree(lived)


def notice(name: str) -> Notice:
    return Notice(name, "通知", name, 50, NOW, NOW + timedelta(hours=1), 5)


@pytest.mark.skipif(not strace_works(), reason="no strace that may trace (apt install strace)")
@pytest.mark.parametrize(("kind", "about"), [("link", ""), ("rename", ""), ("unlink", "registry.sqlite-wal")])
def test_a_kill_at_any_name_given_or_taken_loses_no_order_of_the_office(tmp_path: Path, kind: str, about: str) -> None:
    """At each call of that kind, until the setting aside is over; the next start has both notices."""
    logging.disable(logging.CRITICAL)
    home, number, dies = tmp_path / "hub", 0, True
    while dies:
        number += 1
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir()
        path = home / "registry.sqlite"
        registry_of_a_killed_hub(path)
        dying = Mortal("dying", [sys.executable, "-c", DAMAGED, str(path)], tmp_path)
        dying.start(Point(kind, number, str(home / about) if about else "").strace)
        dies = _dies(dying)
        assert path.exists(), f"nothing stands there after a kill at {kind} {number}"
        with opened(path, NOW + timedelta(hours=2), "sunshine") as registry:
            assert {each.id for each in notices.listed(registry)} == {"n1", "n2"}, f"killed at {kind} {number}"
            assert registry.rows("PRAGMA integrity_check") == [("ok",)]
    logging.disable(logging.NOTSET)
    assert number > 1


def _dies(process: Mortal) -> bool:
    """False once it got to its end."""
    try:
        return process.dies(120)
    except Unexpected:
        return False


def test_what_a_killed_hub_had_not_synced_is_synced_before_anything_is_written_behind_it(
    debians_apsw: None, tmp_path: Path
) -> None:
    """Two commits torn by one power cut would be taken for damage, and the registry be set aside for it."""
    path = tmp_path / "registry.sqlite"
    registry_of_a_killed_hub(path)
    with recorded(tmp_path) as recording:
        log = recording.begun_names["registry.sqlite-wal"]
        with opened(path, NOW, "sunshine") as registry:
            registry.run(lambda each: notices.put(each, notice("n3")))
            recording.end()
    about = [each for each in recording.events if isinstance(each, Synced | Written) and each.file == log]
    assert isinstance(about[0], Synced), "the log was written before it was synced"
    assert any(isinstance(each, Written) for each in about)
