"""`gate-hub station`: lanes set up and listed; whether their gates may make temporary passes."""

from argparse import ArgumentParser, Namespace

from gate.formats.gate_pass import CALLERS
from hub import broker
from hub.orders.gate_keys import AllowPasses, ForbidPasses, PassesAllowed, PassesForbidden
from hub.orders.stations import AddStation, ListStations, StationAdded, StationsListed
from hub.terminal import Terminal


def add_words(parser: ArgumentParser) -> None:
    words = parser.add_subparsers(required=True, metavar="add|list|allow|forbid")
    _words_of_add(words.add_parser("add", help="give a station its identity and its place at the broker"))
    words.add_parser("list", help="which stations were added").set_defaults(do=listed)
    _words_of_allow(words.add_parser("allow", help="let its gate make temporary passes"))
    forbidding = words.add_parser("forbid", help="withdraw that, and void every temporary pass of its making")
    forbidding.add_argument("station", metavar="ID")
    forbidding.set_defaults(do=forbid)


def _words_of_add(parser: ArgumentParser) -> None:
    parser.add_argument("station", metavar="ID", help="such as east-1")
    parser.add_argument("--gate", metavar="GATE", help="the gate it stands at, such as east")
    parser.add_argument("--lane", default="1", metavar="LANE", help="which lane of that gate (default: 1)")
    parser.add_argument("--direction", default="both", choices=("in", "out", "both"), help="default: both")
    parser.add_argument("--again", action="store_true", help="a new password for a station that was added before")
    parser.set_defaults(do=add)


def _words_of_allow(parser: ArgumentParser) -> None:
    parser.add_argument("station", metavar="ID")
    parser.add_argument("--passes", type=int, default=50, metavar="N", help="how many more (default: 50)")
    parser.add_argument(
        "--hours", type=int, default=24, metavar="N", help="how long each is valid at most (default: 24)"
    )
    parser.add_argument("--days", type=int, default=30, metavar="N", help="how long it may make them (default: 30)")
    parser.add_argument(
        "--for", dest="callers", nargs="+", default=["resident", "visitor"], choices=CALLERS, help="whom"
    )
    parser.set_defaults(do=allow)


def add(words: Namespace, terminal: Terminal) -> None:
    order = AddStation(words.station, words.gate, words.lane, words.direction, words.again)
    added = terminal.ask(order, StationAdded)
    terminal.say(
        f"station {added.station} {'has a new password' if added.again else 'was added'}; its identity is in"
        f" {added.identity_file}",
        "next:",
        f"  {broker.RELOAD}",
        "  carry the identity file to that gate's machine (mode 0600, owned by the station's user), name it under"
        " `identity` in its station.toml, and delete it from the stick that carried it",
    )


def listed(_words: Namespace, terminal: Terminal) -> None:
    stations = terminal.ask(ListStations(), StationsListed).stations
    if not stations:
        terminal.say("no station was added yet: gate-hub station add ID --gate GATE")
    for each in stations:
        terminal.say(f"{each.id:<20} gate {each.gate:<12} lane {each.lane:<6} {each.direction}")


def allow(words: Namespace, terminal: Terminal) -> None:
    order = AllowPasses(words.station, words.passes, words.hours, words.days, frozenset(words.callers))
    allowed = terminal.ask(order, PassesAllowed)
    terminal.say(
        f"station {words.station} may make temporary passes up to number {allowed.most}, for {words.hours} h each,"
        f" until {allowed.until}; its gate knows as soon as it hears the hub"
    )


def forbid(words: Namespace, terminal: Terminal) -> None:
    terminal.ask(ForbidPasses(words.station), PassesForbidden)
    terminal.say(f"station {words.station} makes no passes any more, and those that it made are void at every gate")
