"""`maemae plan`: prepare, show, list and carry out next-open plans."""

import asyncio
from datetime import time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maemae.cli import options as opt
from maemae.cli import reach
from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.trader.books.plan import PlanBook
    from maemae.trader.plans.plan import Plan
    from maemae.trader.settings import Settings

Url = Annotated[str | None, typer.Option("--url", help=_("Address of `maemae exchange`."))]
File = Annotated[
    str | None, typer.Argument(help=_("A plan file, or the name of a book; default: the latest."))
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    plan = typer.Typer(no_args_is_help=True)
    app.add_typer(plan, name="plan", help=_("Plans for the next open: prepare, show, carry out."))
    plan.command(help=_("Evaluate a strategy on the day's final bars and write a plan."))(prepare)
    plan.command(help=_("Show a plan."))(show)
    plan.command("list", help=_("List the plans of the venue, the latest first."))(list_plans)
    plan.command(help=_("Carry out a plan at the next open, once."))(execute)


def prepare(
    name: Annotated[str, typer.Argument(help=_("A plan book of the settings, or a new name."))],
    *,
    strategy: Annotated[
        str | None, typer.Option(help=_("A preset, one of your own strategies, or a file."))
    ] = None,
    universe_limit: Annotated[
        int | None, typer.Option(min=0, help=_("Instruments looked at, the largest; 0: all."))
    ] = None,
    market: Annotated[
        list[str] | None, typer.Option(help=_("KOSPI or KOSDAQ alone; may be repeated."))
    ] = None,
    codes: Annotated[
        Path | None, typer.Option("--codes", help=_("A saved list of codes (CSV)."))
    ] = None,
    qty: Annotated[
        int | None, typer.Option(min=1, help=_("Shares of each buy instead of the sizing."))
    ] = None,
    max_names: Annotated[int | None, typer.Option(min=1, help=_("Names held at most."))] = None,
    indices: Annotated[
        Path | None, typer.Option(help=_("Daily bars of the indices (Parquet)."))
    ] = None,
    folder: Annotated[Path | None, typer.Option(help=_("Folder of your own strategies."))] = None,
    venue: reach.Venue = None,
    url: Url = None,
    config: opt.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Prepare a plan and show it."""
    from maemae.trader.settings import load_settings

    settings = load_settings(config, venue=venue, sim={"url": url})
    given = {
        "strategy": strategy, "universe_limit": universe_limit, "quantity": qty,
        "max_names": max_names, "indices": indices, "strategies": folder,
    }  # fmt: skip
    flags: dict[str, object] = {key: value for key, value in given.items() if value is not None}
    universe: dict[str, object] = {"markets": [one.upper() for one in market]} if market else {}
    universe |= {"file": codes} if codes is not None else {}
    book = _book(settings, name, flags, universe)
    path, plan = asyncio.run(_prepare(settings, book, quiet=as_json))
    _print(path, plan, as_json=as_json)


def show(
    which: File = None,
    *,
    venue: reach.Venue = None,
    config: opt.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Show a plan."""
    path, plan = _find(reach.settings_for(config, venue), which)
    _print(path, plan, as_json=as_json)


def list_plans(
    *,
    venue: reach.Venue = None,
    config: opt.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """List the plans of the venue."""
    from maemae.cli import plan_tables
    from maemae.service.kept import kept_plans

    lines = kept_plans(reach.settings_for(config, venue))
    reach.print_json(lines) if as_json else plan_tables.show_list(lines)


def execute(
    which: File = None,
    *,
    at: Annotated[
        str | None, typer.Option("--at", help=_("Time of day, HH:MM; before 09:00: the auction."))
    ] = None,
    grace: Annotated[
        int | None, typer.Option("--grace", min=1, help=_("Minutes that it may be late."))
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=_("Show the orders at the prices of now; send none."))
    ] = False,
    venue: reach.Venue = None,
    url: Url = None,
    config: opt.Config = None,
    log_dir: opt.LogDir = None,
    real_money: Annotated[
        bool, typer.Option("--real-money", help=_("Second consent to trade with real money."))
    ] = False,
) -> None:
    """Carry out a plan, or show what it would come to."""
    from maemae.cli.plan_run import carry_out, look
    from maemae.trader.plans.execute import LoneBook
    from maemae.trader.plans.recipes import recipe
    from maemae.trader.settings import load_settings

    settings = load_settings(config, venue=venue, log_dir=log_dir, sim={"url": url})
    path, plan = _find(settings, which)
    own = _plan_book(settings, plan.name)
    own_terms = {"capital", "order_value", "name_exposure", "loss", "order"}
    book = LoneBook(
        **(own.model_dump(include=own_terms) if own else {}),
        name=plan.name,
        plan=plan,
        file=path,
        at=_time(at) or (own.at if own else time(9, 1)),
        grace=timedelta(minutes=grace or (own.grace_minutes if own else 30)),
        settings=recipe(own).fingerprint if own else None,
    )
    if dry_run:
        asyncio.run(look(settings, book))
        return
    if settings.venue == "live":
        from maemae.cli.consent import demand_consent

        demand_consent(settings, flag=real_money)
    if not asyncio.run(carry_out(settings, book)):
        raise typer.Exit(1)


def _book(
    settings: "Settings", name: str, given: dict[str, object], universe: dict[str, object]
) -> "PlanBook":
    """Return the plan book that is meant, with the flags over it.

    Raises:
        SettingsError: there is none, no strategy was named, or a flag does not do.
    """
    from pydantic import ValidationError

    from maemae.errors import SettingsError
    from maemae.trader.books.plan import PlanBook
    from maemae.trader.setting_errors import wrong_settings
    from maemae.trader.setting_origins import Origins

    own = _plan_book(settings, name)
    if own is None and "strategy" not in given:
        known = ", ".join(b.name for b in settings.book if isinstance(b, PlanBook)) or _("none")
        message = _("there is no plan book {name} (known: {known}); name a --strategy")
        raise SettingsError(message.format(name=name, known=known))
    base: dict[str, Any] = own.model_dump() if own is not None else {"way": "plan", "name": name}
    base["universe"] = base.get("universe", {}) | universe
    try:
        return PlanBook.model_validate(base | given)
    except ValidationError as error:
        raise wrong_settings(error, PlanBook, Origins(None, "", {}, {}), name) from error


def _plan_book(settings: "Settings", name: str) -> "PlanBook | None":
    from maemae.trader.books.plan import PlanBook

    return next((b for b in settings.book if isinstance(b, PlanBook) and b.name == name), None)


async def _prepare(settings: "Settings", book: "PlanBook", *, quiet: bool) -> tuple[Path, "Plan"]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from maemae.desk.state import State
    from maemae.ledger.ledger import Ledger
    from maemae.notify.facts import told
    from maemae.notify.opening import FOLDER, open_messengers
    from maemae.trader.masters import todays_masters
    from maemae.trader.plans.prepare import Materials, days
    from maemae.trader.plans.prepare import prepare as prepared
    from maemae.trader.plans.recipes import recipe
    from maemae.trader.run import venue_calendar
    from maemae.trader.venue import bar_store, data_dir, ledger_url, open_venue

    wanted = recipe(book)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    async with (
        open_messengers(settings, data_dir(settings) / FOLDER) as messengers,
        open_venue(settings) as venue,
    ):
        now = venue.clock.now()
        store = bar_store(settings)
        checked = await venue_calendar(venue, now.date(), store.calendar())
        store.learn(checked.calendar)
        days(now, checked.calendar)  # Said before anything is downloaded.
        masters = await todays_masters(settings, venue.clock)
        with (
            Ledger(ledger_url(settings), venue.account) as ledger,
            Progress(*columns, console=Console(stderr=True), disable=quiet) as bar,
        ):
            task = bar.add_task(_("Bars"), total=None)
            by = Materials(
                venue=venue,
                instruments=masters.instruments,
                store=store,
                ledger=ledger,
                folder=settings.plans_dir,
                calendar=checked.calendar,
            )
            path, plan, fact = await prepared(
                wanted, by, lambda _one, done, total: bar.update(task, completed=done, total=total)
            )
            ledger.append([fact])
        said = told(fact, State(venue.costs))
        if said is not None:
            await messengers.call_out(said[0], **said[1])
    return path, plan


def _find(settings: "Settings", which: str | None) -> tuple[Path, "Plan"]:
    """Return the plan that is meant: a file, a book's latest, or the latest of all.

    Raises:
        DataError: there is none, or it cannot be read.
    """
    from maemae.errors import DataError
    from maemae.trader.plans.plan import plans, read_plan

    if which is not None and (which.endswith(".json") or Path(which).is_file()):
        return Path(which), read_plan(Path(which))
    found = list(plans(settings.plans_dir, settings.venue))
    fitting = [one for one in found if which is None or one[0].stem[11:] == which]
    if not fitting:
        message = _("no plan for {venue} in {folder}: prepare one with `maemae plan prepare`")
        raise DataError(message.format(venue=settings.venue, folder=settings.plans_dir))
    if which is None and sum(path.stem[:10] == fitting[0][0].stem[:10] for path, _p in fitting) > 1:
        names = ", ".join(sorted(path.stem[11:] for path, _p in fitting))
        raise DataError(_("several plans: say which ({names})").format(names=names))
    path, plan = fitting[0]
    if isinstance(plan, DataError):
        raise plan
    return path, plan


def _print(path: Path, plan: "Plan", *, as_json: bool) -> None:
    from maemae.cli import plan_tables

    if as_json:
        reach.print_json(plan)
    else:
        plan_tables.show_plan(path, plan)


def _time(text: str | None) -> time | None:
    from maemae.errors import SettingsError

    if text is None:
        return None
    try:
        return time.fromisoformat(text)
    except ValueError:
        message = _("--at: {text} is not a time such as 09:01")
        raise SettingsError(message.format(text=text)) from None
