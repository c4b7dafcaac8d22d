"""Several QR codes that make one message: joined byte for byte, and half a message never taken for a whole one."""

import io
import json
import random
from collections.abc import Iterable
from contextlib import closing
from functools import reduce
from operator import xor
from pathlib import Path

import cv2
import numpy as np
import pytest
import segno
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.passage import Passage
from gate.reason import Outcome, Reason
from station.__main__ import command
from station.cameras import Pixels
from station.cameras.pictures import decode_picture
from station.codes import QR_CODES, Cascade, SeenCode, dear_look, zbar, zxing
from station.inbox import Looked
from station.parts import FORGOTTEN_SECONDS, PATIENCE_SECONDS, Gathered, whole
from station.qr.append import Part, part_of
from station.stills import read_picture
from tests.gate.foreign_makers import eu
from tests.station.lane_of_tests import CORNERS, TestLane, pass_of

MESSAGE = "居民通行证：东门二号楼301，王小明，绿码有效"
MESSAGES = {
    "utf-8": (MESSAGE * 3).encode(),
    "gb18030": (MESSAGE * 4 + "𠮷").encode("gb18030"),
    "nuls": b"\x00GC\x00\x00" * 12 + b"\x00",
    "every byte": bytes(range(256)),
}


def drawn(symbol: segno.QRCode, scale: int = 4) -> Pixels:
    png = io.BytesIO()
    symbol.save(png, kind="png", scale=scale, border=5)
    return decode_picture(png.getvalue())


def sequence(data: bytes | str, count: int, **how: object) -> list[Pixels]:
    return [drawn(symbol) for symbol in segno.make_sequence(data, mode="byte", symbol_count=count, **how)]


