"""The live view is whole at 80 columns and 24 rows: figures, sides and states, both languages."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text
from tests.desk.table import DAY

from maemae import i18n
from maemae.cli.screen import screen
from maemae.desk.orders import OrderState
from maemae.desk.records import Halt
from maemae.service.status import CandidateLine, OrderLine, PositionLine, Status
from maemae.service.words import marked_won
from maemae.zones import KST

NAMES = ("삼성전자우선주식회사", "Hyundai Motor Preferred", "에코프로비엠")


@pytest.fixture(params=["ko", "en"], autouse=True)
def _language(request: pytest.FixtureRequest) -> Iterator[None]:
    before = i18n.language()
    i18n.set_language(request.param)
    yield
    i18n.set_language(before)


def status(positions: int, orders: int) -> Status:
    at = datetime.combine(DAY.date(), datetime.min.time(), KST) + timedelta(hours=9, minutes=5)
    return Status(
        at=at, halt=Halt.ALL, cash=123_456_789, assets=1_234_567_890, fees=12_345, taxes=67_890,
        realised=-12_345_678, unrealised=-1_234_567, wins=12, losses=34, loss_limit=30_000_000,
        day_result=-13_580_245, stake=2_345_678, free_cash=98_765_432,
        positions=[
            PositionLine(
                book="scalper", code=f"00593{n}", name=NAMES[n % 3], quantity=12_345,
                average=1_234_500, price=1_222_000, profit=-154_321_000, rate=Decimal("-0.1012"),
                take_profit=1_271_000, stop=1_210_000,
            )
            for n in range(positions)
        ],
        orders=[
            OrderLine(
                intent=f"20220602-{n:05}", side="sell", code=f"00593{n}", name=NAMES[n % 3],
                quantity=12_345, filled=2_345, average=1_222_000,
                state=OrderState.WORKING,
                reason="stop_loss", at=at,
            )
            for n in range(orders)
        ],
        candidates=[
            CandidateLine("scalper", f"00593{n}", NAMES[n % 3], 1_222_000, held=False)
            for n in range(9)
        ],
    )  # fmt: skip


def drawn(now: Status, width: int, height: int) -> list[str]:
    events = [Text(f"09:00:{n:02} event {n} " + "long " * 40) for n in range(30)]
    console = Console(file=StringIO(), width=width, height=height, color_system=None)
    lines = console.render_lines(screen(now, events, "maemae demo", width, height))
    return ["".join(part.text for part in line).rstrip() for line in lines]


@pytest.mark.parametrize(("positions", "orders"), [(0, 0), (3, 2), (20, 40)])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (200, 50)])
def test_nothing_is_cut_or_parted(positions: int, orders: int, width: int, height: int) -> None:
    lines = drawn(status(positions, orders), width, height)
    assert len(lines) <= height
    assert max(map(cell_len, lines)) <= width
    said = "\n".join(lines)
    for figure in ("1,234,567,890", "13,580,245", "2,345,678", "98,765,432", "12,345,678",
                   "1,234,567", "80,235", "12/34", "30,000,000"):  # fmt: skip
        assert figure in said, figure
    profit = marked_won(-154_321_000)
    if positions:
        for figure in ("12,345", "1,222,000", profit, "▼ 10.12%", "-0.98%", "+4.01%"):
            assert figure in said, figure
    if orders:
        for word in ("2,345/12,345", "1,222,000", i18n._("sell"), i18n._("stop loss")):
            assert word in said, word
    assert "event 29" in lines[-1]


def test_what_does_not_fit_is_counted() -> None:
    lines = drawn(status(20, 40), 80, 24)
    shown = sum("154,321,000" in line for line in lines)
    assert any(i18n._("and {n} more").format(n=20 - shown) in line for line in lines)
