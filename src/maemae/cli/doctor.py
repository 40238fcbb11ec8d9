"""`maemae doctor`: whether everything is right for trading, and what to do where it is not."""

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import typer

from maemae.cli import options as opt
from maemae.i18n import _

if TYPE_CHECKING:
    from rich.console import Console

    from maemae.setup.doctor.finding import Finding


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=_("Check everything that trading needs, and say what to do."))(doctor)


def doctor(
    *,
    venue: Annotated[str | None, typer.Option("--venue", help=_("sim, paper or live."))] = None,
    config: opt.Config = None,
    url: Annotated[str | None, typer.Option(help=_("Address of `maemae exchange`."))] = None,
    as_json: Annotated[bool, typer.Option("--json", help=_("Print JSON for scripts."))] = False,
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
            _show(console, finding)
    if as_json:
        typer.echo(_as_json(found))
    else:
        _sum_up(console, found)
    return found


def _show(console: "Console", finding: "Finding") -> None:
    from rich.padding import Padding
    from rich.text import Text

    marks = {"ok": ("✓", "green"), "attention": ("!", "yellow"), "fault": ("✗", "bold red")}
    mark, style = marks.get(finding.verdict, ("-", "dim"))
    line = Text.assemble((f"{mark} ", style), (finding.title, "bold"), f"  {finding.said}")
    console.print(line)
    if finding.advice:
        console.print(Padding(Text(f"→ {finding.advice}", style), (0, 0, 0, 2)))


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
