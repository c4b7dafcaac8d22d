"""An MLX90640 on an I2C bus, faked at its registers: a factory writes its memory, a scene becomes words in its RAM.

The factory and the scene are written from the data sheet's physics, forwards; what the station does is the way back.
"""

import errno
import random
from collections.abc import Iterator
from itertools import chain, count

import numpy as np
from smbus2 import i2c_msg

ROWS, COLUMNS = 24, 32


def nibbles(values: list[int]) -> list[int]:
    """Four signed values of four bits a word, the first one lowest."""
    return [sum((values[at + each] & 15) << 4 * each for each in range(4)) for at in range(0, len(values), 4)]


def _drawn(draw: random.Random, most: int, count: int) -> list[int]:
    return [draw.randint(-most, most) for _ in range(count)]


class Grain:
    """What tells one pixel from another, in steps of the memory: by its row, by its column, and of its own."""

    def __init__(self, draw: random.Random) -> None:
        self.rows, self.columns = _drawn(draw, 3, ROWS), _drawn(draw, 3, COLUMNS)
        self.alpha_rows, self.alpha_columns = _drawn(draw, 4, ROWS), _drawn(draw, 4, COLUMNS)
        self.own = [_drawn(draw, 20, COLUMNS) for _ in range(ROWS)]
        self.alpha_own = [_drawn(draw, 30, COLUMNS) for _ in range(ROWS)]
        self.kta_own = [_drawn(draw, 3, COLUMNS) for _ in range(ROWS)]

    def offset(self) -> np.ndarray:
        return -69 + (np.array(self.rows)[:, None] << 2) + (np.array(self.columns) << 1) + np.array(self.own)

    def alpha(self) -> np.ndarray:
        """Scale 2^37, as one sensor of this make has it: about 1.2e-7 a pixel."""
        by_place = (np.array(self.alpha_rows)[:, None] << 6) + (np.array(self.alpha_columns) << 5)
        return (16000 + by_place + (np.array(self.alpha_own) << 4)) / 2.0**37

    def kta(self, shared: tuple[int, ...]) -> np.ndarray:
        return (_by_parity(shared) + np.array(self.kta_own) * 2) / 2**13


