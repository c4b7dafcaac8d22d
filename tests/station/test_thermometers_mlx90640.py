"""MLX90640 at register level: from memory and RAM to the warmth of a face, and every way in which that fails."""

import errno
from itertools import count, repeat

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from station.thermometers.face import HOTTEST_SKIN, hottest_face
from station.thermometers.faults import Fault
from station.thermometers.mlx90640 import Mlx90640
from station.thermometers.mlx90640_memory import restored
from station.thermometers.mlx90640_picture import Auxiliary, celsius, chip_celsius, subpage_mask, supply_volts
from station.thermometers.reading import Guidance
from station.thermometers.sensor import SKIN_FROM_CELSIUS
from tests.station.sensor_faults import fault
from tests.station.warm_array import COLUMNS, ROWS, Factory, Mlx90640Bus, face, scene
from tests.station.warm_bus import a_clock, no_wait


def sensor(bus: Mlx90640Bus, step: float = 0.01) -> Mlx90640:
    return Mlx90640(bus, a_clock(step), no_wait)


def memory_of(factory: Factory):
    return restored(np.array(factory.words, np.int64))


class TestDataSheet:
    def test_supply_and_chip_are_those_of_its_worked_example(self):
        """Section 11.2.2: 3.319 V and 39.184 C from the words printed there."""
        factory = Factory()
        factory.words[0x10], factory.words[0x33] = 0x4210, 0x9D68
        factory.words[0x32], factory.words[0x31] = 0x5952, 0x2FF1
        words = [0] * 64
        words[0x00], words[0x20], words[0x2A], words[0x0A] = 0x4BF2, 0x06AF, 0xCCC5, 0x1881
        aux = Auxiliary.of(words, 2)
        memory = memory_of(factory)
        assert supply_volts(memory, aux) == pytest.approx(3.319, abs=0.001)
        assert chip_celsius(memory, aux) == pytest.approx(39.18440152, abs=0.002)
        assert factory.gain / aux.gain == pytest.approx(1.01753546947234)

    @pytest.mark.parametrize("chess", [True, False])
    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_the_memory_comes_back_as_the_factory_meant_it(self, seed, chess):
        """Offsets, sensitivities and drifts of every pixel, whatever sensor it is."""
        factory = Factory(seed, chess)
        memory = memory_of(factory)
        own = memory.alpha + memory.tgc * sum(memory.cp_alpha) / 2
        mended = ~memory.deviating
        assert np.allclose(memory.offset[mended], factory.offset[mended], atol=1e-9)
        assert np.allclose(own[mended], factory.alpha[mended], rtol=1e-12)
        assert np.allclose(memory.kta[mended], factory.kta[mended])
        assert np.allclose(memory.kv, factory.kv)
        assert (memory.k_vdd, memory.vdd_25, memory.gain) == (factory.k_vdd, factory.vdd_25, factory.gain)
        assert memory.made_for_chess is chess

    @pytest.mark.parametrize("chess", [True, False])
    @pytest.mark.parametrize("seed", [1, 2, 3])
    @pytest.mark.parametrize("chip", [12.0, 30.0, 45.0])
    def test_a_scene_comes_back_as_it_was(self, seed, chess, chip):
        """From -20 to 60 degrees, at any air and supply: within what one step of the converter is worth."""
        wanted = np.linspace(-20, 60, ROWS * COLUMNS).reshape(ROWS, COLUMNS)
        bus = Mlx90640Bus(Factory(seed, chess), wanted, chip, volts=3.25)
        memory = memory_of(bus.factory)
        found = np.empty_like(wanted)
        for subpage in (0, 1):
            bus.subpage = subpage
            ram = np.array(bus._measured(), np.int64)
            aux = Auxiliary.of([int(word) & 0xFFFF for word in ram[768:]], 2)
            assert chip_celsius(memory, aux) == pytest.approx(chip, abs=0.1)
            mask = subpage_mask(subpage)
            found[mask] = celsius(memory, aux, ram[:768].reshape(ROWS, COLUMNS).astype(float), subpage)[mask]
        for subpage in (0, 1):
            among = subpage_mask(subpage) & (wanted > 25)
            assert abs((found - wanted)[among].mean()) < 0.08, "neither half picture is warmer than the other"
        assert np.abs(found - wanted)[wanted > 25].max() < 0.15
        assert np.abs(found - wanted).max() < 0.2


