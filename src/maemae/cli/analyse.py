"""`maemae analyse`: one name at its last close, as a table, JSON and a picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maemae.cli import options as opt
from maemae.cli import reach
from maemae.cli.names import instruments
from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.bars.panel import Panel
    from maemae.strategy.analysis import Analysis, Pattern


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=_("Analyse one name: indicators, patterns, levels, what strategies say."))(
        analyse
    )


def analyse(
    code: Annotated[
        str, typer.Argument(help=_("The instrument's code."), autocompletion=instruments)
    ],
    *,
    bars: Annotated[
        Path | None,
        typer.Option("--bars", help=_("Daily bars (Parquet, CSV); without: your own store.")),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help=_("Write a picture (HTML) as well."))
    ] = None,
    folder: Annotated[Path | None, typer.Option(help=_("Folder of your own strategies."))] = None,
    config: opt.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Analyse one name."""
    from importlib.util import find_spec

    from maemae.errors import DataError
    from maemae.strategy.analysis import analyse as analysis_of
    from maemae.strategy.find import own_folder, search
    from maemae.strategy.presets import PRESETS

    if picture is not None and find_spec("plotly") is None:
        raise DataError(_("a picture needs plotly: pip install 'maemae[report]'"))
    panel = _panel(code.upper(), bars, config)
    own = search(folder or own_folder()).strategies
    found = analysis_of(panel, [*PRESETS.values(), *(one for one, _path in own.values())])
    reach.print_json(found) if as_json else _show(found)
    if picture is not None:
        from maemae.strategy.analysis_picture import page

        picture.write_text(page(found, panel), encoding="utf-8")
        typer.echo(_("wrote {path}").format(path=picture), err=True)


def _panel(code: str, bars: Path | None, config: Path | None) -> "Panel":
    """Return the bars of a name, prices adjusted as seen from the last day."""
    import polars as pl

    from maemae.bars.adjust import adjusted
    from maemae.bars.aside import Aside
    from maemae.bars.daily import read_daily
    from maemae.bars.panel import Panel
    from maemae.bars.store import BarStore, default_root
    from maemae.cli.aside import say
    from maemae.errors import DataError
    from maemae.trader.settings import load_settings

    if bars is not None:
        aside = Aside()
        frame = read_daily(bars, aside).filter(pl.col("code") == code)
        say(aside, bars)
    else:
        store = BarStore(load_settings(config).bars.folder or default_root())
        stored = (store.root / "daily").is_dir()
        frame = adjusted(store.daily(codes=[code]), store.calendar()) if stored else pl.DataFrame()
    if frame.is_empty():
        raise DataError(
            _("{code}: no daily bars; `maemae bars download {code}`, or give --bars").format(
                code=code
            )
        )
    return Panel.from_frame(frame)


def _show(found: "Analysis") -> None:
    from rich.console import Console

    from maemae.cli.tables import table_of

    console = Console()
    console.print(
        _("{code} at the close of {day}: {close} won ({bars} bars)").format(
            code=found.code, day=found.day, close=f"{found.close:,.0f}", bars=f"{found.bars:,}"
        ),
        highlight=False,
    )
    values = [(name, f"{value:,.2f}") for name, value in found.indicators.items()]
    console.print(table_of(_("Indicators"), [_("indicator"), "#" + _("value")], values))
    levels = [(_("year's high"), f"{found.highest:,.0f}")]
    levels += [(_("resistance"), f"{price:,.0f}") for price in reversed(found.resistances)]
    levels += [(_("support"), f"{price:,.0f}") for price in found.supports]
    levels.append((_("year's low"), f"{found.lowest:,.0f}"))
    console.print(table_of(_("Levels"), [_("price level"), "#" + _("won")], levels))
    patterns = [_row(one) for one in [*found.shapes, *found.candles]]
    heads = [_("pattern"), "=" + _("day"), _("points"), "#" + _("line")]
    console.print(table_of(_("Patterns"), heads, patterns or [("-", "", "", "")]))
    said = [(one.strategy, _(one.title) if one.title else "", _word(one.word))
            for one in found.strategies]  # fmt: skip
    console.print(table_of(_("Strategies"), [_("strategy"), _("title"), _("says")], said))


def _row(one: "Pattern") -> tuple[str, str, str, str]:
    from maemae.strategy.pattern_words import in_words

    line = "" if one.line is None else f"{one.line:,.0f}"
    way = _("upward") if one.up else _("downward")
    return in_words(one.name), f"{one.day}", way, line


def _word(word: str) -> str:
    known = {
        "buy": _("buy"),
        "sell": _("sell"),
        "nothing": _("nothing now"),
        "cannot": _("cannot judge one name alone"),
    }
    return known[word]
