"""`python -m firmware_config.render gate.toml --out card`: the files of one gate's SD card, laid out as on the card.

Whoever prepares cards runs it, then copies the folder over the card's root. `--check` only says whether it would.
Rule: nothing is written that the station would refuse; no secret passes through here: the identity files go from the
hub to the card directly.
"""

import argparse
import shutil
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from firmware_config.card import EXAMPLES, UNITS, pin_lines, screen_sections, station_toml, with_tail
from firmware_config.description import Gate, Lane, ResolverPlace, load
from firmware_config.proof import prove
from station.toml import Wrong

# What gate-station@.service lets a station reach anyway.
INSIDE = (
    "127.0.0.0/8",
    "169.254.0.0/16",
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "::1",
    "fe80::/10",
    "fc00::/7",
)
GATE_UNITS = ("gate-station@.service", "gate-kiosk@.service", "gate-screen.service", "gate.target")
IDENTITY_MISSING = """Copy {station}.toml from the hub's folder stations/ to this folder as identity.toml, then:
  chown gate-station: identity.toml && chmod 600 identity.toml
and remove this file. On the hub, `gate-hub station add {station} --gate {gate} --lane {lane}` makes it.
"""
RESOLVER_NAMED = """  {host} is a name, and a station reaches private addresses only:
  where it stands in the world, name its addresses in gate.toml, [resolver] networks = ["203.0.113.0/24"], and render
  anew, or every health code stays without a colour
"""
# A lane with a voice may use the sound card; no other one may.
SOUND = "[Service]\nSupplementaryGroups=audio\nDeviceAllow=char-alsa rw\n"
SOUNDS = "usr/local/share/gate-sounds"
FINISH = """{count} files in {out}. Copy them over the card's root, then, on the Pi:
  apt install weston chromium curl python3-lgpio libzbar0{more}   and   systemd-sysusers
  add the line `include gate.txt` to /boot/firmware/config.txt
  put each lane's identity where IDENTITY-MISSING.txt lies, and the broker's CA certificate at {ca}
"""


def main(arguments: list[str] | None = None) -> int:
    """The command; 0 when all is well, 1 after a sentence on standard error."""
    asked = _parser().parse_args(arguments)
    try:
        gate = load(asked.gate)
        prove(asked.gate, gate)
        if asked.check:
            print(f"{asked.gate}: {len(gate.lanes)} lane(s), accepted by the station")
            return 0
        count = write_card(gate, asked.out, asked.sounds)
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        return 1
    more = " espeak-ng alsa-utils" if gate.speaks else ""
    print(FINISH.format(count=count, out=asked.out, ca=gate.broker.tls_ca or "(none: loopback)", more=more), end="")
    print(_unreachable(gate), end="")
    return 0


def write_card(gate: Gate, out: Path, sounds: Path) -> int:
    """Write the card's files under `out`, which must be new or empty; how many. sounds: made by `make sounds`.

    Raises Wrong.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise Wrong(out, "is not an empty folder", "name a new one: a card is never half old and half new")
    if gate.speaks and not any(sounds.glob("*.wav")):
        raise Wrong(sounds, "has no sounds, but a lane has a sound card", "run `make sounds`, or name its folder")
    files = card(gate)
    for name, text in files.items():
        place = out / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    _copy_units(out)
    if gate.speaks:
        shutil.copytree(sounds, out / SOUNDS)
    for lane in gate.lanes:
        _enable(out, "gate.target", f"gate-station@{lane.station}.service", "gate-station@.service")
        _enable(out, "gate.target", f"gate-kiosk@{lane.station}.service", "gate-kiosk@.service")
    _enable(out, "gate.target", "gate-screen.service", "gate-screen.service")
    _enable(out, "multi-user.target", "gate.target", "gate.target")
    return sum(not path.is_dir() for path in out.rglob("*"))


def card(gate: Gate) -> dict[str, str]:
    """Place on the card -> text, of every file that is not a unit."""
    files = {
        "boot/firmware/gate.txt": with_tail("config.txt", pin_lines(gate)),
        "etc/gate/screens.ini": with_tail("screens.ini", screen_sections(gate)),
        "etc/udev/rules.d/60-gate.rules": (EXAMPLES / "60-gate.rules").read_text(encoding="utf-8"),
        "etc/sysusers.d/gate.conf": (EXAMPLES / "sysusers.conf").read_text(encoding="utf-8"),
    }
    for lane, pins in gate.wired():
        folder = f"etc/gate/{lane.station}"
        files[f"{folder}/station.toml"] = station_toml(gate, lane, pins)
        files[f"{folder}/kiosk.env"] = f"GATE_KIOSK_PORT={lane.kiosk_port}\n"
        files[f"{folder}/IDENTITY-MISSING.txt"] = IDENTITY_MISSING.format(
            station=lane.station, gate=gate.gate, lane=lane.lane
        )
        for name, addresses in _world(gate).items():
            if addresses:
                opening = f"[Service]\nIPAddressAllow={' '.join(addresses)}\n"
                files[f"etc/systemd/system/{_instance(lane)}.d/{name}.conf"] = opening
        if lane.sound_card:
            files[f"etc/systemd/system/{_instance(lane)}.d/sound.conf"] = SOUND
    return files


def _instance(lane: Lane) -> str:
    return f"gate-station@{lane.station}.service"


def _world(gate: Gate) -> dict[str, tuple[str, ...]]:
    """Drop-in -> the public addresses that it lets a station reach, as far as they are known here."""
    found = {"broker": _public(gate.broker.host)}
    if gate.resolver:
        found["resolver"] = (*_public(_host(gate.resolver)), *gate.resolver.networks)
    return found


def _public(host: str) -> tuple[str, ...]:
    """The host, where it is an address that the unit denies."""
    try:
        address = ip_address(host)
    except ValueError:
        # A name of the compound's own network, or of the world: only whoever runs the network knows.
        return ()
    return () if any(address in ip_network(net) for net in INSIDE) else (str(address),)


def _unreachable(gate: Gate) -> str:
    """What is left to do for a health code service that is known by its name alone."""
    if gate.resolver is None or gate.resolver.networks:
        return ""
    try:
        ip_address(_host(gate.resolver))
    except ValueError:
        return RESOLVER_NAMED.format(host=_host(gate.resolver))
    return ""


def _host(resolver: ResolverPlace) -> str:
    return urlsplit(resolver.url).hostname or ""


def _copy_units(out: Path) -> None:
    system = out / "etc/systemd/system"
    system.mkdir(parents=True, exist_ok=True)
    for name in GATE_UNITS:
        shutil.copyfile(UNITS / name, system / name)
    manager = out / "etc/systemd/system.conf.d"
    manager.mkdir(parents=True)
    shutil.copyfile(UNITS / "system.conf.d/gate.conf", manager / "gate.conf")


def _enable(out: Path, target: str, name: str, unit: str) -> None:
    """As `systemctl enable` would."""
    wants = out / "etc/systemd/system" / f"{target}.wants"
    wants.mkdir(parents=True, exist_ok=True)
    (wants / name).symlink_to(f"../{unit}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m firmware_config.render", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("gate", type=Path, help="the gate's description, such as firmware_config/gate.toml")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--out", type=Path, help="a new folder for the card's files")
    what.add_argument("--check", action="store_true", help="write nothing, only say what is wrong")
    parser.add_argument(
        "--sounds", type=Path, default=Path("build/sounds"), help="where `make sounds` put them (default build/sounds)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
