"""The report page: complete, without network, the same figures as the result."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.backtest.conftest import market

from maemae.backtest import Result, Terms, backtest
from maemae.backtest.report import page
from maemae.backtest.report.candles import candles
from maemae.backtest.words import label
from maemae.i18n import set_language
from maemae.strategy import Strategy, close, open_

STRATEGY = Strategy(
    name="plain", entry=close > open_, exit=close < open_, stop_loss=0.05, max_positions=3
)


@pytest.fixture(scope="module")
def result() -> Result:
    return backtest(STRATEGY, market(), terms=Terms(cash=5_000_000))


def told(html: str) -> dict[str, object]:
    found = re.search(r"<script type='application/json'>(.*?)</script>", html, re.DOTALL)
    assert found is not None
    return json.loads(found[1])  # type: ignore[no-any-return]


SECTIONS = (
    "Months", "Over time", "Returns of the trades", "By reason of the sale", "Trades on candles",
    "By instrument", "Largest gains and losses", "Settings",
)  # fmt: skip


def test_the_page_has_everything_and_asks_the_network_for_nothing(result: Result) -> None:
    html = page([result])
    for section in SECTIONS:
        assert f"<h2>{section}</h2>" in html
    assert result.fingerprint in html
    assert result.panel.fingerprint in html
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=", html)
    assert f"{result.statistics.total_return:+.2%}" in html


def test_candles_hold_every_trade(result: Result) -> None:
    shown = told(candles(result))
    days, instruments = shown["days"], shown["instruments"]
    assert isinstance(days, Sequence)
    assert isinstance(instruments, dict)
    marks = sorted(
        (code, days[at], price)
        for code, one in instruments.items()
        for at, price, _text in [*one["bought"], *one["sold"]]
    )
    fills = result.fills.select("code", result.fills["date"].cast(str), "price").rows()
    assert marks == sorted(fills)
    for one in instruments.values():
        columns, opened, high, low, closed = one["bars"]
        assert {at for at, *_ in [*one["bought"], *one["sold"]]} <= set(columns)
        assert all(low[i] <= min(opened[i], closed[i]) for i in range(len(columns)))
        assert len(high) == len(columns)


def test_candles_beyond_the_room_are_left_out_and_counted(result: Result) -> None:
    html = candles(result, room=100)
    names = set(told(html)["instruments"])  # type: ignore[call-overload]
    left = result.trades["code"].n_unique() - len(names)
    assert left > 0
    assert f"{left:,} instruments that earned or lost least are left out" in html


def test_several_runs_are_compared(result: Result) -> None:
    other = backtest(replace(STRATEGY, name="other"), market(), terms=Terms(cash=5_000_000))
    html = page([result, other])
    assert [label([result, other], at) for at in range(2)] == ["plain", "other"]
    assert html.count("<h2>Months</h2>") == 2
    assert "<title>plain, other</title>" in html


def test_a_run_without_a_trade_has_a_page() -> None:
    nothing = replace(STRATEGY, entry=close < 0)
    html = page([backtest(nothing, market(count=10))])
    assert "<h2>Months</h2>" in html
    assert "Trades on candles" not in html


def test_the_page_in_korean(result: Result) -> None:
    set_language("ko")
    html = page([result])
    assert "<html lang='ko'>" in html
    assert "의심할 이유" in html
    assert "캔들 위의 거래" in html
