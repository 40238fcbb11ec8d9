"""The live state as rows and chart options."""

from datetime import date, datetime, timedelta
from pathlib import Path

from tests.desk.table import DAY
from tests.service.bench import bench

from maemae.clock import KST
from maemae.dashboard import shape
from maemae.dashboard.candles import averages, book_rows, candle_chart, moving_average, trade_rows
from maemae.dashboard.indicators import indicator_lines
from maemae.dashboard.pages.candidates import moved
from maemae.dashboard.telling import event_texts
from maemae.ledger.ledger import FillLine
from maemae.service import operations as op
from maemae.service.answers import DayResult
from maemae.service.market_view import (
    BookLevel,
    Candle,
    Chart,
    MarketTrade,
    Named,
    Scale,
    find_known,
)
from maemae.strategy.presets import PRESETS


async def test_positions_orders_and_candidates_become_rows(tmp_path: Path) -> None:
    async with bench(tmp_path, offers=("005930", "000660")) as table:
        desk = table.subject.trader.desk
        await table.until(lambda: len(desk.state.portfolio.positions) == 2)
        snapshot = await anext(table.service.watch())
        past = shape.past_order_rows(await table.service.ask(op.GetOrders()))
    row = shape.position_rows(snapshot)[0]
    assert (row["id"], row["quantity"], row["price"]) == ("scalper/005930", 100, 10_000)
    assert row["to_stop"] < 0 < row["to_take_profit"]
    live = shape.order_rows(snapshot.status.orders)
    assert [r["id"] for r in live] == [r["id"] for r in past]
    assert [r["average"] for r in live] == [r["average"] for r in past] == [10_000, 10_000]
    assert [r["held"] for r in shape.candidate_rows(snapshot)] == ["●", "●"]
    assert 0.19 < shape.exposure(snapshot.status) < 0.21


async def test_executions_and_incidents_are_told_together_newest_first(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        await table.until(lambda: bool(table.subject.trader.desk.state.portfolio.positions))
        await table.service.ask(op.Pause(reason="lunch"))
        snapshot = await anext(table.service.watch())
        fills = await table.service.ask(op.GetFills())
    assert snapshot.fills == fills
    said = [text.split(maxsplit=2)[2] for text in event_texts(snapshot)]
    assert said[:2] == ["level changed no entries (lunch)", "fill buy name 005930 100 × ₩10,000"]


def test_the_equity_curve_adds_up() -> None:
    days = [
        DayResult(DAY.date() + timedelta(days=n), won, 1, 2, 1, 0, 100 + won)
        for n, won in enumerate((100, -30, 50))
    ]
    line, bars = shape.equity_chart(days, {}, "")["series"]
    assert line["data"] == [100, 70, 120]
    assert [bar["itemStyle"]["color"] for bar in bars["data"]] == [shape.UP, shape.DOWN, shape.UP]
    calendar = shape.calendar_chart(days, date(2022, 6, 1), date(2022, 6, 30))
    assert calendar["series"][0]["data"][1] == ["2022-06-03", -30]


def test_sparklines_stay_inside_their_box() -> None:
    assert shape.sparkline([1]) == ""
    drawn = shape.sparkline([10, 30, 20])
    points = drawn.split('points="')[1].split('"')[0].split()
    heights = [float(point.split(",")[1]) for point in points]
    assert min(heights) >= 0
    assert max(heights) <= shape.SPARK_HEIGHT
    assert shape.UP in drawn


def test_the_chart_marks_where_we_traded() -> None:
    start = datetime(2022, 6, 2, 9, tzinfo=KST)
    candles = [Candle(start + timedelta(minutes=n), 10, 12, 9, 11, 5) for n in range(6)]
    fill = FillLine("20220602-00001", "b", "buy", "005930", 10, 110, start, "notice")
    chart = Chart("005930", Scale.MINUTE, candles, [BookLevel(12, 5)], [BookLevel(11, 10)])
    options = candle_chart(chart, [fill], averages(chart))
    assert options["series"][0]["data"][0] == [10, 11, 9, 12]
    (mark,) = options["series"][0]["markPoint"]["data"]
    assert (mark["coord"], mark["value"]) == (["09:00", 11], "▲")
    assert [row["part"] for row in book_rows(chart)] == [50, 100]


def test_indicators_on_another_scale_get_a_pane_of_their_own() -> None:
    start = datetime(2022, 1, 3, tzinfo=KST)
    closes = [10_000 + 100 * (n % 7) for n in range(60)]
    candles = [
        Candle(start + timedelta(days=n), close, close + 50, close - 50, close, 1_000 + n)
        for n, close in enumerate(closes)
    ]
    chart = Chart("005930", Scale.DAY, candles)
    crossing = indicator_lines(PRESETS["golden_cross"], chart)
    assert [line.name for line in crossing] == ["sma(close, 5)", "sma(close, 20)"]
    assert crossing[0].values[:4] == [None] * 4
    assert crossing[0].values[4] == sum(closes[:5]) / 5
    assert len(candle_chart(chart, [], crossing)["grid"]) == 2
    macd = indicator_lines(PRESETS["macd_cross"], chart)
    assert not any(line.over_price for line in macd)
    assert len(candle_chart(chart, [], macd)["grid"]) == 3
    assert indicator_lines(PRESETS["condition_scalper"], chart) == []
    assert indicator_lines(PRESETS["golden_cross"], Chart("005930", Scale.DAY)) == []


def test_the_index_stands_beside_the_profit_where_it_is_known() -> None:
    days = [DayResult(date(2022, 6, n), 10 * n, 0, 0, 1, 0, 0) for n in (2, 3, 7)]
    alone = shape.equity_chart(days, {}, "KOSPI")
    assert (len(alone["series"]), len(alone["yAxis"])) == (2, 1)  # No axis without an index.
    first = shape.equity_chart(days[:1], {days[0].day: 2_500.0}, "KOSPI")
    assert len(first["yAxis"]) == 1, "one day has moved nowhere"
    beside = shape.equity_chart(days, {days[0].day: 2_500.0, days[2].day: 2_475.0}, "KOSPI")
    assert beside["series"][2]["data"] == [0.0, None, -1.0]
    assert len(beside["yAxis"]) == 2


def test_latest_trades_say_which_way_they_went() -> None:
    at = datetime(2022, 6, 2, 9, tzinfo=KST)
    prices = [10_100, 10_000, 10_000, 10_050]
    chart = Chart("1", Scale.DAY, trades=[MarketTrade(at, price, 1) for price in prices])
    assert [row["way"] for row in trade_rows(chart)] == ["up", "", "down", ""]


def test_moving_averages_begin_when_they_can() -> None:
    assert moving_average([1, 2, 3, 4], 2) == [None, 1.5, 2.5, 3.5]


def test_who_came_and_who_left() -> None:
    a, b = {"name": "A", "code": "1"}, {"name": "B", "code": "2"}
    assert moved({"1": a}, {"2": b}) == ["▶ B 2", "◀ A 1"]


def test_names_are_found_by_initials_too() -> None:
    known = [Named("005930", "삼성전자"), Named("000660", "SK하이닉스")]
    assert find_known("ㅅㅅ", known) == [known[0]]
    assert find_known("sk", known) == [known[1]]
    assert find_known("0066", known) == [known[1]]
    assert find_known(" ", known) == []
