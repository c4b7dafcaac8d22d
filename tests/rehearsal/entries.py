"""Every way in by which a stranger's text or bytes come into the product, and what each may refuse them with.

The campaign `fuzz` and a test throw rubbish at them. Rule: an entry answers, or refuses in its own word; anything else
that it raises is a crash. `wrap` puts the rubbish where it hurts (behind a genuine signature, below compression) and is
not timed.
"""

import io
import os
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import cbor2
from msgspec import Raw, json
from openpyxl import Workbook

from gate import revocations, roster, wire
from gate.certificates import CertificateUnreadable, issuer_keys
from gate.clock import ClockState
from gate.credential import read
from gate.document import (
    DocumentKind,
    DocumentRefused,
    Edition,
    SignedDocument,
    body_of,
    heading_of,
    open_document,
    sign,
)
from gate.formats import base45, community_pass, cose, phone_pass
from gate.passage import Passage, Stamp
from gate.policy import Direction, Policy
from gate.trust import TrustList, key_id_of
from hub.policy.file import read_policy
from hub.sheet.cells import SheetUnreadable, read_table
from hub.sheet.people import read_people
from station.resolver import ResolverFailed
from station.scanners.scan import LONGEST_SCAN, Lines
from station.trust_file import Given, TrustUnreadable, read_trust
from station.verify import answer_case
from tests.gate import foreign_makers, forged_certificates
from tests.gate.makers import COMPOUND, NOON, OFFICE, a_pass, trust
from tests.gate.phone_makers import a_phone_code, certified, point, signer
from tests.rehearsal.asked import RISKY, UNHEARD, ask_kiosk, ask_resident, hear_province

_PUBLIC = OFFICE.public_key().public_bytes_raw()
_AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
_KEY, _NONCE = bytes(32), bytes(12)
_TRUST = trust()
_FOREIGN = forged_certificates.TRUST


@dataclass(frozen=True)
class Entry:
    """take: what is held to not crash. seeds: genuine things to start from. refusals: what it may raise."""

    take: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    refusals: tuple[type[Exception], ...] = ()
    wrap: Callable[[bytes], bytes] = bytes

    def hold(self, data: bytes) -> None:
        """Let it take what was wrapped already. Raises whatever is a crash."""
        try:
            self.take(data)
        except self.refusals:
            return


def _code(code: bytes) -> object:
    """As a gate reads it, which holds keys of its own and of others."""
    return read(code, _TRUST, NOON), read(code, _FOREIGN, NOON)


def _as_pass(message: bytes) -> bytes:
    return b"GC1:" + base45.encode(message)


def _below(code: bytes) -> bytes:
    return base45.decode(code[4:])


def _office_signs(claims: bytes) -> bytes:
    """Claims as a careless office would sign them."""
    header = cbor2.dumps({1: -8, 4: bytes.fromhex(key_id_of(_PUBLIC))})
    return community_pass.as_text(cose.seal(header, claims, OFFICE.sign)).encode()


def _digits(jws: bytes) -> bytes:
    """Two digits a character; what has none is brought into their range."""
    return foreign_makers.as_digits(bytes(each if 45 <= each <= 144 else 45 + each % 100 for each in jws))


def _records(message: bytes) -> object:
    read_of = wire.decode_records(message), wire.decode_crossings(message)
    for each in read_of[0]:
        if isinstance(each, wire.Envelope):
            wire.decode_body(each.body)
    return read_of


def _document(kind: DocumentKind, body: bytes) -> SignedDocument:
    return SignedDocument(1, heading_of(kind, COMPOUND, Edition(1, 1), _AT, key_id_of(_PUBLIC)), Raw(body), b"")


def _bodies(body: bytes) -> None:
    """As every kind of document, once its signature was believed."""
    for kind, shape in ((DocumentKind.TRUST, TrustList), (DocumentKind.MANIFEST, roster.Manifest)):
        _tried(lambda kind=kind, shape=shape: body_of(_document(kind, body), shape))
    for shape in (Policy, roster.RosterBucket, wire.Receipt):
        _tried(lambda shape=shape: body_of(_document(DocumentKind.POLICY, body), shape))


