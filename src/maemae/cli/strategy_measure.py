"""`maemae strategy measure` and the shop window: what strategies did over one's own bars."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maemae.cli.aside import say
from maemae.cli.names import strategies as strategy_names
from maemae.cli.reach import AsJson, print_json, print_line
from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.backtest import Result
    from maemae.cli.tables import Cell
    from maemae.strategy.declare import Strategy
    from maemae.strategy.measured import Measured

YEARS, CASH = 3, 10_000_000


def store() -> Path:
    """Return the store of bars, beside which the figures are kept."""
    from maemae.bars.store import default_root
    from maemae.trader.settings import load_settings

    return load_settings().bars.folder or default_root()


def measure(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help=_("Strategies; without any all presets and your own."),
            autocompletion=strategy_names,
        ),
    ] = None,
    bars: Annotated[
        Path | None, typer.Option("--bars", help=_("Daily bars (Parquet); else your store."))
    ] = None,
    indices: Annotated[
        Path | None, typer.Option("--indices", help=_("Daily bars of the indices (Parquet)."))
    ] = None,
    years: Annotated[
        int, typer.Option("--years", min=1, help=_("The last years of the bars alone."))
    ] = YEARS,
    universe: Annotated[
        str,
        typer.Option(
            "--universe", help=_("Which names: all, kospi, kosdaq, traded100 or traded500.")
        ),
    ] = "all",
    folder: Annotated[
        Path | None, typer.Option("--folder", help=_("Folder of your own strategies."))
    ] = None,
    *,
    as_json: AsJson = False,
    announce: Annotated[bool, typer.Option("--announce", hidden=True)] = False,
) -> None:
    """Run strategies over the same bars and keep their figures for `maemae strategy list`."""
    import platformdirs

    from maemae.bars.aside import Aside
    from maemae.bars.kept import daily_panel
    from maemae.errors import DataError
    from maemae.strategy.find import find, own_folder, search
    from maemae.strategy.measured import keep
    from maemae.strategy.presets import PRESETS
    from maemae.trader.settings import load_settings

    root = store()
    source = bars or root
    if bars is None and not (root / "daily").is_dir():
        said = _(
            "{root}: no daily bars yet; fetch some with `maemae bars download`, or name a file or "
            "folder with --bars"
        )
        raise DataError(said.format(root=root))
    mine = folder or own_folder()
    wanted = (
        {name: find(name, mine) for name in names}
        if names
        else {name: one for name, (one, _path) in search(mine).strategies.items()} | PRESETS
    )
    aside = Aside()
    cache = platformdirs.user_cache_path("maemae") / "panels"
    gigabytes = load_settings().bars.memory_gigabytes
    panel = daily_panel(source, cache, aside, indices=indices, gigabytes=gigabytes)
    if bars is not None:
        say(aside, bars)
    found: dict[str, Strategy] = {}
    lines: list[Measured] = []
    left_out: dict[str, str] = {}
    file = keep(root, [])
    for number, (name, came) in enumerate(
        _shown(_run(wanted, panel, years, universe), len(wanted), drawn=not announce), start=1
    ):
        if isinstance(came, str):
            left_out[name] = came
        else:
            found[name] = came.strategy
            lines.append(_line(came, f"{source}", universe))
            file = keep(root, lines[-1:])  # At once: who ends it midway keeps what was done.
        if announce:
            print_line({"name": name, "done": number, "all": len(wanted)})
    for name, why in left_out.items():
        typer.echo(_("{name}: not measured: {why}").format(name=name, why=why), err=True)
    if announce:
        return
    typer.echo(_("wrote {path}").format(path=file), err=as_json)
    if as_json:
        print_json(lines)
    if not found:
        raise typer.Exit(1)
    if as_json:
        return
    show(found)


def _shown(
    outcomes: "Iterable[tuple[str, Result | str]]", count: int, *, drawn: bool
) -> "Iterable[tuple[str, Result | str]]":
    """Show how far it is, on standard error."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    said = _("Measuring ...")
    return track(outcomes, said, count, console=console, transient=True, disable=not drawn)


