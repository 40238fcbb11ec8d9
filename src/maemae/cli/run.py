"""`maemae run`: trade a session on a venue."""

import asyncio
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maemae.cli import options as opt
from maemae.cli import reach
from maemae.errors import SettingsError
from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.trader.settings import Settings
    from maemae.trader.watchdog import Watchdog


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=_("Trade one session on a venue."))(opt.with_condition(run))


def run(
    *,
    condition: dict[str, str | None],
    venue: reach.Venue = None,
    config: opt.Config = None,
    url: Annotated[str | None, typer.Option(help=_("Address of `maemae exchange`."))] = None,
    screen: opt.Screen = True,
    live: opt.OldScreen = None,
    report: opt.Report = None,
    log_dir: opt.LogDir = None,
    balance_seconds: opt.BalanceSeconds = None,
    forever: Annotated[
        bool,
        typer.Option("--forever", help=_("Session after session, by the calendar.")),
    ] = False,
    times: Annotated[
        tuple[str, str] | None,
        typer.Option(help=_("Times of day at which plans are prepared and carried out.")),
    ] = None,
    until: Annotated[
        str | None, typer.Option(help=_("With --forever: the last day to trade."))
    ] = None,
    qty: Annotated[
        int | None,
        typer.Option(min=1, help=_("With --forever: shares of each buy of the plans.")),
    ] = None,
    universe_limit: Annotated[
        int | None,
        typer.Option(min=0, help=_("With --forever: instruments that plans look at; 0: all.")),
    ] = None,
    real_money: Annotated[
        bool,
        typer.Option("--real-money", help=_("Second consent to trade with real money.")),
    ] = False,
    watchdog: Annotated[
        int | None,
        typer.Option(
            help=_("End, to be restarted, when nothing turns for so many seconds; 30 or more.")
        ),
    ] = None,
) -> None:
    """Trade one session, or one after the other."""
    import os

    from maemae.cli.forever import over_plans
    from maemae.cli.session import show_session
    from maemae.cli.unwatched import tell_unwatched
    from maemae.service.venue_words import venue_word
    from maemae.trader.settings import load_settings
    from maemae.trader.watchdog import demand_patience, open_watchdog

    demand_patience(watchdog)
    settings = load_settings(
        config,
        venue=venue,
        log_dir=log_dir,
        sim={"url": url},
        condition=condition,
        balance_seconds=balance_seconds,
    )
    if settings.venue == "live":
        from maemae.cli.consent import demand_consent

        demand_consent(settings, flag=real_money)
    if not forever and (times, until, qty, universe_limit) != (None, None, None, None):
        raise SettingsError(_("--times, --until, --qty and --universe-limit belong to --forever"))
    with open_watchdog(os.environ, settings.log_dir, watchdog, settings.keep) as watching:
        watching.ready("starting")
        if forever:
            last = opt.parse_day(until, "--until")
            planned = over_plans(settings, _times(times), qty, universe_limit)
            differ = _forever(planned, last, report, watching)
        else:
            title = f"maemae · {venue_word(settings.venue)}"
            day = show_session(
                settings,
                title=title,
                screen=screen if live is None else live,
                report_file=report,
                watchdog=watching,
                farewell=lambda console, now: tell_unwatched(console, now, settings.venue),
            )
            differ = bool(asyncio.run(day).differences)
    if differ:
        raise typer.Exit(1)


def _forever(
    settings: "Settings", until: date | None, reports: Path | None, watchdog: "Watchdog"
) -> bool:
    """Trade session after session; return whether books differed."""
    from maemae.cli.forever import Forever

    trader = Forever(settings, until, reports, watchdog)
    asyncio.run(trader.run())
    return trader.differed


def _times(given: tuple[str, str] | None) -> tuple[time, time] | None:
    """Read `--times`.

    Raises:
        SettingsError: they are no times of day.
    """
    if given is None:
        return None
    try:
        return time.fromisoformat(given[0]), time.fromisoformat(given[1])
    except ValueError:
        message = _("--times: {given} are no two times such as 15:40 09:01")
        raise SettingsError(message.format(given=" ".join(given))) from None
