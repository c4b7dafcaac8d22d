"""`gate-hub issue`: passes for those who live here, and blank cards, as files of a new folder."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

from hub.orders.blanks import USUAL_BLANK_DAYS, IssueBlanks
from hub.orders.passes import USUAL_LIFE_DAYS, IssuePasses, PassesIssued
from hub.passes.issue import INDEX, IssuedPass, PassFormat, prepare_folder, write_passes
from hub.terminal import CommandFailed, Terminal, counted, whose

PROGRESS_EVERY = 50


def add_words(parser: ArgumentParser) -> None:
    whose.add_words(parser)
    parser.add_argument("--blanks", type=int, metavar="N", help="so many cards of nobody, for the gates to activate")
    parser.add_argument("--days", type=int, metavar="N", help="how long they are valid (default: 180, blank cards 90)")
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder for the passes and their index.csv")
    parser.add_argument("--format", default="png", choices=tuple(PassFormat), help="text: in index.csv alone")
    parser.set_defaults(do=issue)


def issue(words: Namespace, terminal: Terminal) -> None:
    if whose.ways(words) + (words.blanks is not None) != 1:
        raise CommandFailed("say whose passes: PERSON... (pseudonyms), or --building B, or --all, or --blanks N")
    folder, order = Path(words.out), _order(words)
    prepare_folder(folder)
    issued = terminal.ask(order, PassesIssued).passes
    write_passes(issued, folder, PassFormat(words.format), _progress(issued))
    if words.blanks is not None:
        terminal.say(
            f"{counted(len(issued), 'blank card')} in {folder}: print them and hand them to the gates; each is worth"
            " nothing until a guard activates it"
        )
        return
    terminal.say(
        f"{counted(len(issued), 'pass', 'passes')} issued, in {folder}; {folder / INDEX} tells whose each is:"
        " keep it from others, and delete it when the passes are handed out"
    )


def _order(words: Namespace) -> IssueBlanks | IssuePasses:
    if words.blanks is not None:
        return IssueBlanks(words.blanks, _given(words.days, USUAL_BLANK_DAYS))
    return IssuePasses(tuple(words.person), whose.building(words), words.all, _given(words.days, USUAL_LIFE_DAYS))


def _given(number: int | None, usual: int) -> int:
    return usual if number is None else number


def _progress(issued: tuple[IssuedPass, ...]) -> Callable[[int], None]:
    def say(done: int) -> None:
        if done % PROGRESS_EVERY == 0 or done == len(issued):
            print(f"\r{done} of {len(issued)}", end="\n" if done == len(issued) else "", file=sys.stderr, flush=True)

    return say
