"""`gate-hub`: the office's command. Words in, an exit status out: 0 done, 1 looked and found wrong (`verify`), 2
refused in a sentence on stderr.

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

from gate.formats.gate_pass import CALLERS
from gate.permit import PermitKind
from hub import control, gate_terminal, keeping_terminal, quarantine_terminal, settings, terminal, trust_terminal
from hub.backup import USUAL_KEPT
from hub.issue import IssueFailed, PassFormat
from hub.keys import KeysRefused
from hub.orders.guards import USUAL_BADGE_DAYS
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
        status: int | None = words.do(words, Terminal(found, control.wall_clock, os.urandom, sys.stdout, typed))
    except KeyboardInterrupt:
        return 130
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
    _guard(commands.add_parser("guard", help="the guards, who sign on at the gates with a PIN or a badge"))
    _permit(commands.add_parser("permit", help="leave to cross where the rules would not let somebody"))
    _visitor(commands.add_parser("visitor", help="a resident's visitor, with a pass until they leave"))
    _quarantine(commands.add_parser("quarantine", help="messages that could not be registered; try them again"))
    _notice(commands.add_parser("notice", help="what the gates announce, and when they are silent"))
    _keeping(commands)
    return parser


def _keeping(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    backup = commands.add_parser("backup", help="copy the registry, whole and checked, while the hub runs")
    backup.add_argument("to", nargs="?", metavar="TO", help="a folder or a new file (default: DATA/backups)")
    backup.add_argument(
        "--keep", type=_at_least_one, default=USUAL_KEPT, metavar="N",
        help=f"how many stay in that folder (default: {USUAL_KEPT})",
    )  # fmt: skip
    backup.set_defaults(do=keeping_terminal.take)
    restore = commands.add_parser("restore", help="put a backup in the registry's place, while no hub runs")
    restore.add_argument("file", metavar="FILE", help="a backup")
    restore.set_defaults(do=keeping_terminal.restore)
    verify = commands.add_parser("verify", help="check every row of the registry, also against what the gates hold")
    verify.add_argument("--json", action="store_true", help="in one line")
    verify.set_defaults(do=keeping_terminal.check)


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one backup stays")
    return number


def _station(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(required=True, metavar="add|list|allow|forbid")
    add = words.add_parser("add", help="give a station its identity and its place at the broker")
    add.add_argument("station", metavar="ID", help="such as east-1")
    add.add_argument("--gate", metavar="GATE", help="the gate it stands at, such as east")
    add.add_argument("--lane", default="1", metavar="LANE", help="which lane of that gate (default: 1)")
    add.add_argument("--direction", default="both", choices=("in", "out", "both"), help="default: both")
    add.add_argument("--again", action="store_true", help="a new password for a station that was added before")
    add.set_defaults(do=terminal.station_add)
    words.add_parser("list", help="which stations were added").set_defaults(do=terminal.station_list)
    allow = words.add_parser("allow", help="let its gate make temporary passes")
    allow.add_argument("station", metavar="ID")
    allow.add_argument("--passes", type=int, default=50, metavar="N", help="how many more (default: 50)")
    allow.add_argument(
        "--hours", type=int, default=24, metavar="N", help="how long each is valid at most (default: 24)"
    )
    allow.add_argument("--days", type=int, default=30, metavar="N", help="how long it may make them (default: 30)")
    allow.add_argument(
        "--for", dest="callers", nargs="+", default=["resident", "visitor"], choices=CALLERS, help="whom"
    )
    allow.set_defaults(do=trust_terminal.station_allow)
    forbid = words.add_parser("forbid", help="withdraw that, and void every temporary pass of its making")
    forbid.add_argument("station", metavar="ID")
    forbid.set_defaults(do=trust_terminal.station_forbid)


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
    parser.add_argument("--blanks", type=int, metavar="N", help="so many cards of nobody, for the gates to activate")
    parser.add_argument("--days", type=int, metavar="N", help="how long they are valid (default: 180, blank cards 90)")
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


def _guard(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(required=True, metavar="add|list|remove")
    add = words.add_parser("add", help="let a guard sign on, or give a known one a new PIN")
    add.add_argument("id", metavar="ID", help="as it stands on passages, such as li")
    add.add_argument("--name", required=True, metavar="NAME", help="as the gate's screen shows it")
    add.add_argument("--badge", metavar="FILE", help="write a badge's QR code to this new PNG file")
    add.add_argument("--days", type=int, default=USUAL_BADGE_DAYS, metavar="N", help="how long the badge is valid")
    add.set_defaults(do=gate_terminal.guard_add)
    words.add_parser("list", help="who may sign on").set_defaults(do=gate_terminal.guard_list)
    remove = words.add_parser("remove", help="take a guard off the list; the badge is void")
    remove.add_argument("id", metavar="ID")
    remove.set_defaults(do=gate_terminal.guard_remove)


def _permit(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(required=True, metavar="grant|list|revoke")
    grant = words.add_parser("grant", help="give one person leave")
    grant.add_argument("person", metavar="PERSON", help="pseudonym, as index.csv of a folder of passes tells it")
    kinds = tuple(kind.replace("_", "-") for kind in PermitKind)
    grant.add_argument("--kind", required=True, choices=kinds, help="what for")
    grant.add_argument("--from", dest="begins", metavar="TIME", help="such as 2026-11-22T14:00 (default: now)")
    grant.add_argument("--until", required=True, metavar="TIME", help="until when it may be used to leave")
    grant.add_argument("--return-by", metavar="TIME", help="back by then at the latest")
    grant.set_defaults(do=gate_terminal.permit_grant)
    words.add_parser("list", help="what is in force or to come").set_defaults(do=gate_terminal.permit_list)
    revoke = words.add_parser("revoke", help="take leave back")
    revoke.add_argument("permit", metavar="PERMIT", help="its id")
    revoke.set_defaults(do=gate_terminal.permit_revoke)


def _visitor(parser: argparse.ArgumentParser) -> None:
    invite = parser.add_subparsers(required=True, metavar="invite").add_parser(
        "invite", help="let a resident's visitor in with a pass of their own"
    )
    invite.add_argument("name", metavar="NAME", help="the visitor's; it stays in the registry")
    invite.add_argument("--host", required=True, metavar="PERSON", help="the resident's pseudonym")
    invite.add_argument("--until", required=True, metavar="TIME", help="such as 2026-11-22T20:00, or 20:00 for today")
    invite.add_argument("--telephone", default="", metavar="T", help="its last four digits help the guard's search")
    invite.add_argument("--out", required=True, metavar="FILE", help="a new PNG file for the pass")
    invite.set_defaults(do=gate_terminal.visitor_invite)


def _quarantine(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(required=True, metavar="list|show|replay")
    listing = words.add_parser("list", help="what was set aside, from which gate, and of what kind")
    listing.set_defaults(do=quarantine_terminal.quarantine_list)
    show = words.add_parser("show", help="one of them: what happened, what to do, and its content")
    show.add_argument("id", type=int, metavar="ID")
    show.set_defaults(do=quarantine_terminal.quarantine_show)
    replay = words.add_parser("replay", help="try again to read what was set aside")
    replay.add_argument("id", type=int, nargs="*", metavar="ID")
    replay.add_argument("--all", action="store_true", help="everything")
    replay.set_defaults(do=quarantine_terminal.quarantine_replay)


def _notice(parser: argparse.ArgumentParser) -> None:
    words = parser.add_subparsers(required=True, metavar="add|list|remove|rest")
    add = words.add_parser("add", help="announce something at every gate, or change what is announced")
    add.add_argument("id", metavar="ID", help="what you call it, such as masks")
    add.add_argument("--zh", default="", metavar="TEXT", help="in Chinese")
    add.add_argument("--en", default="", metavar="TEXT", help="in English")
    add.add_argument("--from", dest="begins", metavar="TIME", help="such as 2026-11-22T14:00 (default: now)")
    add.add_argument("--until", required=True, metavar="TIME", help="every notice ends")
    add.add_argument("--every", type=int, default=30, metavar="MINUTES", help="default: 30")
    add.add_argument("--volume", type=int, default=60, metavar="N", help="0 to 100 (default: 60)")
    add.set_defaults(do=gate_terminal.notice_add)
    words.add_parser("list", help="what is announced, and the hours of rest").set_defaults(do=gate_terminal.notice_list)
    remove = words.add_parser("remove", help="announce it no more")
    remove.add_argument("id", metavar="ID")
    remove.set_defaults(do=gate_terminal.notice_remove)
    rest = words.add_parser("rest", help="announce nothing between these times of the day")
    rest.add_argument("begins", metavar="FROM", help="such as 19:00")
    rest.add_argument("until", metavar="UNTIL", help="such as 08:00; equal to FROM for no rest at all")
    rest.set_defaults(do=gate_terminal.notice_rest)


if __name__ == "__main__":
    sys.exit(main())
