"""`gate-station read`: one answer a picture, bytes as they are, and no file that keeps the others from being read."""

import base64
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import segno

from station.__main__ import command
from station.cameras.pictures import decode_picture
from station.codes import SeenCode, zxing
from station.read_pictures import as_lines, text_of

CORNERS = ((0, 0), (9, 0), (9, 9), (0, 9))


@pytest.fixture
def picture(tmp_path):
    def drawn(data: bytes, name: str = "code.png") -> str:
        segno.make(data, mode="byte", micro=False).save(str(tmp_path / name), kind="png", scale=5)
        return str(tmp_path / name)

    return drawn


def answers(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_picture_is_answered_in_one_line(picture, capsys):
    """Path, codes with text, bytes and format, and the time it took; no settings are needed."""
    path = picture("GC1:居民".encode())
    assert command(["read", "--json", path]) == 0
    (answer,) = answers(capsys)
    assert answer.pop("ms") > 0
    encoded = base64.b64encode("GC1:居民".encode()).decode()
    assert answer == {"path": path, "codes": [{"text": "GC1:居民", "bytes_b64": encoded, "format": "QRCode"}]}


@pytest.mark.parametrize("data", [b"\x00\xff\n\x00", bytes(range(256)), "王小明".encode("gb18030")])
def test_bytes_stay_bytes(picture, capsys, data):
    """NULs, line ends and other encodings come out exactly, and do not break the line."""
    assert command(["read", "--json", picture(data)]) == 0
    (answer,) = answers(capsys)
    assert base64.b64decode(answer["codes"][0]["bytes_b64"]) == data


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "gb18030"])
def test_whatever_a_code_says_its_line_is_one_line_of_json(picture, encoding):
    """For readers that know many line ends, terminals with commands of one character, and in any locale."""
    text = "a\u2028\u0085\u2029 \u009b2J \u202e 😀 é 居民"
    path = picture(text.encode())
    ran = subprocess.run(
        [Path(sys.executable).parent / "gate-station", "read", "--json", path],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=True,
    )
    (line,) = ran.stdout.decode(encoding).splitlines()
    assert line.isprintable()
    assert json.loads(line)["codes"][0]["text"] == text


def test_files_that_cannot_be_read_do_not_keep_the_others_from_it(picture, tmp_path, capsys):
    """A missing file, a folder and a text are said to be so, each by name, and the exit code tells."""
    notes = tmp_path / "notes.txt"
    notes.write_text("no picture")
    names = [str(tmp_path / "gone.png"), str(tmp_path), str(notes), picture(b"GC1:ABC")]
    assert command(["read", *names]) == 2
    told = capsys.readouterr()
    troubles = told.err.splitlines()
    assert len(troubles) == 3
    for name, trouble, what in zip(names, troubles, ("not there", "folder", "not a picture"), strict=False):
        assert name in trouble
        assert what in trouble
    assert "GC1:ABC" in told.out


def test_with_json_a_file_that_cannot_be_read_has_a_line_too(picture, tmp_path, capsys):
    """Whoever counts the lines gets one a file, in order."""
    gone, good = str(tmp_path / "gone.png"), picture(b"A")
    assert command(["read", "--json", gone, good]) == 2
    first, second = answers(capsys)
    assert first["path"] == gone
    assert first["codes"] == []
    assert "not there" in first["error"]
    assert "error" not in second


def test_a_picture_without_a_code_is_no_error(tmp_path, capsys):
    """Nothing found is an answer."""
    import cv2

    path = str(tmp_path / "empty.png")
    cv2.imwrite(path, np.full((90, 160), 200, np.uint8))
    assert command(["read", path]) == 0
    assert f"{path}: no code found" in capsys.readouterr().out


def test_the_terminal_obeys_nothing_that_stands_in_a_code():
    """Escape sequences, line ends and marks that turn the writing round are spelled out."""
    lines = as_lines("a.png", [SeenCode("\x1b[2Jevil\n\u202e".encode(), "QRCode", CORNERS)], 1.0)
    assert lines.splitlines()[1:] == ["  QRCode  \\x1b[2Jevil\\n\\u202e"]


@pytest.mark.parametrize("text", ["王", "李雷", "张三丰", "东门二号楼301", "绿码 有效", "王喆", "𠮷野家"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_chinese_is_shown_in_whichever_encoding_it_came(text, encoding):
    """The help desk sees names, not mojibake."""
    png = io.BytesIO()
    segno.make(text.encode(encoding), mode="byte", micro=False).save(png, kind="png", scale=5)
    (code,) = zxing(decode_picture(png.getvalue()))
    assert text_of(code) == text


@pytest.mark.parametrize("text", ["ﾃﾞｻﾞｲﾝQR", "ダブルQR"])
def test_japanese_is_not_shown_as_chinese(text):
    """Bytes that would pass for rare Chinese characters are told apart."""
    assert text_of(SeenCode(text.encode("shift_jis"), "QRCode", CORNERS, guess=text)) == text


def test_a_lone_accent_is_latin():
    """A European name is not made Chinese."""
    assert text_of(SeenCode(b"\xc4rger", "QRCode", CORNERS, guess="Ärger")) == "Ärger"


def test_a_path_that_is_no_text_is_still_answered_in_json(tmp_path, capsys):
    """A file's name may be any bytes."""
    name = str(tmp_path / "caf\udce9.png")
    Path(name).write_bytes(b"no picture")
    assert command(["read", "--json", name]) == 2
    (answer,) = answers(capsys)
    assert answer["error"]


def test_whoever_stops_listening_ends_it_without_a_complaint(picture):
    """`gate-station read *.png | head -1`: no traceback, and nothing went wrong."""
    pictures = [str(picture(b"one"))] * 400
    reading = subprocess.Popen(
        [Path(sys.executable).parent / "gate-station", "read", *pictures],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert reading.stdout is not None
    assert reading.stdout.readline()
    reading.stdout.close()
    assert reading.stderr is not None
    assert reading.stderr.read() == b""
    reading.stderr.close()
    assert reading.wait(60) == 0
