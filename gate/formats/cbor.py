"""CBOR (RFC 8949) as strangers write it, brought down to plain data: the certificates of other issuers are read here,
and our own passes before they are held to their one spelling.

Rule: bounded depth, one item and nothing behind it, and no tag that would build anything. Times with tags 0, 1, 100
and 1004 become ISO text; every other tag stays a CBORTag, which no reader of ours takes for data.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import cbor2

# A digital certificate has five levels inside of its claims; two tags and two levels around them.
DEEPEST = 8
_EPOCH = date(1970, 1, 1)
# Tags that cbor2 would turn into numbers, patterns, messages, addresses, sets or shared references of its own. A tag
# that refers to itself takes the process down when it is encoded.
_BUILT_IN = (2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 256, 258, 260, 261, 43000, 55799)


def decode(data: bytes, deepest: int = DEEPEST) -> Any:  # noqa: ANN401 - CBOR may hold anything, see the caller
    """The one item that the bytes hold, of at most so many levels. Raises ValueError."""
    stream = BytesIO(data)
    try:
        value = cbor2.CBORDecoder(
            stream, max_depth=deepest, semantic_decoders=_DECODERS, allow_duplicate_keys=False
        ).decode()
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError, MemoryError) as cause:
        raise ValueError("not readable CBOR") from cause
    if stream.read(1):
        raise ValueError("something follows the CBOR item")
    return value


def _refuse(_value: object, _immutable: bool) -> object:
    raise ValueError("a tag that has no place in a certificate")


def _text_time(value: object, _immutable: bool) -> object:
    return value


def _epoch_time(value: object, _immutable: bool) -> object:
    return instant(value).isoformat()


def _epoch_day(value: object, _immutable: bool) -> object:
    if not isinstance(value, int):
        raise ValueError("a day is not a whole number")
    return (_EPOCH + timedelta(days=value)).isoformat()


_DECODERS: dict[int, Callable[[Any, bool], object]] = {
    **dict.fromkeys(_BUILT_IN, _refuse),
    0: _text_time,
    1: _epoch_time,
    100: _epoch_day,
    1004: _text_time,
}


def instant(value: object) -> datetime:
    """Seconds since 1970 (whole or not) or ISO text -> an aware instant in UTC. Raises ValueError, OverflowError."""
    if isinstance(value, str):
        told = datetime.fromisoformat(value)
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("neither seconds nor a date")
    try:
        return datetime.fromtimestamp(value, UTC)
    except OSError as cause:
        raise ValueError("a time in no year of ours") from cause
