"""A trader for a moment: carries out a person's command while no other trader runs.

It trades no book of the settings. What it finds on the account is guarded as ever: a position
whose exit is due is sold.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from maemae.desk.orders import OrderState
from maemae.desk.state import State
from maemae.errors import ServiceError
from maemae.i18n import _
from maemae.service.compose import local_service
from maemae.service.feed import Feed
from maemae.service.local import LocalService
from maemae.service.service import Caller
from maemae.trader.run import Run, open_run
from maemae.trader.settings import Settings

SECONDS = 60.0
"""Real seconds that it waits for the broker's books, and for its orders to be dealt with."""


@asynccontextmanager
async def brief_run(settings: Settings, caller: Caller) -> AsyncIterator[LocalService]:
    """Trade as long as the block takes, and until its orders rest or are filled.

    Raises:
        SettingsError: today is no trading day, another trader runs, keys do not do.
        ServiceError: the broker's books could not be held against the ledger in time.
    """
    feed = Feed()
    # A person may order for a session after the close.
    lone = settings.model_copy(update={"book": (), "extended_hours": True})
    async with open_run(lone, (feed,)) as run:
        trading = asyncio.create_task(run.trade())
        try:
            if not await _until(run, feed, trading, lambda: run.trader.desk.agreed):
                raise ServiceError(
                    _("the broker's books do not agree with the ledger yet: nothing was done")
                )
            yield local_service(run, feed, lone).acting(caller)
            await _until(run, feed, trading, lambda: _dealt_with(run.trader.desk.state))
        finally:
            run.trader.stop()
            await trading


async def _until(
    run: Run, feed: Feed, trading: asyncio.Task[None], holds: Callable[[], bool]
) -> bool:
    """Wait until something holds; return whether it does.

    Raises:
        MaemaeError: the trader has failed.
    """
    try:
        with feed.bell() as bell:
            async with asyncio.timeout(SECONDS):
                while not holds() and not run.trader.desk.finished and not trading.done():
                    bell.clear()
                    ringing = asyncio.create_task(bell.wait())
                    await asyncio.wait({ringing, trading}, return_when=asyncio.FIRST_COMPLETED)
                    ringing.cancel()
    except TimeoutError:
        return False
    if trading.done():
        await trading
    return holds()


def _dealt_with(state: State) -> bool:
    """Whether no order is on its way, and none at the market is still to be filled."""
    if state.flattening and state.portfolio.positions:
        return False
    moving = (OrderState.INTENDED, OrderState.UNKNOWN)
    return not any(
        order.state in moving or order.at_market or order.cancelling or order.amending
        for order in state.blotter.live()
    )
