"""`gate-hub init`: everything that a hub needs before it can run, and what to do then."""

from argparse import ArgumentParser, Namespace

from hub.setting_up import set_up
from hub.terminal import Terminal


def add_words(parser: ArgumentParser) -> None:
    parser.set_defaults(do=init)


def init(_words: Namespace, terminal: Terminal) -> None:
    settings = terminal.settings
    made = set_up(settings, terminal.clock(), terminal.randomness)
    if settings.folder.stat().st_mode & 0o077:
        terminal.say(f"warning: others can look into {settings.folder}; run: chmod 700 {settings.folder}")
    if not made:
        terminal.say(f"{settings.folder} has been set up before; nothing was changed")
        return
    folder = settings.broker_folder
    terminal.say(
        *(f"made: {each}" for each in made),
        "next:",
        f"  mosquitto.conf: password_file {folder}/passwords, acl_file {folder}/acl, allow_anonymous false",
        "  gate-hub import FILE            the people, from a spreadsheet",
        "  gate-hub policy publish FILE    the rules; without any, every gate refers everybody to the guard",
        "  gate-hub station add ID --gate GATE",
        "  gate-hub clerk add NAME         a login for the office's pages",
        "  gate-hub issue --all --out DIR  the passes",
        "  gate-hub run",
        f"keep a copy of {settings.keys} in a safe place: without these keys every gate has to be set up anew",
    )
