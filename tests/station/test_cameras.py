"""The eyes of a lane: every backend hands out frames alike, and a camera that is gone says so."""

import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from station.cameras import BACKENDS, CameraFailed, Pixels, open_camera
from station.cameras.file import FileCamera
from station.cameras.pictures import decode_picture
from station.cameras.rehearsal import RehearsalCamera
from station.cameras.v4l2 import V4l2Camera

FAST = 1000.0
PATIENCE = 10.0


def plain(level: int, width: int = 64, height: int = 48) -> Pixels:
    return np.full((height, width, 3), level, dtype=np.uint8)


def save(path: Path, pixels: Pixels) -> Path:
    path.write_bytes(cv2.imencode(path.suffix, pixels)[1].tobytes())
    return path


def level(pixels: Pixels) -> int:
    return round(float(pixels.mean()))


class TestChoice:
    def test_an_unknown_backend_is_refused_with_the_known_ones(self):
        """A typing error in the settings is answered with the names that exist."""
        with pytest.raises(ValueError, match="'vl42': choose one of file, rehearsal, v4l2"):
            open_camera("vl42", "0", 1280, 720, 30)

    @pytest.mark.parametrize(("width", "height", "rate"), [(0, 720, 30), (1280, -1, 30), (1280, 720, 0), (1, 1, -5)])
    def test_impossible_sizes_and_rates_are_refused(self, width, height, rate):
        """A camera of no pixels or no frames is a mistake in the settings, not a dark lane."""
        with pytest.raises(ValueError, match="a camera cannot give"):
            open_camera("rehearsal", "", width, height, rate)

    def test_a_backend_opens_by_its_name(self, tmp_path):
        """The settings' name is all it takes to have a camera."""
        picture = save(tmp_path / "code.png", plain(7))
        assert open_camera("file", str(picture), 1, 1, FAST).read().pixels.shape == (48, 64, 3)
        assert open_camera("rehearsal", "", 320, 240, FAST).read().pixels.shape == (240, 320, 3)
        assert sorted(BACKENDS) == ["file", "rehearsal", "v4l2"]


class TestFile:
    def test_a_picture_is_shown_for_ever_and_frames_are_counted(self, tmp_path):
        """One picture stands before the gate until the camera is closed; numbers count up from 1."""
        camera = FileCamera(str(save(tmp_path / "code.png", plain(90))), FAST)
        frames = [camera.read() for _ in range(3)]
        assert [frame.number for frame in frames] == [1, 2, 3]
        assert {level(frame.pixels) for frame in frames} == {90}
        assert frames[0].taken_at <= frames[1].taken_at <= frames[2].taken_at <= time.monotonic()

    def test_a_folder_is_played_in_the_order_of_its_names_over_and_over(self, tmp_path):
        """Pictures of a folder follow each other by name, other files are passed over."""
        for name, shade in (("b.png", 20), ("a.PNG", 10), ("c.jpg", 30)):
            save(tmp_path / name, plain(shade))
        (tmp_path / "notes.txt").write_text("not a picture")
        camera = FileCamera(str(tmp_path), FAST)
        assert [level(camera.read().pixels) for _ in range(5)] == [10, 20, 30, 10, 20]

    def test_a_video_is_played_over_and_over(self, tmp_path):
        """After its last frame a video begins anew."""
        path = tmp_path / "lane.avi"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
        for shade in (30, 130, 230):
            writer.write(plain(shade))
        writer.release()
        camera = FileCamera(str(path), FAST)
        shades = [level(camera.read().pixels) for _ in range(6)]
        assert shades == pytest.approx([30, 130, 230] * 2, abs=4)

    def test_frames_never_come_faster_than_the_rate(self, tmp_path):
        """Six frames at 50 a second take at least five periods."""
        camera = FileCamera(str(save(tmp_path / "code.png", plain(90))), 50)
        frames = [camera.read() for _ in range(6)]
        assert frames[-1].taken_at - frames[0].taken_at >= 5 / 50 - 0.001

    def test_a_path_without_anything_is_a_failed_camera(self, tmp_path):
        """The message names the path and what may stand there."""
        with pytest.raises(CameraFailed, match=r"absent\.png: name a picture, a folder"):
            FileCamera(str(tmp_path / "absent.png"), FAST)

    def test_an_empty_folder_is_a_failed_camera(self, tmp_path):
        """A folder without pictures fails at once rather than waiting for ever."""
        with pytest.raises(CameraFailed, match="no pictures in"):
            FileCamera(str(tmp_path), FAST)

    @pytest.mark.parametrize("name", ["broken.png", "empty.jpg", "broken.mp4"])
    def test_a_broken_file_is_a_failed_camera(self, tmp_path, name):
        """Bytes that are neither picture nor video are named by their file."""
        (tmp_path / name).write_bytes(b"" if name.startswith("empty") else b"\x89PNG\r\n\x1a\n not really")
        with pytest.raises(CameraFailed, match=name):
            FileCamera(str(tmp_path / name), FAST)

    def test_a_folder_that_loses_its_pictures_fails_and_stays_failed(self, tmp_path):
        """A source that vanished while playing raises CameraFailed each time, and nothing else."""
        picture = save(tmp_path / "code.png", plain(90))
        camera = FileCamera(str(tmp_path), FAST)
        camera.read()
        picture.unlink()
        for _ in range(2):
            with pytest.raises(CameraFailed):
                camera.read()

    def test_a_closed_file_camera_gives_no_frame(self, tmp_path):
        """A read after close raises instead of playing on."""
        camera = FileCamera(str(save(tmp_path / "code.png", plain(90))), FAST)
        camera.close()
        camera.close()
        with pytest.raises(CameraFailed, match="closed"):
            camera.read()


