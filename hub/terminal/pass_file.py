"""A pass as a picture of its own, for a guard or a visitor. Rule: a new file, which only its owner may read."""

from pathlib import Path

from hub.passes.guests import SignedPass
from hub.passes.issue import PassFormat, picture, write_private
from hub.terminal import CommandFailed, Terminal


def new_file(named: str, option: str) -> Path:
    """Seen to before anything is recorded. Raises CommandFailed."""
    path = Path(named)
    if path.exists():
        raise CommandFailed(f"{path} is there already; name another file with {option}")
    if not path.parent.is_dir():
        raise CommandFailed(f"there is no folder {path.parent}; make it, or name another file with {option}")
    return path


def write(signed: SignedPass, path: Path, terminal: Terminal) -> None:
    """Raises CommandFailed."""
    try:
        write_private(path, picture(signed.code, PassFormat.PNG))
    except OSError as cause:
        raise CommandFailed(
            f"{path} cannot be written ({cause.strerror}); the pass {signed.serial} is recorded as issued, so revoke it"
            " and try again"
        ) from cause
    terminal.say(f"pass {signed.serial}, valid until {terminal.local(signed.expires_at)}, in {path}")
