"""What each fact is told as: a kind of message and the fields of its text."""

from collections.abc import Callable
from typing import Any

from maemae.desk import records as rec
from maemae.desk.incidents import Severity, severity
from maemae.desk.records import BY_HAND, Halt
from maemae.desk.state import State
from maemae.i18n import _
from maemae.market.kinds import Side
from maemae.market.refusals import PASSING, UNCOUNTED, RefusalKind
from maemae.notify.messages import Kind
from maemae.service import incidents, words
from maemae.service.denial_words import denial, shares_at

TOKEN_TROUBLE = "token_trouble"  # noqa: S105 - the name of a kind of incident

Told = tuple[Kind, dict[str, str]]
"""A kind of message and the fields of its text."""


def told(record: rec.Record, state: State) -> Told | None:
    """Put a fact into fields, or None for a fact that nobody is told.

    Fills are not among them: see `maemae.notify.teller`.

    Args:
        record: the fact.
        state: the desk's state with the fact applied.
    """
    say = _SAY.get(type(record))
    return say(record, state) if say is not None else None


def order_fields(state: State, intent: str, /, **more: str) -> dict[str, str]:
    """Return what is said of every order: side, name, quantity."""
    order = state.blotter.order(intent)
    name = f"{order.listed.name} {order.code}" if order.listed.name else order.code
    side = words.side(order.side.value)
    return {"side": side, "name": name, "quantity": f"{order.quantity:,}"} | more


def _accepted(record: rec.Accepted, state: State) -> Told:
    order = state.blotter.order(record.intent)
    price = words.won(order.price) if order.price is not None else _("market price")
    reason = words.reason(order.reason)
    if order.route is not None:
        reason = words.with_way(reason, order.route.kind, order.route.exchange)
    more = {"price": price, "reason": reason}
    return Kind.ORDER_ACCEPTED, order_fields(state, record.intent, **more)


def _refused(record: rec.Refused, state: State) -> Told | None:
    """Tell a refusal, unless the same order goes again by itself: what lasts is an incident."""
    order = state.blotter.order(record.intent)
    again = record.kind in (UNCOUNTED if order.side is Side.SELL else PASSING)
    if again and order.reason != BY_HAND:
        return None
    more = {"code": record.code, "detail": words.refused(record.message, record.kind)}
    return Kind.ORDER_REFUSED, order_fields(state, record.intent, **more)


def _lost(record: rec.Lost, state: State) -> Told:
    return Kind.ORDER_UNKNOWN, order_fields(
        state, record.intent, detail=words.undone(record.reason)
    )


def _never_arrived(record: rec.NeverArrived, state: State) -> Told:
    return Kind.ORDER_NEVER_ARRIVED, order_fields(state, record.intent)


def _ended(record: rec.Ended, state: State) -> Told:
    order = state.blotter.order(record.intent)
    more = {"state": words.order_state(order.state), "filled": f"{order.filled:,}"}
    return Kind.ORDER_ENDED, order_fields(state, record.intent, **more)


def _cancel_failed(record: rec.CancelFailed, state: State) -> Told | None:
    if record.kind in PASSING or record.kind is RefusalKind.GONE:
        return None  # It goes again by itself, or is not needed any more.
    return Kind.CANCEL_FAILED, order_fields(
        state, record.intent, detail=words.undone(record.reason)
    )


def _amend_failed(record: rec.AmendFailed, state: State) -> Told:
    return Kind.AMEND_FAILED, order_fields(state, record.intent, detail=words.undone(record.reason))


def _declined(record: rec.Declined, _state: State) -> Told:
    return Kind.DECLINED, {
        "side": words.side(record.side.value),
        "name": record.code,
        "rule": denial(record),
        "detail": f", {asked}" if (asked := shares_at(record)) else "",
    }


