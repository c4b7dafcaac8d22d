"""A serial thermometer module on the far end of a pty: it hears questions and answers as the world wants it to."""

import os
import pty
import select
import struct
import threading
import tty
from collections.abc import Callable

from station.thermometers.uart import QUESTION, crc16


def answer(object_celsius: float, ambient_celsius: float) -> bytes:
    """The module's frame for two temperatures."""
    frame = bytes((1, 3, 4)) + struct.pack(">hh", round(object_celsius * 100), round(ambient_celsius * 100))
    return frame + crc16(frame)


def refusal(code: int = 2) -> bytes:
    frame = bytes((1, 0x83, code))
    return frame + crc16(frame)


class ModbusModule:
    """Answers every whole question with what `says` gives for its number, from 0. path: where a station finds it."""

    def __init__(self, says: Callable[[int], bytes]) -> None:
        self.says = says
        self.questions = 0
        self._end, self._line = pty.openpty()
        tty.setraw(self._line)
        self.path = os.ttyname(self._line)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        heard = b""
        while not self._stopped.is_set():
            if not select.select([self._end], [], [], 0.05)[0]:
                continue
            try:
                heard += os.read(self._end, 256)
            except OSError:
                # Nobody has the other end open just now.
                self._stopped.wait(0.05)
                continue
            while QUESTION in heard:
                heard = heard.partition(QUESTION)[2]
                os.write(self._end, self.says(self.questions))
                self.questions += 1

    def send(self, noise: bytes) -> None:
        os.write(self._end, noise)

    def unplug(self) -> None:
        """Both ends go, as when the plug is pulled."""
        self._stopped.set()
        self._thread.join()
        for end in (self._end, self._line):
            try:
                os.close(end)
            except OSError:
                continue
