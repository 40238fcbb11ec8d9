"""The ways of trading that `[[book]]` in the settings can declare, told apart by `way`."""

from typing import Annotated

from pydantic import Field

from maemae.trader.books.breakout import BreakoutBook
from maemae.trader.books.condition import ConditionBook
from maemae.trader.books.plan import PlanBook
from maemae.trader.books.strategy import StrategyBook
from maemae.trader.books.targets import TargetBook

AnyBook = Annotated[
    ConditionBook | PlanBook | StrategyBook | TargetBook | BreakoutBook,
    Field(discriminator="way"),
]
