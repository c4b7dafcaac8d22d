"""`gate-station verify`: is this code to be believed, and if not, where does it fail? For the office's help desk.

It reads one code as text or from a picture, or a file of cases, and needs neither settings nor a gate. Rule: whatever a
code or a case says, it is answered; only a command that cannot be carried out ends in an error (`CannotVerify`).
"""

import json
import os
from argparse import ArgumentParser, Namespace
from base64 import b64decode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, TextIO

from gate.clock import ClockState, Moment
from gate.credential import CodeReading, read
from gate.formats import smart_health_card
from gate.formats.chain import Step
from gate.reason import Reason
from station.cameras import Pixels
from station.cameras.pictures import decode_picture
from station.parts import missing
from station.stills import read_picture
from station.trust_file import Given, TrustUnreadable, given, read_trust
from station.verdict import PLAIN, Marks, as_data, as_lines

ACCEPTED, REFUSED = 0, 1
STDIN = "-"
_WORDS = """\
Exit code: 0 accepted (with --cases: every case was answered), 1 refused, 2 the command could not be carried out.
accepted means that the code may be believed at that time: every check that its format asks for has passed."""


class CannotVerify(Exception):
    """The command cannot be carried out; the message says what is wrong, where, and what to do."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the command is given. hub_key: of the station's own identity, where --config names one."""

    out: TextIO
    warnings: TextIO
    typed: BinaryIO
    now: datetime
    hub_key: bytes | None = None


def add_words(parser: ArgumentParser) -> None:
    """Options and arguments of the command."""
    parser.epilog = _WORDS
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("text", nargs="?", metavar="TEXT", help="what stands in the code; - reads it from stdin")
    what.add_argument("--image", metavar="FILE", help="a picture of the code")
    what.add_argument(
        "--cases",
        metavar="FILE",
        help='JSON lines {"text", "trust": [...], "at"}, answered one line each, in order; - reads them from stdin',
    )
    parser.add_argument(
        "--trust",
        metavar="FILE",
        help="whom to trust: a JSON list of certificates or public keys (DER in base64, or 32 raw bytes of Ed25519),"
        " or a trust list that the office signed",
    )
    parser.add_argument(
        "--hub-key",
        metavar="BASE64",
        help="the office's public key, which a signed trust list must be signed by; with --config it is the station's"
        " own; without either the list is taken as given, and a warning says so",
    )
    parser.add_argument(
        "--at", metavar="TIME", help="when to judge by, ISO 8601, UTC if no zone is said (default: now)"
    )
    parser.add_argument("--json", action="store_true", help="one line of JSON")


def carry_out(asked: Namespace, desk: Desk) -> int:
    """Answer, and return the exit code. Raises CannotVerify."""
    at = _instant(asked.at) if asked.at is not None else desk.now
    trusted = _trust(asked, desk)
    if asked.cases is not None:
        for line in _lines(asked.cases, desk):
            print(json.dumps(as_data(answer_case(line, trusted, at))), file=desk.out)
        return ACCEPTED
    reading = (
        _of_picture(asked.image, trusted, at) if asked.image is not None else _of_text(asked.text, desk)(trusted, at)
    )
    if asked.json:
        print(json.dumps(as_data(reading)), file=desk.out)
    else:
        print(*as_lines(reading, at, _marks(desk.out)), sep="\n", file=desk.out)
    return ACCEPTED if reading.accepted else REFUSED


def verify(code: bytes, trusted: Given, at: datetime) -> CodeReading:
    """One code, judged as a gate with a synchronised clock would at that time (aware)."""
    return read(code, trusted.trust_for(code), Moment(at.astimezone(UTC), ClockState.SYNCED))


def answer_case(line: bytes, trusted: Given, at: datetime) -> CodeReading:
    """One case of a file; what it leaves out is as the command said. A line that is no case is refused as damaged.

    Of the case's trust, entries that cannot be read vouch for nothing.
    """
    try:
        case = json.loads(line)
        text, entries, when = case["text"], case.get("trust"), case.get("at")
        code = text.encode("utf-8", "surrogatepass")
        trusted = given(list(entries), lenient=True) if isinstance(entries, list) else trusted
        at = _instant(when) if when is not None else at
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, CannotVerify):
        return _failed("case", Reason.CODE_DAMAGED, "not a case: a JSON object with text, trust and at")
    return verify(code, trusted, at)


def _of_text(text: str, desk: Desk) -> Callable[[Given, datetime], CodeReading]:
    if text == STDIN:
        code = desk.typed.read()
        code = code.removesuffix(b"\n").removesuffix(b"\r")
    else:
        code = os.fsencode(text)
    return lambda trusted, at: verify(code, trusted, at)


def _of_picture(path: str, trusted: Given, at: datetime) -> CodeReading:
    seen = read_picture(_pixels(path))
    readings = [missing(code.part) for code in seen if code.part is not None]
    whole = smart_health_card.joined(code.data for code in seen if code.part is None)
    readings += [verify(code, trusted, at) for code in whole]
    if not readings:
        return _failed("picture", Reason.NO_CODE, "no code can be read in the picture")
    return max(readings, key=lambda reading: (reading.accepted, reading.format is not None))


def _pixels(path: str) -> Pixels:
    try:
        return decode_picture(Path(path).read_bytes())
    except OSError as cause:
        raise CannotVerify(f"{path}: {cause.strerror}") from cause
    except ValueError as cause:
        raise CannotVerify(f"{path}: no picture that can be opened; expected PNG, JPEG or the like") from cause


def _failed(name: str, reason: Reason, note: str) -> CodeReading:
    return CodeReading(None, (Step(name, False, reason, note),))


def _trust(asked: Namespace, desk: Desk) -> Given:
    if asked.trust is None:
        return Given()
    try:
        trusted = read_trust(Path(asked.trust).read_bytes(), _hub_key(asked.hub_key) or desk.hub_key)
    except OSError as cause:
        raise CannotVerify(f"{asked.trust}: {cause.strerror}") from cause
    except TrustUnreadable as cause:
        raise CannotVerify(f"{asked.trust}: {cause}") from cause
    if not trusted.checked:
        print(
            f"{asked.trust}: taken as given; its signature was not checked, for want of --hub-key or --config",
            file=desk.warnings,
        )
    return trusted


def _hub_key(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        key = b64decode(text, validate=True)
    except ValueError as cause:
        raise CannotVerify("--hub-key: not base64") from cause
    if len(key) != 32:
        raise CannotVerify(f"--hub-key: {len(key)} bytes; an Ed25519 public key has 32")
    return key


def _instant(told: object) -> datetime:
    if isinstance(told, int | float) and not isinstance(told, bool):
        try:
            return datetime.fromtimestamp(told, UTC)
        except (ValueError, OverflowError, OSError) as cause:
            raise CannotVerify(f"{told}: a time in no year of ours") from cause
    try:
        found = datetime.fromisoformat(str(told))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as cause:
        raise CannotVerify(f"{told!r} is no time; write it as 2026-11-22T08:00:00Z") from cause


def _lines(path: str, desk: Desk) -> Iterable[bytes]:
    try:
        content = desk.typed.read() if path == STDIN else Path(path).read_bytes()
    except OSError as cause:
        raise CannotVerify(f"{path}: {cause.strerror}") from cause
    return content.removesuffix(b"\n").split(b"\n") if content else []


def _marks(out: TextIO) -> Marks:
    try:
        (Marks().passed + Marks().failed).encode(out.encoding or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return PLAIN
    return Marks()
