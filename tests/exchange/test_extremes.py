"""Highs and lows of the days before: read from bars, made up, and in the answers."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import polars as pl
from tests.exchange.conftest import DAY, Client, FixedSource, make_exchange

from maemae.exchange.extremes import Extremes, Spans, extremes_from_bars, extremes_of, starts_of
from maemae.exchange.listing import history_from_bars
from maemae.exchange.sources import SyntheticSource
from maemae.market.calendar import krx

OLD, RECENT = date(2023, 8, 1), date(2024, 2, 1)


class Known(FixedSource):
    """One instrument with a high last summer and a low this year."""

    def extremes(self, starts: Sequence[date], before: date) -> Mapping[str, Spans]:
        both, recent = Extremes(12_000, OLD, 8_000, RECENT), Extremes(10_500, RECENT, 8_000, RECENT)
        return {"000010": [both, both, recent]}


def test_the_current_price_knows_the_highs_and_lows_of_longer_spans() -> None:
    client = Client(make_exchange(source=Known(), at="15:35"))
    price = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "000010"}
    output = client.quote("inquire-price", "FHKST01010100", **price)["output"]
    assert (output["w52_hgpr"], output["w52_hgpr_date"]) == ("12000", "20230801")
    assert (output["d250_lwpr"], output["d250_lwpr_date"]) == ("8000", "20240201")
    # Today's high of 10,600 is the year's.
    assert (output["stck_dryy_hgpr"], output["dryy_hgpr_date"]) == ("10600", "20240305")
    assert output["dryy_hgpr_vrss_prpr_rate"] == "-1.89"
    assert output["w52_lwpr_vrss_prpr_ctrt"] == "30.00"
    found = client.quote("psearch-result", "HHKST03900400", USER_ID="simtrader", SEQ="0")
    assert [float(found["output2"][0][name]) for name in ("high52", "low52")] == [12_000, 8_000]
    new = client.quote("inquire-price", "FHKST01010100", **price | {"FID_INPUT_ISCD": "000020"})
    assert (new["output"]["w52_hgpr"], new["output"]["w52_hgpr_date"]) == ("10050", "20240305")


def test_bars_are_read_as_they_are(tmp_path: Path) -> None:
    days = krx().sessions(DAY - timedelta(days=300), DAY - timedelta(days=1))[::-5]
    rows = [
        {"code": code, "date": day, "open": 60, "high": 100 + n % 11, "low": 50 - n % 7,
         "close": 60, "volume": 1, "raw_ok": n != 8}
        for code in ("000010", "0004K0") for n, day in enumerate(days)
    ]  # fmt: skip
    pl.DataFrame(rows).write_parquet(tmp_path / "bars.parquet")
    starts = [days[30], days[3], DAY]
    read = extremes_from_bars(tmp_path, starts, DAY)
    for code in ("000010", "0004K0"):
        bars = history_from_bars(tmp_path, code, DAY)
        assert list(read[code]) == [extremes_of(bars, first, DAY) for first in starts]
        assert read[code][2] is None


def test_the_made_up_market_has_them_too() -> None:
    source = SyntheticSource(1, krx(), DAY)
    code = source.listings(DAY)[3].code
    starts = starts_of(krx(), DAY)
    assert starts[::2] == (date(2023, 3, 7), date(2024, 1, 1))
    assert len(krx().sessions(starts[1], DAY - timedelta(days=1))) == 250
    (weeks, _, year) = source.extremes(starts, DAY)[code]
    bars = source.history(code, DAY)
    assert weeks is not None
    assert year is not None
    assert weeks.high == max(bar.high for bar in bars) >= year.high
