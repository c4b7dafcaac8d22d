"""Scanner heads: what they read reaches the loop byte for byte, over a pty and over a pipe of key events."""

import errno
import os
import pty
import queue
import termios
import tty

import pytest
import serial

from station.ears import EMPTY_READS, NO_ANSWER, Ears
from station.inbox import Faulty, Looked
from station.scanners import ScannerFailed, open_scanner
from station.scanners.hid import _PLAIN, _SHIFTED, EV_KEY, EVENT, HidScanner
from station.scanners.scan import LONGEST_SCAN, Lines
from station.scanners.serial import SerialScanner

PATIENCE = 20.0
CHARACTERS = {character: (code, False) for code, character in reversed(_PLAIN.items())}
CHARACTERS |= {
    _SHIFTED.get(character, character.upper()): (code, True)
    for character, (code, _) in CHARACTERS.items()
    if character in _SHIFTED or character.isalpha()
}
SHIFT, ENTER = 42, 28


def next_scan(scanner) -> bytes:
    """Waits through as many quiet spells as it takes."""
    for _ in range(80):
        scan = scanner.read()
        if scan:
            return scan
    raise AssertionError("no scan came")


def key(code: int, value: int) -> bytes:
    return EVENT.pack(1, 2, EV_KEY, code, value) + EVENT.pack(1, 2, 0, 0, 0)


def typed(text: str) -> bytes:
    """The key events of a head that types the text and Enter."""
    events = b""
    for character in text:
        code, shifted = CHARACTERS[character]
        strokes = key(code, 1) + key(code, 2) + key(code, 0)
        events += key(SHIFT, 1) + strokes + key(SHIFT, 0) if shifted else strokes
    return events + key(ENTER, 1) + key(ENTER, 0)


@pytest.fixture
def line():
    """A pty: the head's end, and a scanner on the other."""
    head, other = pty.openpty()
    tty.setraw(other)
    scanner = open_scanner("serial", os.ttyname(other))
    yield head, scanner
    scanner.close()
    os.close(head)
    os.close(other)


@pytest.fixture
def keyboard(tmp_path):
    """A named pipe in place of an event device, and a scanner on it."""
    path = str(tmp_path / "event-kbd")
    os.mkfifo(path)
    scanner = open_scanner("hid", path)
    head = os.open(path, os.O_WRONLY)
    yield head, scanner
    scanner.close()
    os.close(head)


class TestSerial:
    def test_a_scan_comes_as_it_was_sent(self, line):
        """Chinese in either encoding and any byte but a line end; CR, LF and both end a scan."""
        head, scanner = line
        os.write(head, "王小明".encode("gb18030") + b"\r" + b"\x00\xff\n" + b"GC1:A\r\n\r\nGC1:B\r")
        scans = [next_scan(scanner) for _ in range(4)]
        assert scans == ["王小明".encode("gb18030"), b"\x00\xff", b"GC1:A", b"GC1:B"]

    def test_half_a_scan_waits_for_its_end(self, line):
        """A slow line does not make two codes of one."""
        head, scanner = line
        os.write(head, b"GC1:")
        assert scanner.read() == b""
        os.write(head, b"ABC\r")
        assert next_scan(scanner) == b"GC1:ABC"

    def test_a_head_without_line_ends_is_read_by_its_pauses(self, line):
        """As many come from the factory: each scan is one, and is not glued to the next one's."""
        head, scanner = line
        for scan in (b"GC1:A", b"GC1:B"):
            os.write(head, scan)
            assert next_scan(scanner) == scan

    def test_a_head_that_goes_while_it_is_opened_is_said_to_be_gone(self):
        """The line's own errors are no OSError; the lane would have been deaf until its next start."""

        def line(*_: object, **__: object) -> serial.Serial:
            raise termios.error(5, "Input/output error")

        with pytest.raises(ScannerFailed, match="/dev/ttyACM0"):
            SerialScanner.open("/dev/ttyACM0", line)

    def test_a_head_that_is_not_there_is_said_to_be_so(self):
        """The sentence names the device."""
        with pytest.raises(ScannerFailed, match="/dev/no-such-scanner"):
            open_scanner("serial", "/dev/no-such-scanner")


