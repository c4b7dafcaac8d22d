"""`gate-hub`: the office's command. Words in, an exit status out: 0 done, 1 looked and found wrong (`verify`), 2
refused in a sentence on stderr.

Only this module names the commands and what carries them out; nobody imports it.
"""

import argparse
import io
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TextIO

from hub import control, settings
from hub.keys import KeysRefused
from hub.passes.issue import IssueFailed
from hub.registry import RegistryRefused
from hub.settings import SettingsRefused
from hub.sheet.cells import SheetUnreadable
from hub.terminal import (
    CommandFailed,
    Terminal,
    backup,
    clerk,
    guard,
    init,
    issue,
    notice,
    people,
    permit,
    phone,
    policy,
    quarantine,
    restore,
    revoke,
    station,
    trust,
    verify,
    visitor,
)

REFUSED = 2
ENOUGH = 128 + signal.SIGPIPE
_REFUSALS = (
    CommandFailed, SettingsRefused, RegistryRefused, KeysRefused, SheetUnreadable, IssueFailed, control.DataInUse,
    control.HubSilent, OSError,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None, typed: TextIO = sys.stdin) -> int:
    """Carry out one command; the exit status. typed: what its user writes while it runs."""
    words = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal without Chinese shows a question mark rather than ending the command.
        sys.stdout.reconfigure(errors="replace")
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if words.do is run else logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    try:
        found = settings.load(Path(words.config))
        status: int | None = words.do(words, Terminal(found, control.wall_clock, os.urandom, sys.stdout, typed))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Whoever read it has seen enough, such as `head`; nothing of the rest shall be tried again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ENOUGH
    except _REFUSALS as refused:
        return _refuse(refused)
    return status or 0


def run(_words: argparse.Namespace, at: Terminal) -> None:
    # The running hub brings the web and MQTT along, which no other command has to wait for.
    from hub import run as running  # noqa: PLC0415

    try:
        running.run(at.settings)
    except running.REFUSALS as refused:
        raise CommandFailed(str(refused)) from refused


def _words_of_run(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(do=run)


def _refuse(refused: Exception) -> int:
    for detail in getattr(refused, "details", ()):
        print(f"  {detail}", file=sys.stderr)
    print(f"gate-hub: {control.sentence(refused)}", file=sys.stderr)
    return REFUSED


_COMMANDS: tuple[tuple[str, Callable[[argparse.ArgumentParser], None], str], ...] = (
    ("init", init.add_words, "make data folder, keys, registry and the broker's files, once"),
    ("run", _words_of_run, "serve the gates and the office's pages until SIGTERM or Ctrl-C"),
    ("station", station.add_words, "set up a lane of a gate; list them"),
    ("import", people.add_words, "bring people in from a spreadsheet"),
    ("policy", policy.add_words, "check or publish the rules"),
    ("issue", issue.add_words, "issue passes, as QR codes or text"),
    ("phone", phone.add_words, "cards with which residents fetch their pass onto their phones"),
    ("revoke", revoke.add_words, "make passes void at every gate"),
    ("trust", trust.add_words, "the keys that gates believe: list them, or begin a new one"),
    ("clerk", clerk.add_words, "give a clerk a login for the office's pages"),
    ("guard", guard.add_words, "the guards, who sign on at the gates with a PIN or a badge"),
    ("permit", permit.add_words, "leave to cross where the rules would not let somebody"),
    ("visitor", visitor.add_words, "a resident's visitor, with a pass until they leave"),
    ("quarantine", quarantine.add_words, "messages that could not be registered; try them again"),
    ("notice", notice.add_words, "what the gates announce, and when they are silent"),
    ("backup", backup.add_words, "copy the registry, whole and checked, while the hub runs"),
    ("restore", restore.add_words, "put a backup in the registry's place, while no hub runs"),
    ("verify", verify.add_words, "check every row of the registry, also against what the gates hold"),
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gate-hub", description="The community office's hub: people, passes, rules, stations, and the live feed."
    )
    parser.add_argument("--version", action="version", version=f"gate-hub {version('gate-checkpoint')}")
    parser.add_argument("--config", default="hub.toml", metavar="FILE", help="the hub's settings (default: hub.toml)")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, add_words, says in _COMMANDS:
        add_words(commands.add_parser(name, help=says))
    return parser


if __name__ == "__main__":
    sys.exit(main())
