"""How a command reaches the running trader, and says what came of it."""

import asyncio
import getpass
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from maemae.cli import options as opt
from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.service.answers import Receipt
    from maemae.service.operations import Command, Operation
    from maemae.service.remote import RemoteService
    from maemae.service.service import Caller
    from maemae.trader.settings import Settings

T = TypeVar("T")

Venue = Annotated[str | None, typer.Option("--venue", help=_("sim, dry, paper or live."))]
Account = Annotated[
    str | None, typer.Option("--account", help=_("Account, where the ledger holds several."))
]
AsJson = Annotated[bool, typer.Option("--json", help=_("Print JSON for scripts."))]
Yes = Annotated[bool, typer.Option("--yes", help=_("Do not ask before acting."))]
Reason = Annotated[str, typer.Option("--reason", help=_("Kept in the audit record."))]
Config = opt.Config


def settings_for(config: Any, venue: str | None, account: str | None = None) -> "Settings":
    """Read the settings of a command.

    Raises:
        CommandRefused: a trader runs, of another account than the one named.
    """
    from maemae.trader.settings import load_settings

    settings = load_settings(config, venue=venue, dashboard={"account": account})
    if account is not None and trader_runs(settings):
        _check_account(settings)
    return settings


def reach(settings: "Settings", operation: "Operation[T]") -> T:
    """Ask the running trader.

    Raises:
        ServiceError: there is none, or it does not answer.
        CommandRefused: the answer is no.
    """
    return talk(settings, lambda service: service.ask(operation))


def talk(settings: "Settings", ask: "Callable[[RemoteService], Awaitable[T]]") -> T:
    """Ask the running trader several things over one connection.

    Raises:
        ServiceError: there is none, or it does not answer.
        CommandRefused: the answer is no.
    """
    from maemae.service.remote import RemoteService
    from maemae.service.running import find_pass

    async def asking() -> T:
        shown = find_pass(settings)
        async with RemoteService(shown.url, shown.command, caller()) as service:
            return await ask(service)

    return asyncio.run(asking())


def _check_account(settings: "Settings") -> None:
    """Refuse to speak to the trader of another account than the one that was named."""
    from maemae.errors import CommandRefused
    from maemae.kis import mask_account
    from maemae.service.operations import GetHealth

    named, trades = settings.dashboard.account, reach(settings, GetHealth()).account
    if trades not in (named, mask_account(named)):
        text = _("the trader that runs on {venue} trades {account}")
        raise CommandRefused(text.format(venue=settings.venue, account=trades))


def trader_runs(settings: "Settings") -> bool:
    """Whether a trader of these settings can be found."""
    from maemae.errors import ServiceError
    from maemae.service.running import find_pass

    try:
        find_pass(settings)
    except ServiceError:
        return False
    return True


def command(
    settings: "Settings",
    wanted: "Command",
    *,
    question: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Carry out a command after asking, and print its receipt.

    Without a terminal nobody can be asked, and `--yes` is needed.
    """
    ask(question, yes=yes)
    print_receipt(act(settings, wanted), as_json=as_json)


def act(settings: "Settings", wanted: "Command") -> "Receipt":
    """Let the running trader do something, or a trader that runs for this alone.

    Raises:
        SettingsError: no trader runs and none can; a consent to real orders is missing.
        CommandRefused: the answer is no.
    """
    from maemae.service.brief import brief_run

    if trader_runs(settings):
        return reach(settings, wanted)
    if settings.venue == "live":
        from maemae.cli.consent import demand_consent

        demand_consent(settings, flag=False)

    async def acting() -> "Receipt":
        async with brief_run(settings, caller()) as service:
            return await service.ask(wanted)

    return asyncio.run(acting())


def either(settings: "Settings", wanted: "Command", *, as_json: bool) -> None:
    """Let the running trader carry out a command, or the ledger alone where there is none."""
    from maemae.service.offline import offline

    if trader_runs(settings):
        receipt = reach(settings, wanted)
    else:
        with offline(settings, caller(), aside) as books:
            receipt = asyncio.run(books.ask(wanted))
    print_receipt(receipt, as_json=as_json)


def aside(said: str) -> None:
    """Write what is said beside an answer to standard error."""
    typer.echo(f"maemae: {said}", err=True)


def ask(question: str, *, yes: bool) -> None:
    """Ask a person, and go no further without a yes."""
    if not yes and not typer.confirm(question):
        typer.echo(_("Nothing was done."), err=True)
        raise typer.Exit(1)


def print_receipt(receipt: "Receipt", *, as_json: bool) -> None:
    """Say what became of a command."""
    if as_json:
        print_json(receipt)
        return
    from maemae.service.words import answered, command

    number = _("order no. {n}").format(n=receipt.intent) if receipt.intent else ""
    parts = [command(receipt.command), answered(receipt.state), receipt.detail, number]
    typer.echo(" · ".join(part for part in parts if part))


def print_json(data: Any) -> None:
    """Print an answer for scripts."""
    import msgspec

    typer.echo(msgspec.json.format(msgspec.json.encode(data), indent=1).decode())


def print_line(data: Any) -> None:
    """Print a line of JSON for the process that reads along."""
    import msgspec

    typer.echo(msgspec.json.encode(data).decode())


def caller() -> "Caller":
    """Return who speaks: the user's name, as far as an audit record may carry it."""
    from maemae.service.service import Caller

    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        name = ""
    return Caller(re.sub(r"[^\w.@ -]", "", name)[:64] or "unknown", "cli")
