"""The card's files are what their readers accept, agree with each other, and are rendered without contradiction."""

import fnmatch
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

import hub.settings
import station.settings.reading
from firmware_config.card import filled, pin_lines, screen_sections, with_tail
from firmware_config.description import Gate, load
from firmware_config.pins import LANES, PHYSICAL
from firmware_config.proof import stand_in
from firmware_config.render import main
from station.toml import Wrong

ROOT = Path(__file__).parents[2]
FIRMWARE = ROOT / "firmware_config"
EXAMPLE = FIRMWARE / "gate.toml"


def _text(name: str) -> str:
    return (FIRMWARE / name).read_text(encoding="utf-8")


@pytest.fixture
def gate() -> Gate:
    return load(EXAMPLE)


# ---- settings -------------------------------------------------------------------------------------------------------


def test_the_station_accepts_its_commented_settings(tmp_path: Path, gate: Gate) -> None:
    """station.toml as it stands starts a station, once its folders exist."""
    settings, _ = station.settings.reading.load(stand_in(tmp_path, _text("station.toml"), gate.compound, gate.lanes[0]))
    assert (settings.station, settings.camera.source, settings.kiosk.port) == ("east-1", "/dev/gate-camera-1", 8081)


def test_the_hub_accepts_its_commented_settings(tmp_path: Path) -> None:
    """hub.toml as it stands starts a hub, once its folder exists."""
    place = tmp_path / "hub.toml"
    place.write_text(filled(_text("hub.toml"), {"data": str(tmp_path / "data")}), encoding="utf-8")
    settings = hub.settings.load(place)
    assert (settings.compound, settings.name, settings.broker.port) == ("yuyuan", "豫园花园", 1883)


def _keys(shape: type[Struct], section: str = "") -> dict[str, object]:
    """Every dotted key of a settings class with its default, NODEFAULT where it has none."""
    found: dict[str, object] = {}
    for field in fields(shape):
        if isinstance(field.type, type) and issubclass(field.type, Struct):
            found |= _keys(field.type, f"{section}{field.name}.")
        else:
            found[f"{section}{field.name}"] = field.default
    return found


def _written(name: str) -> dict[str, tuple[Any, str]]:
    """Every dotted key of a commented file: its value and its comment."""
    found, section = {}, ""
    for line in _text(name).splitlines():
        if line.startswith("["):
            section = line[1 : line.index("]")] + "."
        elif key := re.match(r"(\w+) = ", line):
            (value,) = tomllib.loads(line).values()
            found[section + key[1]] = (value, line.partition("# ")[2])
    return found


SETTINGS = {"station.toml": station.settings.Settings, "hub.toml": hub.settings.Settings}


@pytest.mark.parametrize(("name", "shape"), SETTINGS.items())
def test_every_setting_is_explained(name: str, shape: type[Struct]) -> None:
    """A setting that is added, renamed or removed has to be so in the commented file."""
    written = _written(name)
    assert set(written) == set(_keys(shape))
    assert [key for key, (_, comment) in written.items() if not comment] == []


@pytest.mark.parametrize(("name", "shape"), SETTINGS.items())
def test_the_defaults_in_the_comments_are_the_true_ones(name: str, shape: type[Struct]) -> None:
    """Where a comment names a default it is the one in the code; where there is one, it is named."""
    written, wrong = _written(name), {}
    for key, default in _keys(shape).items():
        said = re.search(r"\(default ([^)]+)\)", written[key][1])
        if default is NODEFAULT or said is None:
            if (default is NODEFAULT) != (said is None):
                wrong[key] = default
        elif _normal(said[1]) != _normal(default):
            wrong[key] = (said[1], default)
    assert wrong == {}


def _normal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return text.strip('"').replace("+00:00", "Z").removesuffix(".0")


# ---- pins: one truth in four places ---------------------------------------------------------------------------------


def _wiring() -> list[dict[str, int]]:
    """The pin table of wiring.md, a lane each: what -> BCM; asserts that BCM and header place belong together."""
    lanes: list[dict[str, int]] = [{}, {}]
    row = re.compile(r"^\| ([a-z A-Z]+) \| \w+ \| (\d+) \| (\d+) \| (\d+|–) \| (\d+|–) \|", re.M)
    for what, *numbers in row.findall(_text("wiring.md")):
        for lane, (bcm, place) in zip(lanes, (numbers[:2], numbers[2:]), strict=True):
            if bcm == place == "–":
                continue
            assert PHYSICAL[int(bcm)] == int(place), f"{what}: BCM {bcm} is not pin {place}"
            lane[what] = int(bcm)
    return lanes


