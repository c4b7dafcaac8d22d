"""station.toml -> frozen Settings. `__main__` reads it once, and so does whoever makes a gate's card; a station refuses
to start on anything odd.

Rule: brittle and loud. Every objection names file, line, key, why and what to do.
"""

from pathlib import Path

from msgspec import structs

from station.identity import Identity, read_identity
from station.settings import (
    CameraBackend,
    PanelBackend,
    ResolverBackend,
    ResolverSettings,
    ScannerSettings,
    Settings,
    Synchronisation,
    ThermometerBackend,
    VoiceBackend,
)
from station.settings.oddities import first_oddity
from station.toml import Wrong, read_toml


def load(path: Path) -> tuple[Settings, Identity]:
    """Settings and identity, checked against each other and the machine. Relative paths count from the file's folder.

    Raises station.toml.Wrong.
    """
    text, settings = read_toml(path, Settings)
    settings = _from_folder(settings, path.absolute().parent)
    if (odd := first_oddity(settings)) is not None:
        key, what, remedy = odd
        raise Wrong(path, what, remedy, text, key)
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
        camera=structs.replace(camera, source=place(camera.source)) if camera.backend is CameraBackend.FILE else camera,
        voice=structs.replace(settings.voice, sounds=place(settings.voice.sounds)),
        resolver=structs.replace(resolver, token_file=place(resolver.token_file), tls_ca=place(resolver.tls_ca)),
        rehearsal=structs.replace(settings.rehearsal, pictures=place(settings.rehearsal.pictures)),
    )
