"""`gate-hub notice`: what the gates announce, and when they are silent. Times as the compound has them."""

from argparse import ArgumentParser, Namespace

from gate.notices import Notices
from hub.orders.notices import ListNotices, NoticeOrder, NoticesListed, PutNotice, RemoveNotice, RestNotices
from hub.terminal import Terminal


def add_words(parser: ArgumentParser) -> None:
    words = parser.add_subparsers(required=True, metavar="add|list|remove|rest")
    _words_of_add(words.add_parser("add", help="announce something at every gate, or change what is announced"))
    words.add_parser("list", help="what is announced, and the hours of rest").set_defaults(do=listed)
    removing = words.add_parser("remove", help="announce it no more")
    removing.add_argument("id", metavar="ID")
    removing.set_defaults(do=remove)
    resting = words.add_parser("rest", help="announce nothing between these times of the day")
    resting.add_argument("begins", metavar="FROM", help="such as 19:00")
    resting.add_argument("until", metavar="UNTIL", help="such as 08:00; equal to FROM for no rest at all")
    resting.set_defaults(do=rest)


def _words_of_add(parser: ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="what you call it, such as masks")
    parser.add_argument("--zh", default="", metavar="TEXT", help="in Chinese")
    parser.add_argument("--en", default="", metavar="TEXT", help="in English")
    parser.add_argument("--from", dest="begins", metavar="TIME", help="such as 2026-11-22T14:00 (default: now)")
    parser.add_argument("--until", required=True, metavar="TIME", help="every notice ends")
    parser.add_argument("--every", type=int, default=30, metavar="MINUTES", help="default: 30")
    parser.add_argument("--volume", type=int, default=60, metavar="N", help="0 to 100 (default: 60)")
    parser.set_defaults(do=add)


def add(words: Namespace, terminal: Terminal) -> None:
    begins = terminal.clock() if words.begins is None else terminal.instant("--from", words.begins)
    ends = terminal.instant("--until", words.until)
    _show(PutNotice(words.id, words.zh, words.en, begins, ends, words.every, words.volume), terminal)


def remove(words: Namespace, terminal: Terminal) -> None:
    _show(RemoveNotice(words.id), terminal)


def rest(words: Namespace, terminal: Terminal) -> None:
    _show(RestNotices(words.begins, words.until), terminal)


def listed(_words: Namespace, terminal: Terminal) -> None:
    _show(ListNotices(), terminal)


def _show(order: NoticeOrder, terminal: Terminal) -> None:
    """What is announced once the order has been carried out."""
    notices: Notices = terminal.ask(order, NoticesListed).notices
    if not notices.notices:
        terminal.say("nothing is announced at the gates")
    for each in notices.notices:
        said = " / ".join(filter(None, (each.text_zh, each.text_en)))
        terminal.say(
            f"{each.id:<16} {terminal.local(each.begins)} to {terminal.local(each.ends)}, every"
            f" {each.every_minutes} minutes, volume {each.volume}: {said}"
        )
    if notices.quiet_from != notices.quiet_until:
        terminal.say(f"hours of rest: {notices.quiet_from} to {notices.quiet_until}")
