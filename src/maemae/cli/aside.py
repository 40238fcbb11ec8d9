"""What was set aside while bars were read, in a few lines; `--strict` refuses it instead."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.bars.aside import Aside

Strict = Annotated[
    bool, typer.Option("--strict", help=_("Refuse bars with a row that cannot be true."))
]


def said(aside: "Aside", path: Path) -> list[str]:
    """Return the lines that tell of it; none where nothing was set aside."""
    lines = []
    if aside.padded:
        text = _("{path}: codes are numbers there; zeros were put before them (5930: 005930)")
        lines.append(text.format(path=path))
    if not aside.rows:
        return lines
    text = _("{path}: {n} rows cannot be true and are left out; --strict refuses them")
    lines.append(text.format(path=path, n=f"{aside.rows:,}"))
    lines += [f"  {row._replace(file=Path(row.file).name)}" for row in aside.first]
    more = aside.rows - len(aside.first)
    if more:
        lines.append("  " + _("and {n} more").format(n=f"{more:,}"))
    return lines


def say(aside: "Aside", path: Path) -> None:
    """Write them to standard error: standard output is for what was asked for."""
    for line in said(aside, path):
        typer.echo(line, err=True)
