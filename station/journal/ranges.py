"""Runs of sequence numbers, first and last included, rising and apart: what a receipt covers, and what changed since.

The writer marks just the difference between two receipts, so a receipt costs what it says and not what is in the file.
"""

from collections.abc import Iterable

from gate.wire import JournalReceipt

Ranges = list[tuple[int, int]]


def covered(receipt: JournalReceipt) -> Ranges:
    """What lies between a receipt's holes."""
    return less([(1, receipt.through)] if receipt.through else [], list(receipt.holes))


def less(those: Ranges, without: Ranges) -> Ranges:
    """Those numbers that are not in the others."""
    left: Ranges = []
    for first, last in those:
        start = first
        for gap_first, gap_last in without:
            if gap_last < start or gap_first > last:
                continue
            if gap_first > start:
                left.append((start, gap_first - 1))
            start = max(start, gap_last + 1)
        if start <= last:
            left.append((start, last))
    return left


def runs(numbers: Iterable[int]) -> Ranges:
    """Rising numbers -> their runs."""
    found: Ranges = []
    for number in numbers:
        if found and found[-1][1] + 1 == number:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
