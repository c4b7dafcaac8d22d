"""`gate-hub permit`: leave to cross where the rules would not let somebody. Times as the compound has them."""

from argparse import ArgumentParser, Namespace

from gate.permit import PermitKind
from gate.wording import PERMITS
from hub.orders.leaves import (
    Given,
    GrantPermit,
    ListPermits,
    PermitGranted,
    PermitRevoked,
    PermitsListed,
    RevokePermit,
)
from hub.terminal import Terminal


def add_words(parser: ArgumentParser) -> None:
    words = parser.add_subparsers(required=True, metavar="grant|list|revoke")
    granting = words.add_parser("grant", help="give one person leave")
    granting.add_argument("person", metavar="PERSON", help="pseudonym, as index.csv of a folder of passes tells it")
    kinds = tuple(kind.replace("_", "-") for kind in PermitKind)
    granting.add_argument("--kind", required=True, choices=kinds, help="what for")
    granting.add_argument("--from", dest="begins", metavar="TIME", help="such as 2026-11-22T14:00 (default: now)")
    granting.add_argument("--until", required=True, metavar="TIME", help="until when it may be used to leave")
    granting.add_argument("--return-by", metavar="TIME", help="back by then at the latest")
    granting.set_defaults(do=grant)
    words.add_parser("list", help="what is in force or to come").set_defaults(do=listed)
    revoking = words.add_parser("revoke", help="take leave back")
    revoking.add_argument("permit", metavar="PERMIT", help="its id")
    revoking.set_defaults(do=revoke)


def grant(words: Namespace, terminal: Terminal) -> None:
    now = terminal.clock()
    begins = now if words.begins is None else terminal.instant("--from", words.begins)
    return_by = None if words.return_by is None else terminal.instant("--return-by", words.return_by)
    kind = PermitKind(words.kind.replace("-", "_"))
    order = GrantPermit(words.person, kind, begins, terminal.instant("--until", words.until), return_by)
    permit = terminal.ask(order, PermitGranted).permit
    terminal.say(f"permit {permit.id}: the gates know of it as soon as they hear the hub")


def revoke(words: Namespace, terminal: Terminal) -> None:
    terminal.ask(RevokePermit(words.permit), PermitRevoked)
    terminal.say(f"permit {words.permit} holds no more")


def listed(_words: Namespace, terminal: Terminal) -> None:
    given = terminal.ask(ListPermits(), PermitsListed).given
    if not given:
        terminal.say("no permit is in force or to come: gate-hub permit grant PERSON --kind KIND --until TIME")
    for each in given:
        terminal.say(_line(each, terminal))


def _line(each: Given, terminal: Terminal) -> str:
    permit = each.permit
    back = f", back by {terminal.local(permit.return_by)}" if permit.return_by else ""
    return (
        f"{permit.id}  {each.person}  {each.masked_name}  building {each.building}  {PERMITS[permit.kind].zh}"
        f" {permit.kind}  {terminal.local(permit.begins)} to {terminal.local(permit.ends)}{back}"
    )
