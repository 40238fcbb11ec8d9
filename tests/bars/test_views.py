"""Adjusted views, universes, arrays, checks and minute bars."""

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.bars.make import DAYS, FETCHED, row, stored

from maemae.bars.adjust import adjusted, steps
from maemae.bars.arrays import load_arrays, save_arrays
from maemae.bars.check import check, summary
from maemae.bars.kept import daily_panel
from maemae.bars.minutes import MinuteBar, MinuteBuilder, minute_frame
from maemae.bars.store import BarStore
from maemae.bars.universe import Universe, read_codes, write_codes
from maemae.clock import KST
from maemae.errors import DataError
from maemae.market.calendar import krx
from maemae.market.kinds import Kind, Market

SPLIT = (
    row(DAYS[0], close=50_000, volume=10),
    row(DAYS[1], close=52_000, base=50_000, volume=10),
    row(DAYS[2], close=10_400, base=10_400, volume=50),
    row(DAYS[3], close=10_500, base=10_400, volume=50),
)


def test_a_split_shows_in_the_base_price() -> None:
    bars = stored(*SPLIT)
    assert steps(bars).rows() == [("005930", DAYS[2], 0.2)]
    view = adjusted(bars)
    assert view["close"].to_list() == pytest.approx([10_000, 10_400, 10_400, 10_500])
    assert view["volume"].to_list() == pytest.approx([50, 50, 50, 50])
    assert view["adjustment"].to_list() == pytest.approx([0.2, 0.2, 1, 1])


def test_a_stated_factor_counts_first() -> None:
    bars = stored(row(DAYS[0]), row(DAYS[1], base=33_400, factor=0.5), row(DAYS[2], factor=1.0))
    assert steps(bars).rows() == [("005930", DAYS[1], 0.5)]


def test_a_base_brought_to_the_grid_is_no_step() -> None:
    days = (date(2023, 1, 20), date(2023, 1, 25))
    before = row(days[0], close=200_100, market="KOSDAQ")
    assert steps(stored(before, row(days[1], base=200_500, market="KOSDAQ"))).is_empty()
    assert steps(stored(before, row(days[1], base=201_000, market="KOSDAQ"))).height == 1


def test_a_missing_day_is_no_step_but_a_halt_for_a_split_is() -> None:
    drifted = stored(row(DAYS[0], close=50_000), row(DAYS[2], close=52_000, base=52_000))
    assert steps(drifted).is_empty()
    halted = stored(row(DAYS[0], close=50_000), row(DAYS[2], close=10_100, base=10_000))
    assert steps(halted).rows() == [("005930", DAYS[2], 0.2)]


def test_a_closure_that_the_broker_told_of_hides_no_step(tmp_path: Path) -> None:
    """Rights (권리락) on the day after an ad-hoc closure: a tenth, which trading could make too."""
    bars = stored(row(DAYS[0], close=50_000), row(DAYS[2], close=45_000, base=45_000))
    told = krx().corrected({DAYS[1]: False})
    assert steps(bars).is_empty()
    assert steps(bars, told).rows() == [("005930", DAYS[2], 0.9)]
    assert adjusted(bars, told)["close"].to_list() == [45_000, 45_000]
    store = BarStore(tmp_path)
    store.write_daily(bars)
    store.learn(told)
    assert store.calendar().sessions(DAYS[0], DAYS[2]) == (DAYS[0], DAYS[2])
    panel = daily_panel(tmp_path, tmp_path / "kept")
    assert panel.fields["close"].tolist() == [[45_000, 45_000]]
    store.learn(krx())  # The broker takes it back: what is kept of the bars is made anew.
    panel = daily_panel(tmp_path, tmp_path / "kept")
    assert panel.fields["close"].tolist() == [[50_000, 45_000]]


def test_a_gap_is_counted_in_the_days_that_were_traded() -> None:
    days = krx().sessions(date(2022, 6, 2), date(2022, 6, 30))[:6]
    bars = stored(row(days[0]), row(days[5]))
    told = krx().corrected({days[1]: False})
    assert check(bars)["problem"].to_list() == ["gap"]
    assert check(bars, told).is_empty()


