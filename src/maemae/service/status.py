"""The trader's state at a glance, as every face shows it. Won throughout."""

import itertools
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from maemae.desk.desk import Desk
from maemae.desk.exits import profit, profit_rate
from maemae.desk.orders import OrderState
from maemae.desk.records import Halt
from maemae.desk.state import State
from maemae.service import words
from maemae.service.exits import ExitPrices, exit_prices

RECENT = 50
"""Orders shown beside the live ones."""


@dataclass(frozen=True, slots=True)
class CandidateLine:
    """A name that the source of a book offers."""

    book: str
    code: str
    name: str
    price: int
    held: bool


@dataclass(frozen=True, slots=True)
class PositionLine:
    """A position with what selling it now would earn after all costs.

    `take_profit` and `stop` are the lowest and the highest price at which its exits sell.
    """

    book: str
    code: str
    name: str
    quantity: int
    average: int
    price: int | None
    profit: int | None
    rate: Decimal | None
    take_profit: int | None = None
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order of the day."""

    intent: str
    side: str
    code: str
    name: str
    quantity: int
    filled: int
    average: int | None
    state: OrderState
    reason: str
    at: datetime
    book: str = ""
    price: int | None = None
    remaining: int = 0
    """Shares that may still be filled: neither executed nor cancelled."""
    kind: str = ""
    """ORD_DVSN, blank for a limit or market order of KRX's regular session."""
    exchange: str = "KRX"


@dataclass(frozen=True, slots=True)
class OwnerLine:
    """Shares of the owner, which no strategy touches."""

    code: str
    quantity: int
    price: int | None


@dataclass(frozen=True, slots=True)
class UnseenLine:
    """Something that is asked for and not had; `words` say it in the trader's language.

    `sight` is one of `maemae.desk.sights`, `book` whose it is, blank where it is nobody's alone.
    """

    sight: str
    book: str
    since: datetime
    words: str


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """On which moment of the market a book decided last, and how many seconds later that came."""

    book: str
    at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Status:
    """Everything a person asks first.

    `orders` are the live ones and the last of the rest, `order_count` says how many the day has.
    `free_cash` is what is not set aside for live buys. `halt_reason` is blank while nothing is
    halted; `words.because` puts it for people. `books` are those of the settings,
    and `paused` those whose entries are stopped while the rest goes on. `unseen` cannot be seen
    right now; the sources of the books `unanswered` have not answered yet. `day_result` is the
    change of worth since the day's opening, the figure that `limits.daily_loss` bounds; that limit
    is `loss_limit`, None where there is none. `assets` are cash, what the books hold and the
    owner's own shares, as far as they have a price. If every stop sold at its price, the day's
    result would be less by `stake`; the names `unstopped` have no stop. `decisions` are the last
    ones of books that decide on bars; the names `beyond` the stream are held, and their prices
    asked for.
    """

    at: datetime
    halt: Halt
    cash: int
    assets: int
    fees: int
    taxes: int
    realised: int
    unrealised: int
    wins: int
    losses: int
    candidates: list[CandidateLine] = field(default_factory=list)
    positions: list[PositionLine] = field(default_factory=list)
    orders: list[OrderLine] = field(default_factory=list)
    owner: list[OwnerLine] = field(default_factory=list)
    order_count: int = 0
    free_cash: int = 0
    flattening: list[str] = field(default_factory=list)
    halt_reason: str = ""
    paused: list[str] = field(default_factory=list)
    day_result: int = 0
    books: list[str] = field(default_factory=list)
    unseen: list[UnseenLine] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    stake: int = 0
    unstopped: list[str] = field(default_factory=list)
    loss_limit: int | None = None
    decisions: list[DecisionLine] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)

    @property
    def names(self) -> dict[str, str]:
        """The names that occur in it, by code."""
        return {
            **{line.code: line.name for line in self.candidates},
            **{line.code: line.name for line in self.orders},
            **{line.code: line.name for line in self.positions},
        }


