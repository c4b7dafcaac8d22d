"""The live feed as a screen hears it: every row once, in order, over any gap, and an end at once when the hub ends."""

from contextlib import closing, contextmanager
from pathlib import Path
from threading import Barrier, Thread

import httpx
import pytest

from gate.passage import Ground
from gate.reason import Outcome, Reason
from hub.feed import Cursor
from hub.office.stream import WINDOW, cursor_of
from tests.hub.office_day import Compound, busy_day
from tests.hub.office_served import Served, events, served, until

__all__ = ["served"]


@contextmanager
def listening(client: httpx.Client, address: str = "/feed/events?format=json", **headers: str):
    with client.stream("GET", address, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield events(response)


def passages(heard) -> list[int]:
    return [each.row["arrival"] for each in heard if each.name == "passage"]


def test_a_row_comes_after_the_commit_with_everything_of_it(served: Served):
    wang = served.compound.resident("王小明", "3")
    with served.client() as client, listening(client) as stream:
        assert until(stream, "beat")[-1].id == "0-0-0"
        served.compound.arrives("n1", wang, Reason.FEVER, celsius=37.9)
        served.committed()
        row = until(stream, "passage")[-1].row
    assert (row["masked_name"], row["building"], row["celsius"], row["reasons"]) == ("王*明", "3", 37.9, ["fever"])
    assert (row["station"], row["journal"], row["sequence"], row["outcome"]) == ("n1", "5a" * 8, 1, "refuse")
    assert row["at"] == "2026-11-22T04:00:00Z"


def test_a_screen_that_was_away_gets_what_it_missed_and_nothing_twice(served: Served):
    """By the browser's own Last-Event-ID, and by the address that our script uses."""
    with served.client() as client:
        served.compound.arrives("n1", None)
        with listening(client) as stream:
            cursor = until(stream, "beat")[-1].id
        old = served.compound.arrives("n1", None, Reason.NO_CODE)
        served.compound.arrives("n1", None)
        served.compound.settles("n1", old, Outcome.ADMIT, Ground.PAPERS_CHECKED)
        assert cursor == "1-0-0"
        with listening(client, **{"Last-Event-ID": cursor}) as stream:
            until(stream, "beat")
            assert passages(until(stream, "beat")) == [2, 3]
        with listening(client, f"/feed/events?format=json&after={cursor}") as stream:
            until(stream, "beat")
            heard = until(stream, "beat")
            assert passages(heard) == [2, 3]
            assert heard[-1].id == "3-1-0"


def test_twenty_screens_log_in_at_once_and_each_hears_the_same_row(served: Served):
    """More than may fail from one address, but none of them fails."""
    screens = 20
    ready, heard = Barrier(screens + 1, timeout=60), []

    def watch() -> None:
        with served.client() as client, listening(client) as stream:
            until(stream, "beat")
            ready.wait()
            heard.append(until(stream, "passage")[-1].row["arrival"])

    watching = [Thread(target=watch, daemon=True) for _ in range(screens)]
    for each in watching:
        each.start()
    ready.wait()
    served.compound.arrives("n1", None)
    served.committed()
    for each in watching:
        each.join(60)
    assert heard == [1] * screens


def test_a_long_absence_comes_in_windows_without_a_gap(served: Served):
    rows = 2 * WINDOW + 7
    served.compound.registry.run(
        lambda each: each.database.conn.executemany(
            "INSERT INTO passage (station, journal, sequence, at, clock, gate, lane, direction, outcome, reasons)"
            " VALUES ('n1', ?, ?, '2026-11-22T04:00:00.000000+00:00', 'synced', 'north', '1', 'in', 'admit', '[]')",
            [("5a" * 8, number) for number in range(1, rows + 1)],
        )
    )
    with served.client() as client, listening(client, "/feed/events?format=json&after=0-0") as stream:
        heard: list = []
        while not heard or heard[-1].id != f"{rows}-0-0":
            heard += until(stream, "beat")
    assert passages(heard) == list(range(1, rows + 1))


def test_a_gates_backlog_does_not_keep_screens_from_what_happens_now(served: Served):
    """Some of it comes like everything else; more than a screen reads at once is passed over, and nothing live is."""
    late = 3 * WINDOW
    bursts = [(1, 20, 1), (21, 25, 0), (26, 25 + late, 1), (26 + late, 27 + late, 0), (28 + late, 27 + 2 * late, 1)]
    rows = [(number, is_late) for first, last, is_late in bursts for number in range(first, last + 1)]
    live = [number for number, is_late in rows if not is_late]
    with served.client() as client, listening(client, "/feed/events?format=json&after=0-0") as stream:
        until(stream, "beat")
        served.compound.registry.run(
            lambda each: each.database.conn.executemany(
                "INSERT INTO passage (station, journal, sequence, at, clock, gate, lane, direction, outcome, reasons,"
                " late) VALUES ('n1', ?, ?, '2026-11-22T04:00:00.000000+00:00', 'synced', 'north', '1', 'in', 'admit',"
                " '[]', ?)",
                [("5a" * 8, *row) for row in rows],
            )
        )
        heard: list = []
        while not heard or heard[-1].id != f"{len(rows)}-0-0":
            heard += until(stream, "beat")
        assert passages(heard) == live
        served.compound.registry.run(
            lambda each: each.database.conn.execute(
                "INSERT INTO passage (station, journal, sequence, at, clock, gate, lane, direction, outcome, reasons,"
                " late) VALUES ('n1', ?, 9999, '2026-11-22T04:00:00.000000+00:00', 'synced', 'north', '1', 'in',"
                " 'admit', '[]', 1)",
                ("5a" * 8,),
            )
        )
        assert passages(until(stream, "passage")) == [len(rows) + 1]


def test_an_amendment_comes_as_the_same_row_again(served: Served):
    sequence = served.compound.arrives("n1", None, Reason.NO_CODE)
    with served.client() as client, listening(client) as stream:
        until(stream, "beat")
        served.compound.settles("n1", sequence, Outcome.REFUSE, Ground.SENT_BACK)
        served.committed()
        row = until(stream, "passage")[-1].row
    assert (row["arrival"], row["outcome"], row["final_outcome"], row["ground"]) == (1, "refer", "refuse", "sent_back")


def test_the_filter_holds_for_the_stream(served: Served):
    """What a guard's word takes out of the filter is told apart, so that no row on a screen is out of date."""
    with served.client() as client, listening(client, "/feed/events?format=json&outcome=refer&gate=north") as stream:
        until(stream, "beat")
        served.compound.arrives("n1", None)
        served.compound.arrives("w1", None, Reason.NO_CODE, gate="west")
        wanted = served.compound.arrives("n1", None, Reason.NO_CODE)
        served.committed()
        assert until(stream, "passage")[-1].row["arrival"] == 3
        served.compound.settles("n1", wanted, Outcome.ADMIT, Ground.PAPERS_CHECKED)
        served.committed()
        heard = until(stream, "amendment")
        assert passages(heard) == []
        assert heard[-1].row["final_outcome"] == "admit"


def test_a_page_gets_rows_and_tiles_ready_to_show(served: Served):
    served.compound.station("n1", "north")
    with served.client() as client, listening(client, "/feed/events") as stream:
        assert 'data-station="n1"' in until(stream, "tiles")[-1].data
        served.compound.arrives("n1", served.compound.resident("<b>王</b>", "3"))
        served.committed()
        row = until(stream, "passage")[-1].data
    assert row.startswith('<tr data-record="n1/')
    assert "<b>" not in row


def test_tiles_follow_a_station_that_goes_offline(served: Served):
    served.compound.station("n1", "north")
    served.compound.says("n1")
    with served.client() as client, listening(client, "/feed/events") as stream:
        assert "tile online" in until(stream, "tiles")[-1].data
        served.compound.says("n1", online=False)
        served.committed()
        assert "tile offline" in until(stream, "tiles")[-1].data


def test_a_screen_ahead_of_a_restored_registry_or_far_behind_loads_anew(served: Served):
    busy_day(served.compound, passages=5)
    with served.client() as client:
        with listening(client, "/feed/events?after=99-0") as stream:
            assert next(stream).name == "reset"
        with listening(client, "/feed/events?after=3-0") as stream:
            assert next(stream).name == "beat"


def test_a_stream_says_something_though_nothing_happens(served: Served):
    with served.client() as client, listening(client) as stream:
        assert [next(stream).name for _ in range(3)] == ["beat"] * 3


def test_a_stream_ends_when_its_clerk_logs_out(served: Served):
    with served.client() as client, listening(client) as stream:
        until(stream, "beat")
        token = client.get("/").text.partition('name="_csrf_token" value="')[2].partition('"')[0]
        assert client.post("/logout", data={"_csrf_token": token}).status_code == 303
        served.committed()
        assert {each.name for each in stream} <= {"beat"}


def test_open_streams_end_with_the_hub_and_not_after_a_grace(tmp_path: Path):
    """The server would wait half a minute for them; `end` fails where it has to."""
    with closing(Compound(tmp_path)) as compound:
        compound.clerk()
        office = Served(compound)
        with office.client() as client, listening(client) as one, listening(client, "/feed/events") as other:
            until(one, "beat")
            until(other, "beat")
            office.end()
            assert {each.name for each in one} <= {"beat"}
            assert {each.name for each in other} <= {"beat", "tiles"}


@pytest.mark.parametrize(
    ("read", "cursor"),
    [
        ("", (9, 4, 3)),
        ("7-2-1", (7, 2, 1)),
        ("7-2", (7, 2, 3)),
        ("7", (7, 4, 3)),
        ("seven", (9, 4, 3)),
        ("7-x-1", (7, 4, 1)),
        ("9" * 30, (9, 4, 3)),
        ("²", (9, 4, 3)),
    ],
)
def test_whatever_a_browser_claims_to_have_read_is_understood_or_passed_over(read: str, cursor: tuple[int, ...]):
    assert cursor_of(read, Cursor(9, 4, 3)) == Cursor(*cursor)
