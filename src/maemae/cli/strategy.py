"""`maemae strategy`: what there is, what it means, and whether it keeps to the rules."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maemae.cli.aside import say
from maemae.cli.names import strategies as strategy_names
from maemae.cli.reach import AsJson, print_json
from maemae.cli.strategy_measure import measure
from maemae.i18n import _
from maemae.reading import brief

if TYPE_CHECKING:
    from maemae.bars.panel import Panel
    from maemae.strategy.declare import Strategy

Folder = Annotated[Path | None, typer.Option("--folder", help=_("Folder of your own strategies."))]
Name = Annotated[
    str,
    typer.Argument(help=_("A preset, one of your own, or a file."), autocompletion=strategy_names),
]
TRIED_TIMES = 400
TRIED_INSTRUMENTS = 40


def register(app: typer.Typer) -> None:
    """Add the command group."""
    group = typer.Typer(
        no_args_is_help=True, help=_("Strategies: list, measure, show, check, import, export.")
    )
    group.command("list", help=_("List the presets and your own strategies, with what they did."))(
        _list
    )
    group.command(
        "measure", help=_("Run strategies over your bars and keep what they did for the list.")
    )(measure)
    group.command("show", help=_("Explain a strategy and spell out its rules."))(_show)
    group.command("check", help=_("Check a strategy for look-ahead and for enough warm-up."))(
        _check
    )
    group.command("import", help=_("Take a strategy file over into your own strategies."))(_import)
    group.command("export", help=_("Write a strategy as .kis.yaml, .toml or .json."))(_export)
    group.command("picture", help=_("Draw where a strategy buys and sells one instrument."))(
        _picture
    )
    app.add_typer(group, name="strategy")


def _folder(folder: Path | None) -> Path:
    from maemae.strategy.find import own_folder

    return folder or own_folder()


def _find(name: str, folder: Path | None) -> "Strategy":
    from maemae.strategy.find import find

    return find(name, _folder(folder))


def _list(folder: Folder = None, *, as_json: AsJson = False) -> None:
    from maemae.cli.strategy_measure import show, store
    from maemae.strategy.find import search
    from maemae.strategy.measured import measured, still
    from maemae.strategy.presets import PRESETS
    from maemae.strategy.ranking import by_traded_value

    found = search(_folder(folder))
    own = {name: one for name, (one, _path) in found.strategies.items()}
    if as_json:
        known = measured(store())
        print_json(
            [
                {
                    "name": name,
                    "title": _(strategy.title),
                    "preset": name not in own,
                    "by_traded_value": by_traded_value(strategy),
                    "measured": still(known, strategy),
                }
                for name, strategy in (own | PRESETS).items()
            ]
        )
        return
    origins = {name: path.name for name, (_one, path) in found.strategies.items()}
    show(own | PRESETS, origins | dict.fromkeys(PRESETS, _("preset")))
    for broken in found.broken:
        typer.echo(_("broken: {reason}").format(reason=broken.reason), err=True)
    if found.broken:
        raise typer.Exit(1)


def _show(name: Name, folder: Folder = None, *, as_json: AsJson = False) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    strategy = _find(name, folder)
    if as_json:
        from maemae.strategy.store import to_table

        print_json(to_table(strategy))
        return
    console = Console()
    console.print(
        Text(f"{strategy.name} · {_(strategy.title)}" if strategy.title else name, "bold")
    )
    if strategy.about:
        console.print(Text(_(strategy.about)))
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for word, text in _facts(strategy):
        table.add_row(Text(word, "cyan"), Text(text))
    console.print(table)


def _facts(strategy: "Strategy") -> list[tuple[str, str]]:
    from maemae.strategy.declare import plain
    from maemae.strategy.parts import Universe
    from maemae.strategy.tree import Expr, transform

    def told(part: object) -> str:
        return str(transform(part, None)) if isinstance(part, Expr) else type(part).__name__

    rows = [(_("Buys when"), told(strategy.entry))]
    if strategy.exit is not None:
        rows.append((_("Sells when"), told(strategy.exit)))
    if strategy.score is not None:
        rows.append((_("Prefers the largest"), told(strategy.score)))
    if not isinstance(strategy.candidates, Universe):
        rows.append((_("Candidates"), str(strategy.candidates)))
    elif strategy.universe is not None:
        rows.append((_("Candidates"), told(strategy.universe)))
    for word, limit in (
        (_("Stop loss"), plain(strategy.stop_loss)),
        (_("Take profit"), plain(strategy.take_profit)),
        (_("Trailing stop"), plain(strategy.trailing_stop)),
    ):
        if limit is not None:
            rows.append((word, f"{limit:.1%}"))
    holding = plain(strategy.max_holding)
    if holding is not None:
        rows.append((_("Longest holding"), _("{n} sessions").format(n=int(holding))))
    rows.append((_("Positions"), _("at most {n}").format(n=strategy.max_positions)))
    needed = strategy.warmup
    rows.append((_("History needed"), _("{n} bars").format(n=needed.bars)))
    if needed.anchored:
        text = _("{names} depend on where the history begins").format(
            names=", ".join(needed.anchored)
        )
        rows.append((_("Mind"), text))
    for key, param in strategy.parameters.items():
        text = f"{param.value:g}  ({param.low:g} … {param.high:g})"
        rows.append((_("Parameter {name}").format(name=key), text))
    return rows


def _check(
    name: Name,
    bars: Annotated[
        Path | None, typer.Option("--bars", help=_("Daily bars to try it on (Parquet)."))
    ] = None,
    folder: Folder = None,
    *,
    as_json: AsJson = False,
) -> None:
    from maemae.strategy.lookahead import check

    strategy = _find(name, folder)
    panel = _trial(bars)
    findings = check(strategy, panel)
    if as_json:
        print_json({"name": strategy.name, "findings": findings, "tried": panel.shape})
        raise typer.Exit(1 if findings else 0)
    causes = {
        "future": _("{role}: later bars change the answer, first for {code} on {time} ({n} bars)"),
        "history": _(
            "{role}: the warm-up of {warmup} bars is too short, "
            "first for {code} on {time} ({n} bars)"
        ),
    }
    for finding in findings:
        typer.echo(
            causes[finding.cause].format(
                role=finding.role, code=finding.code, time=finding.time, n=finding.bars,
                warmup=strategy.warmup.bars,
            )
        )  # fmt: skip
    if findings:
        raise typer.Exit(1)
    tried = _("{name}: no look-ahead over {bars} bars of {codes} instruments").format(
        name=strategy.name, bars=panel.shape[1], codes=panel.shape[0]
    )
    typer.echo(tried)


def _picture(
    name: Name,
    code: Annotated[str, typer.Argument(help=_("The instrument's code."))],
    path: Annotated[Path, typer.Argument(help=_("The HTML page to write."))],
    bars: Annotated[Path, typer.Option("--bars", help=_("Daily bars (Parquet)."))],
    indices: Annotated[
        Path | None, typer.Option("--indices", help=_("Daily bars of the indices (Parquet)."))
    ] = None,
    folder: Folder = None,
) -> None:
    import polars as pl

    from maemae.bars.aside import Aside
    from maemae.bars.daily import read_daily
    from maemae.bars.panel import Panel
    from maemae.errors import DataError
    from maemae.strategy.picture import picture

    strategy = _find(name, folder)
    if indices is not None and not indices.is_file():
        raise DataError(_("{path}: no such file").format(path=indices))
    others = None if indices is None else pl.read_parquet(indices)
    aside = Aside()
    page = picture(strategy, Panel.from_frame(read_daily(bars, aside), indices=others), code)
    say(aside, bars)
    path.write_text(page, encoding="utf-8")
    typer.echo(_("wrote {path}").format(path=path))


def _trial(bars: Path | None) -> "Panel":
    """Return bars to try a strategy on: the most recent ones given, or a random walk."""
    from maemae.bars.panel import Panel
    from maemae.strategy.trial import random_walk

    if bars is None:
        return random_walk(TRIED_INSTRUMENTS, TRIED_TIMES)
    from maemae.bars.aside import Aside
    from maemae.bars.daily import read_daily

    aside = Aside()
    panel = Panel.from_frame(read_daily(bars, aside))
    say(aside, bars)
    stride = max(1, panel.shape[0] // TRIED_INSTRUMENTS)
    rows = range(0, panel.shape[0], stride)
    return panel.window(max(0, panel.shape[1] - TRIED_TIMES), panel.shape[1]).rows(rows)


def _import(
    path: Annotated[Path, typer.Argument(help=_("A .kis.yaml, .toml, .json or .py file."))],
    folder: Folder = None,
    name: Annotated[
        str | None,
        typer.Option("--as", help=_("Keep it under this name; the copy is a .toml file.")),
    ] = None,
) -> None:
    from maemae.strategy.find import load, search
    from maemae.strategy.presets import PRESETS
    from maemae.strategy.tree import RuleError

    target = _folder(folder)
    taken = {**PRESETS, **search(target).strategies}
    found = load(path) if name is None else [_named(load(path), name, path)]
    for strategy in found:
        if strategy.name in taken:
            raise RuleError(
                _("{name} is already there; give the strategy in {path} another id").format(
                    name=strategy.name, path=path
                )
            )
        typer.echo(
            _("{name}: {title}").format(name=strategy.name, title=strategy.title or strategy.name)
        )
    target.mkdir(parents=True, exist_ok=True)
    copy = target / (path.name if name is None else f"{name}.toml")
    if copy.exists():
        raise RuleError(_("{path} already exists; remove it first").format(path=copy))
    if name is None:
        copy.write_bytes(path.read_bytes())
    else:
        _write_toml(copy, found[0])
    typer.echo(_("copied to {path}").format(path=copy))


def _named(found: "list[Strategy]", name: str, path: Path) -> "Strategy":
    """Return the only strategy of a file under another name."""
    from dataclasses import replace

    from maemae.strategy.tree import RuleError

    if not re.fullmatch(r"[\w-]{1,64}", name):
        said = _("--as {name}: give a name of letters, digits, - and _")
        raise RuleError(said.format(name=brief(name)))
    if len(found) != 1:
        said = _("{path} holds {n} strategies: --as can name one only")
        raise RuleError(said.format(path=path, n=len(found)))
    return replace(found[0], name=name)


def _write_toml(path: Path, strategy: "Strategy") -> None:
    import tomli_w

    from maemae.strategy.store import to_table

    path.write_text(tomli_w.dumps(to_table(strategy)), encoding="utf-8")


def _export(
    name: Name,
    path: Annotated[Path, typer.Argument(help=_("The file to write; its ending says the form."))],
    folder: Folder = None,
) -> None:
    import json

    import tomli_w

    from maemae.strategy.kisyaml import document_of, to_text
    from maemae.strategy.store import to_table
    from maemae.strategy.tree import RuleError

    strategy = _find(name, folder)
    if path.name.endswith(".kis.yaml"):
        text = to_text(document_of(strategy))
    elif path.suffix == ".toml":
        text = tomli_w.dumps(to_table(strategy))
    elif path.suffix == ".json":
        text = json.dumps(to_table(strategy), ensure_ascii=False, indent=2) + "\n"
    else:
        raise RuleError(_("{path} must end in .kis.yaml, .toml or .json").format(path=path))
    path.write_text(text, encoding="utf-8")
    typer.echo(_("wrote {path}").format(path=path))
