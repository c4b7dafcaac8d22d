"""`gate-hub revoke`: passes made void at every gate."""

from argparse import ArgumentParser, Namespace

from hub.orders.passes import PassesRevoked, RevokePasses
from hub.terminal import Terminal, counted


def add_words(parser: ArgumentParser) -> None:
    parser.add_argument("serial", nargs="+", metavar="SERIAL", help="as index.csv of its folder tells it")
    parser.set_defaults(do=revoke)


def revoke(words: Namespace, terminal: Terminal) -> None:
    count = terminal.ask(RevokePasses(tuple(words.serial)), PassesRevoked).count
    terminal.say(f"{counted(count, 'pass', 'passes')} revoked: the gates refuse them as soon as they hear the hub")
