"""`gate-station read`: which codes are in these pictures? For the office's help desk, and for whoever tries a printer.

It needs neither settings nor a gate. Rule: a file that cannot be read is said to be so, and the others are read all the
same; what stands in a code is shown as text and never obeyed by the terminal.
"""

import json
import re
from argparse import ArgumentParser, Namespace
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from station.cameras.pictures import load_picture
from station.codes import SeenCode
from station.stills import read_picture

READ, REFUSED = 0, 2
_WORDS = """\
Exit code: 0 every picture was looked at, with a code in it or without; 2 a file is no picture that can be read.
With --json one line a picture: {"path", "codes": [{"text", "bytes_b64", "format"}], "ms"}, and "error" where there is
one. bytes_b64 is exactly what the code carries; text is the likeliest reading of it. QR codes that make one message
together are one code; where some of them are missing, each has "part": {"number", "total", "parity"}."""
_VOICED = re.compile("[ｳｶ-ﾄﾊ-ﾎ]ﾞ|[ﾊ-ﾎ]ﾟ")
"""Japanese in half width would pass for rare Chinese characters; its voicing marks give it away."""


def add_words(parser: ArgumentParser) -> None:
    """Options and arguments of the command."""
    parser.epilog = _WORDS
    parser.add_argument("files", nargs="+", metavar="FILE", help="a picture: PNG, JPEG, WebP, BMP, TIFF or PNM")
    parser.add_argument("--json", action="store_true", help="one line of JSON for each picture")


def carry_out(asked: Namespace, out: TextIO, warnings: TextIO, seconds: Callable[[], float]) -> int:
    """Read every file named, in order; the exit code."""
    code = READ
    for name in asked.files:
        started = seconds()
        try:
            codes, error = read_picture(load_picture(Path(name))), ""
        except (OSError, ValueError) as wrong:
            codes, error = [], _sentence(name, wrong)
            code = REFUSED
            print(f"gate-station: {error}", file=warnings)
        milliseconds = round((seconds() - started) * 1000, 1)
        if asked.json:
            print(as_data(name, codes, milliseconds, error), file=out, flush=True)
        elif not error:
            print(as_lines(name, codes, milliseconds), file=out, flush=True)
    return code


def as_data(path: str, codes: list[SeenCode], milliseconds: float, error: str = "") -> str:
    """One line of JSON."""
    line: dict[str, object] = {"path": path, "codes": [_facts(code) for code in codes], "ms": milliseconds}
    if error:
        line["error"] = error
    # ASCII alone, whatever stands in a code or in a file's name: some readers, and some terminals, take other
    # characters for the end of a line or for a command.
    return json.dumps(line)


def _facts(code: SeenCode) -> dict[str, object]:
    facts: dict[str, object] = {
        "text": text_of(code),
        "bytes_b64": b64encode(code.data).decode(),
        "format": code.symbology,
    }
    return facts if code.part is None else {**facts, "part": asdict(code.part)}


def as_lines(path: str, codes: list[SeenCode], milliseconds: float) -> str:
    """For people: the file, then each code on a line of its own."""
    found = {0: "no code found", 1: "1 code"}.get(len(codes), f"{len(codes)} codes")
    lines = [f"{_plain(path)}: {found} ({milliseconds:.0f} ms)"]
    lines += [f"  {code.symbology}{_place(code)}  {_plain(text_of(code))}" for code in codes]
    return "\n".join(lines)


def _place(code: SeenCode) -> str:
    return f" {code.part.number} of {code.part.total}" if code.part else ""


def text_of(code: SeenCode) -> str:
    """The likeliest reading of the bytes: UTF-8, Chinese, what the decoder took it for, at last any byte as it is."""
    for encoding in ("utf-8",) if _japanese(code.guess) else ("utf-8", "gb2312", "gb18030"):
        with suppress(UnicodeDecodeError):
            text = code.data.decode(encoding)
            # Every pair of bytes is some character of the whole set; a lone accent between Latin letters is no Chinese.
            if encoding != "gb18030" or re.search(rb"[\x81-\xfe]{2}", code.data):
                return text
    return code.guess or code.data.decode("latin-1")


def _japanese(guess: str) -> bool:
    """Whether the decoder took it for Japanese such as no Chinese text looks like by accident."""
    if len(re.findall("[ぁ-ヺ]", guess)) >= 2:
        return True
    stray = re.search("[ﾞﾟ\ufffd]", _VOICED.sub("", guess))
    return _VOICED.search(guess) is not None and not stray


def _plain(text: str) -> str:
    """A text with everything that a terminal might obey, or show as something else, spelled out."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _sentence(name: str, wrong: OSError | ValueError) -> str:
    path = Path(name)
    if isinstance(wrong, ValueError) and not isinstance(wrong, UnicodeError):
        return str(wrong)
    if path.is_dir():
        return f"{name} is a folder: name the pictures in it, as {name.rstrip('/')}/*.png"
    if isinstance(wrong, FileNotFoundError):
        return f"{name} is not there: look for a slip in its name"
    return f"{name} cannot be read: {getattr(wrong, 'strerror', None) or wrong}"
