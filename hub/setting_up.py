"""`gate-hub init`: the data folder, its keys, the broker's files and the registry, made once.

The registry comes last, so that a folder with a registry is a whole one. Rule: what is there is never made again; keys
that are lost are missed aloud, since new ones would shut out every gate.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from hub import broker, control, keys
from hub.registry import opened, stations
from hub.settings import Settings


def set_up(settings: Settings, now: datetime, randomness: Callable[[int], bytes]) -> list[str]:
    """Make what is missing; what was made, in words, nothing on a second time.

    Raises DataInUse, KeysRefused, RegistryRefused, OSError.
    """
    settings.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with control.exclusive(settings):
            return _set_up_alone(settings, now, randomness)
    except control.DataInUse:
        # A hub that runs has all it needs.
        if settings.registry.exists():
            return []
        raise


def _set_up_alone(settings: Settings, now: datetime, randomness: Callable[[int], bytes]) -> list[str]:
    if settings.registry.exists():
        return _mend(settings, now, randomness)
    keys.make(settings.keys)
    made = [f"keys in {settings.keys}", *_broker_files(settings, [], randomness)]
    with opened(settings.registry, now, settings.compound):
        return [*made, f"registry {settings.registry}"]


def _mend(settings: Settings, now: datetime, randomness: Callable[[int], bytes]) -> list[str]:
    """Of a hub that was set up: only the broker's files can be made anew without harm."""
    keys.load(settings.keys)
    with opened(settings.registry, now, settings.compound) as registry:
        known = [each.id for each in stations.listed(registry)]
    return _broker_files(settings, known, randomness)


def _broker_files(settings: Settings, known: list[str], randomness: Callable[[int], bytes]) -> list[str]:
    folder = settings.broker_folder
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = []
    for username, file in ((broker.HUB, settings.broker_password), (broker.OBSERVER, folder / "observer.password")):
        if file.exists() and username in broker.users(folder / "passwords"):
            continue
        password = _kept_or_new(file, randomness)
        broker.set_password(folder / "passwords", username, password, randomness(broker.SALT_BYTES))
        made.append(f"the broker's password of {username} in {file}")
    if not (folder / "acl").exists():
        broker.write_acl(folder / "acl", settings.compound, known)
        made.append(f"the broker's rights in {folder / 'acl'}")
    return made


def _kept_or_new(file: Path, randomness: Callable[[int], bytes]) -> str:
    if file.exists():
        return file.read_text(encoding="utf-8").strip()
    password = broker.generate_password(randomness)
    broker.write_whole(file, password + "\n")
    return password