class TestFace:
    def test_a_face_that_is_near_has_the_figure_of_its_warmest_patch(self):
        """Not of its rim, and not of the hottest pixel alone; a warm brow of 3 x 3 pixels counts."""
        picture = face(12, 10, 34.6)
        picture[8, 14] = 36.9
        assert hottest_face(picture).celsius == 34.6
        picture[6:9, 13:16] = 35.4
        assert hottest_face(picture).celsius == 35.4

    @given(st.integers(0, ROWS - 1), st.integers(0, COLUMNS - 1), st.floats(-300, 1000) | st.just(float("nan")))
    def test_one_spoiled_pixel_changes_nothing(self, row, column, said):
        """The wire has no checksum for pixels: whatever one of them says, the face is as warm as it is."""
        picture = face(12, 10, 34.6)
        picture[row, column] = said
        assert hottest_face(picture).celsius == 34.6

    @given(st.integers(0, 2**32), st.floats(-20, 60), st.floats(0.1, 40))
    def test_any_picture_gives_a_skins_figure_or_none(self, seed, middle, spread):
        """Noise of any kind, blind pixels in it: no error, and no figure that is not within the warmth of skin."""
        draw = np.random.default_rng(seed)
        picture = draw.normal(middle, spread, (ROWS, COLUMNS))
        picture[draw.random((ROWS, COLUMNS)) < 0.05] = np.nan
        found = hottest_face(picture)
        assert found.celsius is None or SKIN_FROM_CELSIUS <= found.celsius <= HOTTEST_SKIN

    def test_a_face_far_away_is_asked_to_come_closer(self):
        """A small patch is cooler than the skin it shows: no figure."""
        assert hottest_face(face(5, 4, 34.6)) == hottest_face(face(4, 5, 34.6))
        assert hottest_face(face(5, 4, 34.6)).guidance is Guidance.CLOSER
        assert hottest_face(face(5, 4, 34.6)).celsius is None

    def test_what_fills_the_picture_is_too_near_or_a_wall(self):
        """A wall in the sun reads like skin and is none."""
        for picture in (scene(34.5), face(22, 30, 34.6, at=(1, 1))):
            found = hottest_face(picture)
            assert (found.celsius, found.guidance) == (None, Guidance.FARTHER)

    def test_a_warm_wall_around_somebody_is_not_he(self):
        """The wall has the edge of the picture: he is measured, the wall is not."""
        picture = np.full((ROWS, COLUMNS), 36.5)
        picture[3:-3, 3:-3] = 22.0
        assert (hottest_face(picture).celsius, hottest_face(picture).guidance) == (None, Guidance.FARTHER)
        picture[6:17, 10:20] = 34.4
        assert hottest_face(picture).celsius == 34.4

    def test_a_hand_with_a_hot_cup_is_no_face(self):
        """Hotter than any skin is left out, and what is left of it is too small."""
        picture = scene()
        picture[10:14, 10:14] = 70.0
        picture[9, 10:14] = 40.0
        assert hottest_face(picture).celsius is None

    def test_of_two_faces_the_warmer_one_counts(self):
        """Mother and child: the fever is found whoever has it."""
        picture = np.maximum(face(12, 8, 34.4, at=(4, 2)), face(12, 8, 37.2, at=(4, 20)))
        assert hottest_face(picture).celsius == pytest.approx(37.2)

    def test_specks_are_nobody(self):
        """Lamps and cigarettes far away."""
        picture = scene()
        picture[3, 3] = picture[20, 30] = 39.0
        assert (hottest_face(picture).celsius, hottest_face(picture).guidance) == (None, None)

    def test_a_blind_picture_is_nobody(self):
        """No pixel that is a number, no figure."""
        assert hottest_face(np.full((ROWS, COLUMNS), np.nan)).celsius is None


