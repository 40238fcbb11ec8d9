"""`maemae status`, `positions`, `orders`, `fills`, `pnl`: questions to the running trader.

Without one they are answered by the ledger, which knows no prices of the moment.
"""

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from maemae.cli import reach
from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.service.operations import Operation
    from maemae.service.remote import RemoteService
    from maemae.service.status import Status
    from maemae.trader.settings import Settings

T = TypeVar("T")

Day = Annotated[str | None, typer.Option("--day", help=_("Trading day, as YYYY-MM-DD."))]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(help=_("Show cash, profit, halts and positions of the running trader."))(status)
    app.command(help=_("Show the positions of the running trader."))(positions)
    app.command(help=_("Show the orders of a day."))(orders)
    app.command(help=_("Show the executions of a day."))(fills)
    app.command(help=_("Show the realised profit of a day, a month or a span."))(pnl)


def status(
    *,
    venue: reach.Venue = None,
    account: reach.Account = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Show the state at a glance."""
    settings = reach.settings_for(config, venue, account)
    if as_json:
        reach.print_json(_now(settings))
        return
    from maemae.cli import answers
    from maemae.service import operations as op

    if not reach.trader_runs(settings):
        now = _now(settings)
        answers.say_nobody_trades()
        from maemae.service.venue_words import venue_word

        answers.show_money(
            now, f"{venue_word(settings.venue)} · " + _("no trader runs"), runs=False
        )
        return

    async def both(service: "RemoteService") -> Any:
        return await service.ask(op.GetStatus()), await service.ask(op.GetHealth())

    now, health = reach.talk(settings, both)
    answers.show_status(now, health)


def positions(
    *,
    venue: reach.Venue = None,
    account: reach.Account = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Show the positions."""
    settings = reach.settings_for(config, venue, account)
    now = _now(settings)
    if as_json:
        reach.print_json({"positions": now.positions, "owner": now.owner})
        return
    from maemae.cli import answers

    _tell_whether_one_runs(settings)
    answers.show_positions(now)


def orders(
    *,
    day: Day = None,
    venue: reach.Venue = None,
    account: reach.Account = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Show the orders of a day."""
    from maemae.cli import answers
    from maemae.service.operations import GetOrders

    settings = reach.settings_for(config, venue, account)
    lines = _either(settings, GetOrders(day=_date(day, "--day")))
    if as_json:
        reach.print_json(lines)
        return
    _tell_whether_one_runs(settings)
    answers.show_orders(lines)


def fills(
    *,
    day: Day = None,
    venue: reach.Venue = None,
    account: reach.Account = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Show the executions of a day."""
    from maemae.cli import answers
    from maemae.service.operations import GetFills

    settings = reach.settings_for(config, venue, account)
    lines = _either(settings, GetFills(day=_date(day, "--day")))
    if as_json:
        reach.print_json(lines)
        return
    _tell_whether_one_runs(settings)
    answers.show_fills(lines)


def pnl(
    *,
    day: Day = None,
    month: Annotated[str | None, typer.Option("--month", help=_("A month, as YYYY-MM."))] = None,
    first: Annotated[str | None, typer.Option("--from", help=_("First day of a span."))] = None,
    last: Annotated[str | None, typer.Option("--to", help=_("Last day of a span."))] = None,
    venue: reach.Venue = None,
    account: reach.Account = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Show the realised profit."""
    from maemae.cli import answers
    from maemae.service.operations import GetPnl

    start, end = _span(day, month, first, last) or (None, None)
    asked = GetPnl(first=start, last=end)
    result = _either(reach.settings_for(config, venue, account), asked)
    reach.print_json(result) if as_json else answers.show_pnl(result)


def _tell_whether_one_runs(settings: "Settings") -> None:
    from maemae.cli import answers

    if not reach.trader_runs(settings):
        answers.say_nobody_trades()


def _now(settings: "Settings") -> "Status":
    """Return the state at a glance; without a trader as the ledger tells it, without prices.

    Raises:
        ServiceError: there is neither.
        LedgerVanished: the ledger vanished, and the trader with it.
        LedgerAway: the trader waits for the database of the ledger.
    """
    from maemae.service.kept import kept_status
    from maemae.service.operations import GetStatus
    from maemae.trader import lost_note

    def kept() -> "Status | None":
        lost_note.check(settings)
        return kept_status(settings, reach.aside)

    return _asked(settings, GetStatus(), kept)


def _either(settings: "Settings", asked: "Operation[T]") -> T:
    """Ask the running trader, or look into the ledger where there is none."""
    from maemae.service.kept import open_history

    def looked_up() -> T | None:
        with open_history(settings, reach.aside) as history:
            return None if history is None else asyncio.run(history.ask(asked))

    return _asked(settings, asked, looked_up)


def _asked(settings: "Settings", asked: "Operation[T]", look_up: "Callable[[], T | None]") -> T:
    """Ask the running trader; where there is none, look it up.

    Raises:
        ServiceError: there is no trader, and nothing to be looked up.
    """
    from maemae.errors import ServiceError
    from maemae.service.running import find_pass

    try:
        find_pass(settings)
    except ServiceError:
        found = look_up()
        if found is None:
            raise
        return found
    return reach.reach(settings, asked)


def _date(text: str | None, flag: str) -> date | None:
    from maemae.errors import SettingsError

    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SettingsError(
            _("{flag} {text}: give a date as YYYY-MM-DD").format(flag=flag, text=text)
        ) from None


def _span(
    day: str | None, month: str | None, first: str | None, last: str | None
) -> tuple[date, date] | None:
    """Return the days that are meant; None for the trading day in hand."""
    from maemae.errors import SettingsError

    given = [day is not None, month is not None, first is not None or last is not None]
    if sum(given) > 1:
        raise SettingsError(_("give one of --day, --month and --from/--to"))
    if month is not None:
        start = _date(f"{month}-01", "--month")
        if start is not None:
            following = (start + timedelta(days=32)).replace(day=1)
            return start, following - timedelta(days=1)
    if day is not None:
        on = _date(day, "--day")
        return (on, on) if on is not None else None
    start, end = _date(first, "--from"), _date(last, "--to")
    if start is None and end is None:
        return None
    if start is None or end is None or end < start:
        raise SettingsError(_("--from and --to belong together, the earlier day first"))
    return start, end
