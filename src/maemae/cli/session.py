"""A session on the screen: live view while it runs, the day's report when it ends."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import IO, cast

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from maemae import private
from maemae.cli import words
from maemae.cli.ledger_lost import LostLedger
from maemae.cli.terminal import Patient
from maemae.cli.view import View
from maemae.errors import LedgerAway, SettingsError
from maemae.i18n import _
from maemae.notify.opening import FOLDER, Messengers, open_messengers
from maemae.service import glance
from maemae.service.compose import serve_run
from maemae.service.feed import Feed
from maemae.service.status import Status, status
from maemae.trader.run import Report, Run, open_run
from maemae.trader.settings import Settings
from maemae.trader.signals import Ending, obeying_signals
from maemae.trader.trader import Observer
from maemae.trader.venue import data_dir
from maemae.trader.watchdog import UNWATCHED, Watchdog

FRAMES_PER_SECOND = 8


async def show_session(
    settings: Settings,
    *,
    title: str,
    screen: bool,
    report_file: Path | None,
    watchdog: Watchdog = UNWATCHED,
    after: Callable[[], Awaitable[None]] | None = None,
    farewell: Callable[[Console, Status], None] = lambda *_: None,
) -> Report:
    """Trade a session; show it while it runs and tell how it went.

    Args:
        settings: of the trader.
        title: of the live view.
        screen: whether there is one, where there is a terminal.
        report_file: where the day's books are written as JSON.
        watchdog: is told that the trader turns.
        after: what is waited for when the day is told, while the service still answers.
        farewell: says what there is to say when nobody trades any more, however it ended.

    Raises:
        SettingsError: the report cannot be written where it was wanted.
    """
    if report_file is not None:
        _check_writable(report_file)
    console = Console()
    view = View(title)
    drawn = screen and console.is_terminal
    if console.is_terminal and not drawn:  # Where nobody would see that anything happens.
        said = _("{title}: {log} tells what happens; Ctrl-C ends it.")
        log = settings.log_dir / "maemae.log"
        console.print(said.format(title=title, log=log), markup=False)
    lost = LostLedger()

    async def session(messengers: Messengers) -> Report | LedgerAway:
        feed = Feed()
        observers: tuple[Observer, ...] = (view.observe, feed, *messengers.observers)
        async with (
            open_run(settings, observers, watchdog=watchdog) as run,
            serve_run(run, feed, settings) as service,
            messengers.telling(service.acting, run.trader.desk.state),
        ):
            view.attach(run.trader.desk)
            lost.hand_over(run)
            try:
                with obeying_signals(run.trader):
                    await (_trade_live(run, view) if drawn else run.trade())
            except LedgerAway as error:
                lost.keep(run.trader)
                return error
            except BaseException:
                farewell(console, status(run.trader.desk, run.venue.clock.now()))
                raise
            ending.begins()
            report, now = await run.report(), status(run.trader.desk, run.venue.clock.now())
            if report_file is not None:
                write_report(report_file, report)
            show_report(console, now, report)
            farewell(console, now)
            if after is not None:
                await after()
                ending.begins()
        return report

    def still() -> None:
        said = _("trading is over; books and messages are put away. Ctrl-C again ends it at once")
        console.print(said, markup=False, highlight=False)

    with Ending(still) as ending:
        async with (
            watchdog.attending(),
            open_messengers(settings, data_dir(settings) / FOLDER) as messengers,
        ):
            while isinstance(came := await session(messengers), LedgerAway):
                await lost.wait(settings, messengers, watchdog, came, asyncio.Event())
    return came


async def _trade_live(run: Run, view: View) -> None:
    with (
        closing(Patient(sys.stdout)) as terminal,
        Live(
            view, console=Console(file=cast("IO[str]", terminal)), screen=True, auto_refresh=False
        ) as screen,
    ):

        async def refresh() -> None:
            while True:
                screen.refresh()
                await asyncio.sleep(1 / FRAMES_PER_SECOND)

        painter = asyncio.create_task(refresh())
        try:
            await run.trade()
        finally:
            painter.cancel()


def show_report(console: Console, now: Status, report: Report) -> None:
    """Print the day's report."""
    table = Table(
        title=_("Day report") + f" {report.day:%Y-%m-%d}", title_justify="left", show_header=False
    )
    table.add_column(style="dim")
    table.add_column(justify="right")
    table.add_row(_("total assets"), words.won(now.assets))
    table.add_row(_("cash (D+2)"), words.won(now.cash))
    table.add_row(_("result of the day"), words.coloured(glance.result(now), now.day_result))
    for name, won in zip(glance.part_names(), glance.parts(now), strict=True):
        table.add_row(f"  {name}", words.signed_won(won))
    table.add_row(_("fees"), words.won(now.fees))
    table.add_row(_("taxes"), words.won(now.taxes))
    table.add_row(_("orders"), f"{len(report.ledger['orders']):,}")
    table.add_row(_("fills"), f"{len(report.ledger['fills']):,}")
    table.add_row(_("positions closed with a profit / a loss"), f"{now.wins} / {now.losses}")
    table.add_row(_("names held overnight"), f"{len(now.positions)}")
    console.print(table)
    if report.venue is None:
        return
    if report.differences:
        console.print(Text(_("The exchange's books and the ledger differ:"), "bold red"))
        for difference in report.differences:
            console.print(f"  {difference}")
    else:
        console.print(
            Text(_("The exchange's books and the ledger agree to the won and the share."), "green")
        )


def write_report(file: Path, report: Report) -> None:
    """Write a day's books as JSON."""
    text = json.dumps(report.as_json(), ensure_ascii=False, indent=1)
    private.write_text(file, text + "\n")


def _check_writable(file: Path) -> None:
    if not file.parent.is_dir():
        raise SettingsError(
            _("the report cannot be written: there is no folder {parent}").format(
                parent=file.parent
            )
        )
