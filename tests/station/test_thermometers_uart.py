"""A serial module over a pty: whole answers are temperatures, whatever lies around them; all else is a fault."""

import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.thermometers.bus import ATTEMPTS
from station.thermometers.faults import Fault
from station.thermometers.uart import (
    ANSWER_BYTES,
    IDLE_SECONDS,
    QUESTION,
    STUCK_SECONDS,
    UartModule,
    answer_in,
    crc16,
    refusal_in,
)
from tests.station.modbus_module import ModbusModule, answer, refusal
from tests.station.sensor_faults import fault

PATIENT = 20.0
"""Seconds; no test waits that long where all is well."""


class PlayedLine:
    """A line whose far end answers at once, and then keeps still."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = list(answers)
        self.waiting = b""

    def write(self, data: bytes) -> None:
        assert data == QUESTION
        self.waiting += self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def read(self, size: int = 1) -> bytes:
        taken, self.waiting = self.waiting[:size], self.waiting[size:]
        return taken

    def reset_input_buffer(self) -> None:
        self.waiting = b""

    def close(self) -> None: ...


@pytest.fixture
def module():
    """Answers with a forehead that flickers."""
    module = ModbusModule(lambda number: answer(34.5 + number % 2 / 100, 22.0))
    yield module
    module.unplug()


class TestFrame:
    def test_the_frames_are_those_of_the_documentation(self):
        """Byte for byte as docs/thermometer.md has them, with the check value of CRC-16/MODBUS."""
        assert crc16(b"123456789") == b"\x37\x4b"
        assert QUESTION.hex(" ").upper() == "01 03 00 00 00 02 C4 0B"
        assert answer(34.5, 22.0).hex(" ").upper().startswith("01 03 04 0D 7A 08 98 ")
        assert len(answer(34.5, 22.0)) == ANSWER_BYTES

    def test_every_word_comes_back(self):
        """All 65,536 words of the object, with the air beside them."""
        for word in range(-0x8000, 0x8000):
            assert answer_in(answer(word / 100, -word / 100 if word > -0x8000 else 0)) == (
                word / 100,
                -word / 100 if word > -0x8000 else 0,
            )

    def test_every_error_of_one_or_two_bits_is_caught(self):
        """72 bits, 72 + 2,556 patterns; which of them pass does not depend on what the frame says (CRC is affine)."""
        whole = answer(36.6, 22.0)
        bits = range(len(whole) * 8)
        for frame in (whole, answer(37.3, -10.0), answer(0, 0)):
            number = int.from_bytes(frame, "big")
            for pattern in (*combinations(bits, 1), *combinations(bits, 2)):
                spoiled = number ^ sum(1 << bit for bit in pattern)
                assert answer_in(spoiled.to_bytes(len(whole), "big")) is None, pattern

    @given(st.binary(max_size=40), st.binary(max_size=40), st.integers(-4000, 20000))
    def test_an_answer_is_found_wherever_it_begins(self, before, after, hundredths):
        """Garbage before and behind it is nothing, unless it is an answer itself."""
        found = answer_in(before + answer(hundredths / 100, 22.0) + after)
        assert found == (hundredths / 100, 22.0) or answer_in(before + answer(hundredths / 100, 22.0)[:-1]) is not None

    @pytest.mark.parametrize("head", [b"\x02\x03\x04", b"\x01\x04\x04", b"\x01\x03\x06", b"\x01\x83\x04"])
    def test_another_devices_answer_is_none(self, head):
        """Whole and with a right checksum, but from another device, to another question, or a refusal."""
        frame = head + answer(36.6, 22.0)[3:7]
        assert answer_in(frame + crc16(frame)) is None

    @given(st.binary(max_size=60))
    def test_noise_is_no_answer(self, noise):
        """Anything at all is read without an error."""
        if b"\x01\x03\x04" not in noise:
            assert answer_in(noise) is None
        if b"\x01\x83" not in noise:
            assert not refusal_in(noise)


class TestModule:
    def test_it_is_read(self, module):
        """Question, answer, temperature."""
        live = UartModule.open(module.path, PATIENT)
        sensed = live.sense()
        assert sensed.spot_celsius == pytest.approx(34.5, abs=0.011)
        assert (sensed.ambient_celsius, sensed.skin_celsius) == (22.0, sensed.spot_celsius)
        live.close()

    def test_garbage_in_the_line_is_passed_over(self, module):
        """Noise before the question is thrown away, noise around the answer is skipped, byte for byte."""
        live = UartModule.open(module.path, PATIENT)
        noise = random.Random(4)
        module.says = lambda number: noise.randbytes(number % 7) + b"\x01\x03" + answer(34.5 + number / 100, 22.0)
        for _ in range(5):
            module.send(noise.randbytes(11))
            assert live.sense().spot_celsius == pytest.approx(34.5, abs=0.2)
        live.close()

    def test_what_lay_in_the_line_before_the_question_is_not_its_answer(self):
        """A late answer to an earlier question is of somebody else's forehead."""
        line = PlayedLine(answer(34.5, 22.0), answer(34.6, 22.0))
        live = UartModule(line)
        line.waiting = answer(39.9, 22.0)
        assert live.sense().spot_celsius == 34.6

    def test_one_spoiled_answer_is_asked_for_again(self):
        """The checksum is wrong once or twice: the next answer counts."""
        spoiled = bytes((*answer(39.9, 22.0)[:4], 0, *answer(39.9, 22.0)[5:]))
        line = PlayedLine(answer(34.5, 22.0), *[spoiled] * (ATTEMPTS - 1), answer(34.7, 22.0))
        assert UartModule(line).sense().spot_celsius == 34.7

    @pytest.mark.parametrize(
        ("says", "expected"),
        [
            (b"", Fault.SILENT),
            (answer(36.6, 22.0)[:-1] + b"\x00", Fault.DAMAGED),
            (answer(36.6, 22.0)[:5], Fault.DAMAGED),
            (refusal(), Fault.REFUSED),
            (b"\x00\xff" + refusal(), Fault.REFUSED),
            (answer(-327.68, 22.0), Fault.IMPOSSIBLE),
            (answer(36.6, 90.0), Fault.IMPOSSIBLE),
        ],
    )
    def test_what_is_no_temperature_is_a_fault(self, says, expected):
        """Mute, spoiled, cut off, refused, impossible: each its own sentence and no number, later and at the start."""
        live = UartModule(PlayedLine(answer(34.5, 22.0), says))
        assert fault(live.sense) is expected
        assert fault(lambda: UartModule(PlayedLine(says))) is expected

    @pytest.mark.parametrize(("celsius", "seconds"), [(34.5, STUCK_SECONDS), (21.0, IDLE_SECONDS)])
    def test_a_module_whose_figures_stand_still_is_stuck(self, celsius, seconds):
        """The same two numbers: of a forehead for a quarter of a minute, of a wall at night for ten minutes."""
        now = [0.0]
        live = UartModule(PlayedLine(answer(celsius, 22.0)), seconds=lambda: now[0])
        now[0] = seconds - 1
        live.sense()
        now[0] = seconds
        assert fault(live.sense) is Fault.STUCK

    def test_no_line_is_a_sentence(self, tmp_path):
        """Nothing is plugged in."""
        assert fault(lambda: UartModule.open(str(tmp_path / "ttyUSB0"))) is Fault.NO_LINE

    def test_a_plug_that_is_pulled_is_a_sentence(self, module):
        """The line dies under the reader."""
        live = UartModule.open(module.path, PATIENT)
        module.unplug()
        assert fault(live.sense) in (Fault.NO_LINE, Fault.SILENT)
        live.close()
        live.close()
        assert fault(live.sense) is Fault.CLOSED
