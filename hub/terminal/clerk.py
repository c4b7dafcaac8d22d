"""`gate-hub clerk`: a login for the office's pages. Rule: a password that was made here is shown once."""

from argparse import ArgumentParser, Namespace

from hub import passwords
from hub.orders.clerks import ClerkPut, PutClerk
from hub.terminal import CommandFailed, Terminal


def add_words(parser: ArgumentParser) -> None:
    adding = parser.add_subparsers(required=True, metavar="add").add_parser("add", help="add one, or change a password")
    adding.add_argument("name", metavar="NAME")
    adding.add_argument("--password-stdin", action="store_true", help="read the password from the first line of input")
    adding.set_defaults(do=add)


def add(words: Namespace, terminal: Terminal) -> None:
    password = _typed(terminal) if words.password_stdin else passwords.generate_password(terminal.randomness)
    hashed = passwords.hash_password(password, terminal.randomness(passwords.SALT_BYTES))
    put = terminal.ask(PutClerk(words.name, hashed), ClerkPut)
    terminal.say(f"clerk {words.name} {'can log in now' if put.new else 'has a new password'}")
    if not words.password_stdin:
        terminal.say(f"password: {password}", "it is shown this once; write it down for the clerk")


def _typed(terminal: Terminal) -> str:
    password = terminal.typed.readline().rstrip("\r\n")
    objection = passwords.objection_to(password)
    if objection is not None:
        raise CommandFailed(objection)
    return password
