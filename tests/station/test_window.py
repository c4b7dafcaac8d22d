"""What is on its way to the hub: bounded, released by receipts alone, sent again with growing patience."""

from hypothesis import given
from hypothesis import strategies as st

from gate.wire import JournalReceipt
from station.window import ENVELOPE_BYTES, LONGEST_WAIT_SECONDS, Limits, Row, Window, messages

JOURNAL = "00000000000000aa"
BODIES = st.lists(st.binary(max_size=3000), max_size=60)


def _window(jitter: float = 1.0) -> Window:
    return Window(Limits(in_flight=10, in_a_message=4, resend_seconds=5.0), lambda: jitter)


def test_room_is_what_has_no_receipt() -> None:
    """The window fills with what is sent and empties with what the receipt covers, holes left out."""
    window = _window()
    window.sent(range(1, 11), now=0.0)
    assert window.room == 0
    assert window.receipted(JournalReceipt(JOURNAL, 6, ((2, 3),))) == 4
    assert (window.in_flight, window.room, window.through) == (6, 4, 10)


def test_another_receipt_of_the_same_says_nothing_new() -> None:
    """A receipt that came twice releases nothing more."""
    window = _window()
    window.sent([1, 2], now=0.0)
    receipt = JournalReceipt(JOURNAL, 1)
    assert [window.receipted(receipt), window.receipted(receipt)] == [1, 0]


def test_waits_five_seconds_then_longer_each_time() -> None:
    """Silence is answered by sending again from the first: after 5, 10, 20, 40 and then every 60 seconds."""
    window, now, waits = _window(), 0.0, []
    for _ in range(6):
        window.sent([1], now)
        wait = next(second for second in range(1, 200) if window.overdue(now + second))
        waits.append(wait)
        now += wait
        assert (window.through, window.in_flight) == (0, 0)
    assert waits == [5, 10, 20, 40, LONGEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS]


def test_a_receipt_restores_the_first_patience() -> None:
    """Once the hub has spoken, the next loss is noticed after 5 seconds again."""
    window = _window()
    window.sent([1], now=0.0)
    assert window.overdue(5.0)
    window.sent([1, 2], now=5.0)
    window.receipted(JournalReceipt(JOURNAL, 1))
    assert not window.overdue(9.9)
    assert window.overdue(10.0)


def test_jitter_spreads_the_gates() -> None:
    """Two gates that lost the hub at the same moment do not send again at the same moment."""
    early, late = _window(0.75), _window(1.25)
    for window in (early, late):
        window.sent([1], now=0.0)
    assert early.overdue(4.0)
    assert not late.overdue(6.0)


def test_what_a_receipt_covers_is_not_sent_again() -> None:
    """The journal may be marked a moment later than the receipt comes; its rows do not go twice."""
    window = _window()
    window.receipted(JournalReceipt(JOURNAL, 3, ((2, 2),)))
    rows: list[Row] = [(1, b""), (2, b""), (3, b""), (4, b"")]
    assert window.wanted(rows) == [(2, b""), (4, b"")]
    window.forget_receipt()
    assert window.wanted(rows) == rows


@given(BODIES, st.integers(1, 20), st.integers(1000, 9000))
def test_messages_keep_every_row_in_order_and_their_bounds(bodies: list[bytes], most_rows: int, most: int) -> None:
    """Nothing is lost or turned round; a list is over the bound only where one row alone is."""
    rows = list(enumerate(bodies, 1))
    parcels = messages(rows, most_rows, most)
    assert [row for parcel in parcels for row in parcel] == rows
    for parcel in parcels:
        assert 1 <= len(parcel) <= most_rows
        assert len(parcel) == 1 or sum(len(body) + ENVELOPE_BYTES for _, body in parcel) <= most
