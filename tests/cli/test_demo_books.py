"""What the demonstration says of its books before it trades: rules, and odds in a fair game."""

from datetime import date, time
from decimal import Decimal

import numpy as np
import pytest

from maemae.cli.demo_books import BOOKS, odds, promises, round_trip, with_books
from maemae.trader.settings import Settings

DAY = date(2026, 11, 30)


def test_fees_and_tax_of_a_round_trip_are_those_of_the_day() -> None:
    assert round_trip(Settings(), DAY) == Decimal("0.002") + 2 * Decimal("0.000140527")


def test_the_odds_are_those_of_a_walk_that_goes_nowhere() -> None:
    assert odds(Decimal("0.02"), Decimal("0.01"), Decimal(0)) == Decimal(1) / 3
    told = float(odds(Decimal("0.02"), Decimal("0.01"), Decimal("0.0025")))
    up, down = 225, 75  # The bounds before costs, in hundredths of a percent.
    random = np.random.default_rng(7)
    at, won, games = np.zeros(4_000, int), 0, 4_000
    while at.size:
        at = at + random.choice((-5, 5), at.size)
        won += int((at >= up).sum())
        at = at[(at < up) & (at > -down)]
    assert won / games == pytest.approx(told, abs=0.03)


def test_the_demonstration_shows_two_books_that_carry_nothing_overnight() -> None:
    settings = Settings(**with_books(Settings(), {}))
    assert [book.way for book in settings.book] == ["condition", "breakout"]
    assert {book.sell_at for book in settings.book} == {time(15, 15)}
    scalper, breakout = promises(settings, DAY)
    assert "it wins 26% of its trades and loses the costs, 0.23% a trade" in scalper
    assert "sells at -3.0% or from 15:15 on" in breakout


def test_books_of_the_settings_are_left_alone() -> None:
    own = Settings(book=({"way": "condition", "name": "mine"},))
    assert with_books(own, {}) == {}
    assert BOOKS[0]["name"] == "scalper"