def _as_wired(pins: dict[str, int]) -> dict[str, int]:
    names = {"green": "green lamp", "yellow": "yellow lamp", "red": "red lamp", "barrier": "barrier relay"}
    return {names.get(what, what.replace("_", " ")): pin for what, pin in pins.items()}


def test_the_wiring_list_has_the_pins_of_the_card() -> None:
    """Whoever wires by wiring.md gets what render.py writes."""
    for drawn, pins in zip(_wiring(), LANES, strict=True):
        panel = {what: pin for what, pin in drawn.items() if not what.startswith("thermometer")}
        assert panel == _as_wired(pins.outputs | pins.inputs)


def test_the_commented_settings_have_the_pins_of_the_wiring_list() -> None:
    """station.toml is lane 1 of wiring.md."""
    panel = tomllib.loads(_text("station.toml"))["panel"]
    pins = {key.removesuffix("_pin"): pin for key, pin in panel.items() if key.endswith("_pin")}
    assert _as_wired(pins) == {what: pin for what, pin in _wiring()[0].items() if not what.startswith("thermometer")}


def test_the_card_holds_every_output_low_from_power_up_on() -> None:
    """No barrier opens while the Pi starts; every button is pulled up."""
    held = dict(re.findall(r"^gpio=(\d+)=(\S+)$", _text("config.txt"), re.M))
    for pins in LANES:
        assert {held[str(pin)] for pin in pins.outputs.values()} == {"op,dl,pd"}
        assert {held[str(pin)] for pin in pins.inputs.values()} == {"ip,pu"}


def test_the_second_thermometer_is_wired_where_config_txt_makes_its_bus() -> None:
    """The pins of the bus made of two pins are those of wiring.md."""
    second = _wiring()[1]
    sda, scl = second["thermometer SDA"], second["thermometer SCL"]
    assert f"i2c_gpio_sda={sda},i2c_gpio_scl={scl}," in _text("config.txt")


def test_the_files_shown_are_the_files_rendered(gate: Gate) -> None:
    """config.txt and screens.ini in the repository are those of gate.toml's two lanes."""
    assert with_tail("config.txt", pin_lines(gate)) == _text("config.txt")
    assert with_tail("screens.ini", screen_sections(gate)) == _text("screens.ini")


# ---- config.txt, udev, users ----------------------------------------------------------------------------------------

WELL_FORMED = re.compile(
    r"""\[(all|pi4|pi5)\]
    | dtparam=[a-z]\w*=(on|off|\d+)
    | dtoverlay=[a-z0-9-]+(,[a-z]\w*(=[\w-]+)?)*
    | gpio=([0-9]|1[0-9]|2[0-7])=(ip,p[udn] | op,d[lh](,p[udn])?)""",
    re.VERBOSE,
)


def test_every_line_of_config_txt_is_well_formed() -> None:
    """The firmware skips what it cannot read without a word; so it is read here."""
    lines = [line for line in _text("config.txt").splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not WELL_FORMED.fullmatch(line)] == []
    assert {"dtparam=watchdog=on", "dtparam=i2c_arm=on"} <= set(lines)


@pytest.mark.parametrize(
    "line", ["gpio=28=op,dl", "gpio=17=dl", "gpio=17:op", "dtparam=watchdog", "dtoverlay=", "[pi6]"]
)
def test_a_malformed_line_is_noticed(line: str) -> None:
    """The check above is one that can fail."""
    assert not WELL_FORMED.fullmatch(line)


def test_the_clock_chip_is_the_one_of_the_board() -> None:
    """DS3231 on a Pi 4, the charged cell on a Pi 5, neither on the other."""
    sections = re.split(r"^\[(\w+)\]$", _text("config.txt"), flags=re.M)
    parts = list(zip(sections[1::2], sections[2::2], strict=True))
    assert [name for name, part in parts if "i2c-rtc,ds3231" in part] == ["pi4"]
    assert [name for name, part in parts if "rtc_bbat_vchg" in part] == ["pi5"]


TOKEN = re.compile(r'(?P<key>[A-Z]+)(\{(?P<attribute>\w+)\})?(?P<operator>==|!=|\+=|:=|=)"(?P<value>[^"]*)"')


