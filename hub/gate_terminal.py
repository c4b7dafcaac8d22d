"""What a clerk types and reads of the gates' daily work: `gate-hub guard`, `permit`, `visitor` and `notice`.

Times are typed and shown as clocks in the compound show them. Rule: a PIN is printed once and kept nowhere; a picture
of a pass goes into a new file that only its owner may read.
"""

from argparse import Namespace
from datetime import datetime, timedelta
from pathlib import Path

from gate.notices import Notices
from gate.permit import PermitKind
from gate.staff import PIN_DIGITS, SALT_BYTES, Guard, pin_hash, whose
from gate.wording import PERMITS
from hub.guests import SignedPass
from hub.issue import PassFormat, picture, write_private
from hub.orders.guards import GuardPut, GuardRemoved, GuardsListed, ListGuards, PutGuard, RemoveGuard
from hub.orders.leaves import (
    GrantPermit,
    InviteVisitor,
    ListPermits,
    PermitGranted,
    PermitRevoked,
    PermitsListed,
    RevokePermit,
    VisitorInvited,
)
from hub.orders.notices import ListNotices, NoticesListed, PutNotice, RemoveNotice, RestNotices
from hub.terminal import CommandFailed, Terminal


def guard_add(words: Namespace, terminal: Terminal) -> None:
    badge = _new_file(words.badge, "--badge")
    known = terminal.ask(ListGuards(), GuardsListed).guards
    pin = _draw_pin(terminal, known, words.id)
    # One for all, so that a gate tries a PIN once and not once for each guard.
    salt = known[0].salt if known else terminal.randomness(SALT_BYTES)
    order = PutGuard(words.id, words.name, salt, pin_hash(pin, salt), words.days if badge else None)
    done = terminal.ask(order, GuardPut)
    if badge is not None and done.badge is not None:
        _write_pass(done.badge, badge, terminal)
    terminal.say(f"guard {words.id} {'can sign on' if done.new else 'has a new PIN'} as soon as the gates hear the hub")
    terminal.say(f"PIN: {pin}", "it is shown this once; write it down for the guard")


def guard_remove(words: Namespace, terminal: Terminal) -> None:
    removed = terminal.ask(RemoveGuard(words.id), GuardRemoved)
    terminal.say(f"guard {words.id} can sign on no more{', and the badge is void' if removed.badge else ''}")


def guard_list(_words: Namespace, terminal: Terminal) -> None:
    listed = terminal.ask(ListGuards(), GuardsListed).guards
    if not listed:
        terminal.say("no guard is on the list yet: gate-hub guard add ID --name NAME")
    for each in listed:
        terminal.say(f"{each.id:<20} {each.name}  {f'badge {each.badge}' if each.badge else 'no badge'}")


def permit_grant(words: Namespace, terminal: Terminal) -> None:
    now = terminal.clock()
    begins = now if words.begins is None else _instant("--from", words.begins, terminal)
    return_by = None if words.return_by is None else _instant("--return-by", words.return_by, terminal)
    kind = PermitKind(words.kind.replace("-", "_"))
    order = GrantPermit(words.person, kind, begins, _instant("--until", words.until, terminal), return_by)
    permit = terminal.ask(order, PermitGranted).permit
    terminal.say(f"permit {permit.id}: the gates know of it as soon as they hear the hub")


def permit_revoke(words: Namespace, terminal: Terminal) -> None:
    terminal.ask(RevokePermit(words.permit), PermitRevoked)
    terminal.say(f"permit {words.permit} holds no more")


def permit_list(_words: Namespace, terminal: Terminal) -> None:
    given = terminal.ask(ListPermits(), PermitsListed).given
    if not given:
        terminal.say("no permit is in force or to come: gate-hub permit grant PERSON --kind KIND --until TIME")
    for each in given:
        permit = each.permit
        back = f", back by {_shown(permit.return_by, terminal)}" if permit.return_by else ""
        terminal.say(
            f"{permit.id}  {each.person}  {each.masked_name}  building {each.building}  {PERMITS[permit.kind].zh}"
            f" {permit.kind}  {_shown(permit.begins, terminal)} to {_shown(permit.ends, terminal)}{back}"
        )


