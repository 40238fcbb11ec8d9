"""`maemae run`: trade a session on a venue."""

import asyncio
from typing import Annotated

import typer

from maemae.cli import options as opt
from maemae.i18n import _


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=_("Trade one session on a venue."))(opt.with_condition(run))


def run(
    *,
    condition: dict[str, str | None],
    venue: Annotated[str | None, typer.Option(help=_("sim, paper or live."))] = None,
    config: opt.Config = None,
    url: Annotated[str | None, typer.Option(help=_("Address of `maemae exchange`."))] = None,
    live: opt.Live = True,
    report: opt.Report = None,
    log_dir: opt.LogDir = None,
    balance_seconds: opt.BalanceSeconds = None,
    real_money: Annotated[
        bool,
        typer.Option("--real-money", help=_("Second consent to trade with real money.")),
    ] = False,
) -> None:
    """Trade one session."""
    from maemae.cli.session import show_session
    from maemae.trader.settings import load_settings

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
    done = asyncio.run(
        show_session(settings, title=f"maemae · {settings.venue}", live=live, report_file=report)
    )
    if done.differences:
        raise typer.Exit(1)
