"""Would the station start with what render.py makes? Its own settings module is asked, in a throw-away folder.

Called by render.py before it writes. Rule: no second opinion on settings lives here.
"""

import base64
import tempfile
import tomllib
from pathlib import Path

from firmware_config.card import filled, station_toml
from firmware_config.description import Gate, Lane
from station.settings.reading import load
from station.toml import Wrong


def prove(path: Path, gate: Gate) -> None:
    """Load every lane's settings as the station will. path: the description, for the message. Raises Wrong."""
    for lane, pins in gate.wired():
        with tempfile.TemporaryDirectory() as folder:
            try:
                load(stand_in(Path(folder), station_toml(gate, lane, pins), gate.compound, lane))
            except Wrong as wrong:
                what = str(wrong).replace(f"{folder}/", "")
                raise Wrong(
                    path, f"makes settings for {lane.station} that it would refuse: {what}", "correct it here"
                ) from wrong


def stand_in(folder: Path, text: str, compound: str, lane: Lane) -> Path:
    """The settings file in a folder, with the paths of the card replaced by ones that exist there."""
    nothing = base64.b64encode(bytes(32)).decode()
    identity = folder / "identity.toml"
    identity.touch(mode=0o600)
    identity.write_text(
        f'compound = "{compound}"\nstation = "{lane.station}"\nusername = "{lane.station}"\n'
        f'password = "stand-in"\nhub_key = "{nothing}"\nroster_key = "{nothing}"\n'
    )
    (folder / "broker-ca.crt").touch()
    place = folder / "station.toml"
    swapped = {"data": "data", "identity": "identity.toml"}
    if tomllib.loads(text)["broker"]["tls_ca"]:
        swapped["broker.tls_ca"] = "broker-ca.crt"
    for key, name in tomllib.loads(text).get("resolver", {}).items():
        if key in {"token_file", "tls_ca"} and name:
            (folder / key).touch()
            swapped[f"resolver.{key}"] = key
    (folder / "sounds").mkdir()
    swapped["voice.sounds"] = "sounds"
    place.write_text(filled(text, swapped), encoding="utf-8")
    return place
