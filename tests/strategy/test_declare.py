from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from maemae.bars.panel import Panel
from maemae.strategy import (
    Account,
    ConditionSearch,
    EntryOrder,
    EqualCash,
    EqualShares,
    FixedAmount,
    FractionOfEquity,
    RuleError,
    Sizing,
    Strategy,
    Universe,
    Watch,
    close,
    crosses_above,
    high,
    low,
    param,
    place,
    rank,
    signals,
    sma,
    volume,
)
from maemae.strategy.presets import OFFICIAL, PRESETS, preset

Maker = Callable[..., Panel]

strategy = Strategy(
    name="golden",
    entry=crosses_above(sma(close, param("fast", 3, 2, 9)), sma(close, 10)),
    exit=rank(close) < 0.1,
    score=rank(volume * close),
    candidates=Universe(where=close > 100, by=volume, top=4),
    stop_loss=param("stop", 0.05, 0.01, 0.2, 0.01),
)


def test_the_universe_enters_the_entry_and_every_rank() -> None:
    assert str(strategy.universe) == "(close > 100) & (place(volume, close > 100) <= 4)"
    assert str(strategy.entry_rule).startswith(f"{strategy.universe} & ")
    assert str(strategy.score_rule) == f"rank(volume * close, {strategy.universe})"


def test_parameters_move_everywhere() -> None:
    assert list(strategy.parameters) == ["fast", "stop"]
    moved = strategy.with_parameters({"fast": 5, "stop": 0.1})
    assert moved.parameters["fast"].value == 5
    assert moved.stop_loss == param("stop", 0.1, 0.01, 0.2, 0.01)
    assert moved.warmup.bars == strategy.warmup.bars == 11
    with pytest.raises(RuleError, match="has no parameter slow"):
        strategy.with_parameters({"slow": 3})
    with pytest.raises(RuleError, match="must lie between"):
        strategy.with_parameters({"fast": 99})


def test_signals_compete_by_score_within_a_day(make_panel: Maker) -> None:
    panel = make_panel(12, 90, gaps=0.1)
    found = signals(strategy, panel)
    events = found.entries()
    assert len(events) == int(found.entry.sum()) > 10
    keys = list(zip(events.time, -events.score, events.row, strict=True))
    assert keys == sorted(keys)
    entry = panel.packed.spread(found.entry, False)
    assert all(entry[row, time] for time, row in zip(events.time, events.row, strict=True))


def test_a_rank_in_the_universe_counts_its_members_only(make_panel: Maker) -> None:
    panel = make_panel(12, 30)
    found = signals(strategy, panel)
    assert found.score is not None
    score = panel.packed.spread(found.score, np.nan)
    assert (np.isfinite(score).sum(axis=0) == 4).all()
    assert set(np.nanmin(score, axis=0)) == {0.25}


class HigherLow:
    warmup = 2

    def __call__(self, panel: Panel) -> NDArray[np.bool_]:
        lows = panel.fields["low"]
        out = np.zeros(panel.shape, dtype=np.bool_)
        out[:, 1:] = lows[:, 1:] > lows[:, :-1]
        return out


def test_a_python_rule_stands_in_for_an_expression(make_panel: Maker) -> None:
    panel = make_panel(5, 40)
    by_class = Strategy(name="a", entry=HigherLow(), candidates=Watch(("000001", "000003")))
    by_words = Strategy(name="b", entry=low > low[1])
    got = panel.packed.spread(signals(by_class, panel).entry, False)
    expected = panel.packed.spread(signals(by_words, panel).entry, False)
    assert (got[[1, 3]] == expected[[1, 3]]).all()
    assert not got[[0, 2, 4]].any()
    assert by_class.warmup.bars == 2


def test_an_answer_of_the_wrong_shape_is_refused(make_panel: Maker) -> None:
    class Wrong(HigherLow):
        def __call__(self, panel: Panel) -> NDArray[np.bool_]:
            return super().__call__(panel)[:, 1:]

    with pytest.raises(RuleError, match="Wrong answered bool"):
        signals(Strategy(name="a", entry=Wrong()), make_panel(2, 9))


def test_candidates_that_are_no_rule_have_no_history(make_panel: Maker) -> None:
    search = Strategy(name="a", entry=close > 0, candidates=ConditionSearch("급등주"))
    with pytest.raises(RuleError, match="ConditionSearch"):
        signals(search, make_panel())


@pytest.mark.parametrize(
    ("sizing", "account", "amount"),
    [
        (EqualShares(), Account(1000, 900, 2, 4), 250),
        (EqualShares(), Account(1000, 140, 3, 4), 140),
        # less than half of its share would be a crumb that takes up a place
        (EqualShares(), Account(1000, 120, 3, 4), 0),
        (EqualCash(), Account(1000, 900, 1, 4), 300),
        (EqualCash(), Account(1000, 900, 4, 4), 0),
        (FixedAmount(100), Account(1000, 99, 0, 4), 0),
        (FixedAmount(100), Account(1000, 100, 0, 4), 100),
        (FractionOfEquity(0.1), Account(999, 500, 0, 4), 99),
        (FractionOfEquity(0.1), Account(999, 40, 0, 4), 0),
        (EqualShares(), Account(-5, -5, 0, 4), 0),
    ],
)
def test_sizes(sizing: Sizing, account: Account, amount: int) -> None:
    assert sizing.amount(account) == amount


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"name": "a b"}, "cannot name a strategy"),
        ({"entry": close}, "entry must be a condition"),
        ({"score": close > 1}, "score must be a series"),
        ({"stop_loss": 5}, "0.05 for 5 %"),
        ({"max_positions": 0}, "start at 1"),
    ],
)
def test_a_strategy_that_cannot_be_is_refused(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(RuleError, match=complaint):
        Strategy(**{"name": "a", "entry": close > 1} | changes)  # type: ignore[arg-type]


def test_parts_that_cannot_be_are_refused() -> None:
    for part, complaint in (
        (lambda: Universe(by=close), "needs both"),
        (lambda: Watch(("5930",)), "six characters"),
        (lambda: EntryOrder(at="breakout"), "above_open"),
        (lambda: EntryOrder(band=(0.1, 0.1)), "empty"),
        (lambda: FractionOfEquity(2), "above 0 up to 1"),
    ):
        with pytest.raises(RuleError, match=complaint):
            part()


def test_the_presets_are_all_there_and_explained() -> None:
    assert len(OFFICIAL) == 10
    assert len(PRESETS) == 21
    for name, one in PRESETS.items():
        assert preset(name) is one
        assert one.title
        assert len(one.about) > 60
    with pytest.raises(RuleError, match="golden_cross"):
        preset("nonsense")


def test_the_presets_of_prices_buy_and_sell_on_real_bars(market: Panel) -> None:
    for one in PRESETS.values():
        if isinstance(one.candidates, Universe):
            found = signals(one, market)
            assert len(found.entries()) > 100, one.name
            assert one.exit is None or len(found.exits()) > 100, one.name


def test_presets_mean_what_the_builder_describes(market: Panel) -> None:
    """The 52-week high is passed only by a close above every high of the 252 bars before."""
    entry = market.packed.spread(signals(preset("week52_high"), market).entry, False)
    row, time = np.argwhere(entry)[7]
    bars = np.flatnonzero(market.present[row, : time + 1])
    assert market.fields["close"][row, time] > market.fields["high"][row, bars[-253:-1]].max()
    assert str(place(high)) == "place(high)"
