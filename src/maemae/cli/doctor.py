"""`maemae doctor`: whether everything is right for trading, and what to do where it is not."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maemae.cli import options as opt
from maemae.cli import reach
from maemae.i18n import _

if TYPE_CHECKING:
    from rich.console import Console

    from maemae.setup.doctor.finding import Finding
    from maemae.setup.golive.demands import Point

_TITLE_WIDTH = 24


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=_("Check everything that trading needs, and say what to do."))(doctor)


def doctor(
    *,
    venue: reach.Venue = None,
    config: opt.Config = None,
    url: Annotated[str | None, typer.Option(help=_("Address of `maemae exchange`."))] = None,
    as_json: reach.AsJson = False,
) -> None:
    """Check everything."""
    found = asyncio.run(check_up(config, venue, url, as_json=as_json))
    if any(one.verdict == "fault" for one in found):
        raise typer.Exit(1)


async def check_up(
    config: Any, venue: str | None = None, url: str | None = None, *, as_json: bool = False
) -> "list[Finding]":
    """Look at everything and show each finding as it comes; return them."""
    from rich.console import Console

    from maemae.setup.doctor.examine import examine

    flags = {"venue": venue, "sim": {"url": url}}
    console = Console()
    found = []
    async for finding in examine(config, flags):
        found.append(finding)
        if not as_json:
            show_finding(console, finding)
    if as_json:
        typer.echo(_as_json(found))
    else:
        _sum_up(console, found)
    return found


def show_finding(console: "Console", finding: "Finding | Point") -> None:
    """Show a finding with its mark, and what to do about it."""
    from rich.table import Table
    from rich.text import Text

    marks = {"ok": ("✓", "green"), "attention": ("!", "yellow"), "fault": ("✗", "bold red")}
    mark, style = marks.get(finding.verdict, ("-", "dim"))
    row = Table.grid(padding=(0, 1))
    row.add_column(width=1)
    row.add_column(width=_TITLE_WIDTH)
    row.add_column(overflow="fold")
    row.add_row(Text(mark, style), Text(finding.title, "bold"), Text(finding.said))
    if finding.advice:
        row.add_row("", "", Text(f"→ {finding.advice}", style))
    console.print(row)


def _sum_up(console: "Console", found: "list[Finding]") -> None:
    from collections import Counter

    counts = Counter(str(one.verdict) for one in found)
    console.print()
    console.print(
        _("{ok} in order, {attention} to look at, {fault} faults, {skipped} left out").format(
            **{name: counts[name] for name in ("ok", "attention", "fault", "skipped")}
        )
    )


def _as_json(found: "list[Finding]") -> str:
    import json

    rows = [
        {
            "check": one.check,
            "about": one.about,
            "verdict": str(one.verdict),
            "said": one.said,
            "advice": one.advice,
        }
        for one in found
    ]
    ok = all(one.verdict != "fault" for one in found)
    return json.dumps({"ok": ok, "findings": rows}, ensure_ascii=False, indent=1)