def _tried(read_it: Callable[[], object]) -> None:
    try:
        read_it()
    except DocumentRefused:
        return


def _scanner(received: bytes) -> None:
    lines = Lines()
    lines.take(received)
    while code := lines.next():
        assert len(code) <= LONGEST_SCAN
        _code(code)


@cache
def _memory() -> int:
    return os.memfd_create("given")


def _as_file(take: Callable[[Path], object]) -> Callable[[bytes], object]:
    def taken(data: bytes) -> object:
        os.ftruncate(_memory(), 0)
        os.pwrite(_memory(), data, 0)
        return take(Path(f"/proc/self/fd/{_memory()}"))

    return taken


def _workbook() -> bytes:
    """One person in an xlsx."""
    book, parcel = Workbook(), io.BytesIO()
    book.active.append(["姓名", "楼栋", "房号"])
    book.active.append(["王小明", 3, "502"])
    book.save(parcel)
    return parcel.getvalue()


def _sheet(path: Path) -> object:
    return read_people(read_table(path), date(2026, 11, 22))


_PASSAGE = wire.encode_body(Passage(Stamp(_AT, ClockState.SYNCED, "b0" * 8, 12.5), "east", "1", Direction.IN))
_SIGNED = sign(
    heading_of(DocumentKind.POLICY, COMPOUND, Edition(1, 4), _AT, key_id_of(_PUBLIC)), Policy("winter"), OFFICE.sign
)
_POLICY = b"""title = "winter"
measure_on = ["in"]
[gates.east]
open = true
[zones]
"3" = "sealed"
[temperature]
fever_celsius = 37.5
"""
_RISKY_POLICY = _POLICY.replace(
    b"[gates.east]",
    b"""ask_trip_on = ["in"]
[[risk_places]]
id = "ruili"
name_zh = "\xe7\x91\x9e\xe4\xb8\xbd"
name_en = "Ruili"
since = 2026-11-01
until = 2026-11-30
[gates.east]""",
)
_FULL_POLICY = b"""exit_quota = { times = 1, days = 2, per = "person" }
ask_purpose_on = ["out"]
shelf_slots = ["1"]
[[purposes]]
id = "work"
zh = "\xe4\xb8\x8a\xe7\x8f\xad"
en = "Work"
[[gates.east.hours]]
opens = "22:00"
closes = "05:30"
[callers.courier]
directions = ["in"]
[retest]
sites = ["wrist"]
"""
_TAPS = (
    b'POST /trip\n{"began":1.5,"stays":[{"place":"ruili","last_day":"2026-11-20"}]}',
    b'POST /settle\n{"sequence":1,"outcome":"refer","ground":"other"}',
    b'POST /purpose\n{"began":1.5,"purpose":"work"}',
)
_PHONES = (
    b'POST /passes\n{"token":"0000000000000000","key":"' + b64encode(point()) + b'"}',
    b'POST /standing\n{"serials":["00112233aabbccdd"]}',
    b"GET /index.html?a=b\n",
)
_PROVINCE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%s\r\n\r\n%s"
_COLOUR = b'{"colour":"green","valid_until":"2026-11-22T08:00:00Z"}'
_SHEET = "姓名,楼栋,单元,房号,电话,身份证号,出生日期\n王小明,3,1,502,13800000000,,1990-01-01\n".encode()
_CASE = b'{"text":"HC1:6BF","trust":["AA=="],"at":"2026-11-22T08:00:00Z"}'
_REVOKED = revocations.pack(revocations.revocations_of([f"{number:016x}" for number in range(40)]))
_TRUSTED = json.encode([b64encode(each).decode() for each in (foreign_makers.ONLY_TESTS, _PUBLIC)])
_TRUST_LIST = sign(
    heading_of(DocumentKind.TRUST, COMPOUND, Edition(1, 4), _AT, key_id_of(_PUBLIC)),
    TrustList(revoked=_REVOKED),
    OFFICE.sign,
)
_WHOLE_CARD, _WHOLE_EU = foreign_makers.shc(), foreign_makers.eu()

