"""`sector.is_in(…)` on bars, which tell no sectors: the same words in backtests and live."""

from pathlib import Path

import numpy as np
import pytest
from tests.backtest.conftest import market

from maemae.backtest import backtest
from maemae.bars.sectors import read_sectors, sectors_of, with_sectors
from maemae.errors import DataError
from maemae.market.instruments import Instrument
from maemae.market.kinds import Market
from maemae.strategy import Strategy, close, sector
from maemae.strategy.live import Live, latest, replay

CHIPS = sector.is_in("반도체")
RULE = Strategy(name="chips", entry=CHIPS & (close > 0), exit=close < 0)


def test_a_name_is_in_every_one_of_its_sectors() -> None:
    panel = market()
    first, second, third, *_ = panel.codes
    told = with_sectors(panel, {first: ["반도체", "0013"], second: {"은행"}, third: ()})
    fact = told.facts["sector"]
    for word, wanted in (("반도체", {first}), ("0013", {first}), ("은행", {second}), ("", set())):
        flags = fact.is_one_of([word] if word else ["반도", "체", "3"])
        assert {code for code, yes in zip(panel.codes, flags[:, 0], strict=True) if yes} == wanted
    assert with_sectors(told, {first: ["은행"]}) is told
    assert with_sectors(panel, {}) is panel
    assert RULE.asks_for("sector")
    assert not RULE.asks_for("market")


def test_backtests_and_live_rules_ask_the_same() -> None:
    panel = market()
    with pytest.raises(DataError, match="'sector'"):
        backtest(RULE, panel)
    one = Instrument(panel.codes[4], "이름", Market.KOSPI, krx_sectors=("반도체",))
    told = with_sectors(panel, sectors_of([one]))
    result = backtest(RULE, told)
    assert set(result.fills["code"]) == {one.code}
    live = Live((CHIPS, ~CHIPS), told.codes, facts=latest(told.facts), step=told.step)
    for time, bar, references in replay(told):
        inside, outside = live.push(time, bar, references)
        there = ~np.isnan(bar["close"])
        mine = np.array([code == one.code for code in told.codes])
        assert inside.tolist() == (mine & there).tolist()
        assert (inside | outside).tolist() == there.tolist()


def test_a_file_of_sectors_is_read_or_refused(tmp_path: Path) -> None:
    file = tmp_path / "sectors.csv"
    file.write_text("code,sector\n005930,반도체\n005930,정보통신\n105560,은행\n", encoding="cp949")
    assert read_sectors(file) == {"005930": {"반도체", "정보통신"}, "105560": {"은행"}}
    file.write_text("code\n005930\n", encoding="utf-8")
    with pytest.raises(DataError, match="columns code and sector"):
        read_sectors(file)