class TestSensor:
    @pytest.mark.parametrize("chess", [True, False])
    def test_a_face_is_read_over_the_bus(self, chess):
        """Registers in, forehead out; the air is what the chip says less its own warmth."""
        live = sensor(Mlx90640Bus(Factory(3, chess), face(12, 10, 34.6)))
        sensed = live.sense()
        assert sensed.skin_celsius == pytest.approx(34.6, abs=0.2)
        assert sensed.ambient_celsius == pytest.approx(22.0, abs=0.2)
        assert sensed.guidance is None

    def test_four_half_pictures_a_second_as_a_chess_board_and_nothing_else_is_changed(self):
        """The converter's resolution, which the calibration knows, stays."""
        bus = Mlx90640Bus(Factory(), scene())
        sensor(bus)
        assert bus.control == 0x1981

    def test_a_register_that_does_not_take_what_was_written_is_a_fault(self):
        """A bit fell over on the way there: the picture would be reckoned with another resolution."""
        bus = Mlx90640Bus(Factory(), scene())
        bus.deaf = True
        assert fault(lambda: sensor(bus)) is Fault.DAMAGED

    def test_deviating_pixels_are_what_their_neighbours_are(self):
        """Up to four pixels may be dead or out of calibration: they are neither hot nor cold spots."""
        factory = Factory()
        centre = 64 + 9 * COLUMNS + 15
        factory.words[centre] |= 1
        bus = Mlx90640Bus(factory, face(12, 10, 34.6))
        bus.spoil = lambda start, words: _hot(start, words, centre - 64)
        assert sensor(bus).sense().skin_celsius == pytest.approx(34.6, abs=0.2)

    @pytest.mark.parametrize("filled", [0x0000, 0xFFFF])
    def test_a_mute_memory_is_refused(self, filled):
        """Wires at rest give ones or zeros: no factory wrote that."""
        factory = Factory()
        factory.words = [filled] * 832
        assert fault(lambda: sensor(Mlx90640Bus(factory, scene()))) is Fault.BAD_MEMORY

    def test_more_deviating_pixels_than_leave_a_factory_are_refused(self):
        """The fifth one says that the memory is damaged."""
        factory = Factory()
        for pixel in range(64, 69):
            factory.words[pixel] = 0
        assert fault(lambda: sensor(Mlx90640Bus(factory, scene()))) is Fault.BAD_MEMORY

    @pytest.mark.parametrize("start", [0x2400, 0x0700, 0x800D])
    def test_words_that_decide_about_every_pixel_must_read_the_same_twice(self, start):
        """A bit that fell over on the wire once is seen; when it keeps falling, it is a fault."""
        bus = Mlx90640Bus(Factory(), face(12, 10, 34.6))
        live = sensor(bus) if start == 0x0700 else None
        falls = count()
        bus.spoil = lambda at, words: [words[0] ^ (next(falls) % 2 if at == start else 0), *words[1:]]
        assert fault(live.sense if live else lambda: sensor(bus)) is Fault.DAMAGED

    @pytest.mark.parametrize(
        ("number", "expected"),
        [(errno.EREMOTEIO, Fault.NO_ANSWER), (errno.ETIMEDOUT, Fault.BUS_HANGS), (errno.ENODEV, Fault.NO_BUS)],
    )
    def test_what_the_kernel_says_becomes_a_sentence(self, number, expected):
        """As with every sensor on that bus; and a sensor that fails at the start gives the bus back."""
        bus = Mlx90640Bus(Factory(), scene())
        live = sensor(bus)
        bus.trouble = repeat(number)
        assert fault(live.sense) is expected
        other = Mlx90640Bus(Factory(), scene())
        other.trouble = repeat(number)
        assert fault(lambda: sensor(other)) is expected
        assert other.closed

    def test_a_picture_that_never_comes_is_a_fault(self):
        """The sensor hangs inside: its last picture is not shown for ever."""
        bus = Mlx90640Bus(Factory(), face(12, 10, 34.6))
        live = sensor(bus)
        bus.frozen, bus.new = True, False
        assert fault(live.sense) is Fault.STUCK

    def test_a_picture_that_is_always_the_same_is_a_fault(self):
        """New half pictures come, and not a bit of them is new."""
        bus = Mlx90640Bus(Factory(), face(12, 10, 34.6))
        live = sensor(bus)
        live.sense()
        still = bus._measured()
        bus._measured = lambda: still
        assert fault(lambda: [live.sense() for _ in range(1000)]) is Fault.STUCK

    def test_half_a_picture_is_not_put_together_with_an_old_half(self):
        """After a pause both halves are taken anew, or the warmth of two people would be mixed."""
        bus = Mlx90640Bus(Factory(), face(12, 10, 37.2))
        now = [0.0]

        def seconds() -> float:
            now[0] += 0.01
            return now[0]

        live = Mlx90640(bus, seconds, no_wait)
        live.sense()
        now[0] += 5
        bus.scene = face(12, 10, 34.4)
        assert live.sense().skin_celsius == pytest.approx(34.4, abs=0.2)

    def test_a_closed_sensor_says_so(self):
        """Closing twice does no harm."""
        live = sensor(Mlx90640Bus(Factory(), scene()))
        live.close()
        live.close()
        assert fault(live.sense) is Fault.CLOSED


def _hot(start: int, words: list[int], pixel: int) -> list[int]:
    """That pixel screams."""
    at = 0x0400 + pixel - start
    return [*words[:at], 0x7FF0, *words[at + 1 :]] if start < 0x0700 and 0 <= at < len(words) else words
