"""`maemae prove`: try to break the trader, on purpose and from a seed."""

from typing import TYPE_CHECKING, Annotated

import typer

from maemae.i18n import _

if TYPE_CHECKING:
    from rich.console import Console

    from maemae.proof.many import Summary


DEFAULT_SEEDS = 10


def register(app: typer.Typer) -> None:
    """Add the commands."""
    prove = typer.Typer(no_args_is_help=True)
    app.add_typer(
        prove, name="prove", help=_("Try to break the trader, with faults and crashes from a seed.")
    )

    @prove.command(help=_("Simulate trading days in virtual time, with faults of every kind."))
    def simulate(
        seeds: Annotated[
            int | None, typer.Option(min=1, help=_("How many seeds; 10 without --events."))
        ] = None,
        events: Annotated[
            int | None, typer.Option(min=1, help=_("Begin further seeds until so many events."))
        ] = None,
        seed: Annotated[int, typer.Option(min=0, help=_("The first seed."))] = 0,
        days: Annotated[int, typer.Option(min=1, help=_("Trading days of each seed."))] = 1,
        workers: Annotated[
            int | None, typer.Option(min=1, help=_("Processes at once; one per core without it."))
        ] = None,
    ) -> None:
        import time
        from itertools import count, islice

        from rich.console import Console

        from maemae.proof.many import simulate_many
        from maemae.proof.simulate import Outcome, Plan

        console = Console()

        def tell(outcome: Outcome) -> None:
            if outcome.violation:
                said = _("seed {seed}: {violation}")
                console.print(said.format(seed=outcome.seed, violation=outcome.violation))

        began = time.perf_counter()
        most = seeds if seeds is not None or events is not None else DEFAULT_SEEDS
        summary = simulate_many(islice(count(seed), most), Plan(days=days), workers, tell, events)
        _show(console, summary, time.perf_counter() - began)
        if summary.violations:
            raise typer.Exit(1)


def _show(console: "Console", summary: "Summary", seconds: float) -> None:
    from rich.table import Table

    from maemae.proof.many import percentile

    table = Table(title=_("Simulation"), title_justify="left", show_header=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    events, resolved = summary.total("events"), summary.resolved
    rows = {
        _("seeds"): len(summary.outcomes),
        _("events"): events,
        _("events per second"): round(events / seconds) if seconds else 0,
        _("orders"): summary.total("orders"),
        _("fills"): summary.total("fills"),
        _("crashes and restarts"): summary.total("crashes"),
        _("crash points passed"): len(summary.counts("points")),
        _("unknown orders resolved"): len(resolved),
    }
    for name, value in rows.items():
        table.add_row(name, f"{value:,}")
    table.add_row(
        _("seconds to resolve, half / all within"),
        f"{percentile(resolved, 0.5):.1f} / {percentile(resolved, 1.0):.1f}",
    )
    for name, count in summary.counts("struck").items():
        table.add_row("  " + name, f"{count:,}")
    table.add_row(_("violations"), f"{len(summary.violations):,}")
    console.print(table)
