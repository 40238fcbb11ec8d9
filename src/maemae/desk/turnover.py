"""What the broker says the account traded today, held against what our books have of it.

The day's turnover (금일매수금액, 금일매도금액) grows with every execution, to the won, and never
shrinks. So it tells of a balance what its shares alone cannot: whether it is older than executions
that are proved, and whether shares that differ were traded at all. Shares that are missing though
nobody sold any are a wrong answer, not a loss.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from maemae.desk.events import Balance, Execution
from maemae.desk.state import State, books_digest
from maemae.market.kinds import Side

RANGE = 2
"""A day's prices lie within this factor of each other: the limits are 30 % up and down."""

SWING = 30
"""Percent by which the price of a trade may lie from the last one."""

GUESS = 10
"""Executions booked at a likely price may be wrong by a tenth."""


@dataclass(frozen=True, slots=True)
class Unbooked:
    """Won traded on the account today that our books lack; below zero: that they have too many."""

    bought: int
    sold: int


def unbooked(state: State, balance: Balance) -> Unbooked:
    """Return what the account traded beyond our books; read off the cash where it is not said."""
    if balance.bought is None or balance.sold is None:
        change = balance.cash - state.cash
        return Unbooked(bought=max(0, -change), sold=max(0, change))
    return Unbooked(
        bought=balance.bought - state.turnover.buy - state.others_bought,
        sold=balance.sold - state.turnover.sell - state.others_sold,
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """What the day's orders came to by a list of them, everybody's: won, and shares by code."""

    bought: int
    sold: int
    shares: Mapping[str, int]
    priced: bool = True
    """Whether all executions have their won: the shares may be listed before them."""
    unbooked: frozenset[str] = frozenset()
    """Names of which an order of ours has filled more, by the list, than our books have yet."""
    strange: tuple[Execution, ...] = ()
    """Orders that have filled something and are not known to be ours."""


def listed(rows: Iterable[Execution], state: State) -> Listed:
    """Return what the orders of a list came to: everybody's, ours among them."""
    sums, shares, priced = {Side.BUY: 0, Side.SELL: 0}, dict[str, int](), True
    behind, strange = set[str](), list[Execution]()
    for row in rows:
        ours = state.blotter.orders.get(state.blotter.by_number.get(row.order_no, ""))
        if ours is not None and row.filled > ours.filled:
            behind.add(row.code)
        if ours is None and row.filled:
            strange.append(row)
        priced = priced and (row.amount > 0) == (row.filled > 0)
        sums[row.side] += row.amount
        moved = row.filled if row.side is Side.BUY else -row.filled
        shares[row.code] = shares.get(row.code, 0) + moved
    return Listed(
        bought=sums[Side.BUY],
        sold=sums[Side.SELL],
        shares=shares,
        priced=priced,
        unbooked=frozenset(behind),
        strange=tuple(strange),
    )


def agrees(told: Listed | None, balance: Balance) -> bool:
    """Whether the list of orders and a balance tell the same of all that was traded today."""
    if told is None or not told.priced:
        return False
    return (told.bought, told.sold) == (balance.bought, balance.sold)


def proves(state: State, told: Listed | None, balance: Balance, codes: Iterable[str]) -> bool:
    """Whether the list of orders, share by share, is what a balance shows of some names.

    Two inquiries that agree to the won on all that was traded, and to the share with the shares
    that there were in the morning, need no likely price to be believed.
    """
    if told is None or not agrees(told, balance) or not told.unbooked.isdisjoint(codes):
        return False
    theirs = {one.code: one.quantity for one in balance.holdings}
    if any(theirs.get(code, 0) < bought for code, bought in told.shares.items()):
        return False  # What was bought today is there: a page of the balance is missing.
    ours = {code for _, code in state.portfolio.positions}
    from_before = {code for (_, code), line in state.today.lines.items() if line.overnight}

    def before(code: str) -> tuple[int, ...]:
        # A first balance may have lacked a page; what the owner did in the evening it alone knows.
        first = state.portfolio.shown.get(code, 0)
        if code not in ours:
            return (first,)
        held = state.portfolio.overnight.get(code, 0)
        # What was written off since had been sold today, or had left the account by then.
        kept = held - state.portfolio.missed.get(code, 0)
        return (held, kept) if code in from_before else (held, kept, first)

    return all(theirs.get(code, 0) - told.shares.get(code, 0) in before(code) for code in codes)


def moved_in_doubt(state: State, balance: Balance) -> dict[str, int]:
    """Return by code the shares that others traded today of names of which nothing is known.

    Books and balance are not compared there: what a balance shows now, and the first of the day
    did, is in one unit all the same. A name that has no line may be on a page that is missing. What
    was followed before the doubt came up is left out.
    """
    now = {one.code: one.quantity for one in balance.holdings}
    ours = Counter[str]()
    for order in state.blotter.orders.values():
        ours[order.code] += order.filled if order.side is Side.BUY else -order.filled
    shown = state.portfolio.shown
    moved = {
        code: now[code] - shown.get(code, 0) - ours[code] - state.portfolio.followed.get(code, 0)
        for code in state.portfolio.withheld & now.keys()
    }
    return {code: change for code, change in moved.items() if change}


def newly_moved_in_doubt(state: State, balance: Balance) -> dict[str, int]:
    """Return the same without what was put down already."""
    moved = moved_in_doubt(state, balance)
    put_down = {code: state.untold.get(code, 0) for code in state.portfolio.withheld}
    return add(moved, put_down)


def add(shares: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """Add shares by code, and leave out what comes to none."""
    codes = shares.keys() | more.keys()
    sums = {code: shares.get(code, 0) + more.get(code, 0) for code in sorted(codes)}
    return {code: change for code, change in sums.items() if change}


def may_be_back(state: State, told: Listed | None, balance: Balance, code: str, most: int) -> int:
    """Return how many of the shares of a name that were written off may be there again.

    What the list has orders for was bought: it is whoever's the orders are. Without a list that
    agrees nobody knows, and the shares go back to where their exits are.
    """
    if told is None or not agrees(told, balance) or code in told.unbooked:
        return most
    portfolio = state.portfolio
    theirs = sum(one.quantity for one in balance.holdings if one.code == code)
    kept = portfolio.overnight.get(code, 0) - portfolio.missed.get(code, 0)
    return min(most, max(0, theirs - told.shares.get(code, 0) - kept))


def is_old(state: State, balance: Balance, known: Unbooked | None) -> bool:
    """Whether a balance lacks executions that are proved; `known`: those that were listed."""
    if balance.bought is None or balance.sold is None:
        return repeats_the_past(state, balance)
    if known is not None:
        return balance.bought < known.bought or balance.sold < known.sold
    more = unbooked(state, balance)
    return (
        more.bought < -(state.guessed[Side.BUY] // GUESS)
        or more.sold < -(state.guessed[Side.SELL] // GUESS)
    )  # fmt: skip


def repeats_the_past(state: State, balance: Balance) -> bool:
    """Whether a balance only shows what our own books were earlier in the day."""
    theirs = {code: holding.quantity for code, holding in balance.once.items()}
    return books_digest(balance.cash, theirs) in state.past


def accounts_for(
    state: State,
    more: Unbooked,
    shares: Mapping[str, int],
    prices: Mapping[str, int],
    *,
    partly: bool = False,
    closed: bool = False,
) -> bool:
    """Whether shares by which books differ can have been traded for what is not booked yet.

    Args:
        state: our books.
        more: what was traded beyond them.
        shares: broker minus ours, by code.
        prices: of today, by code; any where none is known.
        partly: orders of unknown outcome may be in the turnover, too.
        closed: nothing is traded any more today. No later balance tells then by how much a likely
            price was wrong, so that it may have been by as much as is thought possible.
    """
    loose = partly or any(state.guessed.values())
    ours = {code for _, code in state.portfolio.positions}
    losing = any(change < 0 and code in ours for code, change in shares.items())
    # Books that have too many purchases may give up shares of the owner's, but none of a book.
    sold = more.sold if losing else max(more.sold, -more.bought)
    bought = max(more.bought, -more.sold)
    if closed:
        bought += state.guessed[Side.BUY] // GUESS
        sold += state.guessed[Side.SELL] // GUESS
    came = sum(change * prices.get(code, 0) for code, change in shares.items() if change > 0)
    went = sum(-change * prices.get(code, 0) for code, change in shares.items() if change < 0)
    if any(change > 0 for change in shares.values()) and bought * RANGE < max(1, came):
        return False
    if any(change < 0 for change in shares.values()) and sold * RANGE < max(1, went):
        return False
    if loose or any(code not in prices for code in shares):
        return True
    # What was both bought and sold moves no shares, and as much of the one as of the other.
    gap = abs((bought - sold) - (came - went))
    return gap <= (came + went + max(0, min(bought, sold))) * SWING // 100


def near(amount: int, likely: int) -> bool:
    """Whether shares can have been traded for so many won that are worth others at the last price.

    What is beyond was traded in another name, or by somebody else.
    """
    return abs(amount - likely) * 100 <= likely * SWING
