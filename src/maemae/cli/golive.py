"""`maemae golive`: the evidence first, then the consent to trade with real money."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maemae.cli import options as opt
from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.setup.golive.report import Evidence
    from maemae.trader.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=_("Demand evidence, then take the consent to trade with real money."))(golive)


def golive(
    *,
    config: opt.Config = None,
    check: Annotated[
        bool, typer.Option("--check", help=_("Show the checklist only; ask nothing."))
    ] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help=_("Take the consent back."))] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help=_("Where the evidence is written."))
    ] = None,
) -> None:
    """Go through the checklist."""
    from maemae.trader.settings import FILE, load_settings

    file = config or FILE
    settings = load_settings(config)
    if withdraw:
        _consent(file, given=False)
        typer.echo(_("Withdrawn: {file} no longer allows real orders.").format(file=file))
        return
    evidence = asyncio.run(_gather(config, settings))
    target = report or _usual_place(evidence)
    if not evidence.ready:
        _keep(target, evidence, _("Not ready: what is marked ✗ stands against it."))
        raise typer.Exit(1)
    if check:
        _keep(target, evidence, _("Ready. No consent was asked for."))
        return
    if not _confirmed(settings):
        _keep(target, evidence, _("Ready, but the consent was not given."))
        raise typer.Exit(1)
    _consent(file, given=True)
    _keep(target, evidence, _("Ready, and the consent is given: live.real_money = true."))
    typer.echo(_("Next: maemae run --venue live. To take it back: maemae golive --withdraw"))


async def _gather(config: Path | None, settings: "Settings") -> "Evidence":
    """Gather the evidence, and show the checklist."""
    from rich.console import Console

    from maemae.cli.doctor import show_finding
    from maemae.setup.golive.gather import check_up, gather

    console = Console()
    with console.status(_("checking the real account ...")):
        findings = [one async for one in check_up(config)]
    evidence = gather(settings, findings)
    for point in evidence.points:
        show_finding(console, point)
    return evidence


def _confirmed(settings: "Settings") -> bool:
    """Ask for the number of the real account, which nobody types by accident.

    Raises:
        SettingsError: nobody is there to be asked.
    """
    from maemae.errors import SettingsError

    if not sys.stdin.isatty():
        raise SettingsError(_("the consent is typed at a terminal; --check only looks"))
    typer.echo(
        _(
            "From now on `maemae run --venue live` sends real orders within the limits above. "
            "You can lose money, and nothing is guaranteed."
        )
    )
    typed = typer.prompt(_("Type the number of the real account to agree"), default="")
    return str(typed).replace("-", "").strip() == settings.live.account.replace("-", "")


def _consent(file: Path, *, given: bool) -> None:
    from maemae.setup.document import edit_file
    from maemae.trader.settings import Settings

    edit_file(file, {"live.real_money": given}, Settings)


def _usual_place(evidence: "Evidence") -> Path:
    from maemae.trader.venue import data_dir

    return data_dir(evidence.settings) / f"golive-{evidence.at:%Y%m%d-%H%M%S}.md"


def _keep(target: Path, evidence: "Evidence", verdict: str) -> None:
    """Say how it stands, and write the report.

    Raises:
        DataError: the report cannot be written.
    """
    from maemae import private
    from maemae.errors import DataError

    typer.echo()
    typer.echo(verdict)
    try:
        private.make_folder(target.parent)
        private.write_text(target, evidence.page(verdict))
    except OSError as error:
        said = _("{file} cannot be written: {why}")
        raise DataError(said.format(file=target, why=error.strerror)) from error
    typer.echo(_("The evidence is in {file}").format(file=target))
