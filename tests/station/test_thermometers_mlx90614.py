"""MLX90614 at register level: what is certainly a temperature is one, all else is a fault with a sentence."""

import errno
from itertools import chain, combinations, cycle, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.thermometers import ThermometerFailed
from station.thermometers.bus import ATTEMPTS, crc8, open_bus
from station.thermometers.faults import FAULTS, Fault
from station.thermometers.mlx90614 import ADDRESS, STUCK_SECONDS, Mlx90614, celsius
from tests.station.sensor_faults import fault
from tests.station.warm_bus import Mlx90614Bus, a_clock, no_wait, word_of

LOWEST, HIGHEST = -70.02, 382.2


def sensor(bus: Mlx90614Bus, step: float = 0.1) -> Mlx90614:
    return Mlx90614(bus, a_clock(step), no_wait)


def bus(object_celsius: float = 34.5, ambient_celsius: float = 22.0) -> Mlx90614Bus:
    return Mlx90614Bus(word_of(object_celsius), word_of(ambient_celsius))


class TestWords:
    def test_the_checksum_is_that_of_the_standard(self):
        """The check value of CRC-8/SMBUS, and the data sheet's example (word 0x3AD2 of RAM 7)."""
        assert crc8(b"123456789") == 0xF4
        assert crc8(bytes((0xB4, 0x07, 0xB5, 0xD2, 0x3A))) == 0x30

    def test_every_word_is_its_temperature_or_a_fault(self):
        """All 65,536 words of the object: 0.02 K a step where the sensor can measure, a fault everywhere else."""
        wired = bus(-60.0)
        live = sensor(wired)
        wired.flicker = repeat(0)
        numbers = 0
        for word in range(0x10000):
            wired.words[0x07] = word
            expected = round(word / 50 - 273.15, 2)
            if word & 0x8000:
                assert fault(live.sense) is Fault.SENSOR_ERROR
            elif LOWEST <= expected <= HIGHEST:
                assert live.sense().spot_celsius == expected
                numbers += 1
            else:
                assert fault(live.sense) is Fault.IMPOSSIBLE
        assert numbers == 0x7FFF - word_of(-70.01) + 1

    @pytest.mark.parametrize("register", [0x06, 0x07])
    def test_no_word_outside_of_the_sensors_range_is_a_number(self, register):
        """At each end of what the data sheet says the sensor can say: the last word inside, the first one outside."""
        low, high = (-70.02, 382.2) if register == 0x07 else (-38.21, 125.0)
        outside = (0, 1, word_of(low) - 3, *((word_of(high) + 3, 0x7FFE) if register == 0x06 else ()))
        for word in outside:
            wired = bus()
            wired.words[register] = word
            assert fault(lambda wired=wired: sensor(wired)) is Fault.IMPOSSIBLE
        for word in (word_of(low) + 3, word_of(high) - 3):
            wired = bus()
            wired.words[register] = word
            sensor(wired).sense()

    def test_a_mute_wire_reads_as_all_ones_and_is_a_fault(self):
        """0xFFFF would be 1037.55 degrees, all zeros -273.15: with or without a right checksum, no number."""
        for mute in (b"\xff\xff\xff", b"\x00\x00\x00"):
            wired = bus()
            wired.spoil = lambda _frame, mute=mute: mute
            assert fault(lambda wired=wired: sensor(wired)) is Fault.DAMAGED
        wired = bus()
        wired.words |= {0x06: 0xFFFF, 0x07: 0xFFFF}
        assert fault(lambda: sensor(wired)) is Fault.SENSOR_ERROR


