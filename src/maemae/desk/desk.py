"""The desk: `step(event)` turns what happened into facts and commands. No I/O, no clock."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from maemae.desk import events as ev
from maemae.desk import expiring, halting, missing
from maemae.desk.again import Questions
from maemae.desk.blindness import Blindness, hides
from maemae.desk.byhand import ByHand
from maemae.desk.closing import AFTER_CLOSE, CLOSE, Closer
from maemae.desk.commands import Ask, Wake
from maemae.desk.disputes import readable
from maemae.desk.entries import ENTER, Entries
from maemae.desk.hours import BEFORE_AUCTION, Hours
from maemae.desk.loss import LossWatch
from maemae.desk.moving import Mover
from maemae.desk.newcomer import Newcomer
from maemae.desk.opening import Opening
from maemae.desk.orders import Order
from maemae.desk.patience import AUCTION, WAY, Patience
from maemae.desk.planned import PLAN, Planner
from maemae.desk.prices import Quote
from maemae.desk.quoting import ASK_BEYOND, LOOK_EVERY, PRICES, Quoting
from maemae.desk.records import (
    BY_HAND,
    Accepted,
    BasePriced,
    ExitDue,
    Filled,
    Halt,
    Halted,
    Incident,
    Listed,
    Looked,
    Record,
    Refused,
)
from maemae.desk.rules import DeskRules
from maemae.desk.selling import EXIT, EXITS, EXITS_EVERY, Seller, freed
from maemae.desk.sending import FOLLOW_EVERY, ORDERS
from maemae.desk.state import State
from maemae.desk.synchronising import Synchroniser
from maemae.desk.timekeeping import Timekeeper
from maemae.desk.tracking import BALANCE, CANCEL, RESOLVE, Tracker
from maemae.desk.turn import Turn
from maemae.desk.units import UNITS, Units
from maemae.desk.watching import Watching
from maemae.market.kinds import Side
from maemae.market.order_kinds import OrderKind
from maemae.market.phases import Venue
from maemae.market.refusals import UNCOUNTED

EVERY = {PRICES: LOOK_EVERY, EXITS: EXITS_EVERY, ORDERS: FOLLOW_EVERY}
"""How often is looked around in the session, by what the timer is called."""


class Desk:
    """The trading core of one account.

    Args:
        rules: books, costs, limits.
        records: all facts of the ledger so far, oldest first.
        state: what the facts before those add up to, which is the desk's own from then on; None:
            there are none before.
    """

    def __init__(
        self, rules: DeskRules, records: Iterable[Record] = (), state: State | None = None
    ) -> None:
        self.rules = rules
        self.state = State(rules.costs) if state is None else state
        self.state.beliefs = rules.beliefs
        for record in records:
            self.state.apply(record)
        self._quoting = Quoting(rules.pace)
        self.quotes: dict[str, Quote] = self._quoting.quotes
        limits = rules.bounds
        self.entries = Entries(rules.books, limits, self._quoting.base_of, self._lives_until)
        self._losses = LossWatch(limits)
        self._patience = Patience(limits)
        self._planner = Planner(self.entries)
        self.listed: dict[str, Listed] = {}
        """What is known of the instruments met so far, by code."""
        self._seller = Seller(limits)
        self._mover = Mover(rules.books, limits)
        exits = {name: book.entry.exits for name, book in rules.books.items()}
        self._byhand = ByHand(limits, exits, self._lives_until)
        self._tracker = Tracker()
        self._synchroniser = Synchroniser(self._tracker)
        self._opening = Opening()
        self._closer = Closer(self._synchroniser)
        self._hours = Hours(rules.books)
        self._questions = Questions()
        self._newcomer = Newcomer()
        self._units = Units()
        self._blindness = Blindness(rules.pace)
        self._watching = Watching(self.state, rules.streamed)
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
            ev.CancelAnswered: self._synchroniser.cancel_answered,
            ev.Notice: self._on_notice,
            ev.Executions: self._on_executions,
            ev.Timer: self._on_timer,
            ev.StreamChanged: self._synchroniser.stream,
            ev.NoticeUnread: self._synchroniser.notice_unread,
            ev.Reported: self._on_reported,
            ev.LedgerMissed: self._newcomer.missed,
            ev.Sighted: lambda *_: None,
            ev.ClockCompared: Timekeeper(rules.limits).compared,
            ev.HaltOrdered: self._on_halt,
            ev.FlattenOrdered: self._on_flatten,
            ev.OrderOrdered: self._on_order,
            ev.MoveOrdered: self._on_move,
            ev.UnitOrdered: self._units.ordered,
            ev.CancelOrdered: self._byhand.cancelled,
            ev.AmendOrdered: self._on_amend,
            ev.AmendAnswered: self._synchroniser.amend_answered,
            ev.PlanOpened: self._on_plan,
            ev.PlanRefused: self._planner.refused,
        }

    def step(self, event: ev.Event) -> Turn:
        """Take in one event; return the facts to make durable and then the commands to do."""
        event = readable(event)
        turn = Turn(self.state, event.at)
        self._handlers[type(event)](turn, event)
        self._look_again(turn)
        for book in self._losses.judge(turn, self.quotes):
            self.entries.forget(book)
        self.entries.pump(turn, self.quotes, lambda book: self._may_enter(turn, book))
        self._planner.follow(turn)
        self._watching.look(turn)
        if not self.finished:
            self._blindness.heed(turn, event)
        return turn

    def _look_again(self, turn: Turn) -> None:
        """Look at exits that may be due by what the step has brought: prices, shares, freedom."""
        codes = self._quoting.changed()
        for record in tuple(turn.records):
            if isinstance(record, Halted) and record.level is not Halt.ALL:
                self._look(turn)
                return
            codes |= freed(record, self.state.blotter.order)
            if isinstance(record, Accepted):
                self._taken(turn, self.state.blotter.order(record.intent))
            elif isinstance(record, Filled):
                halting.bought(turn, self.state.blotter.order(record.intent))
            elif isinstance(record, Looked):
                self._consider_again(turn, self.state.blotter.order(record.intent))
        for code in sorted(codes):
            self._look(turn, code)

    @property
    def beyond(self) -> tuple[str, ...]:
        """The names held that have no place on the stream: their prices are asked for."""
        return self._watching.beyond

    @property
    def agreed(self) -> bool:
        """Whether the broker's books have been seen, and agreed with ours when last compared."""
        return self._synchroniser.agreed

    @property
    def finished(self) -> bool:
        """Whether the day is closed and nothing is left to do."""
        return self._closer.finished

    def day_result(self, book: str | None = None) -> int:
        """Return the change of worth since the day's opening in won, of one book or of all.

        See `maemae.desk.today` for what is in it.
        """
        return self._losses.result(self.state, self.quotes, book)

    def loss(self, book: str | None = None) -> int:
        """Return the day's loss so far in won; 0 when there is a profit."""
        return max(0, -self.day_result(book))

    # The day.

    def _on_started(self, turn: Turn, event: ev.Started) -> None:
        self._hours.begin(event, self.state.calendar)
        self._newcomer.started(turn)
        self._units.opens = event.opens
        self._quoting.begin(turn.at, event.opens)
        if any(order.route is not None for order in self.state.blotter.live()):
            turn.do(Wake(ORDERS, turn.at + FOLLOW_EVERY))
        for kind, every in EVERY.items():
            turn.do(Wake(kind, max(turn.at, event.opens) + every))
        self._seller.begin(turn, event.opens, self.rules.books.values())
        halting.first_run(turn, confirm=self.rules.confirm_first)
        missing.remind(turn)
        self._synchroniser.started(turn, event)
        self._opening.begin(event.opens)
        if self._synchroniser.opened:
            self._units.begin(turn)
        for name, book in self.rules.books.items():
            first = self._hours.first_entry(turn.at, name)
            turn.do(Wake(f"search:{name}", first))
            turn.do(Wake(f"signal:{name}", first + book.signal_every))
        turn.do(Wake(BALANCE, max(turn.at, event.opens) + self.rules.balance_every))
        turn.do(Wake(AUCTION, max(turn.at, event.auction - BEFORE_AUCTION)))
        turn.do(Wake(CLOSE, self._hours.ends(event.closes) + AFTER_CLOSE))

    def _on_timer(self, turn: Turn, event: ev.Timer) -> None:
        kind, _, book = event.name.partition(":")
        if kind == "search" and self._hours.entering(turn.at, book):
            turn.do(Ask(ev.Query.SEARCH, book))
            self._search_again(turn, book)
        elif kind == "signal" and self._trading(turn, book):
            self._look(turn)
            self._consider(turn, book)
            turn.do(Wake(event.name, turn.at + self.rules.books[book].signal_every))
        elif kind == BALANCE and not self.finished:
            self._synchroniser.ask_balance(turn)
            turn.do(Wake(BALANCE, turn.at + self.rules.balance_every))
        elif kind in EVERY:
            self._look_around(turn, kind, once=bool(book))
        elif kind == RESOLVE:
            self._synchroniser.resolve(turn)
        elif kind == WAY:
            self._patience.due(
                turn,
                book,
                self.quotes,
                opened=self._hours.opened(turn.at),
                closing=self._hours.closing(turn.at),
                loss=self.loss,
            )
        elif kind == AUCTION and self._hours.in_session(turn.at):
            self._patience.before_auction(turn)
        elif kind in (CANCEL, EXIT, ENTER):
            self._try_again(turn, kind, book)
        elif kind == PLAN:
            self._planner.again(turn, book)
            self._look(turn)
            self._consider(turn, book)
        elif kind == UNITS:
            self._units.due(turn, self.quotes)
            self._look(turn)
        elif kind == CLOSE:
            self._closer.close(turn)

    def _try_again(self, turn: Turn, kind: str, what: str) -> None:
        """Do again what was certainly not done: a cancel, an exit, an entry; see what ended."""
        if kind == CANCEL:
            self._tracker.cancel_again(turn, what)
        elif kind == EXIT:
            self._look(turn, what)
        else:
            self._consider(turn, what.partition(":")[0])

    def _search_again(self, turn: Turn, book: str, soon: timedelta | None = None) -> None:
        """Search when it is due next, or soon, if that is earlier."""
        again = self._hours.next_search(turn.at, book)
        if again is not None and soon is not None:
            again = min(again, turn.at + soon)
        if again is not None:
            turn.do(Wake(f"search:{book}", again))

    # Prices and candidates.

    def _on_price(self, turn: Turn, event: ev.Price) -> None:
        sound = self._quoting.priced(turn, event, self._reference(event.code))
        self._note_base(turn, event)
        if sound:
            self._valued(event.code)
        if not event.polled:
            self._seller.traded(turn, event.code)
        self._units.priced(turn, event, self.quotes)
        if sound or event.polled:
            self.entries.priced(turn, event.code, self.quotes)
        if event.listed is not None and event.code in self.quotes:
            self.listed[event.code] = event.listed
            in_session = self._hours.in_session(turn.at)
            self._byhand.priced(turn, event.code, self.quotes, self.listed, in_session=in_session)
            for order in self._mover.waiting(event.code):
                self._on_move(turn, order)
        elif event.polled:
            self._nothing_known(turn, event.code, "")

    def _valued(self, code: str) -> None:
        """Let the day's result follow a price that was found sound."""
        quote = self.quotes.get(code)
        if quote is not None:
            self._losses.priced(code, quote.price)

    def _reference(self, code: str) -> int:
        """Return what the first price of a day is held against; 0: nothing is known of the name."""
        if code in self.quotes:
            return self.quotes[code].price
        positions = self.state.portfolio.positions.values()
        paid = next((one.average for one in positions if one.listed.code == code), 0)
        return self.state.today.bases.get(code) or paid

    def _note_base(self, turn: Turn, event: ev.Price) -> None:
        """Let shares held overnight count from the base price that an answer tells.

        What is told before the day opens is that day's: it opens with it.
        """
        if self.state.day != turn.at.date():
            return
        code, today = event.code, self.state.today
        base = self._quoting.base_of(code) if event.day is not None else 0
        held = any(line.overnight and key[1] == code for key, line in today.lines.items())
        if base and held and today.bases.get(code) != base:
            turn.record(BasePriced(at=turn.at, code=code, price=base))

    def _look_around(self, turn: Turn, kind: str, *, once: bool) -> None:
        """Look for prices of what is held, exits that are due, ends of orders; and again."""
        within = self._hours.in_session(turn.at)
        if within and kind == PRICES:
            self._quoting.look(turn, self._watching.held, self.beyond)
        elif within and kind == EXITS:
            self._patience.too_late(turn)
            self._look(turn)
        elif kind == ORDERS and (within or self._off_hours(turn)):
            halting.unwanted(turn)
            self._synchroniser.follow(turn)
        if not self.finished and not once:
            every = ASK_BEYOND if kind == PRICES and self.beyond else EVERY[kind]
            turn.do(Wake(kind, turn.at + every))

    def _off_hours(self, turn: Turn) -> bool:
        """Whether an order may live outside the regular session, or has outlived it."""
        last = expiring.last(self.state)
        closes = self._hours.closes_before(last)
        return last is not None or (closes is not None and turn.at >= closes)

    def _nothing_known(self, turn: Turn, code: str, reason: str) -> None:
        """Refuse what people wanted of a name whose price cannot be had."""
        self._byhand.dropped(turn, code, reason)
        self._mover.dropped(turn, code, reason)

    def _on_candidates(self, turn: Turn, event: ev.Candidates) -> None:
        offers = self._quoting.offered(turn, event)
        for offer in offers:
            self.listed[offer.listed.code] = offer.listed
            self._valued(offer.listed.code)
        self._questions.answered(f"search:{event.book}")
        self.entries.offered(replace(event, offers=offers))
        self._consider(turn, event.book)

    def _on_exits_due(self, turn: Turn, event: ev.ExitsDue) -> None:
        for code in event.codes:
            key = event.book, code
            if key in self.state.portfolio.positions and key not in self.state.portfolio.due:
                turn.record(ExitDue(at=turn.at, book=event.book, code=code, reason=event.reason))

    def _on_plan(self, turn: Turn, event: ev.PlanOpened) -> None:
        self._planner.opened(turn, event)
        self._look(turn)
        self._consider(turn, event.book)

    def _on_power(self, turn: Turn, event: ev.BuyingPower) -> None:
        self._synchroniser.powered(turn, event)
        # What was seen when it was asked may not be by now, and this very answer may have told of
        # an order that rests without a number.
        book = self.entries.asking_for
        if book is not None and self._may_enter(turn, book):
            self.entries.powered(turn, event, self.quotes, loss=self.loss)

    def _consider_again(self, turn: Turn, refused: Order) -> None:
        """Look at a book's entries when it was seen that one which was refused is not there."""
        if refused.side is Side.BUY and refused.book in self.rules.books:
            self._consider(turn, refused.book)

    def _consider(self, turn: Turn, book: str) -> None:
        if self._may_enter(turn, book) and book not in self.state.flattening:
            self.entries.consider(turn, book, self.quotes)

    def _look(self, turn: Turn, code: str | None = None) -> None:
        if not self._synchroniser.opened:
            return
        if self._hours.in_session(turn.at):
            self._seller.look(turn, self.quotes, in_session=True, code=code)
            return
        # Before the open nothing is sold on a price, for there is none yet: only what is due.
        early = [
            key for key in self.state.portfolio.due if self._hours.sells_early(turn.at, key[0])
        ]
        self._seller.look(turn, self.quotes, in_session=bool(early), code=code, only=early or None)

    # Orders and books.

    def _on_accepted(self, turn: Turn, event: ev.OrderAccepted) -> None:
        self._tracker.accepted(turn, event)
        self._synchroniser.accepted(turn)

    def _taken(self, turn: Turn, order: Order) -> None:
        """Take in that the broker has an order, whoever told of it."""
        halting.let_go(turn, order)
        if order.side is Side.SELL:
            self._seller.accepted(order.code)
        else:
            self.entries.accepted(order)

    def _on_refused(self, turn: Turn, event: ev.OrderRefused) -> None:
        self._tracker.refused(turn, event)
        self._after_refusal(turn)

    def _after_refusal(self, turn: Turn) -> None:
        """Do what the kind of a refusal that was just written down asks for."""
        for record in [one for one in turn.records if isinstance(one, Refused)]:
            order = self.state.blotter.order(record.intent)
            if order.reason == BY_HAND:
                continue  # The person is told, and decides.
            if order.side is Side.SELL:
                self._seller.refused(turn, order.code, record)
            else:
                self.entries.refused(turn, order, record.kind)
            if record.kind not in UNCOUNTED:
                self._synchroniser.ask_balance(turn)

    def _on_notice(self, turn: Turn, event: ev.Notice) -> None:
        if event.kind is ev.NoticeKind.FILLED:
            self._quoting.filled(turn, event, self._reference(event.code))
            self._valued(event.code)
        self._tracker.notice(turn, event)
        self._after_refusal(turn)

    def _on_executions(self, turn: Turn, event: ev.Executions) -> None:
        self._newcomer.executions(turn, event)
        self._synchroniser.executions(turn, event, self.quotes)
        expiring.settle(turn, event, self._hours.closes_before(expiring.last(self.state)))
        self._closer.settle(turn)

    def _on_balance(self, turn: Turn, event: ev.Balance) -> None:
        self._questions.answered(BALANCE)
        if self.state.day == turn.at.date() or not self._opening.waits(turn, event):
            self._stated(turn, event)

    def _stated(self, turn: Turn, event: ev.Balance) -> None:
        """Take in what the broker says is held; the first time, the day opens on it."""
        self._newcomer.balance(turn, event)
        opened = self.state.day == turn.at.date()
        if opened:
            self._units.balance(turn, event, self.quotes)
        self._synchroniser.balance(turn, event, self.quotes, closed=self._closer.begun)
        if not opened:
            self._units.begin(turn)
            self._units.balance(turn, event, self.quotes)
        self._closer.stated(turn, event, self._hours, self.quotes)
        for holding in event.once.values():
            reference = self._reference(holding.code)
            self._quoting.held(turn, holding, reference, every=self.rules.balance_every)
            self._valued(holding.code)
        self._look(turn)
        self._closer.settle(turn)

    def _on_unavailable(self, turn: Turn, event: ev.Unavailable) -> None:
        if event.query in (ev.Query.POWER, ev.Query.PRICE):
            self.entries.unanswered(turn, event.key)
            self._nothing_known(turn, event.key, event.reason)
            return
        kept = self._opening.release() if event.query is ev.Query.BALANCE else None
        if kept is not None:
            self._stated(turn, kept)
        self._synchroniser.unavailable(turn, event)
        if event.query is ev.Query.SEARCH and not event.permanent:
            self._search_again(turn, event.key, self._questions.unanswered(f"search:{event.key}"))
        elif event.query is ev.Query.BALANCE and not self.finished:
            soon = min(self._questions.unanswered(BALANCE), self.rules.balance_every)
            turn.do(Wake(BALANCE, turn.at + soon))

    def _on_reported(self, turn: Turn, event: ev.Reported) -> None:
        turn.record(Incident(at=turn.at, kind=event.kind, detail=event.detail))

    # What people command.

    def _on_halt(self, turn: Turn, event: ev.HaltOrdered) -> None:
        halting.halt(turn, event, self.entries)

    def _on_flatten(self, turn: Turn, event: ev.FlattenOrdered) -> None:
        halting.flatten(turn, event, self.entries)
        self._look(turn)

    def _on_order(self, turn: Turn, event: ev.OrderOrdered) -> None:
        for position in self.state.portfolio.positions.values():
            self.listed.setdefault(position.listed.code, position.listed)
        in_session = self._hours.in_session(turn.at)
        self._byhand.ordered(turn, event, self.quotes, self.listed, in_session=in_session)

    def _on_amend(self, turn: Turn, event: ev.AmendOrdered) -> None:
        in_session = self._hours.in_session(turn.at)
        self._byhand.amended(turn, event, self.quotes, in_session=in_session)

    def _on_move(self, turn: Turn, event: ev.MoveOrdered) -> None:
        going = self.state.halt is Halt.NONE
        trading = {
            book
            for book in self.rules.books
            if going and book not in self.state.paused and self._trading(turn, book)
        }
        self._mover.move(turn, event, self.quotes, self.listed, frozenset(trading))

    # What is allowed now.

    def _trading(self, turn: Turn, book: str) -> bool:
        """Whether a book may sell or enter at this time of day."""
        return self._hours.in_session(turn.at) or self._hours.entering(turn.at, book)

    def _may_enter(self, turn: Turn, book: str) -> bool:
        return (
            self._hours.entering(turn.at, book)
            and self.state.halt is Halt.NONE
            and book not in self.state.paused
            and self._synchroniser.current
            and not self.state.portfolio.unchecked
            and not self._synchroniser.undecided(self.state)
            and not hides(self.state, book, searches=book not in self._planner.books)
        )

    def _lives_until(self, kind: OrderKind, exchange: Venue, at: datetime) -> datetime | None:
        """Return until when an order of a kind may trade that goes somewhere now."""
        return self._hours.lives_until(self.state.calendar, kind, exchange, at)
