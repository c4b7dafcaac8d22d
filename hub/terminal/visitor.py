"""`gate-hub visitor`: a resident's visitor, with a pass until they leave."""

from argparse import ArgumentParser, Namespace

from hub.orders.leaves import InviteVisitor, VisitorInvited
from hub.terminal import Terminal, pass_file


def add_words(parser: ArgumentParser) -> None:
    inviting = parser.add_subparsers(required=True, metavar="invite").add_parser(
        "invite", help="let a resident's visitor in with a pass of their own"
    )
    inviting.add_argument("name", metavar="NAME", help="the visitor's; it stays in the registry")
    inviting.add_argument("--host", required=True, metavar="PERSON", help="the resident's pseudonym")
    inviting.add_argument("--until", required=True, metavar="TIME", help="such as 2026-11-22T20:00, or 20:00 for today")
    inviting.add_argument("--telephone", default="", metavar="T", help="its last four digits help the guard's search")
    inviting.add_argument("--out", required=True, metavar="FILE", help="a new PNG file for the pass")
    inviting.set_defaults(do=invite)


def invite(words: Namespace, terminal: Terminal) -> None:
    file = pass_file.new_file(words.out, "--out")
    order = InviteVisitor(words.host, words.name, terminal.instant("--until", words.until), words.telephone)
    invited = terminal.ask(order, VisitorInvited)
    pass_file.write(invited.signed, file, terminal)
    terminal.say(
        f"visitor {invited.person} may come to building {invited.building} until"
        f" {terminal.local(invited.signed.expires_at)}; gate-hub revoke {invited.signed.serial} takes it back"
    )
