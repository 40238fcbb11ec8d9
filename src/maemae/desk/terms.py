"""The terms of an entry: how it is ordered, and when the position it leads to is sold."""

from datetime import datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Literal

import msgspec

from maemae.market.order_kinds import OrderKind, order_kind
from maemae.market.phases import Venue


class Exits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When a position is sold, declared with its entry and kept with it across restarts.

    Rates are fractions of what was paid: `take_profit=Decimal("0.02")` sells at +2 %,
    `stop_loss=Decimal("0.01")` at −1 %, both after the fees and taxes of both sides.
    `trailing` sells when the price has fallen by that fraction from its highest since entry.
    `days` sells on the n-th trading day after the purchase, `at` from that time of day on; both
    together sell on that day from that time on. `before_close` is `at` counted back from the
    official close, in minutes: sessions of an unusual hour move it along.
    With `of_price` the two bounds are fractions of the average price, costs left out, as a
    declared strategy (`maemae.strategy.Strategy`) means them.
    """

    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    trailing: Decimal | None = None
    days: int | None = None
    at: time | None = None
    before_close: int | None = None
    of_price: bool = False


class AfterWait(StrEnum):
    """What becomes of an entry that did not fill in time."""

    CANCEL = "cancel"
    CHASE = "chase"
    """It is amended to the price of the moment, a few times, and cancelled then."""
    MARKET = "market"
    """It is amended to a market order."""


_PLAIN = ("00", "01")


class OrderWay(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an entry is ordered, declared with it and kept with it across restarts.

    A limit order lies `offset_ticks` ticks above (below, when negative) the last price. When it
    is not filled after `wait_seconds`, `then` says what becomes of the rest. A market order that
    finds nobody to trade with is cancelled after `patience.MARKET_WAIT`. `code` (ORD_DVSN) is
    another kind of order, `exchange` where it goes; one for a session outside regular hours rests
    until that ends.
    """

    kind: Literal["market", "limit"] = "market"
    offset_ticks: int = 0
    wait_seconds: int = 10
    then: AfterWait = AfterWait.CANCEL
    chases: int = 5
    code: str = ""
    exchange: Venue = Venue.KRX

    @property
    def routed(self) -> bool:
        """Whether it is no ordinary limit or market order of KRX's regular session."""
        return bool(self.code) or self.exchange is not Venue.KRX

    @property
    def order_kind(self) -> OrderKind:
        """What kind of order it is."""
        return order_kind(self.code or {"market": "01", "limit": "00"}[self.kind])


class Route(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where an order goes that is not an ordinary one of KRX's regular session.

    `kind` is its ORD_DVSN (`maemae.market.order_kinds`), `exchange` where it goes, `until` when
    the last session ends in which it may trade: it is over then.
    """

    kind: str
    exchange: Venue = Venue.KRX
    until: datetime

    @property
    def plain(self) -> bool:
        """Whether it is a limit or a market order, wherever it goes."""
        return self.kind in _PLAIN

    def code_at(self, price: int | None) -> str:
        """Return the ORD_DVSN of an order at a price: a plain one may become one at market."""
        return self.kind if not self.plain else "01" if price is None else "00"


AT_MARKET = OrderWay()
"""The customary way: a market order."""
