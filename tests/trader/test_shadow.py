"""Beside trading each order is predicted, and what came of both is written down."""

from collections import Counter
from datetime import datetime, time
from pathlib import Path

import pytest
from tests.exchange.conftest import DAY
from tests.trader.days import place
from tests.trader.test_recorder import moment_of, scalper

from maemae.clock import KST
from maemae.errors import DataError
from maemae.exchange.fed.exchange import FedExchange
from maemae.exchange.sources import SyntheticSource
from maemae.market.calendar import krx
from maemae.market.kinds import Side
from maemae.trader import compared as module
from maemae.trader.compared import Compared, Fills, append, read_compared, shadow_path, tallies
from maemae.trader.shadow import Shadow

AT = datetime(2026, 12, 1, 10, tzinfo=KST)


def order(**given: object) -> Compared:
    base: dict[str, object] = {
        "at": AT, "code": "005930", "side": Side.BUY, "market": True, "quantity": 10,
        "seen": 10_000, "real": Fills(10, 100_100, 0.5), "model": Fills(10, 100_000, 0.4),
    }  # fmt: skip
    return Compared(**base | given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("side", "real", "model", "slips", "difference"),
    [
        (Side.BUY, Fills(10, 100_100), Fills(10, 100_000), (10, 0), 100),
        (Side.SELL, Fills(10, 99_900), Fills(10, 100_000), (10, 0), 100),
        (Side.SELL, Fills(10, 100_100), Fills(10, 100_000), (-10, 0), -100),
        (Side.BUY, Fills(10, 100_100), Fills(5, 50_000), (10, 0), 50),
        (Side.BUY, Fills(0, 0), Fills(5, 50_000), (None, 0), 0),
        (Side.BUY, Fills(10, 100_000), Fills(0, 0), (0, None), 0),
    ],
)
def test_slippage_is_what_was_worse_than_the_price_seen(
    side: Side, real: Fills, model: Fills, slips: tuple[int | None, int | None], difference: int
) -> None:
    one = order(side=side, real=real, model=model)
    for found, wanted in zip((one.slippage(real), one.slippage(model)), slips, strict=True):
        assert found == (None if wanted is None else pytest.approx(wanted))
    assert one.difference == difference


def test_orders_are_added_up_by_kind_and_name() -> None:
    rows = [order(), order(code="000660", model=Fills(0, 0)), order(side=Side.SELL, market=False)]
    kinds = tallies(rows, lambda one: one.kind)
    assert set(kinds) == {"market-buy", "limit-sell"}
    both = kinds["market-buy"]
    assert (both.orders, both.wanted, both.real, both.model) == (2, 20, 20, 10)
    assert both.difference == 100
    assert both.tracking == pytest.approx(10_000 * 100 / 200_200)
    assert tallies(rows, lambda one: one.code)["000660"].model_slippage is None


def test_the_file_is_private_bounded_and_survives_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = shadow_path(tmp_path / "data", "paper")
    assert list(read_compared(path)) == []
    append(path, order())
    append(path, order(code="000660"))
    assert path.stat().st_mode & 0o077 == 0
    with path.open("ab") as file:
        file.write(b'{"at":"2026')
    assert [one.code for one in read_compared(path)] == ["005930", "000660"]
    path.write_bytes(path.read_bytes().rpartition(b"\n")[0] + b"\n")
    monkeypatch.setattr(module, "MOST", 300)
    for _ in range(20):
        append(path, order())
    assert path.stat().st_size < 900
    assert all(one.code == "005930" for one in read_compared(path))
    assert list(read_compared(path, since=datetime(2026, 12, 2, tzinfo=KST).date())) == []
    path.write_text("nonsense\n")
    with pytest.raises(DataError, match="shadow-paper"):
        list(read_compared(path))


async def test_a_day_is_predicted_beside_trading(tmp_path: Path) -> None:
    async with place(tmp_path, SyntheticSource(7, krx(), DAY), DAY, time(9, 0)) as here:
        await here.trade_until(here.settings(scalper()), moment_of("09:15"))
        plain = here.order_lines()
    other = tmp_path / "shadow"
    async with place(other, SyntheticSource(7, krx(), DAY), DAY, time(9, 0)) as here:
        settings = here.settings(scalper(), shadow={"enabled": True})
        await here.trade_until(settings, moment_of("09:15"))
        lines = here.order_lines()
    assert lines == plain  # It changes nothing.
    rows = list(read_compared(shadow_path(other / "state", "sim")))
    assert len(rows) > 10
    ended = Counter((one.code, one.side, one.quantity) for one in lines if one.filled)
    assert Counter((one.code, one.side.value, one.quantity) for one in rows) - ended == Counter()
    found = tallies(rows, lambda one: one.kind)
    for one in found.values():
        assert one.real == one.wanted
        assert one.model > one.wanted * 0.3  # The trades show it the best level alone.
        assert one.tracking is not None
        assert abs(one.tracking) < 20


@pytest.mark.parametrize("where", ["desk", "stream"])
async def test_a_model_that_fails_is_switched_off_and_trading_goes_on(
    tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []

    def fails(*given: object) -> None:
        calls.append(given)
        raise ZeroDivisionError

    if where == "desk":
        monkeypatch.setattr(Shadow, "__call__", fails)
    else:
        monkeypatch.setattr(FedExchange, "heard", fails)
    async with place(tmp_path, SyntheticSource(7, krx(), DAY), DAY, time(9, 0)) as here:
        settings = here.settings(scalper(), shadow={"enabled": True})
        await here.trade_until(settings, moment_of("09:05"))
        assert len(calls) == 1
        assert here.order_lines()
