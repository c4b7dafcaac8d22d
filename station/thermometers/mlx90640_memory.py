"""What the factory wrote into an MLX90640: 832 words of EEPROM -> the figures by which its pixels become temperatures.

mlx90640.py reads them once, when it opens. Source: Melexis data sheet 3901090640, rev. 12, section 11.1 (restoring
calibration data); names as there. Rule: the memory has no checksum, so whatever looks unlike a factory's is refused.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from station.thermometers.faults import Fault, failed

ROWS, COLUMNS = 24, 32
PIXELS = ROWS * COLUMNS
WORDS = 832
FIRST_PIXEL = 64
MOST_DEVIATING = 4
"""Section 9: a sensor with more deviating pixels does not leave the factory."""
CHESS = 0x0800

Grid = npt.NDArray[np.float64]
Words = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Memory:
    """Grids are (24, 32). ks_to, corner: for objects below 0 C, and from 0 C on. chess_correction: section 11.1.3."""

    k_vdd: int
    vdd_25: int
    kv_ptat: float
    kt_ptat: float
    v_ptat_25: int
    alpha_ptat: float
    gain: int
    tgc: float
    ks_ta: float
    ks_to: tuple[float, float]
    resolution: int
    offset: Grid
    alpha: Grid
    kta: Grid
    kv: Grid
    cp_alpha: tuple[float, float]
    cp_offset: tuple[int, int]
    cp_kta: float
    cp_kv: float
    made_for_chess: bool
    chess_correction: tuple[float, float, float]
    deviating: npt.NDArray[np.bool_]


def signed(value: int, bits: int) -> int:
    """Two's complement of so many bits."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def restored(words: Words) -> Memory:
    """The 832 words from 0x2400 on. Raises ThermometerFailed where no factory wrote them."""
    w = [int(word) for word in words]
    pixels = words[FIRST_PIXEL:].reshape(ROWS, COLUMNS)
    deviating = (pixels == 0) | (pixels & 1 == 1)
    if int(deviating.sum()) > MOST_DEVIATING or not w[51] or not w[48] or not w[33]:
        raise failed(Fault.BAD_MEMORY)
    cp_alpha = _cp_alpha(w)
    tgc = signed(w[60], 8) / 32
    kta_scale, kv_scale = ((w[56] >> 4) & 15) + 8, (w[56] >> 8) & 15
    cp_offset = signed(w[58], 10)
    ks_to_scale = 1 << ((w[63] & 15) + 8)
    alpha = _alpha(w, pixels) - tgc * sum(cp_alpha) / 2
    if float(alpha[~deviating].min()) <= 0:
        raise failed(Fault.BAD_MEMORY)
    return Memory(
        k_vdd=signed(w[51] >> 8, 8) * 32,
        vdd_25=((w[51] & 0xFF) - 256) * 32 - 8192,
        kv_ptat=signed(w[50] >> 10, 6) / 4096,
        kt_ptat=signed(w[50], 10) / 8,
        v_ptat_25=signed(w[49], 16),
        alpha_ptat=(w[16] >> 12) / 4 + 8,
        gain=signed(w[48], 16),
        tgc=tgc,
        ks_ta=signed(w[60] >> 8, 8) / 8192,
        ks_to=(signed(w[61], 8) / ks_to_scale, signed(w[61] >> 8, 8) / ks_to_scale),
        resolution=(w[56] >> 12) & 3,
        offset=_offset(w, pixels),
        alpha=alpha,
        kta=_kta(w, pixels, kta_scale),
        kv=_by_parity([signed(w[52] >> shift, 4) for shift in (12, 4, 8, 0)]) / (1 << kv_scale),
        cp_alpha=cp_alpha,
        cp_offset=(cp_offset, cp_offset + signed(w[58] >> 10, 6)),
        cp_kta=signed(w[59], 8) / (1 << kta_scale),
        cp_kv=signed(w[59] >> 8, 8) / (1 << kv_scale),
        made_for_chess=not w[10] & CHESS,
        chess_correction=(signed(w[53], 6) / 16, signed(w[53] >> 6, 5) / 2, signed(w[53] >> 11, 5) / 8),
        deviating=deviating,
    )


def _cp_alpha(w: list[int]) -> tuple[float, float]:
    """Sensitivity of the compensating pixel, for either subpage."""
    first = signed(w[57], 10) / 2 ** ((w[32] >> 12) + 27)
    return first, (1 + signed(w[57] >> 10, 6) / 128) * first


def _alpha(w: list[int], pixels: Words) -> Grid:
    """Sensitivity of each pixel."""
    own = _signed_grid(pixels >> 4, 6)
    summed = w[33] + _rows_and_columns(w, 34, (w[32] >> 8) & 15, (w[32] >> 4) & 15) + own * (1 << (w[32] & 15))
    return summed / 2.0 ** ((w[32] >> 12) + 30)


def _offset(w: list[int], pixels: Words) -> Grid:
    own = _signed_grid(pixels >> 10, 6)
    return (
        signed(w[17], 16) + _rows_and_columns(w, 18, (w[16] >> 8) & 15, (w[16] >> 4) & 15) + own * (1 << (w[16] & 15))
    )


def _kta(w: list[int], pixels: Words, scale: int) -> Grid:
    own = _signed_grid(pixels >> 1, 3) * (1 << (w[56] & 15))
    shared = _by_parity([signed(word, 8) for word in (w[54] >> 8, w[55] >> 8, w[54], w[55])])
    return (shared + own) / (1 << scale)


def _rows_and_columns(w: list[int], start: int, row_scale: int, column_scale: int) -> Grid:
    """Six words of rows and eight of columns, four bits each, the lowest first."""
    rows = [signed(w[start + row // 4] >> 4 * (row % 4), 4) << row_scale for row in range(ROWS)]
    columns = [signed(w[start + 6 + col // 4] >> 4 * (col % 4), 4) << column_scale for col in range(COLUMNS)]
    return np.add.outer(np.array(rows, np.float64), np.array(columns, np.float64))


def _by_parity(four: list[int]) -> Grid:
    """four: for even rows (even and odd columns), then for odd rows; rows counted from 0."""
    return np.tile(np.array(four, np.float64).reshape(2, 2), (ROWS // 2, COLUMNS // 2))


def _signed_grid(grid: Words, bits: int) -> Grid:
    masked = grid & ((1 << bits) - 1)
    return np.where(masked >> (bits - 1) == 1, masked - (1 << bits), masked).astype(np.float64)
