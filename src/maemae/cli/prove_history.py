"""`maemae prove history`: real days, lived through with positions held across what they bring."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maemae.i18n import _

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from maemae.proof.history.happenings import Happening
    from maemae.proof.history.live import History, Lived

VARIABLE = "MAEMAE_HISTORY"
"""Names the folder where `--data` does not."""

HOURS = 0.1
"""Of each day: its prices pass in six minutes, and the closing auction after them."""

INTERRUPTED = 130
FRESH_BELOW = 1_000_000_000


def register(prove: typer.Typer) -> None:
    """Add the command."""

    @prove.command(help=_("Live through real days with positions held across what they bring."))
    def history(
        data: Annotated[
            Path | None,
            typer.Option(
                envvar=VARIABLE,
                help=_("Folder with kr_official (daily lists of all names) and kr_daily (bars)."),
            ),
        ] = None,
        days: Annotated[
            int | None,
            typer.Option(min=2, help=_("So many days, drawn by the seed; all without it.")),
        ] = None,
        seed: Annotated[int, typer.Option(min=0, help=_("The first seed."))] = 0,
        fresh: Annotated[
            bool, typer.Option("--fresh", help=_("Begin at a seed drawn by chance, and print it."))
        ] = False,
        hours: Annotated[
            float,
            typer.Option(min=0.05, max=6.5, help=_("Hours into which each day's prices are put.")),
        ] = HOURS,
        workers: Annotated[
            int | None, typer.Option(min=1, help=_("Processes at once; one per core without it."))
        ] = None,
    ) -> None:
        import secrets

        first = secrets.randbelow(FRESH_BELOW) if fresh else seed
        _live(data, days, first, hours, workers)


def _live(
    data: Path | None, days: int | None, seed: int, hours: float, workers: int | None
) -> None:
    import os

    from rich.console import Console

    from maemae.errors import DataError
    from maemae.proof.history.live import everything, live_all, sample
    from maemae.proof.history.seasons import OFFICIAL, Folder

    if data is None or not (folder := Folder(data, seed)).files:
        needed = _(
            "{folder}: no real days. Needed (--data or {variable}): a folder with "
            "{official}/*.parquet, the exchange's daily lists of all names; docs/proof.md says "
            "what is in them"
        )
        where = data if data is not None else "--data"
        raise DataError(needed.format(folder=where, variable=VARIABLE, official=OFFICIAL))
    console = Console()
    console.print(_("first seed: {seed}").format(seed=seed), highlight=False)
    lives = everything(folder, hours) if days is None else sample(folder, hours, days)
    found = live_all(lives, workers or os.cpu_count() or 1, lambda one: _tell(console, one))
    for table in (_accounts(found), _met(found), _made_of_it(found)):
        console.print(table)
    if found.cut_off:
        raise typer.Exit(INTERRUPTED)
    if found.broken:
        raise typer.Exit(1)
    if days is None and (missed := found.met.missed):
        words = _words()
        said = _("there were days with these, and nobody held any: {kinds}")
        console.print(said.format(kinds=", ".join(words[kind] for kind in missed)), style="red")
        raise typer.Exit(1)


def _tell(console: "Console", one: "Lived") -> None:
    """Print what an account came to, as it comes."""
    outcome = one.outcome
    said = _("{name}: {days} days, {events:,} events, {orders:,} orders, {seconds:.0f} s")
    values = {"events": outcome.events, "orders": outcome.orders, "seconds": outcome.seconds}
    text = said.format(name=one.name, days=one.days, **values)
    console.print(text, markup=False, highlight=False)
    if outcome.violation:
        console.print(outcome.violation, outcome.trace, style="red", markup=False)


def _words() -> "dict[Happening, str]":
    """Return what each kind of event is called."""
    from maemae.proof.history.happenings import Happening

    return {
        Happening.SPLIT: _("split"),
        Happening.REVERSE_SPLIT: _("reverse split"),
        Happening.RIGHTS: _("rights, bonus"),
        Happening.BASE: _("other base"),
        Happening.HALT: _("no trade"),
        Happening.LIMIT: _("limit lock"),
        Happening.GAP: _("gap of 10 %"),
        Happening.NEW: _("new code"),
        Happening.GONE: _("code gone"),
    }


def _accounts(found: "History") -> "Table":
    from rich.table import Table

    table = Table(title=_("History as it was"), title_justify="left", show_header=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    rows = {
        _("accounts"): len(found.lives),
        _("trading days"): sum(one.days for one in found.lives),
        _("events"): found.total("events"),
        _("orders"): found.total("orders"),
        _("fills"): found.total("fills"),
        _("crashes and restarts"): found.total("crashes"),
        _("violations"): len(found.broken),
    }
    for name, value in rows.items():
        table.add_row(name, f"{value:,}")
    return table


def _met(found: "History") -> "Table":
    """Return the table of what there was, and which way of trading held a name across it."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from maemae.proof.history import players

    ways = {
        players.SCALPER: _("search"),
        players.TARGETS: _("targets"),
        players.PLAN: _("plan"),
        players.BREAKOUT: _("breakout"),
        players.STRATEGY: _("strategy"),
        players.KEEPER: _("kept"),
    }
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(_("what happened"), no_wrap=True)
    for head in (_("there"), _("held"), *ways.values()):
        table.add_column(head, justify="right", no_wrap=True)
    for kind, said in _words().items():
        counts = [found.met.there[kind], found.met.held[kind]]
        counts += [found.met.ways[kind, way] for way in ways]
        table.add_row(said, *(f"{count:,}" for count in counts))
    return table


def _made_of_it(found: "History") -> "Table":
    from rich.table import Table

    table = Table(_("what the desk made of it"))
    table.add_column(_("times"), justify="right")
    for tag, said in {
        "unit_changed": _("shares converted, or rights left"),
        "unit_doubted": _("the owner asked what a share is now"),
        "position_lost": _("position given up"),
    }.items():
        table.add_row(said, f"{found.records(tag):,}")
    return table
