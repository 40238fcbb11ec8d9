"""The trader's state at a glance, as every face shows it. Won throughout."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from maemae.desk.desk import Desk
from maemae.desk.exits import profit, profit_rate
from maemae.desk.orders import OrderState
from maemae.desk.records import Halt


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
    """A position with what selling it now would earn after all costs."""

    book: str
    code: str
    name: str
    quantity: int
    average: int
    price: int | None
    profit: int | None
    rate: Decimal | None


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


@dataclass(frozen=True, slots=True)
class Status:
    """Everything a person asks first."""

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


def status(desk: Desk, at: datetime) -> Status:
    """Read the state off a desk."""
    state = desk.state
    positions = [_position(desk, key) for key in state.positions]
    held = {line.code for line in positions}
    worth = sum((line.price or line.average) * line.quantity for line in positions)
    results = list(state.results.values())
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
            )
            for order in state.orders.values()
        ],
    )


def _position(desk: Desk, key: tuple[str, str]) -> PositionLine:
    state, position = desk.state, desk.state.positions[key]
    quote = desk.quotes.get(position.listed.code)
    earned: tuple[int, Decimal] | None = None
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
    )
