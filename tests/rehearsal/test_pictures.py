"""What the rehearsal's camera sees: as readable as its kind says, repeatable, and no code when nobody is there."""

import random
from collections.abc import Callable

import numpy as np
import pytest
import zxingcpp

from tests.rehearsal.backdrop import Frame
from tests.rehearsal.held import Carrier
from tests.rehearsal.pictures import Kind, Scene, blank, damaged, foreign, render, scene

CARRIERS: tuple[Carrier, ...] = ("paper", "phone")
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
TRIES = 50  # of each carrier


def read(frame: Frame) -> list[str]:
    """Every QR code's text in the frame."""
    return [code.text for code in zxingcpp.read_barcodes(frame, formats=QR)]


def a_pass(rng: random.Random, carrier: Carrier) -> str:
    """As long as a pass is on that carrier: a phone's signs the time as well."""
    return "GC1:" + "".join(rng.choices(ALPHABET, k=369 if carrier == "phone" else 180))


def shown(kind: Kind, carrier: Carrier, tries: int = TRIES, size: tuple[int, int] = (1280, 720)) -> float:
    """The share of such pictures in which the very text is found."""
    rng = random.Random(2021)
    hits = 0
    for _ in range(tries):
        text = a_pass(rng, carrier)
        hits += text in read(render(text, scene(kind, carrier, rng), rng, size))
    return hits / tries


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [("easy", 1.0, 1.0), ("ordinary", 0.98, 1.0), ("hard", 0.6, 0.95), ("hopeless", 0.0, 0.0)],
)
def test_each_kind_of_scene_is_as_readable_as_it_says(kind: Kind, carrier: Carrier, least: float, most: float) -> None:
    assert least <= shown(kind, carrier) <= most


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_hopeless_scene_is_beyond_the_second_decoder_too(carrier: Carrier) -> None:
    """A declared unreadable must stay unreadable whatever the station's cascade tries."""
    pyzbar = pytest.importorskip("pyzbar.pyzbar")
    rng = random.Random(2)
    for _ in range(20):
        frame = render(a_pass(rng, carrier), scene("hopeless", carrier, rng), rng)
        assert not pyzbar.decode(frame)


@pytest.mark.parametrize("size", [(640, 480), (1920, 1080)])
def test_other_cameras_see_the_same_scene(size: tuple[int, int]) -> None:
    frame = render("GC1:SMALL", Scene(), random.Random(1), size)
    assert frame.shape == (size[1], size[0], 3)
    assert read(frame) == ["GC1:SMALL"]


def test_the_same_randomness_gives_the_same_frame_whatever_was_rendered_between() -> None:
    """What is kept between frames is never drawn upon."""

    def once() -> Frame:
        return render("GC1:AGAIN", scene("hard", "phone", random.Random(3)), random.Random(4))

    first = once()
    for seed in range(12):
        render("GC1:OTHER", scene("ordinary", "paper", random.Random(seed)), random.Random(seed))
        blank(random.Random(seed))
    assert np.array_equal(first, once())
    assert first.dtype == np.uint8


def test_a_gate_keeps_its_view_whoever_comes() -> None:
    """The camera does not move: far from hand and person the pixels of a view stay, and another view's differ."""

    def corner(view: int, seed: int) -> float:
        plain = Scene(view=view, noise=0)
        return float(render("GC1:X", plain, random.Random(seed))[20:60, 1100:1260].mean())

    assert corner(0, 1) == corner(0, 2) == corner(0, 3)
    assert corner(0, 1) > corner(1, 1) + 50


def test_nobody_there_holds_no_code() -> None:
    assert not [text for seed in range(30) for text in read(blank(random.Random(seed)))]


@pytest.mark.parametrize("seed", range(20))
def test_a_foreign_code_reads_as_itself_and_is_no_pass(seed: int) -> None:
    rng = random.Random(seed)
    text = foreign(rng)
    assert not text.startswith("GC1:")
    assert read(render(text, scene("easy", "phone", rng), rng)) == [text]


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_pass_is_a_readable_code_of_the_same_length_with_other_letters(seed: int) -> None:
    rng = random.Random(seed)
    whole = a_pass(rng, "paper")
    broken = damaged(whole, rng)
    assert broken.startswith("GC1:")
    assert len(broken) == len(whole)
    assert sum(a != b for a, b in zip(broken, whole, strict=True)) == 3
    assert set(broken) <= set(ALPHABET)
    assert read(render(broken, scene("easy", "paper", rng), rng)) == [broken]


@pytest.mark.parametrize(
    "trait",
    [
        lambda amount: Scene(blur_px=12 * amount),
        lambda amount: Scene(distance=160 + 900 * amount),
        lambda amount: Scene(brightness=1 - 0.97 * amount, noise=14),
        lambda amount: Scene(glare=2 * amount),
        lambda amount: Scene(tilt=84 * amount),
    ],
    ids=["blur", "distance", "dark", "glare", "tilt"],
)
def test_every_trait_can_spoil_a_picture_by_itself(trait: Callable[[float], Scene]) -> None:
    """A trait that changed nothing would make the hard scenes easier than they say."""
    text = a_pass(random.Random(5), "phone")
    assert all(read(render(text, trait(0), random.Random(seed))) == [text] for seed in range(5))
    assert not any(read(render(text, trait(1), random.Random(seed))) == [text] for seed in range(5))


def test_a_turned_code_is_read_at_every_angle() -> None:
    for angle in range(0, 360, 30):
        assert read(render("GC1:TURNED", Scene(angle_degrees=angle), random.Random(angle))) == ["GC1:TURNED"]
