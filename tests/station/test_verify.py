"""`gate-station verify` answers whatever it is asked, in one shape, and believes only what a gate would."""

import json
import subprocess
import sys
from argparse import ArgumentParser
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import segno
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.document import DocumentKind, Edition, heading_of, sign
from gate.formats import FORMATS, health_code
from gate.reason import Reason
from gate.revocations import pack, revocations_of
from gate.trust import TrustList, key_id_of
from station import trust_file, verdict
from station.trust_file import Given
from station.verify import ACCEPTED, REFUSED, CannotVerify, Desk, add_words, answer_case, carry_out
from tests.gate import foreign_makers as make
from tests.gate import gate_pass_makers as gates
from tests.gate.makers import NOON, OFFICE, STRANGER, a_pass, trusted

HUB_KEY = STRANGER.public_key().public_bytes_raw()


class HelpDesk:
    """A clerk with a terminal, a folder and the command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said = StringIO()
        self.warned = StringIO()

    def file(self, name: str, content: bytes | str) -> str:
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def trust(self, *entries: bytes) -> str:
        return self.file("trust.json", json.dumps([b64encode(entry).decode() for entry in entries]))

    def verify(self, *words: str, typed: bytes = b"", hub_key: bytes | None = None) -> int:
        parser = ArgumentParser()
        add_words(parser)
        self.said, self.warned = StringIO(), StringIO()
        return carry_out(parser.parse_args(words), Desk(self.said, self.warned, BytesIO(typed), NOON.utc, hub_key))

    def answer(self, *words: str, **more: Any) -> dict[str, Any]:
        code = self.verify(*words, "--json", **more)
        (line,) = self.said.getvalue().splitlines()
        found = json.loads(line)
        assert code == (ACCEPTED if found["accepted"] else REFUSED)
        return found


@pytest.fixture
def desk(tmp_path: Path) -> HelpDesk:
    return HelpDesk(tmp_path)


GENUINE = make.eu().decode()


class TestOneCode:
    def test_a_genuine_certificate_in_the_shape_that_is_documented(self, desk: HelpDesk) -> None:
        found = desk.answer("--trust", desk.trust(make.ANY_USE), GENUINE)
        assert list(found) == ["format", "steps", "credential", "accepted", "reason"]
        assert (found["format"], found["accepted"], found["reason"]) == ("HC1", True, None)
        assert all(step == {"name": step["name"], "ok": True, "reason": None} for step in found["steps"])
        assert found["credential"]["holder"] == {"name": "Gabriele Gößinger", "birth": "1998-02-26"}
        assert found["credential"]["expires_at"] == "2027-04-30T00:00:00+00:00"

    def test_a_refused_one_names_the_step_and_tells_nothing_of_its_holder(self, desk: HelpDesk) -> None:
        found = desk.answer("--trust", desk.trust(make.ANY_USE), "--at", "2027-05-01", GENUINE)
        assert found["steps"][-1] == {"name": "dates", "ok": False, "reason": "expired"}
        assert (found["credential"], found["accepted"], found["reason"]) == (None, False, "expired")
        assert "Gabriele" not in desk.said.getvalue()

    def test_whoever_trusts_nobody_believes_nothing(self, desk: HelpDesk) -> None:
        assert desk.answer(GENUINE)["reason"] == "key_unknown"

    def test_from_standard_input_with_its_line_end(self, desk: HelpDesk) -> None:
        for ending in ("", "\n", "\r\n"):
            assert desk.answer("--trust", desk.trust(make.ANY_USE), "-", typed=(GENUINE + ending).encode())["accepted"]

    def test_a_health_card_whole_and_in_parts(self, desk: HelpDesk) -> None:
        trust = desk.trust(make.spki(make.CLINIC))
        assert desk.answer("--trust", trust, make.shc().decode())["accepted"]
        first, second = (part.decode() for part in make.in_parts(make.shc(), 2))
        assert desk.answer("--trust", trust, f"{first} {second}")["accepted"]
        assert desk.answer("--trust", trust, first)["reason"] == "parts_missing"

    def test_a_code_of_another_kind_is_told_apart_from_an_invalid_one(self, desk: HelpDesk) -> None:
        assert desk.answer("https://shop.example/")["reason"] == "not_ours"

    def test_the_time_may_have_a_zone(self, desk: HelpDesk) -> None:
        trust = desk.trust(make.ANY_USE)
        assert desk.answer("--trust", trust, "--at", "2027-04-30T07:59:59+08:00", GENUINE)["accepted"]
        assert not desk.answer("--trust", trust, "--at", "2027-04-30T08:00:00+08:00", GENUINE)["accepted"]


class TestForPeople:
    def test_a_line_a_step_and_the_verdict(self, desk: HelpDesk) -> None:
        desk.verify("--trust", desk.trust(make.ANY_USE), GENUINE)
        lines = desk.said.getvalue().splitlines()
        assert lines[0] == "EU digital certificate"
        assert sum(line.startswith("  ✓ ") for line in lines) == 11
        assert "ACCEPTED at 2026-11-22 04:00:00 UTC: it may be believed." in lines
        assert lines[-1] == "At the gate the guard still compares the holder with whoever shows it."

    def test_a_refusal_says_where_and_why_and_what_to_do(self, desk: HelpDesk) -> None:
        desk.verify("--trust", desk.trust(make.ANY_USE), "--at", "2027-05-01", GENUINE)
        *_, failed, last = desk.said.getvalue().splitlines()
        assert failed == "  ✗ dates            expired at 2027-04-30 00:00 UTC"
        assert last == "REFUSED at 2027-05-01 00:00:00 UTC: The pass has expired. The office renews it."

    def test_a_code_cannot_write_on_the_terminal(self, desk: HelpDesk) -> None:
        evil = make.saying(nam={"fnt": "ANN", "fn": "\x1b[2J\x1b]0;x\x07Ann\u202e\n"}).decode()
        assert desk.verify("--trust", desk.trust(make.ANY_USE), evil) == ACCEPTED
        assert all(line.isprintable() for line in desk.said.getvalue().splitlines())

    def test_a_terminal_of_another_alphabet_gets_plain_marks(self) -> None:
        bare = TextIOWrapper(BytesIO(), encoding="ascii", errors="backslashreplace", write_through=True)
        parser = ArgumentParser()
        add_words(parser)
        carry_out(parser.parse_args([GENUINE]), Desk(bare, StringIO(), BytesIO(), NOON.utc))
        bare.seek(0)
        assert "  NO key" in bare.read()

    def test_every_family_and_every_step_has_its_words(self) -> None:
        """Whoever adds a step says in station.verdict what it is worth."""
        families = (*FORMATS, health_code.format_of(["https://"]))
        assert {each.name for each in families} == set(verdict.FAMILIES)
        named = {name for each in families for name, _ in each.steps} | {"recognise", "picture", "case"}
        assert named == set(verdict.STEPS)


class TestPictures:
    def test_the_code_in_a_picture(self, desk: HelpDesk) -> None:
        path = desk.folder / "code.png"
        segno.make(GENUINE, error="m").save(str(path), scale=4)
        assert desk.answer("--trust", desk.trust(make.ANY_USE), "--image", str(path))["accepted"]

    def test_a_code_without_a_background_is_seen_as_people_see_it(self, desk: HelpDesk) -> None:
        modules = np.kron(
            np.array(list(segno.make(GENUINE, error="m").matrix_iter(border=4)), np.uint8), np.ones((4, 4))
        )
        black_on_nothing = np.dstack([np.zeros((*modules.shape, 3)), modules * 255]).astype(np.uint8)
        path = desk.file("code.png", cv2.imencode(".png", black_on_nothing)[1].tobytes())
        assert desk.answer("--trust", desk.trust(make.ANY_USE), "--image", path)["accepted"]

    def test_a_picture_without_a_code_is_answered(self, desk: HelpDesk) -> None:
        white = desk.file("white.pgm", b"P5 64 64 255\n" + bytes([255]) * 4096)
        found = desk.answer("--image", white)
        assert found["steps"] == [{"name": "picture", "ok": False, "reason": "no_code"}]

    @pytest.mark.parametrize("size", [(3, 60_000), (60_000, 1)])
    def test_a_ribbon_of_pixels_is_answered(self, desk: HelpDesk, size: tuple[int, int]) -> None:
        """None of the looks makes it longer than a decoder takes."""
        path = desk.file("ribbon.png", cv2.imencode(".png", np.full(size, 255, np.uint8))[1].tobytes())
        assert desk.answer("--image", path)["reason"] == "no_code"

    @pytest.mark.parametrize("content", [b"", b"GIF?", b"\x89PNG\r\n\x1a\n"])
    def test_what_is_no_picture_is_an_error(self, desk: HelpDesk, content: bytes) -> None:
        with pytest.raises(CannotVerify, match="no picture that can be opened"):
            desk.verify("--image", desk.file("x.png", content))


class TestTrust:
    @pytest.mark.parametrize("der", [make.ANY_USE, make.spki(make.COUNTRY)], ids=["certificate", "public key"])
    def test_a_certificate_or_a_public_key(self, desk: HelpDesk, der: bytes) -> None:
        assert desk.answer("--trust", desk.trust(make.spki(make.CLINIC), der), GENUINE)["accepted"]

    def test_a_certificate_as_people_pass_it_around(self, desk: HelpDesk) -> None:
        """In lines, as PEM, and as PEM in base64."""
        der = b64encode(make.ANY_USE).decode()
        pem = f"-----BEGIN CERTIFICATE-----\n{der[:64]}\r\n{der[64:]}\n-----END CERTIFICATE-----\n"
        for entry in (f" {der[:76]}\n{der[76:]} ", pem, b64encode(pem.encode()).decode()):
            assert desk.answer("--trust", desk.file("trust.json", json.dumps([entry])), GENUINE)["accepted"]

    def test_a_raw_ed25519_key_counts_for_the_compound_that_a_pass_names(self, desk: HelpDesk) -> None:
        raw = OFFICE.public_key().public_bytes_raw()
        spki = OFFICE.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for key in (raw, spki):
            for compound in ("yuyuan", "liyuan"):
                found = desk.answer("--trust", desk.trust(key), a_pass(compound=compound).decode())
                assert (found["accepted"], found["credential"]["compound"]) == (True, compound)
            assert desk.answer("--trust", desk.trust(key), a_pass(STRANGER).decode())["reason"] == "forged"

    def test_a_trust_list_that_the_office_signed(self, desk: HelpDesk) -> None:
        path = desk.file("trust.json", _signed_list())
        key = b64encode(HUB_KEY).decode()
        for words, own in ((("--hub-key", key), None), ((), HUB_KEY)):
            assert desk.answer("--trust", path, *words, a_pass().decode(), hub_key=own)["accepted"]
            assert desk.answer("--trust", path, *words, GENUINE, hub_key=own)["accepted"]
            revoked = a_pass(serial="deaddeaddeaddead").decode()
            assert desk.answer("--trust", path, *words, revoked, hub_key=own)["reason"] == "revoked"
            assert desk.warned.getvalue() == ""

    def test_a_signed_list_says_which_gates_may_make_passes(self, desk: HelpDesk) -> None:
        path = desk.file("trust.json", _signed_list())
        found = desk.answer("--trust", path, gates.a_gate_pass().decode())
        assert (found["format"], found["accepted"]) == ("GC1-GATE", True)
        assert desk.answer("--trust", path, gates.a_gate_pass(number=51).decode())["reason"] == "wrong_use"

    def test_a_signed_list_without_a_key_to_check_it_is_taken_as_given_with_a_warning(self, desk: HelpDesk) -> None:
        path = desk.file("trust.json", _signed_list())
        assert desk.answer("--trust", path, a_pass().decode())["accepted"]
        assert "its signature was not checked" in desk.warned.getvalue()

    def test_a_signed_list_of_another_hub_is_refused(self, desk: HelpDesk) -> None:
        path = desk.file("trust.json", _signed_list())
        with pytest.raises(CannotVerify, match="not signed by the hub"):
            desk.verify("--trust", path, "--hub-key", b64encode(bytes(32)).decode(), GENUINE)

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"{", "not JSON"),
            (b"\xff", "not JSON"),
            (b"5", "neither a list"),
            (b"[5]", "entry 1: not a text"),
            (b'["%%%"]', "entry 1: not base64"),
            (b'["", "AAAA"]', "entry 1: neither an X.509 certificate nor"),
            (b"[" * 9000, "not JSON"),
        ],
    )
    def test_what_cannot_be_read_is_an_error_that_says_which_entry(
        self, desk: HelpDesk, content: bytes, why: str
    ) -> None:
        with pytest.raises(CannotVerify, match=why):
            desk.verify("--trust", desk.file("trust.json", content), GENUINE)

    @settings(max_examples=200)
    @given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: make.ANY_USE[:60] + tail))
    def test_no_certificate_makes_the_reader_of_trust_raise_anything_else(self, der: bytes) -> None:
        assert isinstance(trust_file.given([b64encode(der).decode()], lenient=True), Given)


class TestErrors:
    def test_files_that_are_not_there_and_times_that_are_none(self, desk: HelpDesk) -> None:
        for words in (
            ("--image", "nowhere.png"),
            ("--cases", "nowhere.jsonl"),
            ("--trust", "nowhere.json", "x"),
            ("--at", "noon", "x"),
            ("--hub-key", "x", "--trust", desk.trust(), "x"),
        ):
            with pytest.raises(CannotVerify, match=r"nowhere|noon|hub-key"):
                desk.verify(*words)


class TestCases:
    def test_each_is_answered_in_order_with_its_own_trust_and_clock(self, desk: HelpDesk) -> None:
        certificate = b64encode(make.ANY_USE).decode()
        cases = [
            json.dumps({"text": GENUINE, "trust": [certificate], "at": "2026-11-22T04:00:00Z"}),
            json.dumps({"text": GENUINE, "trust": [certificate], "at": "2027-11-22T04:00:00Z"}),
            "this is no case",
            "",
            json.dumps({"text": GENUINE, "trust": []}),
            json.dumps({"text": GENUINE, "trust": ["%%%", certificate, 5]}),
            json.dumps({"text": GENUINE}),
            json.dumps({"text": "x\nDROP TABLE", "name": "more than was asked"}),
            '{"text": "\\ud800", "at": 1e999}',
            '{"text": "\\ud800"}',
        ]
        path = desk.file("cases.jsonl", "\n".join(cases) + "\n")
        assert desk.verify("--cases", path, "--trust", desk.trust(make.ANY_USE)) == ACCEPTED
        reasons = [json.loads(line)["reason"] for line in desk.said.getvalue().splitlines()]
        damaged, foreign = "code_damaged", "not_ours"
        assert reasons == [
            None, "expired", damaged, damaged, "key_unknown", None, None, foreign, damaged, foreign
        ]  # fmt: skip

    def test_from_standard_input_and_of_an_empty_file(self, desk: HelpDesk) -> None:
        assert desk.verify("--cases", "-", typed=b'{"text": "x"}\n{"text": "y"}') == ACCEPTED
        assert len(desk.said.getvalue().splitlines()) == 2
        assert desk.verify("--cases", "-") == ACCEPTED
        assert desk.said.getvalue() == ""

    @settings(max_examples=300)
    @given(
        st.binary(max_size=100)
        | st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from(["text", "trust", "at"]), inner, max_size=3)
            ),
        ).map(lambda told: json.dumps(told).encode())
        | st.builds(
            lambda text, trust, at: json.dumps({"text": text, "trust": trust, "at": at}).encode(),
            st.text() | st.sampled_from(["HC1:", "GC1:", "shc:/"]).flatmap(lambda p: st.text().map(lambda t: p + t)),
            st.none() | st.lists(st.text() | st.integers(), max_size=2) | st.text(),
            st.none() | st.text() | st.integers() | st.floats() | st.just("0001-01-01T00:00:00+14:00"),
        )
    )
    def test_whatever_a_case_says_it_is_answered_and_not_believed(self, line: bytes) -> None:
        reading = answer_case(line, Given(), datetime(2026, 11, 22, tzinfo=UTC))
        assert not reading.accepted
        assert reading.reasons[0] in Reason
        assert "\n" not in json.dumps(verdict.as_data(reading))


@pytest.mark.parametrize("prefix", ["GC1:", "GT1:", "HC1:", "shc:/", ""])
def test_a_text_without_end_takes_no_longer_than_a_short_one(prefix: str) -> None:
    """Nothing is unpacked of what is longer than a code can be: counted in calls, not by a clock."""
    now = datetime(2026, 11, 22, tzinfo=UTC)
    endless = json.dumps({"text": prefix + "0" * 150_000}).encode()
    with_it = _calls(lambda: answer_case(endless, Given(), now))
    assert with_it < 1_000


def _calls(what: Callable[[], object]) -> int:
    """How many functions it calls."""
    count = 0

    def counted(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counted)
    try:
        what()
    finally:
        sys.setprofile(None)
    return count


def test_as_a_process_it_needs_no_settings_and_ends_with_0_1_or_2(desk: HelpDesk) -> None:
    def ended(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "station", *words], check=False, capture_output=True, text=True, timeout=60
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr

    trust = desk.trust(make.ANY_USE)
    assert ended("verify", "--trust", trust, "--at", "2026-11-22", GENUINE) == (0, "")
    assert ended("verify", "--trust", trust, "--at", "2027-11-22", GENUINE) == (1, "")
    code, said = ended("verify", "--at", "noon", GENUINE)
    assert (code, said) == (2, "gate-station: 'noon' is no time; write it as 2026-11-22T08:00:00Z\n")
    code, said = ended("check")
    assert code == 2
    assert "check needs the lane's settings" in said


def _signed_list() -> bytes:
    revoked, issuers = pack(revocations_of(["deaddeaddeaddead"])), make.issuer_keys(make.ANY_USE)
    body = TrustList((trusted(),), revoked, issuers, gates=(gates.certificate(),))
    heading = heading_of(DocumentKind.TRUST, "yuyuan", Edition(1, 1), NOON.utc, key_id_of(HUB_KEY))
    return sign(heading, body, STRANGER.sign)
