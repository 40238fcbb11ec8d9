"""`maemae shadow`: how orders went, beside what the fill model of the dry run had said of them."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maemae.cli import reach
from maemae.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rich.console import Console

    from maemae.trader.compared import Compared, Said, Tally
    from maemae.trader.settings import Settings

Days = Annotated[int, typer.Option(min=1, help=_("So many days, today among them."))]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=_("Compare how orders went with what the fill model said of them."))(shadow)


def shadow(
    *,
    days: Days = 30,
    venue: reach.Venue = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Show slippage and tracking difference by kind, name and day."""
    from datetime import datetime

    from rich.console import Console

    from maemae.clock import KST
    from maemae.trader.compared import read_compared, shadow_path
    from maemae.trader.venue import data_dir

    settings = reach.settings_for(config, venue)
    since = datetime.now(KST).date() - timedelta(days=days - 1)
    if settings.venue == "sim":
        since = date.min  # Its days are its own.
    rows = list(read_compared(shadow_path(data_dir(settings), settings.venue), since))
    if as_json:
        reach.print_json({name: _as_json(rows, by) for name, by in _ways().items()})
        return
    console = Console()
    if not rows:
        console.print(_none(settings), soft_wrap=True)
        return
    heads = {"kind": _("kind"), "code": _("code"), "day": _("day")}
    for name, by in _ways().items():
        _show(console, heads[name], rows, by)
    console.print(
        _(
            "Filled % / slippage bp. Slippage is against the last price at the decision; positive "
            "is worse for you. Unclear are orders whose book or trades the models did not see: "
            "they are left out of the rest. The difference is to the care of the settings ({care})."
        ).format(care=settings.shadow.care),
        soft_wrap=True,
    )


def _ways() -> "Mapping[str, Callable[[Compared], str]]":
    return {
        "kind": lambda one: one.kind,
        "code": lambda one: one.code,
        "day": lambda one: f"{one.at:%Y-%m-%d}",
    }


def _none(settings: "Settings") -> str:
    if settings.shadow.enabled:
        return _("No order was compared yet.")
    return _("Orders are not compared: set shadow.enabled = true, and start the trader again.")


def _show(
    console: "Console", head: str, rows: "list[Compared]", by: "Callable[[Compared], str]"
) -> None:
    from maemae.cli.tables import table_of
    from maemae.trader.compared import tallies

    heads = (
        "=" + head, "#" + _("orders"), "#" + _("unclear"), "#" + _("really"), "#easy", "#usual",
        "#careful", "#" + _("difference 원"), "#" + _("tracking bp"),
        "#" + _("bias bp"),
    )  # fmt: skip
    words = _kinds()
    lines = [
        (
            words.get(name, name), f"{one.orders:,}", f"{one.unclear:,}",
            _cell(one.real, one.wanted), *_cares(one), f"{one.difference:+,}", _bp(one.tracking),
            "-" if one.bias is None else f"{one.bias[0]:+.1f} ±{one.bias[1]:.1f}",
        )
        for name, one in tallies(rows, by).items()
    ]  # fmt: skip
    console.print(table_of("", heads, lines))


def _kinds() -> dict[str, str]:
    return {
        "market-buy": _("market buy"),
        "market-sell": _("market sell"),
        "limit-buy": _("limit buy"),
        "limit-sell": _("limit sell"),
    }


def _cares(one: "Tally") -> list[str]:
    return [_cell(one.cares.get(name), one.judged) for name in ("easy", "usual", "careful")]


def _cell(said: "Said | None", wanted: int) -> str:
    """Return percent filled and basis points of slippage."""
    if said is None or not wanted:
        return "-"
    return f"{100 * said.filled / wanted:.1f} / {_bp(said.slippage)}"


def _bp(value: float | None) -> str:
    return "-" if value is None else f"{value:+.1f}"


def _as_json(rows: "list[Compared]", by: "Callable[[Compared], str]") -> dict[str, Any]:
    from maemae.trader.compared import tallies

    return {name: _row(one) for name, one in tallies(rows, by).items()}


def _row(one: "Tally") -> dict[str, Any]:
    return {
        "orders": one.orders,
        "unclear": one.unclear,
        "shares": one.wanted,
        "filled": one.real.filled,
        "model_filled": one.model.filled,
        "slippage_bp": one.real.slippage,
        "model_slippage_bp": one.model.slippage,
        "judged_shares": one.judged,
        "cares": {
            name: {"filled": said.filled, "slippage_bp": said.slippage}
            for name, said in one.cares.items()
        },
        "difference": one.difference,
        "amount": one.amount,
        "tracking_bp": one.tracking,
        "bias_bp": one.bias,
    }
