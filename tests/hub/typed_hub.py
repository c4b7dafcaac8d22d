"""`gate-hub` as a clerk types it, in a folder of its own, and a sheet of three people to import.

Used by every test of a command that needs no process. Rule: a test file names the fixtures that it takes from here in
`__all__`.
"""

import csv
import io
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gate.clock import ClockState, Moment
from gate.credential import read
from gate.formats.chain import Credential
from gate.trust import TrustedKey, Usage, index
from hub import control, keys
from hub.__main__ import main
from hub.passes.issue import INDEX

SHEET = """\
姓名,性别,出生日期,身份证号,手机号,楼栋,单元,房号,居住状态,健康码
李试甲,女,1980-05-06,419900198005061234,15400001234,3,1,0101,正常,绿
王试乙,男,1990-01-02,419900199001021234,15400004321,3,2,0502,居家隔离,红
张试丙,男,2001-01-02,,,12,1,0101,正常,绿
"""
NAMES = ("李试甲", "王试乙", "张试丙", "4199001980", "15400001234")


class Hub:
    """A hub's folder, and its command as one types it."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.config = folder / "hub.toml"
        self.config.write_text('compound = "willow-court"\ndata = "data"\n\n[broker]\nport = 1\n')
        self._capsys = capsys

    def __call__(self, *words: str, typed: str = "") -> str:
        """A command that must work; what it printed."""
        status, out, err = self.told(*words, typed=typed)
        assert status == 0, err
        return out

    def told(self, *words: str, typed: str = "") -> tuple[int, str, str]:
        status = main(["--config", str(self.config), *words], io.StringIO(typed))
        out, err = self._capsys.readouterr()
        return status, out, err

    def refusal(self, *words: str, typed: str = "") -> str:
        """A command that must be refused: exit 2, one sentence from gate-hub on stderr; all of stderr."""
        status, _, err = self.told(*words, typed=typed)
        assert status == 2
        assert sum(line.startswith("gate-hub: ") for line in err.splitlines()) == 1
        assert "Traceback" not in err
        return err

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.data / "registry.sqlite")) as registry:
            return registry.execute(sql).fetchall()

    def snapshot(self) -> dict[str, bytes]:
        """Every file of the data folder but the lock, and the tables in place of the database's pages."""
        files = {
            str(path): path.read_bytes()
            for path in self.data.rglob("*")
            if path.is_file() and "registry" not in path.name
        }
        with closing(sqlite3.connect(self.data / "registry.sqlite")) as registry:
            return {**files, "registry": "\n".join(registry.iterdump()).encode()}


@pytest.fixture
def bare(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Hub:
    return Hub(tmp_path, capsys)


@pytest.fixture
def hub(bare: Hub) -> Hub:
    bare("init")
    return bare


@pytest.fixture
def peopled(hub: Hub) -> Hub:
    hub("import", hub.file("people.csv", SHEET))
    return hub


def index_of(folder: Path) -> list[dict[str, str]]:
    """What `issue` and `phone` wrote beside their pictures, by the English half of each heading."""
    with (folder / INDEX).open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        return [{key.split()[-1]: value for key, value in row.items()} for row in rows]


def read_at_a_gate(hub: Hub, code: bytes) -> Credential:
    """What a gate that trusts this hub's key for passes reads in a code; it must be one that counts."""
    now, day = control.wall_clock(), timedelta(days=1)
    public = keys.load(hub.data / "keys").pass_.public
    key = TrustedKey(public, "willow-court", frozenset({Usage.PASS}), now - day, now + 999 * day)
    answer = read(code, index("willow-court", [key]), Moment(now, ClockState.SYNCED))
    assert answer.credential is not None, answer.reasons
    return answer.credential
