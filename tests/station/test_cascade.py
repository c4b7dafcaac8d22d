"""From frame to frame: a code is seen at once and stays in view, and an empty lane costs next to nothing."""

from collections.abc import Iterator

import cv2
import pytest

from station.cameras import Pixels
from station.cameras.rehearsal import RehearsalCamera
from station.codes import Cascade, SeenCode, Sight, Step, dear_look, zbar, zxing
from tests.rehearsal.rendered import frames
from tests.station.held_codes import brick_wall, bytes_of, drawn, held_up, lane, shaken


class Asked:
    """A decoder that counts how often it is asked, and reads what it is told to."""

    def __init__(self, *data: bytes) -> None:
        self.times = 0
        self.reads = [SeenCode(each, "QRCode", ((0, 0), (9, 0), (9, 9), (0, 9))) for each in data]

    def __call__(self, pixels: Pixels) -> list[SeenCode]:
        self.times += 1
        return list(self.reads)


class Dear:
    """A dear look that counts how often it is begun, and in its last step reads what it is told to."""

    def __init__(self, *data: bytes, steps: int = 1) -> None:
        self.times = 0
        self.steps = steps
        self.reads = Asked(*data).reads
        self.brief: list[bool] = []
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, grey: Pixels, brief: bool) -> Iterator[Step]:
        self.times += 1
        self.brief.append(brief)
        self.shapes.append(grey.shape)
        for _ in range(self.steps - 1):
            yield None
        yield list(self.reads)


