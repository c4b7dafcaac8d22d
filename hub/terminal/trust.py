"""`gate-hub trust`: the keys that gates believe, and a new one for the passes to come."""

from argparse import ArgumentParser, Namespace

from hub.orders.trust import ListTrust, PassKeyRotated, RotatePassKey, TrustListed
from hub.registry.pass_keys import PassKey
from hub.terminal import Terminal


def add_words(parser: ArgumentParser) -> None:
    words = parser.add_subparsers(required=True, metavar="list|rotate")
    listing = words.add_parser("list", help="which keys sign passes or have signed them, and how many are revoked")
    listing.set_defaults(do=listed)
    rotating = words.add_parser("rotate", help="sign passes with a new key from now on")
    rotating.add_argument(
        "--overlap", type=int, metavar="DAYS",
        help="how long passes of the old key are believed (default: until the last of them has expired)",
    )  # fmt: skip
    rotating.set_defaults(do=rotate)


def listed(_words: Namespace, terminal: Terminal) -> None:
    told = terminal.ask(ListTrust(), TrustListed)
    for key in told.keys:
        terminal.say(f"{key.key_id}  {key.passes} passes in force  {_state(key, terminal)}")
    if not told.keys:
        terminal.say("no key is known yet: `gate-hub run` publishes the one in the keys folder")
    terminal.say(f"{told.revoked} revoked passes are told to the gates; a pass leaves the list when it has expired")
    edition = f"edition {told.edition}, {told.size} bytes" if told.edition else "nothing yet"
    terminal.say(f"published: {edition}")


def rotate(words: Namespace, terminal: Terminal) -> None:
    done = terminal.ask(RotatePassKey(words.overlap), PassKeyRotated)
    terminal.say(f"key {done.new_key} signs passes from now on")
    for key in done.retired:
        terminal.say(f"key {key.key_id}: {_state(key, terminal)}")
    if done.lapsing:
        terminal.say(f"warning: {done.lapsing} passes end with it, before their own day; issue these people new ones")
    terminal.say("keep a copy of the keys folder in a safe place: the one that you have does not hold the new key")


def _state(key: PassKey, terminal: Terminal) -> str:
    if key.retired_at is None or key.trusted_until is None:
        return "signs new passes"
    retired, until = terminal.local(key.retired_at), terminal.local(key.trusted_until)
    return f"retired on {retired}; what it signed before is believed until {until}"