class TestChecksum:
    def test_every_error_of_one_or_two_bits_is_caught_for_every_word(self):
        """The code is linear (shown for all words), and no pattern of one or two bits of a whole frame is a code word.

        A frame is what the checksum covers and itself: two addresses, command, two bytes of data, the code; 48 bits.
        """
        pad = bytes((ADDRESS << 1, 0x07, ADDRESS << 1 | 1))
        zero = crc8(pad + b"\x00\x00")
        basis = [crc8(pad + (1 << bit).to_bytes(2, "little")) ^ zero for bit in range(16)]
        for word in range(0x10000):
            code = zero
            for bit in range(16):
                code ^= basis[bit] * (word >> bit & 1)
            assert crc8(pad + word.to_bytes(2, "little")) == code
        places = range(6 * 8)
        patterns = [*combinations(places, 1), *combinations(places, 2), *combinations(places, 3)]
        assert len(patterns) == 48 + 1128 + 17296
        for pattern in patterns:
            error = sum(1 << place for place in pattern).to_bytes(6, "big")
            assert crc8(error[:5]) != error[5], pattern

    def test_a_spoiled_frame_never_becomes_a_number(self):
        """Every one- and two-bit error of the three bytes on the wire, put there, for words all over the range."""
        places = range(3 * 8)
        for word in (word_of(34.5), word_of(37.3), word_of(-20.0), 0x4000, 0x7FFF):
            for pattern in (*combinations(places, 1), *combinations(places, 2)):
                wired = bus()
                live = sensor(wired)
                wired.words[0x07] = word
                error = sum(1 << place for place in pattern)
                wired.spoil = lambda frame, error=error: (int.from_bytes(frame, "big") ^ error).to_bytes(3, "big")
                assert fault(live.sense) is Fault.DAMAGED

    def test_one_spoiled_answer_is_asked_for_again(self):
        """A motor that starts next to the wire does not send anybody to the guard."""
        wired = bus()
        live = sensor(wired)
        spoils = chain((1,) * (ATTEMPTS - 1), repeat(0))
        wired.spoil = lambda frame: bytes((frame[0] ^ next(spoils), *frame[1:]))
        assert live.sense().spot_celsius == pytest.approx(34.5, abs=0.03)

    def test_an_answer_to_another_question_is_no_answer(self):
        """The checksum covers the command, so the air is never taken for a forehead."""
        wired = bus()
        live = sensor(wired)
        air = wired.frame(0x06, wired.words[0x06])
        wired.spoil = lambda _frame: air
        assert fault(live.sense) is Fault.DAMAGED


DAMAGES = st.one_of(
    st.none(),
    st.sampled_from([errno.EREMOTEIO, errno.EIO, errno.EAGAIN, errno.ETIMEDOUT]),
    st.sets(st.integers(0, 23), min_size=1, max_size=3),
)


class TestAnyWire:
    @given(st.lists(DAMAGES, min_size=1, max_size=40), st.floats(-20, 60))
    def test_whatever_happens_on_the_wire_a_figure_is_the_true_one(self, damages, true):
        """Errors of the kernel and up to three flipped bits a transfer, in any order: the truth, or a fault."""
        wired = bus(true)
        live = sensor(wired)
        script = iter(damages)
        now = [None]

        def trouble():
            while True:
                now[0] = next(script, None)
                yield now[0] if isinstance(now[0], int) else None

        def spoil(frame: bytes) -> bytes:
            flips = sum(1 << bit for bit in now[0]) if isinstance(now[0], set) else 0
            return (int.from_bytes(frame, "big") ^ flips).to_bytes(3, "big")

        wired.trouble, wired.spoil = trouble(), spoil
        for _ in range(15):
            try:
                sensed = live.sense()
            except ThermometerFailed:
                continue
            assert sensed.spot_celsius == pytest.approx(true, abs=0.04)
            assert sensed.ambient_celsius == pytest.approx(22.0, abs=0.02)


class TestWires:
    @pytest.mark.parametrize(
        ("number", "expected"),
        [
            (errno.EREMOTEIO, Fault.NO_ANSWER),
            (errno.ENXIO, Fault.NO_ANSWER),
            (errno.EIO, Fault.NO_ANSWER),
            (errno.EAGAIN, Fault.DAMAGED),
            (errno.ENODEV, Fault.NO_BUS),
            (errno.ETIMEDOUT, Fault.BUS_HANGS),
        ],
    )
    def test_what_the_kernel_says_becomes_a_sentence(self, number, expected):
        """Unplugged, disturbed, gone, hanging: each its own sentence in both languages."""
        wired = bus()
        live = sensor(wired)
        wired.trouble = repeat(number)
        assert fault(live.sense) is expected

    def test_a_bus_that_hangs_is_asked_once(self):
        """Every try would hold up the reader for another second."""
        wired = bus()
        live = sensor(wired)
        wired.trouble, wired.transfers = repeat(errno.ETIMEDOUT), 0
        fault(live.sense)
        assert wired.transfers == 1

    def test_a_missed_answer_is_asked_for_again(self):
        """One answer lost on the wire is no fault."""
        wired = bus()
        live = sensor(wired)
        wired.trouble = chain((errno.EREMOTEIO,) * (ATTEMPTS - 1), repeat(None))
        assert live.sense().ambient_celsius == pytest.approx(22.0, abs=0.03)

    def test_no_bus_is_a_sentence(self, tmp_path):
        """The settings name a bus that this machine does not have."""
        assert fault(lambda: open_bus(str(tmp_path / "i2c-1"))) is Fault.NO_BUS

    def test_a_sensor_that_fails_at_the_start_gives_its_bus_back(self):
        """The feeler opens it anew, for ever: no handle may be left behind."""
        wired = bus()
        wired.trouble = repeat(errno.EREMOTEIO)
        fault(lambda: sensor(wired))
        assert wired.closed

    def test_a_closed_sensor_says_so_and_asks_nothing(self):
        """Closing twice does no harm."""
        wired = bus()
        live = sensor(wired)
        live.close()
        live.close()
        assert fault(live.sense) is Fault.CLOSED


