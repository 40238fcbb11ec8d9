"""The bounds of a buy, of a new one and of another price of one that works, by the facts alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from maemae.desk.guard import BookLimits, Limits
from maemae.desk.records import BY_HAND, AmendIntended, Intended
from maemae.desk.state import State
from maemae.market.kinds import Side
from maemae.proof.bounds import must
from maemae.proof.oracle.facts import Facts, Order

UPPER = 130
"""Percent of the last price that a purchase at market sets aside at most (상한가)."""

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A buy that is about to go out: `each` won a share, `reserve` won set aside for all of it."""

    what: str
    at: datetime
    book: str
    code: str
    quantity: int
    each: int
    reserve: int
    by_hand: bool
    amends: str = ""
    """The intent whose order gets this price."""

    @classmethod
    def new(cls, fact: Intended, last: int) -> "Wanted":
        """Return what an intent wants; `last` is the last price, for one at market."""
        return cls(
            what=fact.intent,
            at=fact.at,
            book=fact.book,
            code=fact.listed.code,
            quantity=fact.quantity,
            each=fact.price or last,
            reserve=fact.reserve,
            by_hand=fact.reason == BY_HAND,
        )

    @classmethod
    def another(cls, record: AmendIntended, order: Order, last: int) -> "Wanted":
        """Return what another price of an order wants."""
        fact = order.fact
        return cls(
            what=f"the amendment of {fact.intent}",
            at=record.at,
            book=fact.book,
            code=fact.listed.code,
            quantity=order.open,
            each=record.price or last,
            reserve=-(-record.reserve * order.open // fact.quantity),
            by_hand=fact.reason == BY_HAND,
            amends=fact.intent,
        )

    @property
    def worth(self) -> int:
        """Won that it comes to."""
        return self.each * self.quantity


def check_limits(wanted: Wanted, facts: Facts, limits: Limits) -> None:
    """Check a buy against every bound that is set.

    Raises:
        InvariantError: it goes beyond one.
    """
    own, what, worth = limits.of(wanted.book), wanted.what, wanted.worth
    book, code, this = wanted.book, wanted.code, wanted.amends
    named = facts.tied_up(code=code, without=this) + worth
    in_book = facts.tied_up(book=book, code=code, without=this) + worth
    in_all = facts.tied_up(without=this) + worth
    taken = facts.tied_up(book, without=this) + wanted.reserve
    names = {name for _, name in facts.holdings} | {code}
    names |= {one.fact.listed.code for one in facts.live(Side.BUY)}
    _bounded(what, "is worth", worth, limits.order_value, own.order_value)
    _bounded(what, "has shares:", wanted.quantity, limits.order_quantity)
    _bounded(what, "exposes in its name", named, limits.name_exposure)
    _bounded(what, "exposes in its book's name", in_book, own.name_exposure)
    _bounded(what, "exposes in all", in_all, limits.total_exposure)
    _bounded(what, "takes of its book", taken, _capital(own, facts))
    _bounded(what, "makes names", len(names), limits.positions)
    today = [one for one in facts.orders.values() if one.fact.at.date() == wanted.at.date()]
    entries = [one for one in _buys(today, code) if not one.came_to_nothing]
    _bounded(what, "enters its name", len(entries) + (not this), limits.entries_per_name)
    stops = [
        one for one in today
        if one.fact.side is Side.SELL
        and one.fact.reason == "stop_loss"
        and (one.fact.book, one.fact.listed.code) == (book, code)
    ]  # fmt: skip
    must(
        own.after_stop or wanted.by_hand or not stops, f"{what} buys what its stop loss sold today"
    )
    recent = [one for one in today if wanted.at - one.fact.at < MINUTE and one.looked_at]
    _bounded(what, "is, in a minute,", len(recent) + 1, limits.orders_per_minute)
    _bounded(what, "follows refusals", facts.refusals, limits.refusals_in_a_row)


def check_set_aside(wanted: Wanted, facts: Facts, cash: int, price: int | None, upper: int) -> None:
    """Check that a buy sets aside what it can cost, and no more than nobody else has set aside.

    Args:
        wanted: the buy.
        facts: before it.
        cash: won on the account.
        price: its limit price; None at market.
        upper: the upper limit price of its name in won, 0 where none is known.

    Raises:
        InvariantError: too little is set aside, or more than there is.
    """
    least = price or min(upper, wanted.each * UPPER // 100)
    said = f"{wanted.what} reserves only {wanted.reserve}"
    must(wanted.reserve >= least * wanted.quantity, said)
    others = (o for o in facts.live(Side.BUY) if o.fact.intent != wanted.amends)
    free = cash - sum(o.reserved for o in others)
    must(wanted.reserve <= free, f"{wanted.what} reserves {wanted.reserve} of {free}")


def compare_set_aside(facts: Facts, state: State) -> None:
    """Hold what the desk has set aside for each of its buys against the facts.

    Raises:
        InvariantError: it is another amount.
    """
    ours = {one.fact.intent: one.reserved for one in facts.live(Side.BUY)}
    theirs = {one.intent: one.reserved for one in state.blotter.live(side=Side.BUY)}
    for intent in ours.keys() | theirs.keys():
        said, true = theirs.get(intent, 0), ours.get(intent, 0)
        must(said == true, f"{said} won are set aside for {intent}, not {true}")
    free = state.cash - sum(ours.values())
    must(state.free_cash == free, f"{state.free_cash} won count as free, not {free}")


def _bounded(what: str, does: str, value: int, *bounds: int | None) -> None:
    for bound in bounds:
        must(bound is None or value <= bound, f"{what} {does} {value}, the bound is {bound}")


def _capital(own: BookLimits, facts: Facts) -> int | None:
    if isinstance(own.capital, Decimal):
        return int(own.capital * facts.opened_worth)
    return own.capital


def _buys(orders: list[Order], code: str) -> Iterator[Order]:
    return (o for o in orders if o.fact.side is Side.BUY and o.fact.listed.code == code)
