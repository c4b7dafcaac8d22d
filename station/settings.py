"""station.toml -> frozen Settings. `__main__` reads it once; the station refuses to start on anything odd.

Rule: brittle and loud. Every objection names file, line, key, why and what to do; backends are named here, never
guessed; what is not a setting of this version is an error.
"""

import ipaddress
import os
import zoneinfo
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta, Struct, field, structs

from gate.mapping import MAPPINGS
from gate.names import Slug
from gate.notices import ClockTime, Volume
from gate.policy import Direction
from station.identity import Identity, read_identity
from station.toml import Wrong, read_toml

Port = Annotated[int, Meta(ge=0, le=65535)]
# BCM numbers of a Pi's header.
Pin = Annotated[int, Meta(ge=0, le=27)]
# For a contact that not every gate has.
WiredPin = Pin | Literal["none"]
Instant = Annotated[datetime, Meta(tz=True)]


# A key, what is wrong with it, what to do.
Objection = tuple[str, str, str]


class LaneDirection(StrEnum):
    """Which way a lane leads; on `both` the guard says which."""

    IN = "in"
    OUT = "out"
    BOTH = "both"


class CameraBackend(StrEnum):
    V4L2 = "v4l2"
    FILE = "file"
    REHEARSAL = "rehearsal"


class ScannerBackend(StrEnum):
    SERIAL = "serial"
    HID = "hid"
    NONE = "none"


class ThermometerBackend(StrEnum):
    MLX90614 = "mlx90614"
    MLX90640 = "mlx90640"
    UART = "uart"
    HAND_HELD = "hand_held"
    REHEARSAL = "rehearsal"
    NONE = "none"

    @property
    def has_sensor(self) -> bool:
        """Whether it is a device with a source, a mapping and a calibration of its own."""
        return self in (self.MLX90614, self.MLX90640, self.UART)


class PanelBackend(StrEnum):
    GPIO = "gpio"
    REHEARSAL = "rehearsal"
    NONE = "none"


class VoiceBackend(StrEnum):
    APLAY = "aplay"
    REHEARSAL = "rehearsal"
    NONE = "none"


class ResolverBackend(StrEnum):
    NONE = "none"
    HTTPS = "https"
    REHEARSAL = "rehearsal"


class Synchronisation(StrEnum):
    """Whose word says that the clock is right: the kernel's; in a rehearsal, it is said to be."""

    KERNEL = "kernel"
    REHEARSAL = "rehearsal"


class BrokerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """tls_ca: file of the authority that signed the broker's certificate; "" for none, on loopback only."""

    host: Annotated[str, Meta(min_length=1)]
    port: Annotated[int, Meta(ge=1, le=65535)] = 8883
    tls_ca: str = ""


class CameraSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """source: a device ("/dev/video0") for v4l2; a picture, folder or video for file."""

    backend: CameraBackend
    source: str = ""
    width: Annotated[int, Meta(ge=1, le=8192)] = 1280
    height: Annotated[int, Meta(ge=1, le=8192)] = 720
    frames_per_second: Annotated[float, Meta(gt=0, le=120)] = 15.0


class ScannerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A scanner head beside the camera. source: its device."""

    backend: ScannerBackend = ScannerBackend.NONE
    source: str = ""


class ThermometerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """source: a bus ("/dev/i2c-1") for the mlx ones, a serial device for uart. mapping: one of gate.mapping.MAPPINGS.

    reach_centimetres: how near a face must be, where a distance sensor hangs on the two pins.
    """

    backend: ThermometerBackend
    source: str = ""
    mapping: str = "forehead-indoor@1"
    distance_trigger_pin: WiredPin = "none"
    distance_echo_pin: WiredPin = "none"
    reach_centimetres: Annotated[float, Meta(ge=3, le=90)] = 10.0


class PanelSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Lamps, buzzer, barrier relay, buttons and contacts by BCM pin; "none" where a contact is not wired.

    barrier_seconds: how long the relay stays closed. opens_within_seconds, closes_within_seconds: how long the boom may
    take, from the relay's closing and from its letting go; counted only where a sensor is wired.
    """

    backend: PanelBackend
    green_pin: Pin = 17
    yellow_pin: Pin = 27
    red_pin: Pin = 22
    buzzer_pin: Pin = 23
    barrier_pin: Pin = 24
    barrier_seconds: Annotated[float, Meta(ge=0.2, le=30)] = 3.0
    admit_button_pin: Pin = 5
    dismiss_button_pin: Pin = 6
    third_button_pin: WiredPin = "none"
    barrier_sensor_pin: WiredPin = "none"
    opens_within_seconds: Annotated[float, Meta(ge=0.5, le=60)] = 5.0
    closes_within_seconds: Annotated[float, Meta(ge=0.5, le=120)] = 20.0
    fire_notice_pin: WiredPin = "none"
    tamper_pin: WiredPin = "none"


class VoiceSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """device: as `aplay -L` lists them. sounds: folder of the prompts' sound files. Volumes: hundredths, 0 is silent.

    quiet_from, quiet_until: without announcements, and with prompts at quiet_volume; by the clock of `timezone`.
    """

    backend: VoiceBackend = VoiceBackend.NONE
    device: Annotated[str, Meta(min_length=1)] = "default"
    sounds: str = ""
    languages: Literal["zh", "en", "zh+en"] = "zh"
    volume: Volume = 80
    quiet_from: ClockTime = "20:00"
    quiet_until: ClockTime = "07:00"
    quiet_volume: Volume = 30

    @property
    def spoken(self) -> tuple[str, ...]:
        """The languages, in the order in which they are said."""
        return tuple(self.languages.split("+"))


class KioskSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The guard's screen; loopback only. port: 0 takes a free one."""

    host: str = "127.0.0.1"
    port: Port = 8080


class ClockSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """image_built_at: no true time lies before it; an instant with its zone."""

    synchronised_by: Synchronisation = Synchronisation.KERNEL
    image_built_at: Instant = datetime(2026, 1, 1, tzinfo=UTC)


class ResolverSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Who says what a province's health code means. token_file: holds its bearer token; tls_ca: as for the broker."""

    backend: ResolverBackend = ResolverBackend.NONE
    url: str = ""
    token_file: str = ""
    tls_ca: str = ""
    timeout_seconds: Annotated[float, Meta(ge=0.1, le=10)] = 2.0


class JournalSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """keep_days: so long a record stays after it was written, though the hub has it; one that it has not stays always.

    reserve_megabytes: kept free for a full disk; 0 for none. least_free_megabytes: with less left an alarm is shown.
    most_megabytes, most_days: the greatest size of the journal, and how old a record without a receipt may become; the
    alarm is shown at half of either. Nothing is ever deleted for them.
    """

    keep_days: Annotated[int, Meta(ge=7, le=3650)] = 7
    reserve_megabytes: Annotated[int, Meta(ge=0, le=1024)] = 16
    least_free_megabytes: Annotated[int, Meta(ge=0)] = 256
    most_megabytes: Annotated[int, Meta(ge=16)] = 4000
    most_days: Annotated[int, Meta(ge=1, le=3650)] = 60


class RehearsalSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """pictures: folder of PNG files and their index.json, to be held up to the camera; "" for none."""

    pictures: str = ""


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """One lane. data: folder of the journal and the hub's documents. identity: file from `gate-hub station add`."""

    compound: Slug
    station: Slug
    gate: Slug
    lane: Slug
    direction: LaneDirection
    data: str
    identity: str
    broker: BrokerSettings
    camera: CameraSettings
    thermometer: ThermometerSettings
    panel: PanelSettings
    scanner: ScannerSettings = field(default_factory=ScannerSettings)
    voice: VoiceSettings = field(default_factory=VoiceSettings)
    timezone: str = "Asia/Shanghai"
    kiosk: KioskSettings = field(default_factory=KioskSettings)
    clock: ClockSettings = field(default_factory=ClockSettings)
    journal: JournalSettings = field(default_factory=JournalSettings)
    resolver: ResolverSettings = field(default_factory=ResolverSettings)
    rehearsal: RehearsalSettings = field(default_factory=RehearsalSettings)

    @property
    def data_folder(self) -> Path:
        return Path(self.data)

    @property
    def both_directions(self) -> bool:
        return self.direction is LaneDirection.BOTH

    @property
    def first_direction(self) -> Direction:
        """Which way the next resident goes until somebody says otherwise."""
        return Direction.OUT if self.direction is LaneDirection.OUT else Direction.IN


_FILE = CameraBackend.FILE


def load(path: Path) -> tuple[Settings, Identity]:
    """Settings and identity, checked against each other and the machine. Relative paths count from the file's folder.

    Raises station.toml.Wrong.
    """
    text, settings = read_toml(path, Settings)
    settings = _from_folder(settings, path.absolute().parent)
    _check(path, text, settings)
    identity = read_identity(Path(settings.identity))
    for key, mine, theirs in (
        ("compound", settings.compound, identity.compound),
        ("station", settings.station, identity.station),
    ):
        if mine != theirs:
            what = f"is {mine!r}, but the identity file {settings.identity} was made for {theirs!r}"
            raise Wrong(path, what, "name the right identity file, or correct it", text, key)
    return settings, identity


