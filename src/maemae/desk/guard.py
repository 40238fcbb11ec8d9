"""The risk guard: every order passes it, and the first rule it breaks refuses it with a reason.

Exits and cancels are never refused for money or limits; only the kill switch and the session
stop an exit.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from maemae.desk.exits import STOP_LOSS
from maemae.desk.orders import Order, OrderState
from maemae.desk.records import BY_HAND, Halt, Listed
from maemae.desk.state import State
from maemae.market.kinds import Currency, Side
from maemae.market.ticks import is_on_grid


@dataclass(frozen=True, slots=True, kw_only=True)
class BookLimits:
    """Bounds of one book alone; None switches a rule off."""

    currency: Currency = Currency.KRW
    """Of the market that it trades: its money, and so that of the bounds. No other is bought."""
    capital: int | Decimal | None = None
    """What its positions and live buys may cost together: won, or a fraction of the opening worth
    (`State.opening_worth`)."""
    order_value: int | None = None
    name_exposure: int | None = None
    loss: int | None = None
    """Loss of the day at which its entries stop."""
    after_stop: bool = True
    """Whether it may buy a name again on the day on which its stop loss sold it."""


UNBOUND = BookLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of what the desk may do; None switches a rule off. Money in won."""

    daily_loss: int | None = None
    """Loss of worth since the day's opening, over all books, at which entries stop."""
    order_value: int | None = None
    order_quantity: int | None = None
    name_exposure: int | None = None
    total_exposure: int | None = None
    positions: int | None = None
    orders_per_minute: int | None = 60
    entries_per_name: int | None = 5
    refusals_in_a_row: int | None = 5
    book_loss: int | None = None
    """Loss of one book on a day at which its entries stop."""
    loss_warnings: tuple[Decimal, ...] = (Decimal("0.5"), Decimal("0.8"))
    """Shares of a loss limit at which a loss is warned of."""
    collar: Decimal | None = Decimal("0.05")
    """How far a limit price may lie on the costly side of the last trade, as a fraction."""
    quote_age: timedelta = timedelta(seconds=60)
    """No entry on a price older than this."""
    clock_off: timedelta = timedelta(seconds=3)
    """How far our clock may be from the broker's before it is an incident."""
    clock_halt: timedelta = timedelta(seconds=5)
    """How far before entries halt: beyond it an unknown order may be looked for at the wrong time
    (`tracking.CLOCK_SLACK`)."""
    books: Mapping[str, BookLimits] = field(default_factory=dict)
    """Bounds of single books, by name."""

    def of(self, book: str) -> BookLimits:
        """Return the bounds of a book alone."""
        return self.books.get(book, UNBOUND)

    def loss_of(self, book: str) -> int | None:
        """Return the loss of a book alone that stops its entries, None where none does."""
        bounds = [bound for bound in (self.book_loss, self.of(book).loss) if bound is not None]
        return min(bounds, default=None)

    def bounds_loss(self, book: str) -> bool:
        """Whether the loss of a book alone stops its entries."""
        return self.loss_of(book) is not None

    def left(self, state: State, book: str) -> int | None:
        """Return the won that a book may still spend, None when only cash bounds it."""
        capital = self.of(book).capital
        if isinstance(capital, Decimal):
            capital = int(capital * state.opening_worth)
        return None if capital is None else capital - state.committed(book)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An order that somebody wants. `price` is what a share is expected to cost, `seen` when."""

    at: datetime
    book: str
    code: str
    side: Side
    quantity: int
    price: int
    seen: datetime
    reserve: int
    in_session: bool
    loss: int = 0
    """The day's loss so far, positive, in won."""
    book_loss: int = 0
    """The same of the book alone."""
    limit: int | None = None
    """The limit price; None for a market order."""
    last: int | None = None
    """The last trade, that a limit price is held against."""
    listed: Listed | None = None
    by_hand: bool = False
    misfit: bool = False
    """Whether there is no such order kind, it does not go to its exchange, or its price does not
    go with it."""
    amends: str | None = None
    """The intent whose working order would get this price."""


Rule = Callable[[State, Limits, Proposal], bool]
"""True when the proposal breaks the rule."""


