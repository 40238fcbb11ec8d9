"""`way = "targets"`: buys the names of a list while they are near their reference prices."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from msgspec import structs
from pydantic import Field

from maemae.desk.rules import BookRules, Entry, Purse
from maemae.desk.terms import Exits
from maemae.strategy.customary import (
    TARGET_BAND,
    TARGET_DAYS,
    TARGET_STOP_LOSS,
    TARGET_TAKE_PROFIT,
)
from maemae.trader.books.common import BookSettings, Rate
from maemae.trader.sources.source import Means, Source


class TargetBook(BookSettings):
    """A name of the list is bought while reference <= price < reference * (1 + band).

    The reference is the price in the list, or the base price of the day (기준가: the previous
    close) where the list has none. The money of the book is split equally over the names of the
    list that the account does not hold. A holding is sold at a bound of its profit rate (after
    fees and taxes), and on the trading day `max_days` after its purchase, so many minutes before
    the regular session ends.
    """

    way: Literal["targets"] = "targets"
    name: str = Field(
        "targets", pattern=r"^[a-z][a-z0-9_-]*$", max_length=40, description="its own name"
    )
    file: Path = Field(
        description="the list: .csv, .json, or a legacy .pkl", examples=["targets.csv"]
    )
    band: Rate = Field(TARGET_BAND, description="how far above its reference a name is bought")
    max_names: int = Field(100, ge=1, le=300, description="names held at most")
    take_profit: Rate | None = Field(
        TARGET_TAKE_PROFIT, description="profit rate at which a holding is sold"
    )
    stop_loss: Rate | None = Field(
        TARGET_STOP_LOSS, description="loss rate at which a holding is sold"
    )
    max_days: int | None = Field(
        TARGET_DAYS, ge=1, description="trading days after the purchase on which it is sold"
    )
    sell_before_close: int = Field(
        5, ge=0, le=390, description="minutes before the close at which old holdings are sold"
    )
    quote_seconds: int = Field(20, ge=1, description="seconds between two looks at all prices")

    @property
    def exits(self) -> Exits:
        """When a position of the book is sold."""
        if self.sell_at is not None or self.max_days is None:
            return super().exits
        return structs.replace(super().exits, before_close=self.sell_before_close)

    def rules(self) -> BookRules:
        """Return how the desk trades the book."""
        return BookRules(
            entry=Entry(amount=_equal_part, names=self.max_names, exits=self.exits),
            search_every=timedelta(seconds=self.quote_seconds),
            signal_every=self.signal_every,
            order=self.order.way(),
            hours=self.hours,
            limits=self.limits,
        )

    def source(self, means: Means) -> Source:
        """Return the list, with prices."""
        from maemae.trader.sources.targets import TargetSource  # noqa: PLC0415 - the client

        return TargetSource(self.name, self.file, self.band, means)


def _equal_part(purse: Purse) -> int:
    return purse.part(purse.wanted)
