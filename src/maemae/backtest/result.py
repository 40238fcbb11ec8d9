"""What a backtest returns: fills, round trips, the equity of each day, figures, and doubts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from hashlib import blake2b
from typing import Any, Literal

import numpy as np
import polars as pl

from maemae import __version__
from maemae.backtest.book import (
    DAY,
    PAID_FEE,
    PAID_TAX,
    PRICE,
    QUANTITY,
    SIDE,
    WHO,
    WHY,
)
from maemae.backtest.inputs import Inputs
from maemae.backtest.notes import Note
from maemae.backtest.rules import REASONS, Ints
from maemae.backtest.statistics import Statistics
from maemae.backtest.terms import Terms, days_of
from maemae.bars.panel import Panel
from maemae.market.costs import CostRules
from maemae.strategy.declare import Strategy
from maemae.strategy.store import to_table
from maemae.strategy.tree import RuleError


@dataclass(frozen=True, eq=False)
class Result:
    """A finished backtest. Money in won, dates are sessions.

    Attributes:
        strategy, terms: what was run.
        executor: "kernel" (compiled) or "desk" (the reference).
        fills: date, code, side, quantity, price, fee, tax, reason; in order of happening. On
            bars shorter than a day also time, the start of the bar.
        trades: one row a position: code, bought, sold, quantity, buy_price, sell_price, costs,
            profit (after costs), return (of what it cost), sessions, reason; what was still held
            at the end has no sale, and its profit counts the last close.
        daily: one row a session: date, cash, invested (at the closes), equity, positions, free
            (equity of the same rules without fees, taxes and slippage), benchmark (level; null
            where no index is known).
        statistics: the figures.
        notes: reasons to doubt them.
        panel: the bars, as far as they were looked at.
    """

    strategy: Strategy
    terms: Terms
    executor: Literal["kernel", "desk"]
    fills: pl.DataFrame
    trades: pl.DataFrame
    daily: pl.DataFrame
    statistics: Statistics
    notes: tuple[Note, ...]
    panel: Panel = field(repr=False)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What was run, in texts and numbers: strategy, terms, span, data."""
        try:
            strategy = to_table(self.strategy)
        except RuleError:  # a part is Python code, which only its name can stand for
            strategy = {item.name: repr(getattr(self.strategy, item.name))
                        for item in fields(self.strategy)}  # fmt: skip
        terms = {item.name: getattr(self.terms, item.name) for item in fields(self.terms)}
        return {
            "strategy": strategy,
            "parameters": {n: p.value for n, p in self.strategy.parameters.items()},
            "terms": terms | {"costs": _told(self.terms.costs)},
            "first": f"{self.daily['date'][0]}",
            "last": f"{self.daily['date'][-1]}",
            "instruments": self.panel.shape[0],
            "bars": len(self.panel.packed),
            "data": self.panel.fingerprint,
            "version": __version__,
        }

    @property
    def fingerprint(self) -> str:
        """Hexadecimal digits that stand for the settings: equal ones give equal trades."""
        text = json.dumps(self.settings, sort_keys=True)
        return blake2b(text.encode(), digest_size=8).hexdigest()


def _told(costs: CostRules) -> dict[str, str | bool]:
    return {
        "fee": f"{costs.fee_rate}",
        "fund_fee": f"{costs.fund_fee_rate or costs.fee_rate}",
        "taxed": costs.taxed,
        **({} if costs.tax_rate is None else {"tax": f"{costs.tax_rate}"}),
    }


def fills_frame(given: Inputs, fills: Ints) -> pl.DataFrame:
    """Return the fills of an executor with dates, codes and words."""
    moments = pl.Series(given.panel.times[fills[:, DAY]].astype("datetime64[ms]"))
    return pl.DataFrame({
        "date": moments.dt.date(),
        **({} if given.panel.daily else {"time": moments.dt.time()}),
        "code": _words(given.panel.codes, fills[:, WHO]),
        "side": _words(("sell", "buy"), (fills[:, SIDE] + 1) // 2),
        "quantity": fills[:, QUANTITY],
        "price": fills[:, PRICE],
        "fee": fills[:, PAID_FEE],
        "tax": fills[:, PAID_TAX],
        "reason": _words(REASONS, fills[:, WHY]),
    })  # fmt: skip


def trades_frame(given: Inputs, fills: Ints) -> pl.DataFrame:
    """Pair purchases with sales; a position sold in parts makes a row for each of them."""
    buy, sale, quantity, fee = _pairs(fills).T
    held = sale < 0
    bought, sold = fills[buy], fills[sale]
    last = given.bars.close[given.bars.offsets[bought[:, WHO] + 1] - 1].astype(np.int64)
    price = np.where(held, last, sold[:, PRICE])
    charged = np.where(held, 0, sold[:, PAID_FEE] + sold[:, PAID_TAX])
    until = np.where(held, len(given.panel.times) - 1, sold[:, DAY])
    spent = bought[:, PRICE] * quantity + fee
    profit = price * quantity - charged - spent
    times, day = given.panel.times.astype("datetime64[D]"), given.days.day
    return pl.DataFrame({
        "code": _words(given.panel.codes, bought[:, WHO]),
        "bought": times[bought[:, DAY]],
        "sold": np.where(held, np.datetime64("NaT"), times[until]),
        "quantity": quantity,
        "buy_price": bought[:, PRICE],
        "sell_price": price,
        "costs": fee + charged,
        "profit": profit,
        "return": profit / spent,
        "sessions": day[until] - day[bought[:, DAY]],
        "reason": _words(REASONS, np.where(held, 0, sold[:, WHY])),
    })  # fmt: skip


def _pairs(fills: Ints) -> Ints:
    """Return one row a trade: purchase and sale among the fills, shares, and the fee they cost.

    The sale is −1 where the shares are still held.
    """
    held: dict[int, tuple[int, int, int]] = {}
    pairs = []
    columns = fills[:, [WHO, SIDE, QUANTITY, PAID_FEE]].tolist()
    for place, (who, side, quantity, fee) in enumerate(columns):
        if side > 0:
            held[who] = place, quantity, fee
            continue
        bought, shares, paid = held.pop(who)
        part = paid * quantity // shares
        pairs.append((bought, place, quantity, part))
        if quantity < shares:
            held[who] = bought, shares - quantity, paid - part
    pairs += [(bought, -1, shares, paid) for bought, shares, paid in sorted(held.values())]
    return np.array(pairs, np.int64).reshape(-1, 4)


def _words(known: Sequence[str], numbers: Ints) -> pl.Series:
    return pl.Series(known, dtype=pl.String).gather(numbers)


def daily_frame(given: Inputs, daily: Ints, free: Ints, benchmark: pl.Series) -> pl.DataFrame:
    """Return the sessions from the start on, each as it stood at its last bar."""
    bars = pl.DataFrame({
        "date": pl.Series(days_of(given.panel), dtype=pl.Date),
        "cash": daily[:, 0],
        "invested": daily[:, 1],
        "equity": daily[:, 0] + daily[:, 1],
        "positions": daily[:, 2],
        "free": free[:, 0] + free[:, 1],
        "benchmark": benchmark,
    }).slice(given.start)  # fmt: skip
    return bars.unique("date", keep="last", maintain_order=True)