def test_a_damaged_file_of_trading_days_is_named(tmp_path: Path) -> None:
    store = BarStore(tmp_path)
    store.trading_days.write_text('{"2022-06-03": 1}')
    with pytest.raises(DataError, match=r"trading_days.json: damaged .* remove it"):
        store.calendar()


def test_adjusted_rows_and_other_codes_make_no_step() -> None:
    bars = stored(
        row(DAYS[0], raw_ok=False), row(DAYS[1], base=33_400), row(DAYS[2], "005935", base=1)
    )
    assert steps(bars).is_empty()


def test_the_universe_of_a_day_knows_that_day_only() -> None:
    bars = stored(
        row(DAYS[0], "000010", value=10, market_cap=5),
        row(DAYS[0], "000020", value=30, market_cap=9),
        row(DAYS[1], "000010", value=20, market_cap=5),
        row(DAYS[1], "000020", value=10, market_cap=1),
        row(DAYS[1], "069500", value=99, market_cap=99, kind="etf"),
        row(DAYS[1], "000030", value=1, market_cap=3, market="KONEX"),
        row(DAYS[2], "000010", value=10**9),
        row(DAYS[2], "000040", value=10**9),
    )
    assert Universe(window=1).on(bars, DAYS[1]) == ["000010", "000020"]
    assert Universe(window=2).on(bars, DAYS[1]) == ["000020", "000010"]
    assert Universe(window=2, min_value=16).on(bars, DAYS[1]) == ["000020"]
    assert Universe(rank="market_cap", top=1).on(bars, DAYS[1]) == ["000010"]
    assert Universe(kinds=(Kind.ETF,)).on(bars, DAYS[1]) == ["069500"]
    assert Universe(markets=(Market.KONEX,)).on(bars, DAYS[1]) == ["000030"]
    with pytest.raises(DataError, match="no bars for"):
        Universe().on(bars, DAYS[3])
    with pytest.raises(DataError, match="rank by value"):
        Universe(rank="market_cap").on(bars, DAYS[2])


def test_without_traded_won_close_times_volume_stands_in() -> None:
    bars = stored(row(code="000010", close=100, volume=1), row(code="000020", close=1, volume=101))
    assert Universe().on(bars, DAYS[0]) == ["000020", "000010"]


