"""DATA/keys: made once, kept to their owner, never replaced."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hub import keys


def test_keys_are_made_once_and_stay(tmp_path: Path):
    first, second = keys.make(tmp_path / "keys"), keys.make(tmp_path / "keys")
    assert first.document.public == second.document.public
    assert first.pass_.public == second.pass_.public
    assert first.roster == second.roster
    assert first.form == second.form
    assert len({first.document.public, first.pass_.public, first.roster, first.form}) == 4


def test_a_hub_from_before_there_were_forms_draws_its_form_key_once(tmp_path: Path):
    before = keys.make(tmp_path)
    (tmp_path / "form.key").unlink()
    assert keys.load(tmp_path).form_public == b""
    drawn = keys.with_form_key(tmp_path)
    assert (len(drawn.form), len(drawn.form_public)) == (32, 32)
    assert drawn.form != before.form
    assert keys.with_form_key(tmp_path).form == drawn.form
    assert drawn.roster == before.roster


def test_only_the_owner_can_read_them(tmp_path: Path):
    keys.make(tmp_path / "keys")
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}


def test_what_a_key_signs_its_public_half_believes(tmp_path: Path):
    key = keys.make(tmp_path / "keys").document
    Ed25519PublicKey.from_public_bytes(key.public).verify(key.sign(b"open the gate"), b"open the gate")


def test_a_key_does_not_show_its_secret(tmp_path: Path):
    made = keys.make(tmp_path / "keys")
    assert repr(made.document) == f"SigningKey({made.document.key_id})"


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.chmod(0o640), "can be read by others"),
        (lambda path: path.write_bytes(b"AAAA\n"), "holds 3 bytes"),
        (lambda path: path.write_bytes(b"not base64!"), "cannot be read as a key"),
    ],
)
def test_a_spoiled_key_is_refused_with_what_to_do(tmp_path: Path, harm, sentence: str):
    keys.make(tmp_path)
    harm(tmp_path / "roster.key")
    with pytest.raises(keys.KeysRefused, match=f"roster.key .*{sentence}"):
        keys.load(tmp_path)
