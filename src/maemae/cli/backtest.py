"""`maemae backtest`: what a strategy would have earned, and how far to trust the answer."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maemae.cli import options as opt
from maemae.cli.aside import Strict, say
from maemae.cli.names import strategies as strategy_names
from maemae.cli.options import finite
from maemae.cli.reach import AsJson
from maemae.i18n import _
from maemae.reading import real

if TYPE_CHECKING:
    from rich.progress import TaskID
    from rich.status import Status

    from maemae.backtest import Result
    from maemae.bars.aside import Aside
    from maemae.bars.panel import Panel
    from maemae.strategy import Strategy
    from maemae.trader.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("backtest", help=_("Run strategies over daily or minute bars."))(_backtest)
    app.command("warmup", help=_("Compile what backtests need, so that the first does not wait."))(
        _warmup
    )


def _warmup() -> None:
    import time

    from maemae.backtest.compiling import compile_all

    start = time.monotonic()
    count, seconds = compile_all(), time.monotonic() - start
    if count:
        typer.echo(_("{n} loops compiled in {s} s").format(n=count, s=f"{seconds:.0f}"))
    else:
        typer.echo(_("everything is compiled already"))


def _backtest(
    names: Annotated[
        list[str],
        typer.Argument(
            help=_("Presets, your own, or files; several are compared."),
            autocompletion=strategy_names,
        ),
    ],
    bars: Annotated[
        Path | None,
        typer.Option(
            "--bars",
            help=_(
                "Bars (Parquet), daily or by the minute as the strategy decides; else your store."
            ),
        ),
    ] = None,
    indices: Annotated[
        Path | None, typer.Option("--indices", help=_("Daily bars of the indices (Parquet)."))
    ] = None,
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help=_("First day of trading.")),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], help=_("Last day of trading.")),
    ] = None,
    years: Annotated[
        int | None, typer.Option("--years", min=1, help=_("The last years of the bars alone."))
    ] = None,
    universe: Annotated[
        str,
        typer.Option(
            "--universe", help=_("Which names: all, kospi, kosdaq, traded100 or traded500.")
        ),
    ] = "all",
    cash: Annotated[int, typer.Option("--cash", help=_("Won at the start."))] = 10_000_000,
    slippage: Annotated[
        float | None,
        typer.Option(
            "--slippage",
            parser=finite(0, 0.5),
            help=_("Every fill is worse by this fraction; over costs.slippage_bp."),
        ),
    ] = None,
    participation: Annotated[
        float | None,
        typer.Option(
            "--participation",
            parser=finite(0, 1),
            help=_("Buy at most this fraction of a day's volume."),
        ),
    ] = None,
    benchmark: Annotated[
        str, typer.Option("--benchmark", help=_("Index to compare with."))
    ] = "KOSPI",
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help=_("Another value of a parameter; several, as in fast=3,5,8, are all tried."),
        ),
    ] = None,
    desk: Annotated[
        bool, typer.Option("--desk", help=_("Let the live desk decide (slower, same trades)."))
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help=_("Write a report page (HTML)."))
    ] = None,
    as_json: AsJson = False,
    figures: Annotated[
        Path | None, typer.Option("--figures", help=_("Write figures and trades as JSON."))
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help=_("Write trades and days as CSV into a folder."))
    ] = None,
    parquet: Annotated[
        Path | None,
        typer.Option("--parquet", help=_("Write trades and days as Parquet into a folder.")),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--folder", help=_("Folder of your own strategies."))
    ] = None,
    sectors: Annotated[
        Path | None,
        typer.Option(
            help=_("Sectors of the names (CSV: code, sector); without: the last master files.")
        ),
    ] = None,
    strict: Strict = False,
    config: opt.Config = None,
) -> None:
    import platformdirs

    from maemae.backtest import Terms
    from maemae.bars.aside import Aside
    from maemae.cli.backtest_output import as_text, show, write
    from maemae.errors import DataError
    from maemae.market.costs import CostRules
    from maemae.strategy.find import find, own_folder
    from maemae.strategy.universes import within
    from maemae.trader.settings import load_settings

    if report is not None and find_spec("plotly") is None:
        raise DataError(_("a report page needs plotly: pip install 'maemae[report]'"))
    if years is not None and first is not None:
        raise DataError(_("--years and --from: give one of them"))
    strategies = [within(find(name, folder or own_folder()), universe) for name in names]
    grid = _grid(set_ or [])
    settings = load_settings(config)
    costs = settings.costs
    worse = costs.slippage / 1_000_000 if slippage is None else slippage
    terms = Terms(
        cash=cash,
        costs=costs.over(CostRules.REAL),
        slippage=worse,
        participation=participation,
    )
    cache = platformdirs.user_cache_path("maemae") / "panels"
    with _status(_("Reading the bars ...")):
        aside = None if strict else Aside()
        panel = _panel(strategies, bars, cache, indices, aside)
    if any(strategy.asks_for("sector") for strategy in strategies):
        panel = _with_sectors(panel, sectors, settings)
    if aside is not None and bars is not None:
        say(aside, bars)
    results = _run(
        strategies, panel, grid,
        first=first_day(panel, first, last, years),
        last=None if last is None else last.date(),
        terms=terms, benchmark=benchmark, executor="desk" if desk else "kernel",
    )  # fmt: skip
    if as_json:
        typer.echo(as_text(results))
    else:
        show(results)
    write(results, figures, csv, parquet)
    if report is not None:
        from maemae.backtest.report import SHOWN, page

        with _status(_("Drawing the page ...")):
            report.write_text(page(results[:SHOWN]), encoding="utf-8")
        typer.echo(_("wrote {path}").format(path=report))


def _with_sectors(panel: "Panel", file: Path | None, settings: "Settings") -> "Panel":
    """Return bars of which rules can ask sectors, and say how much those are to be trusted."""
    from maemae.bars.sectors import read_sectors, sectors_of, with_sectors
    from maemae.errors import DataError
    from maemae.trader.masters import kept_masters

    if "sector" in panel.facts:
        return panel
    kept = kept_masters(settings).instruments
    known = sectors_of(kept) if file is None else read_sectors(file)
    if not known:
        raise DataError(
            _("a rule asks for sectors: give --sectors, or run `maemae instruments update`")
        )
    typer.echo(
        _("Sectors are those of today, also for past years: that favours what did well."), err=True
    )
    return with_sectors(panel, known)


def first_day(
    panel: "Panel", first: datetime | None, last: datetime | None, years: int | None
) -> date | None:
    """Return the first day that is meant: as it was given, or so many years before the last."""
    if years is None:
        return None if first is None else first.date()
    end = panel.times[-1].astype("datetime64[D]").item() if last is None else last.date()
    year = end.year - years
    day = min(end.day, monthrange(year, end.month)[1])
    return end.replace(year=year, day=day) + timedelta(days=1)


def _status(words: str) -> "Status":
    from rich.console import Console

    return Console(stderr=True).status(words)


def _run(
    strategies: "Sequence[Strategy]", panel: "Panel", grid: dict[str, list[float]], **options: Any
) -> "list[Result]":
    """Run everything behind a progress bar, the best of a search first."""
    from rich.console import Console
    from rich.progress import Progress

    from maemae.backtest import search

    found = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for strategy in strategies:
            task = progress.add_task(strategy.name)

            def told(done: int, of: int, task: "TaskID" = task) -> None:
                progress.update(task, completed=done, total=of)

            found += search(strategy, panel, grid, told=told, **options)
    return found


def _panel(
    strategies: "Sequence[Strategy]",
    bars: Path | None,
    cache: Path,
    indices: Path | None,
    aside: "Aside | None",
) -> "Panel":
    """Read bars of the length that the strategies decide on."""
    from rich.console import Console
    from rich.progress import Progress

    from maemae.bars.kept import daily_panel, minute_panel
    from maemae.errors import DataError
    from maemae.trader.settings import load_settings

    lengths = {strategy.schedule.bars for strategy in strategies}
    if len(lengths) > 1:
        raise DataError(_("these strategies decide on bars of different lengths; run them apart"))
    length = lengths.pop()
    gigabytes = load_settings().bars.memory_gigabytes
    if length == "daily":
        source = bars or _store("daily")
        return daily_panel(source, cache, aside, indices=indices, gigabytes=gigabytes)
    if indices is not None:
        raise DataError(
            _("--indices are daily bars; a strategy on minute bars has no use for them")
        )
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(_("Preparing the bars"), total=None)

        def told(done: int, of: int) -> None:
            progress.update(task, completed=done, total=of)

        return minute_panel(
            bars or _store("minute"), cache, length, aside, gigabytes=gigabytes, told=told
        )


def _store(kind: str) -> Path:
    from maemae.bars.store import default_root
    from maemae.errors import DataError
    from maemae.trader.settings import load_settings

    root = load_settings().bars.folder or default_root()
    if not (root / kind).is_dir():
        raise DataError(
            _(
                "{root}: no {kind} bars yet; fetch some with `maemae bars download`, or name a "
                "file or folder with --bars"
            ).format(root=root, kind=_kinds()[kind])
        )
    return root


def _kinds() -> dict[str, str]:
    return {"daily": _("daily"), "minute": _("minute")}


def _grid(given: list[str]) -> dict[str, list[float]]:
    from maemae.errors import DataError

    grid = {}
    for text in given:
        name, _sign, values = text.partition("=")
        try:
            grid[name.strip()] = [real(value) for value in values.split(",")]
        except ValueError:
            raise DataError(
                _("--set {text}: give it as NAME=VALUE, such as fast=5").format(text=text)
            ) from None
    return grid
