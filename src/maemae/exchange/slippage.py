"""Market orders that fill worse than the displayed book says, where the settings ask for it.

The same rule as `maemae.backtest.rules.slipped`, so that a day on the simulated exchange and a
backtest assume the same; an order's own limit and the day's limits are never passed.
"""

from maemae.exchange.orders import Order
from maemae.exchange.replay import DayMarket
from maemae.market.kinds import Side

_MILLION = 10**6


class Slippage:
    """Makes prices worse.

    Args:
        market: the day's market.
        rate: parts per million of the price; 0: not at all.
    """

    def __init__(self, market: DayMarket, rate: int = 0) -> None:
        self._market = market
        self._rate = rate

    def worse(self, order: Order, price: int) -> int:
        """Return the price in won at which an order takes shares displayed at a price."""
        if not self._rate:
            return price
        row = self._market.rows[order.code]
        one, grid = self._market.listings[row], self._market.grid(row)
        if order.side is Side.BUY:
            limit = one.upper if order.any_price else min(one.upper, order.price)
            won = grid.price(grid.ceil(-(-price * (_MILLION + self._rate) // _MILLION)))
            return max(price, min(won, limit))
        limit = one.lower if order.any_price else max(one.lower, order.price)
        won = grid.price(grid.floor(price * (_MILLION - self._rate) // _MILLION))
        return min(price, max(won, limit))
