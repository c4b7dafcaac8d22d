"""Eyes and feeler: what they post, and that a sensor that is lost is said to be lost and found again."""

import queue
from itertools import count

import numpy as np
import pytest

from station.cameras import CameraFailed, Pixels
from station.cameras.pictures import decode_picture
from station.cameras.rehearsal import RehearsalCamera
from station.codes import SeenCode
from station.eyes import NO_PICTURE, PREVIEW_WIDTH, Eyes
from station.feeler import Feeler
from station.inbox import Faulty, Felt, Looked, Post
from station.thermometers.rehearsal import RehearsalThermometer

PATIENCE = 20.0


class Inbox:
    """What was posted, in order."""

    def __init__(self) -> None:
        self._posts: queue.SimpleQueue[Post] = queue.SimpleQueue()
        self.post = self._posts.put

    def until(self, wanted: type[Post], **fields: object) -> Post:
        """The next post of that kind whose fields are as given; fails when none comes."""
        for _ in count():
            post = self._posts.get(timeout=PATIENCE)
            if isinstance(post, wanted) and all(getattr(post, name) == value for name, value in fields.items()):
                return post
        raise AssertionError


def brightness(pixels: Pixels) -> list[SeenCode]:
    """A cascade of the test: the code is how bright the picture is."""
    return [SeenCode(b"%d" % int(pixels.max()), "QRCode", ((0, 0),) * 4)]


@pytest.fixture
def inbox():
    return Inbox()


@pytest.fixture
def camera():
    return RehearsalCamera(1280, 720, 200.0)


@pytest.fixture
def eyes(camera, inbox):
    eyes = Eyes(lambda: camera, brightness, inbox.post, retry_seconds=0.01)
    yield eyes
    eyes.stop()


@pytest.fixture
def thermometer():
    return RehearsalThermometer(period=0.005)


@pytest.fixture
def feeler(thermometer, inbox):
    feeler = Feeler(lambda: thermometer, inbox.post, retry_seconds=0.01)
    yield feeler
    feeler.stop()


class TestEyes:
    def test_every_frame_is_looked_at_and_posted_with_its_time(self, eyes, camera, inbox):
        """What is held up reaches the loop, stamped with when the frame was in hand."""
        eyes.start()
        first = inbox.until(Looked)
        camera.show(np.full((48, 64, 3), 200, np.uint8))
        seen = inbox.until(Looked, codes=tuple(brightness(np.full((1, 1), 200, np.uint8))))
        assert seen.taken_at >= first.taken_at

    def test_a_lost_camera_is_said_and_found_again(self, eyes, camera, inbox):
        """Unplugged, the guard reads why; plugged in again, the gate sees by itself."""
        eyes.start()
        inbox.until(Faulty, part="camera", sentence="")
        camera.fail("the plug is out")
        inbox.until(Faulty, part="camera", sentence=f"{NO_PICTURE} / the plug is out")
        assert eyes.preview() is None
        camera.mend()
        inbox.until(Faulty, part="camera", sentence="")
        inbox.until(Looked)

    def test_a_camera_that_does_not_open_is_tried_again(self, camera, inbox):
        """The first attempts fail, a later one succeeds."""
        attempts = count(1)

        def open_camera() -> RehearsalCamera:
            if next(attempts) < 3:
                raise CameraFailed("no camera at /dev/video0")
            return camera

        eyes = Eyes(open_camera, brightness, inbox.post, retry_seconds=0.01)
        eyes.start()
        inbox.until(Faulty, sentence=f"{NO_PICTURE} / no camera at /dev/video0")
        inbox.until(Faulty, sentence="")
        eyes.stop()

    def test_a_decoder_that_stumbles_does_not_blind_the_gate(self, camera, inbox, caplog):
        """An error nobody foresaw is a fault on the screen, not a dead thread behind a green light."""
        frames = count(1)

        def look(pixels: Pixels) -> list[SeenCode]:
            if next(frames) == 2:
                raise ZeroDivisionError
            return brightness(pixels)

        def open_camera() -> RehearsalCamera:
            camera.mend()
            return camera

        eyes = Eyes(open_camera, look, inbox.post, retry_seconds=0.01)
        eyes.start()
        stumbled = f"{NO_PICTURE} / the camera's pictures cannot be looked at (ZeroDivisionError)"
        fault = inbox.until(Faulty, part="camera", sentence=stumbled)
        assert fault
        inbox.until(Looked)
        eyes.stop()
        assert "stumbled" in caplog.text

    def test_a_preview_is_made_when_it_is_asked_for_and_once_a_frame(self, eyes, camera, inbox):
        """A JPEG of 640 pixels' width, and the same bytes for two screens that ask for the same frame."""
        assert eyes.preview() is None
        eyes.start()
        inbox.until(Looked)
        eyes.stop()
        picture = eyes.preview()
        assert picture is not None
        assert decode_picture(picture).shape == (360, PREVIEW_WIDTH, 3)
        assert eyes.preview() is picture


class TestFeeler:
    def test_foreheads_come_as_they_are(self, feeler, thermometer, inbox):
        """Nothing is judged or dropped on the way to the loop."""
        thermometer.forehead(36.6)
        feeler.start()
        assert feeler.wait_felt(36.6, PATIENCE)
        assert inbox.until(Felt).reading.object_celsius == 36.6
        thermometer.nobody()
        assert feeler.wait_felt(None, PATIENCE)
        assert not feeler.wait_felt(40.0, 0.0)

    def test_a_lost_thermometer_is_said_and_found_again(self, feeler, thermometer, inbox):
        """The guard reads why, and it works on by itself once it can."""
        feeler.start()
        inbox.until(Faulty, part="thermometer", sentence="")
        thermometer.fail("no answer on the bus")
        inbox.until(Faulty, part="thermometer", sentence="no answer on the bus / no answer on the bus")
        thermometer.mend()
        inbox.until(Faulty, part="thermometer", sentence="")
        inbox.until(Felt)
