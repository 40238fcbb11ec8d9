"""`maemae demo`: a whole trading session on the simulated exchange, without keys or questions."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import date as day_type
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from maemae.cli import options as opt
from maemae.cli.aside import Strict
from maemae.cli.children import announcing, show_in_browser
from maemae.cli.demo_books import promises, with_books
from maemae.cli.preparing import Preparing, preparing
from maemae.errors import ExchangeError, ServiceError, SettingsError
from maemae.i18n import _, language
from maemae.zones import KST

OPEN = "08:59"
"""Time of day at which the demonstration begins: a minute before the open."""

NewLink = Callable[[], str]
"""Makes a link to the page, which opens it once and within minutes."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    help_text = _("Trade a whole session on the simulated exchange; no keys needed.")
    app.command(help=help_text)(opt.with_condition(demo))


def demo(
    *,
    condition: dict[str, str | None],
    bars: Annotated[
        Path | None, typer.Option(help=_("Daily bars to trade on (default: a synthetic market)."))
    ] = None,
    date: Annotated[str | None, typer.Option(help=_("Trading day, as YYYY-MM-DD."))] = None,
    time: Annotated[str | None, typer.Option(help=_("Time of day to start at, HH:MM."))] = None,
    recording: opt.Recording = None,
    care: opt.Care = None,
    speed: Annotated[
        str, typer.Option(help=_("Venue seconds per second, or 'step' for stepped time."))
    ] = "400",
    strict: Strict = False,
    seed: Annotated[int | None, typer.Option(help=_("Seed of the day's prices."))] = None,
    cash: Annotated[int | None, typer.Option(help=_("Won on the account."))] = None,
    config: opt.Config = None,
    paper: Annotated[
        bool,
        typer.Option("--paper", help=_("Orders to the virtual server, data from the real one.")),
    ] = False,
    screen: opt.Screen = True,
    live: opt.OldScreen = None,
    page: Annotated[
        bool, typer.Option("--page/--no-page", help=_("Serve the web page beside it."))
    ] = False,
    report: opt.Report = None,
    log_dir: opt.LogDir = None,
    balance_seconds: opt.BalanceSeconds = None,
) -> None:
    """Trade a whole session on the simulated exchange."""
    if recording is not None and (bars, date) != (None, None):
        raise SettingsError(_("--recording goes without --bars and --date: it says its own day"))
    usual = opt.care_named(care, recording)
    wanted = {
        "--bars": bars, "--date": date, "--recording": recording,
        "--care": usual if recording is not None else None,
        "--time": time or (OPEN if recording is None else None), "--speed": speed, "--seed": seed,
        "--cash": cash, "--strict": strict, "--config": config,
        # The trader lets it run, so that the day does not pass while both still start.
        "--paused": opt.parse_speed(speed) is not None,
    }  # fmt: skip
    flags = {
        "condition": condition,
        "balance_seconds": balance_seconds,
        "log_dir": log_dir,
        "sim": {"orders": "virtual" if paper else None},
    }
    day = opt.parse_day(date, "--date") or _recorded_day(recording, config)
    drawn = screen if live is None else live
    equal = asyncio.run(_demo(config, day, wanted, flags, screen=drawn, page=page, report=report))
    if not equal:
        raise typer.Exit(1)


def _recorded_day(recording: str | None, config: Path | None) -> day_type:
    """Return the day of a recording; without one today."""
    if recording is None:
        return datetime.now(KST).date()
    from maemae.recordings.shelf import find, look
    from maemae.trader.recorder import recordings_dir
    from maemae.trader.settings import load_settings

    return look(find(recordings_dir(load_settings(config)), recording)).day


async def _demo(
    config: Path | None,
    day: day_type,
    exchange: dict[str, Any],
    flags: dict[str, Any],
    *,
    screen: bool,
    page: bool,
    report: Path | None,
) -> bool:
    with tempfile.TemporaryDirectory(prefix="maemae-demo-") as folder:
        async with AsyncExitStack() as stack:
            with preparing(drawn=sys.stdout.isatty()) as parts:
                with parts.part(_("the rules of the books")):
                    # What is wrong with the settings is said before anything runs.
                    flags, told = await asyncio.to_thread(_ruled, config, flags, day)
                for line in told:
                    parts.say(line)
                new_link, addresses = await _beside(stack, parts, exchange, page=page)
            if new_link is not None:
                typer.echo(_("Watch it at {link}").format(link=new_link()))
                if sys.stdout.isatty():
                    show_in_browser(new_link())
            from maemae.cli.session import show_session
            from maemae.trader.settings import load_settings

            flags["sim"] |= {"url": addresses.real, "virtual_url": addresses.virtual}
            settings = load_settings(config, venue="sim", data_dir=folder, ledger=None, **flags)
            done = await show_session(
                settings,
                title=_("maemae demo"),
                screen=screen,
                report_file=report,
                after=lambda: _until_interrupted(new_link),
            )
            return not done.differences