class TestPictures:
    def test_transparent_is_white(self):
        """A code saved without its white background reads as it looks on paper."""
        stored = np.zeros((8, 8, 4), dtype=np.uint8)
        stored[:, :4, 3] = 255
        seen = decode_picture(cv2.imencode(".png", stored)[1].tobytes())
        assert seen.shape == (8, 8, 3)
        assert level(seen[:, :4]) == 0
        assert level(seen[:, 4:]) == 255

    def test_transparent_is_white_also_in_sixteen_bits(self):
        """Some drawing programs save two bytes a colour."""
        stored = np.zeros((8, 8, 4), dtype=np.uint16)
        stored[:, :4, 3] = 65535
        seen = decode_picture(cv2.imencode(".png", stored)[1].tobytes())
        assert level(seen[:, :4]) == 0
        assert level(seen[:, 4:]) == 255

    def test_a_picture_with_a_longer_side_than_a_decoder_takes_is_refused(self):
        """The decoders would raise."""
        ribbon = cv2.imencode(".png", np.zeros((2, 65536), dtype=np.uint8))[1].tobytes()
        with pytest.raises(ValueError, match="65536 pixels"):
            decode_picture(ribbon)

    def test_a_grey_picture_comes_as_three_channels(self):
        """Whatever a file stores, a camera gives height x width x 3."""
        grey = np.full((5, 9), 77, dtype=np.uint8)
        seen = decode_picture(cv2.imencode(".png", grey)[1].tobytes())
        assert seen.shape == (5, 9, 3)
        assert level(seen) == 77


class Unplugged:
    """A capture that gives `good` frames and then fails, as a device does when its cable is pulled."""

    def __init__(self, good: int) -> None:
        self.good = good
        self.released = False

    def read(self):
        self.good -= 1
        return (True, plain(5)) if self.good >= 0 else (False, None)

    def release(self):
        self.released = True


class TestV4l2:
    def test_an_absent_device_is_named(self):
        """The guard reads which device is missing and what to do; an index means /dev/videoN."""
        with pytest.raises(CameraFailed, match="no camera at /dev/video98: plug it in"):
            V4l2Camera.open("98", 1280, 720, 30)

    def test_a_device_that_is_no_camera_is_named(self):
        """Something that exists but does not open as a camera gives a sentence, not a dark picture."""
        with pytest.raises(CameraFailed, match="/dev/null does not open as a camera"):
            V4l2Camera.open("/dev/null", 1280, 720, 30)

    def test_a_lost_camera_raises(self):
        """Frames are counted until the cable is pulled; then every read says so."""
        capture = Unplugged(good=2)
        camera = V4l2Camera(capture, "/dev/video0")
        assert [camera.read().number for _ in range(2)] == [1, 2]
        for _ in range(2):
            with pytest.raises(CameraFailed, match="/dev/video0 stopped giving frames"):
                camera.read()
        camera.close()
        assert capture.released


@pytest.fixture
def camera():
    opened = RehearsalCamera(width=64, height=48, frames_per_second=20)
    yield opened
    opened.close()


