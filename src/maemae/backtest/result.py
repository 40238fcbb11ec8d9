"""What a backtest returns: fills, round trips, the equity of each day, figures, and doubts."""

import json
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cached_property
from hashlib import blake2b
from typing import Any, Literal

import numpy as np
import polars as pl

from maemae import __version__
from maemae.backtest.inputs import Inputs
from maemae.backtest.kernel import (
    DAY,
    PAID_FEE,
    PAID_TAX,
    PRICE,
    QUANTITY,
    SIDE,
    WHO,
    WHY,
)
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
    }


def fills_frame(given: Inputs, fills: Ints) -> pl.DataFrame:
    """Return the fills of an executor with dates, codes and words."""
    codes = np.array(given.panel.codes, dtype=object)
    moments = pl.Series(given.panel.times[fills[:, DAY]].astype("datetime64[ms]"))
    return pl.DataFrame({
        "date": moments.dt.date(),
        **({} if given.panel.daily else {"time": moments.dt.time()}),
        "code": pl.Series(codes[fills[:, WHO]].tolist(), dtype=pl.String),
        "side": pl.Series(["buy" if s > 0 else "sell" for s in fills[:, SIDE]], dtype=pl.String),
        "quantity": fills[:, QUANTITY],
        "price": fills[:, PRICE],
        "fee": fills[:, PAID_FEE],
        "tax": fills[:, PAID_TAX],
        "reason": pl.Series([REASONS[why] for why in fills[:, WHY]], dtype=pl.String),
    })  # fmt: skip


def trades_frame(given: Inputs, fills: Ints) -> pl.DataFrame:
    """Pair purchases with sales; a position sold in parts makes a row for each of them."""
    days = days_of(given.panel)
    rows: list[tuple[object, ...]] = []
    bought: dict[int, Ints] = {}
    for fill in fills:
        who = int(fill[WHO])
        if fill[SIDE] > 0:
            bought[who] = fill.copy()
            continue
        rest, part = bought[who], bought[who].copy()
        part[QUANTITY] = fill[QUANTITY]
        part[PAID_FEE] = rest[PAID_FEE] * fill[QUANTITY] // rest[QUANTITY]
        rows.append(_trade(given, days, part, fill, len(days) - 1))
        rest[QUANTITY] -= part[QUANTITY]
        rest[PAID_FEE] -= part[PAID_FEE]
        if not rest[QUANTITY]:
            del bought[who]
    rows += [_trade(given, days, fill, None, len(days) - 1) for fill in bought.values()]
    schema = {
        "code": pl.String, "bought": pl.Date, "sold": pl.Date, "quantity": pl.Int64,
        "buy_price": pl.Int64, "sell_price": pl.Int64, "costs": pl.Int64, "profit": pl.Int64,
        "return": pl.Float64, "sessions": pl.Int64, "reason": pl.String,
    }  # fmt: skip
    return pl.DataFrame(rows, schema=schema, orient="row")


def _trade(
    given: Inputs, days: list[date], bought: Ints, sold: Ints | None, last: int
) -> tuple[object, ...]:
    who, quantity, paid = int(bought[WHO]), int(bought[QUANTITY]), int(bought[PRICE])
    spent = paid * quantity + int(bought[PAID_FEE])
    costs = int(bought[PAID_FEE])
    if sold is None:
        price = int(given.bars.close[given.bars.offsets[who + 1] - 1])
        brought, until, why = price * quantity, last, ""
    else:
        price, until, why = int(sold[PRICE]), int(sold[DAY]), REASONS[sold[WHY]]
        charged = int(sold[PAID_FEE] + sold[PAID_TAX])
        brought, costs = price * quantity - charged, costs + charged
    return (
        given.panel.codes[who], days[bought[DAY]], None if sold is None else days[until], quantity,
        paid, price, costs, brought - spent, (brought - spent) / spent,
        int(given.days.day[until] - given.days.day[bought[DAY]]), why,
    )  # fmt: skip


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
