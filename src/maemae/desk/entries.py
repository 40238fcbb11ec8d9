"""From what a source offers to an order: slots, buying power, size, guard.

Entries are taken one at a time for the whole account, because the buying power that the broker
states for one is only true until the next order.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from maemae.desk import patience
from maemae.desk.again import SecondTries
from maemae.desk.commands import Ask, Wake
from maemae.desk.denial import denied
from maemae.desk.doubted import waits_for_look
from maemae.desk.events import BuyingPower, Candidate, Candidates, Query
from maemae.desk.exits import sold_at_once
from maemae.desk.guard import HALTING, Limits, Proposal, refusal
from maemae.desk.orders import Order, OrderState
from maemae.desk.positions import Position
from maemae.desk.prices import UPPER_LIMIT, Quote, beside, follows
from maemae.desk.records import Declined, Halt, Halted, Incident, Intended
from maemae.desk.routing import Lives, routed
from maemae.desk.rules import BookRules, Purse, Sized
from maemae.desk.sending import send
from maemae.desk.setaside import beyond
from maemae.desk.state import State
from maemae.desk.terms import OrderWay, Route
from maemae.desk.turn import Turn
from maemae.market.kinds import Side
from maemae.market.refusals import RefusalKind

ENTER = "enter"
"""Timers of this kind carry a book and a code: the name may be tried again."""

OTHER_UNIT = "other_unit"
"""Why nothing is bought of a name of which a share is another than when it was decided."""

LIMITS_APART = Fraction(6, 7)
"""How far the upper limit price lies above the lower one, as a part of that: 130 and 70 percent."""

SAID = {RefusalKind.UNKNOWN_CODE: "code_unknown", RefusalKind.PRICE: "price_refused"}
"""Refusals of an entry that are a fault in what was ordered: the kind of the incident."""


@dataclass(slots=True)
class _Wanted:
    book: str
    candidate: Candidate
    asked_price: bool = False
    doubted: bool = False
    """Whether the answer about its price was doubted once, and another one waited for."""
    limit: int | None = None
    """The limit price for which buying power was asked; None is a market order."""

    @property
    def code(self) -> str:
        return self.candidate.listed.code


class Entries:
    """The queue of names that books want to buy.

    Args:
        books: by name, how they trade.
        limits: of the risk guard.
        base_of: the day's base price of a name in won, 0 where nobody told it.
        lives: the hours of order kinds.
    """

    def __init__(
        self,
        books: Mapping[str, BookRules],
        limits: Limits,
        base_of: Callable[[str], int],
        lives: Lives,
    ) -> None:
        self._lives = lives
        self._books = books
        self._limits = limits
        self._base_of = base_of
        self._offers: dict[str, tuple[Candidate, ...]] = {}
        self._ends: dict[str, datetime | None] = {}
        self.decided: dict[str, tuple[datetime, datetime]] = {}
        """By book, on which moment of the market it was last decided, and when that came."""
        self._tried: dict[str, set[str]] = {book: set() for book in books}
        self._queue: deque[_Wanted] = deque()
        self._active: _Wanted | None = None
        self._sent: str | None = None
        self._again = SecondTries()
        self._before: dict[str, Sized] = {}
        """What each book's last entry got."""
        self._asked_at_version = -1
        """The state that the buying power now asked for belongs to; -1 when orders may move it."""

    @property
    def offers(self) -> Mapping[str, tuple[Candidate, ...]]:
        """What each source offered last, by book."""
        return self._offers

    @property
    def asking_for(self) -> str | None:
        """The book whose next name is being dealt with."""
        return self._active.book if self._active is not None else None

    def offered(self, event: Candidates) -> None:
        """Replace a book's offer; a name may be tried once for each offer it appears in."""
        self._offers[event.book] = event.offers
        self._ends[event.book] = event.until
        if event.decided is not None:
            self.decided[event.book] = event.decided, event.at
        self._tried[event.book] = set()
        self._again.offered(event.book)
        self._queue = deque(w for w in self._queue if w.book != event.book)

    def forget(self, book: str) -> None:
        """Drop the names of a book that wait to be bought, whose entries have been stopped."""
        self._queue = deque(w for w in self._queue if w.book != book)
        if self._active is not None and self._active.book == book:
            self._active = None

    def consider(self, turn: Turn, book: str, quotes: Mapping[str, Quote]) -> None:
        """Queue names of the book's offer while slots are free.

        A name whose price is known to lie outside its band waits for the next look.
        """
        state, rules = turn.state, self._books[book]
        until = self._ends.get(book)
        if not rules.enters(turn.at) or (until is not None and turn.at > until):
            return
        waiting = [w.code for w in self._waiting() if w.book == book]
        free = self._slots(state, book) - len(waiting)
        for candidate in self._offers.get(book, ()):
            code = candidate.listed.code
            if free <= 0:
                return
            if _taken(state, code) or code in waiting or code in self._tried[book]:
                continue
            if waits_for_look(state, turn.at, code, Side.BUY) is not None:
                continue
            if self._is_flat(turn, book, candidate):
                continue
            if self._again.waits((book, code), turn.at):
                continue
            quote = self._fresh(turn, code, quotes)
            if quote is not None and not self._buys(state, book, candidate, quote.price):
                continue
            self._queue.append(_Wanted(book, candidate))
            waiting.append(code)
            free -= 1

    def pump(
        self, turn: Turn, quotes: Mapping[str, Quote], may_enter: Callable[[str], bool]
    ) -> None:
        """Ask what is needed for the next name, unless one is being dealt with already.

        Args:
            turn: the step.
            quotes: last prices, by code.
            may_enter: whether a book may enter now; the names of one that may not are let go.
        """
        if self._sent is not None:
            order = turn.state.blotter.orders.get(self._sent)
            if order is not None and order.state is OrderState.INTENDED:
                return
            self._sent = None
        if self._queue:
            self._queue = deque(w for w in self._queue if may_enter(w.book))
        if self._active is not None and not may_enter(self._active.book):
            self._put_back()
        while self._active is None and self._queue:
            self._active = wanted = self._queue.popleft()
            self._tried[wanted.book].add(wanted.code)
            self._ask(turn, wanted, quotes)

    def priced(self, turn: Turn, code: str, quotes: Mapping[str, Quote]) -> None:
        """Go on with the name whose price was asked; one that is doubted waits for a second."""
        wanted = self._active
        if wanted is None or wanted.code != code or not wanted.asked_price:
            return
        unknown = self._fresh(turn, code, quotes) is None
        if unknown and not wanted.doubted and Ask(Query.PRICE, code) in turn.commands:
            wanted.doubted = True
            return
        self._ask(turn, wanted, quotes)

    def unanswered(self, turn: Turn, code: str) -> None:
        """Let go of a name about which the broker could not be asked, until it is asked again."""
        wanted = self._active
        if wanted is not None and wanted.code == code:
            self._put_back()
            key = wanted.book, code
            self._wake(turn, key, self._again.unanswered(key, turn.at))

    def refused(self, turn: Turn, order: Order, kind: RefusalKind) -> None:
        """Try a refused entry again where that may help; else its name waits for the next offer."""
        key = order.book, order.code
        again = self._again.refused(key, kind, order.quantity, turn.at)
        if again is not None and order.book in self._tried:
            self._tried[order.book].discard(order.code)
            self._wake(turn, key, again)
        if kind in SAID:
            detail = f"{order.code} {order.quantity} x {order.price or 0}"
            turn.record(Incident(at=turn.at, kind=SAID[kind], detail=detail))

    def accepted(self, order: Order) -> None:
        """Note that the broker took an entry."""
        self._again.done((order.book, order.code))

    @staticmethod
    def _wake(turn: Turn, key: tuple[str, str], at: datetime) -> None:
        turn.do(Wake(f"{ENTER}:{key[0]}:{key[1]}", at))

    def powered(
        self,
        turn: Turn,
        power: BuyingPower,
        quotes: Mapping[str, Quote],
        *,
        loss: Callable[[str | None], int],
    ) -> None:
        """Size and send the order for which buying power was asked."""
        wanted = self._active
        if wanted is None or wanted.code != power.code or wanted.code not in quotes:
            return  # Not asked for this name, or asked for another reason before it has a price.
        self._active = None
        quote, rules = quotes[wanted.code], self._books[wanted.book]
        if self._slots(turn.state, wanted.book) <= 0 or not wanted.candidate.takes(quote.price):
            # The slot went to an order by hand, or to one that seemed never to have arrived.
            self._leave(wanted)
            return
        if self._is_flat(turn, wanted.book, wanted.candidate):
            self._leave(wanted)
            return
        price = wanted.limit or quote.price
        each = wanted.limit or _at_market(wanted.candidate, power)
        sizing = self._sized(turn, wanted, each, quotes)
        quantity = self._quantity(
            turn, wanted, each, power, shares=sizing.won // price, quotes=quotes
        )
        if quantity is None:
            self._leave(wanted)
            return
        route, taken = routed(self._way(wanted), self._lives, turn.at)
        proposal = Proposal(
            at=turn.at,
            book=wanted.book,
            code=wanted.code,
            side=Side.BUY,
            quantity=quantity,
            price=price,
            seen=quote.seen,
            reserve=quantity * each,
            in_session=rules.enters(turn.at) and taken,
            limit=wanted.limit,
            last=quote.price,
            listed=wanted.candidate.listed,
            loss=0 if self._limits.daily_loss is None else loss(None),
            book_loss=loss(wanted.book) if self._limits.bounds_loss(wanted.book) else 0,
        )
        rule = refusal(turn.state, self._limits, proposal)
        if rule is None and quantity > power.quantity:
            rule = "buying_power"
        if rule is not None:
            self._decline(turn, proposal, rule)
            return
        stated = power.amount if self._asked_at_version == turn.state.version else 0
        self._before[wanted.book] = sizing
        self._send(turn, wanted, proposal, stated, route=route)

    def _is_flat(self, turn: Turn, book: str, candidate: Candidate) -> bool:
        """Whether a name would be sold for the time of day as soon as it is bought."""
        exits = candidate.exits or self._books[book].entry.exits
        return sold_at_once(exits, turn.at, turn.state.calendar)

    def _way(self, wanted: _Wanted) -> OrderWay | None:
        """Return the way of an entry; None where its limit is stated: it rests at that."""
        return None if wanted.candidate.limit is not None else self._books[wanted.book].order

    def _slots(self, state: State, book: str) -> int:
        """Return how many more names a book may hold."""
        taken = {position.listed.code for position in state.portfolio.held(book)}
        taken |= {order.code for order in state.blotter.live(book=book, side=Side.BUY)}
        return self._books[book].entry.names - len(taken)

    def _quantity(
        self,
        turn: Turn,
        wanted: _Wanted,
        each: int,
        power: BuyingPower,
        *,
        shares: int,
        quotes: Mapping[str, Quote],
    ) -> int | None:
        """Return the shares that are ordered: those stated, or of the book's money as cash goes.

        None: it would be fewer only because buys which are under way have set aside more than
        they will cost. The name waits for the next look then.

        Args:
            turn: the step.
            wanted: the name in hand.
            each: what a share takes from the cash until the order's outcome is known.
            power: what can be bought for.
            shares: what the book's money buys.
            quotes: last prices, by code.
        """
        stated = wanted.candidate.quantity
        if stated is not None:
            return stated
        state, book = turn.state, wanted.book
        shares = self._again.most((book, wanted.code), shares)
        left = self._limits.left(state, book)
        most = power.quantity if left is None or each == 0 else max(0, left) // each
        bound = min(shares, power.quantity, most)
        soon, here = beyond(state, quotes), beyond(state, quotes, book)
        takes = each * shares * (1 + Fraction(state.rules.fee_rate))
        waits = soon > 0 and takes <= state.free_cash + soon
        if bound < shares and waits and (left is None or each * shares <= left + here):
            return None
        return bound

    def _sized(self, turn: Turn, wanted: _Wanted, each: int, quotes: Mapping[str, Quote]) -> Sized:
        """Return what a book spends on the name in hand."""
        state, book = turn.state, wanted.book
        entry = self._books[book].entry
        held = {position.listed.code for position in state.portfolio.held(book)}
        held |= {order.code for order in state.blotter.live(book=book, side=Side.BUY)}
        offered = [c for c in self._offers.get(book, ()) if not _taken(state, c.listed.code)]
        slots = entry.names - len(held)
        cash, left = state.free_cash + beyond(state, quotes), self._limits.left(state, book)
        purse = Purse(
            worth=state.cash + sum(_worth(p, quotes) for p in state.portfolio.positions.values()),
            cash=cash if left is None else min(cash, left + beyond(state, quotes, book)),
            held=len(held),
            wanted=max(1, min(len(offered), slots)),
            slots=slots,
            margin=_margin(wanted, each, offered, quotes),
            fee=Fraction(state.rules.fee_rate),
            before=self._before.get(book),
        )
        won = entry.amount if isinstance(entry.amount, int) else entry.amount(purse)
        return Sized(won, purse.cash, purse.wanted, slots)

    def _decline(self, turn: Turn, proposal: Proposal, rule: str) -> None:
        turn.record(denied(turn.state, self._limits, proposal, rule))
        if rule in HALTING:
            turn.record(Halted(at=turn.at, level=Halt.ENTRIES, reason=rule))

    def _waiting(self) -> list[_Wanted]:
        return [*self._queue, *([self._active] if self._active else [])]

    def _ask(self, turn: Turn, wanted: _Wanted, quotes: Mapping[str, Quote]) -> None:
        quote = self._fresh(turn, wanted.code, quotes)
        if quote is not None and not wanted.candidate.takes(quote.price):
            self._leave(wanted)
        elif quote is not None and not self._told_base(wanted):
            self._ask_price(turn, wanted)
        elif quote is not None and not self._is_what_it_was(turn, wanted, quote):
            self._active = None
        elif quote is not None:
            wanted.limit = self._limit(turn, wanted, quote.price)
            self._asked_at_version = turn.state.version if _calm(turn.state) else -1
            turn.do(Ask(Query.POWER, wanted.code, wanted.limit))
        elif not wanted.asked_price:
            self._ask_price(turn, wanted)
        else:
            self._active = None

    @staticmethod
    def _ask_price(turn: Turn, wanted: _Wanted) -> None:
        wanted.asked_price = True
        turn.do(Ask(Query.PRICE, wanted.code))

    def _told_base(self, wanted: _Wanted) -> bool:
        """Whether the base price is known, needed by nobody, or was asked for in vain."""
        known = wanted.candidate.close is None or self._base_of(wanted.code) > 0
        return known or wanted.asked_price

    def _is_what_it_was(self, turn: Turn, wanted: _Wanted, quote: Quote) -> bool:
        """Whether the shares that are wanted are those for which their number was reckoned.

        Where the base price does not come, a price that no session can have brought about has to
        do.
        """
        candidate, close = wanted.candidate, wanted.candidate.close
        if close is None:
            return True
        base = self._base_of(wanted.code)
        if base:
            same = follows(base, close, candidate.listed, turn.at.date())
        else:
            same = abs(quote.price - close) * 100 <= close * (UPPER_LIMIT - 100)
        if not same:
            turn.record(
                Declined(
                    at=turn.at,
                    book=wanted.book,
                    side=Side.BUY,
                    code=wanted.code,
                    rule=OTHER_UNIT,
                    detail=f"{close:,} > {base or quote.price:,}",
                )
            )
        return same

    def _fresh(self, turn: Turn, code: str, quotes: Mapping[str, Quote]) -> Quote | None:
        quote = quotes.get(code)
        fresh = quote is not None and turn.at - quote.seen <= self._limits.quote_age
        return quote if fresh else None

    def _buys(self, state: State, book: str, candidate: Candidate, price: int) -> bool:
        """Whether a name is within its band, and one share of it within the book's capital."""
        left = self._limits.left(state, book)
        return candidate.takes(price) and (left is None or price <= left)

    def _leave(self, wanted: _Wanted) -> None:
        """Let go of a name that has left its band, to look at it again."""
        self._tried[wanted.book].discard(wanted.code)
        self._active = None

    def _put_back(self) -> None:
        """Let go of the name in hand, of which nothing was ordered yet, to look at it again."""
        if self._active is not None:
            self._leave(self._active)

    def _limit(self, turn: Turn, wanted: _Wanted, last: int) -> int | None:
        """Return the limit price of an entry, or None for a market order."""
        candidate, way = wanted.candidate, self._books[wanted.book].order
        if candidate.limit is not None or way.kind == "market":
            return candidate.limit
        return beside(last, way.offset_ticks, candidate.listed, turn.at)

    def _send(
        self, turn: Turn, wanted: _Wanted, proposal: Proposal, power: int, *, route: Route | None
    ) -> None:
        intent = turn.state.next_intent()
        candidate, rules = wanted.candidate, self._books[wanted.book]
        way = self._way(wanted)
        send(
            turn,
            Intended(
                at=turn.at,
                intent=intent,
                book=wanted.book,
                side=Side.BUY,
                listed=candidate.listed,
                quantity=proposal.quantity,
                price=wanted.limit,
                reserve=proposal.reserve,
                power=power,
                reason=candidate.reason,
                exits=candidate.exits or rules.entry.exits,
                # What is for a session outside regular hours rests until that ends.
                way=None if way is None or way.order_kind.off_hours else way,
                route=route,
            ),
        )
        patience.wake(turn, turn.state.blotter.order(intent))
        self._sent = intent


