"""`maemae confirm`: the owner's word without which a first run, or an empty ledger, buys nothing.

Exit status 1: there is nothing to confirm, or it was not confirmed.
"""

import asyncio
import dataclasses
from typing import TYPE_CHECKING

import typer

from maemae.cli import reach
from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.service.answers import Receipt
    from maemae.trader.settings import Settings

REASON = "confirmed"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=_("Let the very first run on an account buy, after a look at its books."))(
        confirm
    )


def confirm(
    *,
    yes: reach.Yes = False,
    venue: reach.Venue = None,
    account: reach.Account = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Let the very first run buy, or a ledger that is empty though the account has traded."""
    from maemae.errors import CommandRefused

    settings = reach.settings_for(config, venue, account)
    if settings.venue == "sim":
        raise CommandRefused(_("the simulated exchange needs no confirmation"))
    if not as_json:
        _show_books(settings)
    question = _("Let these books buy on {venue} by themselves?").format(venue=settings.venue)
    reach.ask(question, yes=yes)
    receipt = _running(settings) if reach.trader_runs(settings) else _offline(settings)
    reach.print_receipt(dataclasses.replace(receipt, command="confirm"), as_json=as_json)


def _running(settings: "Settings") -> "Receipt":
    from maemae.desk.records import UNCONFIRMED
    from maemae.service.operations import GetStatus, Resume

    now = reach.reach(settings, GetStatus())
    if now.halt_reason not in UNCONFIRMED:
        raise _nothing(now.halt_reason)
    return reach.reach(settings, Resume(reason=REASON))


def _offline(settings: "Settings") -> "Receipt":
    from maemae.desk.records import Halt
    from maemae.service.offline import offline
    from maemae.service.operations import Resume

    with offline(settings, reach.caller(), reach.aside) as books:
        state = books.desk.state
        if state.begun and not state.unconfirmed:
            raise _nothing(state.halt_reason if state.halt is not Halt.NONE else "")
        return asyncio.run(books.ask(Resume(reason=REASON)))


def _nothing(reason: str) -> Exception:
    from maemae.errors import CommandRefused
    from maemae.service import words

    if not reason:
        return CommandRefused(
            _("there is nothing to confirm: this account was confirmed, or has traded, before")
        )
    return CommandRefused(
        _(
            "there is nothing to confirm; entries are halted: {why}. maemae resume lifts that"
        ).format(why=words.because(reason))
    )


def _show_books(settings: "Settings") -> None:
    from rich.console import Console

    from maemae.cli.tables import table_of

    rows = [
        (
            book.name,
            book.way,
            _capital(book.capital),
            str(book.max_names),
            _rate(book.exits.take_profit),
            _rate(book.exits.stop_loss),
        )
        for book in settings.book
    ]
    heads = [_("book"), _("way"), "#" + _("capital"), "#" + _("names at most"),
             "#" + _("take profit"), "#" + _("stop loss")]  # fmt: skip
    Console().print(table_of(_("Books"), heads, rows))


def _capital(capital: object) -> str:
    from decimal import Decimal

    from maemae.service import words

    if isinstance(capital, int):
        return words.won(capital)
    return f"{capital:.0%}" if isinstance(capital, Decimal) else _("all that is free")


def _rate(rate: object) -> str:
    return f"{rate:.2%}" if rate is not None else "-"
