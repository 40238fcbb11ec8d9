"""`maemae backtest`: what a strategy would have earned, and how far to trust the answer."""

import math
from datetime import date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.backtest import Note, Result


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("backtest", help=_("Run a strategy over daily bars."))(_backtest)
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
    name: Annotated[str, typer.Argument(help=_("A preset, one of your own, or a file."))],
    bars: Annotated[
        Path | None,
        typer.Option("--bars", help=_("Daily bars (Parquet); your own store when left out.")),
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
    cash: Annotated[int, typer.Option("--cash", help=_("Won at the start."))] = 10_000_000,
    slippage: Annotated[
        float, typer.Option("--slippage", help=_("Every fill is worse by this fraction."))
    ] = 0.0,
    participation: Annotated[
        float | None,
        typer.Option("--participation", help=_("Buy at most this fraction of a day's volume.")),
    ] = None,
    benchmark: Annotated[
        str, typer.Option("--benchmark", help=_("Index to compare with."))
    ] = "KOSPI",
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help=_("Another value of a parameter.")),
    ] = None,
    desk: Annotated[
        bool, typer.Option("--desk", help=_("Let the live desk decide (slower, same trades)."))
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help=_("Write a report page (HTML)."))
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help=_("Write figures and trades as JSON."))
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
) -> None:
    import platformdirs

    from maemae.backtest import Terms, backtest
    from maemae.bars.kept import daily_panel
    from maemae.errors import DataError
    from maemae.strategy.find import find

    if report is not None and find_spec("plotly") is None:
        raise DataError(_("a report page needs plotly: pip install 'maemae[report]'"))
    strategy = find(name, folder or platformdirs.user_config_path("maemae") / "strategies")
    strategy = strategy.with_parameters(_parameters(set_ or []))
    terms = Terms(cash=cash, slippage=slippage, participation=participation)
    cache = platformdirs.user_cache_path("maemae") / "panels"
    result = backtest(
        strategy,
        daily_panel(bars or _store(), cache, indices=indices),
        first=None if first is None else first.date(),
        last=None if last is None else last.date(),
        terms=terms,
        benchmark=benchmark,
        executor="desk" if desk else "kernel",
    )
    _print(result)
    _write(result, json_file, csv, parquet)
    if report is not None:
        from maemae.backtest.report import page

        report.write_text(page(result, benchmark), encoding="utf-8")
        typer.echo(_("wrote {path}").format(path=report))


def _store() -> Path:
    from maemae.bars.store import default_root
    from maemae.errors import DataError
    from maemae.trader.settings import load_settings

    root = load_settings().bars.folder or default_root()
    if not (root / "daily").is_dir():
        raise DataError(
            _(
                "{root}: no daily bars yet; fetch some with `maemae bars download`, or name a file "
                "or folder with --bars"
            ).format(root=root)
        )
    return root


def _parameters(given: list[str]) -> dict[str, float]:
    from maemae.errors import DataError

    values = {}
    for text in given:
        name, _sign, value = text.partition("=")
        try:
            values[name.strip()] = float(value)
        except ValueError:
            raise DataError(
                _("--set {text}: give it as NAME=VALUE, such as fast=5").format(text=text)
            ) from None
    return values


def _print(result: "Result") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    days = result.daily["date"]
    console = Console()
    table = Table(
        box=None,
        show_header=False,
        title=_("{name}, {first} to {last}").format(
            name=result.strategy.name, first=days[0], last=days[-1]
        ),
    )
    for word, value, colour in figures(result):
        table.add_row(word, Text(value, colour, justify="right"))
    console.print(table)
    for note in result.notes:
        console.print(Text("! " + words(note), "yellow"))


