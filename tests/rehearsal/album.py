"""The pictures a newcomer may hold up on a gate's rehearsal page: residents of telling kinds, as the camera sees them.

`demo` and `screens` have them drawn into the folder that the stations' settings name. Rule: each says in both languages
what it is, never what the gate will make of it.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
from msgspec import Struct, json

from tests.rehearsal.codes import Codes
from tests.rehearsal.held import Carrier
from tests.rehearsal.people import ELDERLY_FROM, Resident
from tests.rehearsal.pictures import Scene, render
from tests.rehearsal.scenario import Cast
from tests.rehearsal.settings import CONTROLLED, SEALED
from tests.rehearsal.town import TODAY, Town


class Caption(Struct, frozen=True):
    """One line of the folder's index.json."""

    file: str
    caption_zh: str
    caption_en: str
    forehead_celsius: float | None


@dataclass(frozen=True)
class _Plate:
    """One picture. role: of the cast; holds: which of their codes."""

    name: str
    role: str
    holds: str
    carrier: Carrier
    zh: str
    en: str
    celsius: float = 36.5


_PLATES = (
    _Plate("phone", "free", "own", "phone", "居民，手机出示", "A resident with a phone"),
    _Plate("paper", "free", "own", "paper", "居民，纸质卡片", "A resident with a paper card"),
    _Plate("elderly", "elderly", "own", "paper", "老人，没有手机", "An old resident without a phone", 36.2),
    _Plate("fever", "free", "own", "phone", "居民，额温 38.1", "A resident whose forehead reads 38.1", 38.1),
    _Plate("cold", "free", "own", "phone", "刚从寒风里来，额温 33.6", "Out of the cold wind, reads 33.6", 33.6),
    _Plate("isolated", "isolated", "own", "phone", "居家隔离的居民", "A resident in home isolation"),
    _Plate("yellow", "yellow", "own", "phone", "健康码为黄码", "Health code yellow"),
    _Plate("controlled", "controlled", "own", "phone", f"{CONTROLLED}号楼（管控）居民", "Of the controlled building"),
    _Plate("sealed", "sealed", "own", "paper", f"{SEALED}号楼（封控）居民", "Of the sealed building"),
    _Plate("expired", "free", "expired", "paper", "过期的通行证", "An expired pass"),
    _Plate("revoked", "revoked", "own", "paper", "已作废的通行证", "A revoked pass"),
    _Plate("foreign", "free", "foreign", "phone", "付款码", "A payment code"),
    _Plate("damaged", "free", "torn", "paper", "撕坏的通行证", "A torn pass"),
    _Plate("forged", "free", "forged", "paper", "伪造的通行证", "A forged pass"),
)  # fmt: skip


def draw_album(town: Town, cast: Cast, codes: Codes, folder: Path, rng: random.Random) -> None:
    """Every picture as a PNG, and index.json when all of them are there."""
    captions = [_draw(plate, town, resident, codes, folder, rng) for plate, resident in _sitters(cast)]
    partial = folder / "index.json.new"
    partial.write_bytes(json.format(json.encode(captions)))
    partial.replace(folder / "index.json")


def _sitters(cast: Cast) -> Iterator[tuple[_Plate, Resident]]:
    """Each plate with a resident of its own, so that two pictures never show the same pass."""
    of_role = {role: iter(cast.of(role)) for role in {plate.role for plate in _PLATES} - {"elderly"}}
    of_role["elderly"] = iter(one for one in cast.of("free")[::-1] if one.age(TODAY) >= ELDERLY_FROM)
    for plate in _PLATES:
        yield plate, next(of_role[plate.role])


def _draw(plate: _Plate, town: Town, resident: Resident, codes: Codes, folder: Path, rng: random.Random) -> Caption:
    own = town.passes[resident.identity_number]
    text, _ = codes.held(plate.holds, own.text, own.person, rng)
    # No noise: a PNG of a grainy picture is three times as large and decodes no better.
    scene = Scene(rng.uniform(-6, 6), rng.uniform(0, 12), carrier=plate.carrier, noise=0, view=rng.randrange(4) * 2)
    file = f"{plate.name}.png"
    cv2.imwrite(str(folder / file), render(text or "", scene, rng))
    return Caption(file, plate.zh, plate.en, plate.celsius)
