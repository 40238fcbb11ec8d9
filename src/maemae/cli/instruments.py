"""`maemae instruments`: fetch the master files and search them."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from maemae.cli.reach import AsJson, Venue, print_json
from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.market.instruments import Instruments


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(no_args_is_help=True, help=_("Stocks and funds: fetch and search."))
    group.command("update", help=_("Fetch the master files of KOSPI, KOSDAQ and KONEX."))(_update)
    group.command("search", help=_("Search by code, name or initial consonants."))(_search)
    app.add_typer(group, name="instruments")


def _folder() -> Path:
    from maemae.trader.masters import masters_folder
    from maemae.trader.settings import load_settings

    return masters_folder(load_settings())


def _published(venue: str | None) -> "Instruments":
    """Return the instruments that were fetched; of a simulated venue those it publishes now.

    Where no venue is named, those that were fetched go first.

    Raises:
        DataError: there are none.
    """
    from maemae.clock import SystemClock
    from maemae.errors import DataError
    from maemae.market.masters import load_masters
    from maemae.trader.masters import masters_folder, todays_masters
    from maemae.trader.settings import load_settings

    settings = load_settings(venue=venue)
    if venue != "sim":
        try:
            return load_masters(masters_folder(settings))
        except DataError:
            if settings.venue != "sim":
                raise
    masters = asyncio.run(todays_masters(settings, SystemClock()))
    if masters.problem:
        raise DataError(masters.problem)
    return masters.instruments


def _update(
    url: str = typer.Option("", help=_("Where to fetch from; the broker's site when left out.")),
    folder: Path | None = typer.Option(None, help=_("Where the master files are kept.")),
) -> None:
    from maemae.market.kinds import Market
    from maemae.market.masters import DOWNLOAD_URL, fetch_masters, load_masters, save_masters

    kept = folder or _folder()
    files = asyncio.run(fetch_masters(url or DOWNLOAD_URL))
    save_masters(files, kept)
    for market in Market:
        if market not in files:
            typer.echo(_("{market}: not published there").format(market=market))
    count = len(load_masters(kept))
    typer.echo(_("{n} instruments in {folder}").format(n=f"{count:,}", folder=kept))


def _search(
    text: str = typer.Argument(help=_("A code, a name or its initials, e.g. ㅅㅅㅈㅈ.")),
    folder: Path | None = typer.Option(None, help=_("Where the master files are kept.")),
    limit: int = typer.Option(20, min=1, help=_("Show at most this many.")),
    venue: Venue = None,
    as_json: AsJson = False,
) -> None:
    from rich.console import Console

    from maemae.cli.tables import table_of
    from maemae.market.instruments import Instrument
    from maemae.market.masters import load_masters

    known = load_masters(folder) if folder is not None else _published(venue)
    found = known.search(text, limit)
    if as_json:
        print_json(found)
        return
    if not found:
        said = _("nothing matches {text}").format(text=text)
        near = ", ".join(f"{one.name} {one.code}" for one in known.near(text))
        typer.echo(f"{said} · " + _("near it: {listed}").format(listed=near) if near else said)
        raise typer.Exit(1)

    def notes(instrument: Instrument) -> str:
        marks = {
            _("halted"): instrument.halted,
            _("liquidation trading"): instrument.liquidation,
            _("administrative"): instrument.managed,
            _("overheated"): instrument.overheated,
            _("market warning"): instrument.warning > 0,
            _("preferred"): instrument.preferred,
            _("SPAC"): instrument.spac,
        }
        return ", ".join(word for word, holds in marks.items() if holds)

    heads = ["=" + _("Code"), _("Name"), "=" + _("Market"), "=" + _("Kind"),
             "#" + _("Base price"), "=" + _("Listed"), _("Sectors"), _("Notes")]  # fmt: skip
    rows = [
        (i.code, i.name, i.market, i.kind.upper(), f"{i.base_price:,}",
         f"{i.listed_on}" if i.listed_on else "", ", ".join(sorted(i.sectors)), notes(i))
        for i in found
    ]  # fmt: skip
    Console().print(table_of("", heads, rows))
