"""Whether what goes out is what its book declared: exits, price, way and size of an entry."""

from collections.abc import Mapping
from datetime import datetime

from maemae.desk.records import BY_HAND, OWNER, Intended, PositionMoved
from maemae.desk.rules import BookRules
from maemae.desk.terms import AfterWait, Exits, OrderWay
from maemae.market.kinds import Side
from maemae.market.ticks import tick_size
from maemae.proof.bounds import must
from maemae.proof.oracle.facts import Facts, Order

WAY_OFF = 1
"""Ticks by which a limit price may lie off what was declared: a price between two ticks, a band."""


def check_entry(
    fact: Intended,
    books: Mapping[str, BookRules],
    last: int,
    amounts: Mapping[str, int],
    *,
    highest: int,
) -> None:
    """Check an entry against its book's declaration.

    Args:
        fact: the intent.
        books: by name, how they trade.
        last: the last price, won.
        amounts: won that a book spends on a name at most, of books that declare it.
        highest: the highest price of the last seconds.

    Raises:
        InvariantError: it has no exits, another price or no way, comes too late, or is too large.
    """
    if fact.book == OWNER:
        return
    what, rules = fact.intent, books[fact.book]
    declared = rules.entry.exits
    must(fact.exits is not None, f"{what} buys without exits")
    bare = fact.exits == Exits() and declared != Exits()
    must(not bare, f"{what} buys without exits")
    if fact.reason == BY_HAND:
        must(fact.exits == declared, f"{what} has {fact.exits}, {fact.book} has {declared}")
        return
    exits = fact.exits or declared
    flat = exits.at if exits.days is None else None
    late = flat is not None and fact.at.time() >= flat
    must(not late, f"{what} buys at {fact.at} what is sold from {flat} on")
    must(fact.way is not None or fact.price is not None, f"{what} rests as long as it likes")
    if fact.way is not None:
        must(fact.way == rules.order, f"{what} goes by {fact.way}, not by {rules.order}")
        if fact.way.kind == "limit":
            check_price(fact, fact.way, fact.price or 0, highest, fact.at)
    most = amounts.get(fact.book)
    worth = fact.quantity * (fact.price or last)
    must(most is None or worth <= most, f"{what} is worth {worth}, {fact.book} spends {most}")


def check_price(fact: Intended, way: OrderWay, price: int, last: int, at: datetime) -> None:
    """Check that a limit price lies as far beside the last price as its way says, or cheaper.

    Raises:
        InvariantError: it is dearer.
    """
    ticks = way.offset_ticks + WAY_OFF
    # Where ticks change between the two prices, those above are the wide ones.
    widest = max(price, last) if ticks > 0 else min(price, last)
    most = last + ticks * tick_size(widest, at.date(), fact.listed.market, fact.listed.kind)
    must(price <= most, f"{fact.intent} bids {price}, {way.offset_ticks} ticks beside {last}")


def check_chase(order: Order, price: int | None, last: int, at: datetime) -> None:
    """Check an amendment that an order's way asked for.

    Raises:
        InvariantError: its way asks for none, for another price, or for no more of them.
    """
    fact, way = order.fact, order.fact.way
    if way is None:
        return
    must(way.then is not AfterWait.CANCEL, f"{fact.intent} is amended, and was to be cancelled")
    market = way.then is AfterWait.MARKET
    must((price is None) is market, f"{fact.intent} was to become {way.then}, not {price}")
    must(order.chases <= way.chases, f"{fact.intent} runs after the price {order.chases} times")
    if price is not None:
        check_price(fact, way, price, last, at)


def check_move(
    record: PositionMoved,
    facts: Facts,
    books: Mapping[str, BookRules],
    prices: set[int],
    *,
    trades: set[str],
) -> None:
    """Check that a person moves what is there, out of books and into books that rest.

    Args:
        record: the move.
        facts: before it.
        books: by name, how they trade.
        prices: at which the owner's shares may count.
        trades: books that may enter at this moment.

    Raises:
        InvariantError: more is moved than there is, for another price, or under an order.
    """
    code, both = record.listed.code, {record.origin, record.book}
    said = f"{record.quantity} of {code} from {record.origin} to {record.book}"
    held = facts.holdings.get((record.origin, code))
    if record.origin != OWNER:
        must(held is not None and held.quantity >= record.quantity, f"{said}: it has {held}")
    live = [o.fact.intent for side in Side for o in facts.live(side) if o.fact.book in both]
    must(not live, f"{said} under {live}")
    must(not both & trades, f"{said}, and {both & trades} may enter")
    if record.origin == OWNER and prices:
        each = record.paid // record.quantity
        must(each in prices, f"{said} for {each} won a share, its price is {sorted(prices)}")
    if record.book != OWNER:
        declared = books[record.book].entry.exits
        must(record.exits == declared, f"{said} with {record.exits}, declared is {declared}")
