"""What an MLX90640 measured, and its memory -> degrees Celsius of every pixel.

mlx90640.py asks for it after every half picture. Source: Melexis data sheet 3901090640, rev. 12, section 11.2.2, whose
order the steps below have. Of its four ranges of objects the two up to CT3 (160 C or so) are here: no face is hotter.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from station.thermometers.mlx90640_memory import COLUMNS, ROWS, Grid, Memory, signed

KELVIN = 273.15
SELF_HEATING = 8.0
"""The chip is so much warmer than the air around it, in the open (Melexis: driver notes, reflected temperature)."""


@dataclass(frozen=True, slots=True)
class Auxiliary:
    """RAM words beside the pixels, signed: Vbe and PTAT of the chip, compensating pixels, gain, supply."""

    vbe: int
    ptat: int
    cp: tuple[int, int]
    gain: int
    vdd: int
    resolution: int

    @classmethod
    def of(cls, words: list[int], resolution: int) -> "Auxiliary":
        """words: the 64 from 0x0700 on. resolution: as control register 1 has it."""
        at = [signed(word, 16) for word in words]
        return cls(at[0x00], at[0x20], (at[0x08], at[0x28]), at[0x0A], at[0x2A], resolution)


def supply_volts(memory: Memory, aux: Auxiliary) -> float:
    """Section 11.2.2.2."""
    correction = 2.0 ** (memory.resolution - aux.resolution)
    return (correction * aux.vdd - memory.vdd_25) / memory.k_vdd + 3.3


def chip_celsius(memory: Memory, aux: Auxiliary) -> float:
    """Ta, section 11.2.2.3."""
    v_ptat = aux.ptat / (aux.ptat * memory.alpha_ptat + aux.vbe) * 2**18
    change = supply_volts(memory, aux) - 3.3
    return (v_ptat / (1 + memory.kv_ptat * change) - memory.v_ptat_25) / memory.kt_ptat + 25


def subpage_mask(subpage: int) -> npt.NDArray[np.bool_]:
    """Which pixels a half picture has, on a chess board (section 9.6)."""
    mask: npt.NDArray[np.bool_] = np.add.outer(np.arange(ROWS), np.arange(COLUMNS)) % 2 == subpage
    return mask


def celsius(memory: Memory, aux: Auxiliary, raw: Grid, subpage: int) -> Grid:
    """raw: (24, 32), signed. Every pixel's temperature as that of a black body; those of one subpage are meant.

    What cannot be a temperature at all is NaN.
    """
    vdd, ta = supply_volts(memory, aux), chip_celsius(memory, aux)
    gain = memory.gain / aux.gain
    drift = (1 + memory.kta * (ta - 25)) * (1 + memory.kv * (vdd - 3.3))
    ir = raw * gain - memory.offset * drift + _chess(memory)
    ir = ir - memory.tgc * _compensating(memory, aux, gain, ta, vdd, subpage)
    alpha = memory.alpha * (1 + memory.ks_ta * (ta - 25))
    around = (ta + KELVIN) ** 4
    with np.errstate(invalid="ignore", divide="ignore"):
        first = _object(ir, alpha, around, memory.ks_to[1])
        cold, warm = memory.ks_to
        below_zero = 1 / (1 + cold * 40) * (1 + cold * (first + 40))
        slope = np.where(first < 0, below_zero, 1 + warm * first)
        found: Grid = (ir / (alpha * slope) + around) ** 0.25 - KELVIN
    return found


def _object(ir: Grid, alpha: Grid, around: float, ks_to: float) -> Grid:
    """Section 11.2.2.9, with an emissivity of 1, so that the reflected temperature falls out."""
    s = ks_to * (alpha**3 * ir + alpha**4 * around) ** 0.25
    found: Grid = (ir / (alpha * (1 - ks_to * KELVIN) + s) + around) ** 0.25 - KELVIN
    return found


def _compensating(memory: Memory, aux: Auxiliary, gain: float, ta: float, vdd: float, subpage: int) -> float:
    """The compensating pixel of the subpage, section 11.2.2.6."""
    offset = memory.cp_offset[subpage]
    corrected = offset if memory.made_for_chess or not subpage else offset + memory.chess_correction[0]
    return aux.cp[subpage] * gain - corrected * (1 + memory.cp_kta * (ta - 25)) * (1 + memory.cp_kv * (vdd - 3.3))


def _chess(memory: Memory) -> Grid:
    """What a sensor needs that was calibrated line by line and is read as a chess board, section 11.1.3.1."""
    if memory.made_for_chess:
        return np.zeros((ROWS, COLUMNS))
    number = np.arange(ROWS * COLUMNS).reshape(ROWS, COLUMNS)
    odd_row = (number // COLUMNS) % 2
    pattern = ((number + 2) // 4 - (number + 3) // 4 + (number + 1) // 4 - number // 4) * (1 - 2 * odd_row)
    _, second, third = memory.chess_correction
    corrected: Grid = third * (2 * odd_row - 1) - second * pattern
    return corrected
