"""`maemae prove`: try to break the trader, on purpose and from a seed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maemae.cli import prove_dry, prove_history
from maemae.cli.options import finite
from maemae.cli.reach import AsJson
from maemae.cli.switches import list_switches, switches
from maemae.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from maemae.proof.chaos import Campaign
    from maemae.proof.many import Summary
    from maemae.proof.simulate import Plan
    from maemae.proof.tally import Tally
    from maemae.proof.week import Day

CHAOS_SPEED = 4
"""Venue seconds per real second: more orders in the time, and every wait as short."""

MEGABYTE = 1_000_000
WEEK_FROM = "2026-11-16"
CHAOS_DAY = "2026-11-20"
CHAOS_CASH = 50_000_000


DEFAULT_SEEDS = 10
FRESH_BELOW = 1_000_000_000
INTERRUPTED = 130


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
        fresh: Annotated[
            bool, typer.Option("--fresh", help=_("Begin at a seed drawn by chance, and print it."))
        ] = False,
        assume_not: Annotated[
            list[str] | None,
            typer.Option(
                help=_("Let the broker break this assumption (repeatable); help: list them.")
            ),
        ] = None,
        profile: Annotated[
            Path | None,
            typer.Option(help=_("Let the broker behave as the profile of a server says.")),
        ] = None,
        wired: Annotated[
            bool,
            typer.Option(
                "--wired", help=_("Let commands and answers go over the broker's protocol.")
            ),
        ] = False,
        keep: Annotated[
            Path | None,
            typer.Option(help=_("Write each outcome to this file, and go on from what is in it.")),
        ] = None,
        days: Annotated[
            int | None,
            typer.Option(min=1, help=_("Trading days of each seed; drawn by it without this.")),
        ] = None,
        hours: Annotated[
            float | None,
            typer.Option(min=0.01, max=24, help=_("Hours of each day; the whole day without it.")),
        ] = None,
        workers: Annotated[
            int | None, typer.Option(min=1, help=_("Processes at once; one per core without it."))
        ] = None,
    ) -> None:
        import secrets
        from itertools import count, islice

        if "help" in (assume_not or []):
            list_switches()
            return
        denied = switches(assume_not or [])
        first = secrets.randbelow(FRESH_BELOW) if fresh else seed
        most = seeds if seeds is not None or events is not None else DEFAULT_SEEDS
        typer.echo(_("first seed: {seed}").format(seed=first))
        from maemae.proof.simulate import Plan

        plan = Plan(days=days, hours=hours, assume_not=denied, wired=wired)
        if profile is not None:
            plan = _under(plan, profile)
        if wired and plan.assume_not:
            said = _("not together with --assume-not or --profile")
            raise typer.BadParameter(said, param_hint="--wired")
        _simulate(plan, islice(count(first), most), workers, events, keep)

    @prove.command(
        help=_("Kill the trader at any moment while the exchange fails, over real sockets.")
    )
    def chaos(
        orders: Annotated[int, typer.Option(min=1, help=_("How many orders at least."))] = 1_000,
        kills: Annotated[int, typer.Option(min=0, help=_("How often it is killed."))] = 50,
        rate: Annotated[
            float, typer.Option(parser=finite(0, 1), help=_("The share of calls a fault strikes."))
        ] = 0.2,
        seed: Annotated[int, typer.Option(min=0, help=_("Seed of the moments."))] = 1,
        seconds: Annotated[
            float,
            typer.Option(parser=finite(1, 1e6), help=_("No further orders after so many seconds.")),
        ] = 1_800,
        folder: Annotated[
            Path | None, typer.Option(help=_("Keep settings, ledger and log here."))
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        import asyncio
        import shutil
        import tempfile

        from rich.console import Console

        from maemae.proof.chaos import Campaign

        campaign = Campaign(orders=orders, kills=kills, rate=rate, seed=seed, seconds=seconds)
        console = Console(stderr=as_json)
        where = folder or Path(tempfile.mkdtemp(prefix="maemae-chaos-"))
        where.mkdir(parents=True, exist_ok=True)
        tally = asyncio.run(_rage(campaign, where, console))
        if as_json:
            import msgspec

            typer.echo(msgspec.json.encode(tally).decode())
        else:
            _show_tally(console, tally)
        if not tally.clean:
            console.print(str(where))
            raise typer.Exit(1)
        if folder is None:
            shutil.rmtree(where)

    @prove.command(
        help=_("Trade some days in every way, ending and starting the trader again on the way.")
    )
    def ways(
        bars: Annotated[
            Path | None,
            typer.Option(help=_("Daily bars to trade on (default: a synthetic market).")),
        ] = None,
        date: Annotated[str, typer.Option(help=_("Trading day, as YYYY-MM-DD."))] = "2022-06-02",
        days: Annotated[int, typer.Option(min=1, help=_("Trading days."))] = 10,
        case: Annotated[
            list[str] | None, typer.Option(help=_("One of the cases; all without it."))
        ] = None,
        turn: Annotated[
            int | None,
            typer.Option(min=0, help=_("The one case whose turn it is with this number.")),
        ] = None,
        keep: Annotated[
            Path | None,
            typer.Option(help=_("Folder for ledgers, plans and logs; thrown away without it.")),
        ] = None,
        log: Annotated[
            bool, typer.Option("--log", help=_("Print the log of the last case."))
        ] = False,
    ) -> None:
        from maemae.proof.ways import CASES

        names = list(CASES)
        cases = [names[turn % len(names)]] if turn is not None else case or names
        _ways(bars, date, days, cases, keep, log=log)

    prove_history.register(prove)
    prove_dry.register(prove)

    @prove.command(help=_("Trade some days in one process and show its memory after each."))
    def week(
        days: Annotated[int, typer.Option(min=1, help=_("How many days."))] = 5,
        as_json: AsJson = False,
    ) -> None:
        _run_week(days, as_json=as_json)


def _named(plan: "Plan") -> str:
    """Return what a plan simulates, so that outcomes of another are not taken for its own."""
    denied = "".join(f" not={name}" for name in sorted(plan.assume_not))
    wired = " wired" if plan.wired else ""
    return f"days={plan.days} hours={plan.hours} hazards={len(plan.rates)}{denied}{wired}"


def _under(plan: "Plan", path: Path) -> "Plan":
    """Let the broker behave as a profile says, and the desk know it."""
    from dataclasses import replace

    from maemae.exchange.behaviour import SWITCHES
    from maemae.profile.file import shared

    beliefs = shared(path).beliefs()
    denied = plan.assume_not | (beliefs.denied.keys() & frozenset(SWITCHES))
    return replace(plan, assume_not=denied, beliefs=beliefs)


def _simulate(
    plan: "Plan",
    seeds: "Iterable[int]",
    workers: int | None,
    events: int | None,
    keep: Path | None,
) -> None:
    import time

    from rich.console import Console

    from maemae.proof.kept import KeptOutcomes
    from maemae.proof.many import simulate_many
    from maemae.proof.simulate import Outcome

    console = Console()

    def tell(outcome: Outcome) -> None:
        if outcome.violation:
            said = _("seed {seed}: {violation}")
            text = said.format(seed=outcome.seed, violation=outcome.violation)
            console.print(text, outcome.trace, markup=False)

    began = time.perf_counter()
    kept = KeptOutcomes(keep, _named(plan)) if keep else None
    summary = simulate_many(seeds, plan, workers, tell, events=events, kept=kept)
    _show(console, summary, time.perf_counter() - began)
    if summary.cut_off:
        console.print(_("cut off; the same command with --seed and --keep goes on from here"))
        raise typer.Exit(INTERRUPTED)
    if summary.violations:
        raise typer.Exit(1)


def _run_week(days: int, *, as_json: bool) -> None:
    import asyncio
    import tempfile

    from rich.console import Console

    console = Console(stderr=as_json)
    with tempfile.TemporaryDirectory(prefix="maemae-week-") as folder:
        found = asyncio.run(_week(Path(folder), days, console))
    if as_json:
        import msgspec

        typer.echo(msgspec.json.encode(found).decode())
    if not all(day.equal for day in found):
        raise typer.Exit(1)


async def _week(folder: Path, days: int, console: "Console") -> "list[Day]":
    from maemae.cli.demo import running_exchange
    from maemae.proof.week import Day, week

    def told(day: Day) -> None:
        said = _(
            "{day}  {events:>9,} events {orders:>6,} orders {rss:>8.1f} MB {objects:>9,} objects"
        )
        values = {"events": day.events, "orders": day.orders, "objects": day.objects}
        console.print(
            said.format(day=day.day, rss=day.rss / MEGABYTE, **values),
            markup=False,
            highlight=False,
        )

    flags = {"--speed": "step", "--date": WEEK_FROM, "--time": "08:50", "--cash": CHAOS_CASH}
    async with running_exchange(flags) as addresses:
        return await week(addresses.real, folder, days, told)


async def _rage(campaign: "Campaign", folder: Path, console: "Console") -> "Tally":
    from maemae.cli.demo import running_exchange
    from maemae.proof.chaos import Chaos

    flags = {
        "--speed": CHAOS_SPEED,
        "--date": CHAOS_DAY,
        "--time": "09:00",
        "--cash": CHAOS_CASH,
        "--seed": campaign.seed,
    }
    async with running_exchange(flags) as addresses:
        with console.status("") as status:

            def told(orders: int, kills: int) -> None:
                said = _("{orders} of {all} orders, {kills} kills")
                status.update(said.format(orders=orders, all=campaign.orders, kills=kills))

            return await Chaos(addresses.real, folder, campaign, told).run()


def _show_tally(console: "Console", tally: "Tally") -> None:
    from rich.table import Table

    table = Table(
        title=_("Chaos over real sockets"),
        title_justify="left",
        caption=_("p50, max: seconds at the venue until an unknown outcome was known"),
        caption_justify="left",
    )
    table.add_column(_("fault"), no_wrap=True)
    names = (_("injected"), _("orders"), _("doubled"), _("lost"), _("unknown"), "p50", "max")
    for name in names:
        table.add_column(name, justify="right")
    for row in (*tally.rows, tally.total):
        table.add_row(
            row.fault, f"{row.injected:,}", f"{row.affected:,}", f"{row.doubled:,}",
            f"{row.lost:,}", f"{row.unknown:,}", f"{row.resolve_p50:.1f}",
            f"{row.resolve_max:.1f}", end_section=row in tally.rows[-1:],
        )  # fmt: skip
    console.print(table)
    for difference in tally.differences:
        console.print(difference)
    said = _("{kills} kills in {seconds:.0f} seconds. Books: {books}.")
    equal = _("equal") if not tally.differences else _("different")
    console.print(said.format(kills=tally.kills, seconds=tally.seconds, books=equal))


def _ways(
    bars: Path | None,
    first: str,
    days: int,
    cases: list[str],
    keep: Path | None,
    *,
    log: bool,
) -> None:
    import asyncio
    import tempfile

    from rich.console import Console

    from maemae.cli import options as opt
    from maemae.cli.prove_ways import Market, show
    from maemae.cli.ways_diary import table_of
    from maemae.market.calendar import krx
    from maemae.proof.ways import sessions

    day = opt.parse_day(first, "--date")
    if day is None or not krx().is_session(day):
        from maemae.errors import SettingsError

        raise SettingsError(_("--date: {day} is no trading day").format(day=first))
    console = Console()
    market = Market(bars.absolute() if bars else None, sessions(day, days, krx()))
    with tempfile.TemporaryDirectory(prefix="maemae-ways-") as folder:
        where = keep.absolute() if keep else Path(folder)
        shown = asyncio.run(show(where, market, cases, console))
    console.print(table_of(shown))
    wrong = [(one.name, text) for one in shown for text in one.wrong]
    for name, text in wrong:
        console.print(f"{name}: {text}", style="red", markup=False)
    if log and shown:
        for line in shown[-1].log:
            console.print(line, markup=False, highlight=False)
    if wrong:
        raise typer.Exit(1)


def _show(console: "Console", summary: "Summary", seconds: float) -> None:
    from rich.table import Table

    from maemae.proof.answers import Listing
    from maemae.proof.many import percentile

    table = Table(title=_("Simulation"), title_justify="left", show_header=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    events, resolved = summary.total("events"), summary.resolved
    blind = sum(one.listing is not Listing.ROWS for one in summary.outcomes)
    rows = {
        _("seeds"): len(summary.outcomes),
        _("of them without an order list"): blind,
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
