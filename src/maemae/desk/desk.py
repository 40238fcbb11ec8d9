"""The desk: `step(event)` turns what happened into facts and commands. No I/O, no clock."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from maemae.desk import events as ev
from maemae.desk import inquiry, patience
from maemae.desk.byhand import ByHand
from maemae.desk.commands import Ask, Wake, Watch
from maemae.desk.entries import Entries
from maemae.desk.evidence import Evidence
from maemae.desk.exits import profit
from maemae.desk.moving import Mover
from maemae.desk.orders import OrderState
from maemae.desk.patience import Patience
from maemae.desk.planned import PLAN, Planner
from maemae.desk.prices import Quote
from maemae.desk.reconciling import Reconciler
from maemae.desk.records import (
    ARMED,
    FIRST_RUN,
    AmendFailed,
    CancelFailed,
    DayClosed,
    Ended,
    ExitDue,
    FlattenBegun,
    Halt,
    Halted,
    Incident,
    Listed,
    Lost,
    Record,
)
from maemae.desk.rules import DeskRules
from maemae.desk.selling import Seller
from maemae.desk.sending import cancel
from maemae.desk.state import State
from maemae.desk.timekeeping import Timekeeper
from maemae.desk.tracking import BALANCE, RESOLVE, Tracker
from maemae.desk.turn import Turn
from maemae.market.kinds import Side

CLOSE = "close"
AFTER_CLOSE = timedelta(minutes=1)
"""The closing auction ends up to 30 s late; the books are closed after that."""

CLOSE_AGAIN = timedelta(seconds=2)
CLOSE_TRIES = 30


class Desk:
    """The trading core of one account.

    Args:
        rules: books, costs, limits.
        records: all facts of the ledger so far, oldest first.
    """

    def __init__(self, rules: DeskRules, records: Iterable[Record] = ()) -> None:
        self.rules = rules
        self.state = State(rules.costs)
        for record in records:
            self.state.apply(record)
        self.quotes: dict[str, Quote] = {}
        limits = rules.bounds
        self.entries = Entries(rules.books, limits)
        self._patience = Patience(limits)
        self._planner = Planner(self.entries)
        self.finished = False
        """Whether the day is closed and nothing is left to do."""
        self.listed: dict[str, Listed] = {}
        """What is known of the instruments met so far, by code."""
        self._seller = Seller(limits)
        self._mover = Mover(rules.books, limits)
        self._byhand = ByHand(limits, {n: b.entry.exits for n, b in rules.books.items()})
        self._tracker = Tracker()
        self._evidence = Evidence(self._tracker)
        self._reconciler = Reconciler()
        self._session: ev.Started | None = None
        self._opened = False
        self._gap = False
        self._no_inquiry = False
        """Whether the venue offers no order inquiry at all."""
        self._watched: tuple[str, ...] = ()
        self._watched_at = -1
        self._closings = 0
        self._handlers: dict[type[ev.Event], Callable[[Turn, Any], None]] = {
            ev.Started: self._on_started,
            ev.Balance: self._on_balance,
            ev.Price: self._on_price,
            ev.Candidates: self._on_candidates,
            ev.ExitsDue: self._on_exits_due,
            ev.BuyingPower: self._on_power,
            ev.Unavailable: self._on_unavailable,
            ev.OrderAccepted: self._on_accepted,
            ev.OrderRefused: self._on_refused,
            ev.OrderUnknown: self._tracker.unknown,
            ev.CancelAnswered: self._on_cancel_answered,
            ev.Notice: self._on_notice,
            ev.Executions: self._on_executions,
            ev.Timer: self._on_timer,
            ev.StreamChanged: self._on_stream,
            ev.Reported: self._on_reported,
            ev.ClockCompared: Timekeeper(rules.limits).compared,
            ev.HaltOrdered: self._on_halt,
            ev.FlattenOrdered: self._on_flatten,
            ev.OrderOrdered: self._on_order,
            ev.MoveOrdered: self._on_move,
            ev.CancelOrdered: self._byhand.cancelled,
            ev.AmendOrdered: self._byhand.amended,
            ev.AmendAnswered: self._on_amend_answered,
            ev.PlanOpened: self._on_plan,
            ev.PlanRefused: self._planner.refused,
        }

    def step(self, event: ev.Event) -> Turn:
        """Take in one event; return the facts to make durable and then the commands to do."""
        turn = Turn(self.state, event.at)
        self._handlers[type(event)](turn, event)
        may_enter = any(self._may_enter(turn, book) for book in self.rules.books)
        self.entries.pump(turn, self.quotes, may_enter=may_enter)
        self._planner.follow(turn)
        self._watch(turn)
        return turn

    @property
    def agreed(self) -> bool:
        """Whether the broker's books have been seen, and agreed with ours when last compared."""
        return self._opened and self._reconciler.agreed

    def loss(self, book: str | None = None) -> int:
        """Return the day's loss so far in won, unrealised among it; 0 when there is a profit.

        Of one book, or of all books together.
        """
        results = self.state.results.items()
        earned = sum(result.realised for name, result in results if book in (None, name))
        for position in self.state.positions.values():
            if book not in (None, position.book):
                continue
            quote = self.quotes.get(position.listed.code)
            if quote is not None and self.state.day is not None:
                earned += profit(position, quote.price, self.state.rules, self.state.day)
        return max(0, -earned)

    # The day.

    def _on_started(self, turn: Turn, event: ev.Started) -> None:
        self._session = event
        self._first_run(turn)
        # After a restart within the day exits are armed at once; entries wait for the broker.
        self._opened = self.state.day == event.at.date()
        for order in list(self.state.live()):
            if order.state is OrderState.INTENDED:
                turn.record(Lost(at=turn.at, intent=order.intent, reason="restart"))
            # Nobody waits for these answers any more; the inquiry tells what came of them.
            if order.cancelling:
                turn.record(CancelFailed(at=turn.at, intent=order.intent, reason="restart"))
            if order.amending is not None:
                turn.record(AmendFailed(at=turn.at, intent=order.intent, reason="restart"))
        for order in self.state.live():
            patience.wake(turn, order)
        self._gap = any(self.state.live())
        self._evidence.doubt_all(self.state)
        self._question(turn)
        for name, book in self.rules.books.items():
            first = max(turn.at, self._opens(event, name))
            turn.do(Wake(f"search:{name}", first))
            turn.do(Wake(f"signal:{name}", first + book.signal_every))
        turn.do(Wake(BALANCE, max(turn.at, event.opens) + self.rules.balance_every))
        turn.do(Wake(CLOSE, event.closes + AFTER_CLOSE))

    def _first_run(self, turn: Turn) -> None:
        """Halt entries on a ledger that has never traded; let go where that is not wanted."""
        if self.rules.confirm_first and not self.state.begun:
            turn.record(Halted(at=turn.at, level=Halt.ENTRIES, reason=FIRST_RUN))
        elif not self.rules.confirm_first and self.state.unconfirmed:
            turn.record(Halted(at=turn.at, level=Halt.NONE, reason=ARMED))

    def _on_timer(self, turn: Turn, event: ev.Timer) -> None:
        kind, _, book = event.name.partition(":")
        if kind == "search" and self._trading(turn, book):
            turn.do(Ask(ev.Query.SEARCH, book))
            self._search_again(turn, book)
        elif kind == "signal" and (self._trading(turn, book) or self._in_session(turn)):
            self._look(turn)
            self._consider(turn, book)
            turn.do(Wake(event.name, turn.at + self.rules.books[book].signal_every))
        elif kind == BALANCE and not self.finished:
            turn.do(Ask(ev.Query.BALANCE, version=self.state.version))
            turn.do(Wake(BALANCE, turn.at + self.rules.balance_every))
        elif kind == RESOLVE:
            self._question(turn)
            if any(self._unknown()):
                # A question may hang as long as an order: the next one does not wait for it.
                turn.do(Wake(RESOLVE, turn.at + inquiry.ASK_AGAIN))
        elif kind == patience.WAY:
            self._patience.due(
                turn, book, self.quotes, in_session=self._in_session(turn), loss=self.loss
            )
        elif kind == PLAN:
            self._planner.again(turn, book)
            self._look(turn)
            self._consider(turn, book)
        elif kind == CLOSE:
            self._close(turn)

    def _search_again(self, turn: Turn, book: str) -> None:
        if self._session is not None:
            again = self.rules.books[book].next_search(self._session.opens, turn.at)
            turn.do(Wake(f"search:{book}", again))

    def _close(self, turn: Turn) -> None:
        if self.finished:
            return
        self._closings += 1
        if self._closings > CLOSE_TRIES:
            turn.record(
                Incident(at=turn.at, kind="close_unreconciled", detail="books still differ")
            )
            self.finished = True
            return
        self._reconciler.begin_again()
        self._question(turn)
        turn.do(Wake(CLOSE, turn.at + CLOSE_AGAIN))

    def _maybe_finish(self, turn: Turn) -> None:
        if self._closings == 0 or self.finished or not self._reconciler.settled or self._gap:
            return
        for order in list(self.state.live()):
            # All orders are day orders (KRX business regulation); the close ends them.
            if order.state is OrderState.WORKING:
                turn.record(Ended(at=turn.at, intent=order.intent, cancelled=False))
        if not any(self.state.live()):
            if self.state.day is not None:
                turn.record(DayClosed(at=turn.at, day=self.state.day))
            self.finished = True

    # Prices and candidates.

    def _on_price(self, turn: Turn, event: ev.Price) -> None:
        self.quotes[event.code] = Quote(event.price, turn.at)
        self._look(turn, event.code)
        self.entries.priced(turn, event.code, self.quotes)
        if event.listed is not None:
            self.listed[event.code] = event.listed
            self._byhand.priced(
                turn,
                event.code,
                self.quotes,
                self.listed,
                in_session=self._in_session(turn),
            )
            for order in self._mover.waiting(event.code):
                self._on_move(turn, order)
        elif event.polled:
            self._nothing_known(turn, event.code, "the broker does not say what it is")

    def _nothing_known(self, turn: Turn, code: str, reason: str) -> None:
        """Refuse what people wanted of a name whose price cannot be had."""
        self._byhand.dropped(turn, code, reason)
        self._mover.dropped(turn, code, reason)

    def _on_candidates(self, turn: Turn, event: ev.Candidates) -> None:
        for offer in event.offers:
            self.listed[offer.listed.code] = offer.listed
            if offer.price > 0:
                self.quotes[offer.listed.code] = Quote(offer.price, turn.at)
        self.entries.offered(event)
        self._consider(turn, event.book)

    def _on_exits_due(self, turn: Turn, event: ev.ExitsDue) -> None:
        for code in event.codes:
            key = event.book, code
            if key in self.state.positions and key not in self.state.due:
                turn.record(ExitDue(at=turn.at, book=event.book, code=code, reason=event.reason))

    def _on_plan(self, turn: Turn, event: ev.PlanOpened) -> None:
        self._planner.opened(turn, event)
        self._look(turn)
        self._consider(turn, event.book)

    def _on_power(self, turn: Turn, event: ev.BuyingPower) -> None:
        self._evidence.powered(turn, event)
        self.entries.powered(
            turn,
            event,
            self.quotes,
            in_session=self._trading(turn, self.entries.asking_for),
            loss=self.loss,
        )

    def _consider(self, turn: Turn, book: str) -> None:
        if self._may_enter(turn, book) and book not in self.state.flattening:
            self.entries.consider(turn, book, self.quotes)

    def _look(self, turn: Turn, code: str | None = None) -> None:
        if not self._opened:
            return
        in_session = self._in_session(turn)
        if in_session:
            self._seller.look(turn, self.quotes, in_session=True, code=code)
            return
        # Before the open nothing is sold on a price, for there is none yet: only what is due.
        early = [key for key in self.state.due if self._trading(turn, key[0])]
        self._seller.look(turn, self.quotes, in_session=bool(early), code=code, only=early or None)

    # Orders and books.

    def _on_accepted(self, turn: Turn, event: ev.OrderAccepted) -> None:
        self._tracker.accepted(turn, event)
        order = self.state.order(event.intent)
        if order.side is Side.SELL:
            self._seller.accepted(order.code)

    def _on_refused(self, turn: Turn, event: ev.OrderRefused) -> None:
        self._tracker.refused(turn, event)
        order = self.state.order(event.intent)
        if order.side is Side.SELL:
            self._seller.refused(turn, order.code)
            turn.record(
                Incident(
                    at=turn.at,
                    kind="exit_refused",
                    detail=f"{order.code}: {event.code} {event.message}",
                )
            )
            turn.do(Ask(ev.Query.BALANCE, version=self.state.version))

    def _on_cancel_answered(self, turn: Turn, event: ev.CancelAnswered) -> None:
        if event.failure:
            self._evidence.doubted.add(event.intent)
        self._tracker.cancel_answered(turn, event)

    def _on_amend_answered(self, turn: Turn, event: ev.AmendAnswered) -> None:
        if event.order_no is None:
            self._evidence.doubted.add(event.intent)
        self._tracker.amend_answered(turn, event)

    def _on_notice(self, turn: Turn, event: ev.Notice) -> None:
        if event.kind is ev.NoticeKind.FILLED:
            self.quotes[event.code] = Quote(event.price, turn.at)
        self._tracker.notice(turn, event)

    def _on_executions(self, turn: Turn, event: ev.Executions) -> None:
        whole = inquiry.read(turn, self._tracker, event)
        self._evidence.inquired(turn.at, complete=whole)
        if whole:
            self._reconciler.inquired()
            self._gap = self._gap and any(self._unknown())
        elif self._gap:
            turn.do(Wake(RESOLVE, turn.at + inquiry.LOOK_AFTER))
        self._maybe_finish(turn)

    def _on_balance(self, turn: Turn, event: ev.Balance) -> None:
        closed = self._closings > 0
        if self._tracker.blind:
            self._reconciler.inquired()
        if self.state.day != event.at.date():
            self._reconciler.open_day(turn, event)
        elif self._evidence.look(turn, event, self.quotes, closed=closed):
            self._reconciler.agreed = False
        else:
            self._reconciler.check(turn, event)
        self._opened = True
        for holding in event.holdings:
            stale = self.quotes.get(holding.code)
            if holding.price > 0 and (
                stale is None or turn.at - stale.seen >= self.rules.balance_every
            ):
                self.quotes[holding.code] = Quote(holding.price, turn.at)
        if self._tracker.blind:
            self._gap = self._gap and not self._reconciler.agreed
        self._look(turn)
        self._maybe_finish(turn)

    def _on_unavailable(self, turn: Turn, event: ev.Unavailable) -> None:
        match event.query:
            case ev.Query.POWER | ev.Query.PRICE:
                self.entries.dropped(event.key)
                self._nothing_known(turn, event.key, event.reason)
            case ev.Query.BALANCE if not self._opened or self._doubts():
                turn.do(Wake(RESOLVE, turn.at + inquiry.LOOK_AFTER))
            case ev.Query.EXECUTIONS:
                if event.permanent:
                    self._no_inquiry = self._tracker.blind = True
                if self._doubts():
                    turn.do(Wake(RESOLVE, turn.at + inquiry.LOOK_AFTER))
            case _:
                pass

    def _on_stream(self, turn: Turn, event: ev.StreamChanged) -> None:
        if not event.up:
            self._gap = True
            self._reconciler.tell = True
            self._evidence.doubt_all(self.state)
            turn.record(Incident(at=turn.at, kind="stream_down", detail=event.reason))
            return
        if self._gap:
            self._question(turn)

    def _on_reported(self, turn: Turn, event: ev.Reported) -> None:
        turn.record(Incident(at=turn.at, kind=event.kind, detail=event.detail))

    def _question(self, turn: Turn) -> None:
        """Ask the broker how things stand."""
        if not self._no_inquiry:
            turn.do(Ask(ev.Query.EXECUTIONS, version=self.state.version))
        turn.do(Ask(ev.Query.BALANCE, version=self.state.version))

    def _doubts(self) -> bool:
        """Whether the broker has to be asked again soon."""
        return self._gap or bool(self._tracker.suspects) or any(self._unknown())

    def _unknown(self) -> Iterable[str]:
        return (o.intent for o in self.state.live() if o.state is OrderState.UNKNOWN)

    # What people command.

    def _on_halt(self, turn: Turn, event: ev.HaltOrdered) -> None:
        if event.book:
            if (event.level is not Halt.NONE) is not (event.book in self.state.paused):
                turn.record(
                    Halted(at=turn.at, level=event.level, reason=event.reason, book=event.book)
                )
                self.entries.forget(event.book)
            return
        # The first word of a person counts even where nothing was halted: see `_first_run`.
        if not self.state.stands(event.level) or not self.state.begun:
            turn.record(Halted(at=turn.at, level=event.level, reason=event.reason))

    def _on_flatten(self, turn: Turn, event: ev.FlattenOrdered) -> None:
        turn.record(FlattenBegun(at=turn.at, book=event.book, reason=event.reason))
        whole = event.book is None and self.state.halt is not Halt.EXITS_ONLY
        if whole or self.state.halt is Halt.ALL:
            # Selling everything is what the person wants now, the kill switch or not.
            turn.record(Halted(at=turn.at, level=Halt.EXITS_ONLY, reason=event.reason))
        for order in list(self.state.live(book=event.book, side=Side.BUY)):
            cancel(turn, order, "flatten")
        self._look(turn)

    def _on_order(self, turn: Turn, event: ev.OrderOrdered) -> None:
        for position in self.state.positions.values():
            self.listed.setdefault(position.listed.code, position.listed)
        self._byhand.ordered(
            turn, event, self.quotes, self.listed, in_session=self._in_session(turn)
        )

    def _on_move(self, turn: Turn, event: ev.MoveOrdered) -> None:
        going = self.state.halt is Halt.NONE
        trading = {
            book
            for book in self.rules.books
            if going
            and book not in self.state.paused
            and (self._in_session(turn) or self._trading(turn, book))
        }
        self._mover.move(turn, event, self.quotes, self.listed, frozenset(trading))

    # What is allowed now.

    def _in_session(self, turn: Turn) -> bool:
        session = self._session
        return session is not None and session.opens <= turn.at < session.closes

    def _trading(self, turn: Turn, book: str | None) -> bool:
        """Whether a book may enter at this time of day."""
        session = self._session
        return session is not None and self._opens(session, book) <= turn.at < session.auction

    def _opens(self, session: ev.Started, book: str | None) -> datetime:
        rules = self.rules.books.get(book) if book is not None else None
        early = rules is not None and rules.auction
        return (session.accepts or session.opens) if early else session.opens

    def _may_enter(self, turn: Turn, book: str) -> bool:
        return (
            self._opened
            and self._trading(turn, book)
            and self.state.halt is Halt.NONE
            and book not in self.state.paused
            and self._reconciler.agreed
            and not self._gap
        )

    def _watch(self, turn: Turn) -> None:
        if self._watched_at == self.state.version:
            return
        self._watched_at = self.state.version
        held = [code for _, code in self.state.positions]
        working = [order.code for order in self.state.live()]
        wanted = tuple(dict.fromkeys([*held, *working]))
        if set(wanted) != set(self._watched):
            self._watched = wanted
            turn.do(Watch(wanted))
