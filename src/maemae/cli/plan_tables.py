"""Plans as tables for people."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from maemae.cli import words
from maemae.cli.tables import Cell, Whole, table_of
from maemae.i18n import _
from maemae.service.answers import PlanLine
from maemae.service.denial_words import denial
from maemae.service.words import plan_state
from maemae.trader.plans.execute import Preview
from maemae.trader.plans.plan import Plan

_SHOWN = 5


def show_plan(path: Path, plan: Plan) -> None:
    """Print a plan."""
    console = Console()
    head = _("{name} for {day} on {venue}, account {account}").format(
        name=plan.name, day=plan.day, venue=plan.venue, account=plan.account
    )
    console.print(f"[bold]{head}[/]  [dim]{path}[/]")
    console.print(
        _("{strategy}, decided on the close of {day}, prepared {at}").format(
            strategy=plan.strategy, day=plan.data_day, at=f"{plan.prepared:%Y-%m-%d %H:%M:%S}"
        ),
        style="dim",
    )
    if plan.buys or plan.sells:
        console.print(_lines(plan))
    else:
        console.print(_("Nothing to buy and nothing to sell."))
    if plan.errors:
        console.print(_("Not judged: {n}").format(n=len(plan.errors)), style="yellow")
        for code, why in list(plan.errors.items())[:_SHOWN]:
            console.print(f"  {code}: {why}", style="dim", markup=False)


def _lines(plan: Plan) -> Whole:
    heads = ["", "=" + _("code"), _("name"), "#" + _("shares"), "#" + _("close"),
             "#" + _("value in won"), "#" + _("score"), _("reason")]  # fmt: skip
    rows: list[Sequence[Cell]] = [
        (
            words.side(which), line.code, line.listed.name, f"{line.quantity:,}",
            words.won(line.price), words.won(line.price * line.quantity),
            "-" if line.score is None else f"{line.score:g}", line.reason,
        )
        for which, lines in (("sell", plan.sells), ("buy", plan.buys))
        for line in lines
    ]  # fmt: skip
    return table_of("", heads, rows)


def show_list(lines: Sequence[PlanLine]) -> None:
    """Print the plans of a venue."""
    heads = ["=" + _("day"), _("name"), "#" + _("buys"), "#" + _("sells"), "#" + _("errors"),
             _("state"), _("file")]  # fmt: skip
    rows = [
        (
            f"{line.day or '-'}", line.name, f"{len(line.buys)}", f"{len(line.sells)}",
            f"{line.errors}", plan_state(line.state), line.file,
        )
        for line in lines
    ]  # fmt: skip
    Console().print(table_of("", heads, rows) if lines else _("No plans yet."))


def show_preview(found: Preview, objection: str | None) -> None:
    """Print what a plan would come to."""
    console = Console()
    rows: list[Sequence[Cell]] = [
        (
            words.side(order.side), order.listed.code, order.listed.name,
            f"{order.quantity:,}", _("may be sent"),
        )
        for order in found.orders
    ]  # fmt: skip
    said = {one.code: denial(one) for one in found.declined}
    for code, reason in found.skipped.items():
        rows.append(("", code, "", "", Text(said.get(code) or plan_state(reason), "dim")))
    heads = ["", "=" + _("code"), _("name"), "#" + _("shares"), _("what the guard says")]
    console.print(table_of(_("Dry run: nothing was sent"), heads, rows))
    if objection is not None:
        why = plan_state(objection)
        console.print(_("As things are it would not be carried out: {why}").format(why=why),
                      style="yellow")  # fmt: skip


def show_outcome(sent: int, skipped: dict[str, str]) -> None:
    """Print how a plan was carried out."""
    console = Console()
    console.print(_("Carried out: {n} orders sent").format(n=sent))
    for code, reason in skipped.items():
        console.print(f"  {code}: {plan_state(reason)}", markup=False)
