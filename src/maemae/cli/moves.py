"""`maemae book move`, `adopt`, `convert`, `clean-up`: shares change books, become others, or leave.

Through the running trader, or in the ledger alone where none runs. Exit status 1: refused.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from maemae.cli import reach
from maemae.cli.names import books, instruments
from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.trader.settings import Settings

Code = Annotated[str, typer.Argument(help=_("Code, such as 005930."), autocompletion=instruments)]
Shares = Annotated[int | None, typer.Option("--shares", min=1, help=_("All without it."))]
Cost = Annotated[
    int | None,
    typer.Option("--price", min=1, help=_("Won that a share has cost; the last price without.")),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(help=_("Put shares of one book into another."))(move)
    app.command(help=_("Put your own shares into a book, which sells them by its rules."))(adopt)
    app.command(help=_("Say what shares of a book have become overnight (a split, a new code)."))(
        convert
    )
    app.command("clean-up", help=_("Sell your own shares off (not on a real account)."))(clean_up)


def move(
    code: Code,
    origin: Annotated[str, typer.Argument(help=_("Book that has them."), autocompletion=books)],
    book: Annotated[
        str, typer.Argument(help=_("Book that gets them; owner: yourself."), autocompletion=books)
    ],
    *,
    shares: Shares = None,
    yes: reach.Yes = False,
    venue: reach.Venue = None,
    account: reach.Account = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Put shares of one book into another."""
    settings = reach.settings_for(config, venue, account)
    _move(settings, (origin, book), code, shares, yes=yes, as_json=as_json)


def adopt(
    code: Code,
    book: Annotated[str, typer.Argument(help=_("Book that gets them."), autocompletion=books)],
    *,
    shares: Shares = None,
    price: Cost = None,
    yes: reach.Yes = False,
    venue: reach.Venue = None,
    account: reach.Account = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Put your own shares into a book."""
    from maemae.desk.records import OWNER

    settings = reach.settings_for(config, venue, account)
    _move(settings, (OWNER, book), code, shares, price, yes=yes, as_json=as_json)


def convert(
    code: Code,
    shares: Annotated[
        int, typer.Argument(min=0, help=_("All the account's shares, as they are now."))
    ],
    *,
    into: Annotated[
        str | None, typer.Option("--into", help=_("Their code now, if it is another one."))
    ] = None,
    yes: reach.Yes = False,
    venue: reach.Venue = None,
    account: reach.Account = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Say what shares have become overnight."""
    from maemae.service.operations import ConvertShares

    settings = reach.settings_for(config, venue, account)
    name = (into or code).upper()
    question = _("Are all shares of {code} now {count} of {into}?")
    if not shares:
        question = _("Is no share of {code} left, and has nothing come in its place but money?")
    question = question.format(code=code.upper(), count=f"{shares:,}", into=name)
    reach.ask(question, yes=yes)
    wanted = ConvertShares(code=code.upper(), shares=shares, into=name if into else None)
    reach.either(settings, wanted, as_json=as_json)


def clean_up(
    codes: Annotated[
        list[str] | None, typer.Argument(help=_("Codes; all of your own without any."))
    ] = None,
    *,
    yes: reach.Yes = False,
    venue: reach.Venue = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Sell your own shares off."""
    from maemae.service.operations import CleanUp

    settings = reach.settings_for(config, venue)
    wanted = [code.upper() for code in codes or []]
    what = ", ".join(wanted) or _("all that no book has bought")
    question = _("{venue}: sell {what} at the market?").format(venue=settings.venue, what=what)
    reach.command(
        settings,
        CleanUp(codes=wanted),
        question=question,
        yes=yes,
        as_json=as_json,
    )


def _move(
    settings: "Settings",
    ways: tuple[str, str],
    code: str,
    shares: int | None,
    price: int | None = None,
    *,
    yes: bool,
    as_json: bool,
) -> None:
    """Ask, and put shares from a book into a book."""
    from maemae.service.operations import MoveShares

    count = f"{shares:,}" if shares is not None else _("all")
    question = _("Move {count} of {code} from {origin} to {book}?").format(
        count=count, code=code.upper(), origin=ways[0], book=ways[1]
    )
    reach.ask(question, yes=yes)
    wanted = MoveShares(
        origin=ways[0], book=ways[1], code=code.upper(), quantity=shares, price=price
    )
    reach.either(settings, wanted, as_json=as_json)
