"""Which names a backtest is about, by a word: everything, one market, the most traded."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from maemae.i18n import _
from maemae.strategy.declare import Strategy
from maemae.strategy.language import close, market, sma, volume
from maemae.strategy.parts import Universe
from maemae.strategy.tree import Expr, RuleError

ALL = "all"
SPAN = 20
"""Bars over which traded value is averaged."""

_MADE: Mapping[str, Callable[[], Universe]] = {
    ALL: Universe,
    "kospi": lambda: Universe(where=market.is_in("KOSPI")),
    "kosdaq": lambda: Universe(where=market.is_in("KOSDAQ")),
    "traded100": lambda: Universe(by=sma(close * volume, SPAN), top=100),
    "traded500": lambda: Universe(by=sma(close * volume, SPAN), top=500),
}
UNIVERSES = tuple(_MADE)
"""The words, the widest first."""


def named(word: str) -> str:
    """Name a universe for people."""
    return {
        ALL: _("all names"),
        "kospi": "KOSPI",
        "kosdaq": "KOSDAQ",
        "traded100": _("100 most traded"),
        "traded500": _("500 most traded"),
    }[word]


def within(strategy: Strategy, word: str) -> Strategy:
    """Return the strategy with its entries within a universe, and within its own.

    Raises:
        RuleError: there is no such universe, or the strategy cannot be narrowed so.
    """
    if word not in _MADE:
        raise RuleError(
            _("{word}: no such universe; there are {known}").format(
                word=word, known=", ".join(UNIVERSES)
            )
        )
    if word == ALL:
        return strategy
    wanted, own = _MADE[word](), strategy.candidates
    if not isinstance(own, Universe) or not isinstance(strategy.entry, Expr):
        raise RuleError(
            _("{name}: its candidates are no rule, and cannot be narrowed").format(
                name=strategy.name
            )
        )
    if wanted.top is not None and own.top is not None:
        kept = replace(own, top=min(own.top, wanted.top))
        return replace(strategy, candidates=kept)
    where = own.where if wanted.where is None else wanted.where
    if own.where is not None and wanted.where is not None:
        where = own.where & wanted.where
    first = own if own.top is not None else wanted
    return replace(strategy, candidates=Universe(where=where, by=first.by, top=first.top))