def rehearsed(settings: Settings) -> Settings:
    """The same lane with every double in place of its hardware."""
    return structs.replace(
        settings,
        camera=structs.replace(settings.camera, backend=CameraBackend.REHEARSAL),
        thermometer=structs.replace(settings.thermometer, backend=ThermometerBackend.REHEARSAL),
        panel=structs.replace(settings.panel, backend=PanelBackend.REHEARSAL),
        voice=structs.replace(settings.voice, backend=VoiceBackend.REHEARSAL),
        scanner=ScannerSettings(),
        resolver=ResolverSettings(ResolverBackend.REHEARSAL),
        clock=structs.replace(settings.clock, synchronised_by=Synchronisation.REHEARSAL),
    )


def _from_folder(settings: Settings, folder: Path) -> Settings:
    """Every path made absolute; "" stays empty."""

    def place(name: str) -> str:
        return str(folder / name) if name else ""

    camera, resolver = settings.camera, settings.resolver
    return structs.replace(
        settings,
        data=place(settings.data),
        identity=place(settings.identity),
        broker=structs.replace(settings.broker, tls_ca=place(settings.broker.tls_ca)),
        camera=structs.replace(camera, source=place(camera.source)) if camera.backend is _FILE else camera,
        voice=structs.replace(settings.voice, sounds=place(settings.voice.sounds)),
        resolver=structs.replace(resolver, token_file=place(resolver.token_file), tls_ca=place(resolver.tls_ca)),
        rehearsal=structs.replace(settings.rehearsal, pictures=place(settings.rehearsal.pictures)),
    )


def _check(path: Path, text: str, settings: Settings) -> None:
    """What the shape of the file cannot say. Raises Wrong at the first thing that is odd."""
    for objection in (
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
    ):
        found = objection(settings)
        if found is not None:
            key, what, remedy = found
            raise Wrong(path, what, remedy, text, key)


def _kiosk(settings: Settings) -> Objection | None:
    if is_loopback(settings.kiosk.host):
        return None
    what = f"is {settings.kiosk.host!r}: the guard's screen shows residents and must not leave this machine"
    return "kiosk.host", what, 'write "127.0.0.1"'


def _broker(settings: Settings) -> Objection | None:
    broker = settings.broker
    if not broker.tls_ca:
        if is_loopback(broker.host):
            return None
        what = f"is empty, but the broker {broker.host!r} is on another machine"
        return "broker.tls_ca", what, "name the file of the authority that signed the broker's certificate"
    if not Path(broker.tls_ca).is_file():
        return "broker.tls_ca", f"names {broker.tls_ca}, which is not a file", "copy it there from the hub"
    return None


def _timezone(settings: Settings) -> Objection | None:
    try:
        zoneinfo.ZoneInfo(settings.timezone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return "timezone", f"is {settings.timezone!r}, which is no time zone", 'write one such as "Asia/Shanghai"'
    return None


def _camera(settings: Settings) -> Objection | None:
    camera = settings.camera
    if camera.backend is not CameraBackend.REHEARSAL and not camera.source:
        return "camera.source", f"is empty, but the {camera.backend} camera needs one", 'name it, as "/dev/video0"'
    return None


def _scanner(settings: Settings) -> Objection | None:
    scanner = settings.scanner
    if scanner.backend is not ScannerBackend.NONE and not scanner.source:
        return "scanner.source", f"is empty, but the {scanner.backend} scanner needs one", 'name it, as "/dev/ttyACM0"'
    return None


def _thermometer(settings: Settings) -> Objection | None:
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


def _resolver(settings: Settings) -> Objection | None:
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


def _pins(settings: Settings) -> Objection | None:
    panel = settings.panel
    named: dict[int, str] = {}
    for key in (name for name in panel.__struct_fields__ if name.endswith("_pin")):
        if getattr(panel, key) == "none":
            continue
        other = named.setdefault(getattr(panel, key), key)
        if other != key:
            return f"panel.{key}", f"is pin {getattr(panel, key)}, and so is {other}", "give each its own pin"
    return None


def _voice(settings: Settings) -> Objection | None:
    voice = settings.voice
    if voice.backend is VoiceBackend.APLAY and not (voice.sounds and Path(voice.sounds).is_dir()):
        what = f"names {voice.sounds}, which is not a folder" if voice.sounds else "is empty, but the voice needs one"
        return "voice.sounds", what, "name the folder that `make sounds` filled"
    return None


def _data(settings: Settings) -> Objection | None:
    folder = settings.data_folder
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as cause:
        return "data", f"names {folder}, which cannot be made: {cause.strerror}", "name a folder of the station's user"
    if not os.access(folder, os.W_OK | os.X_OK):
        return "data", f"names {folder}, which this user may not write to", f"run: chown -R USER {folder}"
    return None


def _pictures(settings: Settings) -> Objection | None:
    folder = settings.rehearsal.pictures
    if folder and not Path(folder).is_dir():
        return "rehearsal.pictures", f"names {folder}, which is not a folder", 'correct it, or write ""'
    return None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine and no other; a name that has to be looked up is not, but for localhost."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
