"""The I2C bus of a thermometer: words asked for, and each way in which a bus breaks as a fault with a sentence.

mlx90614.py and mlx90640.py use it. Rule: a transfer that failed is tried again a few times, since a motor nearby may
spoil one; a bus that hangs is not, since every try holds up the reader for a second.
"""

import errno
from collections.abc import Callable
from typing import Protocol, TypeVar

from smbus2 import SMBus, i2c_msg

from station.thermometers.faults import Fault, failed

ATTEMPTS = 3
Answer = TypeVar("Answer")


class Bus(Protocol):
    """What of smbus2.SMBus is used."""

    def i2c_rdwr(self, *i2c_msgs: i2c_msg) -> None:
        """One transaction with repeated starts; an OSError where it fails."""

    def close(self) -> None: ...


class Damaged(Exception):
    """What came over the bus is not what was sent."""


def open_bus(source: str) -> Bus:
    """source: "/dev/i2c-1". Raises ThermometerFailed."""
    try:
        return SMBus(source)
    except OSError as cause:
        raise failed(Fault.NO_BUS) from cause


def asked(transfer: Callable[[], Answer]) -> Answer:
    """The transfer's answer, after ATTEMPTS tries at the most. Raises ThermometerFailed."""
    left = ATTEMPTS
    while True:
        left -= 1
        try:
            return transfer()
        except (OSError, Damaged) as cause:
            fault = fault_of(cause)
            if not left or fault is Fault.BUS_HANGS:
                raise failed(fault) from cause


def fault_of(cause: OSError | Damaged) -> Fault:
    """What a failed transfer means (Linux: Documentation/i2c/fault-codes)."""
    if isinstance(cause, Damaged):
        return Fault.DAMAGED
    match cause.errno:
        case errno.ETIMEDOUT:
            return Fault.BUS_HANGS
        case errno.EAGAIN | errno.EBADMSG | errno.EPROTO:
            return Fault.DAMAGED
        case errno.ENODEV | errno.EBADF:
            return Fault.NO_BUS
    return Fault.NO_ANSWER


def crc8(message: bytes) -> int:
    """SMBus packet error code: CRC-8 of x^8 + x^2 + x + 1, from 0 (SMBus specification 2.0, section 5.4).

    It finds every error of up to three bits in messages of up to 119 bits; the longest here has 40.
    """
    crc = 0
    for byte in message:
        crc = _CRC8[crc ^ byte]
    return crc


def _shifted(byte: int) -> int:
    for _ in range(8):
        byte = (byte << 1) ^ (0x107 if byte & 0x80 else 0)
    return byte


_CRC8 = bytes(_shifted(byte) for byte in range(256))
