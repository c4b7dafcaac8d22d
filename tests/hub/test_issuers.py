"""Whose certificates gates believe: what the office's file names stands in the signed trust list, and nothing odd."""

import json
import os
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gate import topics
from gate.credential import read
from gate.document import DocumentKind, body_of, open_document
from gate.policy import Policy
from gate.trust import TrustList, index
from hub import issuers, keys
from hub.bulletin import Bulletin
from hub.registry import documents, opened
from hub.registry.documents import Editions
from hub.settings import SettingsRefused
from hub.settings import load as load_settings
from tests.gate import foreign_makers as make
from tests.gate.makers import NOON

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def listed(folder: Path, *ders: bytes) -> str:
    path = folder / "issuers.json"
    path.write_text(json.dumps([b64encode(der).decode() for der in ders]))
    return str(path)


def test_a_gate_believes_the_certificates_of_those_whom_the_office_lists(tmp_path: Path) -> None:
    """From the file to a gate's answer; without the file the same certificate is nobody's."""
    path = listed(tmp_path, make.ANY_USE, make.spki(make.CLINIC))
    secrets = keys.make(tmp_path / "keys")
    retained: dict[str, bytes] = {}
    for named, believed in ((path, True), ("", False)):
        with opened(tmp_path / "registry.sqlite", NOW, "sunshine") as registry:
            registry.run(lambda each: documents.set_policy(each, Policy(title="平时")))
            told = issuers.load(named)
            bulletin = Bulletin("sunshine", secrets, Editions(registry), retained.__setitem__, os.urandom, told)
            bulletin.refresh(registry, NOW)
        payload = retained[topics.TRUST.of("sunshine")]
        document = open_document(payload, DocumentKind.TRUST, "sunshine", [secrets.document.public])
        body = body_of(document, TrustList)
        trust = index("sunshine", body.keys, body.revocations, body.issuers)
        assert [read(code, trust, NOON).accepted for code in (make.eu(), make.shc())] == [believed, believed]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "write a JSON list"),
        (b"{}", "write a JSON list"),
        (b"\xff", "write a JSON list"),
        (b'["%%%"]', "write a JSON list"),
        (json.dumps([b64encode(make.ANY_USE).decode(), "AAAA"]).encode(), "entry 2: neither"),
        (json.dumps([b64encode(make.ANY_USE).decode()] * 1000).encode(), "leave some out"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "issuers.json"
    path.write_bytes(content)
    with pytest.raises(SettingsRefused, match=why):
        issuers.load(str(path))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused, match="correct issuers in"):
        issuers.load(str(tmp_path / "gone.json"))


def test_its_path_counts_from_the_settings_files_folder(tmp_path: Path) -> None:
    settings = tmp_path / "hub.toml"
    settings.write_text('compound = "sunshine"\ndata = "data"\nissuers = "issuers.json"\n')
    assert load_settings(settings).issuers == str(tmp_path / "issuers.json")
