"""Universes by a word: they narrow what a strategy may buy, and never widen it."""

from dataclasses import replace

import pytest

from maemae.strategy.declare import Strategy
from maemae.strategy.language import close, market, sma, volume
from maemae.strategy.parts import ConditionSearch, Universe
from maemae.strategy.tree import RuleError
from maemae.strategy.universes import UNIVERSES, named, within

PLAIN = Strategy(name="plain", entry=close > sma(close, 5))
TOP = Universe(by=sma(close * volume, 20), top=200)


def candidates(strategy: Strategy, word: str) -> Universe:
    found = within(strategy, word).candidates
    assert isinstance(found, Universe)
    return found


def test_a_market_is_a_condition_and_the_most_traded_are_a_rank() -> None:
    assert within(PLAIN, "all") is PLAIN
    assert candidates(PLAIN, "kospi").where is not None
    assert candidates(PLAIN, "kospi").top is None
    assert candidates(PLAIN, "traded100").top == 100
    assert all(named(word) for word in UNIVERSES)


def test_a_strategy_keeps_its_own_universe_within() -> None:
    assert candidates(replace(PLAIN, candidates=TOP), "traded100").top == 100
    assert candidates(replace(PLAIN, candidates=TOP), "traded500").top == 200
    both = candidates(replace(PLAIN, candidates=TOP), "kosdaq")
    assert (both.top, both.by) == (200, TOP.by)
    assert both.where is not None
    own = market.is_in("KOSPI")
    assert (
        f"{candidates(replace(PLAIN, candidates=Universe(where=own)), 'kosdaq').where}".count("KOS")
        == 2
    )


def test_what_is_no_rule_cannot_be_narrowed() -> None:
    with pytest.raises(RuleError, match="cannot be narrowed"):
        within(replace(PLAIN, candidates=ConditionSearch("mine")), "kospi")
    with pytest.raises(RuleError, match="no such universe"):
        within(PLAIN, "nasdaq")
