"""The second look: what the quick decoders see and cannot read is mended, and nothing is read where nothing is."""

import random

import cv2
import numpy as np
import pytest
import segno
import zxingcpp

from station.cameras import Pixels
from station.codes import zbar, zxing
from station.qr.flat import Flat
from station.qr.mend import CERTAIN_BITS
from station.qr.reed_solomon import certainty, corrected
from station.qr.second import Read, second_look
from station.qr.symbol import LEVELS, VERSIONS, blocks, format_places, format_words, layout
from tests.rehearsal.pictures import blank

TEXT = b"GC1:" + b"NCFOXN%TSMAHN-H" * 8


def modules(data: bytes, version: int | None = None, level: str = "m", mask: int | None = None) -> Pixels:
    code = segno.make(data, version=version, error=level, micro=False, boost_error=False, mask=mask, mode="byte")
    return np.array([list(row) for row in code.matrix_iter(border=0)], dtype=np.uint8)


def picture(dark: Pixels, scale: int = 6) -> Pixels:
    """Dark modules as a grey picture with its quiet zone."""
    light = np.pad(np.where(dark == 1, 30, 220).astype(np.uint8), 5, constant_values=220)
    return np.kron(light, np.ones((scale, scale), np.uint8))


def texts(grey: Pixels) -> set[bytes]:
    return {step.barcode.bytes for step in second_look(grey) if isinstance(step, Read)}


class TestLayout:
    @pytest.mark.parametrize("version", [1, 2, 6, 7, 14, 15, 22, 28, 32, 36, 39, 40])
    def test_fixed_modules_lie_where_another_maker_of_codes_puts_them(self, version):
        """Finder, timing and alignment patterns of all versions are where segno draws them."""
        known = layout(version).known
        drawn = modules(b"A", version, "l")
        assert known.shape == drawn.shape
        assert ((known == 0) | ((known > 0) == (drawn == 1))).all()

    @pytest.mark.parametrize("version", VERSIONS)
    @pytest.mark.parametrize("level", LEVELS)
    def test_blocks_take_every_codeword_once(self, version, level):
        """No codeword is dealt out twice or left over, and data outnumber nothing they should not."""
        dealt = [place for block in blocks(version, level) for place in block.places]
        assert sorted(dealt) == list(range(layout(version).codewords))
        lengths = {len(block.places) for block in blocks(version, level)}
        assert max(lengths) - min(lengths) <= 1

    @pytest.mark.parametrize("mask", range(8))
    @pytest.mark.parametrize("level", LEVELS)
    def test_format_words_are_those_that_another_maker_writes(self, level, mask):
        """Level and mask are found in both places of a code that segno drew."""
        dark = modules(b"A", 3, level.lower(), mask)
        word = next(bits for named, number, bits in format_words() if (named, number) == (level, mask))
        for places in format_places(len(dark)):
            assert (dark[tuple(np.array(places).T)] == (word > 0)).all()


def encoded(data: list[int], correction: int) -> np.ndarray:
    """Data with correction codewords behind them, by division through the generator."""
    exp, log, value = [0] * 512, [0] * 256, 1
    for at in range(255):
        exp[at] = exp[at + 255] = value
        log[value] = at
        value = value << 1 ^ (0x11D if value & 0x80 else 0)
    generator = [1]
    for power in range(correction):
        shifted = [0] + [exp[log[each] + power] if each else 0 for each in generator]
        generator = [one ^ other for one, other in zip([*generator, 0], shifted, strict=True)]
    rest = data + [0] * correction
    for at in range(len(data)):
        if factor := rest[at]:
            for step in range(1, len(generator)):
                rest[at + step] ^= exp[log[generator[step]] + log[factor]]
    return np.array(data + rest[len(data) :], dtype=np.uint8)


