"""Desks whose venue lists no orders (모의투자), and what happens to them."""

from collections.abc import Iterable
from typing import Any

from tests.desk.table import OPENS, Table, rules

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.orders import Order
from maemae.desk.sights import Figure
from maemae.market.costs import CostRules, Turnover
from maemae.market.kinds import Kind, Market, Side

CASH = 10_000_000
CODE = "005930"

ANSWERS = ("refused", "without rows")
"""How such a venue answers the order inquiry."""


def on_paper(answers: str, proved: Iterable[Figure] = tuple(Figure)) -> Table:
    """A desk that has found out that its venue lists no orders.

    `proved` are the figures that open orders were seen to shrink there on a day before.
    """
    table = Table(Desk(rules(), [proof(figure) for figure in proved]))
    table.start()
    if answers == "refused":
        refused = ev.Unavailable(at=table.now, query=ev.Query.EXECUTIONS, permanent=True)
        table.say(refused)
    else:
        for _ in range(5):
            table.later()
            table.say(ev.Executions(at=table.now, rows=(), asked=0, sure=False))
    table.balance(CASH)
    return table


def proof(figure: Figure) -> rec.FigureProved:
    return rec.FigureProved(at=OPENS, figure=figure, intent="earlier")


def buy(table: Table, code: str = CODE) -> cmd.Send:
    table.offer(code)
    table.power(code, quantity=769, amount=CASH)
    return table.sends()[-1]


def order(table: Table) -> Order:
    return list(table.desk.state.blotter.orders.values())[-1]


def costs(side: Side, amount: int, before: Turnover | None = None) -> int:
    day = Table(Desk(rules())).now.date()
    before = before or Turnover()
    after = before.add(side, amount, Market.KOSPI, Kind.STOCK)
    return CostRules.VIRTUAL.costs(after, day).total - CostRules.VIRTUAL.costs(before, day).total


def look(table: Table, cash: int, price: int = 0, /, **shares: Any) -> None:
    """One balance; a pair of numbers is what is held and what of it can be sold."""
    table.later(2)
    holdings = tuple(
        ev.Holding(code=code.removeprefix("c"), quantity=held, price=price, sellable=free)
        for code, (held, free) in shares.items()
    )
    version = table.desk.state.version
    table.say(ev.Balance(at=table.now, cash=cash, holdings=holdings, asked=version))


def nothing_moved(table: Table, power: int) -> None:
    look(table, CASH)
    table.say(ev.BuyingPower(at=table.later(), code=CODE, quantity=0, amount=power))


def held(table: Table) -> int:
    """Hold 100 shares and lose the reply of their stop loss; return the cash."""
    buy(table)
    table.accept(table.sends()[-1].intent, 1)
    table.notice(1, CODE, 100, 10_000)
    cash = table.desk.state.cash
    table.later()
    table.balance(cash, c005930=100)
    table.price(CODE, 9_000)
    table.lose(table.sends()[-1].intent)
    return cash


def by_hand(table: Table, book: str, quantity: int, code: str = CODE) -> Order:
    """Rest a limit buy of a person's."""
    table.say(
        ev.OrderOrdered(
            at=table.now, ticket="t", book=book, side=Side.BUY, code=code,
            quantity=quantity, price=10_000,
        )
    )  # fmt: skip
    table.say(
        ev.Price(at=table.now, code=code, price=10_000, polled=True, listed=rec.Listed(code=code))
    )
    return order(table)
