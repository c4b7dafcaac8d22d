"""Reed-Solomon over GF(256) as QR codes use it: errors anywhere, erasures where a place is known to be bad.

`mend` is its only caller. Sources: ISO/IEC 18004 7.5.2 (the field and the generator, whose first root is 1); R. Blahut,
Theory and Practice of Error Control Codes, 7.4 (errors and erasures). Rule: what was corrected is checked again.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_PRIMITIVE = 0x11D


def _tables() -> tuple[list[int], list[int]]:
    powers, logs, value = [0] * 512, [0] * 256, 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logs[value] = exponent
        value = value << 1 ^ (_PRIMITIVE if value & 0x80 else 0)
    return powers, logs


_EXP, _LOG = _tables()
_EXPS, _LOGS = np.array(_EXP, np.int64), np.array(_LOG, np.int64)


def _times(a: int, b: int) -> int:
    return _EXP[_LOG[a] + _LOG[b]] if a and b else 0


def certainty(length: int, spare: int, errors: int) -> float:
    """Bits of evidence, at the least, that a block of that length with so many errors found is no accident.

    spare: correction codewords that are left after one was spent on each erasure.
    """
    ways = math.lgamma(length + 1) - math.lgamma(errors + 1) - math.lgamma(length - errors + 1)
    return 8 * (spare - errors) - ways / math.log(2)


def corrected(
    word: npt.NDArray[np.uint8], correction: int, erased: Sequence[int] = (), least_certainty: float = 0.0
) -> npt.NDArray[np.uint8] | None:
    """The block as it was meant, or None. erased: places in `word` that say nothing, fewer than `correction`."""
    syndromes = _syndromes(word, correction)
    if not any(syndromes):
        return word
    if len(erased) >= correction:
        return None
    last = len(word) - 1
    locator = _locator(syndromes, [last - place for place in erased], correction)
    if locator is None:
        return None
    errors = len(locator) - 1 - len(erased)
    if certainty(len(word), correction - len(erased), errors) < least_certainty:
        return None
    exponents = _roots(locator, len(word))
    if len(exponents) != len(locator) - 1:
        return None
    mended = word.copy()
    for exponent, magnitude in zip(exponents, _magnitudes(syndromes, locator, exponents, correction), strict=True):
        mended[last - exponent] ^= magnitude
    return None if any(_syndromes(mended, correction)) else mended


def _syndromes(word: npt.NDArray[np.uint8], correction: int) -> list[int]:
    present = np.flatnonzero(word)
    exponents = len(word) - 1 - present
    terms = _EXPS[(_LOGS[word[present]][None, :] + np.arange(correction)[:, None] * exponents[None, :]) % 255]
    return [int(each) for each in np.bitwise_xor.reduce(terms, axis=1)] if len(present) else [0] * correction


def _locator(syndromes: list[int], erasures: list[int], correction: int) -> list[int] | None:
    """Berlekamp and Massey, begun from the erasures; lowest power first. None when there are too many errors."""
    current = [1]
    for exponent in erasures:
        current = _plus([*current, 0], [0, *(_times(each, _EXP[exponent % 255]) for each in current)])
    previous, length, gap, scale = list(current), len(erasures), 1, 1
    for step in range(len(erasures), correction):
        off = 0
        for at, each in enumerate(current[: step + 1]):
            off ^= _times(each, syndromes[step - at])
        if off == 0:
            gap += 1
            continue
        factor = _times(off, _EXP[255 - _LOG[scale]])
        added = _plus(current, [0] * gap + [_times(factor, each) for each in previous])
        if 2 * length <= step + len(erasures):
            previous, scale, gap = current, off, 1
            length = step + 1 + len(erasures) - length
        else:
            gap += 1
        current = added
    while len(current) > 1 and current[-1] == 0:
        current.pop()
    within = 2 * (len(current) - 1 - len(erasures)) <= correction - len(erasures)
    return current if within and len(current) - 1 >= len(erasures) else None


def _plus(one: list[int], other: list[int]) -> list[int]:
    longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
    return [each ^ (shorter[at] if at < len(shorter) else 0) for at, each in enumerate(longer)]


def _roots(locator: list[int], length: int) -> list[int]:
    """The exponents below `length` whose inverse is a root."""
    exponents = np.arange(length)
    total = np.zeros(length, np.int64)
    for power, each in enumerate(locator):
        if each:
            total ^= _EXPS[(_LOG[each] + power * (255 - exponents)) % 255]
    return [int(at) for at in np.flatnonzero(total == 0)]


def _magnitudes(syndromes: list[int], locator: list[int], exponents: list[int], correction: int) -> list[int]:
    """Forney's formula; the generator's first root is the zeroth power, so each is scaled by its own place."""
    evaluator = [0] * correction
    for at, each in enumerate(locator):
        for step in range(correction - at):
            evaluator[at + step] ^= _times(each, syndromes[step])
    found = []
    for exponent in exponents:
        inverse = (255 - exponent) % 255
        above = below = 0
        for power, each in enumerate(evaluator):
            above ^= _times(each, _EXP[inverse * power % 255])
        for power in range(1, len(locator), 2):
            below ^= _times(locator[power], _EXP[inverse * (power - 1) % 255])
        quotient = _times(above, _EXP[255 - _LOG[below]]) if below else 0
        found.append(_times(quotient, _EXP[exponent % 255]))
    return found