def test_saved_lists(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    write_codes(path, ["005930", "0007C0"])
    assert read_codes(path) == ["005930", "0007C0"]
    path.write_text("name,code\n삼성전자,5930\n", encoding="utf-8")
    with pytest.raises(DataError, match="row 2: '5930' is no code of six characters"):
        read_codes(path)
    path.write_text("005930,삼성전자\n", encoding="utf-8")
    assert read_codes(path) == ["005930"]
    path.write_text("")
    with pytest.raises(DataError, match="empty"):
        read_codes(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_codes(tmp_path / "none.csv")


def test_arrays_hold_every_row_in_its_place(tmp_path: Path) -> None:
    bars = stored(*SPLIT, row(DAYS[1], "000660", close=7, value=3))
    save_arrays(bars, tmp_path)
    arrays = load_arrays(tmp_path)
    assert arrays.days == DAYS
    assert arrays.codes == ("000660", "005930")
    assert arrays.close.tolist() == [[0, 50_000], [7, 52_000], [0, 10_400], [0, 10_500]]
    assert arrays.value[1].tolist() == [3, 0]
    assert arrays.adjustment[:, 1].tolist() == pytest.approx([0.2, 0.2, 1, 1])
    assert arrays.close.dtype == np.int64
    assert arrays.close.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        arrays.close[0, 0] = 1


def test_arrays_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no usable arrays"):
        load_arrays(tmp_path)
    with pytest.raises(DataError, match="no bars"):
        save_arrays(stored(), tmp_path)
    save_arrays(stored(*SPLIT), tmp_path)
    np.save(tmp_path / "open.npy", np.zeros((1, 1), dtype=np.int64))
    with pytest.raises(DataError, match="open is"):
        load_arrays(tmp_path)


@pytest.mark.parametrize(
    ("rows", "problem", "severe"),
    [
        ([row(high=66_700, low=66_700)], "order of prices", True),
        ([row(close=66_850)], "off the tick grid", False),
        ([row(close=90_000, base=66_800)], "outside the price limits", False),
        ([row(), row(date(2022, 6, 9))], None, False),
        ([row(), row(date(2022, 6, 10))], "gap", False),
        ([row(), row(DAYS[1], close=13_300)], "jump (a missed split?)", False),
        ([row(), row(DAYS[1], close=13_300, base=13_350)], None, False),
        ([row(close=66_850, raw_ok=False)], None, False),
        ([row(open=0, high=0, low=0, volume=0)], None, False),
    ],
)
def test_checks(rows: list[dict[str, object]], problem: str | None, severe: bool) -> None:
    findings = check(stored(*rows))
    if problem is None:
        assert findings.is_empty()
    else:
        assert list(summary(findings)) == [(problem, 1, 1, severe)]


def test_half_ticks_are_real_since_the_mid_price_order() -> None:
    assert check(stored(row(date(2025, 6, 27), close=71_950))).is_empty()
    assert check(stored(row(date(2025, 2, 27), close=71_950))).height == 1


def test_the_official_list_breaks_the_limits_where_it_is_known_to(shared: Path) -> None:
    from maemae.bars.ingest import Report, ingest  # noqa: PLC0415
    from maemae.bars.sources import Reading, source_files  # noqa: PLC0415

    files = source_files(shared / "data/kr_official")
    parts = ingest(files, Reading(), source="s", fetched=FETCHED, report=Report())
    bars = pl.concat(part.good for part in parts).sort("code", "date")
    found = {problem: rows for problem, rows, _, _ in summary(check(bars))}
    # Thirteen of liquidation trading; KONEX and days without trades are not judged.
    assert found["outside the price limits"] == 13
    assert "off the tick grid" not in found
    assert "order of prices" not in found


OPEN = datetime(2026, 11, 20, 9, 0, tzinfo=KST)
ticks = st.lists(
    st.tuples(st.integers(0, 300), st.integers(1, 1_000), st.integers(1, 50)), max_size=60
).map(lambda rows: sorted(rows, key=lambda tick: tick[0]))


@given(ticks)
def test_minute_bars_say_what_the_ticks_said(rows: list[tuple[int, int, int]]) -> None:
    builder, bars = MinuteBuilder(), []
    for second, price, quantity in rows:
        done = builder.add("005930", OPEN + timedelta(seconds=second), price, quantity)
        bars += [done] if done else []
    bars += builder.flush()
    assert builder.late == 0
    wanted: dict[int, list[tuple[int, int]]] = {}
    for second, price, quantity in rows:
        wanted.setdefault(second // 60, []).append((price, quantity))
    assert [bar.at for bar in bars] == [OPEN + timedelta(minutes=n) for n in wanted]
    for bar, trades in zip(bars, wanted.values(), strict=True):
        prices = [price for price, _ in trades]
        assert (bar.open, bar.close) == (prices[0], prices[-1])
        assert (bar.high, bar.low) == (max(prices), min(prices))
        assert bar.volume == sum(quantity for _, quantity in trades)


def test_a_late_tick_is_counted_and_left_out() -> None:
    builder = MinuteBuilder()
    builder.add("005930", OPEN + timedelta(minutes=1), 100, 1)
    assert builder.add("005930", OPEN, 1, 1) is None
    assert builder.late == 1
    assert list(builder.flush(before=OPEN + timedelta(minutes=1, seconds=59))) == []
    (bar,) = builder.flush(before=OPEN + timedelta(minutes=2))
    assert bar == MinuteBar("005930", OPEN + timedelta(minutes=1), 100, 100, 100, 100, 1)
    frame = minute_frame([bar], Market.KOSPI, source="live", fetched=OPEN)
    assert frame["at"].to_list() == [bar.at]
