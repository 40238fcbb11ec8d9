"""The parts a strategy is put together from, besides its rules."""

from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from numpy.typing import NDArray

from maemae.bars.panel import Panel
from maemae.i18n import _
from maemae.strategy.tree import Condition, RuleError, Series

CODE_LENGTH = 6
"""Characters of a Korean instrument's code."""


@runtime_checkable
class Rule(Protocol):
    """What the language cannot say, as a small Python class.

    It is given bars and answers for every bar of every instrument; it must not look ahead, which
    `maemae strategy check` tests by giving it less and less of the future.
    """

    @property
    def warmup(self) -> int:
        """Bars of history it needs, the one decided on included."""
        ...

    def __call__(self, panel: Panel) -> NDArray[Any]:
        """Answer in the shape of the panel: bool for entry and exit, float for a score."""
        ...


@dataclass(frozen=True)
class Universe:
    """Candidates by rule: instruments where `where` holds; of these the `top` ones by `by`.

    Evaluated on every bar like the entry itself, so it knows nothing of later listings.
    """

    where: Condition | None = None
    by: Series | None = None
    top: int | None = None

    def __post_init__(self) -> None:
        if (self.by is None) != (self.top is None):
            raise RuleError(_("a universe needs both `by` (what to rank) and `top` (how many)"))
        if self.top is not None and self.top < 1:
            raise RuleError(_("a universe of the top {top} is empty").format(top=self.top))


@dataclass(frozen=True)
class ConditionSearch:
    """Candidates of a condition search saved at the broker (조건검색), by its title.

    Its answer exists only at the moment of asking, so a backtest needs recorded answers.
    """

    title: str


@dataclass(frozen=True)
class ListFile:
    """Candidates and reference prices from a target list (CSV or JSON)."""

    path: Path


@dataclass(frozen=True)
class Watch:
    """Candidates by code."""

    codes: tuple[str, ...]

    def __post_init__(self) -> None:
        for code in self.codes:
            if len(code) != CODE_LENGTH:
                raise RuleError(
                    _("{code!r} is no code: six characters, as in '005930'").format(code=code)
                )


Candidates = Universe | ConditionSearch | ListFile | Watch


@dataclass(frozen=True)
class Account:
    """What a sizing rule may know; money in whole units of the account's currency."""

    equity: int
    cash: int
    positions: int
    max_positions: int


@runtime_checkable
class Sizing(Protocol):
    """How much to spend on one entry."""

    def amount(self, account: Account) -> int:
        """Return the money for one entry before costs; never above the cash."""
        ...


@dataclass(frozen=True)
class EqualShares:
    """An equal share of the equity for each of the strategy's positions.

    The cash counts when it is at least half of that: a crumb would take up a place.
    """

    def amount(self, account: Account) -> int:
        """Equity over the number of positions, as far as cash goes."""
        return _reached(account.equity // account.max_positions, account.cash)


@dataclass(frozen=True)
class EqualCash:
    """The cash at hand, split over the positions still free."""

    def amount(self, account: Account) -> int:
        """Cash over free positions."""
        free = account.max_positions - account.positions
        return max(0, account.cash // free) if free > 0 else 0


@dataclass(frozen=True)
class FixedAmount:
    """The same amount of money for every entry."""

    money: int

    def amount(self, account: Account) -> int:
        """Return the amount, or nothing when the cash does not reach."""
        return self.money if account.cash >= self.money else 0


@dataclass(frozen=True)
class FractionOfEquity:
    """A fraction of the equity for every entry; of the cash, when that is half of it or more."""

    fraction: float

    def __post_init__(self) -> None:
        if not 0 < self.fraction <= 1:
            raise RuleError(
                _("a fraction of the equity lies above 0 up to 1, not {fraction}").format(
                    fraction=self.fraction
                )
            )

    def amount(self, account: Account) -> int:
        """Fraction of the equity, as far as cash goes."""
        return _reached(int(account.equity * self.fraction), account.cash)


def _reached(wanted: int, cash: int) -> int:
    """Return what the cash can do of an amount, or nothing when it is less than half."""
    if cash >= wanted:
        return max(0, wanted)
    return cash if 2 * cash >= wanted else 0


@dataclass(frozen=True)
class Schedule:
    """When a strategy decides and how long it may hold.

    Attributes:
        bars: the bars it reads: "daily" or a number of minutes.
        first, last: time of day of the first and the last entry, exchange time.
        flat_by: sell everything at this time of day; None keeps positions overnight.
    """

    bars: Literal["daily"] | int = "daily"
    first: time = time(9, 0)
    last: time = time(15, 20)
    flat_by: time | None = None

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise RuleError(
                _("the first entry ({first}) comes after the last ({last})").format(
                    first=self.first, last=self.last
                )
            )


@dataclass(frozen=True)
class EntryOrder:
    """How an entry is bought.

    Attributes:
        at: "open" the next session's open (or the next bar's), "close" the same session's closing
            auction, "breakout" when the next session's price reaches its open plus `above_open`,
            "now" at the next tick.
        above_open: for "breakout": distance above the open, in price units, as known at the
            decision.
        band: buy only while the price lies in [reference·(1+low), reference·(1+high)); the
            reference is the list's price, or the close decided on.
    """

    at: Literal["open", "close", "breakout", "now"] = "open"
    above_open: Series | None = None
    band: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if (self.at == "breakout") != (self.above_open is not None):
            raise RuleError(_("a breakout entry, and only that, needs `above_open`"))
        if self.band is not None and not self.band[0] < self.band[1]:
            raise RuleError(_("the band {band} is empty").format(band=self.band))
