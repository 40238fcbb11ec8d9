"""The broker's clients for whoever only asks: one venue, with or without a live key."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from maemae.clock import SystemClock
from maemae.kis import Clients
from maemae.trader.keys import has_keys
from maemae.trader.settings import Settings
from maemae.trader.venue import make_client, market_client, open_venue


@asynccontextmanager
async def open_clients(settings: Settings) -> AsyncIterator[Clients]:
    """Open the clients of the settings' venue.

    Trading on paper needs a live key too; asking what the virtual server offers does not.

    Raises:
        SettingsError: keys or accounts are missing.
        ExchangeError: no simulated exchange answers.
    """
    if settings.venue == "paper" and not has_keys("live", settings.live):
        async with make_client(settings, "paper", SystemClock()) as orders:
            yield Clients(orders)
        return
    if settings.venue == "dry":  # The account is the running trader's; whoever asks only reads.
        async with market_client(settings, SystemClock()) as data:
            yield Clients(data, data)
        return
    async with open_venue(settings) as venue:
        yield Clients(venue.orders, venue.data)
