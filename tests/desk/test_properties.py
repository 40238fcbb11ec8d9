"""What holds of orders, books, limits and exits, whatever the figures."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from maemae.clock import KST
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.difference import compare
from maemae.desk.exits import exit_reason
from maemae.desk.guard import ENTRY_RULES, EXIT_RULES, Limits, Proposal, refusal
from maemae.desk.orders import TRANSITIONS, Order, OrderState
from maemae.desk.positions import Position
from maemae.desk.state import State
from maemae.desk.terms import Exits
from maemae.desk.turnover import repeats_the_past
from maemae.market.costs import CostRules
from maemae.market.kinds import Side

NOW = datetime(2026, 11, 20, 9, tzinfo=KST)
CODES = ("005930", "000660", "035420")
CODE = st.sampled_from(CODES)
WON = st.integers(1, 50_000_000)
SHARES = st.integers(1, 5_000)
SPLITS = st.lists(st.tuples(st.integers(1, 50), st.integers(1, 9_999)), min_size=1, max_size=12)


def intended(number: int, code: str, side: Side, quantity: int, reserve: int = 0) -> rec.Intended:
    return rec.Intended(
        at=NOW,
        intent=f"{number:05}",
        book="book",
        side=side,
        listed=rec.Listed(code=code),
        quantity=quantity,
        reserve=reserve,
        reason="test",
    )


def opened(cash: int = 10**12) -> State:
    state = State(CostRules.REAL)
    state.apply(rec.DayOpened(at=NOW, day=NOW.date(), cash=cash))
    return state


def trade(state: State, code: str, side: Side, fills: Sequence[tuple[int, int]]) -> None:
    """Order and fill; each fill is (shares, price)."""
    number = len(state.blotter.orders) + 1
    quantity = sum(shares for shares, _ in fills)
    state.apply(intended(number, code, side, quantity))
    state.apply(rec.Accepted(at=NOW, intent=f"{number:05}", order_no=number))
    for shares, price in fills:
        state.apply(
            rec.Filled(
                at=NOW,
                intent=f"{number:05}",
                quantity=shares,
                amount=shares * price,
                executed=NOW,
            )
        )


# Orders.


@given(st.integers(1, 60), WON, st.data())
def test_what_an_order_reserves_only_shrinks_and_never_falls_short(
    quantity: int, reserve: int, data: st.DataObject
) -> None:
    order = Order.of(intended(1, CODES[0], Side.BUY, quantity, reserve))
    least = reserve
    assert order.reserved == reserve
    order.move(OrderState.WORKING)
    while order.live:
        before, left = order.reserved, order.remaining
        assert before * quantity >= reserve * left
        assert (before - 1) * quantity < reserve * left
        assert before <= least
        least = before
        order.fill(data.draw(st.integers(1, left)), 0)
    assert (order.reserved, order.state) == (0, OrderState.FILLED)


@given(st.lists(st.sampled_from(OrderState), max_size=20))
def test_no_way_through_the_table_leads_out_of_an_end(moves: list[OrderState]) -> None:
    order = Order.of(intended(1, CODES[0], Side.BUY, 1))
    ended = False
    for to in moves:
        if to in TRANSITIONS[order.state]:
            assert not ended
            order.move(to)
            ended = to is OrderState.FILLED
    assert order.live is (order.state.value in ("intended", "unknown", "working"))


# Books.


@given(SPLITS, SPLITS)
def test_selling_in_any_parts_gives_back_all_that_was_paid(
    bought: list[tuple[int, int]], sold: list[tuple[int, int]]
) -> None:
    state = opened()
    trade(state, CODES[0], Side.BUY, bought)
    held = sum(shares for shares, _ in bought)
    sales = []
    for shares, price in sold:
        if (part := min(shares, held)) > 0:
            sales.append((part, price))
            held -= part
    if held:
        sales.append((held, 777))
    trade(state, CODES[0], Side.SELL, sales)
    assert state.portfolio.positions == {}
    result = state.portfolio.results["book"]
    earned = sum(s * p for s, p in sales) - sum(s * p for s, p in bought) - state.costs.total
    assert result.realised == earned
    assert state.cash == 10**12 + earned
    assert (result.wins, result.losses) == ((1, 0) if earned > 0 else (0, 1))


@given(st.lists(st.tuples(CODE, SPLITS), min_size=1, max_size=5))
def test_the_same_facts_make_the_same_books_wherever_the_replay_begins(
    trades: list[tuple[str, list[tuple[int, int]]]],
) -> None:
    one, other = opened(), opened()
    for code, fills in trades:
        trade(one, code, Side.BUY, fills)
        for single in fills:  # The same shares, ordered one by one.
            trade(other, code, Side.BUY, [single])
    assert one.portfolio.holdings() == other.portfolio.holdings()
    assert (one.cash, one.costs, one.turnover) == (other.cash, other.costs, other.turnover)
    assert {k: p.paid for k, p in one.portfolio.positions.items()} == {
        k: p.paid for k, p in other.portfolio.positions.items()
    }


@given(st.dictionaries(CODE, SHARES), st.dictionaries(CODE, SHARES), WON, WON)
def test_a_difference_is_what_turns_our_books_into_the_brokers(
    ours: dict[str, int], theirs: dict[str, int], cash: int, stated: int
) -> None:
    state = State(CostRules.REAL)
    state.apply(rec.DayOpened(at=NOW, day=NOW.date(), cash=cash, holdings=ours))
    holdings = tuple(ev.Holding(code=c, quantity=n, price=0) for c, n in theirs.items())
    found = compare(state, ev.Balance(at=NOW, cash=stated, holdings=holdings))
    assert cash + found.cash == stated
    for code in CODES:
        assert ours.get(code, 0) + found.shares.get(code, 0) == theirs.get(code, 0)
    assert all(found.shares.values())
    assert bool(found) is (ours != theirs or cash != stated)


@given(SPLITS)
def test_every_state_the_books_went_through_is_known_as_past(fills: list[tuple[int, int]]) -> None:
    state = opened()
    seen = []
    for fill in fills:
        trade(state, CODES[0], Side.BUY, [fill])
        seen.append((state.cash, state.portfolio.holdings()))
    for cash, held in seen:
        holdings = tuple(ev.Holding(code=c, quantity=n, price=0) for c, n in held.items())
        assert repeats_the_past(state, ev.Balance(at=NOW, cash=cash, holdings=holdings))


# The guard.

LIMITS = st.builds(
    Limits,
    daily_loss=st.none() | WON,
    order_value=st.none() | WON,
    order_quantity=st.none() | SHARES,
    name_exposure=st.none() | WON,
    total_exposure=st.none() | WON,
    positions=st.none() | st.integers(1, 5),
    orders_per_minute=st.none() | st.integers(1, 5),
    entries_per_name=st.none() | st.integers(1, 5),
    refusals_in_a_row=st.none() | st.integers(0, 5),
    book_loss=st.none() | WON,
    collar=st.none() | st.decimals("0.001", "0.3", places=3),
    quote_age=st.integers(0, 120).map(lambda s: timedelta(seconds=s)),
)
WANTED = st.builds(
    Proposal,
    at=st.just(NOW),
    book=st.just("book"),
    code=CODE,
    side=st.sampled_from(Side),
    quantity=st.integers(-5, 5_000),
    price=st.integers(1, 100_000),
    seen=st.integers(0, 150).map(lambda s: NOW - timedelta(seconds=s)),
    reserve=WON,
    in_session=st.booleans(),
    loss=st.just(0) | WON,
    book_loss=st.just(0) | WON,
    limit=st.none() | st.integers(1, 100_000),
    last=st.none() | st.integers(1, 100_000),
    by_hand=st.booleans(),
)


DECENT = st.builds(
    Proposal,
    at=st.just(NOW),
    book=st.just("book"),
    code=CODE,
    side=st.just(Side.BUY),
    quantity=st.integers(1, 200),
    price=st.integers(1, 20_000),
    seen=st.integers(0, 40).map(lambda s: NOW - timedelta(seconds=s)),
    reserve=st.integers(1, 4_000_000),
    in_session=st.just(True),
)
"""What stands a chance of being let in."""


@st.composite
def states(draw: st.DrawFn, levels: Sequence[rec.Halt] = tuple(rec.Halt)) -> State:
    state = opened(draw(WON))
    for number, (code, side, quantity, reserve, how) in enumerate(
        draw(
            st.lists(
                st.tuples(CODE, st.sampled_from(Side), SHARES, WON, st.integers(0, 4)),
                max_size=5,
            )
        ),
        start=1,
    ):
        intent = f"{number:05}"
        state.apply(intended(number, code, side, quantity, reserve))
        if how == 1:
            state.apply(rec.Refused(at=NOW, intent=intent, code="", message=""))
        elif how == 2:
            state.apply(rec.Lost(at=NOW, intent=intent, reason=""))
        elif how >= 3:
            state.apply(rec.Accepted(at=NOW, intent=intent, order_no=number))
            if how == 4 and side is Side.BUY:
                state.apply(
                    rec.Filled(
                        at=NOW,
                        intent=intent,
                        quantity=quantity,
                        amount=quantity * 1_000,
                        executed=NOW,
                    )
                )
    state.apply(rec.Halted(at=NOW, level=draw(st.sampled_from(levels)), reason="test"))
    return state


@given(states(), LIMITS, WANTED)
def test_an_exit_is_never_refused_for_money_or_limits(
    state: State, limits: Limits, wanted: Proposal
) -> None:
    found = refusal(state, limits, replace(wanted, side=Side.SELL))
    reasons = {None, "kill_switch", "no_quantity", "outside_session", "duplicate", "off_grid"}
    assert found in reasons | {"collar", "bad_price"}
    if found == "kill_switch":
        assert state.halt is rec.Halt.ALL
    bound_less = Limits(collar=limits.collar)
    assert refusal(state, bound_less, replace(wanted, side=Side.SELL)) == found


@given(states(), LIMITS, WANTED, st.sampled_from(sorted(set(Limits.__slots__))))
def test_taking_a_bound_away_never_refuses_more(
    state: State, limits: Limits, wanted: Proposal, name: str
) -> None:
    wider: dict[str, Any] = {"quote_age": timedelta(days=1), "books": {}}
    assume(not name.startswith("clock"))
    looser: dict[str, Any] = {name: wider.get(name)}
    loose = replace(limits, **looser)
    if refusal(state, limits, wanted) is None:
        assert refusal(state, loose, wanted) is None


@given(states(), LIMITS, WANTED, st.sampled_from(rec.Halt))
def test_a_stricter_halt_never_lets_more_through(
    state: State, limits: Limits, wanted: Proposal, level: rec.Halt
) -> None:
    order = list(rec.Halt)
    before = refusal(state, limits, wanted)
    if order.index(level) >= order.index(state.halt) and before is not None:
        state.apply(rec.Halted(at=NOW, level=level, reason="test"))
        assert refusal(state, limits, wanted) is not None


@given(states(), LIMITS, WANTED)
def test_nothing_at_all_is_sent_under_the_kill_switch(
    state: State, limits: Limits, wanted: Proposal
) -> None:
    state.apply(rec.Halted(at=NOW, level=rec.Halt.ALL, reason="test"))
    assert refusal(state, limits, wanted) in ("kill_switch", "halted")


@given(states([rec.Halt.NONE]), LIMITS, DECENT)
def test_what_is_let_in_stays_inside_every_bound(
    state: State, limits: Limits, wanted: Proposal
) -> None:
    assume(refusal(state, limits, wanted) is None)
    value = wanted.price * wanted.quantity
    paid: dict[str, int] = {}
    for position in state.portfolio.positions.values():
        paid[position.listed.code] = paid.get(position.listed.code, 0) + position.paid
    for order in state.blotter.live(side=Side.BUY):
        paid[order.code] = paid.get(order.code, 0) + order.reserved
    infinite = 10**18
    assert 0 < wanted.quantity <= (limits.order_quantity or infinite)
    assert value <= (limits.order_value or infinite)
    assert value + paid.get(wanted.code, 0) <= (limits.name_exposure or infinite)
    assert value + sum(paid.values()) <= (limits.total_exposure or infinite)
    assert len({*paid, wanted.code}) <= (limits.positions or infinite)
    assert wanted.reserve <= state.free_cash
    assert wanted.at - wanted.seen <= limits.quote_age
    assert not any(state.blotter.live(code=wanted.code))
    assert wanted.in_session


@given(states(), LIMITS, WANTED)
def test_the_first_broken_rule_is_named(state: State, limits: Limits, wanted: Proposal) -> None:
    rules = EXIT_RULES if wanted.side is Side.SELL else ENTRY_RULES
    broken = [name for name, rule in rules.items() if rule(state, limits, wanted)]
    assert refusal(state, limits, wanted) == (broken[0] if broken else None)


# Exits.

RATE = st.none() | st.decimals("0.001", "0.5", places=3)
EXITS = st.builds(Exits, take_profit=RATE, stop_loss=RATE, trailing=RATE, of_price=st.booleans())


def held(exits: Exits, quantity: int, price: int, high: int) -> Position:
    return Position(
        book="book",
        listed=rec.Listed(code=CODES[0]),
        quantity=quantity,
        paid=quantity * price,
        costs=quantity * price // 7_000,
        exits=exits,
        since=NOW,
        high=max(high, price),
    )


@given(EXITS, SHARES, st.integers(100, 100_000), st.integers(100, 100_000), st.data())
def test_a_stop_that_fires_fires_at_every_lower_price(
    exits: Exits, quantity: int, paid: int, price: int, data: st.DataObject
) -> None:
    position = held(exits, quantity, paid, max(paid, price))
    if exit_reason(position, price, CostRules.REAL, NOW) in ("stop_loss", "trailing_stop"):
        lower = data.draw(st.integers(1, price))
        found = exit_reason(position, lower, CostRules.REAL, NOW)
        assert found in ("stop_loss", "trailing_stop")


@given(EXITS, SHARES, st.integers(100, 100_000), st.integers(100, 100_000), st.data())
def test_a_profit_that_is_taken_is_taken_at_every_higher_price(
    exits: Exits, quantity: int, paid: int, price: int, data: st.DataObject
) -> None:
    position = held(exits, quantity, paid, max(paid, price))
    if exit_reason(position, price, CostRules.REAL, NOW) == "take_profit":
        higher = data.draw(st.integers(price, 10 * price))
        assert exit_reason(position, higher, CostRules.REAL, NOW) == "take_profit"


@given(SHARES, st.integers(100, 100_000), st.integers(1, 100_000))
def test_without_exits_nothing_is_ever_sold(quantity: int, paid: int, price: int) -> None:
    position = held(Exits(), quantity, paid, price)
    assert exit_reason(position, price, CostRules.REAL, NOW + timedelta(days=99)) is None


@pytest.mark.parametrize("of_price", [True, False])
@given(SHARES, st.integers(1_000, 100_000))
def test_at_what_was_paid_no_bound_is_reached(of_price: bool, quantity: int, paid: int) -> None:
    bounds = Exits(
        take_profit=Decimal("0.01"), stop_loss=Decimal("0.01"), trailing=Decimal("0.01"),
        of_price=of_price,
    )  # fmt: skip
    assert exit_reason(held(bounds, quantity, paid, paid), paid, CostRules.REAL, NOW) is None
