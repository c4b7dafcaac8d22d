"""The residents' page as a phone finds it: over HTTPS on a free port, with a real registry and its writer behind it."""

import asyncio
import base64
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gate.trust import Trust, TrustedKey, Usage, index
from hub.keys import SigningKey
from hub.passes import phones
from hub.passes.phones import Invitation
from hub.registry import invitations, open_registry, passes, people
from hub.registry.people import Household, Person
from hub.registry.writer import Writer
from hub.resident import Registrar, ResidentServer
from hub.settings import ResidentSettings, Settings

KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
HOME = Household(id="0000000000000001", building="3", unit="2", room="0502")
DAUGHTER = Person(id="00000000000000d1", household=HOME.id, name="王小雅", masked_name="王*雅")
GRANDMOTHER = Person(id="00000000000000d2", household=HOME.id, name="陈玉兰", masked_name="陈*兰")


def spki_of(certificate: Path) -> str:
    """As Chromium's --ignore-certificate-errors-spki-list takes it: the only way to a real service worker here."""
    public = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    return base64.b64encode(
        sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    ).decode()


class ResidentHub:
    """Two residents, one writer, one page. The clock runs `ahead` of the machine's; `stop` is a hub that is off."""

    def __init__(self, folder: Path, certificates: Path | None = None, phones_per_person: int = 1) -> None:
        tls = {}
        if certificates is not None:
            tls = {"tls_certificate": str(certificates / "server.pem"), "tls_key": str(certificates / "server.key")}
        self.resident = ResidentSettings(serve=True, port=1, phones_per_person=phones_per_person, **tls)
        self.settings = Settings(compound="sunshine", data=str(folder), name="阳光花园", resident=self.resident)
        self.ahead = timedelta(0)
        self._random = random.Random(3)
        self.registry = open_registry(folder / "registry.sqlite", self.clock(), "sunshine")
        self.registry.run(lambda each: people.put_households(each, [HOME]))
        self.registry.run(lambda each: people.put_persons(each, [DAUGHTER, GRANDMOTHER]))
        self.writer = Writer(self.registry, after=lambda _: None)
        self.writer.start()
        self.registrar = Registrar(self.settings, self.writer, lambda: KEY, self.clock, self._random.randbytes)
        self._server: ResidentServer | None = None
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.address = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def start(self) -> None:
        self._listener.listen()
        started = threading.Event()
        self._server = ResidentServer(self.resident, self.registrar)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)))
        self._thread.start()
        assert started.wait(10)

    async def _serve(self, started: threading.Event) -> None:
        assert self._server is not None
        async with self._server.serving(self._listener):
            while not self._server.started:
                await asyncio.sleep(0.01)
            started.set()
            while not self._server.should_exit:
                await asyncio.sleep(0.02)
        # One turn of the loop, in which what was aborted is closed.
        await asyncio.sleep(0.05)

    def stop(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
            self._thread.join(20)
            assert not self._thread.is_alive()
            self._server = None
        self._listener.close()

    def close(self) -> None:
        self.stop()
        self.writer.stop()
        self.registry.close()

    def invite(self, person: Person = DAUGHTER, hours: float = 72) -> Invitation:
        until = self.clock() + timedelta(hours=hours)
        drawn = phones.draw_invitation(person, HOME, self.address + "/", until, self._random.randbytes)
        self.writer.submit(lambda each: invitations.put(each, [drawn], self.clock())).result(10)
        return drawn

    def revoke(self, serial: str) -> None:
        assert self.writer.submit(lambda each: passes.revoke(each, [serial], self.clock())).result(10) == []

    def serials(self, person: Person = DAUGHTER) -> list[str]:
        """The person's passes in force on phones, the newest first."""
        return self.writer.submit(lambda each: passes.phones_of(each, person.id, self.clock())).result(10)

    def trust(self) -> Trust:
        """What the gates of this compound are told."""
        year = timedelta(days=366)
        key = TrustedKey(KEY.public, "sunshine", frozenset({Usage.PASS}), self.clock() - year, self.clock() + year)
        revoked = "SELECT serial FROM pass WHERE revoked_at IS NOT NULL"
        rows = self.writer.submit(lambda each: each.rows(revoked)).result(10)
        return index("sunshine", [key], [row[0] for row in rows])


@contextmanager
def served(folder: Path, certificates: Path | None = None, phones_per_person: int = 1) -> Iterator[ResidentHub]:
    hub = ResidentHub(folder, certificates, phones_per_person)
    hub.start()
    try:
        yield hub
    finally:
        hub.close()
