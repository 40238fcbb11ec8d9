"""Breakouts over the real exchange: bought on the tick, at the level, once, and never late."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from tests.trader.days import Bars, Place, place, refuse_bars_of

from maemae.clock import KST
from maemae.desk import records as rec
from maemae.desk.records import Listed
from maemae.desk.sights import Sight
from maemae.errors import DataError, SettingsError
from maemae.exchange.faults import Fault, FaultKind
from maemae.exchange.moment import Moment, datetime_of, moment
from maemae.exchange.replay import Point
from maemae.market.kinds import Market, Side
from maemae.trader.books.breakout import BreakoutBook
from maemae.trader.books.strategy import StrategyBook
from maemae.trader.settings import Settings
from maemae.trader.sources.levels import Level, read_levels

MONDAY = date(2024, 3, 4)
EARLY, LATE = time(8, 58), time(15, 10)
OPENS = datetime.combine(MONDAY, time(9), KST)
UNTIL = datetime.combine(MONDAY, time(9, 6), KST)
AUCTION = datetime.combine(MONDAY, time(15, 20), KST)
LISTED = Listed(code="000010", name="종목", market=Market.KOSPI)
RISING = {
    "000010": (10_000, 11_500, 9_900, 11_400),
    "000020": (10_100, 10_150, 9_400, 9_500),
    "000030": (10_000, 11_200, 9_900, 11_100),
    "000040": (10_300, 11_300, 10_000, 11_000),
}
"""The last sessions' high is 10,100, their range 200, their close 10,000.

000020 never comes 60 won above its open, whatever path it takes through its bar.
"""


def points(where: Place, code: str, until: datetime = AUCTION) -> list[Point]:
    market = where.exchange.venue.floor.market
    return market.points(market.rows[code], moment(until))


def reached(where: Place, code: str, level: int) -> Moment | None:
    """Return when a name first traded at a level."""
    return next((one.at for one in points(where, code, UNTIL) if one.price >= level), None)


def buys(where: Place) -> list[rec.Intended]:
    return [r for r in where.records() if isinstance(r, rec.Intended) and r.side is Side.BUY]


def book(**given: Any) -> BreakoutBook:
    values = {"name": "levels", "way": "breakout", "amount": 500_000, "signal_seconds": 30}
    return BreakoutBook.model_validate(values | {"universe": {"codes": [*RISING]}} | given)


def written(folder: Path, levels: dict[str, int]) -> Path:
    file = folder / "levels.csv"
    rows = "".join(f"{code},{level}\n" for code, level in levels.items())
    file.write_text("code,level\n" + rows, encoding="utf-8")
    return file


def on_time(where: Place, wanted: dict[str, int], within: float) -> None:
    """Check that exactly the names that reached their levels were bought, each once, at once."""
    found = {c: at for c, level in wanted.items() if (at := reached(where, c, level)) is not None}
    assert 0 < len(found) < len(wanted)
    bought = buys(where)
    assert sorted(one.listed.code for one in bought) == sorted(found)
    for one in bought:
        late = one.at - datetime_of(found[one.listed.code])
        assert 0 <= late.total_seconds() < within, one


LEVELS = {"000010": 10_050, "000020": 10_400, "000030": 10_040, "000040": 10_450}


async def test_a_name_is_bought_on_the_tick_that_reaches_its_level(tmp_path: Path) -> None:
    one = book(level="file", file=written(tmp_path, LEVELS), universe={}, beyond="3%")
    async with place(tmp_path, Bars(RISING), MONDAY, EARLY) as where:
        await where.trade_until(where.settings(one), UNTIL)
        on_time(where, LEVELS, 2)


async def test_a_name_without_a_place_on_the_stream_is_looked_at_by_polls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maemae.trader.hands.STREAMED", 0)
    one = book(level="file", file=written(tmp_path, LEVELS), poll_seconds=5, beyond="3%")
    async with place(tmp_path, Bars(RISING), MONDAY, EARLY) as where:
        await where.trade_until(where.settings(one), UNTIL)
        on_time(where, LEVELS, 7)


async def test_after_a_restart_nothing_is_bought_a_second_time_or_late(tmp_path: Path) -> None:
    one = book(level="file", file=written(tmp_path, LEVELS), universe={}, beyond="3%")
    async with place(tmp_path, Bars(RISING), MONDAY, EARLY) as where:
        settings = where.settings(one)
        await where.trade_until(settings, OPENS.replace(minute=3))
        before = len(buys(where))
        await where.trade_until(settings, UNTIL)
        assert before
        on_time(where, LEVELS, 2)


async def test_the_open_plus_a_part_of_the_last_range_is_a_level(tmp_path: Path) -> None:
    one = book(level="open_range", part=0.3, beyond="3%")
    async with place(tmp_path, Bars(RISING), MONDAY, EARLY) as where:
        await where.trade_until(where.settings(one), UNTIL)
        on_time(where, {code: bar[0] + 60 for code, bar in RISING.items()}, 12)


async def test_the_last_sessions_high_is_a_level_and_one_reached_before_is_missed(
    tmp_path: Path,
) -> None:
    one = book()
    async with place(tmp_path, Bars(RISING), MONDAY, EARLY) as where:
        await where.trade_until(where.settings(one), UNTIL)
        first = {one.listed.code for one in buys(where)}
    assert first
    async with place(tmp_path / "late", Bars(RISING), MONDAY, LATE) as where:
        await where.trade(where.settings(one))
        assert buys(where) == []


async def test_prices_that_the_poll_does_not_bring_are_said_once_and_when_they_are_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows of the names come, but without a price: the search itself is answered."""
    monkeypatch.setattr("maemae.trader.hands.STREAMED", 0)
    far = dict.fromkeys(LEVELS, 12_000)
    one = book(level="file", file=written(tmp_path, far), poll_seconds=5)
    async with place(tmp_path, Bars(RISING), MONDAY, EARLY) as where:
        where.exchange.faults.add(
            Fault(
                kind=FaultKind.PRICE_BLANK, path="intstock-multprice",
                from_time="09:00:30", to_time="09:02:30",
            )
        )  # fmt: skip
        await where.trade_until(where.settings(one), OPENS.replace(minute=4))
        said = [r for r in where.records() if isinstance(r, (rec.Blinded, rec.SeenAgain))]
    assert [type(one) for one in said] == [rec.Blinded, rec.SeenAgain]
    blinded, again = said
    assert isinstance(blinded, rec.Blinded)
    assert (blinded.sight, blinded.book, set(blinded.keys)) == (Sight.QUOTES, "levels", set(LEVELS))
    assert (blinded.at - OPENS).total_seconds() < 90
    assert (again.at - OPENS).total_seconds() < 165


