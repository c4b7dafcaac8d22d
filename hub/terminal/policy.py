"""`gate-hub policy`: the rules of a file said in plain sentences, and put in force."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from gate.policy import Policy
from gate.wording import LANGUAGES
from hub.orders.policy import ComparePolicy, PolicyCompared, PublishPolicy
from hub.policy.file import read_policy
from hub.policy.sentences import sentences
from hub.terminal import CommandFailed, Terminal, counted


def add_words(parser: ArgumentParser) -> None:
    words = parser.add_subparsers(required=True, metavar="check|publish")
    for name, do, says in (
        ("check", check, "say the rules of a file in plain sentences, or what is wrong with it"),
        ("publish", publish, "put the rules of a file in force at every gate"),
    ):
        each = words.add_parser(name, help=says)
        each.add_argument("file", metavar="FILE", help="the rules as TOML")
        each.set_defaults(do=do)


def check(words: Namespace, terminal: Terminal) -> None:
    policy = _policy(Path(words.file))
    for language in LANGUAGES:
        terminal.say(*(each.in_(language) for each in sentences(policy)), "")
    _warn(terminal.ask(ComparePolicy(policy), PolicyCompared), terminal)
    terminal.say(f"{words.file} can be published")


def publish(words: Namespace, terminal: Terminal) -> None:
    policy = _policy(Path(words.file))
    _warn(terminal.ask(PublishPolicy(policy), PolicyCompared), terminal)
    terminal.say(f"{words.file} is published: the gates obey it as soon as they hear the hub")


def _policy(path: Path) -> Policy:
    read = read_policy(path)
    if read.policy is None:
        count = counted(len(read.mistakes), "mistake")
        raise CommandFailed(f"{path} is no policy that a gate could obey: correct {count}", read.mistakes)
    return read.policy


def _warn(compared: PolicyCompared, terminal: Terminal) -> None:
    for each in compared.warnings:
        terminal.say(f"warning: {each}")
