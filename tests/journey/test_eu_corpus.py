"""The EU's own test corpus (eu-digital-green-certificates/dgc-testdata), case by case, at each case's own clock.

Every expectation of a case is one of ours: the step of the chain that stands for it passed, or the chain ended there.
What a case does not say is left open; but no case of which anything must fail is believed, and every other one is.
"""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from gate.certificates import issuer_keys
from gate.credential import CodeReading
from station.stills import read_picture
from station.trust_file import Given
from station.verify import answer_case
from tests.gate.makers import NOON


def _case_of(picture: Path) -> Path:
    return CORPUS / picture.relative_to(CORPUS).parts[0] / "2DCode" / "raw" / f"{picture.stem}.json"


CORPUS = Path(__file__).parents[3] / "shared" / "testdata" / "dcc"
CASES = sorted(CORPUS.glob("*/2DCode/raw/*.json"))

PICTURES = sorted(path for path in CORPUS.rglob("*.png") if _case_of(path).exists())

pytestmark = pytest.mark.skipif(not CASES, reason="the EU's corpus is not here")

STEPS = {
    "EXPECTEDB45DECODE": ("base45",),
    "EXPECTEDCOMPRESSION": ("zlib",),
    "EXPECTEDDECODE": ("cose", "header", "claims"),
    "EXPECTEDVERIFY": ("key", "signature"),
    "EXPECTEDSCHEMAVALIDATION": ("schema",),
    "EXPECTEDKEYUSAGE": ("use",),
    "EXPECTEDEXPIRATIONCHECK": ("dates",),
}
"""Which of our steps stand for an expectation of the corpus."""

NOT_OURS_TO_MEET = {
    "EXPECTEDENCODE": "that the issuer can encode the payload again; a gate only reads",
}
DEVIATIONS: dict[str, dict[str, str]] = {}
"""Case -> expectation -> why it is not met. Empty: every expectation of every case here is met.

What may surprise a reader of the corpus, and is as its expectations have it:
AT 3, 4   'INVALID: test expired' by a rule of the border; signature, schema and dates are in order, so it is believed.
DGC 4, 6  'INVALID: correct test2 DGC': nothing of it must fail, and nothing does.
CO 20     'KID in protected header': its protected header is empty, key and algorithm stand in the other one.
CO 22     fails at `key`: the signed header names a key that nobody has; that the other one is right does not count.
Q 1       its text is in order; only its picture must not be read.
"""


def _case(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _answer(case: dict[str, Any], text: str | None = None) -> CodeReading:
    context = case["TESTCTX"]
    line = {"text": text or case["PREFIX"], "trust": [context["CERTIFICATE"]], "at": context["VALIDATIONCLOCK"]}
    return answer_case(json.dumps(line).encode(), Given(), NOON.utc)


def _picture(png: bytes) -> list[bytes]:
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    return [] if pixels is None else [seen.data for seen in read_picture(np.asarray(pixels, np.uint8))]


def _is_met(expectation: str, expected: bool, case: dict[str, Any], reading: CodeReading) -> bool:
    """Whether the chain says what the corpus expects."""
    if expectation == "EXPECTEDPICTUREDECODE":
        return (case["PREFIX"].encode() in _picture(b64decode(case["2DCODE"]))) is expected
    if expectation == "EXPECTEDUNPREFIX":
        return (reading.format == "HC1") is expected
    if expectation in ("EXPECTEDVALIDOBJECT", "EXPECTEDVALIDJSON"):
        return _says_the_same(reading, case["JSON"]) is expected
    passed = {step.name for step in reading.steps if step.ok}
    if expected:
        return passed.issuperset(STEPS[expectation])
    return reading.steps[-1].name in STEPS[expectation] and not reading.steps[-1].ok


def _says_the_same(reading: CodeReading, told: dict[str, Any]) -> bool:
    """Who, born when, and what kind of certificate by which country."""
    if reading.credential is None or reading.credential.holder is None:
        return False
    (kind, entry), *more = [(kind, told[key][0]) for key, kind in _KINDS.items() if told.get(key)]
    name = " ".join(told["nam"][part] for part in ("gn", "fn") if told["nam"].get(part))
    claims, holder = reading.credential.claims, reading.credential.holder
    said = (holder.name, holder.birth, claims["type"], claims["country"])
    return not more and said == (name, told["dob"], kind, entry["co"])


_KINDS = {"v": "vaccination", "t": "test", "r": "recovery"}


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parts[-4]}-{path.stem}")
def test_every_expectation_is_met_or_explained(path: Path) -> None:
    case = _case(path)
    reading = _answer(case)
    explained = {*NOT_OURS_TO_MEET, *DEVIATIONS.get(f"{path.parts[-4]}-{path.stem}", {})}
    expectations = {name: expected for name, expected in case["EXPECTEDRESULTS"].items() if name not in explained}
    assert {name: _is_met(name, expected, case, reading) for name, expected in expectations.items()} == dict.fromkeys(
        expectations, True
    ), reading.steps


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parts[-4]}-{path.stem}")
def test_what_must_fail_is_not_believed_and_all_else_is(path: Path) -> None:
    case = _case(path)
    of_the_text = {**case["EXPECTEDRESULTS"], "EXPECTEDPICTUREDECODE": True}
    assert _answer(case).accepted is all(of_the_text.values())


@pytest.mark.parametrize("png", PICTURES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_the_picture_of_a_case_says_what_its_text_says(png: Path) -> None:
    case = _case(_case_of(png))
    assert _picture(png.read_bytes()) == [case["PREFIX"].encode()]


def test_every_certificate_of_the_corpus_can_be_read() -> None:
    """Also those whose DER spells out a default, which cryptography refuses."""
    for path in CASES:
        der = b64decode(_case(path)["TESTCTX"]["CERTIFICATE"])
        first = issuer_keys(der)[0]
        assert first.not_before is not None
        assert first.not_after is not None
        assert first.not_before < first.not_after


def test_nothing_of_the_corpus_is_believed_once_changed() -> None:
    """A byte of the signed claims, for every case that is believed."""
    believed = [_case(path) for path in CASES if _answer(_case(path)).accepted]
    for case in believed:
        text = case["PREFIX"]
        for position in range(20, len(text) - 20, 37):
            other = "A" if text[position] != "A" else "B"
            assert not _answer(case, text[:position] + other + text[position + 1 :]).accepted


def test_the_part_of_the_corpus_that_is_here_is_not_overlooked() -> None:
    assert len(CASES) >= 47
