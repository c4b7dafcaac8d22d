"""Names that may travel: compounds, stations, gates, people's pseudonyms, journals.

Every identity on the wire is one of these. Their patterns leave no room for a sentence, a name or a telephone
number, so personal data cannot slip into a message by way of an identifier.
"""

from datetime import datetime
from typing import Annotated

from msgspec import Meta

# `compound`, `station`, `gate`, `lane`, `guard`: what the office calls a thing, in ASCII; safe in a topic and a path.
Slug = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\Z")]
# A person, household or guard as the wire knows them: 8 random bytes drawn by the registry, in hex.
Pseudonym = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
# One journal file of one station, drawn when the file is made: 8 random bytes in hex.
JournalId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
# The position of a record in its journal; the first is 1. 2^53 - 1 is what JSON readers keep exact.
Sequence = Annotated[int, Meta(ge=1, le=2**53 - 1)]
# The first 16 bytes of a SHA-256, in hex.
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
# The first 8 bytes of the SHA-256 of a public key, in hex, as the EU certificate's kid.
KeyId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
# One of the hub's documents, as its topic ends: `manifest`, `roster/07`.
DocumentName = Annotated[str, Meta(pattern=r"^[a-z]{1,16}(/[0-9]{2})?\Z")]
# An aware instant; written in UTC.
Instant = Annotated[datetime, Meta(tz=True)]
