"""Limits so tight that a seed meets each of them: what never binds is never proved."""

from dataclasses import replace
from decimal import Decimal
from random import Random

from maemae.desk.guard import BookLimits
from maemae.desk.rules import DeskRules

TIGHT_EVERY, TIGHT_AT = 8, 6
"""Of so many seeds in a row the one whose limits are tight."""


def tightened(seed: int, rules: DeskRules) -> DeskRules:
    """Return rules whose limits bind, in one seed of eight; those of other seeds as they are."""
    if seed % TIGHT_EVERY != TIGHT_AT:
        return rules
    dice = Random(f"limits of {seed}")

    def million(least: int, most: int) -> int:
        return dice.randint(10 * least, 10 * most) * 100_000

    def book() -> BookLimits:
        capital = dice.choice((million(2, 6), Decimal(dice.randint(10, 30)) / 100))
        return BookLimits(
            capital=dice.choice((None, capital)),
            order_value=dice.choice((None, million(1, 2))),
            name_exposure=dice.choice((None, million(1, 3))),
            after_stop=dice.choice((True, False)),
        )

    limits = replace(
        rules.limits,
        order_value=dice.choice((None, million(1, 3))),
        name_exposure=dice.choice((None, million(1, 4))),
        total_exposure=dice.choice((None, million(3, 8))),
        positions=dice.choice((None, 1, 2, 3)),
        entries_per_name=dice.choice((None, 1, 2, 3)),
        orders_per_minute=dice.choice((3, 10, 60)),
        refusals_in_a_row=dice.choice((None, 1, 3)),
    )
    books = {name: replace(one, limits=book()) for name, one in rules.books.items()}
    return replace(rules, limits=limits, books=books)
