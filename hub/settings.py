"""hub.toml -> frozen Settings; refuses to start on anything odd and says which line, why, and what to do.

Read once by the command, handed down from there. Paths that are not absolute start at the settings file's folder.
"""

import re
import tomllib
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta, Struct, ValidationError, convert, field
from msgspec.structs import replace

from gate.names import Slug

Port = Annotated[int, Meta(ge=0, le=65535)]


class SettingsRefused(Exception):
    """The settings cannot be used; the message says file, line, key, why, and what to do."""


class BrokerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the broker is. tls_ca: the certificate that vouches for it; "" only where it is on this machine."""

    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 8883
    tls_ca: str = ""
    username: str = "hub"
    # "" stands for DATA/broker/hub.password.
    password_file: str = ""


class OfficeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the office's pages are served. port 0: a free one. Other hosts than loopback need a certificate."""

    host: str = "127.0.0.1"
    port: Port = 0
    tls_certificate: str = ""
    tls_key: str = ""


class ResidentSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """The page on residents' phones. address: how phones reach it, as the cards tell it; "" is host and port.

    phones_per_person: how many may hold somebody's pass at a time. pass_days: how long such a pass lives.
    """

    serve: bool = False
    host: str = "127.0.0.1"
    port: Port = 0
    tls_certificate: str = ""
    tls_key: str = ""
    address: Annotated[str, Meta(pattern=r"^(https?://[^\s/?#]+(/[^\s?#]*)?)?\Z")] = ""
    phones_per_person: Annotated[int, Meta(ge=1, le=10)] = 1
    pass_days: Annotated[int, Meta(ge=1, le=3 * 366)] = 180


Served = OfficeSettings | ResidentSettings


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """One compound's hub. name: as its people read it. data: the folder of registry, keys and broker files.

    issuers: a file of those whose certificates the gates believe; "" for none.
    """

    compound: Slug
    data: str
    name: str = ""
    timezone: str = "Asia/Shanghai"
    issuers: str = ""
    broker: BrokerSettings = field(default_factory=BrokerSettings)
    office: OfficeSettings = field(default_factory=OfficeSettings)
    resident: ResidentSettings = field(default_factory=ResidentSettings)

    @property
    def folder(self) -> Path:
        return Path(self.data)

    @property
    def registry(self) -> Path:
        return self.folder / "registry.sqlite"

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    @property
    def broker_folder(self) -> Path:
        return self.folder / "broker"

    @property
    def broker_password(self) -> Path:
        return Path(self.broker.password_file) if self.broker.password_file else self.broker_folder / "hub.password"

    @property
    def control_socket(self) -> Path:
        return self.folder / "control.sock"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


def load(path: Path) -> Settings:
    """Read and check a settings file. Raises SettingsRefused."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise SettingsRefused(f"{path}: cannot be read ({cause}); name the hub's settings with --config") from cause
    try:
        settings = convert(tomllib.loads(text), Settings)
    except ValidationError as cause:
        raise _at(path, text, *_place_of(str(cause))) from cause
    except (ValueError, RecursionError) as cause:  # a number of more than 4,300 digits is a plain ValueError
        raise SettingsRefused(f"{path}: not TOML: {cause}; correct that line") from cause
    _check(path, text, settings)
    return _absolute(settings, path.resolve().parent)


def is_loopback(host: str) -> bool:
    """Whether nobody outside of this machine can reach that address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check(path: Path, text: str, settings: Settings) -> None:
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as cause:
        why = f"{settings.timezone!r} is no time zone; write one like Asia/Shanghai"
        raise _at(path, text, "timezone", why) from cause
    if not settings.broker.tls_ca and not is_loopback(settings.broker.host):
        raise _at(path, text, "broker.tls_ca", "a broker on another machine needs TLS; name its CA certificate file")
    _check_served(path, text, "office", settings.office)
    _check_served(path, text, "resident", settings.resident)


def _check_served(path: Path, text: str, section: str, served: Served) -> None:
    if not is_loopback(served.host):
        _check_certificate(path, text, section, served)
    elif bool(served.tls_certificate) != bool(served.tls_key):
        raise _at(path, text, f"{section}.tls_key", "certificate and key come together; set both or neither")


def _check_certificate(path: Path, text: str, section: str, served: Served) -> None:
    for key, value in (("tls_certificate", served.tls_certificate), ("tls_key", served.tls_key)):
        if not value:
            who = "the office is" if section == "office" else "the residents' page is"
            why = f"{who} open to {served.host}, so its pages need TLS; name a PEM file, or use 127.0.0.1"
            raise _at(path, text, f"{section}.{key}", why)


def _absolute(settings: Settings, folder: Path) -> Settings:
    broker, office, resident = settings.broker, settings.office, settings.resident

    def rooted(value: str) -> str:
        return str(folder / Path(value).expanduser()) if value else ""

    return replace(
        settings,
        data=rooted(settings.data),
        issuers=rooted(settings.issuers),
        broker=replace(broker, tls_ca=rooted(broker.tls_ca), password_file=rooted(broker.password_file)),
        office=replace(office, tls_certificate=rooted(office.tls_certificate), tls_key=rooted(office.tls_key)),
        resident=replace(resident, tls_certificate=rooted(resident.tls_certificate), tls_key=rooted(resident.tls_key)),
    )


def _place_of(complaint: str) -> tuple[str, str]:
    """msgspec's complaint -> the dotted key that it speaks of, and what it says of it."""
    why, _, place = complaint.partition(" - at `$")
    key = place.strip("`").lstrip(".")
    named = re.search(r"field `(\w+)`", why)
    if named is not None:
        key = f"{key}.{named[1]}".lstrip(".")
        missing = "missing" in why
        why = "it is required; add it" if missing else "no such setting; correct its spelling or remove it"
    return key, why


def _at(path: Path, text: str, key: str, why: str) -> SettingsRefused:
    line = _line_of(text, key)
    return SettingsRefused(f"{path}{f', line {line}' if line else ''}: {key or 'the whole file'}: {why}")


def _line_of(text: str, key: str) -> int | None:
    """The line of a dotted key; of its section where the key itself is absent; None where neither is there."""
    section, _, name = key.rpartition(".")
    current, fallback = "", None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[([\w.-]+)\]", line):
            current = header[1]
            fallback = number if current in (section, key) else fallback
        elif current == section and re.match(rf"\s*{re.escape(name)}\s*=", line):
            return number
    return fallback
