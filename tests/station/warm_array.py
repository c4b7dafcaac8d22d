"""An MLX90640 on an I2C bus, faked at its registers: a factory writes its memory, a scene becomes words in its RAM.

The factory and the scene are written from the data sheet's physics, forwards; what the station does is the way back.
"""

import errno
import random
from collections.abc import Iterator
from itertools import count

import numpy as np
from smbus2 import i2c_msg

ROWS, COLUMNS = 24, 32


def nibbles(values: list[int]) -> list[int]:
    """Four signed values of four bits a word, the first one lowest."""
    return [sum((values[at + each] & 15) << 4 * each for each in range(4)) for at in range(0, len(values), 4)]


class Factory:
    """Draws a sensor's figures and burns them into 832 words. chess: calibrated as a chess board, as they all are."""

    def __init__(self, seed: int = 1, chess: bool = True) -> None:
        draw = random.Random(seed)
        self.k_vdd, self.vdd_25 = -3168, -13056
        self.kv_ptat, self.kt_ptat, self.v_ptat_25 = 22, 338, 12273
        self.gain, self.tgc, self.ks_ta = 6383, 0 if seed % 2 else 32, -16
        self.ks_to_cold, self.ks_to = -64, -80
        rows = [draw.randint(-3, 3) for _ in range(ROWS)]
        columns = [draw.randint(-3, 3) for _ in range(COLUMNS)]
        alpha_rows = [draw.randint(-4, 4) for _ in range(ROWS)]
        alpha_columns = [draw.randint(-4, 4) for _ in range(COLUMNS)]
        own = [[draw.randint(-20, 20) for _ in range(COLUMNS)] for _ in range(ROWS)]
        alpha_own = [[draw.randint(-30, 30) for _ in range(COLUMNS)] for _ in range(ROWS)]
        kta_own = [[draw.randint(-3, 3) for _ in range(COLUMNS)] for _ in range(ROWS)]
        self.kta_shared = (84, 79, 80, 83)
        self.kv_shared = (4, 3, 2, 4)
        self.cp_alpha, self.cp_ratio, self.cp_offset, self.cp_delta, self.cp_kta, self.cp_kv = 300, 3, -75, 2, 75, 3
        self.chess_correction = (31, 2, -3)
        self.offset = np.array(
            [[-69 + (rows[r] << 2) + (columns[c] << 1) + own[r][c] for c in range(COLUMNS)] for r in range(ROWS)]
        )
        # Scale 2^37, as one sensor of this make has it: about 1.2e-7 a pixel.
        self.alpha = (
            np.array(
                [
                    [
                        16000 + (alpha_rows[r] << 6) + (alpha_columns[c] << 5) + (alpha_own[r][c] << 4)
                        for c in range(COLUMNS)
                    ]
                    for r in range(ROWS)
                ]
            )
            / 2.0**37
        )
        self.kta = np.array(
            [
                [(self.kta_shared[2 * (r % 2) + c % 2] + kta_own[r][c] * 2) / 2**13 for c in range(COLUMNS)]
                for r in range(ROWS)
            ]
        )
        self.kv = np.array([[self.kv_shared[2 * (r % 2) + c % 2] / 2**3 for c in range(COLUMNS)] for r in range(ROWS)])
        self.chess = chess
        w = [0] * 832
        w[10] = 0 if chess else 0x0800
        w[16], w[17] = 0x4000 | 2 << 8 | 1 << 4, -69 & 0xFFFF
        w[18:24], w[24:32] = nibbles(rows), nibbles(columns)
        w[32], w[33] = 7 << 12 | 6 << 8 | 5 << 4 | 4, 16000
        w[34:40], w[40:48] = nibbles(alpha_rows), nibbles(alpha_columns)
        w[48], w[49], w[50] = self.gain, self.v_ptat_25, self.kv_ptat << 10 | self.kt_ptat
        w[51] = (self.k_vdd // 32 & 0xFF) << 8 | ((self.vdd_25 + 8192) // 32 + 256) & 0xFF
        kv = self.kv_shared
        w[52] = kv[0] << 12 | kv[2] << 8 | kv[1] << 4 | kv[3]
        c = self.chess_correction
        w[53] = (c[2] & 31) << 11 | (c[1] & 31) << 6 | c[0] & 63
        kta = self.kta_shared
        w[54], w[55] = kta[0] << 8 | kta[2], kta[1] << 8 | kta[3]
        w[56] = 2 << 12 | 3 << 8 | 5 << 4 | 1
        w[57], w[58] = self.cp_ratio << 10 | self.cp_alpha, self.cp_delta << 10 | self.cp_offset & 0x3FF
        w[59], w[60] = self.cp_kv << 8 | self.cp_kta, (self.ks_ta & 0xFF) << 8 | self.tgc & 0xFF
        w[61], w[62], w[63] = (self.ks_to & 0xFF) << 8 | self.ks_to_cold & 0xFF, 0xB0B0, 0x2889
        for r in range(ROWS):
            for col in range(COLUMNS):
                word = (own[r][col] & 63) << 10 | (alpha_own[r][col] & 63) << 4 | (kta_own[r][col] & 7) << 1
                w[64 + r * COLUMNS + col] = word or 0x0010
        self.words = w


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