def _ruled(
    config: Path | None, flags: dict[str, Any], day: day_type
) -> tuple[dict[str, Any], list[str]]:
    """Return the flags with the books of the demonstration, and what there is to expect of them."""
    from maemae.service.running import demo_pass_file
    from maemae.trader.settings import load_settings

    flags = flags | {"api": {"file": demo_pass_file()}}
    flags = with_books(load_settings(config, **flags), flags)
    return flags, promises(load_settings(config, **flags), day)


async def _beside(
    stack: AsyncExitStack, parts: Preparing, exchange: dict[str, Any], *, page: bool
) -> "tuple[NewLink | None, Addresses]":
    """Start all that runs beside the trader, at once, and load the trader meanwhile.

    Raises:
        ExchangeError: it did not start; carries its own words.
    """

    async def paged() -> "NewLink | None":
        if not page:
            return None
        with parts.part(_("the web page")):
            return await stack.enter_async_context(_page_beside(parts))

    async def traded() -> "Addresses":
        with parts.part(_("the simulated exchange and its market")):
            return await stack.enter_async_context(running_exchange(exchange))

    async def loaded() -> None:
        with parts.part(_("the trader")):
            await asyncio.to_thread(import_module, "maemae.cli.session")

    try:
        async with asyncio.TaskGroup() as group:
            link, addresses = group.create_task(paged()), group.create_task(traded())
            group.create_task(loaded())
    except ExceptionGroup as failed:  # The others were ended with it.
        raise failed.exceptions[0] from None
    return link.result(), addresses.result()


@dataclass(frozen=True)
class Addresses:
    """Where the two servers of an exchange listen."""

    real: str
    virtual: str


@asynccontextmanager
async def running_exchange(flags: dict[str, Any]) -> AsyncIterator[Addresses]:
    """Run an exchange in a process of its own, which ends with this one.

    Raises:
        ExchangeError: it did not start; carries its own words.
    """
    given = [
        str(part)
        for name, value in flags.items()
        if value is not None and value is not False
        for part in ((name,) if value is True else (name, value))
    ]
    ports = ("--port", "0", "--virtual-port", "0")
    environment = {"MAEMAE_LANGUAGE": language()}
    async with announcing(
        "exchange", *ports, *given, failure=ExchangeError, environment=environment
    ) as announced:
        if announced["notes"]:
            typer.echo(announced["notes"], err=True)
        yield Addresses(announced["real"], announced["virtual"])


@asynccontextmanager
async def _page_beside(parts: Preparing) -> AsyncIterator[NewLink | None]:
    """Serve the web page from a process of its own; yield what makes links to it, or None."""
    from maemae.dashboard.entrance import Entrance

    async with AsyncExitStack() as stack:
        new_link: NewLink | None = None
        environment = {"MAEMAE_LANGUAGE": language(), "MAEMAE_VENUE": "sim"}
        try:
            page = announcing(
                *("dashboard", "--no-open", "--port", "0"),
                failure=ServiceError,
                environment=environment,
            )
            new_link = Entrance(**await stack.enter_async_context(page)).link
        except ServiceError as error:  # The day is traded without it.
            parts.say(_("No web page: {why}").format(why=error), err=True)
        yield new_link


async def _until_interrupted(new_link: NewLink | None) -> None:
    """Let the page stay open after the day, where there is a person to close it."""
    if new_link is None or not (sys.stdout.isatty() and sys.stdin.isatty()):
        return
    typer.echo(_("The page stays open at {link}; Ctrl-C ends it.").format(link=new_link()))
    closed, loop = asyncio.Event(), asyncio.get_running_loop()
    with suppress(NotImplementedError):  # Windows has no such handlers; Ctrl-C raises there.
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, closed.set)
    await closed.wait()
