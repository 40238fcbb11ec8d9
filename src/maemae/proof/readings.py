"""What the client must make of an answer: the venue's own books, read without the wire."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from maemae.desk import events as ev
from maemae.exchange.refusals import Refusal
from maemae.proof.answers import Listing
from maemae.proof.bounds import must
from maemae.proof.printed import day_range

if TYPE_CHECKING:
    from maemae.proof.broker import Broker


@dataclass(frozen=True, slots=True)
class Readings:
    """Figures of one kind of answer, by what they are about; in won and shares.

    Attributes:
        query: what is asked for.
        figures: what it must tell; empty where a name is not listed.
        prices: last prices that it tells, by code.
    """

    query: ev.Query
    figures: Mapping[str, tuple[object, ...]]
    prices: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, query: ev.Query, code: str, broker: "Broker") -> "Readings":
        """Return what an answer that is made now must tell.

        Args:
            query: what is asked for.
            code: of the name that is asked about, blank for none.
            broker: whose books are read.
        """
        match query:
            case ev.Query.BALANCE:
                return cls(query, _balance(broker), _shown(broker))
            case ev.Query.EXECUTIONS:
                return cls(query, _executions(broker))
            case ev.Query.POWER:
                return cls(query, _power(broker, code))
            case _:
                return cls(query, _price(broker, code), _last(broker, [code]))


def check(event: ev.Event, wanted: Readings | None) -> None:
    """Hold what the client made of an answer against what it must tell.

    Raises:
        InvariantError: it differs.
    """
    must(wanted is not None, f"{event} came without a question")
    assert wanted is not None  # noqa: S101 - just demanded
    match event:
        case ev.Balance():
            read: Mapping[str, tuple[object, ...]] = {
                "": (event.cash, event.costs, event.bought, event.sold),
                **{
                    one.code: (one.quantity, one.sellable, one.base, one.price)
                    for one in event.holdings
                    if one.quantity
                },
            }
        case ev.Executions():
            read = {
                str(one.order_no): (
                    one.side, one.code, one.quantity, one.filled, one.amount, one.price,
                    one.remaining, one.ended, one.cancelled, one.original_no,
                )
                for one in event.rows
            }  # fmt: skip
        case ev.BuyingPower():
            read = {event.code: (event.amount,)}
        case ev.Price():
            read = {event.code: (event.price, event.base, event.day)}
        case ev.Unavailable():
            read = {}
        case _:
            read = {"": (event,)}
    must(read == wanted.figures, f"{wanted.query} says {wanted.figures}, read is {read}")


def _last(broker: "Broker", codes: Iterable[str]) -> Mapping[str, int]:
    floor = broker.venue.floor
    return {code: floor.state(code).price for code in codes if code in floor.market.rows}


def _shown(broker: "Broker") -> Mapping[str, int]:
    return _last(broker, broker.account.holdings)


def _balance(broker: "Broker") -> Mapping[str, tuple[object, ...]]:
    account, floor = broker.account, broker.venue.floor
    prices = _shown(broker)
    held = {
        one.code: (
            one.quantity,
            account.sellable(one.code),
            floor.listing(one.code).base if one.code in prices else None,
            prices.get(one.code, 0),
        )
        for one in account.holdings.values()
        if one.quantity
    }
    turnover = account.turnover
    return {"": (account.cash, account.costs.total, turnover.buy, turnover.sell), **held}


def _executions(broker: "Broker") -> Mapping[str, tuple[object, ...]]:
    if broker.listing is not Listing.ROWS:
        return {}
    return {
        str(one.number): (
            one.side, one.code, one.quantity, one.filled, one.amount, one.price,
            one.remaining, one.remaining == 0, one.cancelled > 0, one.original,
        )
        for one in broker.account.orders.values()
        if not one.is_cancel
    }  # fmt: skip


def _power(broker: "Broker", code: str) -> Mapping[str, tuple[object, ...]]:
    try:
        broker.venue.floor.listing(code)
    except Refusal:
        return {}
    return {code: (broker.account.buying_power,)}


def _price(broker: "Broker", code: str) -> Mapping[str, tuple[object, ...]]:
    if code not in broker.venue.floor.market.rows:
        return {}
    one = broker.venue.floor.listing(code)
    price = broker.venue.floor.state(code).price
    return {code: (price, one.base, day_range(one))}
