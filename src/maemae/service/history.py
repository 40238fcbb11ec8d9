"""What the ledger alone can answer, with or without a running trader."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from threading import Lock
from typing import Any, TypeVar

from maemae.desk import records as rec
from maemae.desk.incidents import Severity, severity
from maemae.desk.orders import Order
from maemae.desk.positions import Result
from maemae.desk.state import MOVING, State
from maemae.errors import LedgerError, ServiceError
from maemae.i18n import _
from maemae.ledger.ledger import FillLine, Ledger, OrderLine
from maemae.market.costs import CostRules
from maemae.market.kinds import Side
from maemae.market.refusals import PASSING
from maemae.service import incidents, words
from maemae.service import operations as op
from maemae.service.answers import AuditLine, DayResult, IncidentLine, Pnl, Share
from maemae.service.denial_words import denial, shares_at
from maemae.service.operations import Methods, Operation
from maemae.service.units import unit_refusal

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Sale:
    intent: str
    day: date
    book: str
    code: str
    name: str
    reason: str
    realised: int


REPRICED = "repriced"
"""Stands for the reason of a sale where none was seen on that day."""

PAST: "Methods[History]" = Methods()


class History:
    """Questions about the past of one account. All but `ask` block: call them from a thread.

    The journal is folded once and carried on from there, so that a second question about profit
    only reads what is new.

    Args:
        ledger: the account's books.
        costs: fees and taxes of the venue the ledger belongs to.
    """

    def __init__(self, ledger: Ledger, costs: CostRules) -> None:
        self._ledger = ledger
        self._state = State(costs)
        self._seen = 0
        self._days: dict[date, DayResult] = {}
        self._sales: list[_Sale] = []
        self._folding = Lock()

    async def ask(self, operation: Operation[T]) -> T:
        """Answer a question that needs no trader; an order's day is the last one without it.

        Raises:
            ServiceError: only a trader knows.
            LedgerError: the books cannot be read.
        """
        method = PAST.of(operation)
        if method is None:
            raise ServiceError(_("the ledger knows no {name}").format(name=operation.name))
        return await method(self, operation)

    @PAST.answer(op.GetOrders)
    async def _orders(self, asked: op.GetOrders) -> list[OrderLine]:
        lines = await asyncio.to_thread(self.orders, asked.day or self.last_day())
        return lines[-asked.limit :]

    @PAST.answer(op.GetFills)
    async def _fills(self, asked: op.GetFills) -> list[FillLine]:
        lines = await asyncio.to_thread(self.fills, asked.day or self.last_day())
        return lines[-asked.limit :]

    @PAST.answer(op.GetIncidents)
    async def _incidents(self, asked: op.GetIncidents) -> list[IncidentLine]:
        return await asyncio.to_thread(self.incidents, asked.n)

    @PAST.answer(op.GetAudit)
    async def _audit(self, asked: op.GetAudit) -> list[AuditLine]:
        return await asyncio.to_thread(self.audit, asked.n)

    @PAST.answer(op.GetPnl)
    async def _pnl(self, asked: op.GetPnl) -> Pnl:
        last = asked.last or self.last_day()
        return await asyncio.to_thread(self.pnl, asked.first or last, last)

    def orders(self, day: date | None = None) -> list[OrderLine]:
        """Return the orders of a day, or all."""
        return self._ledger.orders(day)

    def fills(self, day: date | None = None) -> list[FillLine]:
        """Return the executions of a day, or all."""
        return self._ledger.fills(day)

    def incidents(self, n: int) -> list[IncidentLine]:
        """Return the last incidents, newest first."""
        return [incident(record) for record in self._ledger.latest(_TOLD, n)]

    def plan_ends(self, n: int = 500) -> list[rec.PlanEnded | rec.PlanSkipped]:
        """Return how the last plans ended, oldest first."""
        found = self._ledger.latest([rec.PlanEnded, rec.PlanSkipped], n)
        return [r for r in reversed(found) if isinstance(r, rec.PlanEnded | rec.PlanSkipped)]

    def audit(self, n: int) -> list[AuditLine]:
        """Return the last commands, newest first."""
        return [
            AuditLine(r.at, r.who, r.face, r.command, r.detail)
            for r in self._ledger.latest([rec.Audited], n)
            if isinstance(r, rec.Audited)
        ]

    def state(self) -> State:
        """Return the state that the ledger adds up to by now."""
        with self._folding:
            for seq, record in self._ledger.entries(self._seen):
                self._fold(record)
                self._seen = seq
            return self._state

    def last_day(self) -> date:
        """Return the last trading day that the ledger knows.

        Raises:
            LedgerError: it knows none.
        """
        day = self.state().day
        if day is None:
            raise LedgerError(_("the ledger is empty: nothing has been traded yet"))
        return day

    def pnl(self, first: date, last: date) -> Pnl:
        """Return the realised profit of a span of days, both ends included."""
        self.state()
        days = [line for day, line in sorted(self._days.items()) if first <= day <= last]
        sales = [sale for sale in self._sales if first <= sale.day <= last]
        return Pnl(
            first=first,
            last=last,
            realised=sum(day.realised for day in days),
            fees=sum(day.fees for day in days),
            taxes=sum(day.taxes for day in days),
            wins=sum(day.wins for day in days),
            losses=sum(day.losses for day in days),
            days=days,
            by_book=_shares(sales, lambda sale: (sale.book, "")),
            by_code=_shares(sales, lambda sale: (sale.code, sale.name)),
            by_reason=_shares(sales, lambda sale: (sale.reason, "")),
        )

    def _fold(self, record: rec.Record) -> None:
        state = self._state
        if isinstance(record, rec.Filled | rec.Repriced):
            order = state.blotter.order(record.intent)
            before = state.portfolio.results.get(order.book, Result()).realised
            state.apply(record)
            earned = state.portfolio.results.get(order.book, Result()).realised - before
            self._earn(record, order, earned)
        else:
            state.apply(record)
        if state.day is not None and isinstance(record, MOVING):
            self._days[state.day] = _day(state, state.day)

    def _earn(self, record: rec.Filled | rec.Repriced, order: Order, earned: int) -> None:
        """Note what a sale earned, so that the sales of a day add up to what it realised."""
        day = self._state.day or record.at.date()
        if isinstance(record, rec.Filled):
            if order.side is Side.SELL:
                name = order.listed.name
                self._sales.append(
                    _Sale(order.intent, day, order.book, order.code, name, order.reason, earned)
                )
            return
        if not earned:
            return
        # What executions came to is known later: it belongs to the sale, or, of a purchase whose
        # shares are gone, to the last sale of them.
        for place in reversed(range(len(self._sales))):
            sale = self._sales[place]
            same = sale.intent == order.intent or order.side is Side.BUY
            if sale.day == day and same and (sale.book, sale.code) == (order.book, order.code):
                self._sales[place] = replace(sale, realised=sale.realised + earned)
                return
        name = order.listed.name
        self._sales.append(_Sale(order.intent, day, order.book, order.code, name, REPRICED, earned))


def incident(record: rec.Record) -> IncidentLine:
    """Put a fact of the kinds that are told into a line."""
    level, say = _TOLD[type(record)]
    if isinstance(record, rec.Refused) and record.kind in PASSING:
        level = Severity.INFO
    if isinstance(record, rec.Incident):
        level = severity(record.kind)
    detail, book, code = say(record)
    kind = record.kind if isinstance(record, rec.Incident) else str(record.__struct_config__.tag)
    return IncidentLine(record.at, kind, level, detail, book, code)


def is_told(record: rec.Record) -> bool:
    """Whether a fact belongs on the list of incidents."""
    return type(record) in _TOLD


def _day(state: State, day: date) -> DayResult:
    results = state.portfolio.results.values()
    return DayResult(
        day=day,
        realised=sum(result.realised for result in results),
        fees=state.costs.fee,
        taxes=state.costs.tax,
        wins=sum(result.wins for result in results),
        losses=sum(result.losses for result in results),
        cash=state.cash,
    )


def _shares(sales: Iterable[_Sale], key: Callable[[_Sale], tuple[str, str]]) -> list[Share]:
    grouped: dict[tuple[str, str], list[int]] = {}
    for sale in sales:
        grouped.setdefault(key(sale), []).append(sale.realised)
    shares = [
        Share(word, name, sum(won), len(won), sum(amount > 0 for amount in won))
        for (word, name), won in grouped.items()
    ]
    return sorted(shares, key=lambda share: -share.realised)


def _declined(record: rec.Declined) -> str:
    asked = shares_at(record)
    return f"{denial(record)} ({asked})" if asked else denial(record)


def _with_reason(text: str, record: rec.CashStated | rec.Halted | rec.FlattenBegun) -> str:
    return words.with_reason(text, words.because(record.reason))


def _moved(record: rec.PositionMoved) -> str:
    return f"{record.quantity:,}, {words.book(record.origin)} → {words.book(record.book)}"


_Words = Callable[[Any], tuple[str, str, str]]
"""A record as (detail, book, code)."""

_TOLD: dict[type[rec.Record], tuple[Severity, _Words]] = {
    rec.Incident: (Severity.ERROR, lambda r: (incidents.detail(r.kind, r.detail), "", "")),
    rec.Blinded: (Severity.ERROR, lambda r: (words.unseen(r), r.book, "")),
    rec.SeenAgain: (Severity.INFO, lambda r: (words.unseen(r), r.book, "")),
    rec.Refused: (
        Severity.ERROR,
        lambda r: (f"{r.intent}: {r.code} {words.refused(r.message, r.kind)}", "", ""),
    ),
    rec.Lost: (Severity.ERROR, lambda r: (f"{r.intent}: {words.undone(r.reason)}", "", "")),
    rec.NeverArrived: (Severity.WARNING, lambda r: (r.intent, "", "")),
    rec.CancelFailed: (Severity.ERROR, lambda r: (f"{r.intent}: {words.undone(r.reason)}", "", "")),
    rec.AmendFailed: (Severity.ERROR, lambda r: (f"{r.intent}: {words.undone(r.reason)}", "", "")),
    rec.PositionLost: (Severity.ERROR, lambda r: (str(r.quantity), r.book, r.code)),
    rec.PositionMoved: (
        Severity.WARNING,
        lambda r: (_moved(r), r.book, r.listed.code),
    ),
    rec.UnitRefused: (
        Severity.WARNING,
        lambda r: (f"{unit_refusal(r.rule)} {r.detail}".strip(), "", r.code),
    ),
    rec.OwnerTraded: (Severity.WARNING, lambda r: (f"{r.change:+}", rec.OWNER, r.code)),
    rec.CashStated: (
        Severity.WARNING,
        lambda r: (_with_reason(words.marked_won(r.difference), r), "", ""),
    ),
    rec.Declined: (Severity.WARNING, lambda r: (_declined(r), r.book, r.code)),
    rec.Halted: (
        Severity.WARNING,
        lambda r: (_with_reason(words.halt(r.level), r), r.book, ""),
    ),
    rec.FlattenBegun: (
        Severity.WARNING,
        lambda r: (_with_reason(words.book(r.book or "*"), r), r.book or "", ""),
    ),
    rec.DayOpened: (Severity.INFO, lambda r: (words.won(r.cash), "", "")),
    rec.DayClosed: (Severity.INFO, lambda r: (f"{r.day}", "", "")),
}
