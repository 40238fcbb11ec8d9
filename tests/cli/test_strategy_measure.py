"""The shop window: what strategies did over one's own bars, and nothing where nothing was run."""

import json
from pathlib import Path

import pytest
from tests.dashboard.test_backtests import bars
from typer.testing import CliRunner

from maemae.cli import build
from maemae.errors import DataError


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(build(), [*arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout if "--json" in arguments else result.output


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MAEMAE_BARS__FOLDER", f"{tmp_path / 'store'}")
    monkeypatch.setenv("COLUMNS", "220")
    return tmp_path / "store"


def listed(folder: Path) -> dict[str, dict[str, object]]:
    _status, said = run("strategy", "list", "--json", "--folder", f"{folder}")
    return {one["name"]: one for one in json.loads(said)}


def test_nothing_is_shown_where_nothing_was_measured(tmp_path: Path) -> None:
    status, said = run("strategy", "list", "--folder", f"{tmp_path}")
    assert status == 0
    assert "nothing was measured: maemae strategy measure" in said
    assert "%" not in said
    assert listed(tmp_path)["golden_cross"]["measured"] is None
    with pytest.raises(DataError, match="no daily bars yet; fetch some with `maemae bars"):
        run("strategy", "measure")


def test_what_is_shown_is_what_a_backtest_says_with_its_doubts_first(tmp_path: Path) -> None:
    file = bars(tmp_path)
    asked = ("--bars", f"{file}", "--years", "1")
    status, said = run(
        "strategy", "measure", "golden_cross", "disparity", "target_band", *asked,
        "--folder", f"{tmp_path}",
    )  # fmt: skip
    assert status == 0
    assert "target_band: not measured: " in said
    _status, told = run("backtest", "golden_cross", *asked, "--json")
    figures = json.loads(told)
    known = listed(tmp_path)["golden_cross"]["measured"]
    assert isinstance(known, dict)
    assert known["statistics"] == figures["statistics"]
    assert known["notes"] == figures["notes"]
    assert (known["first"], known["last"]) == (figures["first"], figures["last"])
    assert figures["statistics"]["unranked_return"] is not None

    status, said = run("strategy", "list", "--folder", f"{tmp_path}")
    lines = said.splitlines()
    row = next(text for text in lines if "golden_cross" in text)
    for name in ("annual_return", "total_return", "unranked_return"):
        assert f"{figures['statistics'][name]:+.2%}" in row
    assert "2022-01 ~ 2022-06" in row
    assert "not measured yet" in next(text for text in lines if "target_band" in text)
    heads = next(text for text in lines if "Doubts" in text)
    assert heads.index("Doubts") < heads.index("drawdown")


def test_a_backtest_says_its_doubts_before_its_figures(tmp_path: Path) -> None:
    asked = ("--bars", f"{bars(tmp_path)}", "--years", "1")
    _status, said = run("backtest", "golden_cross", "low_volatility", *asked)
    assert said.index("! ") < said.index("Return a year")
    assert "low_volatility: Only " in said  # A doubt of one run alone, whichever it is.


def test_universes_that_do_not_exist_are_not_measured(tmp_path: Path) -> None:
    status, said = run(
        "strategy", "measure", "golden_cross", "--bars", f"{bars(tmp_path)}", "--universe", "moon"
    )
    assert status == 1
    assert "moon: no such universe" in said
