"""What may stand in a lane's station.toml: every setting, its unit, its bounds and what holds without it.

The whole station knows its lane by these; `reading` makes them of the file, `oddities` is what the shape alone cannot
say. Rule: backends are named here, never guessed; what is not a setting of this version is an error.
"""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from gate.names import Slug
from gate.notices import ClockTime, Volume
from gate.policy import Direction

Port = Annotated[int, Meta(ge=0, le=65535)]
# BCM numbers of a Pi's header.
Pin = Annotated[int, Meta(ge=0, le=27)]
# For a contact that not every gate has.
WiredPin = Pin | Literal["none"]
Instant = Annotated[datetime, Meta(tz=True)]


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
