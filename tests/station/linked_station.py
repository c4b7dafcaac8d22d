"""A station's end of the link for the uplink's tests: a journal, its uplink over a real Mosquitto, and what it posts.

The other end is `played_hub`.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from gate.policy import Direction
from gate.wire import Crossing, Crossings
from station.inbox import Faulty, LinkChanged, Post, Receipted
from station.journal import Journal, JournalReader, open_journal
from station.uplink import Pace, Uplink
from station.uplink.broker_link import Address
from station.uplink.window import Limits
from station.view import Link
from tests.broker import Broker, write_passwords
from tests.station.played_hub import COMPOUND, STATION, Office

BODY = b'{"kind":"passage","filler":"%s"}'
JOURNAL_ID = "00000000000000aa"
WENT_IN = Crossing("0a" * 8, Direction.IN, datetime(2026, 11, 22, 4, 0, tzinfo=UTC), 7, 7)
DIGEST = Crossings(1, "west", JOURNAL_ID, 0, 7, WENT_IN.at, (WENT_IN,))
ACL = f"""
user hub
topic readwrite gate/1/{COMPOUND}/#
user {STATION}
topic read gate/1/{COMPOUND}/hub/#
topic read gate/1/{COMPOUND}/station/+/crossings
topic write gate/1/{COMPOUND}/station/{STATION}/#
user other
topic read gate/1/{COMPOUND}/hub/#
"""


class Station:
    """A journal, its uplink, and what the uplink posts. Receipts mark the journal as the loop does."""

    def __init__(
        self,
        folder: Path,
        broker: Broker,
        password: str = "secret",
        username: str = STATION,
        limits: Limits | None = None,
        reader: type[JournalReader] = JournalReader,
        tls_ca: str = "",
    ) -> None:
        self.posts: list[Post] = []
        self.journal: Journal = open_journal(folder / "journal.sqlite", lambda: JOURNAL_ID, lambda: datetime.now(UTC))
        self.office = Office()
        self.uplink = Uplink(
            station=STATION,
            gate="west",
            lane="1",
            address=Address(broker.host, broker.port, tls_ca, username, password),
            reader=self.office.reader,
            open_journal=lambda: reader(folder / "journal.sqlite"),
            documents_path=folder / "documents.sqlite",
            peers_path=folder / "peers.sqlite",
            post=self.posts.append,
            clock=time.monotonic,
            jitter=lambda: 1.0,
            limits=limits or Limits(resend_seconds=60),
            pace=Pace(poll=0.05, status=0.4, status_rest=0.05, patience=0.5),
        )

    def __enter__(self) -> "Station":
        self.uplink.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.uplink.stop()
        self.journal.close()

    def record(self, count: int, filler: bytes = b"") -> None:
        for _ in range(count):
            self.journal.append("passage", BODY % filler)
        self.uplink.nudge()

    def note_receipts(self) -> None:
        for post in self.posts:
            if isinstance(post, Receipted):
                for journal in post.receipt.journals:
                    self.journal.confirm(journal)

    def links(self) -> list[Link]:
        return [post.link for post in self.posts if isinstance(post, LinkChanged)]

    def link(self) -> Link | None:
        return self.links()[-1] if self.links() else None

    def faults(self) -> list[str]:
        return [post.sentence for post in self.posts if isinstance(post, Faulty) and post.part == "broker"]


@contextmanager
def broker_of_the_compound(folder: Path) -> Iterator[Broker]:
    """A broker that knows hub, station and one stranger, each with the rights it has in a compound."""
    folder.mkdir()
    acl = folder / "acl"
    acl.write_text(ACL)
    acl.chmod(0o600)
    passwords = write_passwords(folder / "passwords", {"hub": "hub", STATION: "secret", "other": "other"})
    with Broker(folder, password_file=passwords, acl_file=acl) as started:
        yield started
