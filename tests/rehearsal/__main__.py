"""The town that `make demo`, `make smoke`, `make soak`, `make bench`, `make screens` and `make handbook` run.

Rule: Ctrl-C and SIGTERM end it in order, whatever it is at.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from types import FrameType


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; the exit status."""
    signal.signal(signal.SIGTERM, _as_interrupt)
    asked = _parser().parse_args(arguments)
    try:
        return _run(asked)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _run(asked: argparse.Namespace) -> int:
    # Imported late: drawing residents needs OpenCV, which --help does not.
    match asked.command:
        case "demo":
            from tests.rehearsal.demo import demo

            return demo(asked.seconds)
        case "smoke":
            from tests.rehearsal.smoke import smoke

            return smoke(asked.visits, asked.hub_kills)
        case "soak" | "bench":
            from tests.rehearsal.campaigns import campaign

            return campaign(asked.command, asked.only, asked.scale)
        case "handbook":
            from tests.rehearsal.handbook import handbook

            return handbook()
        case _:
            from tests.rehearsal.screens import screens

            return screens()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.rehearsal", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="two gates and an office on this machine, until Ctrl-C")
    demo.add_argument("--seconds", type=float, default=None, help="end by itself after that long")
    smoke = commands.add_parser("smoke", help="visits as pixels into the cameras, counted in both databases")
    smoke.add_argument("--visits", type=int, default=500)
    smoke.add_argument("--hub-kills", type=int, default=0, help="how often the hub is killed (SIGKILL) meanwhile")
    for name, says in (("soak", "long campaigns"), ("bench", "how fast, as ratios within one run")):
        long = commands.add_parser(name, help=says)
        long.add_argument("--only", default="", help="the campaign of that name")
        long.add_argument("--scale", type=float, default=1.0, help="0.01 for a hundredth")
    commands.add_parser("screens", help="draw the pictures in docs/screens anew")
    commands.add_parser("handbook", help="print the guard's handbook into build/handbook")
    return parser


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
