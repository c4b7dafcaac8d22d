"""A message of backlog grows while the hub keeps up, and shrinks at once when it does not."""

from station.uplink.batch import FEWEST_ROWS, FIRST_ROWS, MOST_ROWS, SLOW_SECONDS, SWIFT_SECONDS, Batch


def test_grows_while_receipts_come_quickly() -> None:
    """From a first small message to the largest within a few dozen of them."""
    batch = Batch()
    assert batch.rows == FIRST_ROWS
    for number in range(1, 30):
        before = batch.rows
        batch.arrived(number, SWIFT_SECONDS, number)
        assert before < batch.rows <= MOST_ROWS or batch.rows == MOST_ROWS
    assert batch.rows == MOST_ROWS


def test_stays_where_the_hub_is_just_busy() -> None:
    """Between quick and slow lies the size that suits this hub."""
    batch = Batch()
    batch.arrived(1, 0.0, 1)
    grown = batch.rows
    batch.arrived(2, (SWIFT_SECONDS + SLOW_SECONDS) / 2, 2)
    assert batch.rows == grown > FIRST_ROWS


def test_a_long_line_is_not_a_busy_hub() -> None:
    """Where every receipt takes six seconds, messages still grow; over the next line that counts anew."""
    batch = Batch()
    for number in range(1, 30):
        batch.arrived(number, 6.0, number)
    assert batch.rows == MOST_ROWS
    batch.arrived(30, 6.0 + SLOW_SECONDS + 0.1, 30)
    assert batch.rows == MOST_ROWS // 2
    batch.connected()
    batch.arrived(31, 20.0, 31)
    assert batch.rows > MOST_ROWS // 2


def test_one_cause_halves_it_once() -> None:
    """Six messages late for one reason are one reason; only what left after it counts again."""
    batch = Batch()
    batch.arrived(1, 0.0, newest=1)
    grown = batch.rows
    for number in range(2, 8):
        batch.arrived(number, SLOW_SECONDS + 1, newest=7)
    assert batch.rows == grown // 2
    batch.lost(8, newest=9)
    assert batch.rows == grown // 4


def test_never_less_than_a_few_and_never_more_than_it_may() -> None:
    """Loss after loss ends at a few rows; a station with a lower bound of its own keeps to that."""
    batch = Batch()
    for number in range(1, 20):
        batch.lost(number, number)
    assert batch.rows == FEWEST_ROWS
    small = Batch(4)
    small.arrived(1, 0.0, 1)
    small.lost(2, 2)
    assert small.rows == 4