def _by_parity(figures: tuple[int, ...]) -> np.ndarray:
    """Four figures that pixels share by whether their row and their column are even or odd."""
    return np.tile(np.reshape(figures, (2, 2)), (ROWS // 2, COLUMNS // 2))


class Factory:
    """Draws a sensor's figures and burns them into 832 words. chess: calibrated as a chess board, as they all are."""

    def __init__(self, seed: int = 1, chess: bool = True) -> None:
        self.k_vdd, self.vdd_25 = -3168, -13056
        self.kv_ptat, self.kt_ptat, self.v_ptat_25 = 22, 338, 12273
        self.gain, self.tgc, self.ks_ta = 6383, 0 if seed % 2 else 32, -16
        self.ks_to_cold, self.ks_to = -64, -80
        self.kta_shared = (84, 79, 80, 83)
        self.kv_shared = (4, 3, 2, 4)
        self.cp_alpha, self.cp_ratio, self.cp_offset, self.cp_delta, self.cp_kta, self.cp_kv = 300, 3, -75, 2, 75, 3
        self.chess, self.chess_correction = chess, (31, 2, -3)
        grain = Grain(random.Random(seed))
        self.offset, self.alpha = grain.offset(), grain.alpha()
        self.kta, self.kv = grain.kta(self.kta_shared), _by_parity(self.kv_shared) / 2**3
        self.words = self._burnt(grain)

    def _burnt(self, grain: Grain) -> list[int]:
        """The memory from 0x2400 on; what no figure needs is zero."""
        words = [0] * 832
        words[10] = 0 if self.chess else 0x0800
        words[16], words[17] = 0x4000 | 2 << 8 | 1 << 4, -69 & 0xFFFF
        words[18:24], words[24:32] = nibbles(grain.rows), nibbles(grain.columns)
        words[32], words[33] = 7 << 12 | 6 << 8 | 5 << 4 | 4, 16000
        words[34:40], words[40:48] = nibbles(grain.alpha_rows), nibbles(grain.alpha_columns)
        words[48:64] = [*self._chip_words(), *self._shared_words(), *self._reference_words()]
        words[64:] = self._pixel_words(grain)
        return words

    def _chip_words(self) -> list[int]:
        """Gain, and what the chip makes of its own warmth and its supply."""
        supply = (self.k_vdd // 32 & 0xFF) << 8 | ((self.vdd_25 + 8192) // 32 + 256) & 0xFF
        return [self.gain, self.v_ptat_25, self.kv_ptat << 10 | self.kt_ptat, supply]

    def _shared_words(self) -> list[int]:
        """What the pixels of one parity share, and how far the two ways of reading lie apart."""
        kv, kta, chess = self.kv_shared, self.kta_shared, self.chess_correction
        return [
            kv[0] << 12 | kv[2] << 8 | kv[1] << 4 | kv[3],
            (chess[2] & 31) << 11 | (chess[1] & 31) << 6 | chess[0] & 63,
            kta[0] << 8 | kta[2],
            kta[1] << 8 | kta[3],
            2 << 12 | 3 << 8 | 5 << 4 | 1,
        ]

    def _reference_words(self) -> list[int]:
        """The two pixels that see nothing but the chip, and how the sensitivity goes with the warmth."""
        return [
            self.cp_ratio << 10 | self.cp_alpha,
            self.cp_delta << 10 | self.cp_offset & 0x3FF,
            self.cp_kv << 8 | self.cp_kta,
            (self.ks_ta & 0xFF) << 8 | self.tgc & 0xFF,
            (self.ks_to & 0xFF) << 8 | self.ks_to_cold & 0xFF,
            0xB0B0,
            0x2889,
        ]

    def _pixel_words(self, grain: Grain) -> list[int]:
        """One a pixel; none is zero, which would say that the pixel is broken."""
        fields = (chain.from_iterable(rows) for rows in (grain.own, grain.alpha_own, grain.kta_own))
        return [
            (own & 63) << 10 | (alpha & 63) << 4 | (kta & 7) << 1 or 0x0010
            for own, alpha, kta in zip(*fields, strict=True)
        ]


def scene(air: float = 22.0) -> np.ndarray:
    """A wall, and nobody."""
    return np.full((ROWS, COLUMNS), air)


def face(height: int, width: int, celsius: float, air: float = 22.0, at: tuple[int, int] = (4, 10)) -> np.ndarray:
    """Somebody: a patch of skin, two degrees cooler at its rim."""
    picture = scene(air)
    row, column = at
    picture[row : row + height, column : column + width] = celsius - 2
    picture[row + 1 : row + height - 1, column + 1 : column + width - 1] = celsius
    return picture


class Mlx90640Bus:
    """One MLX90640 at 0x33 before a scene. scene: (24, 32) degrees Celsius; chip: of its die, 8 C above the air."""

    def __init__(self, factory: Factory, scene: np.ndarray, chip: float = 30.0, volts: float = 3.28) -> None:
        self.factory, self.scene, self.chip, self.volts = factory, np.array(scene, float), chip, volts
        self.subpages: Iterator[int] = count()
        self.subpage, self.control, self.new = 1, 0x1901, False
        self.trouble: Iterator[int | None] = iter(())
        self.noise = random.Random(7)
        self.spoil = lambda _start, words: words
        self.frozen = self.closed = self.deaf = False

    def i2c_rdwr(self, *messages: i2c_msg) -> None:
        assert not self.closed, "the bus was used after it was given back"
        trouble = next(self.trouble, None)
        if trouble is not None:
            raise OSError(trouble, "as the kernel says it")
        ask = bytes(messages[0])
        if messages[0].addr != 0x33:
            raise OSError(errno.EREMOTEIO, "no such device")
        start = int.from_bytes(ask[:2], "big")
        if len(messages) == 1:
            self._written(start, int.from_bytes(ask[2:], "big"))
            return
        words = self.spoil(start, [self._word(start + at) for at in range(messages[1].len // 2)])
        for at, word in enumerate(words):
            messages[1].buf[2 * at], messages[1].buf[2 * at + 1] = word >> 8, word & 0xFF

    def close(self) -> None:
        self.closed = True

    def _written(self, register: int, word: int) -> None:
        if register == 0x8000:
            self.new = False
        else:
            assert register == 0x800D
            self.control = self.control if self.deaf else word

    def _word(self, register: int) -> int:
        if register == 0x8000:
            if not self.new and not self.frozen:
                self.subpage, self.new = next(self.subpages) % 2, True
                self.ram = self._measured()
            return (8 if self.new else 0) | self.subpage
        if register == 0x800D:
            return self.control
        if 0x2400 <= register < 0x2400 + 832:
            return self.factory.words[register - 0x2400]
        return self.ram[register - 0x0400] & 0xFFFF

    def _measured(self) -> list[int]:
        """The RAM from 0x0400 on, worked out forwards: what each pixel gives for its warmth, drift and all."""
        f, ta = self.factory, self.chip
        gain_word = 6273 + self.noise.randint(0, 1)
        gain, dv, dt = f.gain / gain_word, self.volts - 3.3, ta - 25
        ks_ta, ks_to = 1 + f.ks_ta / 8192 * dt, f.ks_to / 2**17
        cp_alpha = (f.cp_alpha / 2.0**34, (1 + f.cp_ratio / 128) * f.cp_alpha / 2.0**34)
        tgc = f.tgc / 32
        alpha = (f.alpha - tgc * sum(cp_alpha) / 2) * ks_ta
        slope = np.where(
            self.scene < 0,
            (1 + f.ks_to_cold / 2**17 * (self.scene + 40)) / (1 + f.ks_to_cold / 2**17 * 40),
            1 + ks_to * self.scene,
        )
        ir = alpha * slope * ((self.scene + 273.15) ** 4 - (ta + 273.15) ** 4)
        cp_offset = [f.cp_offset, f.cp_offset + f.cp_delta]
        if not f.chess:
            cp_offset[1] += f.chess_correction[0] / 16
        cp_drift = (1 + f.cp_kta / 2**13 * dt) * (1 + f.cp_kv / 2**3 * dv)
        cp = [round((offset * cp_drift + 5) / gain) for offset in cp_offset]
        cp_ir = cp[self.subpage] * gain - cp_offset[self.subpage] * cp_drift
        seen = ir + tgc * cp_ir + f.offset * (1 + f.kta * dt) * (1 + f.kv * dv) - self._chess()
        ram = [round(float(each)) for each in (seen / gain).ravel()] + [0] * 64
        vbe = 19442
        v_art = ((ta - 25) * f.kt_ptat / 8 + f.v_ptat_25) * (1 + f.kv_ptat / 4096 * dv)
        ram[768 + 0x00], ram[768 + 0x20] = vbe, round(v_art * vbe / (2**18 - 9 * v_art))
        ram[768 + 0x08], ram[768 + 0x28], ram[768 + 0x0A] = cp[0], cp[1], gain_word
        ram[768 + 0x2A] = round(dv * f.k_vdd + f.vdd_25)
        return ram

    def _chess(self) -> np.ndarray:
        if self.factory.chess:
            return np.zeros((ROWS, COLUMNS))
        _, second, third = self.factory.chess_correction
        correction = np.empty((ROWS, COLUMNS))
        for row in range(ROWS):
            for column in range(COLUMNS):
                sign = 1 if row % 2 else -1
                step = (column + 2) // 4 - (column + 3) // 4 + (column + 1) // 4 - column // 4
                correction[row, column] = third / 8 * sign + second / 2 * step * sign
        return correction
