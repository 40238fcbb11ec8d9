"""`maemae ledger`: whether the books are what their facts add up to."""

from itertools import count
from typing import TYPE_CHECKING

import typer

from maemae.cli import reach
from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.ledger.ledger import Ledger
    from maemae.ledger.verify import Verdict
    from maemae.market.costs import CostRules

_EVERY = 1_000
"""Facts between two moves of the progress bar."""


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(no_args_is_help=True, help=_("The ledger: whether it is whole."))
    group.command(help=_("Read all facts and hold the snapshot of the ledger against them."))(
        verify
    )
    app.add_typer(group, name="ledger")


def verify(
    *,
    venue: reach.Venue = None,
    account: reach.Account = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Verify the ledger of an account, also while a trader runs."""
    from maemae.errors import ServiceError
    from maemae.kis import mask_account
    from maemae.ledger.ledger import Ledger
    from maemae.service.account import known_account
    from maemae.trader.cost_settings import costs_of
    from maemae.trader.venue import ledger_url

    settings = reach.settings_for(config, venue, account)
    known = known_account(settings)
    if known is None:
        raise ServiceError(_("there is no ledger of {venue} yet").format(venue=settings.venue))
    with Ledger(ledger_url(settings), known) as ledger:
        ledger.check()
        verdict = _read_all(ledger, costs_of(settings))
    if as_json:
        reach.print_json(verdict)
    else:
        _show(mask_account(known), verdict)
    if verdict.unfit is not None:
        raise typer.Exit(1)


def _show(account: str, verdict: "Verdict") -> None:
    from maemae.ledger.snapshots import told

    said = _("{account}: {facts:,} facts on {days:,} trading days, all of them read")
    typer.echo(said.format(account=account, facts=verdict.facts, days=verdict.days))
    if verdict.unfit is not None:
        typer.echo(told(verdict.unfit), err=True)
    elif verdict.snapshot:
        typer.echo(
            _("The snapshot after fact {n:,} is what the facts before it add up to.").format(
                n=verdict.snapshot
            )
        )
    if verdict.renewed:
        typer.echo(_("A snapshot of all facts is made: the next start goes on from it."))


def _read_all(ledger: "Ledger", costs: "CostRules") -> "Verdict":
    from rich.console import Console
    from rich.progress import Progress

    from maemae.ledger.verify import verify as read_all

    mark, console = ledger.mark(), Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task(_("Facts are read"), total=mark.seq if mark is not None else 0)
        read = count(1)

        def step() -> None:
            if (done := next(read)) % _EVERY == 0:
                progress.update(bar, completed=done)

        return read_all(ledger, costs, step)
