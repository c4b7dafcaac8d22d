"""`gate-hub`: the office's command. Words in, an exit status out: 0 done, 2 refused in a sentence on stderr.

Only this module names the commands and what carries them out; nobody imports it.
"""

import argparse
import io
import logging
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TextIO

from hub import control, settings, terminal, trust_terminal
from hub.issue import IssueFailed, PassFormat
from hub.keys import KeysRefused
from hub.phones import USUAL_HOURS
from hub.registry import RegistryRefused
from hub.settings import SettingsRefused
from hub.sheet import SheetUnreadable
from hub.terminal import CommandFailed, Terminal

REFUSED = 2
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
        words.do(words, Terminal(found, control.wall_clock, os.urandom, sys.stdout, typed))
    except KeyboardInterrupt:
        return 130
    except _REFUSALS as refused:
        return _refuse(refused)
    return 0


def run(_words: argparse.Namespace, at: Terminal) -> None:
    # The running hub brings the web and MQTT along, which no other command has to wait for.
    from hub import run as running  # noqa: PLC0415

    try:
        running.run(at.settings)
    except running.REFUSALS as refused:
        raise CommandFailed(str(refused)) from refused


def _refuse(refused: Exception) -> int:
    for detail in getattr(refused, "details", ()):
        print(f"  {detail}", file=sys.stderr)
    print(f"gate-hub: {control.sentence(refused)}", file=sys.stderr)
    return REFUSED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gate-hub", description="The community office's hub: people, passes, rules, stations, and the live feed."
    )
    parser.add_argument("--version", action="version", version=f"gate-hub {version('gate-checkpoint')}")
    parser.add_argument("--config", default="hub.toml", metavar="FILE", help="the hub's settings (default: hub.toml)")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    init = commands.add_parser("init", help="make data folder, keys, registry and the broker's files, once")
    init.set_defaults(do=terminal.init)
    start = commands.add_parser("run", help="serve the gates and the office's pages until SIGTERM or Ctrl-C")
    start.set_defaults(do=run)
    _station(commands.add_parser("station", help="set up a lane of a gate; list them"))
    _import(commands.add_parser("import", help="bring people in from a spreadsheet"))
    _policy(commands.add_parser("policy", help="check or publish the rules"))
    _issue(commands.add_parser("issue", help="issue passes, as QR codes or text"))
    _phone(commands.add_parser("phone", help="cards with which residents fetch their pass onto their phones"))
    revoke = commands.add_parser("revoke", help="make passes void at every gate")
    revoke.add_argument("serial", nargs="+", metavar="SERIAL", help="as index.csv of its folder tells it")
    revoke.set_defaults(do=terminal.revoke)
    _trust(commands.add_parser("trust", help="the keys that gates believe: list them, or begin a new one"))
    _clerk(commands.add_parser("clerk", help="give a clerk a login for the office's pages"))
    return parser


def _station(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(required=True, metavar="add|list")
    add = words.add_parser("add", help="give a station its identity and its place at the broker")
    add.add_argument("station", metavar="ID", help="such as east-1")
    add.add_argument("--gate", metavar="GATE", help="the gate it stands at, such as east")
    add.add_argument("--lane", default="1", metavar="LANE", help="which lane of that gate (default: 1)")
    add.add_argument("--direction", default="both", choices=("in", "out", "both"), help="default: both")
    add.add_argument("--again", action="store_true", help="a new password for a station that was added before")
    add.set_defaults(do=terminal.station_add)
    words.add_parser("list", help="which stations were added").set_defaults(do=terminal.station_list)


def _import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="csv (UTF-8 or GB18030) or xlsx, headers Chinese or English")
    parser.add_argument("--dry-run", action="store_true", help="count what would change, write nothing")
    parser.set_defaults(do=terminal.import_people)


def _policy(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(required=True, metavar="check|publish")
    for name, do, says in (
        ("check", terminal.policy_check, "say the rules of a file in plain sentences, or what is wrong with it"),
        ("publish", terminal.policy_publish, "put the rules of a file in force at every gate"),
    ):
        each = words.add_parser(name, help=says)
        each.add_argument("file", metavar="FILE", help="the rules as TOML")
        each.set_defaults(do=do)


def _issue(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("person", nargs="*", metavar="PERSON", help="pseudonyms of single people")
    parser.add_argument("--building", default="", metavar="B", help="everybody of a building")
    parser.add_argument("--all", action="store_true", help="everybody in the registry")
    parser.add_argument("--days", type=int, default=180, metavar="N", help="how long they are valid (default: 180)")
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder for the passes and their index.csv")
    parser.add_argument("--format", default="png", choices=tuple(PassFormat), help="text: in index.csv alone")
    parser.set_defaults(do=terminal.issue_passes)


def _phone(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("person", nargs="*", metavar="PERSON", help="pseudonyms of single people")
    parser.add_argument("--building", default="", metavar="B", help="everybody of a building")
    parser.add_argument("--all", action="store_true", help="everybody in the registry")
    parser.add_argument(
        "--hours", type=int, default=USUAL_HOURS, metavar="N", help=f"how long a card works (default: {USUAL_HOURS})"
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder for cards.html and index.csv")
    parser.set_defaults(do=terminal.invite_phones)


def _trust(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(required=True, metavar="list|rotate")
    listing = words.add_parser("list", help="which keys sign passes or have signed them, and how many are revoked")
    listing.set_defaults(do=trust_terminal.trust_list)
    rotate = words.add_parser("rotate", help="sign passes with a new key from now on")
    rotate.add_argument(
        "--overlap", type=int, metavar="DAYS",
        help="how long passes of the old key are believed (default: until the last of them has expired)",
    )  # fmt: skip
    rotate.set_defaults(do=trust_terminal.trust_rotate)


def _clerk(parser: argparse.ArgumentParser) -> None:
    add = parser.add_subparsers(required=True, metavar="add").add_parser("add", help="add one, or change a password")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--password-stdin", action="store_true", help="read the password from the first line of input")
    add.set_defaults(do=terminal.clerk_add)


if __name__ == "__main__":
    sys.exit(main())
