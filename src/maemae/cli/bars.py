"""`maemae bars`: the store of price history."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from maemae.cli.aside import Strict
from maemae.cli.bars_download import download
from maemae.cli.options import parse_day
from maemae.cli.reach import AsJson, print_json
from maemae.errors import DataError
from maemae.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.console import Console

    from maemae.bars.ingest import Cleaned, Report
    from maemae.bars.store import BarStore
    from maemae.market.kinds import Market


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(no_args_is_help=True, help=_("Price history: import, check, look, export."))
    group.command("import", help=_("Import daily bars from Parquet or CSV."))(_import)
    group.command("download", help=_("Fetch daily or minute bars from the broker."))(download)
    group.command("info", help=_("Show what the store holds."))(_info)
    group.command("check", help=_("Check the stored bars against the rules of the exchange."))(
        _check
    )
    group.command("export", help=_("Write stored bars to a file or as arrays."))(_export)
    group.command("universe", help=_("List the instruments of a day by rank."))(_universe)
    app.add_typer(group, name="bars")


def _store(root: Path | None) -> "BarStore":
    from maemae.bars.store import BarStore, default_root

    if root is None:
        from maemae.trader.settings import load_settings

        root = load_settings().bars.folder
    return BarStore(root or default_root())


def _gigabytes() -> float:
    from maemae.trader.settings import load_settings

    return load_settings().bars.memory_gigabytes


def _import(
    path: Path = typer.Argument(help=_("A Parquet or CSV file, or a folder of them.")),
    column: list[str] = typer.Option(
        [], help=_("Our column from theirs, e.g. open=시가; may be repeated.")
    ),
    code: str | None = typer.Option(None, help=_("The code, where the file has none.")),
    market: str | None = typer.Option(None, help=_("The market, where the file has none.")),
    adjusted: bool = typer.Option(False, "--adjusted", help=_("The prices are back-adjusted.")),
    source: str | None = typer.Option(None, help=_("A name for the source; the path by default.")),
    minutes: bool = typer.Option(False, "--minutes", help=_("The files hold minute bars.")),
    day: str | None = typer.Option(
        None, "--date", help=_("The day, where neither the file nor its name has one.")
    ),
    strict: Strict = False,
    root: Path | None = typer.Option(None, help=_("The folder of the store.")),
) -> None:
    from maemae.bars.ingest import Report, ingest
    from maemae.bars.minute_files import ingest_minutes
    from maemae.bars.sources import Reading, rows_of, source_files
    from maemae.clock import SystemClock
    from maemae.market.kinds import Market

    if market is not None and market not in list(Market):
        raise DataError(
            _("--market {text}: choose {markets}").format(text=market, markets=", ".join(Market))
        )
    report, store, replaced, aside, gigabytes = Report(), _store(root), 0, [], _gigabytes()
    reading = Reading(_pairs(column), code, market, adjusted, parse_day(day, "--date"))
    place = _needed_market(market) if minutes else None
    name, fetched, calendar = source or str(path), SystemClock().now(), store.calendar()

    def read(files: "Iterable[Path]", report: Report) -> "Iterable[Cleaned]":
        if place is not None:
            return ingest_minutes(
                files, place, source=name, fetched=fetched, report=report, calendar=calendar,
                gigabytes=gigabytes,
            )  # fmt: skip
        return ingest(
            files, reading, source=name, fetched=fetched, report=report, calendar=calendar
        )

    found = source_files(path)
    if strict:
        _refuse(read, found)
    write = store.write_minutes if minutes else store.write_daily
    with typer.progressbar(length=rows_of(found), label=_("Importing")) as bar:
        for part in read(found, report):
            replaced += write(part.good)
            if part.bad.height:
                aside.append(store.quarantine(part.bad, f"import-{path.stem}"))
            bar.update(part.good.height + part.bad.height)
    _show_report(report, replaced, aside)
    if not report.clean:
        raise typer.Exit(1)


def _refuse(
    read: "Callable[[Iterable[Path], Report], Iterable[Cleaned]]", files: "Sequence[Path]"
) -> None:
    """Refuse to import anything where a row or a file is bad."""
    from maemae.bars.aside import BadRow
    from maemae.bars.ingest import Report

    report = Report()
    for part in read(files, report):
        for row in part.bad.head(1).iter_rows(named=True):
            day = str(row.get("date", row.get("at")))
            bad = BadRow(row["file"], row["row"], str(row["code"]), day, row["problem"])
            raise DataError(_("{row}; nothing was imported").format(row=bad))
    for line in report.unreadable:
        raise DataError(_("not read: {line}").format(line=line))


def _needed_market(market: str | None) -> "Market":
    from maemae.market.kinds import Market

    if market is None:
        raise DataError(_("minute bars do not say their market; give one, e.g. --market KOSPI"))
    return Market(market)


def _pairs(column: list[str]) -> dict[str, str]:
    pairs = {}
    for text in column:
        ours, cut, theirs = text.partition("=")
        if not cut:
            raise DataError(_("--column {text}: write it as ours=theirs").format(text=text))
        pairs[ours] = theirs
    return pairs


def _show_report(report: "Report", replaced: int, aside: list[Path]) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    console.print(
        _("{rows} rows read, {kept} kept ({replaced} replaced earlier ones).").format(
            rows=f"{report.rows:,}", kept=f"{report.kept:,}", replaced=f"{replaced:,}"
        )
    )
    if report.repaired:
        console.print(
            _("{n} rows of adjusted prices had high or low widened to hold open and close "
              "(rounding).").format(n=f"{report.repaired:,}")
        )  # fmt: skip
    if report.padded:
        console.print(
            _("{n} rows had a number for a code: zeros were put before it (5930: 005930).").format(
                n=f"{report.padded:,}"
            )
        )
    if report.rounded:
        console.print(
            _("{n} rows of adjusted prices had decimals: they were rounded to whole won.").format(
                n=f"{report.rounded:,}"
            )
        )
    for problem, count in report.quarantined.most_common():
        console.print(_("set aside {n}: {problem}").format(n=f"{count:,}", problem=_(problem)))
    for file in aside:
        console.print(_("the rows set aside are in {file}").format(file=file))
    for line in report.unreadable:
        console.print(_("not read: {line}").format(line=line))


def _info(
    root: Path | None = typer.Option(None, help=_("The folder of the store.")),
    as_json: AsJson = False,
) -> None:
    from rich.console import Console

    from maemae.cli.tables import table_of

    store = _store(root)
    coverage = [*store.coverage(), *store.minute_coverage()]
    if not coverage:
        raise DataError(
            _("{root}: the store is empty; fill it with `maemae bars import`").format(
                root=store.root
            )
        )
    if as_json:
        print_json(coverage)
        return
    words = {"daily": _("daily bars"), "minute": _("minute bars")}
    heads = ["=" + _("Kind of bars"), "=" + _("Market"), "#" + _("Instruments"), "=" + _("First"),
             "=" + _("Last"), "#" + _("Trading days"), "#" + _("Rows"), "#" + _("As traded"),
             "#" + _("MB on disk")]  # fmt: skip
    rows = [
        (words[c.bars], c.market, f"{c.instruments:,}", f"{c.first}", f"{c.last}", f"{c.days:,}",
         f"{c.rows:,}", f"{c.raw_rows:,}", f"{c.bytes / 1e6:,.1f}")
        for c in coverage
    ]  # fmt: skip
    Console().print(table_of(str(store.root), heads, rows))


def _check(
    quarantine: bool = typer.Option(False, "--quarantine", help=_("Set severe rows aside.")),
    repair: bool = typer.Option(
        False, "--repair", help=_("Repair what has one right answer; old rows are kept aside.")
    ),
    show: int = typer.Option(5, min=0, help=_("Examples to show of each problem.")),
    report: Path | None = typer.Option(None, help=_("Write every finding to this CSV file.")),
    root: Path | None = typer.Option(None, help=_("The folder of the store.")),
) -> None:
    import polars as pl
    from rich.console import Console

    from maemae.bars.check import check, summary
    from maemae.bars.minute_check import check_minutes, together

    store, gigabytes = _store(root), _gigabytes()
    console = Console(highlight=False, soft_wrap=True)
    months = store.months()
    if repair and store.daily_files():
        _repair(store, console, gigabytes)
    calendar = store.calendar()
    daily = store.daily_blocks(gigabytes) if store.daily_files() or not months else []
    minutes = [(month, int(month.days()["rows"].sum())) for month in months]
    every = [rows for _part, rows in (*daily, *minutes)]
    with typer.progressbar(length=sum(every), label=_("Checking"), file=sys.stderr) as bar:
        found = []
        for block, rows in daily:
            found.append(check(store.daily(block=block), calendar))
            bar.update(rows)
        for month, rows in minutes:
            found.append(check_minutes(month, calendar))
            bar.update(rows)
    words = _problems()
    if daily:
        checked = sum(rows for _block, rows in daily)
        console.print(_("{n} rows checked").format(n=f"{checked:,}"))
    if minutes:
        checked = sum(rows for _month, rows in minutes)
        console.print(_("{n} minutes checked").format(n=f"{checked:,}"))
    findings = together(found)
    for problem, rows, codes, severe in summary(findings):
        mark = f" ({_('severe')})" if severe else ""
        console.print(
            _("{problem}: {rows} rows of {codes} instruments").format(
                problem=words[problem], rows=f"{rows:,}", codes=f"{codes:,}"
            )
            + mark
        )
        for row in findings.filter(pl.col("problem") == problem).head(show).iter_rows(named=True):
            console.print(f"  {row['code']} {row['date']} {row['detail']}")
    if report is not None:
        findings.write_csv(report, include_bom=True)
    severe_rows = findings.filter("severe")
    if quarantine and severe_rows.height:
        named = severe_rows.select("code", "date").unique()
        bars = store.daily(codes=named["code"].unique())
        aside = store.quarantine(bars.join(named, on=["code", "date"]), "check")
        removed = store.remove_daily(named)
        console.print(_("{n} rows moved to {file}").format(n=f"{removed:,}", file=aside))
    if findings.height:
        raise typer.Exit(1)


def _repair(store: "BarStore", console: "Console", gigabytes: float) -> None:
    from maemae.bars.repair import carry_out, plan, together
    from maemae.clock import SystemClock

    now = SystemClock().now()
    blocks = store.daily_blocks(gigabytes)
    repair = together([plan(store.daily(block=block), now) for block, _rows in blocks])
    carry_out(store, repair)
    words = _problems()
    for (problem,), rows in repair.before.group_by("problem"):
        console.print(
            _("repaired {n}: {problem}").format(n=f"{rows.height:,}", problem=words[str(problem)])
        )
    if repair.before.height:
        console.print(
            _("the rows as they were are in {folder}").format(folder=store.root / "quarantine")
        )


def _problems() -> dict[str, str]:
    return {
        "order of prices": _("open, high, low, close out of order"),
        "off the tick grid": _("off the tick grid"),
        "outside the price limits": _("outside the price limits"),
        "the code stands twice on that day": _("the code stands twice on that day"),
        "prices on a day without trades": _("prices on a day without trades"),
        "prices out of order by rounding": _("prices out of order by rounding"),
        "a minute without trades": _("a minute without trades"),
        "outside the hours of trading": _("outside the hours of trading"),
        "gap": _("gap"),
        "jump (a missed split?)": _("jump (a missed split?)"),
    }


def _export(
    target: Path = typer.Argument(help=_("A .parquet or .csv file, or a folder for arrays.")),
    first: str | None = typer.Option(None, help=_("First day, as YYYY-MM-DD.")),
    last: str | None = typer.Option(None, help=_("Last day, as YYYY-MM-DD.")),
    codes: Path | None = typer.Option(None, help=_("A saved list of codes (CSV).")),
    adjust: bool = typer.Option(False, "--adjust", help=_("Adjust prices for splits and rights.")),
    root: Path | None = typer.Option(None, help=_("The folder of the store.")),
) -> None:
    from maemae.bars.adjust import adjusted
    from maemae.bars.arrays import save_arrays
    from maemae.bars.universe import read_codes

    wanted = None if codes is None else read_codes(codes)
    store = _store(root)
    bars, calendar = (
        store.daily(parse_day(first, "--first"), parse_day(last, "--last"), codes=wanted),
        store.calendar(),
    )
    if bars.is_empty():
        raise DataError(_("the store has no such bars; see `maemae bars info`"))
    if target.suffix == ".parquet":
        (adjusted(bars, calendar) if adjust else bars).write_parquet(target, compression="zstd")
    elif target.suffix == ".csv":
        (adjusted(bars, calendar) if adjust else bars).write_csv(target, include_bom=True)
    elif target.suffix:
        raise DataError(_("{target}: write .parquet, .csv or a folder").format(target=target))
    else:
        save_arrays(bars, target, calendar)
    typer.echo(_("{n} rows written to {target}").format(n=f"{bars.height:,}", target=target))


def _universe(
    day: str = typer.Argument(help=_("The day, as YYYY-MM-DD.")),
    top: int = typer.Option(20, min=1, help=_("How many to keep.")),
    rank: str = typer.Option("value", help=_("Rank by value or market_cap.")),
    min_value: int = typer.Option(0, help=_("Least average traded won a day.")),
    save: Path | None = typer.Option(None, help=_("Save the codes to this CSV.")),
    as_json: AsJson = False,
    root: Path | None = typer.Option(None, help=_("The folder of the store.")),
) -> None:
    from datetime import timedelta

    from maemae.bars.universe import Rank, Universe, write_codes

    on = parse_day(day, "DAY")
    ranks: dict[str, Rank] = {"value": "value", "market_cap": "market_cap"}
    if rank not in ranks or on is None:
        raise DataError(_("--rank {rank}: choose value or market_cap").format(rank=rank))
    bars = _store(root).daily(on - timedelta(days=60), on)
    codes = Universe(top=top, rank=ranks[rank], min_value=min_value).on(bars, on)
    names = dict(bars.select("code", "name").iter_rows())
    if as_json:
        print_json([{"code": code, "name": names[code] or ""} for code in codes])
    else:
        for number, code in enumerate(codes, start=1):
            typer.echo(f"{number:4} {code} {names[code] or ''}")
    if save is not None:
        write_codes(save, codes)
