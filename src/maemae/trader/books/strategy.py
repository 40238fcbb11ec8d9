"""`way = "strategy"`: a strategy of the language, decided while the session runs."""

from collections.abc import Callable
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from maemae.desk.rules import BookRules, Entry, Purse
from maemae.desk.terms import Exits
from maemae.errors import SettingsError
from maemae.i18n import _
from maemae.strategy.declare import Strategy, plain
from maemae.strategy.find import find, own_folder
from maemae.strategy.parts import Account, EqualCash, Universe, Watch
from maemae.strategy.tree import RuleError
from maemae.trader.books.common import BookSettings, Rate
from maemae.trader.sources.decisions import Mandate
from maemae.trader.sources.source import Means, Source
from maemae.trader.universe_settings import UniverseSettings

if TYPE_CHECKING:
    from maemae.trader.sources.universe import Chooser

SETTLE = timedelta(seconds=1)
"""After the end of a bar its last trades may still be on their way."""

OPENS, AUCTION = time(9), time(15, 20)

AT = time(15, 15)

POLL = timedelta(seconds=10)
"""How often names that no tick tells of are asked for, where a level is watched."""


class StrategyBook(BookSettings):
    """Buys and sells as a strategy decides, on minute bars or on the day's bar so far.

    What the settings say of exits and names goes over what the strategy says. Bounds are fractions
    of the price paid, costs left out, as in a backtest.
    """

    way: Literal["strategy"]
    rebuy_after_stop: bool = Field(
        True,
        description="whether it buys a name again on the day of its stop loss, as backtests do",
    )
    strategy: str = Field(
        description="a preset, one of your own strategies, or a file", examples=["golden_cross"]
    )
    strategies: Path | None = Field(
        None, description="folder of your own strategies", examples=["strategies"]
    )
    parameters: dict[str, float] = Field({}, description="the strategy's numbers, set anew")
    universe: UniverseSettings = UniverseSettings()
    at: time = Field(AT, description="daily bars: when the day's bar so far is looked at")
    amount: int | None = Field(
        None,
        gt=0,
        description="won per name instead of the strategy's sizing",
        examples=[1_000_000],
    )
    beyond: Rate = Field(
        Decimal("0.01"), description="how far above its level a name is still bought"
    )
    entry_seconds: int = Field(
        60, ge=1, description="how long after its decision an entry may be ordered"
    )

    @field_validator("at")
    @classmethod
    def _in_continuous_trading(cls, at: time) -> time:
        if not OPENS <= at < AUCTION:
            raise ValueError(_("must lie in continuous trading, from 09:00 to before 15:20"))
        return at

    def rules(self) -> BookRules:
        """Return how the desk trades the book.

        Raises:
            SettingsError: there is no such strategy, or it cannot be traded in this way.
        """
        strategy = self.declared()
        schedule = strategy.schedule
        every = timedelta(minutes=1 if schedule.bars == "daily" else schedule.bars)
        names = self._over("max_names", strategy.max_positions)
        return BookRules(
            entry=Entry(
                amount=self.amount or _sized(strategy, names),
                names=names,
                exits=self._exits(strategy),
            ),
            search_every=POLL if strategy.order.at == "breakout" else every,
            search_after=SETTLE,
            signal_every=self.signal_every,
            order=self.order.way(),
            hours=(self.from_ or schedule.first, self.until or schedule.last),
            limits=self.limits,
        )

    def source(self, means: Means) -> Source:
        """Return what looks at the bars.

        Raises:
            SettingsError: as `rules`; or the strategy asks for what the bars do not have.
        """
        from maemae.trader.sources.daily import DailySource  # noqa: PLC0415 - numba, polars
        from maemae.trader.sources.minute import MinuteSource  # noqa: PLC0415 - the same
        from maemae.trader.sources.universe import Chooser  # noqa: PLC0415 - the same

        strategy = self.declared()
        names = self.universe
        if isinstance(strategy.candidates, Watch) and not names.named:
            names = names.model_copy(update={"codes": strategy.candidates.codes})
        chooser = Chooser(self.name, names, means)
        mandate = Mandate(
            book=self.name, strategy=strategy, entry_for=timedelta(seconds=self.entry_seconds)
        )
        if strategy.order.at == "breakout":
            return self._watching(mandate, chooser, means)
        length = strategy.schedule.bars
        if length == "daily":
            return DailySource(mandate, chooser, self.at, means)
        return MinuteSource(mandate, chooser, length, means)

    def _watching(self, mandate: Mandate, chooser: "Chooser", means: Means) -> Source:
        """Return what watches the levels of a strategy that buys at breakouts."""
        from maemae.trader.sources.breakout import BreakoutSource  # noqa: PLC0415 - numba, polars
        from maemae.trader.sources.daily_bars import DailyBars  # noqa: PLC0415 - the same
        from maemae.trader.sources.levels import StrategyLevels  # noqa: PLC0415 - the same

        levels = StrategyLevels(mandate, DailyBars(mandate.strategy.warmup.bars, means))
        return BreakoutSource(
            self.name, levels, chooser, means, reason=mandate.strategy.name, beyond=self.beyond,
            entry_for=mandate.entry_for,
        )  # fmt: skip

    def declared(self) -> Strategy:
        """Return the strategy with its parameters set.

        Raises:
            SettingsError: there is no such strategy, or it cannot be traded in this way.
        """
        try:
            found = find(self.strategy, self.strategies or own_folder())
            found = found.with_parameters(self.parameters)
        except RuleError as error:
            raise SettingsError(
                _("book {name}: {error}").format(name=self.name, error=error)
            ) from error
        problem = self._problem(found)
        if problem:
            raise SettingsError(
                _("book {name}: {name2} {problem}").format(
                    name=self.name, name2=found.name, problem=problem
                )
            )
        return found

    def _problem(self, strategy: Strategy) -> str:
        """Return why a strategy cannot be traded in this way; empty when it can."""
        if not isinstance(strategy.candidates, Universe | Watch):
            return _("takes its names from a search or a list; use a book of that way")
        if strategy.schedule.bars == "daily":
            return self._daily_problem(strategy)
        return self._minute_problem(strategy, strategy.schedule.bars)

    def _daily_problem(self, strategy: Strategy) -> str:
        how = strategy.order.at
        if how in ("close", "breakout") or "at" in self.model_fields_set:
            return ""
        when = _("the next session's open") if how == "open" else _("any time of the next session")
        return _(
            'buys at {when}: trade it with way = "plan", or set `at`, the time of day at which '
            "the day's bar so far is looked at"
        ).format(when=when)

    def _minute_problem(self, strategy: Strategy, minutes: int) -> str:
        how = strategy.order.at
        if how in ("close", "breakout"):
            return _(
                'buys at the {how}, which minute bars do not have; its order wants "open"'
            ).format(how=how)
        if OPENS.hour * 60 % minutes:
            return _("has bars of {n} minutes, of which none begins at 9:00").format(n=minutes)
        if not self.universe.narrow and not isinstance(strategy.candidates, Watch):
            return _(
                "reads minute bars: say under [book.universe] which names it looks at (codes, "
                "file, ranking or sectors), for the whole market is too much"
            )
        return ""

    def _exits(self, strategy: Strategy) -> Exits:
        flat = strategy.schedule.flat_by
        holding = plain(strategy.max_holding)
        return Exits(
            take_profit=self._over("take_profit", _rate(plain(strategy.take_profit))),
            stop_loss=self._over("stop_loss", _rate(plain(strategy.stop_loss))),
            trailing=self._over("trailing_stop", _rate(plain(strategy.trailing_stop))),
            days=self._over("max_days", None if holding is None or flat else int(holding)),
            at=self._over("sell_at", flat),
            of_price=True,
        )

    def _over(self, key: str, declared: Any) -> Any:
        """Return what the settings say, or else what the strategy says."""
        return getattr(self, key) if key in self.model_fields_set else declared


def _sized(strategy: Strategy, names: int) -> Callable[[Purse], int]:
    def amount(purse: Purse) -> int:
        free, cash = names - purse.held, purse.cash
        if isinstance(strategy.sizing, EqualCash) and free > 0:
            cash = purse.part(free) * free
        return strategy.sizing.amount(Account(purse.worth, cash, purse.held, names))

    return amount


def _rate(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))
