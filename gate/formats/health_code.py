"""A province's health code: recognised by how it begins, and opaque to everybody but the province.

The office's policy says how such codes begin, for they differ from province to province. Rule: nothing that is written
in one is believed here. Its chain ends where the colour would have to be known, so it never gives a credential; the
station may ask a service of the province, and the guard can look at the colour.
"""

from collections.abc import Sequence

from gate.formats.chain import Draft, Format, StepFailed
from gate.reason import Reason

NAME = "HEALTH"
MOST_BYTES = 4096
"""More than any QR code holds."""


def format_of(prefixes: Sequence[str]) -> Format:
    """The family of the codes that begin in one of these ways; none does where there are none."""
    beginnings = tuple(prefix.encode() for prefix in prefixes if prefix)
    return Format(NAME, lambda code: code.startswith(beginnings), Draft, (("size", _size), ("colour", _colour)))


def _size(draft: Draft) -> None:
    if len(draft.code) > MOST_BYTES:
        raise StepFailed(Reason.CODE_DAMAGED, f"longer than {MOST_BYTES} bytes")


def _colour(_draft: Draft) -> None:
    raise StepFailed(Reason.HEALTH_CODE_UNREAD, "only the province can say which colour it has")
