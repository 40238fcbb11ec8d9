"""Orders by hand for sessions outside regular hours and for NXT, over the real exchange."""

from datetime import date, time
from pathlib import Path

import pytest
from tests.trader.days import Bars, place
from tests.trader.test_targets import BARS

from maemae.desk.records import OWNER, Intended
from maemae.errors import CommandRefused
from maemae.market.kinds import Side
from maemae.market.phases import Venue
from maemae.service.brief import brief_run
from maemae.service.operations import CancelOrder, GetOrders, GetStatus, PlaceOrder
from maemae.service.service import Caller

ME = Caller("hana", "cli")
DAY = date(2026, 10, 13)


async def test_shares_are_bought_at_the_close_after_it_and_sold_in_the_evening(
    tmp_path: Path,
) -> None:
    async with place(tmp_path, Bars(BARS), DAY, time(15, 41)) as where:
        settings = where.settings()
        async with brief_run(settings, ME) as service:
            with pytest.raises(CommandRefused, match="outside the session"):
                await service.ask(
                    PlaceOrder(book=OWNER, side=Side.BUY, code="000010", quantity=3, price=None)
                )
            receipt = await service.ask(
                PlaceOrder(
                    book=OWNER, side=Side.BUY, code="000010", quantity=3, price=None, kind="06"
                )
            )
            (line,) = await service.ask(GetOrders())
            assert (line.intent, line.kind, line.exchange) == (receipt.intent, "06", "KRX")
        exchange = where.exchange
        (order,) = next(a for a in exchange.venue.accounts.values() if a.orders).orders.values()
        assert (order.kind.value, order.quantity) == ("06", 3)
        await where.go_to(DAY, time(16, 30))
        assert order.filled == 3
        async with brief_run(settings, ME) as service:
            now = await service.ask(GetStatus())
            assert [(line.code, line.quantity) for line in now.owner] == [("000010", 3)]
            await service.ask(
                PlaceOrder(
                    book=OWNER, side=Side.SELL, code="000010", quantity=3, price=None, kind="45"
                )
            )
        async with brief_run(settings, ME) as service:
            assert (await service.ask(GetStatus())).owner == []
        intents = [r for r in where.records() if isinstance(r, Intended)]
        assert [r.route.kind for r in intents if r.route is not None] == ["06", "45"]


async def test_the_virtual_server_has_no_other_sessions(tmp_path: Path) -> None:
    async with place(tmp_path, Bars(BARS), DAY, time(15, 41)) as where:
        settings = where.settings(orders="virtual")
        async with brief_run(settings, ME) as service:
            with pytest.raises(CommandRefused, match="regular session only"):
                await service.ask(
                    PlaceOrder(
                        book=OWNER, side=Side.BUY, code="000010", quantity=3, price=None, kind="06"
                    )
                )
            with pytest.raises(CommandRefused, match="no order kind '99'"):
                await service.ask(
                    PlaceOrder(
                        book=OWNER, side=Side.BUY, code="000010", quantity=3, price=None, kind="99"
                    )
                )
            with pytest.raises(CommandRefused, match="outside the session"):
                await service.ask(
                    PlaceOrder(book=OWNER, side=Side.BUY, code="000010", quantity=3, price=None)
                )


async def test_nxt_trades_after_the_day_and_sor_finds_it(tmp_path: Path) -> None:
    async with place(tmp_path, Bars(BARS), DAY, time(18)) as where:
        settings = where.settings()
        async with brief_run(settings, ME) as service:
            limit = 10_300
            bought = await service.ask(
                PlaceOrder(
                    book=OWNER,
                    side=Side.BUY,
                    code="000010",
                    quantity=3,
                    price=limit,
                    exchange=Venue.NXT,
                )
            )
            rests = await service.ask(
                PlaceOrder(
                    book=OWNER,
                    side=Side.BUY,
                    code="000020",
                    quantity=1,
                    price=7_010,
                    exchange=Venue.SOR,
                )
            )
        await where.go_to(DAY, time(18, 30))
        async with brief_run(settings, ME) as service:
            now = await service.ask(GetStatus())
            assert [(line.code, line.quantity) for line in now.owner] == [("000010", 3)]
            lines = {line.intent: line for line in await service.ask(GetOrders())}
            assert (lines[bought.intent or ""].state, lines[bought.intent or ""].exchange) == (
                "filled", "NXT",
            )  # fmt: skip
            await service.ask(CancelOrder(intent=rests.intent or ""))
        lines = {line.intent: line for line in where.order_lines()}
        assert lines[rests.intent or ""].state == "cancelled"
