"""Flipped bits, in small: what is damaged is mended or named, and what the gates hold comes back."""

from tests.durability.bit_flips import bit_flips


def test_no_flipped_bit_changes_or_loses_a_row_in_silence() -> None:
    """Not in a registry, not in a journal, not in the log of either; SQLite's own check lets many by."""
    figures = bit_flips(0.004)
    assert figures["trials"] == 40
    assert (figures["lost"], figures["doubled"], figures["corrupt"]) == (0, 0, 0), figures
    assert (figures["crashes"], figures["not_started"]) == (0, 0), figures
    assert figures["control_unharmed"] == 0, figures
