"""A serial module that measures by itself, asked over Modbus RTU (Modbus over serial line 1.02; 9600 baud, 8N1).

    asked     01 03 00 00 00 02 C4 0B              device 1, read 2 registers from 0
    answered  01 03 04 OO OO AA AA CC CC           object, air: signed, 0.01 C, high byte first; CRC low byte first

docs/thermometer.md has it for whoever buys a module. Rule: only an answer that stands whole between garbage, and whose
checksum is right, is one; what lay in the line before the question is thrown away.
"""

import struct
import termios
import threading
import time
from collections.abc import Callable
from typing import Protocol

import serial

from station.thermometers.bus import ATTEMPTS
from station.thermometers.faults import Fault, failed
from station.thermometers.plausible import Plausible
from station.thermometers.sensor import Sensed, skin

SPEED = 9600
DEVICE, READ, REFUSED = 1, 3, 0x83
HEAD = bytes((DEVICE, READ, 4))
ANSWER_BYTES = len(HEAD) + 4 + 2
REFUSAL_BYTES = 5
# What a module may take to answer; the frame itself takes 10 ms.
ANSWER_SECONDS = 0.25
PERIOD_SECONDS = 0.2
# A module may give whole tenths, and smooth them: a wall at night stands still for long, a forehead never does.
STUCK_SECONDS, IDLE_SECONDS = 15.0, 600.0


class Line(Protocol):
    """What of serial.Serial is used."""

    def write(self, data: bytes, /) -> int | None: ...

    def read(self, size: int = 1, /) -> bytes: ...

    def reset_input_buffer(self) -> None: ...

    def close(self) -> None: ...


class UartModule:
    """A live module. answer_seconds: what it may take to answer. seconds: monotonic."""

    name = "uart"
    serial = ""
    uncertainty_celsius = 0.5
    ambient_range = (10.0, 40.0)

    def __init__(
        self, line: Line, answer_seconds: float = ANSWER_SECONDS, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        """Asks once, so that a line without a module is known at once. Raises ThermometerFailed."""
        self._line = line
        self._answer_seconds = answer_seconds
        self._seconds = seconds
        self._closed = threading.Event()
        self._plausible = Plausible((-70.0, 327.67), (-40.0, 85.0), STUCK_SECONDS, IDLE_SECONDS)
        try:
            self.sense()
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(cls, source: str, answer_seconds: float = ANSWER_SECONDS) -> "UartModule":
        try:
            line = serial.Serial(source, SPEED, timeout=answer_seconds, write_timeout=1.0, exclusive=True)
        except (serial.SerialException, OSError, ValueError) as cause:
            raise failed(Fault.NO_LINE) from cause
        return cls(line, answer_seconds)

    def sense(self) -> Sensed:
        if self._closed.wait(PERIOD_SECONDS):
            raise failed(Fault.CLOSED)
        spot, ambient = self._asked()
        self._plausible.check(spot, ambient, self._seconds())
        return Sensed(spot, ambient, skin(spot))

    def close(self) -> None:
        if not self._closed.is_set():
            self._closed.set()
            self._line.close()

    def _asked(self) -> tuple[float, float]:
        fault = Fault.SILENT
        for _ in range(ATTEMPTS):
            received = self._exchange()
            fault = Fault.DAMAGED if received else fault
            found = answer_in(received)
            if found is not None:
                return found
            if refusal_in(received):
                raise failed(Fault.REFUSED)
        raise failed(fault)

    def _exchange(self) -> bytes:
        """What came after one question, garbage and all."""
        try:
            self._line.reset_input_buffer()
            self._line.write(QUESTION)
            received = self._line.read(ANSWER_BYTES)
            deadline = self._seconds() + self._answer_seconds
            while received and answer_in(received) is None and not refusal_in(received):
                more = self._line.read(1) if self._seconds() < deadline else b""
                if not more:
                    break
                received += more
        except (serial.SerialException, OSError, TypeError, termios.error) as cause:
            raise failed(Fault.CLOSED if self._closed.is_set() else Fault.NO_LINE) from cause
        return received


def answer_in(received: bytes) -> tuple[float, float] | None:
    """(object, air) in degrees Celsius of the first whole answer in it, wherever it begins."""
    for start in range(len(received) - ANSWER_BYTES + 1):
        frame = received[start : start + ANSWER_BYTES]
        if frame.startswith(HEAD) and _whole(frame):
            spot, ambient = struct.unpack(">hh", frame[3:7])
            return spot / 100, ambient / 100
    return None


def refusal_in(received: bytes) -> bool:
    """Whether the module said that it cannot answer."""
    starts = range(len(received) - REFUSAL_BYTES + 1)
    frames = (received[start : start + REFUSAL_BYTES] for start in starts)
    return any(frame.startswith(bytes((DEVICE, REFUSED))) and _whole(frame) for frame in frames)


def _whole(frame: bytes) -> bool:
    return crc16(frame[:-2]) == frame[-2:]


def crc16(message: bytes) -> bytes:
    """The CRC of Modbus (x^16 + x^15 + x^2 + 1, reflected, from 0xFFFF), low byte first as it is sent."""
    crc = 0xFFFF
    for byte in message:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xA001 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


_ASK_TWO = bytes((DEVICE, READ, 0, 0, 0, 2))
QUESTION = _ASK_TWO + crc16(_ASK_TWO)
