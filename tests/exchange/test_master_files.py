"""Master files over a real socket, fetched as a person fetches them."""

from datetime import date

from tests.exchange.conftest import LISTINGS, Serve, make_exchange

from maemae.exchange.sources import SyntheticSource
from maemae.market.calendar import krx
from maemae.market.kinds import Market
from maemae.market.masters import fetch_masters, read_masters
from maemae.market.sectors import NAMES, is_industry


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
        assert one.sectors == {*listed.sectors, *listed.industries}
    async with session.get(f"{url}/nasdaq_code.mst.zip") as reply:
        assert reply.status == 404


def test_made_up_companies_have_sectors() -> None:
    day = date(2024, 7, 2)
    listings = SyntheticSource(1, krx(), day).listings(day)
    with_sector = [one for one in listings if one.sectors]
    assert 100 < len(with_sector) < len(listings)
    assert {word for one in listings for word in one.sectors} <= set(NAMES)
    assert all(is_industry(code) for one in listings for code in one.industries)
