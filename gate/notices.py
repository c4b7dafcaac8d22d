"""What the office has its gates say aloud: announcements with beginning, end and loudness, and the hours of rest.

The body of one signed document for every gate of the compound; a station's voice knows when each is due. Rule: an
announcement without an end cannot be written down, and what is due in the hours of rest is not said at all.
"""

from typing import Annotated

from msgspec import Meta, Struct

from gate.names import Instant, Slug

# Some eighty seconds of Chinese, twenty of English: more than anybody at a gate listens to.
NoticeText = Annotated[str, Meta(max_length=200)]
# A wall clock's time in the compound's zone.
ClockTime = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z")]
# Loudness in hundredths of what the gate's own setting allows.
Volume = Annotated[int, Meta(ge=0, le=100)]
MOST_NOTICES = 32


class Notice(Struct, frozen=True, forbid_unknown_fields=True):
    """One announcement, repeated from `begins` until before `ends`; a text left empty is not said in that language."""

    id: Slug
    text_zh: NoticeText
    text_en: NoticeText
    volume: Volume
    begins: Instant
    ends: Instant
    every_minutes: Annotated[int, Meta(ge=5, le=1440)]


class Notices(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything to announce. quiet_from, quiet_until: the hours of rest, over midnight as a rule; equal for none."""

    notices: Annotated[tuple[Notice, ...], Meta(max_length=MOST_NOTICES)] = ()
    quiet_from: ClockTime = "19:00"
    quiet_until: ClockTime = "08:00"
