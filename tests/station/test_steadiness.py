"""A link that keeps breaking is noticed; one that broke now and then is not."""

from station.uplink.steadiness import Steadiness


def _lives(link: Steadiness, *seconds: float) -> float:
    now = 0.0
    for each in seconds:
        link.begins(now)
        now += each
        link.ends(now)
    return now


def test_three_short_connections_in_a_row_are_an_alarm() -> None:
    """Two machines with one identity are found out at the third push."""
    link = Steadiness()
    _lives(link, 1, 1)
    assert not link.shaky
    _lives(link, 1)
    assert link.shaky


def test_a_lasting_connection_between_them_is_an_accident() -> None:
    """Short breaks far from each other are what radio links do."""
    link = Steadiness()
    _lives(link, 1, 1, 3600, 1, 1)
    assert not link.shaky


def test_attempts_that_fail_are_not_connections() -> None:
    """A broker that is simply off makes no link shaky."""
    link = Steadiness()
    for second in range(10):
        link.ends(float(second))
    assert not link.shaky


def test_it_settles_when_a_connection_lasts() -> None:
    """The alarm ends by itself, once."""
    link = Steadiness()
    now = _lives(link, 1, 1, 1)
    link.begins(now)
    assert [link.settles(now + 29), link.settles(now + 30), link.settles(now + 31)] == [False, True, False]
    assert not link.shaky
