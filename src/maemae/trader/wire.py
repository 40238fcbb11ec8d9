"""Between the broker's records and the desk's events: the only place that knows both."""

from collections.abc import Callable
from datetime import datetime

from maemae import kis
from maemae.desk import events as ev
from maemae.desk.plausibility import DayRange
from maemae.desk.records import Listed

NOTICE_FEEDS = ("H0STCNI0", "H0STCNI9")
"""Execution notices of the real and of the virtual server."""

_NOTICES: dict[str, ev.NoticeKind] = {kind.value: kind for kind in ev.NoticeKind}


def candidate(hit: kis.ConditionHit, listed: Listed) -> ev.Candidate:
    """Translate one line of a condition search."""
    return ev.Candidate(listed, hit.price or 0)


def day_range(quote: kis.Quote) -> DayRange:
    """Return base price and limits, as far as a quote tells."""
    return DayRange(quote.base or 0, quote.lower or 0, quote.upper or 0)


def price(at: datetime, code: str, quote: kis.Quote, listed: Listed | None) -> ev.Price:
    """Translate the answer to the question about one price."""
    return ev.Price(
        at=at, code=code, price=quote.price or 0, polled=True, listed=listed,
        base=quote.base, day=day_range(quote),
    )  # fmt: skip


def _tick(at: datetime, tick: kis.Tick) -> ev.Price:
    return ev.Price(
        at=at, code=tick.code, price=tick.price or 0, traded=tick.at, volume=tick.volume
    )


def balance(at: datetime, asked: int, answer: kis.Balance) -> ev.Balance:
    """Translate a complete balance."""
    return ev.Balance(
        at=at,
        asked=asked,
        cash=answer.cash_d2,
        costs=answer.day_costs,
        bought=answer.day_buy,
        sold=answer.day_sell,
        holdings=tuple(
            ev.Holding(
                code=h.code,
                name=h.name,
                quantity=h.quantity,
                price=h.price or 0,
                base=h.base,
                sellable=h.sellable,
            )
            for h in answer.holdings
        ),
    )


def executions(
    at: datetime, asked: int, asked_at: datetime, rows: list[kis.OrderRow], *, sure: bool
) -> ev.Executions:
    """Translate a complete list of the day's orders; `sure`: without rows there are none."""
    return ev.Executions(
        at=at,
        asked=asked,
        asked_at=asked_at,
        sure=sure,
        rows=tuple(_execution(row) for row in rows if not row.is_cancel),
    )


def _execution(row: kis.OrderRow) -> ev.Execution:
    return ev.Execution(
        order_no=row.order_no,
        original_no=row.original_no,
        side=row.side,
        code=row.code,
        quantity=row.quantity,
        filled=row.filled,
        amount=row.amount,
        price=row.price,
        ordered=row.at,
        ended=row.remaining == 0,
        cancelled=row.cancelled > 0,
        remaining=row.remaining,
        org_no=row.org_no,
    )


def outcome(at: datetime, intent: str, answer: kis.Outcome) -> ev.Event:
    """Translate what became of an order that was sent."""
    match answer:
        case kis.Accepted():
            return ev.OrderAccepted(
                at=at, intent=intent, order_no=answer.order_no, org_no=answer.org_no
            )
        case kis.Refused():
            return ev.OrderRefused(
                at=at,
                intent=intent,
                code=answer.code,
                message=answer.message,
                kind=answer.refusal,
            )
        case kis.Unknown():
            return ev.OrderUnknown(at=at, intent=intent, reason=answer.reason)


def stream_event(
    now: Callable[[], datetime], put: Callable[[ev.Event], None]
) -> Callable[[kis.StreamEvent], None]:
    """Return a listener that turns what a stream says into events of the desk."""

    def listen(said: kis.StreamEvent) -> None:
        match said:
            case kis.Tick():
                put(_tick(now(), said))
            case kis.Notice():
                put(
                    ev.Notice(
                        at=now(),
                        kind=_NOTICES[said.event],
                        order_no=said.order_no,
                        original_no=said.original_no,
                        side=said.side,
                        code=said.code,
                        quantity=said.quantity,
                        price=said.price,
                        executed=said.at,
                        order_quantity=said.order_quantity,
                        org_no=said.org_no,
                    )
                )
            case kis.Rejected(feed=feed) if feed in NOTICE_FEEDS:
                put(ev.NoticeUnread(at=now(), detail=feed))
            case kis.StreamDown():
                put(ev.StreamChanged(at=now(), up=False, reason=said.reason))
            case kis.KeyInUse():
                put(ev.Reported(at=now(), kind="key_in_use", detail=said.code))
            case kis.StreamUp():
                put(ev.StreamChanged(at=now(), up=True))
            case _:
                pass

    return listen
