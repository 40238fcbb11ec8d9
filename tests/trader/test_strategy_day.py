"""A strategy on daily bars, decided at a set time on the day's bar as it stands then."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError
from tests.trader.days import Bars, Place, place, refuse_bars_of

from maemae.bars.panel import Panel
from maemae.clock import KST
from maemae.desk import records as rec
from maemae.exchange.moment import datetime_of, moment
from maemae.exchange.sources import BarSource
from maemae.market.calendar import krx
from maemae.market.kinds import Side
from maemae.strategy.signals import signals
from maemae.trader.books.strategy import StrategyBook

MONDAY = date(2024, 3, 4)
FLAT = (10_000, 10_050, 9_950, 10_000)
BARS = {
    "000010": (10_050, 10_900, 10_000, 10_900),
    "000020": FLAT,
    "000030": (10_200, 11_500, 10_150, 11_500),
}
RULES = """
from maemae.strategy import EntryOrder, FixedAmount, Strategy, close, highest, sma, volume

breaking = Strategy(
    name="breaking",
    entry={entry},
    exit={exit},
    score=close,
    order=EntryOrder(at="close"),
    sizing=FixedAmount(1_000_000),
    max_positions=4,
)
"""


def book(
    folder: Path, entry: str = "close > highest(high, 5)[1]", exit_: str = "close < sma(close, 5)",
    **given: Any,
) -> StrategyBook:  # fmt: skip
    file = folder / "breaking.py"
    text = RULES.format(entry=entry, exit=exit_).replace("highest, ", "high, highest, ")
    file.write_text(text, encoding="utf-8")
    values = {"name": "daily", "way": "strategy", "strategy": str(file), "signal_seconds": 10}
    return StrategyBook.model_validate(values | {"universe": {"codes": [*BARS]}} | given)


def sent(where: Place, side: Side) -> list[rec.Intended]:
    return [r for r in where.records() if isinstance(r, rec.Intended) and r.side is side]


async def test_the_day_so_far_is_decided_on_at_its_time_and_bought_once(tmp_path: Path) -> None:
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        await where.trade(where.settings(book(tmp_path)))
        bought = sent(where, Side.BUY)
    assert [one.listed.code for one in bought] == ["000030", "000010"]
    assert {f"{one.at:%H:%M}" for one in bought} == {"15:15"}
    assert all(one.reason == "breaking" for one in bought)


async def test_what_the_day_so_far_wants_sold_is_sold_and_not_before_its_time(
    tmp_path: Path,
) -> None:
    fallen = {krx().next_session(MONDAY): {"000010": (9_900, 9_900, 9_300, 9_300)}}
    one = book(tmp_path)
    async with place(tmp_path, Bars(BARS, changed=fallen), MONDAY) as where:
        await where.trade(where.settings(one))
        await where.go_on()
        await where.trade(where.settings(one))
        (sold,) = sent(where, Side.SELL)
    assert (sold.listed.code, sold.reason, f"{sold.at:%H:%M}") == ("000010", "exit_rule", "15:15")


async def test_a_trader_started_after_the_time_buys_nothing(tmp_path: Path) -> None:
    one = book(tmp_path, at="15:05")
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        await where.trade(where.settings(one))
        assert sent(where, Side.BUY) == []


async def test_a_name_whose_bars_cannot_be_had_is_told_of_and_the_others_are_decided_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_bars_of("000030", monkeypatch)
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        await where.trade(where.settings(book(tmp_path)))
        assert [one.listed.code for one in sent(where, Side.BUY)] == ["000010"]
        told = [r.detail for r in where.records() if isinstance(r, rec.Incident)]
    assert told == ["daily: no bars of 000030"]


def test_the_time_lies_in_continuous_trading(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="continuous trading"):
        book(tmp_path, at="15:20")


async def test_real_bars_are_decided_on_as_the_strategy_says(tmp_path: Path, shared: Path) -> None:
    day, bars = date(2022, 6, 2), shared / "data" / "kr_daily"
    codes = ["005930", "000660", "035420", "051910", "005380", "035720", "000270"]
    one = book(
        tmp_path, "close > sma(close, 20)", "close < sma(close, 10)", universe={"codes": codes}
    )
    async with place(tmp_path, BarSource(bars), day) as where:
        await where.trade(where.settings(one))
        bought = [order.listed.code for order in sent(where, Side.BUY)]
        at = sent(where, Side.BUY)[0].at
        market = where.exchange.venue.floor.market
        states = {code: market.state(market.rows[code], moment(at)) for code in codes}
    assert datetime_of(moment(at)) < datetime.combine(day, time(15, 15, 5), KST)
    panel = Panel.from_frame(with_the_day(bars, states, day))
    found = signals(one.declared(), panel)
    entries = found.entries()
    last = len(panel.times) - 1
    wanted = [panel.codes[row] for row in entries.row[entries.time == last]]
    assert 0 < len(wanted) < len(codes)
    assert bought == wanted[: one.declared().max_positions]


def with_the_day(bars: Path, states: dict[str, Any], day: date) -> pl.DataFrame:
    """Return the bars before a day, and the day's as it stood."""
    start = krx().offset(day, -60)
    columns = ["date", "code", "open", "high", "low", "close", "volume"]
    kept = (
        pl.scan_parquet(bars)
        .filter(pl.col("code").is_in(list(states)) & pl.col("date").is_between(start, day))
        .filter(pl.col("date") < day)
        .select(columns)
        .collect()
    )
    rows = [
        (day, code, one.open, one.high, one.low, one.price, one.volume)
        for code, one in states.items()
    ]
    now = pl.DataFrame(rows, schema=kept.schema, orient="row")
    return pl.concat([kept, now]).sort("code", "date")