def visitor_invite(words: Namespace, terminal: Terminal) -> None:
    file = _new_file(words.out, "--out")
    assert file is not None
    order = InviteVisitor(words.host, words.name, _instant("--until", words.until, terminal), words.telephone)
    invited = terminal.ask(order, VisitorInvited)
    _write_pass(invited.signed, file, terminal)
    terminal.say(
        f"visitor {invited.person} may come to building {invited.building} until"
        f" {_shown(invited.signed.expires_at, terminal)}; gate-hub revoke {invited.signed.serial} takes it back"
    )


def notice_add(words: Namespace, terminal: Terminal) -> None:
    begins = terminal.clock() if words.begins is None else _instant("--from", words.begins, terminal)
    ends = _instant("--until", words.until, terminal)
    order = PutNotice(words.id, words.zh, words.en, begins, ends, words.every, words.volume)
    _show_notices(terminal.ask(order, NoticesListed).notices, terminal)


def notice_remove(words: Namespace, terminal: Terminal) -> None:
    _show_notices(terminal.ask(RemoveNotice(words.id), NoticesListed).notices, terminal)


def notice_rest(words: Namespace, terminal: Terminal) -> None:
    _show_notices(terminal.ask(RestNotices(words.begins, words.until), NoticesListed).notices, terminal)


def notice_list(_words: Namespace, terminal: Terminal) -> None:
    _show_notices(terminal.ask(ListNotices(), NoticesListed).notices, terminal)


def _show_notices(notices: Notices, terminal: Terminal) -> None:
    if not notices.notices:
        terminal.say("nothing is announced at the gates")
    for each in notices.notices:
        said = " / ".join(filter(None, (each.text_zh, each.text_en)))
        terminal.say(
            f"{each.id:<16} {_shown(each.begins, terminal)} to {_shown(each.ends, terminal)}, every"
            f" {each.every_minutes} minutes, volume {each.volume}: {said}"
        )
    if notices.quiet_from != notices.quiet_until:
        terminal.say(f"hours of rest: {notices.quiet_from} to {notices.quiet_until}")


def _draw_pin(terminal: Terminal, known: tuple[Guard, ...], guard: str) -> str:
    """Nobody else's: a PIN alone tells who signs on."""
    others = [each for each in known if each.id != guard]
    while True:
        pin = f"{int.from_bytes(terminal.randomness(8)) % 10**PIN_DIGITS:0{PIN_DIGITS}d}"
        if whose(others, pin) is None:
            return pin


def _new_file(named: str | None, option: str) -> Path | None:
    """Seen to before anything is recorded."""
    if named is None:
        return None
    path = Path(named)
    if path.exists():
        raise CommandFailed(f"{path} is there already; name another file with {option}")
    if not path.parent.is_dir():
        raise CommandFailed(f"there is no folder {path.parent}; make it, or name another file with {option}")
    return path


def _write_pass(signed: SignedPass, path: Path, terminal: Terminal) -> None:
    try:
        write_private(path, picture(signed.code, PassFormat.PNG))
    except OSError as cause:
        raise CommandFailed(
            f"{path} cannot be written ({cause.strerror}); the pass {signed.serial} is recorded as issued, so revoke it"
            " and try again"
        ) from cause
    terminal.say(f"pass {signed.serial}, valid until {_shown(signed.expires_at, terminal)}, in {path}")


def _instant(option: str, text: str, terminal: Terminal) -> datetime:
    """2026-11-22T14:00, 2026-11-22 (the end of that day), 14:00 (today)."""
    zone = terminal.settings.zone
    today = f"{terminal.clock().astimezone(zone):%Y-%m-%d}"
    try:
        local = datetime.fromisoformat(f"{today}T{text}" if len(text) == len("14:00") else text)
    except ValueError:
        raise CommandFailed(
            f"{option} {text}: a time is written 2026-11-22T14:00, or 14:00 for today, or 2026-11-22 for all of that"
            " day"
        ) from None
    if local.tzinfo is None:
        local = local.replace(tzinfo=zone)
    return local + timedelta(days=1) if len(text) == len("2026-11-22") else local


def _shown(instant: datetime, terminal: Terminal) -> str:
    return f"{instant.astimezone(terminal.settings.zone):%Y-%m-%d %H:%M}"
