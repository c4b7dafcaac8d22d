"""What is on its way to the hub: bounded, on lanes, released by receipts alone, sent again with growing patience."""

from hypothesis import given
from hypothesis import strategies as st

from gate.wire import MOST_HOLES, JournalReceipt
from station.uplink.window import (
    ENVELOPE_BYTES,
    LONGEST_WAIT_SECONDS,
    MOST_LIVE_MESSAGES,
    MOST_MESSAGES,
    Lane,
    Limits,
    Row,
    Window,
    message,
)

JOURNAL = "00000000000000aa"
BODIES = st.lists(st.binary(max_size=3000), min_size=1, max_size=60)


def _window(jitter: float = 1.0) -> Window:
    return Window(Limits(in_flight=40, in_a_message=10, resend_seconds=5.0), lambda: jitter)


def _send(window: Window, *sequences: int, lane: Lane = Lane.LIVE, now: float = 0.0) -> None:
    window.sent(lane, JOURNAL, sequences, 100, now)


def test_room_is_what_has_no_receipt() -> None:
    """The window fills with what is sent and empties with what the receipt covers, holes left out."""
    window = _window()
    for first in range(1, 41, 10):
        _send(window, *range(first, first + 10))
    assert (window.in_flight, window.room(Lane.LIVE)) == (40, 0)
    assert window.receipted(JournalReceipt(JOURNAL, 6, ((2, 3),)), 1.0) == 4
    assert (window.in_flight, window.room(Lane.LIVE)) == (36, 4)


def test_a_backlog_leaves_room_for_what_is_live() -> None:
    """However much waits, a part of the window is kept for what happens now."""
    window = _window()
    sequence = 1
    while room := window.room(Lane.BACKLOG):
        _send(window, *range(sequence, sequence + room), lane=Lane.BACKLOG)
        sequence += room
    assert window.room(Lane.EARLIER) == 0
    assert window.room(Lane.LIVE) == 10


def test_messages_on_the_way_are_few() -> None:
    """A gate without receipts puts no more than so many messages before the hub, be they ever so small."""
    window = Window(Limits(), lambda: 1.0)
    for sequence in range(MOST_MESSAGES):
        assert window.room(Lane.BACKLOG)
        _send(window, sequence + 1, lane=Lane.BACKLOG)
    assert not window.room(Lane.BACKLOG)
    for sequence in range(MOST_LIVE_MESSAGES):
        assert window.room(Lane.LIVE)
        _send(window, sequence + 1000)
    assert not window.room(Lane.LIVE)


def test_another_receipt_of_the_same_says_nothing_new() -> None:
    """A receipt that came twice releases nothing more."""
    window = _window()
    _send(window, 1, 2)
    receipt = JournalReceipt(JOURNAL, 1)
    assert [window.receipted(receipt, 1.0), window.receipted(receipt, 2.0)] == [1, 0]


def test_a_receipt_for_another_journal_releases_nothing() -> None:
    """Rows of a journal that was set aside go under its own name, and so do their receipts."""
    window = _window()
    _send(window, 1, 2)
    assert window.receipted(JournalReceipt("00000000000000bb", 2), 1.0) == 0
    assert window.in_flight == 2


def test_what_a_receipt_passes_over_was_lost() -> None:
    """A later message of the lane has its receipt, an earlier one has not: that one goes again, and nothing else."""
    window = _window()
    _send(window, 1, 2, lane=Lane.BACKLOG)
    _send(window, 3, 4, lane=Lane.BACKLOG)
    _send(window, 5, 6, lane=Lane.BACKLOG)
    _send(window, 90)
    window.receipted(JournalReceipt(JOURNAL, 4, ((1, 2),)), 1.0)
    found = window.lost(Lane.BACKLOG)
    assert found is not None
    assert list(found.sequences) == [1, 2]
    assert window.lost(Lane.BACKLOG) is None
    assert window.lost(Lane.LIVE) is None
    assert window.in_flight == 3


def test_one_lane_does_not_overtake_the_other() -> None:
    """A live record that has its receipt says nothing about the backlog that left before it."""
    window = _window()
    _send(window, 1, 2, lane=Lane.BACKLOG)
    _send(window, 90)
    window.receipted(JournalReceipt(JOURNAL, 90, ((1, 89),)), 1.0)
    assert window.lost(Lane.BACKLOG) is None
    assert window.in_flight == 2


