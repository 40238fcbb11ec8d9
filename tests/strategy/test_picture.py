import numpy as np
import pytest

from maemae.bars.panel import Panel
from maemae.strategy import RuleError, Strategy, close
from maemae.strategy.picture import Mark, marks, picture
from maemae.strategy.signals import signals
from maemae.strategy.trial import random_walk


def path(*closes: float) -> Panel:
    panel = random_walk(1, len(closes))
    for name in ("open", "high", "low", "close"):
        panel.fields[name][0] = closes
    return panel


@pytest.mark.parametrize(
    ("limits", "sold"),
    [
        ({}, Mark(7, 90, "sell")),
        ({"take_profit": 0.08}, Mark(5, 95, "sell")),
        ({"stop_loss": 0.02}, Mark(6, 90, "sell")),
        ({"trailing_stop": 0.1}, Mark(6, 90, "sell")),
        ({"max_holding": 1}, Mark(3, 110, "sell")),
    ],
)
def test_bought_and_sold_at_the_open_after_the_decision(
    limits: dict[str, float], sold: Mark
) -> None:
    panel = path(99, 101, 102, 110, 112, 95, 90, 90)
    strategy = Strategy(name="a", entry=close > 100, exit=close < 91, **limits)  # type: ignore[arg-type]
    found = marks(strategy, signals(strategy, panel), 0)
    assert found[0] == Mark(2, 102, "buy")
    assert found[1] == sold


def test_a_page_stands_alone() -> None:
    panel = random_walk(2, 60)
    strategy = Strategy(name="rise", entry=close > close[1], exit=close < close[1])
    page = picture(strategy, panel, "000001")
    assert "<html>" in page
    assert "triangle-up" in page
    assert 'src="http' not in page
    with pytest.raises(RuleError, match="999999"):
        picture(strategy, panel, "999999")
    assert np.isfinite(panel.fields["close"]).all()
