"""A real Mosquitto on a free loopback port, for tests and the rehearsal.

`with Broker(folder) as broker:` gives `broker.port`; the port stays the same over `kill()` and `start()`, as it does at
the office. The caller keeps the folder, where config, log and (where asked for) passwords and rights lie.
"""

import base64
import hashlib
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

HOST = "127.0.0.1"
START_SECONDS = 10.0
ATTEMPTS = 5


class BrokerFailed(Exception):
    """Mosquitto did not start; the message ends with its log."""


class Broker:
    """One Mosquitto process.

    config: further lines of mosquitto.conf. password_file, acl_file: as Mosquitto reads them; without a password file
    everybody may connect. port: 0 takes a free one. prefix: words before the command, for a host of its own.
    """

    def __init__(
        self,
        folder: Path,
        config: str = "",
        password_file: Path | None = None,
        acl_file: Path | None = None,
        port: int = 0,
        host: str = HOST,
        prefix: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        self.host = host
        self._prefix = prefix
        self.port = port
        self.log = folder / "mosquitto.log"
        self._lines = _lines(config, password_file, acl_file)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Broker":
        """Start, or start again on the same port; returns when it listens. Raises BrokerFailed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        fixed = self.port
        for _ in range(ATTEMPTS):
            self.port = fixed or free_port()
            if self._starts():
                return self
        raise BrokerFailed(f"mosquitto does not start in {self.folder}:\n{self.log.read_text(errors='replace')}")

    def stop(self) -> None:
        """End it cleanly (SIGTERM)."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would (SIGKILL)."""
        self._end(signal.SIGKILL)

    def reload(self) -> None:
        """Have it read its password and ACL files again (SIGHUP)."""
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def __enter__(self) -> "Broker":
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _starts(self) -> bool:
        config = self.folder / "mosquitto.conf"
        config.write_text(f"listener {self.port} {self.host}\n{self._lines}")
        with self.log.open("wb") as log:
            # It ends with us whatever becomes of us, and a Ctrl-C in the terminal is ours to pass on, in order.
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *self._prefix, "mosquitto", "-c", str(config)],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            # Only its own word proves that it is this broker that holds the port.
            if b" running" in self.log.read_bytes():
                return True
            time.sleep(0.01)
        self.kill()
        return False

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        self._process.wait(timeout=START_SECONDS)
        self._process = None


def write_passwords(path: Path, passwords: Mapping[str, str]) -> Path:
    """A password file for Mosquitto 2.0 ($7$: PBKDF2-HMAC-SHA512, 101 rounds, salt of 12 bytes)."""
    path.write_text("".join(f"{name}:{_hashed(password)}\n" for name, password in passwords.items()))
    path.chmod(0o600)
    return path


def _hashed(password: str) -> str:
    salt = secrets.token_bytes(12)
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 101)
    return f"$7$101${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


def _lines(config: str, password_file: Path | None, acl_file: Path | None) -> str:
    # Run by root, Mosquitto would become the user `mosquitto`, who cannot read a test's folder.
    # Without nodelay Nagle and delayed acknowledgements hold a passage back for 40 ms now and then.
    lines = [
        "set_tcp_nodelay true",
        "user root",
        "log_dest stderr",
        "log_type error",
        "log_type warning",
        "log_type notice",
    ]
    lines += ["log_type information", f"allow_anonymous {'true' if password_file is None else 'false'}"]
    if password_file is not None:
        lines.append(f"password_file {password_file}")
    if acl_file is not None:
        lines.append(f"acl_file {acl_file}")
    return "\n".join([*lines, config, ""])


def free_port() -> int:
    """On loopback; nobody else is promised to leave it free."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
