"""hub.toml: what is taken, and what is refused with a sentence that names the line."""

from pathlib import Path

import pytest

from hub.settings import SettingsRefused, load

SMALLEST = 'compound = "sunshine"\ndata = "data"\n'


@pytest.fixture
def write(tmp_path: Path):
    def written(text: str) -> Path:
        path = tmp_path / "hub.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_the_smallest_settings_stay_on_this_machine(write, tmp_path: Path):
    settings = load(write(SMALLEST))
    assert settings.office.host == settings.broker.host == "127.0.0.1"
    assert settings.timezone == "Asia/Shanghai"
    assert settings.registry == tmp_path / "data" / "registry.sqlite"
    assert settings.broker_password == tmp_path / "data" / "broker" / "hub.password"


def test_relative_paths_start_at_the_settings_file(write, tmp_path: Path):
    settings = load(write(SMALLEST + '[broker]\nhost = "hub.lan"\ntls_ca = "ca.pem"\n'))
    assert settings.broker.tls_ca == str(tmp_path / "ca.pem")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('compound = "sunshine"\n', "data: it is required"),
        ('compound = "Sunny Side"\ndata = "data"\n', "line 1: compound: "),
        (SMALLEST + "colour = 3\n", "line 3: colour: no such setting"),
        (SMALLEST + "[broker]\nport = 99999\n", "line 4: broker.port: "),
        (SMALLEST + '[broker]\nport = "8883"\n', "line 4: broker.port: "),
        (SMALLEST + "[broker]\nprot = 8883\n", "line 4: broker.prot: no such setting"),
        (SMALLEST + 'timezone = "Mars/Olympus"\n', "line 3: timezone: 'Mars/Olympus' is no time zone"),
        (SMALLEST + '[broker]\nhost = "10.0.0.2"\n', "line 3: broker.tls_ca: a broker on another machine needs TLS"),
        (SMALLEST + '[office]\nhost = "0.0.0.0"\n', "line 3: office.tls_certificate: the office is open to 0.0.0.0"),
        (SMALLEST + '[office]\ntls_certificate = "a.pem"\n', "office.tls_key: certificate and key come together"),
        ("compound = \n", "not TOML: "),
    ],
)
def test_what_is_odd_is_refused_with_its_line_and_what_to_do(write, text: str, sentence: str):
    path = write(text)
    with pytest.raises(SettingsRefused) as refused:
        load(path)
    assert str(path) in str(refused.value)
    assert sentence in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(SettingsRefused, match=r"nowhere\.toml: cannot be read .* --config"):
        load(tmp_path / "nowhere.toml")
