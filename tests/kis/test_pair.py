from pathlib import Path

import pytest
from tests.kis.broker import CREDENTIALS, OK, Broker, FakeClock

from maemae.errors import KisUnsupported
from maemae.kis import Clients, Credentials, KisClient

LIVE = Credentials("live-key", "live-secret", "87654321-01", "owner")


async def test_data_that_paper_lacks_comes_from_the_live_server_and_orders_never_go_there(
    clock: FakeClock, tmp_path: Path
) -> None:
    titles = OK | {"output2": [{"seq": "0", "grp_nm": "", "condition_nm": "급등"}]}
    async with (
        Broker() as virtual,
        Broker() as real,
        KisClient(virtual.server("virtual"), CREDENTIALS, clock=clock, state_dir=tmp_path) as paper,
        KisClient(real.server(), LIVE, clock=clock, state_dir=tmp_path) as live,
    ):
        real.answer("psearch-title", titles)
        clients = Clients(paper, live)
        found = await clients.call("domestic_stock.psearch_title")
        assert found.last("output2")["condition_nm"] == "급등"
        assert real.calls("psearch-title")[0].params["user_id"] == "owner"
        assert virtual.asked == []
        await clients.call(
            "domestic_stock.inquire_price",
            {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "005930"},
        )
        assert len(virtual.calls("inquire-price")) == 1
        for about_the_account in ("inquire_psbl_sell", "inquire_period_profit", "order_credit"):
            with pytest.raises(KisUnsupported, match="account"):
                clients.for_endpoint(f"domestic_stock.{about_the_account}")
        assert clients.for_endpoint("domestic_stock.order_cash") is paper
        assert (real.tokens_issued, virtual.tokens_issued) == (1, 1)


async def test_with_a_paper_key_alone_it_says_what_is_missing_and_what_works(
    broker: Broker, clock: FakeClock, tmp_path: Path
) -> None:
    async with KisClient(
        broker.server("virtual"), CREDENTIALS, clock=clock, state_dir=tmp_path
    ) as paper:
        with pytest.raises(KisUnsupported) as caught:
            await Clients(paper).call("domestic_stock.volume_rank")
    assert caught.value.advice
    assert broker.asked == []