def figures(result: "Result") -> list[tuple[str, str, str]]:
    """Return the figures of the summary: word, value, colour (red is up, blue is down)."""
    s = result.statistics
    equity = int(result.daily["equity"][-1])

    def signed(value: float) -> tuple[str, str]:
        if math.isnan(value):
            return "-", ""
        return f"{value:+.2%}", "red" if value > 0 else "blue" if value < 0 else ""

    def plain(value: float) -> str:
        return "-" if math.isnan(value) else f"{value:.2f}"

    won = _("{n} won")
    return [
        (_("Cash at the start"), won.format(n=f"{result.terms.cash:,}"), ""),
        (_("Equity at the end"), won.format(n=f"{equity:,}"), ""),
        (_("Return"), *signed(s.total_return)),
        (_("Return a year"), *signed(s.annual_return)),
        (_("Return of the index"), *signed(s.benchmark_return)),
        (_("Return without costs"), *signed(s.free_return)),
        (_("Fees and taxes"), won.format(n=f"{s.fees + s.taxes:,}"), ""),
        (_("Deepest drawdown"), *signed(-s.drawdown)),
        (_("… lasted"), _("{n} sessions").format(n=s.drawdown_days), ""),
        (_("Volatility a year"), f"{s.volatility:.2%}", ""),
        (_("Sharpe / Sortino / Calmar"),
         f"{plain(s.sharpe)} / {plain(s.sortino)} / {plain(s.calmar)}", ""),
        (_("Invested on average"), f"{s.exposure:.1%}", ""),
        (_("Turnover a year"), _("{n} times the equity").format(n=f"{s.turnover:.1f}"), ""),
        (_("Closed trades"), f"{s.trades:,}", ""),
        (_("… won"), "-" if s.trades == 0 else f"{s.win_rate:.1%}", ""),
        (_("… won over lost money"), plain(s.profit_factor), ""),
        (_("… earned on average"), *signed(s.average_return)),
        (_("… held on average"),
         "-" if s.trades == 0 else _("{n} sessions").format(n=f"{s.average_holding:.1f}"), ""),
    ]  # fmt: skip


def words(note: "Note") -> str:
    """Say a doubt."""
    texts = {
        "survivors": _(
            "Only {count} of {total} instruments ever disappear from these bars: the losers that "
            "were delisted are probably missing, and the result is too good."
        ),
        "few": _("Only {count} closed trades: chance explains a lot."),
        "large": _(
            "{count} of {total} fills are above 10 % of the day's volume: such orders would have "
            "moved the price. --participation limits purchases."
        ),
        "close": _(
            "Decided on the very close it buys at; the live desk has to decide minutes earlier."
        ),
        "edge": _("At the edge of their range: {names}. The best value may lie beyond."),
        "stuck": _(
            "{count} positions could not be sold, their bars end early: {names}. They count at "
            "their last price."
        ),
        "desk": _("Run by the desk, because the compiled loop cannot do {names}."),
        "market": _("The bars name no market; taxed and limited as KOSPI throughout."),
    }
    return texts[note.kind].format(
        count=f"{note.count:,}", total=f"{note.total:,}", names=", ".join(note.names[:10])
    )


def _write(
    result: "Result", json_file: Path | None, csv: Path | None, parquet: Path | None
) -> None:
    import json

    if json_file is not None:
        json_file.write_text(
            json.dumps(document(result), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
        typer.echo(_("wrote {path}").format(path=json_file))
    frames = {"fills": result.fills, "trades": result.trades, "days": result.daily}
    for folder, ending in ((csv, "csv"), (parquet, "parquet")):
        if folder is None:
            continue
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in frames.items():
            path = folder / f"{name}.{ending}"
            if ending == "csv":
                frame.write_csv(path)
            else:
                frame.write_parquet(path)
        typer.echo(_("wrote {path}").format(path=folder))


def document(result: "Result") -> dict[str, object]:
    """Return figures, doubts and trades as plain JSON values; what has no answer is null."""
    from dataclasses import asdict

    known = {k: None if math.isnan(v) else v for k, v in asdict(result.statistics).items()}
    trades = [
        {key: f"{value}" if isinstance(value, date) else value for key, value in row.items()}
        for row in result.trades.iter_rows(named=True)
    ]
    return {
        "strategy": result.strategy.name,
        "executor": result.executor,
        "first": f"{result.daily['date'][0]}",
        "last": f"{result.daily['date'][-1]}",
        "cash": result.terms.cash,
        "statistics": known,
        "notes": [asdict(note) for note in result.notes],
        "trades": trades,
    }
