"""What the shape of station.toml cannot say: settings that contradict each other or this machine. `reading` asks.

Rule: each check looks at one part and finds one thing wrong, with what to do about it.
"""

import ipaddress
import os
import zoneinfo
from collections.abc import Callable
from urllib.parse import urlsplit

from gate.mapping import MAPPINGS
from station.settings import CameraBackend, ResolverBackend, ScannerBackend, Settings, VoiceBackend

Oddity = tuple[str, str, str]
"""A key, what is wrong with it, what to do."""


def first_oddity(settings: Settings) -> Oddity | None:
    """It makes the data folder where there is none yet."""
    return next((found for check in _CHECKS if (found := check(settings)) is not None), None)


def _paths(settings: Settings) -> Oddity | None:
    """An empty one would mean wherever the command was started."""
    resolver = settings.resolver
    named = {
        "data": settings.data,
        "identity": settings.identity,
        "broker.tls_ca": settings.broker.tls_ca,
        "voice.sounds": settings.voice.sounds,
        "resolver.token_file": resolver.token_file,
        "resolver.tls_ca": resolver.tls_ca,
        "rehearsal.pictures": settings.rehearsal.pictures,
    }
    for key, path in named.items():
        if not path and key in ("data", "identity"):
            return key, "is empty", "write its path"
        if any(character < " " for character in path):
            return key, f"is {path!r}, which is no path", "correct it"
    return None


def _kiosk(settings: Settings) -> Oddity | None:
    if is_loopback(settings.kiosk.host):
        return None
    what = f"is {settings.kiosk.host!r}: the guard's screen shows residents and must not leave this machine"
    return "kiosk.host", what, 'write "127.0.0.1"'


def _broker(settings: Settings) -> Oddity | None:
    broker = settings.broker
    if not broker.tls_ca:
        if is_loopback(broker.host):
            return None
        what = f"is empty, but the broker {broker.host!r} is on another machine"
        return "broker.tls_ca", what, "name the file of the authority that signed the broker's certificate"
    if not (os.path.isfile(broker.tls_ca) and os.access(broker.tls_ca, os.R_OK)):
        what = f"names {broker.tls_ca}, which is no file that this user can read"
        return "broker.tls_ca", what, "copy it there from the hub, or correct its rights"
    return None


def _timezone(settings: Settings) -> Oddity | None:
    try:
        zoneinfo.ZoneInfo(settings.timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return "timezone", f"is {settings.timezone!r}, which is no time zone", 'write one such as "Asia/Shanghai"'
    return None


def _camera(settings: Settings) -> Oddity | None:
    camera = settings.camera
    if camera.backend is not CameraBackend.REHEARSAL and not camera.source:
        return "camera.source", f"is empty, but the {camera.backend} camera needs one", 'name it, as "/dev/video0"'
    return None


def _scanner(settings: Settings) -> Oddity | None:
    scanner = settings.scanner
    if scanner.backend is not ScannerBackend.NONE and not scanner.source:
        return "scanner.source", f"is empty, but the {scanner.backend} scanner needs one", 'name it, as "/dev/ttyACM0"'
    return None


def _thermometer(settings: Settings) -> Oddity | None:
    thermometer = settings.thermometer
    if thermometer.backend.has_sensor and not thermometer.source:
        what = f"is empty, but the {thermometer.backend} thermometer needs one"
        return "thermometer.source", what, 'name it, as "/dev/i2c-1" or "/dev/ttyUSB0"'
    if thermometer.mapping not in MAPPINGS:
        known = ", ".join(sorted(MAPPINGS))
        return "thermometer.mapping", f"is {thermometer.mapping!r}, which nobody knows", f"choose one of {known}"
    if (thermometer.distance_trigger_pin == "none") != (thermometer.distance_echo_pin == "none"):
        return "thermometer.distance_echo_pin", "needs its trigger pin, and that one its echo pin", "name both, or none"
    panel = settings.panel
    taken = {getattr(panel, name): f"panel.{name}" for name in panel.__struct_fields__ if name.endswith("_pin")}
    for key in ("distance_trigger_pin", "distance_echo_pin"):
        pin = getattr(thermometer, key)
        if pin in taken and pin != "none":
            return f"thermometer.{key}", f"is pin {pin}, and so is {taken[pin]}", "give each its own pin"
        taken[pin] = f"thermometer.{key}"
    return None


def _resolver(settings: Settings) -> Oddity | None:
    resolver = settings.resolver
    if resolver.backend is not ResolverBackend.HTTPS:
        return None
    if not _is_https(resolver.url):
        what = f"is {resolver.url!r}, but the https resolver needs an address that begins with https://"
        return "resolver.url", what, 'write it as the province gave it, or backend = "none"'
    for key, path in (("token_file", resolver.token_file), ("tls_ca", resolver.tls_ca)):
        if path and not os.access(path, os.R_OK):
            return f"resolver.{key}", f"names {path}, which this user cannot read", 'correct it, or write ""'
    return None


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _pins(settings: Settings) -> Oddity | None:
    panel = settings.panel
    named: dict[int, str] = {}
    for key in (name for name in panel.__struct_fields__ if name.endswith("_pin")):
        if getattr(panel, key) == "none":
            continue
        other = named.setdefault(getattr(panel, key), key)
        if other != key:
            return f"panel.{key}", f"is pin {getattr(panel, key)}, and so is {other}", "give each its own pin"
    return None


def _voice(settings: Settings) -> Oddity | None:
    voice = settings.voice
    if voice.backend is VoiceBackend.APLAY and not (voice.sounds and os.path.isdir(voice.sounds)):
        what = f"names {voice.sounds}, which is not a folder" if voice.sounds else "is empty, but the voice needs one"
        return "voice.sounds", what, "name the folder that `make sounds` filled"
    return None


def _data(settings: Settings) -> Oddity | None:
    folder = settings.data_folder
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as cause:
        return "data", f"names {folder}, which cannot be made: {cause.strerror}", "name a folder of the station's user"
    if not os.access(folder, os.W_OK | os.X_OK):
        return "data", f"names {folder}, which this user may not write to", f"run: chown -R USER {folder}"
    return None


def _pictures(settings: Settings) -> Oddity | None:
    folder = settings.rehearsal.pictures
    if folder and not os.path.isdir(folder):
        return "rehearsal.pictures", f"names {folder}, which is not a folder", 'correct it, or write ""'
    return None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine and no other; a name that has to be looked up is not, but for localhost."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


_CHECKS: tuple[Callable[[Settings], Oddity | None], ...] = (
    _paths,
    _kiosk,
    _broker,
    _timezone,
    _camera,
    _scanner,
    _thermometer,
    _resolver,
    _pins,
    _voice,
    _data,
    _pictures,
)