ENTRIES: Mapping[str, Entry] = {
    "code": Entry(_code, (a_pass(), a_phone_code(), _WHOLE_EU, _WHOLE_CARD, *foreign_makers.in_parts(_WHOLE_CARD, 2))),
    "pass message": Entry(_code, (_below(a_pass()), _below(a_phone_code())), (), _as_pass),
    "pass claims": Entry(_code, (cose.open_sign1(_below(a_pass()), "").payload,), (), _office_signs),
    "phone statement": Entry(
        _code, (certified(),), (), lambda it: phone_pass.pack(it, NOON.utc, signer()).encode()
    ),
    "EU message": Entry(_code, (foreign_makers.a_message(),), (), foreign_makers.as_code),
    "EU compressed": Entry(_code, (_below(_WHOLE_EU),), (), lambda it: b"HC1:" + base45.encode(it)),
    "EU claims": Entry(_code, (cbor2.dumps(foreign_makers.some_claims()),), (), foreign_makers.eu),
    "card digits": Entry(_code, (foreign_makers.a_jws(),), (), lambda it: b"shc:/" + _digits(it)),
    "card header": Entry(
        _code, (b'{"alg":"ES256","kid":"x","zip":"DEF"}',), (), lambda it: foreign_makers.shc(header=it or b"x")
    ),
    "card compressed": Entry(
        _code, (foreign_makers.deflated(b"{}"),), (), lambda it: foreign_makers.shc(body=it or b"x")
    ),
    "card claims": Entry(
        _code,
        (json.encode(foreign_makers.a_card()),),
        (),
        lambda it: foreign_makers.shc(body=foreign_makers.deflated(it)),
    ),
    "scanner": Entry(_scanner, (a_pass() + b"\r\n" + _WHOLE_CARD + b"\n",)),
    "records": Entry(
        _records,
        (wire.encode_records([wire.envelope(COMPOUND, "east-1", "ab" * 8, 1, _PASSAGE)]),),
        (wire.BodyMalformed,),
    ),
    "document": Entry(
        lambda it: open_document(it, DocumentKind.POLICY, COMPOUND, [_PUBLIC]), (_SIGNED,), (DocumentRefused,)
    ),
    "document body": Entry(
        _bodies, (json.encode(TrustList(revoked=_REVOKED)), json.encode(Policy("winter")), json.encode(RISKY))
    ),
    "sealed roster": Entry(
        lambda it: roster.unseal(it, 3, COMPOUND, _KEY),
        (roster.seal(_SIGNED, 3, COMPOUND, _KEY, _NONCE),),
        (roster.BucketUnreadable,),
    ),
    "revocations": Entry(
        revocations.unpack,
        (_REVOKED,),
        (ValueError,),
    ),
    "certificate": Entry(
        issuer_keys,
        (foreign_makers.ONLY_TESTS, foreign_makers.spki(foreign_makers.COUNTRY)),
        (CertificateUnreadable,),
    ),
    "trust file": Entry(read_trust, (_TRUSTED, _TRUST_LIST), (TrustUnreadable,)),
    "case": Entry(lambda it: answer_case(it, Given(), _AT), (_CASE,)),
    "sheet": Entry(_as_file(_sheet), (_SHEET, _workbook()), (SheetUnreadable,)),
    "policy": Entry(_as_file(read_policy), (_POLICY, _RISKY_POLICY, b'title = "x"\n' + _FULL_POLICY)),
    "residents' page": Entry(ask_resident, _PHONES),
    "guard's taps": Entry(ask_kiosk, _TAPS),
    "health code service": Entry(
        hear_province,
        (
            _PROVINCE % (b"Content-Length: 55", _COLOUR),
            _PROVINCE % (b"Transfer-Encoding: chunked", b"37\r\n" + _COLOUR + b"\r\n0\r\n\r\n"),
        ),
        (ResolverFailed, *UNHEARD),
    ),
    "health code answer": Entry(
        hear_province, (_COLOUR,), (ResolverFailed,), lambda it: _PROVINCE % (b"Content-Length: %d" % len(it), it)
    ),
}  # fmt: skip
