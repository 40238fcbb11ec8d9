"""Limits so tight that a seed meets each of them: what never binds is never proved."""

from dataclasses import replace
from decimal import Decimal
from random import Random

from maemae.desk.guard import BookLimits, Limits
from maemae.desk.rules import DeskRules

TIGHT_EVERY, TIGHT_AT = 8, 6
"""Of so many seeds in a row the one whose limits are tight."""


def scarce(seed: int) -> int:
    """Return won that do not suffice for all that the books of a seed want."""
    return Random(f"cash of {seed}").randint(30, 100) * 100_000


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


_FREE = Limits(entries_per_name=None, orders_per_minute=None, refusals_in_a_row=None)
_OF_ALL = (
    replace(_FREE, order_value=1_200_000),
    replace(_FREE, order_quantity=30),
    replace(_FREE, name_exposure=1_500_000),
    replace(_FREE, total_exposure=3_500_000),
    replace(_FREE, positions=2),
    replace(_FREE, entries_per_name=1),
    replace(_FREE, orders_per_minute=3),
    replace(_FREE, refusals_in_a_row=2),
)
_OF_BOOKS: tuple[BookLimits, ...] = (
    BookLimits(capital=2_500_000),
    BookLimits(name_exposure=800_000),
    BookLimits(after_stop=False),
    BookLimits(order_value=800_000),
    BookLimits(loss=15_000),
)


def pressed(seed: int, rules: DeskRules) -> DeskRules:
    """Return rules with one tight limit of all and one of a book, others in the next seed.

    Where many bind at once, one is never met for the others.
    """
    limits = replace(
        _OF_ALL[seed % len(_OF_ALL)],
        book_loss=rules.limits.book_loss,
        daily_loss=rules.limits.daily_loss,
    )
    first, own = min(rules.books), _OF_BOOKS[seed % len(_OF_BOOKS)]
    books = {**rules.books, first: replace(rules.books[first], limits=own)}
    return replace(rules, limits=limits, books=books)
