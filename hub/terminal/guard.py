"""`gate-hub guard`: who signs on at the gates. Rule: a PIN is printed once and kept nowhere."""

from argparse import ArgumentParser, Namespace

from gate.staff import PIN_DIGITS, SALT_BYTES, Guard, pin_hash, whose
from hub.orders.guards import (
    USUAL_BADGE_DAYS,
    GuardPut,
    GuardRemoved,
    GuardsListed,
    ListGuards,
    PutGuard,
    RemoveGuard,
)
from hub.terminal import Terminal, pass_file


def add_words(parser: ArgumentParser) -> None:
    words = parser.add_subparsers(required=True, metavar="add|list|remove")
    adding = words.add_parser("add", help="let a guard sign on, or give a known one a new PIN")
    adding.add_argument("id", metavar="ID", help="as it stands on passages, such as li")
    adding.add_argument("--name", required=True, metavar="NAME", help="as the gate's screen shows it")
    adding.add_argument("--badge", metavar="FILE", help="write a badge's QR code to this new PNG file")
    adding.add_argument("--days", type=int, default=USUAL_BADGE_DAYS, metavar="N", help="how long the badge is valid")
    adding.set_defaults(do=add)
    words.add_parser("list", help="who may sign on").set_defaults(do=listed)
    removing = words.add_parser("remove", help="take a guard off the list; the badge is void")
    removing.add_argument("id", metavar="ID")
    removing.set_defaults(do=remove)


def add(words: Namespace, terminal: Terminal) -> None:
    badge = None if words.badge is None else pass_file.new_file(words.badge, "--badge")
    known = terminal.ask(ListGuards(), GuardsListed).guards
    pin = _draw_pin(terminal, known, words.id)
    # One for all, so that a gate tries a PIN once and not once for each guard.
    salt = known[0].salt if known else terminal.randomness(SALT_BYTES)
    order = PutGuard(words.id, words.name, salt, pin_hash(pin, salt), words.days if badge else None)
    done = terminal.ask(order, GuardPut)
    if badge is not None and done.badge is not None:
        pass_file.write(done.badge, badge, terminal)
    terminal.say(f"guard {words.id} {'can sign on' if done.new else 'has a new PIN'} as soon as the gates hear the hub")
    terminal.say(f"PIN: {pin}", "it is shown this once; write it down for the guard")


def remove(words: Namespace, terminal: Terminal) -> None:
    removed = terminal.ask(RemoveGuard(words.id), GuardRemoved)
    terminal.say(f"guard {words.id} can sign on no more{', and the badge is void' if removed.badge else ''}")


def listed(_words: Namespace, terminal: Terminal) -> None:
    guards = terminal.ask(ListGuards(), GuardsListed).guards
    if not guards:
        terminal.say("no guard is on the list yet: gate-hub guard add ID --name NAME")
    for each in guards:
        terminal.say(f"{each.id:<20} {each.name}  {f'badge {each.badge}' if each.badge else 'no badge'}")


def _draw_pin(terminal: Terminal, known: tuple[Guard, ...], guard: str) -> str:
    """Nobody else's: a PIN alone tells who signs on."""
    others = [each for each in known if each.id != guard]
    while True:
        pin = f"{int.from_bytes(terminal.randomness(8)) % 10**PIN_DIGITS:0{PIN_DIGITS}d}"
        if whose(others, pin) is None:
            return pin