def _incident(record: rec.Incident, _state: State) -> Told:
    if record.kind == "stream_down":
        return Kind.STREAM_GAP, {"detail": record.detail or "-"}
    if record.kind == TOKEN_TROUBLE:
        return Kind.TOKEN_TROUBLE, {"detail": record.detail, "advice": incidents.todo(record.kind)}
    fields = {
        "what": incidents.title(record.kind),
        "detail": incidents.detail(record.kind, record.detail),
    }
    todo, matters = incidents.todo(record.kind), severity(record.kind)
    if matters is Severity.ERROR:
        return Kind.INCIDENT, fields | {"advice": todo}
    if matters is Severity.WARNING:
        return Kind.NOTICE, fields | {"sign": "⚠️", "advice": f"\n👉 {todo}"}
    return Kind.NOTICE, fields | {"sign": "ℹ️", "advice": ""}


def _blinded(record: rec.Blinded, _state: State) -> Told:
    fields = {"what": words.unseen(record), "advice": incidents.todo_blind(record.sight)}
    return Kind.BLIND, fields


def _seen_again(record: rec.SeenAgain, _state: State) -> Told | None:
    """Tell that something is seen again; what nobody asks for any more is no news."""
    return (Kind.SEEN_AGAIN, {"what": words.unseen(record)}) if record.answered else None


def _halted(record: rec.Halted, _state: State) -> Told:
    reason = words.because(record.reason)
    if record.book:
        reason = f"{record.book}: {reason}" if reason else record.book
    if record.level is Halt.NONE:
        return Kind.RESUMED, {"reason": reason}
    return Kind.HALTED, {"level": words.halt(record.level), "reason": reason}


def _flatten(record: rec.FlattenBegun, _state: State) -> Told:
    book = words.book(record.book or "*")
    return Kind.FLATTEN, {"book": book, "reason": words.because(record.reason)}


def _day_opened(record: rec.DayOpened, _state: State) -> Told:
    return Kind.DAY_OPENED, {"day": f"{record.day}", "cash": words.won(record.cash)}


def _plan_prepared(record: rec.PlanPrepared, _state: State) -> Told:
    detail = _("{book} for {day}: {buys} to buy, {sells} to sell").format(
        book=record.book, day=record.day, buys=record.buys, sells=record.sells
    )
    if record.errors:
        detail += _(", {n} instruments could not be judged").format(n=record.errors)
    return Kind.PLAN_PREPARED, {"detail": detail}


def _plan_ended(record: rec.PlanEnded, _state: State) -> Told:
    detail = _("{book}: {sent} orders sent").format(book=record.book, sent=record.sent)
    left = [f"{code}: {words.plan_state(why)}" for code, why in record.skipped.items()]
    return Kind.PLAN_EXECUTED, {"detail": "\n".join([detail, *left])}


def _plan_skipped(record: rec.PlanSkipped, _state: State) -> Told:
    why = words.plan_state(record.reason)
    return Kind.PLAN_SKIPPED, {"detail": f"{record.book} {record.day}: {why}"}


def _reconciled(record: rec.Reconciled, _state: State) -> Told:
    return Kind.RECONCILED, {"cash": words.won(record.cash)}


def _owner_traded(record: rec.OwnerTraded, _state: State) -> Told:
    return Kind.OWNER_TRADED, {"code": record.code, "change": f"{record.change:+,}"}


def _cash_stated(record: rec.CashStated, _state: State) -> Told:
    difference = words.marked_won(record.difference)
    return Kind.CASH_STATED, {"difference": difference, "reason": words.because(record.reason)}


_SAY: dict[type[rec.Record], Callable[[Any, State], Told | None]] = {
    rec.DayOpened: _day_opened,
    rec.Accepted: _accepted,
    rec.Refused: _refused,
    rec.Lost: _lost,
    rec.NeverArrived: _never_arrived,
    rec.Ended: _ended,
    rec.CancelFailed: _cancel_failed,
    rec.AmendFailed: _amend_failed,
    rec.Declined: _declined,
    rec.Incident: _incident,
    rec.Blinded: _blinded,
    rec.SeenAgain: _seen_again,
    rec.Halted: _halted,
    rec.FlattenBegun: _flatten,
    rec.PlanPrepared: _plan_prepared,
    rec.PlanEnded: _plan_ended,
    rec.PlanSkipped: _plan_skipped,
    rec.Reconciled: _reconciled,
    rec.OwnerTraded: _owner_traded,
    rec.CashStated: _cash_stated,
}