def _run(
    wanted: "Mapping[str, Strategy]", panel: Any, years: int, universe: str
) -> "Iterator[tuple[str, Result | str]]":
    """Yield for each strategy what it did over these bars, or why it cannot be run."""
    from dataclasses import replace

    from maemae.backtest import Terms, search
    from maemae.cli.backtest import first_day
    from maemae.errors import MaemaeError
    from maemae.market.costs import CostRules
    from maemae.strategy.tree import RuleError
    from maemae.strategy.universes import within
    from maemae.trader.settings import load_settings

    costs = load_settings().costs
    terms = Terms(cash=CASH, costs=costs.over(CostRules.REAL), slippage=costs.slippage / 1_000_000)
    first = first_day(panel, None, None, years)
    for name, strategy in wanted.items():
        try:
            (result,) = search(within(strategy, universe), panel, {}, first=first, terms=terms)
        except (MaemaeError, RuleError) as error:
            yield name, f"{error}"
        else:
            yield name, replace(result, strategy=strategy)


def _line(result: "Result", bars: str, universe: str) -> "Measured":
    from datetime import UTC, datetime

    from maemae.strategy.measured import Measured, declaration

    figures = asdict(result.statistics).items()
    days = result.daily["date"]
    return Measured(
        strategy=result.strategy.name,
        declaration=declaration(result.strategy),
        at=datetime.now(UTC),
        bars=bars,
        instruments=result.panel.shape[0],
        first=days[0],
        last=days[-1],
        universe=universe,
        cash=result.terms.cash,
        statistics={key: None if math.isnan(value) else float(value) for key, value in figures},
        notes=[asdict(note) for note in result.notes],
    )


def show(strategies: "Mapping[str, Strategy]", origins: Mapping[str, str] | None = None) -> None:
    """Print strategies with what they did: the doubts first, then a table.

    Args:
        strategies: by name.
        origins: where each is from.
    """
    from rich.console import Console
    from rich.text import Text

    from maemae.cli.tables import table_of
    from maemae.strategy.measured import measured, still
    from maemae.strategy.ranking import by_traded_value, ranked_by, warning

    known = measured(store())
    lines = {name: still(known, one) for name, one in strategies.items()}
    there = [one for one in lines.values() if one is not None]
    console = Console()
    if there:
        from maemae.backtest.shown import head  # Its compiler takes seconds to load.

        *doubted, last = head(there)
        for text in doubted:
            console.print(Text(f"! {text}", "yellow"))
        console.print(last)
    if len(there) < len(lines):
        console.print(_("Where no figures stand nothing was measured: maemae strategy measure"))
    if any(by_traded_value(one) for one in strategies.values()):
        console.print(Text(f"! {warning()}", "yellow"))
    origins = origins or {}
    heads = ["=" + _("Strategy"), _("Title"), *([_("From")] if origins else []),
             _("Ranked by")]  # fmt: skip
    if there:
        heads += [_("Doubts"), "#" + _("Return a year"), "#" + _("Return of the index"),
                  "#" + _("Deepest drawdown"), "#" + _("… won").removeprefix("… "),
                  "#" + _("Closed trades"), "#" + _("Return"),
                  "#" + _("Return without ranking"), _("Period")]  # fmt: skip
    rows = [
        [
            name,
            _(one.title),
            *([origins[name]] if origins else []),
            ranked_by(one),
            *(_cells(lines[name], there) if there else []),
        ]
        for name, one in strategies.items()
    ]
    console.print(table_of("", heads, rows))


def _cells(line: "Measured | None", there: "Sequence[Measured]") -> "Sequence[Cell]":
    from maemae.backtest.shown import own_doubts, span

    if line is None:
        return ["", *["-"] * 7, _("not measured yet")]
    s = line.statistics
    return [
        own_doubts(line, there),
        _signed(s["annual_return"]),
        _signed(s["benchmark_return"]),
        _signed(None if s["drawdown"] is None else -s["drawdown"]),
        "-" if s["win_rate"] is None else f"{s['win_rate']:.0%}",
        f"{s['trades'] or 0:,.0f}",
        _signed(s["total_return"]),
        _signed(s.get("unranked_return")),
        span(line),
    ]


def _signed(value: float | None) -> "Cell":
    from maemae.backtest.words import signed

    return signed(math.nan if value is None else value)
