"""`backtest` and the command over it."""

import json
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.backtest.conftest import market
from typer.testing import CliRunner

from maemae.backtest import Result, Terms, backtest
from maemae.backtest.report import page
from maemae.bars.panel import Panel
from maemae.cli import build
from maemae.errors import DataError
from maemae.i18n import set_language
from maemae.strategy import FixedAmount, Schedule, Strategy, close, open_
from maemae.strategy.tree import Param

STRATEGY = Strategy(
    name="plain", entry=close > open_, exit=close < open_, stop_loss=0.05, max_positions=3
)


@pytest.fixture(scope="module")
def result() -> Result:
    return backtest(STRATEGY, market(), terms=Terms(cash=5_000_000))


def test_one_trade_by_hand() -> None:
    """One share rises, is bought at the next open and sold at the open after the rule says so."""
    prices = {
        "open": [1_000, 1_010, 1_100, 1_150], "high": [1_020, 1_110, 1_160, 1_160],
        "low": [990, 1_000, 1_050, 1_100], "close": [1_010, 1_100, 1_060, 1_150],
    }  # fmt: skip
    fields = {name: np.array([values], float) for name, values in prices.items()}
    fields["volume"] = np.full((1, 4), 1e6)
    panel = Panel(("005930",), np.datetime64("2022-06-07") + np.arange(4), fields)
    found = backtest(replace(STRATEGY, max_positions=1), panel, terms=Terms(cash=1_000_000))
    # 990 shares at 1,010 are 999,900; the fee of 0.0140527 % is 140 won, more than the 100 left.
    bought, sold = found.fills.rows(named=True)[:2]
    assert (bought["date"], bought["quantity"], bought["price"]) == (date(2022, 6, 8), 989, 1_010)
    assert (bought["fee"], bought["tax"]) == (140, 0)
    # The third day closes below its open, so it is sold at the fourth open.
    assert (sold["date"], sold["price"], sold["reason"]) == (date(2022, 6, 10), 1_150, "exit_rule")
    # 989 x 1,150 = 1,137,350: fee 159, tax of 2022 on KOSPI 0.08 % + 0.15 %: 909 + 1,706
    assert (sold["fee"], sold["tax"]) == (159, 2_615)
    assert found.trades["profit"].to_list() == [1_137_350 - 159 - 2_615 - 998_890 - 140]
    assert found.daily["equity"].to_list()[-1] == 1_000_000 + found.trades["profit"][0]
    assert {note.kind for note in found.notes} == {"few", "market"}


def test_trades_and_equity_agree(result: Result) -> None:
    earned = result.daily["equity"][-1] - 5_000_000
    assert result.trades["profit"].sum() == earned
    assert result.statistics.trades == result.trades["sold"].drop_nulls().len()


def test_the_desk_gives_the_same(result: Result) -> None:
    other = backtest(STRATEGY, market(), terms=Terms(cash=5_000_000), executor="desk")
    assert other.fills.equals(result.fills)
    assert other.daily.equals(result.daily)
    assert (result.executor, other.executor) == ("kernel", "desk")


def test_a_span_uses_what_came_before_it_and_nothing_after() -> None:
    panel = market()
    days = panel.times.tolist()
    found = backtest(STRATEGY, panel, first=days[30], last=days[59])
    assert found.daily["date"].to_list() == days[30:60]
    again = backtest(STRATEGY, panel.window(0, 60), first=days[30])
    assert again.fills.equals(found.fills)
    assert found.fills["date"].min() >= days[30]
    with pytest.raises(DataError, match="they run from 2022-10-03"):
        backtest(STRATEGY, panel, first=date(2030, 1, 1))


def test_costs_are_told_apart(result: Result) -> None:
    assert result.statistics.free_return > result.statistics.total_return


def test_doubts() -> None:
    edge = Strategy(name="edge", entry=close > Param("least", 1, 1, 10, 1), max_holding=2)
    panel = market(rows=8)
    ended = {name: values.copy() for name, values in panel.fields.items()}
    for values in ended.values():
        values[:, 60:][:4] = np.nan
    found = backtest(edge, replace(panel, fields=ended))
    notes = {note.kind: note for note in found.notes}
    assert notes["edge"].names == ("least",)
    assert notes["stuck"].count > 0
    assert notes["large"].count > 0