class TestHid:
    def test_every_character_of_a_pass_is_typed_right(self, keyboard):
        """Capitals, digits and every sign of base45 and of links, with shift where a keyboard needs it."""
        head, scanner = keyboard
        text = "GC1:0123456789ABCXYZ $%*+-./:abcxyz https://a.b/?q=1&w=~_(x)[y]{z}|\\\"'`^!@#;,<>"
        os.write(head, typed(text))
        assert next_scan(scanner) == text.encode()

    def test_a_head_without_enter_is_read_by_its_pauses(self, keyboard):
        """Or ends in a key that is no line's end, as Tab."""
        head, scanner = keyboard
        for text in ("GC1:A", "GC1:B"):
            os.write(head, typed(text)[: -2 * len(key(ENTER, 0))])
            assert next_scan(scanner) == text.encode()

    def test_a_head_that_another_program_holds_is_a_fault(self, tmp_path):
        """It would type into that one, and this lane would wait for scans for ever without a word."""
        path = str(tmp_path / "event-kbd")
        os.mkfifo(path)

        def refuse(_device: int) -> None:
            raise OSError(errno.EBUSY, "Device or resource busy")

        with pytest.raises(ScannerFailed, match="another program"):
            HidScanner.open(path, refuse)

    def test_events_that_come_in_pieces_are_put_together(self, keyboard):
        """A read may end in the middle of an event."""
        head, scanner = keyboard
        events, scans = typed("GC1:A"), []
        for start in range(0, len(events), 13):
            os.write(head, events[start : start + 13])
            scans.append(scanner.read())
        assert b"".join(scans) == b"GC1:A"

    def test_a_head_that_is_unplugged_is_said_to_be_gone(self, tmp_path):
        """An end of the stream is an error, not silence."""
        path = str(tmp_path / "event-kbd")
        os.mkfifo(path)
        scanner = open_scanner("hid", path)
        os.close(os.open(path, os.O_WRONLY))
        with pytest.raises(ScannerFailed, match="gone"):
            next_scan(scanner)
        scanner.close()


def test_what_is_longer_than_any_code_is_thrown_away_whole():
    """A stuck head fills no memory, and its tail is not taken for a code."""
    lines = Lines()
    lines.take(b"x" * (LONGEST_SCAN + 1) + b"\rGC1:A\r")
    assert [lines.next(), lines.next()] == [b"GC1:A", b""]


class Head:
    """A scanner of the test: gives what is put into it, then nothing."""

    def __init__(self, *scans: bytes, then: Exception | None = None) -> None:
        self.scans = [*scans]
        self.then = then
        self.closed = False

    def read(self) -> bytes:
        if self.scans:
            return self.scans.pop(0)
        if self.then:
            raise self.then
        return b""

    def close(self) -> None:
        self.closed = True


class TestEars:
    def test_each_scan_is_a_code_in_view_and_then_an_empty_view(self):
        """The same paper scanned again is somebody new; an idle head posts nothing more."""
        posts: queue.SimpleQueue = queue.SimpleQueue()
        ears = Ears(lambda: Head(b"GC1:A"), posts.put)
        ears.start()
        got = [posts.get(timeout=PATIENCE) for _ in range(2 + EMPTY_READS)]
        ears.stop()
        assert got[0] == Faulty("scanner", "")
        assert [code.data for code in got[1].codes] == [b"GC1:A"]
        assert all(isinstance(post, Looked) and post.codes == () for post in got[2:])
        assert posts.empty()

    def test_a_lost_head_is_said_to_be_lost_and_opened_again(self):
        """The lane goes on, and so does the head once it is back."""
        posts: queue.SimpleQueue = queue.SimpleQueue()
        first = Head(then=ScannerFailed("the scanner is gone"))
        heads = [first, Head(b"GC1:A")]
        ears = Ears(lambda: heads.pop(0), posts.put, retry_seconds=0.01)
        ears.start()
        got = [posts.get(timeout=PATIENCE) for _ in range(4)]
        ears.stop()
        assert got[:3] == [
            Faulty("scanner", ""),
            Faulty("scanner", f"{NO_ANSWER} / the scanner is gone"),
            Faulty("scanner", ""),
        ]
        assert [code.data for code in got[3].codes] == [b"GC1:A"]
        assert first.closed