def _at_market(candidate: Candidate, power: BuyingPower) -> int:
    """Return what a share at market takes until it is filled: the upper limit price (상한가).

    Where the day's limits are not known the broker's own division tells it, all the more
    roughly the fewer shares can be had.
    """
    each = power.amount // power.quantity if power.quantity else 0
    upper = candidate.day.upper if candidate.day is not None else 0
    return upper if 0 < upper < each else each


def _margin(
    wanted: _Wanted, each: int, offered: Iterable[Candidate], quotes: Mapping[str, Quote]
) -> Fraction:
    """Return what a market order sets aside beyond its price, for the dearest of the names.

    Nothing where the entry has a limit price. A day's limits say it; where they are not known,
    what the broker's division comes to, within what two limits can be apart.
    """
    if wanted.limit is not None:
        return Fraction(0)
    margin = Fraction(0)
    for one in (wanted.candidate, *offered):
        quote = quotes.get(one.listed.code)
        last = quote.price if quote is not None else one.price
        taken = one.day.upper if one.day is not None else 0
        if one is wanted.candidate:
            taken = taken or each
        if last > 0:
            margin = max(margin, Fraction(taken, last) - 1)
    return min(margin, LIMITS_APART)


def _calm(state: State) -> bool:
    """Whether no order is about to move cash, or sets any aside: one may be gone unheard."""
    return all(
        o.state is OrderState.WORKING and o.price is not None and o.side is Side.SELL
        for o in state.blotter.live()
    )


def _taken(state: State, code: str) -> bool:
    """Whether a name is on the account, or being traded."""
    return state.portfolio.shares(code) > 0 or any(state.blotter.live(code=code))


def _worth(position: Position, quotes: Mapping[str, Quote]) -> int:
    quote = quotes.get(position.listed.code)
    return position.quantity * (position.average if quote is None else quote.price)
