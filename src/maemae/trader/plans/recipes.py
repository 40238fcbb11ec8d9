"""From settings to recipes: what the plans of a book are made from."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import platformdirs

from maemae.desk.terms import Exits
from maemae.strategy.declare import Strategy, plain
from maemae.strategy.find import find
from maemae.trader.books.plan import PlanBook
from maemae.trader.plans.prepare import Recipe


def recipe(book: PlanBook) -> Recipe:
    """Return what the plans of a book are made from.

    Raises:
        RuleError: there is no such strategy, or its file is broken.
    """
    strategy = find(book.strategy, own_folder(book.strategies))
    return Recipe(
        book=book.name,
        strategy=replace(strategy, max_positions=book.max_names),
        limit=book.universe_limit or None,
        quantity=book.quantity,
        max_names=book.max_names,
        exits=book.exits if book.exits != Exits() else declared(strategy),
        capital=book.capital,
        indices=book.indices,
        universe=book.universe,
    )


def own_folder(folder: Path | None) -> Path:
    """Return the folder of the person's own strategies."""
    return folder or platformdirs.user_config_path("maemae") / "strategies"


def declared(strategy: Strategy) -> Exits:
    """Return the limits of a strategy as exits; its fractions are of the price paid."""

    def rate(name: str) -> Decimal | None:
        value = plain(getattr(strategy, name))
        return None if value is None else Decimal(str(value))

    days = plain(strategy.max_holding)
    return Exits(
        take_profit=rate("take_profit"),
        stop_loss=rate("stop_loss"),
        trailing=rate("trailing_stop"),
        days=None if days is None else int(days),
        at=strategy.schedule.flat_by,
        of_price=True,
    )