class TestRehearsal:
    def test_the_lane_is_empty_at_first_and_after_clear(self, camera):
        """An empty lane is dull grey with a little noise, the same each time."""
        empty = camera.read().pixels
        camera.show(plain(255))
        assert level(camera.read().pixels) == 255
        camera.clear()
        again = camera.read().pixels
        assert np.array_equal(empty, again)
        assert 110 < level(empty) < 126
        assert 0 < empty.std() < 5

    def test_the_empty_lane_is_720p_unless_said_otherwise(self):
        """The default scene has the size that the decoders are measured with."""
        assert RehearsalCamera().read().pixels.shape == (720, 1280, 3)

    def test_a_scene_stays_until_it_is_changed_and_its_looks_are_counted(self, camera):
        """What is held up stays in view; looks begin anew with each scene."""
        camera.show(plain(200))
        assert camera.looks == 0
        assert [level(camera.read().pixels) for _ in range(3)] == [200, 200, 200]
        assert camera.looks == 3
        camera.show(plain(100))
        assert camera.looks == 0

    def test_an_unchanged_scene_comes_at_the_frame_rate(self, camera):
        """Looking again at the same scene waits for the camera's rate."""
        camera.show(plain(200))
        frames = [camera.read() for _ in range(3)]
        assert frames[-1].taken_at - frames[0].taken_at >= 2 / 20 - 0.001

    def test_a_new_scene_is_seen_without_waiting_for_the_rate(self):
        """A reader that waits for the next frame of a slow camera wakes up when the scene changes."""
        slow = RehearsalCamera(64, 48, frames_per_second=0.001)
        slow.read()
        seen = []
        reader = threading.Thread(target=lambda: seen.append(slow.read()))
        reader.start()
        slow.show(plain(33))
        reader.join(PATIENCE)
        assert [level(frame.pixels) for frame in seen] == [33]

    def test_wait_looks_tells_when_the_gate_has_looked_often_enough(self, camera):
        """The world waits for the gate's second look, which means the first has been worked through."""
        camera.show(plain(50))
        reader = threading.Thread(target=lambda: [camera.read() for _ in range(2)])
        reader.start()
        assert camera.wait_looks(2, PATIENCE)
        reader.join(PATIENCE)
        assert camera.looks == 2

    def test_wait_looks_gives_up(self, camera):
        """A gate that does not look is noticed, not waited for."""
        assert not camera.wait_looks(1, timeout=0.01)

    def test_a_failed_camera_raises_until_it_is_mended(self, camera):
        """The world breaks the camera with its own words, and mends it again."""
        camera.fail("the cable was cut")
        for _ in range(2):
            with pytest.raises(CameraFailed, match="the cable was cut"):
                camera.read()
        camera.mend()
        assert camera.read().number == 1

    def test_a_waiting_reader_hears_of_the_failure(self):
        """A camera that breaks while the gate waits for a frame does not leave it waiting."""
        slow = RehearsalCamera(64, 48, frames_per_second=0.001)
        slow.read()
        heard = []

        def read():
            with pytest.raises(CameraFailed) as failure:
                slow.read()
            heard.append(str(failure.value))

        reader = threading.Thread(target=read)
        reader.start()
        slow.fail("the cable was cut")
        reader.join(PATIENCE)
        assert heard == ["the cable was cut"]

    def test_a_closed_camera_can_be_opened_again_by_mending(self, camera):
        """The gate closes a lost camera; the world, which keeps it, mends it, and it sees the same scene."""
        camera.show(plain(60))
        camera.fail("the cable was cut")
        camera.close()
        with pytest.raises(CameraFailed, match="the cable was cut"):
            camera.read()
        camera.mend()
        assert level(camera.read().pixels) == 60

    def test_what_was_shown_cannot_be_changed_behind_its_back(self, camera):
        """The scene is a copy: painting over the caller's picture leaves it as it was, and frames are read-only."""
        picture = plain(60)
        camera.show(picture)
        picture[:] = 0
        seen = camera.read().pixels
        assert level(seen) == 60
        with pytest.raises(ValueError, match="read-only"):
            seen[:] = 0

    @pytest.mark.parametrize(
        "wrong",
        [np.zeros((4, 4), dtype=np.float64), np.zeros((4, 4, 4), dtype=np.uint8), np.zeros((0, 4), dtype=np.uint8)],
    )
    def test_only_pictures_can_be_shown(self, camera, wrong):
        """What no camera could give is refused where it is held up."""
        with pytest.raises(ValueError, match="grey or BGR"):
            camera.show(wrong)