def _rules() -> list[list[re.Match[str]]]:
    rules = []
    for line in _text("60-gate.rules").splitlines():
        if line and not line.startswith("#"):
            tokens = [TOKEN.fullmatch(part) for part in re.split(r",\s+(?=[A-Z])", line)]
            assert None not in tokens, f"not a udev rule: {line}"
            rules.append([token for token in tokens if token])
    return rules


def test_udev_rules_are_well_formed() -> None:
    """Known keys, known operators, and every GOTO has its LABEL."""
    tokens = [token for rule in _rules() for token in rule]
    known = {"SUBSYSTEM", "KERNEL", "ATTR", "ENV", "IMPORT", "SYMLINK", "GROUP", "MODE", "GOTO", "LABEL"}
    assert {token["key"] for token in tokens} == known
    goto, labels = ({token["value"] for token in tokens if token["key"] == key} for key in ("GOTO", "LABEL"))
    assert goto == labels


def test_udev_accepts_the_rules() -> None:
    """udev's own parser, where it can be asked (systemd 254 and later)."""
    if shutil.which("udevadm") is None or int(subprocess.check_output(["udevadm", "--version"], text=True)) < 254:
        pytest.skip("udevadm has no verify")
    subprocess.run(["udevadm", "verify", str(FIRMWARE / "60-gate.rules")], check=True)


@pytest.mark.parametrize(
    ("path", "camera"),
    [
        ("platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.1:1.0", ["gate-camera-1"]),
        ("platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.2:1.0", ["gate-camera-2"]),
        ("platform-xhci-hcd.0-usb-0:1:1.0", ["gate-camera-1"]),
        ("platform-xhci-hcd.1-usb-0:1:1.0", ["gate-camera-2"]),
        ("platform-fd500000.pcie-pci-0000:01:00.0-usb-0:1.3:1.0", []),
        ("platform-xhci-hcd.1-usb-0:2:1.0", []),
    ],
)
def test_a_camera_has_the_name_of_its_port(path: str, camera: list[str]) -> None:
    """Each port of a Pi 4 and a Pi 5 gives one name, the other ports none."""
    names = []
    for rule in _rules():
        values = {token["attribute"] or token["key"]: token["value"] for token in rule}
        if "SYMLINK" in values and any(fnmatch.fnmatchcase(path, one) for one in values["ID_PATH"].split("|")):
            names.append(values["SYMLINK"])
    assert names == camera


def test_every_user_of_the_units_is_made(tmp_path: Path) -> None:
    """systemd-sysusers accepts the file and makes each user that a unit of ours runs as."""
    if shutil.which("systemd-sysusers") is None:
        pytest.skip("needs systemd-sysusers")
    (tmp_path / "etc").mkdir()
    subprocess.run(["systemd-sysusers", f"--root={tmp_path}", str(FIRMWARE / "sysusers.conf")], check=True)
    made = {line.partition(":")[0] for line in (tmp_path / "etc/passwd").read_text().splitlines()}
    units = [path.read_text() for path in (ROOT / "systemd").glob("gate-*.service")]
    assert made == {user for unit in units for user in re.findall(r"^User=(\S+)$", unit, re.M)}


# ---- render ---------------------------------------------------------------------------------------------------------


def _described(folder: Path, *changes: tuple[str, str]) -> Path:
    """gate.toml with some words replaced, each of which it must have."""
    text = _text("gate.toml")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    place = folder / "gate.toml"
    place.write_text(text, encoding="utf-8")
    return place


def test_a_card_is_laid_out_as_on_the_card(tmp_path: Path) -> None:
    """Both lanes' settings, the kiosks' ports, the units and what enables them, and where the identity goes."""
    card = tmp_path / "card"
    assert main([str(EXAMPLE), "--out", str(card)]) == 0
    for lane, port in (("east-1", 8081), ("east-2", 8082)):
        written = tomllib.loads((card / f"etc/gate/{lane}/station.toml").read_text())
        assert (written["station"], written["kiosk"]["port"]) == (lane, port)
        assert (card / f"etc/gate/{lane}/kiosk.env").read_text() == f"GATE_KIOSK_PORT={port}\n"
        assert lane in (card / f"etc/gate/{lane}/IDENTITY-MISSING.txt").read_text()
    links = [path for path in (card / "etc/systemd/system").rglob("*") if path.is_symlink()]
    assert sorted(path.name for path in links) == [
        "gate-kiosk@east-1.service",
        "gate-kiosk@east-2.service",
        "gate-screen.service",
        "gate-station@east-1.service",
        "gate-station@east-2.service",
        "gate.target",
    ]
    assert all(path.exists() for path in links)


