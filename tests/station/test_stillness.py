"""Whether anything moved in the lane, where, and whether it is worth a second look: the cheap questions."""

import cv2
import numpy as np
import pytest

from station.stillness import Stillness, area_of, changed, crowded
from tests.station.held_codes import brick_wall, held_up, lane, shaken


class TestStillness:
    def test_the_first_frame_has_moved(self):
        """Nothing is known before the first frame."""
        assert Stillness().moved(lane())

    def test_a_slow_change_adds_up(self):
        """A lens that settles, or the dusk, shows against the last frame that had moved, not against the one before."""
        stillness = Stillness()
        stillness.moved(lane(100))
        moved = [stillness.moved(lane(100 + step)) for step in range(1, 31)]
        assert moved[0] is False
        assert any(moved)

    @pytest.mark.parametrize("size", [(1, 1), (8, 8), (4, 8), (1, 40), (40, 1)])
    def test_the_smallest_frame_is_looked_at_again(self, size):
        """Any picture may be held up on the rehearsal page."""
        stillness = Stillness()
        assert [stillness.moved(np.zeros(size, dtype=np.uint8)) for _ in range(2)] == [True, False]

    def test_a_wall_is_crowded_and_a_plain_lane_is_not(self):
        """Crowded means edges both ways in one place; a stripe or a plain lane is not."""
        stripes = np.zeros((720, 1280), dtype=np.uint8)
        stripes[:, ::16] = 255
        assert crowded(brick_wall()[:, :, 0])
        assert not crowded(cv2.cvtColor(shaken(lane(), 1), cv2.COLOR_BGR2GRAY))
        assert not crowded(stripes)

    def test_what_changed_is_told_where(self):
        """Blocks near the change and no others; a frame of another size has changed everywhere."""
        before = Stillness()
        before.moved(lane())
        now = Stillness()
        now.moved(held_up(b"GC1:A", left=640, top=320))
        where = changed(before.samples, now.samples)
        assert where[11, 21]
        assert not where[:8].any()
        assert not where[:, :18].any()
        down, across = area_of(where, 0)
        assert 256 <= down.start <= 320 < 420 <= down.stop <= 500
        assert 576 <= across.start <= 640 < 740 <= across.stop <= 820
        assert changed(before.samples, now.samples[:50]).all()

    @pytest.mark.parametrize("scale", [2, 3, 5, 8])
    def test_every_code_is_crowded(self, scale):
        """The cheap question never stands between a code and the second decoder."""
        assert crowded(held_up(b"GC1:A", scale=scale)[:, :, 1])
