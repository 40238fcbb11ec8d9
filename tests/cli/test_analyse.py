"""`maemae analyse`: what is said of one name, to people and to scripts."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from maemae.cli import build
from maemae.errors import DataError
from maemae.i18n import set_language
from maemae.market.calendar import krx

DAYS = krx().sessions(krx().first, krx().last)[-700:-560]


@pytest.fixture
def bars(tmp_path: Path) -> Path:
    legs = [(90, 110), (110, 100), (100, 110), (110, 94)]
    close = np.concatenate([np.full(100, 90), *[np.linspace(*leg, 10) for leg in legs]]) * 100
    rows = {
        "date": DAYS, "code": "005930", "open": close, "high": close * 1.002,
        "low": close * 0.998, "close": close, "volume": 100,
    }  # fmt: skip
    file = tmp_path / "bars.csv"
    frame = pl.DataFrame(rows).with_columns(pl.col("open", "high", "low", "close").cast(pl.Int64))
    frame.write_csv(file)
    return file


def test_a_name_is_analysed_as_table_json_and_picture(bars: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    given = ["analyse", "005930", "--bars", str(bars), "--folder", str(tmp_path / "none")]
    result = CliRunner().invoke(
        build(), [*given, "--json", "--picture", str(page)], catch_exceptions=False
    )
    found = json.loads(result.stdout)
    assert [(one["name"], one["up"]) for one in found["shapes"]] == [("double_top", False)]
    assert found["close"] == 9_400
    assert found["indicators"]["sma5"] > found["close"]
    assert min(found["resistances"]) > 9_400
    words = {one["strategy"]: one["word"] for one in found["strategies"]}
    assert words["condition_scalper"] == "cannot"
    assert set(words.values()) <= {"buy", "sell", "nothing", "cannot"}
    assert "double top" in page.read_text(encoding="utf-8")
    set_language("ko")
    try:
        shown = CliRunner().invoke(build(), given, catch_exceptions=False).stdout
    finally:
        set_language("en")
    for said in ("이중천장", "저항", "한 종목만으로는", "지표"):
        assert said in shown
    for said in ("double", "resistance", "cannot", "nothing"):
        assert said not in shown


def test_a_name_without_bars_is_told_how_to_get_some(bars: Path) -> None:
    with pytest.raises(DataError, match="000660: no daily bars; `maemae bars download 000660`"):
        CliRunner().invoke(
            build(), ["analyse", "000660", "--bars", str(bars)], catch_exceptions=False
        )
