"""Announcements at the gates, and the hours in which there are none. `gate-hub notice` gives these orders."""

from typing import Annotated

from msgspec import Meta

from gate.names import Instant, Slug
from gate.notices import MOST_NOTICES, ClockTime, Notice, Notices, NoticeText, Volume
from hub.orders import ONE_LINE, Answer, Desk, Order, OrderRefused
from hub.registry import Registry, notices


class PutNotice(Order, frozen=True, tag="put_notice"):
    """Announce this at every gate; one of the same id is replaced. A text left empty is not said in that language."""

    notice: Slug
    text_zh: Annotated[NoticeText, Meta(pattern=ONE_LINE)]
    text_en: Annotated[NoticeText, Meta(pattern=ONE_LINE)]
    begins: Instant
    ends: Instant
    every_minutes: Annotated[int, Meta(ge=5, le=1440)] = 30
    volume: Volume = 60


class RemoveNotice(Order, frozen=True, tag="remove_notice"):
    """Announce this no more."""

    notice: Slug


class RestNotices(Order, frozen=True, tag="rest_notices"):
    """Announce nothing between these times of the day; equal for no rest at all."""

    quiet_from: ClockTime
    quiet_until: ClockTime


class ListNotices(Order, frozen=True, tag="list_notices"):
    """What is announced now or later, and the hours of rest."""


NoticeOrder = PutNotice | RemoveNotice | RestNotices | ListNotices


class NoticesListed(Answer, frozen=True, tag="notices_listed"):
    """As they stand now, whatever the order was."""

    notices: Notices


def carry_out(order: NoticeOrder, desk: Desk, registry: Registry) -> NoticesListed:
    """Raises OrderRefused."""
    match order:
        case PutNotice():
            _put(order, desk, registry)
        case RemoveNotice():
            if not notices.remove(registry, order.notice):
                raise OrderRefused(f"no notice is called {order.notice}; gate-hub notice list tells them")
        case RestNotices():
            notices.rest(registry, order.quiet_from, order.quiet_until)
        case ListNotices():
            pass
    return NoticesListed(notices.body(registry, desk.now))


def _put(order: PutNotice, desk: Desk, registry: Registry) -> None:
    if not (order.text_zh.strip() or order.text_en.strip()):
        raise OrderRefused("a notice says something; give it --zh, --en or both")
    if not (order.begins < order.ends and desk.now < order.ends):
        raise OrderRefused("a notice ends after it begins, and after now; correct --from or --until")
    notice = Notice(
        order.notice, order.text_zh, order.text_en, order.volume, order.begins, order.ends, order.every_minutes
    )
    others = [each for each in notices.body(registry, desk.now).notices if each.id != notice.id]
    if len(others) >= MOST_NOTICES:
        raise OrderRefused(f"the gates hold at most {MOST_NOTICES} notices; remove one with gate-hub notice remove ID")
    notices.put(registry, notice)
