"""Blank cards that count at this gate, since its guard activated them: until when, and for whom.

The recogniser asks for every pass of a visitor that is read, the activation adds. Rule: what a card's own station knows
of it holds with no network; the file says pseudonyms, a building and times, never a name, and forgets what is over.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from msgspec import MsgspecError, Struct, json

from gate.caller import Caller
from gate.clock import Moment
from gate.formats import community_pass
from gate.formats.chain import Credential, Kind
from gate.names import Instant, Pseudonym
from gate.roster import Resident
from gate.trust import Trust
from station import whole_file
from station.snapshot import Snapshot

log = logging.getLogger(__name__)

MOST_CARDS = 1_000
# On the guard's screen, of a visitor whose name only the office reads.
_A_VISITOR = "访客"


class Card(Struct, frozen=True):
    """card: the pseudonym on it. person: the resident for whom it counts; None for a visitor to that building."""

    card: Pseudonym
    person: Pseudonym | None
    building: str
    until: Instant


class Cards:
    """Owned by the loop's thread. path: None keeps them in memory only. certified: whether the office lets this gate
    make passes; where it does no more, every card of its making is void."""

    def __init__(self, path: Path | None = None, certified: Callable[[Trust], bool] = lambda _trust: True) -> None:
        self._path = path
        self._certified = certified
        self._cards = {each.card: each for each in (_read(path) if path is not None else ())}

    def add(self, card: Card, now: datetime) -> None:
        """From now on; past MOST_CARDS the one that ends first is forgotten. A disk that refuses keeps it till a
        restart."""
        alive = [each for each in self._cards.values() if each.until > now and each.card != card.card]
        kept = sorted((*alive, card), key=lambda each: each.until)[-MOST_CARDS:]
        self._cards = {each.card: each for each in kept}
        if self._path is None:
            return
        try:
            whole_file.write(self._path, json.encode(kept))
        except OSError as cause:
            log.warning("%s cannot be written (%s); after a restart the hub has to tell of the card", self._path, cause)

    def entry(self, card: Pseudonym, held: Snapshot, now: Moment) -> Resident | None:
        """What is known of that card today: by this gate's own word, else by the roster."""
        own = self._cards.get(card)
        if own is None or own.until <= now.utc + now.drift or not self._certified(held.trust):
            entry = held.residents.get(card)
            return None if entry is None or _is_over(entry, now) else entry
        if own.person is not None:
            return Resident(card, card, "", "", until=own.until, stands_for=own.person)
        return Resident(card, card, _A_VISITOR, own.building, caller=Caller.VISITOR, until=own.until)

    def bearer(self, person: Pseudonym, held: Snapshot, now: Moment) -> tuple[Pseudonym, Resident | None]:
        """Who bears a code of that pseudonym: he himself, and his entry where the roster has one.

        A card that stands for a resident is his pass: all that holds for him holds for it.
        """
        entry = self.entry(person, held, now)
        if entry is None or entry.stands_for is None:
            return person, entry
        resident = held.residents.get(entry.stands_for)
        return entry.stands_for, None if resident is None or _is_over(resident, now) else resident


def is_blank(credential: Credential | None) -> bool:
    """Whether the office printed it for nobody; a visitor's pass is his own, on whatever list he stands today."""
    return credential is not None and credential.format == community_pass.NAME and credential.kind is Kind.BLANK


def _is_over(entry: Resident, now: Moment) -> bool:
    return entry.until is not None and entry.until <= now.utc + now.drift


def _read(path: Path) -> list[Card]:
    try:
        return json.decode(path.read_bytes(), type=list[Card])
    except FileNotFoundError:
        return []
    except (OSError, MsgspecError) as cause:
        log.warning("%s cannot be read (%s); the hub has to tell of the cards that count", path, cause)
        return []
