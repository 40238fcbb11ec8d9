"""A balance is one witness: for a minute or an hour it may be wrong, and nothing changes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from tests.desk.table import Table, rules

from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.terms import Exits
from maemae.market.kinds import Side

CODE = "005930"
STOP = Exits(stop_loss=Decimal("0.1"), take_profit=Decimal("0.5"), trailing=Decimal("0.3"))

SOLD_OUT = (ev.Holding(code=CODE, quantity=0, price=0),)
"""What a balance shows of a name that was sold."""

Spoil = Callable[[ev.Balance], ev.Balance]


@pytest.fixture
def table() -> Table:
    """A book that has bought 100 shares for 10,000 won each, with the day's turnover stated."""
    table = Table(Desk(rules(STOP)))
    table.start()
    table.say(truth(table))
    table.bought()
    return table


def truth(table: Table) -> ev.Balance:
    """What the broker's books are when they are ours."""
    state = table.desk.state
    shares = state.portfolio.holdings() if state.day else {}
    return ev.Balance(
        at=table.now,
        cash=state.cash if state.day else 10_000_000,
        holdings=tuple(ev.Holding(code=c, quantity=n, price=0) for c, n in shares.items()),
        asked=state.version,
        bought=state.turnover.buy,
        sold=state.turnover.sell,
    )


def empty(right: ev.Balance) -> ev.Balance:
    return replace(right, holdings=())


def doubled(right: ev.Balance) -> ev.Balance:
    return replace(right, holdings=2 * right.holdings)


def twice_as_many(right: ev.Balance) -> ev.Balance:
    more = (replace(one, quantity=2 * one.quantity) for one in right.holdings)
    return replace(right, holdings=tuple(more))


def of_before(right: ev.Balance) -> ev.Balance:
    return replace(right, cash=10_000_000, holdings=(), bought=0, sold=0)


def without_the_shares_yet(right: ev.Balance) -> ev.Balance:
    return replace(right, cash=9_500_000, holdings=())


def looks(table: Table, spoil: Spoil, seconds: int) -> None:
    """Look again and again at a wrong balance, with whole order lists between."""
    for _ in range(seconds // 10):
        table.later(10)
        table.inquire(*table.known())
        table.say(spoil(truth(table)))


def books(table: Table) -> tuple[object, ...]:
    state = table.desk.state
    return state.cash, dict(state.portfolio.positions), dict(state.portfolio.foreign)


WRONG = [empty, doubled, twice_as_many, of_before, without_the_shares_yet]


@pytest.mark.parametrize("seconds", [60, 3_600])
@pytest.mark.parametrize("spoil", WRONG)
def test_a_wrong_balance_changes_nothing_and_is_said_once(
    table: Table, spoil: Spoil, seconds: int
) -> None:
    before = books(table)
    looks(table, spoil, seconds)
    assert books(table) == before
    said = table.incidents()
    if spoil is not doubled:  # That one cannot be read at all, and who asks for it says so.
        assert len(said) == 1
        assert said[0] in ("books_disputed", "balance_stale")
    table.inquire(*table.known())
    table.say(truth(table))
    assert table.incidents() == [*said, *(["books_agree"] if said else [])]
    assert table.desk.agreed


@pytest.mark.parametrize("spoil", WRONG)
def test_a_stop_loss_in_dispute_sells_all_the_same(table: Table, spoil: Spoil) -> None:
    looks(table, spoil, 600)
    table.later()
    table.price(CODE, 5_000)
    send = table.sends()[-1]
    assert (send.side, send.code, send.quantity) == (Side.SELL, CODE, 100)


def test_nothing_is_entered_while_books_are_in_dispute(table: Table) -> None:
    looks(table, empty, 60)
    sent = len(table.sends())
    table.offer("000660")
    table.power("000660")
    assert len(table.sends()) == sent
    table.inquire(*table.known())
    table.say(truth(table))
    table.offer("000660")
    table.power("000660")
    assert len(table.sends()) == sent + 1


def sold_by_phone(right: ev.Balance) -> ev.Balance:
    assert right.sold is not None
    cash = right.cash + 594_000
    held = tuple(replace(one, quantity=one.quantity - 60) for one in right.holdings)
    return replace(right, cash=cash, holdings=held, sold=right.sold + 594_000)


def test_what_the_account_sold_beyond_our_orders_is_written_off(table: Table) -> None:
    looks(table, sold_by_phone, 50)
    assert table.desk.state.portfolio.shares(CODE) == 40
    assert "position_lost" in table.incidents()


def test_shares_that_return_go_back_to_their_book_as_they_were(table: Table) -> None:
    table.price(CODE, 12_000)
    position = table.desk.state.portfolio.positions["scalper", CODE]
    before = replace(position)
    lost = rec.PositionLost(at=table.now, book="scalper", code=CODE, quantity=100)
    table.desk.state.apply(lost)
    right = truth(table)
    held = (ev.Holding(code=CODE, quantity=100, price=12_000),)
    for _ in range(6):
        table.later(1)
        table.inquire(*table.known())
        table.say(replace(right, holdings=held, asked=table.desk.state.version))
    assert table.desk.state.portfolio.positions["scalper", CODE] == before
    assert table.desk.state.portfolio.foreign == {}
    assert "position_returned" in table.incidents()


def test_shares_that_return_over_night_go_back_to_their_book(table: Table) -> None:
    lost = rec.PositionLost(at=table.now, book="scalper", code=CODE, quantity=100)
    table.desk.state.apply(lost)
    night = table.now + timedelta(days=1)
    held = (ev.Holding(code=CODE, quantity=100, price=9_900),)
    next_day = Table(table.desk, now=night)
    next_day.say(ev.Balance(at=night, cash=table.desk.state.cash, holdings=held, bought=0, sold=0))
    portfolio = table.desk.state.portfolio
    assert portfolio.positions["scalper", CODE].exits == STOP
    assert portfolio.positions["scalper", CODE].paid == 1_000_000
    assert portfolio.foreign == {}


def test_shares_sold_over_night_are_written_off_when_the_cash_came_in(table: Table) -> None:
    night = table.now + timedelta(days=1)
    cash = table.desk.state.cash + 990_000
    next_day = Table(table.desk, now=night)
    for _ in range(7):
        version = table.desk.state.version
        shown = ev.Balance(at=night, cash=cash, holdings=SOLD_OUT, bought=0, sold=0, asked=version)
        next_day.say(shown)
        next_day.later(1)
        next_day.inquire()
    assert not table.desk.state.portfolio.positions
