"""Carrying out a plan from the command line, or looking what it would do."""

from dataclasses import replace
from pathlib import Path

from rich.console import Console

from maemae.cli import plan_tables
from maemae.desk.desk import Desk
from maemae.desk.records import PlanSkipped
from maemae.desk.state import State
from maemae.errors import DataError
from maemae.i18n import _
from maemae.ledger.ledger import Ledger
from maemae.ledger.snapshots import known
from maemae.market.costs import CostRules
from maemae.notify.opening import FOLDER, open_messengers
from maemae.service.compose import serve_run
from maemae.service.feed import Feed
from maemae.service.words import plan_state
from maemae.trader.hands import KisHands
from maemae.trader.plans.check import objection
from maemae.trader.plans.execute import LoneBook, Watcher, alone, preview
from maemae.trader.run import open_run
from maemae.trader.settings import Settings, desk_rules
from maemae.trader.signals import obeying_signals
from maemae.trader.sources.directory import Directory
from maemae.trader.venue import data_dir, ledger_url, open_venue


async def carry_out(settings: Settings, book: LoneBook) -> bool:
    """Carry out a plan, and say what came of it; whether it was carried out."""
    lone, watcher, feed = alone(settings, book), Watcher(book.name), Feed()
    console = Console()
    async with (
        open_messengers(lone, data_dir(lone) / FOLDER) as messengers,
        open_run(lone, (watcher.observe, feed, *messengers.observers)) as run,
    ):
        no = objection(
            book.plan, run.trader.desk.state,
            venue=run.venue.name, account=run.venue.account, day=run.session.day,
            calendar=run.calendar, settings=book.settings,
        )  # fmt: skip
        if no is not None:
            _refused(console, book, no)
            return False
        watcher.attach(run.trader, run.session.open)
        async with (
            serve_run(run, feed, lone) as service,
            messengers.telling(service.acting, run.trader.desk.state),
        ):
            console.print(
                _("{file} is carried out at {at}").format(file=book.file.name, at=book.at),
                style="dim",
            )
            with obeying_signals(run.trader):
                await run.trade()
        outcome = watcher.outcome
        if outcome is None:
            console.print(_("Stopped before the plan was carried out; execute it again to go on."))
            return False
        if isinstance(outcome, PlanSkipped):
            _refused(console, book, outcome.reason)
            return False
        plan_tables.show_outcome(outcome.sent, outcome.skipped)
        return True


async def look(settings: Settings, book: LoneBook) -> None:
    """Show what a plan would come to now; nothing is sent, and nothing written anywhere."""
    lone = alone(settings, book)
    async with open_venue(lone) as venue:
        if not book.plan.is_for(venue.account) or book.plan.venue != venue.name:
            raise DataError(_("{file} is for another account or venue").format(file=book.file.name))
        clock = venue.clock
        state = _known(lone, venue.account, venue.costs)
        no = objection(
            book.plan, state,
            venue=venue.name, account=venue.account, day=clock.now().date(),
            calendar=state.calendar, settings=book.settings,
        )  # fmt: skip
        listed = {line.code: line.listed for line in (*book.plan.buys, *book.plan.sells)}
        hands = KisHands(venue.orders, venue.data, {}, clock, Directory(venue.data, listed))
        rules = replace(desk_rules(lone, venue.costs), confirm_first=False)
        desk = Desk(rules, state=state)
        found = await preview(book.plan, book.file, desk, hands.perform, clock.now)
    plan_tables.show_preview(found, no)


def _known(settings: Settings, account: str, costs: CostRules) -> State:
    """Return what the ledger adds up to; a dry run does not make one where there is none."""
    url = ledger_url(settings)
    if isinstance(url, Path) and not url.exists():
        return State(costs)
    with Ledger(url, account) as ledger:
        return known(ledger, costs).state


def _refused(console: Console, book: LoneBook, reason: str) -> None:
    why = plan_state(reason)
    said = _("{file} is not carried out: {why}").format(file=book.file.name, why=why)
    console.print(said, style="yellow", markup=False)
