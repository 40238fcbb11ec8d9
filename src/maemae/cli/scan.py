"""`maemae scan`: what a condition search (조건검색) finds now.

Asked through the running trader, or of the broker directly. Exit status 1: no such search is saved.
"""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from maemae.cli import reach
from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.service.market_view import Scan
    from maemae.trader.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=_("Show what a condition search finds now."))(scan)


def scan(
    condition: Annotated[
        str | None,
        typer.Argument(help=_("Its number or name; that of the only condition book without it.")),
    ] = None,
    *,
    venue: reach.Venue = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Show what a condition search finds now."""
    from maemae.service.operations import RunScan

    settings = reach.settings_for(config, venue)
    wanted = condition if condition is not None else _only(settings)
    if reach.trader_runs(settings):
        found = reach.reach(settings, RunScan(condition=wanted))
    else:
        found = asyncio.run(directly(settings, wanted))
    if as_json:
        reach.print_json(found)
        return
    from maemae.cli import answers

    answers.show_scan(found)


def _only(settings: "Settings") -> str:
    from maemae.errors import SettingsError
    from maemae.trader.books.condition import ConditionBook

    found = {book.condition for book in settings.book if isinstance(book, ConditionBook)}
    if len(found) != 1:
        raise SettingsError(
            _("say which condition search: the settings have {n}").format(n=len(found))
        )
    return str(found.pop())


async def directly(settings: "Settings", condition: str) -> "Scan":
    """Ask the broker without a trader."""
    from maemae.market.instruments import Instruments
    from maemae.service.market_view import KisMarketView
    from maemae.trader.venue import open_venue

    async with open_venue(settings) as venue:
        return await KisMarketView(venue.data, venue.clock, Instruments(())).scan(condition)
