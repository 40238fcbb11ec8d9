"""How liquid a name is: its trades a day, what stands between bid and ask, and what a level shows.

Measured on one large name, from which the others follow by value, price, tick and volatility. KIS's
documented records of Samsung Electronics (2023-06-12, H0STCNT0 and H0STASP0) have 12,042 trades of
3,052,507 shares by 09:33:54 at 71,900 won, and at 09:37:30 the best prices one tick of 100 won
apart, with 91,918 and 95,221 shares; all ten levels have 13 and 22 times as much. By `daytime` that
is a day of some 60,000 trades and 15.8 million shares (1,140 billion won), and a best level of
0.6 % of it. The volatility of such a day is taken as 1.4 %.

* Trades grow with the value to the power of 0.6, an assumption: large names have more of them, and
  larger ones.
* Bid and ask are one and a half times the volatility of a trade apart, as across markets (Wyart,
  Bouchaud, Kockelkoren, Potters, Vettorazzo, Relation between bid-ask spread, impact and volatility
  in order-driven markets, Quantitative Finance 8, 2008), and a tick at least.
* What stands between two prices is a part of the day's volume that grows with their distance, in
  volatilities of the day: where a tick is much, queues are long.

Nothing here knows the day's range: books tell no more of the day than its volume.
"""

from dataclasses import dataclass
from math import sqrt

from maemae.exchange.listing import Listing

USUAL_VOLATILITY, VOLATILITIES = 0.0218, 0.56
"""Median of the volatility from open to close, and the standard deviation of its logarithm.

What is assumed of a name whose volatility is not known. Of 1.34 million KRX bars of 2019 to 2022
as traded: the logarithm of (high - low) / open less that of the range of a random walk, whose
mean is 0.4276 and whose deviation 0.285.
"""

MILLION = 1_000_000
_BILLION = 1_000_000_000
_TRADES, _POWER = 1_020.0, 0.6
"""Trades of a name with a billion won of value, were the auctions as many trades for their shares
as the rest of the day; and how they grow with the value."""
_APART = 1.5
_BETWEEN = 0.06
"""Part of the day's volume that stands at the best level, were a tick as much as the volatility."""


@dataclass(frozen=True, slots=True)
class Liquidity:
    """How liquid a name is on a day.

    `trades`: about how many there are. `apart`: millionths of the price between best bid and ask,
    were there no ticks. `density`: shares that stand in a million won of price, next to the best.
    `off_hours`: one share of so many stands there outside regular hours.
    """

    trades: int
    apart: int
    density: int
    off_hours: int = 8

    def level(self, tick: int) -> int:
        """Return the shares that a price usually shows, next to the best; `tick` in won."""
        return self.density * tick // MILLION

    @classmethod
    def of(cls, one: Listing) -> "Liquidity":
        """Return a name's liquidity, from what is known of its day."""
        trades = _TRADES * float((one.volume * one.close / _BILLION) ** _POWER)
        volatility = one.volatility or USUAL_VOLATILITY
        return cls(
            trades=round(trades),
            apart=int(_APART * MILLION * volatility / sqrt(max(1.0, trades))),
            density=max(1, int(_BETWEEN * MILLION * one.volume / (volatility * one.base))),
        )
