"""A strategy on minute bars over the real exchange decides as it does over finished bars."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.trader.days import Bars, Place, place

from maemae.bars.minutes import MinuteBar
from maemae.bars.store import BarStore
from maemae.clock import KST
from maemae.desk import records as rec
from maemae.desk.records import Listed
from maemae.errors import SettingsError
from maemae.exchange.moment import datetime_of, moment
from maemae.market.kinds import Market, Side
from maemae.strategy.signals import signals
from maemae.strategy.timeframe import Frame, lengthen
from maemae.trader.books.strategy import StrategyBook
from maemae.trader.sources.panels import panel_of, rows_of

MONDAY = date(2024, 3, 4)
CODES = ("000010", "000020", "000030", "000040")
BARS = {
    "000010": (10_000, 10_900, 9_100, 10_400),
    "000020": (9_900, 10_400, 9_300, 9_600),
    "000030": (10_100, 10_800, 9_600, 10_000),
    "000040": (10_000, 10_300, 9_200, 9_900),
}
MINUTE = timedelta(minutes=1)
CROSSING = """
from maemae.strategy import (
    FixedAmount, Schedule, Strategy, close, sma, volume,
)

crossing = Strategy(
    name="crossing",
    entry=(close > close[1]) & (close > sma(close, 3)),
    exit=close < close[1],
    score=volume,
    sizing=FixedAmount(500_000),
    schedule=Schedule(bars={minutes}),
    max_positions=5,
)
"""


@dataclass(frozen=True, order=True)
class Decision:
    """What is ordered after a bar: the minute in which it is, side and code."""

    minute: datetime
    side: Side
    code: str


def book(folder: Path, minutes: int = 1, **given: Any) -> StrategyBook:
    file = folder / "crossing.py"
    file.write_text(CROSSING.replace("{minutes}", str(minutes)), encoding="utf-8")
    values = {"name": "minutes", "way": "strategy", "strategy": str(file), "signal_seconds": 5}
    return StrategyBook.model_validate(values | {"universe": {"codes": CODES}} | given)


def finished(where: Place, until: datetime) -> Iterator[MinuteBar]:
    """Build the bars that were over by a time from what the exchange itself traded."""
    market = where.exchange.venue.floor.market
    for code in CODES:
        bars: dict[datetime, MinuteBar] = {}
        for point in market.points(market.rows[code], moment(until)):
            at = datetime_of(point.at).replace(second=0, microsecond=0)
            if at not in bars:
                bars[at] = MinuteBar(code, at, *(point.price,) * 4, 0)
            bar = bars[at]
            bar.high, bar.low = max(bar.high, point.price), min(bar.low, point.price)
            bar.close = point.price
            bar.volume += point.volume
        yield from (bar for bar in bars.values() if bar.at < until)


def expected(where: Place, one: StrategyBook, minutes: int, since: datetime) -> list[Decision]:
    """Evaluate the strategy over the finished bars, and follow what it would hold."""
    auction = datetime.combine(MONDAY, time(15, 20), KST)
    by_code: dict[str, list[MinuteBar]] = {code: [] for code in CODES}
    for bar in finished(where, auction):
        by_code[bar.code].append(bar)
    listed = {code: Listed(code=code, name=code, market=Market.KOSPI) for code in CODES}
    panel = panel_of({code: rows_of(bars) for code, bars in by_code.items()}, listed, MINUTE)
    if minutes > 1:
        panel = lengthen(panel, Frame("minutes", minutes)).panel
    found = signals(one.declared(), panel)
    entries, exits = found.entries(), found.exits()
    held: set[str] = set()
    decisions = []
    for column, start in enumerate(panel.times):
        at = start.astype(datetime).replace(tzinfo=KST) + minutes * MINUTE
        if not since <= at < auction:
            continue
        sold = {panel.codes[row] for row in exits.row[exits.time == column]} & held
        decisions += [Decision(at, Side.SELL, code) for code in sold]
        wanted = [panel.codes[row] for row in entries.row[entries.time == column]]
        bought = [code for code in wanted if code not in held]
        decisions += [Decision(at, Side.BUY, code) for code in bought]
        held = (held - sold) | set(bought)
    return decisions


def made(records: list[rec.Record]) -> list[Decision]:
    sent = [r for r in records if isinstance(r, rec.Intended)]
    return [Decision(r.at.replace(second=0, microsecond=0), r.side, r.listed.code) for r in sent]


@pytest.mark.parametrize("minutes", [1, 2])
async def test_decisions_are_those_of_the_strategy_over_the_finished_bars(
    tmp_path: Path, minutes: int
) -> None:
    one = book(tmp_path, minutes)
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        await where.trade(where.settings(one))
        records = where.records()
        begun = datetime.combine(MONDAY, time(15, 10), KST)
        wanted = expected(where, one, minutes, begun)
    assert {one.side for one in wanted} == {Side.BUY, Side.SELL}
    assert sorted(made(records)) == sorted(wanted)
    assert not [r for r in records if isinstance(r, rec.Incident)]
    assert all(r.at.second < 10 for r in records if isinstance(r, rec.Intended))


async def test_names_without_a_place_on_the_stream_are_decided_on_the_charts_bars(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maemae.trader.hands.STREAMED", 1)
    one = book(tmp_path)
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        await where.trade(where.settings(one))
        wanted = expected(where, one, 1, datetime.combine(MONDAY, time(15, 10), KST))
        records = where.records()
    assert sorted(made(records)) == sorted(wanted)


async def test_a_trader_that_is_started_again_goes_on_and_repeats_nothing(tmp_path: Path) -> None:
    one = book(tmp_path)

    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        settings = where.settings(one)
        await where.trade_until(settings, datetime.combine(MONDAY, time(15, 14, 20), KST))
        before = made(where.records())
        await where.trade(settings)
        wanted = expected(where, one, 1, datetime.combine(MONDAY, time(15, 10), KST))
        records = where.records()
    assert 0 < len(before) < len(wanted)
    assert sorted(made(records)) == sorted(wanted)


@pytest.mark.parametrize(
    ("bars", "said"),
    [
        (400, "today"),
        (375, "before 15:15"),
        (370, ""),
    ],
)
async def test_what_is_lacking_of_the_warm_up_is_said_at_once(
    tmp_path: Path, bars: int, said: str
) -> None:
    one = book(tmp_path)
    file = tmp_path / "crossing.py"
    file.write_text(
        file.read_text("utf-8").replace("sma(close, 3)", f"sma(close, {bars})"), "utf-8"
    )
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        await where.trade_until(where.settings(one), datetime.combine(MONDAY, time(15, 12), KST))
        told = [r for r in where.records() if isinstance(r, rec.Incident)]
    if not said:
        assert told == []
        return
    (incident,) = told
    assert incident.kind == "warmup"
    until = said.removeprefix("before ") if said != "today" else "-"
    assert incident.detail == f"minutes: 0 / {bars} x 1m, {' '.join(CODES)}, {until}"
    assert incident.at.replace(microsecond=0) == datetime.combine(MONDAY, time(15, 10), KST)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"strategy": "nothing"}, "nothing"),
        ({"strategy": "golden_cross"}, 'trade it with way = "plan", or set `at`'),
        ({"universe": {}}, r"say under \[book.universe\] which names"),
        ({"parameters": {"fast": 3}}, "no parameter fast"),
        ({"minutes": 7}, "bars of 7 minutes"),
    ],
)
def test_what_cannot_be_traded_in_this_way_says_what_to_do(
    tmp_path: Path, given: dict[str, Any], said: str
) -> None:
    one = book(tmp_path, **given)
    with pytest.raises(SettingsError, match=f"book minutes: .*{said}"):
        one.rules()


def test_the_settings_go_over_what_the_strategy_says(tmp_path: Path) -> None:
    as_declared = book(tmp_path).rules()
    assert as_declared.entry.names == 5
    assert as_declared.hours == (time(9), time(15, 20))
    given: dict[str, Any] = {"max_names": 2, "stop_loss": "3%", "from": "10:00", "amount": 70_000}
    changed = book(tmp_path, **given).rules()
    assert (changed.entry.names, changed.entry.amount) == (2, 70_000)
    assert changed.entry.exits.stop_loss == Decimal("0.03")
    assert changed.entry.exits.of_price
    assert changed.hours == (time(10), time(15, 20))


async def test_a_code_that_the_broker_does_not_know_stops_the_start(tmp_path: Path) -> None:
    one = book(tmp_path, universe={"codes": ["000010", "999999"]})
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        with pytest.raises(SettingsError, match="book minutes: the broker knows no 999999"):
            await where.trade(where.settings(one))


async def test_the_minutes_of_a_simulated_exchange_are_kept_apart_from_real_ones(
    tmp_path: Path,
) -> None:
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        settings = where.settings(book(tmp_path), bars={"record_minutes": True})
        await where.trade(settings)
    kept = BarStore(tmp_path / "state" / "bars-sim").minutes("000010", MONDAY, MONDAY)
    assert kept.height > 0