class TestReedSolomon:
    @pytest.mark.parametrize("correction", [7, 10, 16, 22, 30])
    def test_errors_and_erasures_up_to_the_bound_are_corrected(self, correction):
        """Twice the errors plus the erasures may be as many as there are correction codewords."""
        rng = random.Random(correction)
        for _ in range(60):
            word = encoded([rng.randrange(256) for _ in range(rng.randint(5, 100))], correction)
            erased = rng.randint(0, correction - 1)
            wrong = rng.randint(0, (correction - erased) // 2)
            places = rng.sample(range(len(word)), min(len(word), erased + wrong))
            spoilt = word.copy()
            for place in places:
                spoilt[place] ^= rng.randrange(1, 256)
            mended = corrected(spoilt, correction, places[:erased])
            assert mended is not None
            assert bytes(mended) == bytes(word)

    def test_noise_is_not_a_word(self):
        """Random blocks of the length of a version 8-M code are never taken for one, whatever is given up."""
        rng = np.random.default_rng(5)
        for _ in range(400):
            noise = rng.integers(0, 256, 60, dtype=np.uint8)
            for given_up in (0, 6, 11, 14, 17):
                assert corrected(noise, 22, range(given_up), CERTAIN_BITS) is None

    def test_certainty_falls_with_what_is_spent(self):
        """Each error found and each erasure costs evidence; the standard's weakest code has 31 bits with two errors."""
        assert certainty(60, 22, 0) == 22 * 8
        assert certainty(60, 22, 3) > certainty(60, 22, 8) > certainty(60, 12, 6)
        assert 31 < certainty(26, 7, 2) < 32


class TestSecondLook:
    @pytest.mark.parametrize("version", [1, 2, 4, 6, 7, 10, 13, 15, 20, 25])
    @pytest.mark.parametrize("level", ["l", "m", "q", "h"])
    def test_clean_codes_of_every_kind_are_read(self, version, level):
        """The second look reads by itself what any decoder reads."""
        data = bytes(range(1, 8))
        assert data in texts(picture(modules(data, version, level)))

    @pytest.mark.parametrize("turn", [0, 17, 45, 90, 133, 180, 270])
    def test_codes_are_read_however_they_are_turned(self, turn):
        """And their corners begin at their own top left."""
        grey = picture(modules(TEXT), 5)
        side = len(grey)
        whole = cv2.copyMakeBorder(grey, side // 3, side // 3, side // 3, side // 3, cv2.BORDER_CONSTANT, value=220)
        turned = cv2.getRotationMatrix2D((len(whole) / 2 - 0.5, len(whole) / 2 - 0.5), turn, 1)
        steps = list(second_look(np.asarray(cv2.warpAffine(whole, turned, whole.shape[::-1], borderValue=220))))
        read = next(step for step in steps if isinstance(step, Read))
        assert read.barcode.bytes == TEXT
        corner = turned @ np.array([side // 3 + 25, side // 3 + 25, 1.0])
        assert np.hypot(*(corner - read.corners[0])) < 5

    def test_mirrored_codes_are_read(self):
        """A phone before a mirror, or a camera that mirrors."""
        assert TEXT in texts(np.ascontiguousarray(picture(modules(TEXT))[:, ::-1]))

    def test_a_burnt_out_code_is_mended_where_the_quick_decoders_give_up(self):
        """What a reflection took is given up as erased, so twice as much of it can be made good."""
        grey = picture(modules(TEXT), 6)
        side = len(grey)
        cv2.ellipse(grey, (side // 2, int(side * 0.62)), (int(side * 0.2), int(side * 0.16)), 0, 0, 360, 255, -1)
        assert zxing(grey) == []
        assert zbar(grey) == []
        assert texts(grey) == {TEXT}

    def test_a_shaken_code_is_mended_where_the_quick_decoders_give_up(self):
        """What shaking did is learned from the corner squares and undone."""
        grey = np.asarray(cv2.blur(picture(modules(TEXT), 6), (11, 1)))
        assert zxing(grey) == []
        assert texts(grey) == {TEXT}

    def test_codes_with_the_right_patterns_and_random_data_read_as_nothing(self):
        """A code forged of nothing but its patterns cannot be taken for a text."""
        rng = np.random.default_rng(11)
        for version in (1, 2, 3, 5, 8):
            known = layout(version).known
            noise = np.where(known != 0, known > 0, rng.integers(0, 2, known.shape)).astype(np.uint8)
            assert texts(picture(noise)) == set()

    def test_a_code_that_cannot_be_read_is_seen(self):
        """Whoever aims the camera is told where the code is, though its data are spoilt."""
        known = layout(6).known
        noise = np.where(known != 0, known > 0, np.random.default_rng(1).integers(0, 2, known.shape)).astype(np.uint8)
        flats = [step for step in second_look(picture(noise)) if isinstance(step, Flat)]
        assert flats
        assert max(flats, key=lambda flat: flat.fit).layout.version == 6

    def test_the_gates_own_backdrops_read_as_nothing(self):
        """An empty gate by day and by night holds no code."""
        for view in range(3):
            frame = blank(random.Random(view), view=view)
            assert texts(np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))) == set()

    @pytest.mark.parametrize("size", [(1, 1), (2, 9), (720, 1), (8, 8)])
    def test_a_picture_too_small_reads_as_nothing(self, size):
        """Odd pictures are empty, not a crash."""
        assert texts(np.zeros(size, np.uint8)) == set()

    def test_every_text_was_understood_by_zxing(self):
        """What the bits mean is zxing-cpp's word alone."""
        reads = [step for step in second_look(picture(modules(TEXT))) if isinstance(step, Read)]
        assert all(isinstance(read.barcode, zxingcpp.Barcode) and read.barcode.valid for read in reads)
        assert reads