def refusal(state: State, limits: Limits, proposal: Proposal) -> str | None:
    """Return the name of the first rule that a proposal breaks, or None when it may be sent."""
    rules = EXIT_RULES if proposal.side is Side.SELL else ENTRY_RULES
    return next((name for name, broken in rules.items() if broken(state, limits, proposal)), None)


def _above(bound: int | None, value: int) -> bool:
    return bound is not None and value > bound


def _exposures(state: State, amended: str | None = None) -> Iterator[tuple[str, str, int]]:
    """Yield by book and name what positions cost and what live buys reserve."""
    for (book, code), position in state.portfolio.positions.items():
        yield book, code, position.paid
    for order in state.blotter.live(side=Side.BUY):
        if order.intent != amended:
            yield order.book, order.code, order.reserved


def exposed(
    state: State, proposal: Proposal, *, code: str | None = None, book: str | None = None
) -> int:
    """Return the won that a name, a book or all would cost with this order."""
    value = proposal.price * proposal.quantity
    tied_up = _exposures(state, proposal.amends)
    return value + sum(
        won for owner, name, won in tied_up if code in (None, name) and book in (None, owner)
    )


def _names(state: State) -> set[str]:
    return {code for _, code, _ in _exposures(state)}


def _in_book(state: State, limits: Limits, proposal: Proposal) -> bool:
    """Whether a name would weigh more in the book than the book allows."""
    weight = exposed(state, proposal, code=proposal.code, book=proposal.book)
    return _above(limits.of(proposal.book).name_exposure, weight)


def _beyond_capital(state: State, limits: Limits, proposal: Proposal) -> bool:
    left = limits.left(state, proposal.book)
    amended = state.blotter.order(proposal.amends).reserved if proposal.amends else 0
    return left is not None and proposal.reserve > left + amended


def _book_lost(limits: Limits, proposal: Proposal) -> bool:
    bound = limits.loss_of(proposal.book)
    return bound is not None and proposal.book_loss >= bound


def entries_today(state: State, proposal: Proposal) -> int:
    """Return how often a name would have been entered today, this time included."""
    dead = (OrderState.REFUSED, OrderState.NEVER_ARRIVED)
    return (proposal.amends is None) + sum(
        1
        for order in state.blotter.orders.values()
        if order.code == proposal.code and order.side is Side.BUY and order.state not in dead
    )


def _stopped(state: State, limits: Limits, proposal: Proposal) -> bool:
    """Whether a book would buy again today what its stop loss has sold."""
    if proposal.by_hand or limits.of(proposal.book).after_stop:
        return False
    return any(
        order.side is Side.SELL
        and order.reason == STOP_LOSS
        and (order.book, order.code) == (proposal.book, proposal.code)
        for order in state.blotter.orders.values()
    )


def _twins(state: State, proposal: Proposal) -> bool:
    return any(order.intent != proposal.amends for order in state.blotter.live(code=proposal.code))


def _short(state: State, proposal: Proposal) -> bool:
    """Whether the cash that no other order has set aside falls short."""
    amended = state.blotter.order(proposal.amends).reserved if proposal.amends else 0
    return proposal.reserve > state.free_cash + amended


def _recent(state: State, at: datetime) -> int:
    """Return how many orders went out in the last minute; what nobody looked at is none."""
    return sum(
        1
        for order in state.blotter.orders.values()
        if at - order.intended < timedelta(minutes=1) and not order.passed_by
    )


def _halted(state: State, proposal: Proposal) -> bool:
    if proposal.by_hand:
        return state.halt not in (Halt.NONE, Halt.ENTRIES)
    return state.halt is not Halt.NONE or proposal.book in state.paused


def held_back(state: State, order: Order) -> bool:
    """Whether a halt forbids an order that was wanted before and has not left yet.

    It may have waited for a token or its turn while a person halted the desk.
    """
    if order.side is Side.SELL or state.halt is Halt.ALL:
        return state.halt is Halt.ALL
    by_hand = order.reason == BY_HAND or order.amending is not None
    if by_hand:
        return state.halt is Halt.EXITS_ONLY
    return state.halt is not Halt.NONE or order.book in state.paused


