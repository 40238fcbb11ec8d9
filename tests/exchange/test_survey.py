"""The survey of a market: games on paths, statistics of bars and of trading."""

from datetime import date

import numpy as np
import pytest
from tests.exchange.conftest import hours, listing

from maemae.exchange.replay import DayMarket
from maemae.exchange.survey.bars import collect, figures
from maemae.exchange.survey.games import GAMES, Game, Tally
from maemae.exchange.survey.survey import Survey


@pytest.mark.parametrize(
    ("game", "prices", "gain"),
    [
        (Game(0.01, 0.02, 0.01), [1_005, 1_010, 1_020, 1_031, 990], 21 / 1_010),
        (Game(0.01, 0.02, 0.01), [1_010, 1_000, 999, 1_050], -11 / 1_010),
        (Game(0.01, 0.02, 0.01), [1_010, 1_011, 1_012], 2 / 1_010),
        (Game(0.01, 0.02, 0.01), [1_005, 1_030, 1_040], None),
        (Game(-0.01, 0.02, 0.01), [1_005, 990, 1_040], 50 / 990),
        (Game(0.01, None, 0.01, trailing=True), [1_010, 1_100, 1_088, 1_200], 78 / 1_010),
        (Game(0.01, None, 0.01, trailing=True), [1_010, 1_000, 999, 1_200], -11 / 1_010),
    ],
)
def test_a_game_enters_at_its_level_and_leaves_at_its_exit(
    game: Game, prices: list[int], gain: float | None
) -> None:
    assert game.play(1_000, np.array(prices)) == pytest.approx(gain)


def test_the_fair_part_of_wins_is_that_of_a_mean_of_zero() -> None:
    assert Tally([0.03, -0.01, -0.01, -0.01]).fair == pytest.approx(0.25)
    assert Tally([0.03, -0.01, -0.01, -0.01]).mean == pytest.approx(0.0)


def test_bars_are_counted_as_they_are() -> None:
    first = [listing("000010", (10_300, 13_000, 10_300, 13_000), 100)]
    second = [listing("000010", (13_500, 16_900, 13_400, 16_900), 100, base=13_000)]
    found = figures(collect([(date(2024, 3, 5), first), (date(2024, 3, 6), second)]))
    assert (found.bars, found.limit_up, found.streak, found.at_high) == (2, 1.0, 1.0, 1.0)
    assert found.up_after_gap == 1.0
    assert found.after_gap == pytest.approx((13_000 / 10_300 + 16_900 / 13_500) / 2 - 1)


def test_the_survey_has_a_figure_in_every_line(market: DayMarket) -> None:
    survey = Survey()
    survey.add(market)
    survey.replay(hours(), 7, 40)
    lines = survey.lines()
    assert len(lines) > len(GAMES)
    assert all(line.here and line.what for line in lines)