def test_lane_one_of_the_example_is_the_commented_file(tmp_path: Path) -> None:
    """What a newcomer reads in the repository is what lies on the card."""
    main([str(EXAMPLE), "--out", str(tmp_path / "card")])
    assert (tmp_path / "card/etc/gate/east-1/station.toml").read_text() == _text("station.toml")


CONTRADICTIONS = {
    "the same camera": (("gate-camera-2", "gate-camera-1"), "two lanes the camera /dev/gate-camera-1"),
    "the same port": (("8082", "8081"), "two lanes the kiosk_port 8081"),
    "the same station": (('"east-2"', '"east-1"'), "two lanes the station east-1"),
    "the same screen": (("HDMI-A-2", "HDMI-A-1"), "two lanes the screen HDMI-A-1"),
    "a direction that is none": (('"out"', '"up"'), "direction"),
    "a key that is none": (("kiosk_port = 8082", "port = 8082"), "port"),
    "a time zone that is none": (("Asia/Shanghai", "Asia/Atlantis"), "Asia/Atlantis"),
    "a quote in a host's name": (('"hub.yuyuan.lan"', "'hub\"lan'"), "broker.host does not fit"),
    "a backslash, which would be another character": (("/dev/gate-camera-1", "C:\\\\cam"), "camera does not fit"),
    "a line of its own in screens.ini": (('"HDMI-A-1"', '"HDMI-A-1\\nmode=off"'), "screen does not fit"),
    "a broker in the clear": (('"/etc/gate/broker-ca.crt"', '""'), "tls_ca"),
}


@pytest.mark.parametrize(("change", "says"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_a_contradiction_is_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, str], says: str
) -> None:
    """Nothing is written, and the sentence names the file and what is wrong."""
    described = _described(tmp_path, change)
    assert main([str(described), "--out", str(tmp_path / "card")]) == 1
    sentence = capsys.readouterr().err
    assert says in sentence
    assert str(described) in sentence
    assert not (tmp_path / "card").exists()


PINS = "pins = {{green=12, yellow=16, red=13, buzzer=19, barrier={barrier}, admit_button=25, dismiss_button=4}}"


@pytest.mark.parametrize(
    ("barrier", "says"),
    [
        (24, "pin 24 is the barrier of lane east-2, and the barrier of lane east-1"),
        (13, "pin 13 is the barrier of lane east-2, and the red of lane east-2"),
        (21, "pin 21 is the barrier of lane east-2, and every gate's second I2C SCL"),
        (1, "pulled up while the Pi starts"),
    ],
)
def test_a_pin_has_one_use(tmp_path: Path, barrier: int, says: str) -> None:
    """Neither two lanes nor two devices share one, and no relay hangs on a pin that is high at power-up."""
    screen = 'screen = "HDMI-A-2"'
    described = _described(tmp_path, (screen, f"{screen}\n{PINS.format(barrier=barrier)}"))
    with pytest.raises(Wrong, match=re.escape(says)):
        load(described)


def test_own_pins_reach_settings_and_config_txt(tmp_path: Path) -> None:
    """A lane that is wired otherwise says so once."""
    screen = 'screen = "HDMI-A-2"'
    described = _described(tmp_path, (screen, f"{screen}\n{PINS.format(barrier=11)}"))
    assert main([str(described), "--out", str(tmp_path / "card")]) == 0
    settings = tomllib.loads((tmp_path / "card/etc/gate/east-2/station.toml").read_text())
    assert settings["panel"]["barrier_pin"] == 11
    assert "gpio=11=op,dl,pd\n" in (tmp_path / "card/boot/firmware/gate.txt").read_text()


@pytest.mark.parametrize(("host", "opened"), [("203.0.113.7", True), ("192.168.1.2", False), ("hub.yuyuan.lan", False)])
def test_a_broker_out_in_the_world_is_let_through(tmp_path: Path, host: str, opened: bool) -> None:
    """The unit denies the world; a public broker, and it alone, gets through by a drop-in."""
    described = _described(tmp_path, ("hub.yuyuan.lan", host))
    main([str(described), "--out", str(tmp_path / "card")])
    dropin = tmp_path / "card/etc/systemd/system/gate-station@east-1.service.d/broker.conf"
    assert dropin.exists() == opened
    if opened:
        assert dropin.read_text() == f"[Service]\nIPAddressAllow={host}\n"


