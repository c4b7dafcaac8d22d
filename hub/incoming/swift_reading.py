"""Records by the thousand, read just as gate.wire reads them, in half the time.

Most of the time of reading goes into the patterns of names, each tried at each record, though a gate's name is the same
in all of them. Here a list of envelopes is read without patterns, and each name is then tried once however often it
comes; whatever is odd in any way makes it None, and hub.incoming.ingest reads the whole message anew through gate.wire,
which has the last word. The same goes for passages, beside which all other records are few.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Annotated, Any, cast, get_args

from msgspec import Meta, Raw, Struct, defstruct, inspect, json

from gate import names
from gate.passage import Passage, Record, Stamp
from gate.unreadable import UNREADABLE
from gate.wire import VERSION, decode_body

# Different ones that are remembered as tried.
PLACES, PEOPLE = 1024, 16_384


class SwiftEnvelope(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """gate.wire.Envelope; that `hash` is a digest is known once it is that of the body."""

    v: Annotated[int, Meta(ge=1, le=VERSION)]
    compound: str
    station: str
    journal: str
    sequence: names.Sequence
    hash: str
    body: Raw


def envelopes(payload: bytes, compound: str, station: str) -> Sequence[SwiftEnvelope] | None:
    """A list of envelopes, all of that compound's station; None for anything else."""
    try:
        found = _ENVELOPES.decode(payload)
    except UNREADABLE:
        return None
    if not _fits(_SLUG, station):
        return None
    journal = ""
    for each in found:
        if each.station != station or each.compound != compound:
            return None
        if each.journal != journal:
            if not _fits(_JOURNAL, each.journal):
                return None
            journal = each.journal
    return found


def record(body: bytes) -> Record:
    """As gate.wire.decode_body, whose errors it raises: BodyMalformed."""
    try:
        found = _PASSAGE.decode(body)
    except UNREADABLE:
        return decode_body(body)
    return found if _place_fits(_place(found)) and _person_fits(_person(found)) else decode_body(body)


def _remembering(patterns: Sequence[str], most: int) -> Callable[[tuple[str | None, ...]], bool]:
    """Whether each text fits the pattern in its place, tried once however often the same texts come together."""

    @lru_cache(most)
    def fit(texts: tuple[str | None, ...]) -> bool:
        return all(text is None or re.search(pattern, text) for pattern, text in zip(patterns, texts, strict=True))

    return fit


@lru_cache(PLACES)
def _fits(pattern: str, text: str) -> bool:
    return re.search(pattern, text) is not None


def _pattern(name: Any) -> str:  # noqa: ANN401 - an annotated type
    (meta,) = (each for each in get_args(name) if isinstance(each, Meta))
    return str(meta.pattern)


def _patterns(kind: type[Struct]) -> dict[str, str]:
    """The fields that must be there and fit a pattern, and those that may be None instead, and are when left out."""
    found = {}
    for each in _fields(kind):
        match each.type:
            case inspect.StrType(None, None, str(pattern)) if each.required:
                found[each.name] = pattern
            case inspect.UnionType((inspect.StrType(None, None, str(pattern)), inspect.NoneType())) if (
                each.default is None
            ):
                found[each.name] = pattern
    return found


def _fields(kind: type[Struct]) -> tuple[inspect.Field, ...]:
    return cast(inspect.StructType, inspect.type_info(kind)).fields


def _eased(kind: type[Struct], without: Sequence[str], **others: type[Struct]) -> type[Struct]:
    """The same without the patterns of those fields; whatever is read as it is one of that kind."""
    required = {each.name for each in _fields(kind) if each.required}
    fields: list[Any] = [*others.items()]
    fields += [(name, str) if name in required else (name, str | None, None) for name in without]
    config = kind.__struct_config__
    return defstruct(
        f"Swift{kind.__name__}", fields, bases=(kind,), frozen=True, forbid_unknown_fields=True,
        omit_defaults=config.omit_defaults, tag=config.tag, tag_field=config.tag_field,
    )  # fmt: skip


_SLUG, _JOURNAL = _pattern(names.Slug), _pattern(names.JournalId)
# What nearly every passage names. Whatever else it may name is tried as the decoder does it, at each.
_OF_PLACE = ("gate", "lane", "code_format", "policy", "roster")
_OF_PERSON = ("person", "pass_serial")
_NAMES, _BOOT = _patterns(Passage), _patterns(Stamp)
_place = attrgetter("stamp.boot", *_OF_PLACE)
_person = attrgetter(*_OF_PERSON)
_place_fits = _remembering([_BOOT["boot"], *(_NAMES[each] for each in _OF_PLACE)], PLACES)
_person_fits = _remembering([_NAMES[each] for each in _OF_PERSON], PEOPLE)
_ENVELOPES: json.Decoder[list[SwiftEnvelope]] = json.Decoder(list[SwiftEnvelope])
_STAMP = _eased(Stamp, ("boot",))
_PASSAGE = cast("json.Decoder[Passage]", json.Decoder(_eased(Passage, (*_OF_PLACE, *_OF_PERSON), stamp=_STAMP)))
