"""`maemae exchange`: run the simulated exchange."""

import asyncio
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from maemae.cli import options as opt
from maemae.cli.aside import Strict, said
from maemae.cli.switches import list_switches, switches
from maemae.errors import SettingsError
from maemae.i18n import _


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=_("Run the simulated exchange: KIS's protocol on loopback ports."))
    def exchange(
        bars: Annotated[
            Path | None,
            typer.Option(help=_("Daily bars (Parquet file or folder); without: a made-up market.")),
        ] = None,
        strict: Strict = False,
        minutes: Annotated[
            Path | None,
            typer.Option(help=_("Minute bars to replay (Parquet file or folder), beside --bars.")),
        ] = None,
        day: Annotated[
            str | None, typer.Option("--date", help=_("Trading day, such as 2022-06-02."))
        ] = None,
        recording: opt.Recording = None,
        care: opt.Care = None,
        time: Annotated[
            str | None,
            typer.Option(help=_("Time of day to start at, HH:MM."), show_default="08:30"),
        ] = None,
        speed: Annotated[str, typer.Option(help=_("Venue seconds per second, or `step`."))] = "1",
        paused: Annotated[
            bool, typer.Option("--paused", help=_("Stand still until told to resume."))
        ] = False,
        port: opt.Port = 9443,
        virtual_port: opt.VirtualPort = 29443,
        seed: Annotated[int, typer.Option(help=_("Chooses prices and keys."))] = 1,
        cash: Annotated[
            int, typer.Option(min=0, help=_("Cash of each account in won."))
        ] = 10_000_000,
        scenario: Annotated[
            Path | None, typer.Option(help=_("Accounts and condition searches (TOML)."))
        ] = None,
        tls: Annotated[
            Path | None,
            typer.Option(help=_("Speak TLS; folder of its certificate, made when missing.")),
        ] = None,
        config: opt.Config = None,
        assume_not: Annotated[
            list[str] | None,
            typer.Option(
                help=_("Let the broker break this assumption (repeatable); help: list them.")
            ),
        ] = None,
        announce: Annotated[
            bool,
            typer.Option(
                "--announce",
                help=_("Print the addresses as JSON; stop when standard input closes."),
            ),
        ] = False,
        describe: Annotated[
            bool,
            typer.Option(
                "--describe",
                help=_("Print what the market looks like, beside the real one and a fair game."),
            ),
        ] = False,
        days: Annotated[
            int, typer.Option(min=1, help=_("Days that --describe looks at, from --date on."))
        ] = 10,
    ) -> None:
        from maemae.bars.aside import Aside
        from maemae.bars.daily import read_daily
        from maemae.bars.minute_files import minute_sources, read_minutes
        from maemae.exchange.running import Options, run
        from maemae.exchange.simulation import TERMS
        from maemae.trader.settings import load_settings

        if "help" in (assume_not or []):
            list_switches()
            return
        settings = load_settings(config)
        costs = settings.costs
        played = None
        if recording is not None:
            if (bars, minutes, day) != (None, None, None) or describe:
                raise SettingsError(
                    _("--recording goes without --bars, --minutes, --date and --describe")
                )
            from maemae.recordings.shelf import find
            from maemae.trader.recorder import recordings_dir

            played = find(recordings_dir(settings), recording)
        if bars is not None and strict:
            read_daily(bars)  # All of it: what the exchange reads day by day must not surprise.
        if minutes is not None and strict:
            read_minutes(minute_sources(minutes))
        aside = None if strict else Aside()
        options = Options(
            bars=bars,
            aside=aside,
            minutes=minutes,
            day=_day(day, bars),
            start=_time(time),
            speed=opt.parse_speed(speed),
            paused=paused,
            ports=(port, virtual_port),
            seed=seed,
            cash=cash,
            scenario=scenario,
            announce=announce,
            terms={name: costs.over(rules) for name, rules in TERMS.items()},
            slippage=costs.slippage,
            tls=tls,
            recording=played,
            care=opt.care_named(care, recording),
            denied=switches(assume_not or []),
        )
        if describe:
            from maemae.cli.exchange_describe import show

            show(options, days)
            return
        path = bars or minutes
        asyncio.run(run(options, lambda: said(aside, path) if aside and path else []))


def _day(text: str | None, bars: Path | None) -> date | None:
    if text is None:
        if bars is not None:
            raise SettingsError(_("--date: say which day of the bars to replay"))
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = _("--date: {text} is not a date such as 2022-06-02")
        raise SettingsError(message.format(text=text)) from None


def _time(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        datetime.strptime(text, "%H:%M")  # noqa: DTZ007 - a time of day, no instant
    except ValueError:
        message = _("--time: {text} is not a time such as 08:30")
        raise SettingsError(message.format(text=text)) from None
    return text
