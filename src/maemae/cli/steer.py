"""`maemae buy`, `sell`, `amend`, `cancel`, `flatten`, `pause`, `resume`, `halt`.

Commands to the running trader; each is recorded with who gave it. Exit status 1: refused.
Without a trader, halts are written down for when it runs next.
"""

from typing import TYPE_CHECKING, Annotated

import typer

from maemae.cli import reach
from maemae.cli.names import books, instruments, live_orders
from maemae.i18n import _

if TYPE_CHECKING:
    from maemae.market.phases import Venue
    from maemae.service.operations import Answering
    from maemae.service.ticket import Ticket
    from maemae.trader.settings import Settings

Code = Annotated[
    str,
    typer.Argument(
        help=_("Code, name or initial consonants: 005930, 삼성전자, ㅅㅅㅈㅈ."),
        autocompletion=instruments,
    ),
]
Shares = Annotated[int, typer.Argument(min=1, help=_("Number of shares."))]
Limit = Annotated[
    int | None, typer.Option("--price", min=1, help=_("Limit price in won; market without."))
]
Book = Annotated[
    str | None,
    typer.Option("--book", help=_("Book; your own without."), autocompletion=books),
]
Kind = Annotated[
    str | None,
    typer.Option(
        "--kind",
        help=_("Order kind: a code, word or name, such as 06, post-close or after-limit."),
    ),
]
Exchange = Annotated[
    str, typer.Option("--exchange", help=_("KRX, NXT, or SOR: the broker chooses."))
]
OneBook = Annotated[
    str | None, typer.Option("--book", help=_("This book alone."), autocompletion=books)
]
Intent = Annotated[
    str,
    typer.Argument(help=_("The order, as `maemae orders` names it."), autocompletion=live_orders),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(help=_("Buy by hand, through the risk guard."))(buy)
    app.command(help=_("Sell by hand."))(sell)
    app.command(help=_("Change the limit price of an order."))(amend)
    app.command(help=_("Cancel what is left of an order."))(cancel)
    app.command(help=_("Cancel and sell everything of a book, or of all."))(flatten)
    app.command(help=_("Stop new entries; exits go on."))(pause)
    app.command(help=_("Let everything go on."))(resume)
    app.command(help=_("Stop everything, or all but exits."))(halt)


def buy(
    code: Code,
    shares: Shares,
    *,
    price: Limit = None,
    kind: Kind = None,
    exchange: Exchange = "KRX",
    book: Book = None,
    yes: reach.Yes = False,
    venue: reach.Venue = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Buy by hand."""
    settings = reach.settings_for(config, venue)
    _order(
        settings, "buy", code, shares, price, book,
        way=(kind, exchange), yes=yes, as_json=as_json,
    )  # fmt: skip


def sell(
    code: Code,
    shares: Shares,
    *,
    price: Limit = None,
    kind: Kind = None,
    exchange: Exchange = "KRX",
    book: Book = None,
    yes: reach.Yes = False,
    venue: reach.Venue = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Sell by hand."""
    settings = reach.settings_for(config, venue)
    _order(
        settings, "sell", code, shares, price, book,
        way=(kind, exchange), yes=yes, as_json=as_json,
    )  # fmt: skip


def amend(
    intent: Intent,
    price: Annotated[int, typer.Argument(min=1, help=_("New limit price in won."))],
    *,
    yes: reach.Yes = False,
    venue: reach.Venue = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Change an order."""
    from maemae.service.operations import AmendOrder

    settings = reach.settings_for(config, venue)
    called = intent if yes else _called(settings, intent)
    reach.command(
        settings,
        AmendOrder(intent=intent, price=price),
        question=_("Change {order} to {price:,} won?").format(order=called, price=price),
        yes=yes,
        as_json=as_json,
    )


def cancel(
    intent: Intent,
    *,
    yes: reach.Yes = False,
    venue: reach.Venue = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Cancel an order."""
    from maemae.service.operations import CancelOrder

    settings = reach.settings_for(config, venue)
    called = intent if yes else _called(settings, intent)
    reach.command(
        settings,
        CancelOrder(intent=intent),
        question=_("Cancel {order}?").format(order=called),
        yes=yes,
        as_json=as_json,
    )


def flatten(
    *,
    book: Annotated[
        str | None, typer.Option("--book", help=_("Book; all without."), autocompletion=books)
    ] = None,
    reason: reach.Reason = "",
    yes: reach.Yes = False,
    venue: reach.Venue = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Cancel and sell everything."""
    from maemae.service.operations import Flatten

    reach.command(
        reach.settings_for(config, venue),
        Flatten(book=book, reason=reason),
        question=_("Sell everything of {book} at the market?").format(book=book or _("all books")),
        yes=yes,
        as_json=as_json,
    )


def pause(
    *,
    book: OneBook = None,
    reason: reach.Reason = "",
    venue: reach.Venue = None,
    account: reach.Account = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Stop new entries."""
    from maemae.service.operations import Pause

    reach.either(
        reach.settings_for(config, venue, account),
        Pause(book=book, reason=reason),
        as_json=as_json,
    )


def resume(
    *,
    book: OneBook = None,
    reason: reach.Reason = "",
    yes: reach.Yes = False,
    venue: reach.Venue = None,
    account: reach.Account = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Let everything go on."""
    from maemae.service.operations import Resume

    settings = reach.settings_for(config, venue, account)
    reach.ask(_("Let the trader go on, with entries?"), yes=yes)
    reach.either(
        settings,
        Resume(book=book, reason=reason),
        as_json=as_json,
    )


def halt(
    *,
    exits_only: Annotated[
        bool, typer.Option("--exits-only", help=_("Exits and cancels go on."))
    ] = False,
    reason: reach.Reason = "",
    venue: reach.Venue = None,
    account: reach.Account = None,
    config: reach.Config = None,
    as_json: reach.AsJson = False,
) -> None:
    """Stop at once: nobody is asked before a halt."""
    from maemae.desk.records import Halt
    from maemae.service.operations import HaltTo

    level = Halt.EXITS_ONLY if exits_only else Halt.ALL
    reach.either(
        reach.settings_for(config, venue, account),
        HaltTo(level=level, reason=reason),
        as_json=as_json,
    )


def _order(
    settings: "Settings",
    word: str,
    code: str,
    shares: int,
    price: int | None,
    book: str | None,
    *,
    way: tuple[str | None, str],
    yes: bool,
    as_json: bool,
) -> None:
    """Ask, and order by hand."""
    from maemae.desk.records import OWNER
    from maemae.market.kinds import Side
    from maemae.service import words
    from maemae.service.operations import PlaceOrder
    from maemae.service.ticket import order_words
    from maemae.service.venue_words import venue_word

    side = Side(word)
    kind, exchange = _way(*way)
    asked = _asked(settings, code, book or OWNER, by_hand=not yes)
    lines = order_words(asked, side, shares, price, words.order_way(kind, exchange))
    reach.command(
        settings,
        PlaceOrder(
            book=book or OWNER,
            side=side,
            code=asked.code,
            quantity=shares,
            price=price,
            kind=kind or None,
            exchange=exchange,
        ),
        question=f"{venue_word(settings.venue)}: " + "\n".join([*lines, _("Order this?")]),
        yes=yes,
        as_json=as_json,
    )


def _called(settings: "Settings", intent: str) -> str:
    """Name an order by what it does, where a trader runs that knows it; else by its number."""
    from maemae.service.operations import GetStatus
    from maemae.service.words import order_title

    if reach.trader_runs(settings):
        for line in reach.reach(settings, GetStatus()).orders:
            if line.intent == intent:
                return order_title(line.side, line.name or line.code, line.quantity)
    return intent


def _asked(settings: "Settings", text: str, book: str, *, by_hand: bool) -> "Ticket":
    """Find the instrument that is meant; for a person, with its price and the money there is.

    Raises:
        CommandRefused: none fits, or several do.
    """
    import asyncio

    from maemae.clock import SystemClock
    from maemae.errors import ServiceError
    from maemae.service.market_view import Named
    from maemae.service.ticket import (
        Ticket,
        demand_whole,
        looks_like_code,
        named,
        only_one,
        ticket,
    )  # fmt: skip
    from maemae.trader.masters import todays_masters

    if reach.trader_runs(settings):

        async def asking(service: "Answering") -> Ticket:
            meant = await named(service, text)
            if not by_hand:
                demand_whole(text, meant)
                return Ticket(meant.code, meant.name)
            return await ticket(service, meant, book)

        return reach.talk(settings, asking)
    # Those of the venue that the order goes to, which a simulated one publishes itself.
    masters = asyncio.run(todays_masters(settings, SystemClock()))
    known = masters.instruments
    if looks_like_code(text):
        one = known.get(text.upper())
        return Ticket(text.upper(), one.name if one is not None else "")
    if not len(known):
        raise ServiceError(_("no names are known here: {why}").format(why=masters.problem))
    fits = [Named(i.code, i.name) for i in known.search(text)]
    near = [Named(i.code, i.name) for i in known.near(text)]
    meant = only_one(text, fits, near)
    if not by_hand:
        demand_whole(text, meant)
    return Ticket(meant.code, meant.name)


def _way(kind: str | None, exchange: str) -> "tuple[str, Venue]":
    """Return the code of an order kind and the exchange that were named.

    Raises:
        DataError: there is no such kind.
        typer.BadParameter: there is no such exchange.
    """
    from maemae.market.order_kinds import find_order_kind
    from maemae.market.phases import Venue

    try:
        place = Venue(exchange.upper())
    except ValueError:
        raise typer.BadParameter(
            _("{value} is no exchange: KRX, NXT or SOR").format(value=exchange),
            param_hint="--exchange",
        ) from None
    return find_order_kind(kind).code if kind else "", place