def test_waits_five_seconds_then_longer_each_time() -> None:
    """Silence is answered by sending again from the first: after 5, 10, 20, 40 and then every 60 seconds."""
    window, now, waits = _window(), 0.0, []
    for _ in range(6):
        _send(window, 1, now=now)
        wait = next(second for second in range(1, 200) if window.overdue(now + second))
        waits.append(wait)
        now += wait
        assert window.in_flight == 0
    assert waits == [5, 10, 20, 40, LONGEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS]


def test_a_receipt_restores_the_first_patience() -> None:
    """Once the hub has spoken, the next loss is noticed after 5 seconds again."""
    window = _window()
    _send(window, 1)
    assert window.overdue(5.0)
    _send(window, 1, now=5.0)
    _send(window, 2, now=5.0)
    window.receipted(JournalReceipt(JOURNAL, 1), 5.5)
    assert not window.overdue(9.9)
    assert window.overdue(10.0)


def test_a_hub_under_load_is_not_taken_for_silent() -> None:
    """Receipts that come after four seconds each do not make the gate send everything twice."""
    window = _window()
    _send(window, 1)
    _send(window, 2)
    window.receipted(JournalReceipt(JOURNAL, 1), 4.0)
    assert not window.overdue(11.9)
    assert window.overdue(12.0)


def test_jitter_spreads_the_gates() -> None:
    """Two gates that lost the hub at the same moment do not send again at the same moment."""
    early, late = _window(0.75), _window(1.25)
    for window in (early, late):
        _send(window, 1)
    assert early.overdue(4.0)
    assert not late.overdue(6.0)


def test_what_a_receipt_covers_is_not_sent_again() -> None:
    """The journal may be marked a moment later than the receipt comes; its rows do not go twice."""
    window = _window()
    window.receipted(JournalReceipt(JOURNAL, 3, ((2, 2),)), 0.0)
    rows: list[Row] = [(1, b""), (2, b""), (3, b""), (4, b"")]
    assert window.wanted(JOURNAL, rows) == [(2, b""), (4, b"")]
    window.forget_receipts()
    assert window.wanted(JOURNAL, rows) == rows


def test_the_whole_beginning_of_a_receipt_ends_at_its_first_hole() -> None:
    """Up to there no row need be read again; of another journal, or after a restored backup, nothing is known."""
    window = _window()
    assert window.whole_through(JOURNAL) == 0
    window.receipted(JournalReceipt(JOURNAL, 9), 0.0)
    assert (window.whole_through(JOURNAL), window.whole_through("00000000000000bb")) == (9, 0)
    window.receipted(JournalReceipt(JOURNAL, 12, ((4, 5), (7, 7))), 0.0)
    assert window.whole_through(JOURNAL) == 3
    window.forget_receipts()
    assert window.whole_through(JOURNAL) == 0


def test_no_more_holes_are_made_than_a_receipt_can_list() -> None:
    """Half of them is enough; from there on live records wait until the first holes are closed."""
    window = _window()
    few = tuple((each, each) for each in range(2, MOST_HOLES, 2))[: MOST_HOLES // 2 - 1]
    window.receipted(JournalReceipt(JOURNAL, 500, few), 0.0)
    assert window.crowded_from(JOURNAL) is None
    window.receipted(JournalReceipt(JOURNAL, 500, (*few, (498, 498))), 0.0)
    assert window.crowded_from(JOURNAL) == 500


@given(BODIES, st.integers(1000, 9000))
def test_a_message_keeps_its_rows_in_order_and_its_bound(bodies: list[bytes], most: int) -> None:
    """Nothing is left out in between; a message is over the bound only where its one row alone is."""
    rows = list(enumerate(bodies, 1))
    found = message(rows, most)
    assert found == rows[: len(found)]
    sizes = [len(body) + ENVELOPE_BYTES for _, body in found]
    assert len(found) == 1 or sum(sizes) <= most
    assert len(found) == len(rows) or sum(sizes) + len(rows[len(found)][1]) + ENVELOPE_BYTES > most
