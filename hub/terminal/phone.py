"""`gate-hub phone`: cards with which residents fetch their pass onto their phones."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from hub.orders.phones import InvitePhones, PhonesInvited
from hub.passes.issue import prepare_folder
from hub.passes.phones import USUAL_HOURS
from hub.terminal import CommandFailed, Terminal, counted, whose


def add_words(parser: ArgumentParser) -> None:
    whose.add_words(parser)
    parser.add_argument(
        "--hours", type=int, default=USUAL_HOURS, metavar="N", help=f"how long a card works (default: {USUAL_HOURS})"
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder for cards.html and index.csv")
    parser.set_defaults(do=invite)


def invite(words: Namespace, terminal: Terminal) -> None:
    # Templates come along with it, which no other command has to wait for.
    from hub.passes import cards  # noqa: PLC0415

    if whose.ways(words) != 1:
        raise CommandFailed("say whose phones: PERSON... (pseudonyms), or --building B, or --all")
    folder = Path(words.out)
    order = InvitePhones(tuple(words.person), whose.building(words), words.all, words.hours)
    prepare_folder(folder)
    invited = terminal.ask(order, PhonesInvited).invitations
    settings = terminal.settings
    cards.write_cards(invited, folder, settings.name or settings.compound, settings.zone)
    terminal.say(
        f"{counted(len(invited), 'card')} in {folder / cards.CARDS}: open it in a browser, print it, hand out each"
        " card",
        f"to its own person, and delete the folder then. A card works once, for one phone, within {words.hours} hours",
    )
