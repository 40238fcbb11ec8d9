"""`way = "condition"`: buys what a condition search (조건검색) saved at the broker finds."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from maemae.desk.rules import BookRules, Entry
from maemae.strategy.customary import SCALPER_NAMES, SCALPER_STOP_LOSS, SCALPER_TAKE_PROFIT
from maemae.trader.books.common import BookSettings, Rate
from maemae.trader.sources.source import Means, Source


class ConditionBook(BookSettings):
    """A name in the search result that is not held is bought while slots are free.

    The whole holding is sold when its profit rate, after the fees and taxes of both sides,
    reaches a bound.
    """

    way: Literal["condition"] = "condition"
    name: str = Field(
        "scalper", pattern=r"^[a-z][a-z0-9_-]*$", max_length=40, description="its own name"
    )
    condition: int = Field(0, ge=0, description="number of the saved condition search")
    amount: int = Field(1_000_000, gt=0, description="won spent per name")
    take_profit: Rate | None = Field(
        SCALPER_TAKE_PROFIT, description="profit rate at which a holding is sold"
    )
    stop_loss: Rate | None = Field(
        SCALPER_STOP_LOSS, description="loss rate at which a holding is sold"
    )
    max_names: int = Field(SCALPER_NAMES, ge=1, le=40, description="names held at most")
    search_seconds: int = Field(300, ge=1, description="seconds between two searches")

    def rules(self) -> BookRules:
        """Return how the desk trades the book."""
        return BookRules(
            entry=Entry(amount=self.amount, names=self.max_names, exits=self.exits),
            search_every=timedelta(seconds=self.search_seconds),
            signal_every=self.signal_every,
            hours=self.hours,
            limits=self.limits,
            order=self.order.way(),
        )

    def source(self, means: Means) -> Source:
        """Return the condition search."""
        from maemae.trader.sources.condition import ConditionSource  # noqa: PLC0415 - the client

        return ConditionSource(self.name, self.condition, means)