class Ticking:
    """A clock that goes on by one second each time it is read: a dear look gets one step a frame."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


class TestCascade:
    def test_a_code_is_seen_in_its_first_frame_and_gone_with_it(self):
        """Nothing is waited for: the frame in which a code appears gives it, the one in which it left does not."""
        cascade = Cascade()
        views = [lane(), held_up(b"GC1:A"), held_up(b"GC1:A"), lane(), held_up(b"GC1:B")]
        assert [bytes_of(cascade.look(view)) for view in views] == [[], [b"GC1:A"], [b"GC1:A"], [], [b"GC1:B"]]

    @pytest.mark.parametrize("scale", [2, 3, 4])
    def test_a_code_that_is_renewed_in_place_is_seen_at_once(self, scale):
        """A phone that shows its next code changes few pixels of the frame, and is read again all the same."""
        cascade = Cascade()
        for minute in range(20):
            data = b"%d" % minute
            assert bytes_of(cascade.look(held_up(data, scale=scale))) == [data]

    def test_an_empty_lane_is_hardly_looked_at(self):
        """Forty frames that differ by the sensor's noise alone cost one first look and one in eight, no dear one."""
        first, dear = Asked(), Dear()
        cascade = Cascade(first, dear)
        for seed in range(40):
            assert cascade.look(shaken(lane(), seed)) == []
        assert first.times == 1 + 39 // Cascade.LOOK_AGAIN
        assert dear.times == 0

    def test_the_rehearsals_empty_lane_is_never_given_a_dear_look(self):
        """An empty scene of the rehearsal camera is as cheap as an empty lane."""
        dear, camera = Dear(), RehearsalCamera(frames_per_second=1000)
        cascade = Cascade(zxing, dear)
        assert [cascade.look(camera.read().pixels) for _ in range(10)] == [[]] * 10
        assert dear.times == 0

    def test_every_frame_that_moved_is_looked_at(self):
        """While something moves the first decoder misses no frame."""
        first = Asked()
        cascade = Cascade(first, Dear())
        for step in range(20):
            cascade.look(held_up(b"GC1:A", left=100 + 10 * step))
        assert first.times == 20

    def test_a_still_wall_is_given_one_dear_look(self):
        """What the dear look could not read is not put before it again until something moves and it has rested."""
        dear = Dear()
        cascade = Cascade(Asked(), dear)
        for seed in range(40):
            cascade.look(shaken(brick_wall(), seed))
        assert dear.times == 1
        for _ in range(10):
            cascade.look(brick_wall(shift=16))
        assert dear.times == 2

    def test_a_familiar_crowd_that_moves_is_given_a_brief_look_now_and_then(self):
        """A tree in the wind costs little: the dear look rests, and is brief where it found nothing before."""
        dear = Dear()
        cascade = Cascade(Asked(), dear)
        for step in range(3 * Cascade.DEAR_REST):
            cascade.look(brick_wall(shift=16 * step))
        assert dear.times == 3
        assert dear.brief == [False, True, True]

    def test_somebody_who_walks_before_plain_ground_is_no_reason_to_look_at_a_wall_again(self):
        """A familiar crowd in which nothing changed is not given even a brief look."""
        dear = Dear()
        cascade = Cascade(Asked(), dear)
        for step in range(3 * Cascade.DEAR_REST):
            view = lane()
            view[:, :320] = brick_wall()[:, :320]
            view[200:700, 400 + 8 * step : 480 + 8 * step] = 60
            cascade.look(view)
        assert dear.times == 1

    def test_a_brief_look_is_at_what_changed_and_tells_where_in_the_frame(self):
        """A code before a familiar wall is read with its place, though only a part of the frame was looked at."""
        dear = Dear()
        cascade = Cascade(Asked(), dear)
        for step in range(2):
            cascade.look(brick_wall(16 * step))
        dear.reads = Asked(b"GC1:A").reads
        view = brick_wall()
        view[300:500, 640:840] = brick_wall(160)[300:500, 640:840]
        for _ in range(Cascade.DEAR_REST):
            assert cascade.look(brick_wall()) == []
        (code,) = cascade.look(view)
        assert dear.brief == [False, True]
        height, width = dear.shapes[-1]
        assert 200 < height < 500
        assert 200 < width < 500
        (left, top), _, (right, bottom), _ = code.corners
        assert (right - left, bottom - top) == (9, 9)
        assert 640 - 150 < left < 640
        assert 300 - 150 < top < 300

    def test_something_crowded_in_a_new_place_is_looked_at_at_once(self):
        """Whoever holds up a code before a familiar wall of leaves does not wait until the dear look has rested."""
        dear = Dear()
        cascade = Cascade(Asked(), dear)
        view = lane()
        view[:, :320] = brick_wall()[:, :320]
        cascade.look(view)
        dear.reads = Asked(b"GC1:A").reads
        view[200:400, 700:900] = brick_wall()[200:400, 700:900]
        assert bytes_of(cascade.look(view)) == [b"GC1:A"]
        assert dear.brief == [False, False]

    def test_what_only_the_dear_look_reads_stays_in_view(self):
        """A code held still does not flicker, though the first decoder finds nothing on every new look."""
        cascade = Cascade(Asked(), Dear(b"GC1:A"))
        assert [bytes_of(cascade.look(brick_wall())) for _ in range(40)] == [[b"GC1:A"]] * 40

    def test_a_dear_look_is_spread_over_frames(self):
        """However long it takes, one frame gets no more of it than its time allows, and its answer comes in the end."""
        dear = Dear(b"GC1:A", steps=5)
        cascade = Cascade(Asked(), dear, seconds=Ticking())
        seen = [bytes_of(cascade.look(brick_wall(16 * step))) for step in range(5)]
        assert seen == [[], [], [], [], [b"GC1:A"]]
        assert dear.times == 1

    def test_the_dear_look_is_not_asked_when_the_first_has_read(self):
        """Nothing outvotes zxing-cpp."""
        dear = Dear(b"wrong")
        cascade = Cascade(Asked(b"GC1:A"), dear)
        assert [bytes_of(cascade.look(brick_wall(16 * step))) for step in range(10)] == [[b"GC1:A"]] * 10
        assert dear.times == 0

    def test_a_dear_look_that_is_under_way_ends_when_the_first_decoder_reads(self):
        """A late answer about an earlier picture does not come between."""
        first, dear = Asked(), Dear(b"late", steps=3)
        cascade = Cascade(first, dear, seconds=Ticking())
        cascade.look(brick_wall())
        first.reads = Asked(b"GC1:A").reads
        assert [bytes_of(cascade.look(brick_wall(16 * step))) for step in range(1, 6)] == [[b"GC1:A"]] * 5

    def test_a_code_that_is_seen_and_cannot_be_read_is_told_of(self):
        """The kiosk can draw a frame around it, until it is read or gone."""
        sight = Sight(((0, 0), (9, 0), (9, 9), (0, 9)), 2.0, 100.0, 0.8)
        cascade = Cascade(Asked(), lambda _grey, _brief: iter([None, sight]))
        cascade.look(brick_wall())
        assert cascade.sight == sight
        cascade.look(lane())
        assert cascade.sight is None

    def test_the_answer_belongs_to_the_caller(self):
        """Emptying the list one was given does not empty the next one."""
        cascade = Cascade()
        cascade.look(held_up(b"GC1:A")).clear()
        assert bytes_of(cascade.look(held_up(b"GC1:A"))) == [b"GC1:A"]

    def test_frames_may_change_their_size(self):
        """A scene of another size has moved."""
        cascade = Cascade()
        assert cascade.look(lane()) == []
        assert bytes_of(cascade.look(drawn(b"GC1:A"))) == [b"GC1:A"]

    def test_a_glare_that_wanders_is_seen_through_by_several_frames_together(self):
        """Each frame lacks another part of the code; together they have enough."""
        cascade = Cascade()
        code = drawn(b"GC1:" + b"NCFOXN%TSMAHN-H" * 8, 6)
        seen: list[bytes] = []
        for height in (0.46, 0.72, 0.46, 0.72):
            view = lane()[:, :, 0].copy()
            burnt = code[:, :, 0].copy()
            side = len(burnt)
            cv2.ellipse(burnt, (side // 2, round(side * height)), (side // 3, side // 7), 0, 0, 360, 255, -1)
            assert [step for step in dear_look(burnt) if isinstance(step, list) and step] == []
            view[100 : 100 + side, 400 : 400 + side] = burnt
            for _ in range(40):
                seen += bytes_of(cascade.look(view))
        assert set(seen) == {b"GC1:" + b"NCFOXN%TSMAHN-H" * 8}


class TestHardFrames:
    def test_the_cascade_reads_more_of_hard_frames_than_both_decoders(self):
        """Of frames with tilt, shaking, glare, dark and distance at least 1.03 times as many, none of them wrongly."""
        ours = theirs = 0
        for each in frames(seed=7, troubles=("motion", "glare", "dark", "mixed")):
            theirs += {code.data for code in zxing(each.grey) or zbar(each.grey)} == {each.data}
            cascade, clock = Cascade(), iter(range(40))
            seen = next((read for _ in clock if (read := bytes_of(cascade.look(each.grey)))), [])
            assert seen in ([], [each.data])
            ours += bool(seen)
        assert ours >= 1.03 * theirs