def test_a_level_lies_on_the_grid_and_ends_with_a_corporate_action() -> None:
    assert Level(10_101).reached_at(9_000, LISTED, MONDAY) == 10_110
    assert Level(above_open=99.5).reached_at(10_000, LISTED, MONDAY) == 10_100
    level = Level(10_101, close=10_000)
    assert level.holds(10_000, LISTED, MONDAY)
    assert not level.holds(5_000, LISTED, MONDAY)
    assert Level(10_101).holds(5_000, LISTED, MONDAY), "written by hand, for today"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code,level\n5930,100\n", "row 2: wants a code"),
        ("code,level\n005930,1.5\n", "row 2: wants a code"),
        ("name,price\n", "columns code and level"),
    ],
)
def test_a_file_of_levels_that_cannot_be_used_names_its_row(
    tmp_path: Path, text: str, said: str
) -> None:
    file = tmp_path / "levels.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=f"levels.csv.*{said}"):
        read_levels(file)


def test_a_breakout_without_names_or_file_says_what_to_do() -> None:
    with pytest.raises(SettingsError, match=r"under \[book.universe\]"):
        book(universe={}).source(None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="needs `file`"):
        Settings.model_validate({"book": [{"way": "breakout", "name": "b", "level": "file"}]})


def above(folder: Path) -> StrategyBook:
    file = folder / "above.py"
    file.write_text(
        "from maemae.strategy import EntryOrder, FixedAmount, Strategy, close, high, low\n"
        "above = Strategy(name='above', entry=close > 0, sizing=FixedAmount(500_000),\n"
        "    order=EntryOrder(at='breakout', above_open=(high - low) * 0.3))\n",
        encoding="utf-8",
    )
    return StrategyBook.model_validate(
        {"name": "above", "way": "strategy", "strategy": str(file), "signal_seconds": 30,
         "beyond": "3%", "universe": {"codes": [*RISING]}}
    )  # fmt: skip


async def test_a_strategy_that_buys_at_breakouts_is_traded_on_ticks(tmp_path: Path) -> None:
    one = above(tmp_path)
    async with place(tmp_path, Bars(RISING), MONDAY, EARLY) as where:
        await where.trade_until(where.settings(one), UNTIL)
        bought = buys(where)
        on_time(where, {code: bar[0] + 60 for code, bar in RISING.items()}, 12)
    assert all(one.reason == "above" for one in bought)


@pytest.mark.parametrize("way", ["level", "strategy"])
async def test_a_name_whose_bars_cannot_be_had_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    refuse_bars_of("000010", monkeypatch)
    one = above(tmp_path) if way == "strategy" else book()
    async with place(tmp_path, Bars(RISING), MONDAY, LATE) as where:
        await where.trade(where.settings(one))
        told = [r.detail for r in where.records() if isinstance(r, rec.Incident)]
    assert told == [f"{one.name}: no bars of 000010"]
