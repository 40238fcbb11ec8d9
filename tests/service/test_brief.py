"""Orders by hand while no trader runs: a trader for a moment, over the real exchange."""

from pathlib import Path

import pytest
from tests.trader.days import SLOW, Bars, place
from tests.trader.test_targets import BARS, MONDAY, targets

from maemae.desk.records import OWNER
from maemae.errors import CommandRefused
from maemae.market.kinds import Side
from maemae.service import operations as op
from maemae.service.brief import brief_run
from maemae.service.service import Caller
from maemae.service.ticket import named

ME = Caller("hana", "cli")


async def test_shares_are_bought_and_cleaned_up_again(tmp_path: Path) -> None:
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        settings = where.settings(targets(tmp_path, "code\n000040\n"))
        async with brief_run(settings, ME) as service:
            await service.ask(op.PlaceOrder(book=OWNER, side=Side.BUY, code="000010", quantity=3))
        async with brief_run(settings, ME) as service:
            now = await service.ask(op.GetStatus())
            assert [(line.code, line.quantity) for line in now.owner] == [("000010", 3)]
            assert now.positions == [], "the books of the settings buy nothing meanwhile"
            await service.ask(op.CleanUp(codes=[]))
        async with brief_run(settings, ME) as service:
            assert (await service.ask(op.GetStatus())).owner == []
            with pytest.raises(CommandRefused, match="nothing to clean up"):
                await service.ask(op.CleanUp(codes=[]))


async def test_a_name_is_looked_for_in_what_the_exchange_lists(tmp_path: Path) -> None:
    async with (
        place(tmp_path, Bars(BARS), MONDAY) as where,
        brief_run(where.settings(), ME) as service,
    ):
        assert (await named(service, "ㅈㅁ000020")).code == "000020", "nobody holds it"
        with pytest.raises(CommandRefused, match="near it: 종목000020 000020"):
            await named(service, "종묵000020")


async def test_a_refusal_is_said_and_leaves_nothing_behind(tmp_path: Path) -> None:
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        settings = where.settings(targets(tmp_path, "code\n000040\n", **SLOW))
        with pytest.raises(CommandRefused, match="more than is held"):
            async with brief_run(settings, ME) as service:
                await service.ask(
                    op.PlaceOrder(book=OWNER, side=Side.SELL, code="000010", quantity=3)
                )
        async with brief_run(settings, ME) as service:
            assert (await service.ask(op.GetStatus())).order_count == 0
