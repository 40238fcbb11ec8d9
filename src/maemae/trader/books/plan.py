"""`way = "plan"`: decided after the close on the day's final bars, ordered at the next open."""

from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field

from maemae.desk.rules import BookRules, Entry
from maemae.desk.terms import AT_MARKET
from maemae.trader.books.common import BookSettings
from maemae.trader.order_settings import OrderSettings
from maemae.trader.sources.plan import Brief, PlanSource
from maemae.trader.sources.source import Means, Source
from maemae.trader.universe_settings import NamesSettings

AT = time(9, 1)
PREPARE_AT = time(15, 40)
GRACE_MINUTES = 30
UNIVERSE = 200
LOOK = timedelta(seconds=10)
"""How often it is looked whether the time has come."""


class PlanBook(BookSettings):
    """A strategy of the language on daily bars, traded once a day by a plan.

    The exits of the settings go over those of the strategy where any of them is set.
    """

    way: Literal["plan"]
    strategy: str = Field(description="a preset, one of your own strategies, or a file")
    strategies: Path | None = Field(
        None, description="folder of your own strategies", examples=["strategies"]
    )
    universe_limit: int = Field(
        UNIVERSE,
        ge=0,
        description="instruments looked at of those that [book.universe] lets through, the largest "
        "(or first of a list); 0: all",
    )
    universe: NamesSettings = NamesSettings()
    quantity: int | None = Field(
        None,
        ge=1,
        description="shares of each buy instead of the strategy's sizing",
        examples=[10],
    )
    at: time = Field(
        AT, description="when the plan is carried out; before 09:00 in the auction, at market"
    )
    prepare_at: time = Field(PREPARE_AT, description="when the next one is prepared")
    grace_minutes: int = Field(
        GRACE_MINUTES, ge=1, description="how late a plan may still be carried out"
    )
    indices: Path | None = Field(
        None,
        description="daily bars of the indices that the rules look at (Parquet)",
        examples=["indices.parquet"],
    )

    @property
    def brief(self) -> Brief:
        """What its source has to know."""
        from maemae.trader.plans.recipes import recipe  # noqa: PLC0415 - loads the strategy

        return Brief(
            book=self.name,
            at=self.at,
            grace=timedelta(minutes=self.grace_minutes),
            settings=recipe(self).fingerprint,
        )

    def rules(self) -> BookRules:
        """Return how the desk trades the book."""
        entry = Entry(amount=0, names=self.max_names, exits=self.exits)
        return replace(plan_rules(entry, self.at, self.order), limits=self.limits)

    def source(self, means: Means) -> Source:
        """Return what opens the day's plan when its time has come."""
        return PlanSource(self.brief, means)


def plan_rules(entry: Entry, at: time, order: OrderSettings) -> BookRules:
    """Return the rules of a book that trades by plans; its lines state their own quantities.

    In the opening auction it orders at market: there no price of the moment can be followed. What
    is ordered for a session outside regular hours goes there.
    """
    way = order.way()
    auction = at < time(9) and not way.order_kind.off_hours
    return BookRules(
        entry=entry,
        search_every=LOOK,
        signal_every=LOOK,
        auction=auction,
        order=AT_MARKET if auction else way,
    )
