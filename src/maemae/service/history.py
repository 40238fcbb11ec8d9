"""What the ledger alone can answer, with or without a running trader."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import date
from threading import Lock
from typing import Any, TypeVar

from maemae.desk import records as rec
from maemae.desk.incidents import Severity, severity
from maemae.desk.state import State
from maemae.errors import LedgerError, ServiceError
from maemae.i18n import _
from maemae.ledger.fold import DamagedDayError, Day, Fold, Sold
from maemae.ledger.ledger import FillLine, Ledger, OrderLine
from maemae.ledger.snapshots import carry_on, days_of, kept, told
from maemae.market.costs import CostRules
from maemae.market.refusals import PASSING
from maemae.service import incidents, words
from maemae.service import operations as op
from maemae.service.answers import AuditLine, DayResult, IncidentLine, Pnl, Share
from maemae.service.denial_words import denial, shares_at
from maemae.service.operations import Methods, Operation
from maemae.service.units import unit_refusal

T = TypeVar("T")


PAST: "Methods[History]" = Methods()


class History:
    """Questions about the past of one account. All but `ask` block: call them from a thread.

    The fold begins at the ledger's snapshot and is carried on from there, so that a question about
    profit only reads what is new, and the days that it asks for.

    Args:
        ledger: the account's books.
        costs: fees and taxes of the venue the ledger belongs to.
        say: is told once what is wrong with the snapshot of the ledger.
    """

    def __init__(
        self, ledger: Ledger, costs: CostRules, say: Callable[[str], None] = lambda _: None
    ) -> None:
        self._ledger = ledger
        self._costs = costs
        self._say = say
        self._fold: Fold | None = None
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
            return self._folded().state

    def _folded(self) -> Fold:
        """Return the fold as far as the journal goes by now; the lock is held."""
        if self._fold is None:
            self._fold, unfit = kept(self._ledger, self._costs)
            if unfit is not None:
                self._say(told(unfit))
        carry_on(self._ledger, self._fold)
        return self._fold

    def _days(self, first: date, last: date) -> list[Day]:
        """Return the days of a span, by the date and then by when they were opened."""
        with self._folding:
            try:
                found = days_of(self._ledger, self._folded(), first, last)
            except DamagedDayError as error:
                self._say(f"{error}")
                self._fold = Fold.empty(self._costs)
                found = days_of(self._ledger, self._folded(), first, last)
        return sorted(found, key=lambda day: day.day)

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
        found = self._days(first, last)
        # A day that was opened twice counts as it ended the second time; its sales count all.
        days = list({day.day: _result(day) for day in found}.values())
        sold = [sold for day in found for sold in day.sold]
        return Pnl(
            first=first,
            last=last,
            realised=sum(day.realised for day in days),
            fees=sum(day.fees for day in days),
            taxes=sum(day.taxes for day in days),
            wins=sum(day.wins for day in days),
            losses=sum(day.losses for day in days),
            days=days,
            by_book=_shares(sold, lambda one: (one.book, "")),
            by_code=_shares(sold, lambda one: (one.code, one.name)),
            by_reason=_shares(sold, lambda one: (one.reason, "")),
        )


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


def _result(day: Day) -> DayResult:
    return DayResult(
        day=day.day,
        realised=day.realised,
        fees=day.fees,
        taxes=day.taxes,
        wins=day.wins,
        losses=day.losses,
        cash=day.cash,
    )


def _shares(sold: Iterable[Sold], key: Callable[[Sold], tuple[str, str]]) -> list[Share]:
    grouped: dict[tuple[str, str], list[Sold]] = {}
    for one in sold:
        grouped.setdefault(key(one), []).append(one)
    shares = [
        Share(
            word,
            name,
            sum(one.realised for one in parts),
            sum(one.sales for one in parts),
            sum(one.wins for one in parts),
        )
        for (word, name), parts in grouped.items()
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
