"""The town with every machine on a host of its own: broker, hub and gates reach each other over cables alone, by TLS.

`tests.durability.namespaces` pulls the cables. As in every town the processes are started by their own commands.
"""

import re
from functools import partial
from pathlib import Path

from tests.broker import Broker
from tests.certificates import make_certificates
from tests.durability.hosts import Hosts
from tests.rehearsal.gates import Screen, SeenView
from tests.rehearsal.people import Resident
from tests.rehearsal.processes import Process
from tests.rehearsal.town import BIN, GATES, Town

PORT = 8883
MACHINES = ("broker", "hub", *GATES)


class PartedTown(Town):
    """hosts: in which MACHINES stand; the caller's."""

    def __init__(self, hosts: Hosts, people: tuple[Resident, ...], policy: str, frames_per_second: int) -> None:
        super().__init__(people, policy, frames_per_second=frames_per_second)
        self.hosts = hosts
        certificates = self.folder / "certificates"
        certificates.mkdir()
        tls = make_certificates(certificates, hosts.address("broker"))
        self.authority = certificates / "ca.pem"
        files = self.data / "broker"
        self.broker = Broker(
            self.folder / "broker",
            tls,
            files / "passwords",
            files / "acl",
            PORT,
            host=hosts.address("broker"),
            prefix=hosts.at("broker"),
        )

    def set_up(self) -> None:
        super().set_up()
        for path in (self.folder / "hub.toml", *(self.folder / f"{name}.toml" for name in self.names)):
            self._lead_to_the_broker(path)

    def start_hub(self) -> str:
        command = [*self.hosts.at("hub"), str(BIN / "gate-hub"), "--config", f"{self.folder}/hub.toml", "run"]
        self.hub = Process("hub", command, self.logs)
        self.hub_url = self.hub.announced("office").rstrip("/")
        return self.hub_url

    def start_station(self, name: str) -> None:
        command = [str(BIN / "gate-station"), "--config", f"{self.folder}/{name}.toml", "run", "--rehearsal"]
        self.stations[name] = Process(name, [*self.hosts.at(gate_of(name)), *command], self.logs)

    def await_rules(self, seconds: float = 20.0) -> None:
        for name in self.names:
            with self.screen(name) as screen:
                if not screen.until(lambda view: view.health.link == "hub" and view.health.rules is not None, seconds):
                    raise self.stations[name].failure(f"has no rules and no hub after {seconds:.0f} s")

    def go_by(self, policy: str) -> None:
        """The office publishes another policy; returns when every gate goes by it."""
        before = {name: self._rules(name) for name in self.names}
        path = self.folder / "another-policy.toml"
        path.write_text(policy, encoding="utf-8")
        self.office("policy", "publish", str(path))
        for name in self.names:
            with self.screen(name) as screen:
                if not screen.until(partial(_has_other_rules, before[name]), 60.0):
                    raise self.stations[name].failure("has not got the other policy")

    def _rules(self, name: str) -> str | None:
        with self.screen(name) as screen:
            screen.until(lambda view: view.health.rules is not None, 10.0)
            return screen.view.health.rules

    def screen(self, name: str) -> Screen:
        """Opened on the gate's own host, where its kiosk listens; to be looked at from anywhere."""
        with self.hosts.inside(gate_of(name)):
            return Screen(self.kiosk_urls[name])

    def _lead_to_the_broker(self, path: Path) -> None:
        text = path.read_text(encoding="utf-8")
        head, broker, rest = text.partition("[broker]\n")
        rest = re.sub(r'host = "[^"]*"', f'host = "{self.hosts.address("broker")}"', rest, count=1)
        rest = rest.replace('tls_ca = ""', f'tls_ca = "{self.authority}"', 1)
        path.write_text(head + broker + rest, encoding="utf-8")


def _has_other_rules(before: str | None, view: SeenView) -> bool:
    return view.health.rules not in (None, before)


def gate_of(name: str) -> str:
    """The host of a station."""
    return name.removesuffix("-1")