def _foreign_money(limits: Limits, proposal: Proposal) -> bool:
    """Whether a name is quoted in another currency than its book has: won buy no dollars."""
    listed = proposal.listed
    return listed is not None and listed.market.currency is not limits.of(proposal.book).currency


def _off_grid(proposal: Proposal) -> bool:
    listed, limit = proposal.listed, proposal.limit
    if listed is None or limit is None:
        return False
    return not is_on_grid(limit, proposal.at.date(), listed.market, listed.kind)


def _outside_collar(limits: Limits, proposal: Proposal) -> bool:
    """Buying far above, or selling far below the market is a slip of the finger."""
    if limits.collar is None or proposal.limit is None or proposal.last is None:
        return False
    beyond = proposal.limit - proposal.last
    if proposal.side is Side.SELL:
        beyond = -beyond
    return beyond > proposal.last * limits.collar


EXIT_RULES: dict[str, Rule] = {
    "kill_switch": lambda state, _, __: state.halt is Halt.ALL,
    "unit": lambda state, _, p: p.code in state.portfolio.unclear,
    "no_quantity": lambda _, __, p: p.quantity <= 0,
    "bad_price": lambda _, __, p: p.limit is not None and p.limit <= 0,
    "order_kind": lambda _, __, p: p.misfit,
    "outside_session": lambda _, __, p: not p.in_session,
    "duplicate": lambda state, _, p: (
        not p.by_hand and any(state.blotter.live(book=p.book, code=p.code, side=Side.SELL))
    ),
    "off_grid": lambda _, __, p: _off_grid(p),
    "collar": lambda _, lim, p: _outside_collar(lim, p),
}
"""What stops an exit."""

ENTRY_RULES: dict[str, Rule] = {
    "halted": lambda state, _, p: _halted(state, p),
    "unit": lambda state, _, p: p.code in state.portfolio.withheld,
    "no_quantity": lambda _, __, p: p.quantity <= 0,
    "bad_price": lambda _, __, p: p.limit is not None and p.limit <= 0,
    "order_kind": lambda _, __, p: p.misfit,
    "outside_session": lambda _, __, p: not p.in_session,
    "duplicate": lambda state, _, p: _twins(state, p),
    "currency": lambda _, lim, p: _foreign_money(lim, p),
    "off_grid": lambda _, __, p: _off_grid(p),
    "collar": lambda _, lim, p: _outside_collar(lim, p),
    "stale_quote": lambda _, lim, p: p.at - p.seen > lim.quote_age,
    "daily_loss": lambda _, lim, p: lim.daily_loss is not None and p.loss >= lim.daily_loss,
    "book_loss": lambda _, lim, p: _book_lost(lim, p),
    "order_value": lambda _, lim, p: _above(lim.order_value, p.price * p.quantity),
    "book_order_value": lambda _, lim, p: _above(lim.of(p.book).order_value, p.price * p.quantity),
    "order_quantity": lambda _, lim, p: _above(lim.order_quantity, p.quantity),
    "name_exposure": lambda state, lim, p: _above(
        lim.name_exposure, exposed(state, p, code=p.code)
    ),
    "book_name_exposure": _in_book,
    "total_exposure": lambda state, lim, p: _above(lim.total_exposure, exposed(state, p)),
    "capital": _beyond_capital,
    "positions": lambda state, lim, p: _above(lim.positions, len(_names(state) | {p.code})),
    "entries_per_name": lambda state, lim, p: _above(lim.entries_per_name, entries_today(state, p)),
    "stopped_today": _stopped,
    "orders_per_minute": lambda state, lim, p: _above(
        lim.orders_per_minute, _recent(state, p.at) + 1
    ),
    "refusals": lambda state, lim, _: _above(lim.refusals_in_a_row, state.refusals),
    "cash": lambda state, _, p: _short(state, p),
}
"""What stops an entry, in the order in which it is looked at."""

HALTING = frozenset({"daily_loss", "refusals"})
"""Rules whose breach halts all entries until a person resumes them."""
