"""`maemae bars download`: daily and minute charts from the broker into the store."""

import asyncio
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from maemae.cli import options as opt
from maemae.errors import DataError
from maemae.i18n import _

if TYPE_CHECKING:
    from rich.progress import Progress

    from maemae.bars.download import Outcome
    from maemae.bars.store import BarStore
    from maemae.market.instruments import Instrument, Instruments
    from maemae.trader.settings import Settings

_SHOWN = 10
_DAILY_DAYS, _MINUTE_DAYS = 365, 1


def download(
    codes: list[str] = typer.Argument(None, help=_("Codes; every stock and fund when left out.")),
    first: str | None = typer.Option(None, help=_("First day, as YYYY-MM-DD.")),
    last: str | None = typer.Option(None, help=_("Last day, as YYYY-MM-DD.")),
    minutes: bool = typer.Option(False, "--minutes", help=_("Minute bars instead of daily ones.")),
    saved: Path | None = typer.Option(None, "--codes", help=_("A saved list of codes (CSV).")),
    again: bool = typer.Option(False, "--again", help=_("Ask for stored days too; replace them.")),
    venue: str | None = typer.Option(None, help=_("sim, dry, paper or live.")),
    url: str | None = typer.Option(None, help=_("Address of `maemae exchange`.")),
    config: opt.Config = None,
    root: Path | None = typer.Option(None, help=_("The folder of the store.")),
) -> None:
    """Read the options, download, and say what came."""
    from maemae.bars.store import BarStore, default_root
    from maemae.bars.universe import read_codes
    from maemae.trader.settings import load_settings

    settings = load_settings(config, venue=venue, sim={"url": url})
    wanted = [*(codes or ()), *(read_codes(saved) if saved else ())]
    store = BarStore(root or settings.bars.folder or default_root())
    days = opt.parse_day(first, "--first"), opt.parse_day(last, "--last")
    outcome = asyncio.run(_download(settings, wanted, store, days, minutes=minutes, again=again))
    _show(outcome, store)
    if outcome.failed or not outcome.report.clean:
        raise typer.Exit(1)


async def _download(
    settings: "Settings",
    codes: list[str],
    store: "BarStore",
    days: tuple[date | None, date | None],
    *,
    minutes: bool,
    again: bool,
) -> "Outcome":
    from maemae.bars.download import download_daily, download_minutes
    from maemae.trader.history import daily_fetch, last_settled, minute_fetch
    from maemae.trader.masters import todays_masters
    from maemae.trader.run import venue_calendar
    from maemae.trader.venue import open_venue

    async with open_venue(settings) as venue:
        masters = await todays_masters(settings, venue.clock)
        wanted = _chosen(masters.instruments, codes, masters.problem)
        now = venue.clock.now()
        calendar = (await venue_calendar(venue, now.date(), store.calendar())).calendar
        store.learn(calendar)
        settled = last_settled(now, calendar)
        last = min(days[1] or settled, settled)
        back = _MINUTE_DAYS - 1 if minutes else _DAILY_DAYS
        first = days[0] or last - timedelta(days=back)
        if first > last:
            raise DataError(
                _("{first} to {last}: no bars are final there yet").format(first=first, last=last)
            )
        history = venue.data.history
        fetch = minute_fetch(history, calendar) if minutes else daily_fetch(history)
        with _bar() as bar:
            task = bar.add_task(_("Downloading"), total=None)

            def progress(instrument: "Instrument", done: int, total: int) -> None:
                name = f"{instrument.code} {instrument.name}"
                bar.update(task, completed=done, total=total, description=name)

            run = download_minutes if minutes else download_daily
            return await run(
                fetch, wanted, store, first, last,
                now=venue.clock.now, progress=progress, source=f"KIS {venue.name}", again=again,
                calendar=calendar,
            )  # fmt: skip


def _bar() -> "Progress":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(_("left")),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def _chosen(known: "Instruments", codes: list[str], problem: str) -> list["Instrument"]:
    """Return the instruments to ask for; a code must be known, for its market is stored too."""
    if not len(known):
        raise DataError(
            _("no master files: fetch them with `maemae instruments update` ({reason})").format(
                reason=problem
            )
        )
    unknown = [code for code in codes if code.upper() not in known]
    if unknown:
        raise DataError(_("unknown codes: {codes}").format(codes=", ".join(unknown)))
    return [known[code.upper()] for code in codes] if codes else list(known)


def _show(outcome: "Outcome", store: "BarStore") -> None:
    report = outcome.report
    typer.echo(
        _("{rows} bars from {done} answers; {current} were up to date; in {folder}").format(
            rows=f"{report.kept:,}", done=f"{outcome.done:,}", current=f"{outcome.up_to_date:,}",
            folder=store.root,
        )
    )  # fmt: skip
    for problem, count in report.quarantined.most_common():
        typer.echo(_("set aside {n}: {problem}").format(n=f"{count:,}", problem=_(problem)))
    for code, reason in list(outcome.failed.items())[:_SHOWN]:
        typer.echo(_("not had: {code}: {reason}").format(code=code, reason=reason))
    if len(outcome.failed) > _SHOWN:
        typer.echo(_("and {n} more").format(n=len(outcome.failed) - _SHOWN))
