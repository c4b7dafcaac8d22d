"""What an EU digital certificate says: its schema (DCC 1.0.0 to 1.3.0), held to what countries really issue.

`eu_certificate` hands in the plain data of a payload. Strict about what is there and of which kind; lenient where
issuers were: dates with a time behind them, dates of birth that are known in part, empty lists beside the one entry.
Source: EU eHealth Network, ehn-dcc-schema; exactly one entry by its guidelines, volume 3.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from gate.formats.chain import Holder
from gate.unreadable import UNREADABLE

_Text = Annotated[str, Meta(max_length=80)]
_Needed = Annotated[str, Meta(min_length=1, max_length=80)]
_Latin = Annotated[str, Meta(max_length=80, pattern=r"^[A-Z<]*\Z")]
_Country = Annotated[str, Meta(pattern=r"^[A-Z]{1,10}\Z")]
# JSON knows no difference between 2 and 2.0, and CBOR that was made from it carries either.
_Count = Annotated[float, Meta(ge=0, le=99, multiple_of=1)]
_Day = Annotated[str, Meta(max_length=40, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?\Z")]
_Moment = Annotated[str, Meta(max_length=40, pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}")]
_Birth = Annotated[
    str, Meta(max_length=40, pattern=r"^((19|20)[0-9]{2}(-([0-9]{2}|[Xx]{2})(-([0-9]{2}|[Xx]{2})([T ].*)?)?)?)?\Z")
]


class Name(Struct, frozen=True):
    """fn, gn: family and given name as written; fnt, gnt: in the letters of a passport's lower line.

    fnt has to be there, and is empty for whoever has one name alone.
    """

    fnt: _Latin
    fn: _Text | None = None
    gn: _Text | None = None
    gnt: _Latin | None = None


class Vaccination(Struct, frozen=True):
    """Disease, vaccine, product, maker, dose of doses, day, country, issuer, identifier."""

    tg: _Needed
    vp: _Needed
    mp: _Needed
    ma: _Needed
    dn: _Count
    sd: _Count
    dt: _Day
    co: _Country
    is_: _Needed = msgspec.field(name="is")
    ci: _Needed


class Test(Struct, frozen=True):
    """Disease, kind of test, its name and maker, when sampled, result, where, country, issuer, identifier."""

    tg: _Needed
    tt: _Needed
    sc: _Moment
    tr: _Needed
    co: _Country
    is_: _Needed = msgspec.field(name="is")
    ci: _Needed
    nm: _Text | None = None
    ma: _Text | None = None
    tc: _Text | None = None


class Recovery(Struct, frozen=True):
    """Disease, day of the first positive test, country, issuer, valid from and until, identifier."""

    tg: _Needed
    fr: _Day
    co: _Country
    is_: _Needed = msgspec.field(name="is")
    df: _Day
    du: _Day
    ci: _Needed


Entry = Vaccination | Test | Recovery


class Payload(Struct, frozen=True):
    """One certificate: who, born when, and exactly one of vaccination, test, recovery."""

    ver: Annotated[str, Meta(max_length=20, pattern=r"^[0-9]+\.[0-9]+\.[0-9]+\Z")]
    nam: Name
    dob: _Birth
    v: tuple[Vaccination, ...] | None = None
    t: tuple[Test, ...] | None = None
    r: tuple[Recovery, ...] | None = None

    @property
    def entry(self) -> Entry:
        return self.entries[0]

    @property
    def entries(self) -> tuple[Entry, ...]:
        return (*(self.v or ()), *(self.t or ()), *(self.r or ()))

    @property
    def type(self) -> str:
        """A use of gate.certificates: what a key must be allowed to sign."""
        return {Vaccination: "vaccination", Test: "test", Recovery: "recovery"}[type(self.entry)]

    @property
    def holder(self) -> Holder:
        name = self.nam
        parts = (name.gn or (name.gnt or "").replace("<", " "), name.fn or name.fnt.replace("<", " "))
        return Holder(" ".join(part for part in parts if part), self.dob[:10])

    @property
    def claims(self) -> Mapping[str, str]:
        """Plain facts for the guard and the help desk."""
        entry = self.entry
        return {"type": self.type, "country": entry.co, "issuer": entry.is_, **dict(_facts(entry))}


# SNOMED CT, as the EU's value set of test results has them.
_RESULTS = {"260415000": "not detected", "260373001": "detected"}


def _facts(entry: Entry) -> Iterator[tuple[str, str]]:
    if isinstance(entry, Vaccination):
        yield from (("dose", f"{entry.dn:.0f}/{entry.sd:.0f}"), ("date", entry.dt[:10]), ("product", entry.mp))
    elif isinstance(entry, Test):
        yield from (("sampled_at", entry.sc), ("result", _RESULTS.get(entry.tr, entry.tr)))
    else:
        yield from (("first_positive", entry.fr[:10]), ("from", entry.df[:10]), ("until", entry.du[:10]))


def payload(told: object) -> Payload:
    """Plain data -> a payload that meets the schema. Raises ValueError, whose text tells nothing of the holder."""
    try:
        found = msgspec.convert(told, Payload)
    except UNREADABLE as cause:
        raise ValueError(f"not as the schema has it: {cause}") from None
    if len(found.entries) != 1:
        raise ValueError(f"{len(found.entries)} entries; a certificate has exactly one")
    if not (found.nam.fn or found.nam.gn or found.nam.fnt or found.nam.gnt):
        raise ValueError("it names nobody")
    _check_calendar(found)
    return found


def _check_calendar(found: Payload) -> None:
    """The patterns let the 40th of June through; the calendar does not.

    Dates of birth are left out: an unknown day is written in many ways, as 00 among others, and the schema lets it be.
    """
    entry: Any = found.entry
    for name in ("dt", "fr", "df", "du"):
        if day := getattr(entry, name, None):
            _on_calendar(date.fromisoformat, day[:10], name)
    if isinstance(entry, Test):
        _on_calendar(datetime.fromisoformat, entry.sc, "sc")


def _on_calendar(read: Any, text: str, name: str) -> None:  # noqa: ANN401 - one of two readers of ISO text
    try:
        read(text)
    except ValueError:
        raise ValueError(f"{name} is no date of the calendar") from None