def sheet(pictures: Iterable[Pixels]) -> Pixels:
    """All in one picture, four in a row."""
    pictures = list(pictures)
    side = max(len(each) for each in pictures)
    paper = np.full((-(-len(pictures) // 4) * side, min(4, len(pictures)) * side, 3), 255, np.uint8)
    for at, each in enumerate(pictures):
        top, left = at // 4 * side, at % 4 * side
        paper[top : top + len(each), left : left + len(each)] = each
    return paper


def part(data: bytes, number: int, total: int, parity: int) -> SeenCode:
    return SeenCode(data, "QRCode", CORNERS, part=Part(number, total, parity))


def in_parts(data: bytes, count: int) -> list[SeenCode]:
    """A sequence as a camera reads it, with the parity that the standard asks for."""
    size, parity = -(-len(data) // count), reduce(xor, data)
    return [part(data[at * size : (at + 1) * size], at + 1, count, parity) for at in range(count)]


class TestThePlace:
    @pytest.mark.parametrize("level", "lmqh")
    @pytest.mark.parametrize("count", [2, 3, 9, 16])
    def test_of_each_symbol_is_read(self, count, level):
        """Number, total and parity, at every level and in every size that these make."""
        symbols = sequence(MESSAGES["every byte"], count, error=level, boost_error=False)
        parts = [code.part for picture in symbols for code in zxing(picture)]
        assert [(each.number, each.total) for each in parts] == [(at + 1, count) for at in range(count)]
        assert len({each.parity for each in parts}) == 1

    def test_its_parity_is_the_message_by_exclusive_or(self):
        """For the text of a maker that keeps to the standard."""
        text = "GATE 3, EAST: open from six to ten"
        (code,) = zxing(sequence(text, 2)[0])
        assert code.part == Part(1, 2, reduce(xor, text.encode()))

    @pytest.mark.parametrize(
        "turned",
        [
            lambda picture: picture[::-1, ::-1],
            lambda picture: picture.swapaxes(0, 1),
            lambda picture: picture[:, ::-1],
            lambda picture: 255 - picture,
        ],
        ids=["upside down", "mirrored", "mirrored sideways", "inverted"],
    )
    def test_is_read_however_the_code_is_held(self, turned):
        """Wherever zxing-cpp reads a code, its place is read too."""
        picture = np.ascontiguousarray(turned(sequence(MESSAGES["utf-8"], 3)[1]))
        (code,) = zxing(picture)
        assert code.part is not None
        assert (code.part.number, code.part.total) == (2, 3)

    def test_is_read_from_under_a_scratch(self):
        """Modules that zxing-cpp corrected are corrected here as well, also where the place itself stands."""
        picture = sequence(MESSAGES["utf-8"], 2, error="q", boost_error=False)[1]
        corner = len(picture) - 5 * 4
        picture = picture.copy()
        picture[corner - 28 : corner, corner - 12 : corner] = 0
        (code,) = zxing(picture)
        assert code.part is not None
        assert (code.part.number, code.part.total) == (2, 2)

    @settings(max_examples=60, deadline=None)
    @given(data=st.binary(min_size=1, max_size=300), level=st.sampled_from("lmqh"))
    def test_a_code_by_itself_has_none(self, data, level):
        """No message is taken for a part by what stands in it."""
        picture = drawn(segno.make(data, mode="byte", micro=False, error=level), scale=3)
        assert [code.part for code in zxing(picture)] == [None]

    @pytest.mark.parametrize("header", [(0, 0), (3, 2), (15, 0)])
    def test_that_cannot_be_is_none(self, header):
        """Part 4 of 3, and one part of one: a code by itself."""
        at, last = header
        symbol = segno.encoder._encode(
            segno.encoder.prepare_data(b"abc", segno.consts.MODE_BYTE, None),
            error=1,
            version=1,
            mask=None,
            eci=False,
            boost_error=False,
            sa_info=segno.encoder._StructuredAppendInfo(at, last, 96),
        )
        (code,) = zxingcpp.read_barcodes(drawn(segno.QRCode(symbol)), formats=QR_CODES)
        assert code.bytes == b"abc"
        assert part_of(code) is None

    @pytest.mark.parametrize("number", [1, 2])
    def test_of_a_pass_in_parts_is_read_from_each_alone(self, number):
        """The first part of a pass looks like a whole pass, and is none."""
        (code,) = zxing(sequence(pass_of("a"), 2)[number - 1])
        assert code.part is not None
        assert (code.part.number, code.part.total) == (number, 2)


class TestOnePicture:
    @pytest.mark.parametrize("count", [2, 3, 7, 16])
    @pytest.mark.parametrize("name", MESSAGES)
    def test_gives_the_message_byte_for_byte(self, name, count):
        """Cut in the middle of characters, in any order on the sheet: one code, no byte doubled or lost."""
        symbols = sequence(MESSAGES[name], count)
        random.Random(count).shuffle(symbols)
        (code,) = read_picture(sheet(symbols))
        assert (code.data, code.part) == (MESSAGES[name], None)

    @pytest.mark.parametrize("decoder", [zbar, read_picture])
    def test_no_decoder_gives_it_twice(self, decoder):
        """libzbar joins sequences by itself, and is not asked for what zxing-cpp has read."""
        assert [code.data for code in decoder(sheet(sequence(MESSAGES["utf-8"], 3)))] == [MESSAGES["utf-8"]]

    def test_with_one_missing_gives_each_part_and_its_place(self):
        """Half a message is not passed off as a message."""
        codes = read_picture(sheet(sequence(MESSAGES["utf-8"], 3)[::2]))
        assert sorted((code.part.number, code.part.total) for code in codes if code.part) == [(1, 3), (3, 3)]

    def test_of_two_sequences_mixed_gives_both(self):
        """Each part goes to its own message."""
        one, other = "east gate, building seven", "west gate, building nine"
        mixed = [each for pair in zip(sequence(one, 3), sequence(other, 3), strict=True) for each in pair]
        assert {code.data for code in read_picture(sheet(mixed))} == {one.encode(), other.encode()}

    def test_of_a_pass_in_parts_gives_the_pass(self):
        """Its first part looks like a pass by itself."""
        text = pass_of("a")
        assert [code.data for code in read_picture(sheet(sequence(text, 2)))] == [text]

    def test_with_the_same_sheet_twice_gives_it_once(self):
        """Two copies of a part are one part."""
        symbols = sequence(MESSAGES["utf-8"], 2)
        assert [code.data for code in read_picture(sheet([*symbols, *symbols]))] == [MESSAGES["utf-8"]]

    def test_with_equal_parts_keeps_them_all(self):
        """The same bytes in two places of a message are no copies."""
        assert [code.data for code in read_picture(sheet(sequence(b"no" * 8, 4)))] == [b"no" * 8]

    def test_with_one_symbol_too_faint_looks_harder(self):
        """What only the second look reads completes the message."""
        symbols = sequence(MESSAGES["utf-8"], 2)
        faint = np.asarray(cv2.GaussianBlur(symbols[1], (0, 0), 2.2), np.uint8)
        assert zxing(faint) == []
        assert [code.data for code in read_picture(sheet([symbols[0], faint]))] == [MESSAGES["utf-8"]]

    def test_is_told_by_the_command(self, tmp_path, capsys):
        """`read` shows where each part of a torn message belongs, for people and for programs."""
        path = str(tmp_path / "torn.png")
        cv2.imwrite(path, sequence(MESSAGES["utf-8"], 3)[1])
        assert command(["read", path]) == 0
        assert "QRCode 2 of 3" in capsys.readouterr().out
        assert command(["read", "--json", path]) == 0
        (shown,) = json.loads(capsys.readouterr().out)["codes"]
        assert (shown["part"]["number"], shown["part"]["total"]) == (2, 3)
        assert command(["verify", "--json", "--image", path]) == 1
        assert json.loads(capsys.readouterr().out)["reason"] == "parts_missing"


class TestOneAfterTheOther:
    @pytest.mark.parametrize("count", [2, 5, 16])
    @pytest.mark.parametrize("name", MESSAGES)
    def test_parts_become_the_message(self, name, count):
        """In any order; not before the last was seen, and ever after while one of them is in view."""
        parts = in_parts(MESSAGES[name], count)
        shown = random.Random(count).sample(parts, len(parts))
        gathered = Gathered()
        looks = [gathered.take([each], at * 0.4) for at, each in enumerate([*shown, shown[0]])]
        assert looks[: count - 1] == [[]] * (count - 1)
        assert [[code.data for code in look] for look in looks[count - 1 :]] == [[MESSAGES[name]]] * 2

    def test_one_missing_is_told_after_a_while(self):
        """By the same code as long as it lasts, whichever part is in view: one complaint, not several."""
        one, two, _ = in_parts(MESSAGES["utf-8"], 3)
        gathered = Gathered()
        assert gathered.take([one], 0.0) == gathered.take([two], 1.0) == []
        assert gathered.take([two], PATIENCE_SECONDS) == gathered.take([one], PATIENCE_SECONDS + 1) == [one]

    def test_two_sequences_mixed_are_kept_apart(self):
        """A bearer's parts do not go to his neighbour's message."""
        one, other = in_parts(b"east gate, seven", 2), in_parts(b"west gate, nines", 2)
        gathered = Gathered()
        assert gathered.take([one[0], other[1]], 0.0) == []
        assert {code.data for code in gathered.take([one[1], other[0]], 1.0)} == {
            b"east gate, seven",
            b"west gate, nines",
        }

    def test_parts_whose_parity_does_not_fit_are_of_no_message(self):
        """Total and parity agree by accident: what was shown at different times is not put together."""
        parity = reduce(xor, b"abcd")
        gathered = Gathered()
        assert gathered.take([part(b"ab", 1, 2, parity)], 0.0) == []
        stranger = part(b"ce", 2, 2, parity)
        assert gathered.take([stranger], 1.0) == []
        assert gathered.take([stranger], 1.0 + PATIENCE_SECONDS) == [stranger]
        assert [code.data for code in gathered.take([part(b"cd", 2, 2, parity), part(b"ab", 1, 2, parity)], 10.0)] == [
            b"abcd"
        ]

    def test_a_maker_that_reckons_its_parity_otherwise_is_read_from_one_look(self):
        """Parts side by side belong together; then any one of them stands for the message."""
        parts = [part(b"ab", 1, 2, 7), part(b"cd", 2, 2, 7)]
        gathered = Gathered()
        for look in (parts, parts[:1], parts[1:]):
            assert [code.data for code in gathered.take(look, 0.0)] == [b"abcd"]

    def test_a_part_is_forgotten(self):
        """After a long pause it was another bearer's."""
        one, two = in_parts(b"east", 2)
        gathered = Gathered()
        gathered.take([one], 0.0)
        assert gathered.take([two], FORGOTTEN_SECONDS + 1) == []


class TestInTheDearLook:
    def test_parts_side_by_side_come_together(self):
        """Codes that only the second look reads: all parts of the frame in one answer."""
        picture = sheet(sequence(MESSAGES["utf-8"], 2))
        faint = np.asarray(cv2.GaussianBlur(picture, (0, 0), 2.1), np.uint8)[:, :, 0]
        assert zxing(faint) == []
        answer = next(step for step in dear_look(faint) if isinstance(step, list) and step)
        assert [code.data for code in whole(answer)] == [MESSAGES["utf-8"]]


class TestAtTheGate:
    @pytest.fixture
    def lane(self, tmp_path: Path):
        with closing(TestLane(tmp_path)) as lane:
            yield lane

    def look(self, lane: TestLane, *codes: SeenCode) -> None:
        lane.post(Looked(lane.seconds, codes))

    def passages(self, lane: TestLane) -> list[Passage]:
        return lane.records_of(Passage)

    def test_a_sequence_that_is_not_whole_is_said_to_be_so(self, lane):
        """The guard reads that parts are missing, once, and not that the code is none of ours."""
        lane.forehead(36.5)
        for _ in range(int(PATIENCE_SECONDS) + 3):
            self.look(lane, in_parts(MESSAGES["utf-8"], 2)[0])
            lane.wait(1.0)
            lane.forehead(36.5)
        (passage,) = self.passages(lane)
        assert Reason.PARTS_MISSING in passage.reasons
        assert Reason.NOT_OURS not in passage.reasons
        assert passage.outcome is Outcome.REFER

    def test_whole_it_is_judged_by_its_bytes(self, lane):
        """Only then: a foreign text in parts is none of ours, and one passage."""
        lane.forehead(36.5)
        for each in in_parts(MESSAGES["gb18030"], 3):
            self.look(lane, each)
            lane.wait(1.0)
        (passage,) = self.passages(lane)
        assert Reason.NOT_OURS in passage.reasons

    def test_a_certificate_in_parts_is_known_as_one(self, lane):
        """Its first part alone looks like a damaged certificate, and is not taken for one."""
        lane.forehead(36.5)
        for each in in_parts(eu(), 2):
            self.look(lane, each)
            lane.wait(1.0)
        (passage,) = self.passages(lane)
        assert passage.code_format == "HC1"
        assert Reason.CODE_DAMAGED not in passage.reasons

    def test_a_pass_in_parts_is_judged_whole(self, lane):
        """Shown symbol by symbol through the camera's decoder it lets its bearer in, and none of it is refused."""
        lane.forehead(36.5)
        for picture in sequence(pass_of("a").decode(), 3):
            assert self.passages(lane) == []
            self.look(lane, *zxing(picture))
            lane.wait(1.0)
        (passage,) = self.passages(lane)
        assert (passage.person, passage.reasons, lane.open) == ("a" * 16, (), True)

    def test_the_first_part_of_a_pass_is_no_damaged_pass(self, lane):
        """Left in view alone it lacks its other parts, which is for the guard to say, and never a refusal."""
        for _ in range(int(PATIENCE_SECONDS) + 3):
            lane.forehead(36.5)
            self.look(lane, *zxing(sequence(pass_of("a"), 2)[0]))
            lane.wait(1.0)
        (passage,) = self.passages(lane)
        assert Reason.PARTS_MISSING in passage.reasons
        assert Reason.CODE_DAMAGED not in passage.reasons
        assert passage.outcome is Outcome.REFER

    def test_a_pass_is_never_kept_waiting(self, lane):
        """Its bearer is through at the look that shows it, whatever parts are in view beside it."""
        lane.forehead(36.5)
        pass_code = SeenCode(pass_of("a"), "QRCode", CORNERS)
        self.look(lane, in_parts(MESSAGES["utf-8"], 2)[0])
        lane.wait(0.5)
        self.look(lane, in_parts(MESSAGES["utf-8"], 2)[0], pass_code)
        (passage,) = self.passages(lane)
        assert (passage.person, passage.reasons, lane.open) == ("a" * 16, (), True)


@pytest.mark.parametrize("look", [Cascade().look, lambda frame: next(filter(None, dear_look(frame[:, :, 0])))])
def test_both_looks_of_a_lane_tell_the_place(look):
    """The quick one and the dear one."""
    frame = np.full((720, 1280, 3), 118, np.uint8)
    picture = sequence(MESSAGES["utf-8"], 2)[1]
    frame[100 : 100 + len(picture), 300 : 300 + len(picture)] = picture
    (code,) = look(frame)
    assert isinstance(code, SeenCode)
    assert code.part is not None
    assert (code.part.number, code.part.total) == (2, 2)