@pytest.mark.parametrize("wrong", [{"cash": 0}, {"slippage": 1.0}, {"participation": 2.0}])
def test_senseless_terms_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(DataError):
        Terms(**wrong)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep panels, and look for a store, where no one else does."""
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _name: tmp_path / "cache")
    monkeypatch.setattr("platformdirs.user_data_path", lambda _name: tmp_path / "data")


def bars_file(folder: Path) -> Path:
    panel = market(rows=6, count=60)
    rows = [
        {"date": day, "code": code, "market": "KOSPI",
         **{name: int(values[row, at]) for name, values in panel.fields.items()}}
        for row, code in enumerate(panel.codes)
        for at, day in enumerate(panel.times.tolist())
        if panel.present[row, at]
    ]  # fmt: skip
    path = folder / "bars.parquet"
    pl.DataFrame(rows).write_parquet(path)
    return path


def test_the_command(tmp_path: Path) -> None:
    arguments = ["backtest", "strong_close", "--bars", str(bars_file(tmp_path))]
    written = [tmp_path / name for name in ("page.html", "run.json", "csv", "parquet")]
    for flag, path in zip(("--report", "--figures", "--csv", "--parquet"), written, strict=True):
        arguments += [flag, str(path)]
    outcome = CliRunner().invoke(build(), arguments)
    assert outcome.exit_code == 0, outcome.output
    assert "Return without costs" in outcome.output
    page = written[0].read_text(encoding="utf-8")
    assert "strong_close" in page
    assert "<script src" not in page
    told = json.loads(written[1].read_text(encoding="utf-8"))
    trades = pl.read_parquet(written[3] / "trades.parquet")
    assert len(told["trades"]) == len(trades) == len(pl.read_csv(written[2] / "trades.csv")) > 0
    assert told["statistics"]["trades"] == len(trades.drop_nulls("sold"))


def test_the_command_in_korean(tmp_path: Path) -> None:
    set_language("ko")
    outcome = CliRunner().invoke(
        build(), ["backtest", "strong_close", "--bars", str(bars_file(tmp_path))]
    )
    assert "수익률" in outcome.output
    assert "10,000,000원" in outcome.output


def test_without_bars_it_takes_those_of_the_store(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(build(), ["backtest", "strong_close"])
    assert isinstance(outcome.exception, DataError)
    assert "maemae bars download" in str(outcome.exception)
    folder = str(tmp_path / "data" / "bars")
    source = str(bars_file(tmp_path))
    imported = CliRunner().invoke(build(), ["bars", "import", source, "--root", folder])
    assert "316 kept" in imported.output  # the made-up calendar knows no holidays
    outcome = CliRunner().invoke(build(), ["backtest", "strong_close"])
    assert outcome.exit_code == 0, outcome.output


def test_warmup_compiles_once() -> None:
    first = CliRunner().invoke(build(), ["warmup"])
    assert first.exit_code == 0, first.output
    again = CliRunner().invoke(build(), ["warmup"])
    assert again.output == "everything is compiled already\n"


def test_minute_bars_by_hand() -> None:
    """Bought at the second bar, sold at the stop within the fourth; a day is one row."""
    prices = {
        "open": [10_000, 10_100, 10_200, 10_150, 9_800],
        "high": [10_120, 10_250, 10_250, 10_200, 9_900],
        "low": [9_990, 10_050, 10_100, 9_500, 9_700],
        "close": [10_100, 10_200, 10_150, 9_600, 9_850],
    }  # fmt: skip
    fields = {name: np.array([values], float) for name, values in prices.items()}
    fields["volume"] = np.full((1, 5), 1e6)
    clock = np.array(["2024-03-04T09:00", "2024-03-04T09:30", "2024-03-04T10:00",
                      "2024-03-05T09:00", "2024-03-05T09:30"], "datetime64[s]")  # fmt: skip
    panel = Panel(("005930",), clock, fields, step=timedelta(minutes=30))
    strategy = Strategy(
        name="short", entry=close > open_, stop_loss=0.05, max_positions=1,
        schedule=Schedule(bars=30, last=time(9, 30)), sizing=FixedAmount(500_000),
    )  # fmt: skip
    found = backtest(strategy, panel, terms=Terms(cash=1_000_000))
    moments = found.fills.select("date", "time", "side", "price", "reason").rows()
    assert moments == [
        (date(2024, 3, 4), time(9, 30), "buy", 10_100, ""),
        # 5 % below 10,100 is 9,595, the first price of the grid at or below it 9,590
        (date(2024, 3, 5), time(9, 0), "sell", 9_590, "stop_loss"),
    ]
    assert found.trades["sessions"].to_list() == [1]
    assert found.daily["date"].to_list() == [date(2024, 3, 4), date(2024, 3, 5)]
    # 49 shares at 10,100 and a fee of 69 won
    assert found.daily["cash"][0] == 1_000_000 - 49 * 10_100 - 69
    assert found.daily["equity"][0] == found.daily["cash"][0] + 49 * 10_150
    assert "2024-03-05 09:00" in page([found])


MINUTES = """
name = "rush"
entry = "close > open_"
exit = "close < open_"
max_positions = 1
schedule = { bars = 5, flat_by = "15:15" }
"""


def test_the_command_on_minute_bars(tmp_path: Path, shared: Path) -> None:
    (tmp_path / "rush.toml").write_text(MINUTES, encoding="utf-8")
    bars = shared / "data" / "kr_minute" / "stock_005930_1min_20250627.parquet"
    flags = [
        "--folder",
        str(tmp_path),
        "--bars",
        str(bars),
        "--figures",
        str(tmp_path / "run.json"),
    ]
    outcome = CliRunner().invoke(build(), ["backtest", "rush", *flags])
    assert outcome.exit_code == 0, outcome.output
    told = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert told["statistics"]["trades"] > 10
    assert {trade["sold"] for trade in told["trades"]} == {"2025-06-27"}
    outcome = CliRunner().invoke(build(), ["backtest", "rush", "golden_cross", *flags])
    assert "different lengths" in str(outcome.exception)
    outcome = CliRunner().invoke(build(), ["backtest", "rush", *flags, "--indices", str(bars)])
    assert "no use for them" in str(outcome.exception)
