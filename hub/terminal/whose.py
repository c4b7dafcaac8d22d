"""For whom: people by their pseudonyms, a building or everybody, as `gate-hub issue` and `gate-hub phone` take it."""

from argparse import ArgumentParser, Namespace

from hub.sheet.people import door_number
from hub.terminal import CommandFailed


def add_words(parser: ArgumentParser) -> None:
    parser.add_argument("person", nargs="*", metavar="PERSON", help="pseudonyms of single people")
    parser.add_argument("--building", default="", metavar="B", help="everybody of a building")
    parser.add_argument("--all", action="store_true", help="everybody in the registry")


def ways(words: Namespace) -> int:
    """In how many ways it was said; one is right."""
    return bool(words.person) + bool(words.building) + bool(words.all)


def building(words: Namespace) -> str:
    """As the registry writes it; "" where none was named. Raises CommandFailed."""
    try:
        return door_number("building", words.building)
    except ValueError as cause:
        raise CommandFailed(f"--building {cause}") from None
