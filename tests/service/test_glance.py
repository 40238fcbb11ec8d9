"""The first look: what the day has earned, what is at risk, how much of the limit is used."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from tests.notify.props import some_status
from tests.service.bench import bench

from maemae.i18n import set_language
from maemae.service import glance
from maemae.service import operations as op
from maemae.service.status import PositionLine, Status


def held(name: str, price: int, stop: int | None) -> PositionLine:
    return PositionLine("scalper", "005930", name, 10, 10_000, price, 0, Decimal(0), stop=stop)


def looked(**changed: object) -> Status:
    return some_status(assets=10_000_000, day_result=-50_000, **changed)


def test_the_result_is_measured_against_the_opening() -> None:
    now = looked()
    assert glance.day_rate(now) == Decimal(-50_000) / Decimal(10_050_000)
    assert glance.result(now) == "▼ ₩50,000 (▼ 0.50%)"
    assert glance.result(some_status(assets=0, day_result=0)) == "₩0 (0.00%)"


def test_what_every_stop_would_cost_is_said_with_the_names_that_have_none() -> None:
    one = held("삼성전자", 9_900, 9_800)
    assert glance.at_stake(looked(positions=[one], stake=1_000)) == (
        "▼ ₩1,000 more (the day: ▼ ₩51,000)"
    )
    both = looked(positions=[one, held("카카오", 9_900, None)], stake=1_000, unstopped=["카카오"])
    assert glance.at_stake(both).endswith(" · no stop: 카카오")
    names = [f"n{n}" for n in range(7)]
    many = looked(positions=[held(name, 1, None) for name in names], unstopped=names)
    assert glance.at_stake(many) == "no stop: n0, n1, n2, n3, n4 and 2 more"
    assert glance.at_stake(looked(positions=[])) == "nothing is held"


@pytest.mark.parametrize(
    ("limit", "result", "said"),
    [
        (None, -50_000, "no limit is set"),
        (200_000, -50_000, "₩50,000 of ₩200,000 (25%)"),
        (200_000, 50_000, "₩0 of ₩200,000 (0%)"),
    ],
)
def test_how_much_of_the_limit_is_used(limit: int | None, result: int, said: str) -> None:
    assert glance.limit_used(some_status(loss_limit=limit, day_result=result)) == said


def test_in_korean() -> None:
    set_language("ko")
    now = looked(positions=[held("삼성전자", 9_900, 9_800)], stake=1_000, loss_limit=200_000)
    assert glance.at_stake(now) == "지금보다 ▼ 1,000원 (오늘 손익 ▼ 51,000원)"
    assert glance.limit_used(now) == "200,000원 중 50,000원 사용 (25%)"


async def test_stakes_and_the_owners_shares_are_read_off_the_desk(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        portfolio = table.subject.trader.desk.state.portfolio
        await table.until(lambda: bool(portfolio.positions))
        now = await table.service.ask(op.GetStatus())
        (line,) = now.positions
        assert line.stop is not None
        assert line.price is not None
        assert now.stake == (line.price - line.stop) * line.quantity > 0
        assert now.unstopped == []
        owned = sum((one.price or 0) * one.quantity for one in now.owner)
        assert now.assets == now.cash + line.price * line.quantity + owned
        assert msgspec.json.decode(msgspec.json.encode(now), type=Status) == now
