"""The master files (종목마스터) of a simulated day, published as KIS publishes its own."""

from collections.abc import Sequence

from maemae.exchange.listing import Listing
from maemae.market.instruments import Instrument
from maemae.market.kinds import Market
from maemae.market.masters import encode_master, file_name, zip_master

PATH = "/common/master"
"""Where the files lie on the server."""


def master_file(listings: Sequence[Listing], name: str) -> bytes | None:
    """Return a zipped master file by its published name (`kospi_code.mst.zip`).

    None where there is no such file: an unknown name, or a market in which nothing is listed.
    """
    market = next((one for one in Market if name == f"{file_name(one)}.zip"), None)
    listed = [_instrument(one) for one in listings if one.market is market]
    if market is None or not listed:
        return None
    return zip_master(encode_master(listed, market), market)


def _instrument(listing: Listing) -> Instrument:
    return Instrument(
        code=listing.code,
        name=listing.name,
        market=listing.market,
        kind=listing.kind,
        base_price=listing.base,
        shares=listing.shares,
        market_cap=listing.shares * listing.base,
        halted=listing.halted,
        krx_sectors=listing.sectors,
        industries=listing.industries,
    )