def status(desk: Desk, at: datetime) -> Status:
    """Read the state off a desk."""
    state = desk.state
    recent = itertools.islice(reversed(state.blotter.orders.values()), RECENT)
    shown = {order.intent: order for order in [*state.blotter.live(), *recent]}
    positions = [_position(desk, key) for key in state.portfolio.positions]
    held = {line.code for line in positions}
    owner = [
        OwnerLine(code, shares, quote.price if (quote := desk.quotes.get(code)) else None)
        for code, shares in sorted(state.portfolio.foreign.items())
    ]
    worth = sum((line.price or line.average) * line.quantity for line in positions)
    worth += sum((line.price or 0) * line.quantity for line in owner)
    results = list(state.portfolio.results.values())
    return Status(
        at=at,
        halt=state.halt,
        cash=state.cash,
        assets=state.cash + worth,
        fees=state.costs.fee,
        taxes=state.costs.tax,
        realised=sum(result.realised for result in results),
        unrealised=sum(line.profit or 0 for line in positions),
        wins=sum(result.wins for result in results),
        losses=sum(result.losses for result in results),
        candidates=[
            CandidateLine(
                book, offer.listed.code, offer.listed.name, offer.price, offer.listed.code in held
            )
            for book, offers in desk.entries.offers.items()
            for offer in offers
        ],
        positions=positions,
        orders=[
            OrderLine(
                intent=order.intent,
                side=order.side.value,
                code=order.code,
                name=order.listed.name,
                quantity=order.quantity,
                filled=order.filled,
                average=order.amount // order.filled if order.filled else None,
                state=order.state,
                reason=order.reason,
                at=order.intended,
                book=order.book,
                price=order.price,
                remaining=order.remaining,
                kind=order.route.kind if order.route is not None else "",
                exchange=order.route.exchange.value if order.route is not None else "KRX",
            )
            for order in sorted(shown.values(), key=lambda order: order.intent)
        ],
        owner=owner,
        order_count=len(state.blotter.orders),
        free_cash=state.free_cash,
        flattening=sorted(book or "*" for book in state.flattening),
        halt_reason=state.halt_reason if state.halt is not Halt.NONE else "",
        paused=sorted(state.paused),
        day_result=desk.day_result(),
        books=sorted(desk.rules.books),
        unseen=unseen(state),
        unanswered=sorted(desk.rules.books.keys() - desk.entries.offers.keys()),
        stake=sum(_falls(line) or 0 for line in positions),
        unstopped=[line.name or line.code for line in positions if _falls(line) is None],
        loss_limit=desk.rules.limits.daily_loss,
        decisions=[
            DecisionLine(book, at, (came - at).total_seconds())
            for book, (at, came) in sorted(desk.entries.decided.items())
        ],
        beyond=list(desk.beyond),
    )


def _falls(line: PositionLine) -> int | None:
    """Return what a position loses down to its stop; None where it has none."""
    if line.stop is None:
        return None
    return max(0, (line.price or line.average) - line.stop) * line.quantity


def unseen(state: State) -> list[UnseenLine]:
    """Return what cannot be seen right now, the longest first."""
    found = sorted(state.unseen.values(), key=lambda one: one.since)
    return [UnseenLine(one.sight.value, one.book, one.since, words.unseen(one)) for one in found]


def _position(desk: Desk, key: tuple[str, str]) -> PositionLine:
    state, position = desk.state, desk.state.portfolio.positions[key]
    quote = desk.quotes.get(position.listed.code)
    earned: tuple[int, Decimal] | None = None
    exits = ExitPrices()
    if state.day is not None:
        exits = exit_prices(position, state.rules, state.day)
    if quote is not None and state.day is not None:
        selling = (position, quote.price, state.rules, state.day)
        earned = profit(*selling), profit_rate(*selling)
    return PositionLine(
        book=position.book,
        code=position.listed.code,
        name=position.listed.name,
        quantity=position.quantity,
        average=position.average,
        price=quote.price if quote else None,
        profit=earned[0] if earned else None,
        rate=earned[1] if earned else None,
        take_profit=exits.take_profit,
        stop=exits.stop,
    )
