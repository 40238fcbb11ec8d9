"""Fees and taxes of a trading day, exact to the won.

The broker reckons both on the day's cumulative turnover, side by side, and rounds there: KIS's
virtual server does so in all recorded snapshots, each tax component on its own. So what one fill
costs is the difference between the day's costs after and before it.

The securities transaction tax (증권거래세) and the rural development tax (농어촌특별세, on KOSPI
only) are paid by the seller. The rate goes by the settlement date; the dates here are the trade
dates that settle on it (T+2).
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import IntEnum
from types import MappingProxyType
from typing import ClassVar

from maemae.market.kinds import Kind, Market, Side

_SCALE = 10**9
"""Rates are held as whole parts per billion, so that all arithmetic is on integers."""


class CostClass(IntEnum):
    """What a turnover is charged as; ETF, ETN and ELW pay no tax and another fee."""

    KOSPI = 0
    KOSDAQ = 1
    KONEX = 2
    FUND = 3


def cost_class(market: Market, kind: Kind = Kind.STOCK) -> CostClass:
    """Return what a trade in this instrument is charged as."""
    return CostClass.FUND if kind.is_tax_exempt else CostClass[market.name]


_ZERO = (0,) * len(CostClass)


@dataclass(frozen=True, slots=True)
class Turnover:
    """What was bought and sold in a day, in won, by cost class (indexed by `CostClass`)."""

    bought: tuple[int, ...] = _ZERO
    sold: tuple[int, ...] = _ZERO

    @property
    def buy(self) -> int:
        """Won bought in all."""
        return sum(self.bought)

    @property
    def sell(self) -> int:
        """Won sold in all."""
        return sum(self.sold)

    def add(self, side: Side, amount: int, market: Market, kind: Kind = Kind.STOCK) -> "Turnover":
        """Return the turnover with one more fill of `amount` won (price times quantity)."""
        if amount < 0:
            raise ValueError(f"the amount of a fill cannot be negative: {amount}")
        return self.correct(side, amount, market, kind)

    def correct(
        self, side: Side, difference: int, market: Market, kind: Kind = Kind.STOCK
    ) -> "Turnover":
        """Return the turnover with a fill put right that was so many won more, or less."""
        at = cost_class(market, kind)
        if side is Side.BUY:
            return Turnover(_plus(self.bought, at, difference), self.sold)
        return Turnover(self.bought, _plus(self.sold, at, difference))


def _plus(amounts: tuple[int, ...], at: CostClass, amount: int) -> tuple[int, ...]:
    return (*amounts[:at], amounts[at] + amount, *amounts[at + 1 :])


@dataclass(frozen=True, slots=True)
class Costs:
    """Fee (수수료) and tax (제세금) in won."""

    fee: int = 0
    tax: int = 0

    @property
    def total(self) -> int:
        """Fee and tax together."""
        return self.fee + self.tax

    def __add__(self, other: "Costs") -> "Costs":
        return Costs(self.fee + other.fee, self.tax + other.tax)

    def __sub__(self, other: "Costs") -> "Costs":
        return Costs(self.fee - other.fee, self.tax - other.tax)


@dataclass(frozen=True, slots=True)
class TaxRates:
    """What a sale pays, in parts per billion of the proceeds; one entry per tax component."""

    kospi: tuple[int, ...]
    kosdaq: tuple[int, ...]
    konex: tuple[int, ...]

    def of(self, at: CostClass) -> tuple[int, ...]:
        """Return the components a cost class pays."""
        return (self.kospi, self.kosdaq, self.konex, ())[at]


def _rates(kospi: str, farm: str, kosdaq: str, konex: str) -> TaxRates:
    """Build rates from percentages."""
    own, rural, other, third = (int(Decimal(p) * (_SCALE // 100)) for p in
                                (kospi, farm, kosdaq, konex))  # fmt: skip
    return TaxRates((own, rural), (other,), (third,))


_TAX: tuple[tuple[date, TaxRates], ...] = (
    (date.min, _rates("0.15", "0.15", "0.30", "0.30")),
    (date(2019, 5, 30), _rates("0.10", "0.15", "0.25", "0.10")),
    (date(2020, 12, 29), _rates("0.08", "0.15", "0.23", "0.10")),
    (date(2022, 12, 28), _rates("0.05", "0.15", "0.20", "0.10")),
    (date(2023, 12, 27), _rates("0.03", "0.15", "0.18", "0.10")),
    (date(2024, 12, 27), _rates("0", "0.15", "0.15", "0.10")),
    (date(2025, 12, 29), _rates("0.05", "0.15", "0.20", "0.10")),
)
"""By first trade date. Source: press of 2019-04-02, 2020-07-22 and 2025-12-01 on the decree."""


def tax_rates(on: date) -> TaxRates:
    """Return the tax rates of sales made on that trade date."""
    return _TAX[bisect_right(_TAX, on, key=lambda row: row[0]) - 1][1]


def tax_changes() -> Mapping[date, TaxRates]:
    """Return every table of tax rates by the first trade date it holds for."""
    return MappingProxyType(dict(_TAX[1:]))


@dataclass(frozen=True)
class CostRules:
    """A broker's terms.

    Args:
        fee_rate: commission on stocks, each side, as a fraction of the turnover.
        fund_fee_rate: commission on ETF, ETN and ELW; the stock rate when left out.
        fee_rounding: the fee of a side's cumulative turnover is cut to this many won.
        tax_rounding: each tax component is cut to this many won.
        taxed: whether sales pay tax at all (a comparison without costs sets it to False).
        tax_rate: what a sale of stocks pays as a fraction, in place of the law's rates of the day.

    Raises:
        ValueError: a rate outside 0-10 %, finer than a billionth, or a rounding below 1 won.
    """

    fee_rate: Decimal
    fund_fee_rate: Decimal | None = None
    fee_rounding: int = 1
    tax_rounding: int = 1
    taxed: bool = True
    tax_rate: Decimal | None = None
    _fee_parts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    REAL: ClassVar["CostRules"]
    """KIS BanKIS online terms. Rounding: to the won, as far as recorded statements show."""
    VIRTUAL: ClassVar["CostRules"]
    """KIS's virtual server (모의투자), equal to the won to every recorded snapshot."""
    FREE: ClassVar["CostRules"]
    """No costs at all."""

    def __post_init__(self) -> None:
        for rounding in (self.fee_rounding, self.tax_rounding):
            if rounding < 1:
                raise ValueError(f"a rounding must be 1 won or more, not {rounding}")
        stock = _parts(self.fee_rate)
        fund = stock if self.fund_fee_rate is None else _parts(self.fund_fee_rate)
        object.__setattr__(self, "_fee_parts", (stock, stock, stock, fund))
        if self.tax_rate is not None:
            _parts(self.tax_rate)

    def costs(self, turnover: Turnover, on: date) -> Costs:
        """Return what a day's cumulative turnover costs."""
        fee = self._fee(turnover.bought) + self._fee(turnover.sold)
        return Costs(fee, self._tax(turnover.sold, on))

    def tax_parts(self, at: CostClass, on: date) -> tuple[int, ...]:
        """Return what a sale pays, in parts per billion; one entry per tax component."""
        if not self.taxed:
            return ()
        if self.tax_rate is None or at is CostClass.FUND:
            return tax_rates(on).of(at)
        return (_parts(self.tax_rate),)

    def _fee(self, amounts: tuple[int, ...]) -> int:
        exact = sum(a * parts for a, parts in zip(amounts, self._fee_parts, strict=True))
        return exact // _SCALE // self.fee_rounding * self.fee_rounding

    def _tax(self, sold: tuple[int, ...], on: date) -> int:
        return sum(
            sold[at] * parts // _SCALE // self.tax_rounding * self.tax_rounding
            for at in CostClass
            if sold[at]
            for parts in self.tax_parts(at, on)
        )


def _parts(rate: Decimal) -> int:
    parts = rate * _SCALE
    if not 0 <= rate <= Decimal("0.1") or parts != int(parts):
        raise ValueError(f"a rate must be a fraction from 0 to 0.1 of at most 9 places: {rate}")
    return int(parts)


CostRules.REAL = CostRules(Decimal("0.000140527"), Decimal("0.000146527"))
CostRules.VIRTUAL = CostRules(Decimal("0.000142"), fee_rounding=10)
CostRules.FREE = CostRules(Decimal(0), taxed=False)
