"""Master files over a real socket, fetched as a person fetches them."""

from tests.exchange.conftest import LISTINGS, Serve, make_exchange

from maemae.market.kinds import Market
from maemae.market.masters import fetch_masters, read_masters


async def test_the_exchange_publishes_what_it_lists(serve: Serve) -> None:
    server, session = await serve(make_exchange())
    url = f"{server.urls['real']}/common/master"
    files = await fetch_masters(url)
    assert list(files) == [Market.KOSPI, Market.KOSDAQ]
    found = read_masters(files, source=url)
    assert len(found) == len(LISTINGS)
    for listed in LISTINGS:
        one = found[listed.code]
        assert (one.name, one.market, one.kind) == (listed.name, listed.market, listed.kind)
        assert (one.base_price, one.halted) == (listed.base, listed.halted)
    async with session.get(f"{url}/nasdaq_code.mst.zip") as reply:
        assert reply.status == 404
