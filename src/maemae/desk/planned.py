"""Carrying out plans: exact buys and whole sales, each line once, judged by the ledger alone.

A line is done when an order of its book, name and side was intended since the plan was begun,
whatever became of it, unless nobody looked at that order (`Order.passed_by`) or it never arrived.
So a plan that is opened again after a crash goes on where it was, and an order of which nobody
knows whether it arrived is waited for, not sent again.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from maemae.desk.commands import Wake
from maemae.desk.entries import Entries
from maemae.desk.events import Candidates, PlanOpened, PlanRefused
from maemae.desk.orders import OrderState
from maemae.desk.records import Declined, ExitDue, Halt, Incident, PlanBegun, PlanEnded, PlanSkipped
from maemae.desk.turn import Turn
from maemae.market.kinds import Side

PLAN = "plan"
"""The reason of a plan's orders, and the kind of its timers."""

PASSING = frozenset({"buying_power", "capital", "cash"})
"""Rules whose breach passes when a live market buy is filled: it sets aside the upper limit price
(상한가) of its shares until then."""

AGAIN = timedelta(seconds=5)
"""What is not ordered yet is offered again after that long: a price or an answer was missing."""


@dataclass(slots=True)
class _Open:
    plan: PlanOpened
    skipped: dict[str, str] = field(default_factory=dict)
    short: dict[str, str] = field(default_factory=dict)
    """What the money did not reach for, while other buys lived, with the rule that said so."""


class Planner:
    """The plans that are being carried out, by book.

    Args:
        entries: the queue of names that books want to buy.
    """

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._open: dict[str, _Open] = {}

    @property
    def books(self) -> frozenset[str]:
        """Books whose plan is being carried out."""
        return frozenset(self._open)

    def opened(self, turn: Turn, event: PlanOpened) -> None:
        """Begin a plan, or go on with it; one that is over, or another than was begun, is not."""
        known = turn.state.plans.get(event.book)
        mine = known is not None and known.day == event.day
        if known is not None and (known.day > event.day or (mine and known.over)):
            return
        if known is not None and mine and known.begun not in ("", event.fingerprint):
            detail = f"{event.book}: {event.plan}"
            turn.record(Incident(at=turn.at, kind="plan_changed", detail=detail))
            return
        if known is None or not mine or not known.begun:
            turn.record(
                PlanBegun(
                    at=turn.at,
                    book=event.book,
                    plan=event.plan,
                    day=event.day,
                    fingerprint=event.fingerprint,
                )
            )
        self._open[event.book] = opened = _Open(event)
        self._sell(turn, opened)
        for offer in event.buys:
            code = offer.listed.code
            held = turn.state.portfolio.shares(code) > 0
            if held and not self._ordered(turn, event.book, code, Side.BUY):
                opened.skipped[code] = "held"
        self.again(turn, event.book)

    def refused(self, turn: Turn, event: PlanRefused) -> None:
        """Note that a plan is not carried out, once."""
        known = turn.state.plans.get(event.book)
        if known is not None and known.day == event.day and known.over:
            return
        turn.record(
            PlanSkipped(
                at=turn.at,
                book=event.book,
                plan=event.plan,
                day=event.day,
                reason=event.reason,
            )
        )

    def again(self, turn: Turn, book: str) -> None:
        """Offer what is not ordered yet, and look again soon."""
        opened = self._open.get(book)
        if opened is None:
            return
        if not any(turn.state.blotter.live(side=Side.BUY)):
            opened.short.clear()
        rest = {code for code, side in self._rest(turn, opened) if side is Side.BUY}
        rest -= opened.short.keys()
        offers = tuple(one for one in opened.plan.buys if one.listed.code in rest)
        self._entries.offered(Candidates(at=turn.at, book=book, offers=offers))
        turn.do(Wake(f"{PLAN}:{book}", turn.at + AGAIN))

    def follow(self, turn: Turn) -> None:
        """See what the step in hand did to the plans; end those of which nothing is left to do."""
        for opened in list(self._open.values()):
            for record in turn.records:
                if isinstance(record, Declined) and record.book == opened.plan.book:
                    self._declined(turn, opened, record)
            rest = self._rest(turn, opened)
            if (rest or self._leaving(turn, opened)) and turn.at < opened.plan.until:
                continue
            state = turn.state
            halted = state.halt is not Halt.NONE or opened.plan.book in state.paused
            why = "halted" if halted else "too_late"
            opened.skipped |= {code: opened.short.get(code, why) for code, _ in rest}
            self._end(turn, opened)

    def _end(self, turn: Turn, opened: _Open) -> None:
        plan = opened.plan
        lines = [*((one.listed.code, Side.BUY) for one in plan.buys)]
        lines += [(code, Side.SELL) for code in plan.sells]
        sent = sum(self._ordered(turn, plan.book, code, side) for code, side in lines)
        turn.record(
            PlanEnded(
                at=turn.at,
                book=plan.book,
                plan=plan.plan,
                day=plan.day,
                sent=sent,
                skipped=dict(sorted(opened.skipped.items())),
            )
        )
        self._entries.offered(Candidates(at=turn.at, book=plan.book, offers=()))
        del self._open[plan.book]

    def _declined(self, turn: Turn, opened: _Open, record: Declined) -> None:
        """Leave a line out, unless the money comes free in a moment."""
        if record.rule in PASSING and any(turn.state.blotter.live(side=Side.BUY)):
            opened.short[record.code] = record.rule
        else:
            opened.skipped[record.code] = record.rule

    def _sell(self, turn: Turn, opened: _Open) -> None:
        plan, portfolio = opened.plan, turn.state.portfolio
        for code in plan.sells:
            key = plan.book, code
            if key in portfolio.positions and key not in portfolio.due:
                turn.record(ExitDue(at=turn.at, book=plan.book, code=code, reason=PLAN))
            elif key not in portfolio.positions and not self._ordered(turn, *key, Side.SELL):
                opened.skipped[code] = "not_held"

    def _rest(self, turn: Turn, opened: _Open) -> list[tuple[str, Side]]:
        """Return the lines of which nothing came yet, neither an order nor a reason against it."""
        plan = opened.plan
        lines = [(code, Side.SELL) for code in plan.sells]
        lines += [(one.listed.code, Side.BUY) for one in plan.buys]
        return [
            (code, side)
            for code, side in lines
            if code not in opened.skipped and not self._ordered(turn, plan.book, code, side)
        ]

    @staticmethod
    def _leaving(turn: Turn, opened: _Open) -> bool:
        """Whether an order of the book is on its way or in doubt: it may have to go again."""
        return any(
            order.state in (OrderState.INTENDED, OrderState.UNKNOWN)
            for order in turn.state.blotter.live(book=opened.plan.book)
        )

    @staticmethod
    def _ordered(turn: Turn, book: str, code: str, side: Side) -> bool:
        since = turn.state.plans[book].since
        return since is not None and any(
            order.book == book
            and order.code == code
            and order.side is side
            and order.intended >= since
            and not (order.passed_by or order.state is OrderState.NEVER_ARRIVED)
            for order in turn.state.blotter.orders.values()
        )