class TestStart:
    def test_nothing_is_asked_before_the_sensor_has_started(self):
        """The data sheet wants 250 ms; what it says before is nothing."""
        wired, waited = bus(), []

        def wait(seconds: float) -> bool:
            waited.append((seconds, wired.transfers))
            return False

        Mlx90614(wired, a_clock(), wait)
        assert waited[0] == (0.25, 0)

    def test_a_sensor_whose_emissivity_was_changed_is_refused(self):
        """Somebody's experiment is in its memory: every figure would be off, by too little to be noticed."""
        wired = bus()
        wired.words[0x24] = round(65535 * 0.95)
        assert fault(lambda: sensor(wired)) is Fault.CHANGED

    def test_it_says_which_one_of_its_kind_it_is(self):
        """A calibration belongs to one sensor; the number has the error flag's bit in it, and is no error."""
        assert sensor(bus()).serial == "1a2bf00d80010000"

    def test_a_sensor_that_stands_still_from_the_start_gives_not_one_figure(self):
        """A stuck sensor that is opened again and again never says 36.5 in between."""
        wired = Mlx90614Bus(word_of(36.5), word_of(22.0), flicker=repeat(0))
        assert fault(lambda: sensor(wired)) is Fault.STUCK


class TestPlausible:
    def test_a_value_that_never_changes_is_a_fault(self):
        """Noise moves the last digit of a live sensor; the same two words for ten seconds are a dead one."""
        wired = bus()
        live = sensor(wired, step=1.0)
        wired.flicker = repeat(0)
        for _ in range(int(STUCK_SECONDS)):
            live.sense()
        assert fault(live.sense) is Fault.STUCK

    def test_the_smallest_change_keeps_a_sensor_alive(self):
        """One step of 0.02 degrees every nine seconds is life enough."""
        wired = bus()
        live = sensor(wired, step=1.0)
        wired.flicker = cycle((0,) * 9 + (1,) * 9)
        assert len([live.sense() for _ in range(100)]) == 100

    @pytest.mark.parametrize("to", [25.0, 19.0, -30.0])
    def test_the_sensors_own_body_does_not_leap(self, to):
        """Air that changes by degrees between two looks is a wire, not weather."""
        wired = bus()
        live = sensor(wired)
        wired.words[0x06] = word_of(to)
        assert fault(live.sense) is Fault.JUMPED

    def test_a_face_after_the_winter_sky_is_no_leap(self):
        """From -40 degrees of sky to a forehead, and to a cup of tea: all real."""
        wired = bus(-40.0, 2.0)
        live = sensor(wired)
        for celsius_ in (34.0, 55.0, -40.0):
            wired.words[0x07] = word_of(celsius_)
            assert live.sense().spot_celsius == pytest.approx(celsius_, abs=0.05)
        wired.words[0x07] = word_of(150.0)
        assert fault(live.sense) is Fault.JUMPED

    def test_after_a_pause_the_air_may_have_changed(self):
        """A machine that slept for a minute finds another room."""
        wired = bus()
        live = sensor(wired, step=60.0)
        wired.words[0x06] = word_of(30.0)
        assert live.sense().ambient_celsius == pytest.approx(30.0, abs=0.02)


@pytest.mark.parametrize("fault_", Fault)
def test_every_fault_is_a_sentence_in_both_languages(fault_):
    """What is wrong and what to do, short enough for the guard's screen."""
    words = FAULTS[fault_]
    assert words.zh != words.en
    assert len(words.zh) <= 40
    assert len(words.en) <= 120
    assert celsius(0) == -273.15