RESOLVER = """[resolver]
url = "https://{host}/v1/colour"
networks = [{networks}]
token_file = "/etc/gate/health-code-token"

"""


@pytest.mark.parametrize(
    ("host", "networks", "opened"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("hc.example.gov.cn", '"203.0.113.0/24", "2001:db8::1"', "203.0.113.0/24 2001:db8::1"),
        ("[2001:db8::7]:8443", "", "2001:db8::7"),
        ("192.168.1.9", "", None),
    ],
)
def test_a_health_code_service_out_in_the_world_is_let_through(
    tmp_path: Path, host: str, networks: str, opened: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its settings reach every lane, and its addresses, and they alone, the lane's unit."""
    resolver = RESOLVER.format(host=host, networks=networks)
    described = _described(tmp_path, ("# One block for each lane", resolver + "# One block for each lane"))
    assert main([str(described), "--out", str(tmp_path / "card")]) == 0
    for lane in ("east-1", "east-2"):
        settings = tomllib.loads((tmp_path / f"card/etc/gate/{lane}/station.toml").read_text())
        assert settings["resolver"]["backend"] == "https"
        assert settings["resolver"]["url"] == f"https://{host}/v1/colour"
        assert settings["resolver"]["token_file"] == "/etc/gate/health-code-token"
        dropin = tmp_path / f"card/etc/systemd/system/gate-station@{lane}.service.d/resolver.conf"
        assert dropin.exists() == (opened is not None)
        if opened:
            assert dropin.read_text() == f"[Service]\nIPAddressAllow={opened}\n"
    assert "without a colour" not in capsys.readouterr().out


def test_a_health_code_service_known_by_name_alone_is_told_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A unit cannot allow a name: whoever prepares the card hears what is left to do."""
    resolver = RESOLVER.format(host="hc.example.gov.cn", networks="")
    described = _described(tmp_path, ("# One block for each lane", resolver + "# One block for each lane"))
    assert main([str(described), "--out", str(tmp_path / "card")]) == 0
    said = capsys.readouterr().out
    assert "hc.example.gov.cn is a name" in said
    assert "[resolver] networks" in said
    assert not list((tmp_path / "card").rglob("resolver.conf"))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("networks = []", 'networks = ["everywhere"]', "'everywhere' in resolver.networks, which is no network"),
        ("networks = []", 'networks = ["203.0.113.7/24"]', "which is no network"),
        ("https://hc", "http://hc", "resolver.url"),
    ],
)
def test_a_health_code_service_that_makes_no_sense_is_refused(tmp_path: Path, old: str, new: str, says: str) -> None:
    resolver = RESOLVER.format(host="hc.example.gov.cn", networks="").replace(old, new)
    described = _described(tmp_path, ("# One block for each lane", resolver + "# One block for each lane"))
    with pytest.raises(Wrong, match=re.escape(says)):
        load(described)


def test_the_commented_health_code_service_of_the_example_is_a_good_one(tmp_path: Path) -> None:
    """Whoever takes the comment signs away gets a gate that the station accepts."""
    text = _text("gate.toml")
    block = text[text.index("# [resolver]") : text.index("\n\n", text.index("# [resolver]"))]
    described = _described(tmp_path, (block, re.sub("^# ", "", block, flags=re.M)))
    assert main([str(described), "--check"]) == 0
    assert load(described).resolver is not None


def test_a_folder_in_use_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A card that has its identity is never written over."""
    (tmp_path / "identity.toml").write_text("kept")
    assert main([str(EXAMPLE), "--out", str(tmp_path)]) == 1
    assert "is not an empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["identity.toml"]


def test_check_writes_nothing_and_needs_no_hub(tmp_path: Path) -> None:
    """The command as it is typed; whoever prepares cards has no hub installed."""
    command = [sys.executable, "-X", "importtime", "-m", "firmware_config.render", str(EXAMPLE), "--check"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0
    assert "station.settings" in answer.stderr
    assert not re.search(r"\| +hub(\.\w+)*$", answer.stderr, re.M)
    assert answer.stdout == f"{EXAMPLE}: 2 lane(s), accepted by the station\n"
