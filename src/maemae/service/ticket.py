"""What a person must see before an order by hand: whose shares, at what price, from what money."""

from collections.abc import Sequence
from dataclasses import dataclass

from maemae.errors import CommandRefused, ServiceError
from maemae.i18n import _
from maemae.market.kinds import Side
from maemae.service import operations as op
from maemae.service import words
from maemae.service.market_view import Named, Scale
from maemae.service.status import Status

SHOWN = 5
"""Names that are listed where a text fits several."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """An instrument before it is ordered; prices and money in won.

    Attributes:
        code: of the instrument.
        name: of it, blank where nobody knows.
        price: the last one, None where nobody knows.
        before: what it closed at on the day before, None where nobody knows.
        buying_power: what is not set aside for live buys (주문가능금액); None unasked.
        held: shares in the book that orders; None unasked.
    """

    code: str
    name: str
    price: int | None = None
    before: int | None = None
    buying_power: int | None = None
    held: int | None = None

    @property
    def title(self) -> str:
        """Its name and code."""
        return f"{self.name} ({self.code})" if self.name else self.code

    def amount(self, quantity: int, limit: int | None) -> int | None:
        """Return what shares come to in won: at the limit, or about so at the last price."""
        price = limit or self.price
        return None if price is None else price * quantity


def looks_like_code(text: str) -> bool:
    """Whether a text is a code of an instrument, such as 005930 or 0101K0."""
    return len(text) in (6, 7) and text.isascii() and text.isalnum() and text[0].isdigit()


def only_one(text: str, found: list[Named], near: Sequence[Named] = ()) -> Named:
    """Return the one instrument that is meant: an exact name, or the only one that fits.

    Args:
        text: as a person has typed it.
        found: what fits.
        near: what may have been meant where nothing fits.

    Raises:
        CommandRefused: none fits, or several do; names them.
    """
    exact = [named for named in found if text in (named.name, named.code)]
    meant = exact or found
    if len(meant) == 1:
        return meant[0]
    listed = ", ".join(f"{named.name} {named.code}" for named in (meant or near)[:SHOWN])
    if not meant:
        said = _("nothing matches {text}").format(text=text)
        if listed:
            said += " · " + _("near it: {listed}").format(listed=listed)
        raise CommandRefused(said)
    if len(meant) > SHOWN:
        listed += " " + _("and {n} more").format(n=len(meant) - SHOWN)
    raise CommandRefused(_("{text} fits several: {listed}").format(text=text, listed=listed))


def demand_whole(text: str, meant: Named) -> None:
    """Refuse a part of a name where nobody is asked: it may be the part of another one.

    Raises:
        CommandRefused: it is neither the whole name nor the code.
    """
    said = "".join(text.split()).upper()
    if said not in (meant.code, "".join(meant.name.split()).upper()):
        text = _("with --yes say the whole name or the code: {name} {code}")
        raise CommandRefused(text.format(name=meant.name, code=meant.code))


async def named(service: op.Answering, text: str) -> Named:
    """Find what a person calls by code, name or initial consonants (초성).

    Raises:
        ServiceError: the trader does not answer.
        CommandRefused: none fits, or several do.
    """
    text = text.strip()
    if not text:
        raise CommandRefused(_("name an instrument"))
    if looks_like_code(text):
        code = text.upper()
        found = await service.ask(op.Find(text=code))
        return next((one for one in found if one.code == code), Named(code, ""))
    fits = await service.ask(op.Find(text=text))
    near = () if fits else await service.ask(op.Find(text=text, near=True))
    return only_one(text, fits, near)


async def ticket(service: op.Answering, instrument: Named, book: str) -> Ticket:
    """Ask what a person must see before ordering an instrument for a book.

    Raises:
        ServiceError: the trader does not answer.
    """
    now = await service.ask(op.GetStatus())
    code = instrument.code
    price, before = None, None
    try:
        chart = await service.ask(op.GetChart(code=code, scale=Scale.DAY))
    except (ServiceError, CommandRefused):
        pass  # The price of the status has to do; an order at market needs none.
    else:
        today = [candle for candle in chart.candles if candle.at.date() == now.at.date()]
        earlier = [candle for candle in chart.candles if candle.at.date() < now.at.date()]
        before = earlier[-1].close if earlier else None
        last = today or earlier
        price = chart.trades[0].price if chart.trades else last[-1].close if last else None
    return Ticket(
        code=code,
        name=instrument.name or now.names.get(code, ""),
        price=known_price(now, code) or price,
        before=before,
        buying_power=now.free_cash,
        held=sum(line.quantity for line in now.positions if (line.book, line.code) == (book, code)),
    )


def known_price(now: Status, code: str) -> int | None:
    """Return the price of a held or offered name that the trader itself follows."""
    seen: dict[str, int | None] = {line.code: line.price for line in now.candidates}
    seen |= {line.code: line.price for line in now.positions}
    return seen.get(code) or None


def change(price: int | None, before: int | None) -> float | None:
    """Return the change of the day as a fraction; None where a price is not known."""
    return price / before - 1 if price and before else None


def order_words(
    of: Ticket, side: Side, quantity: int, limit: int | None, way: str = ""
) -> list[str]:
    """Say what is about to be ordered, a line for each thing that must be seen.

    Args:
        of: what is known of the instrument.
        side: buy or sell.
        quantity: shares.
        limit: price in won, None for none.
        way: how it is ordered, such as a session of its own; blank for the usual one.
    """
    at = f"{limit:,}" if limit is not None else "" if way else _("market")
    said = " ".join(part for part in (at, way) if part)
    lines = [f"{words.side(side)} {of.title} {quantity:,} @ {said}"]
    amount = of.amount(quantity, limit)
    if amount is not None:
        text = _("total {amount}") if limit is not None else _("total about {amount}")
        lines.append(text.format(amount=words.won(amount)))
    if side is Side.BUY and of.buying_power is not None:
        lines.append(_("free to spend: {amount}").format(amount=words.won(of.buying_power)))
        if amount is not None and amount > of.buying_power:
            lines.append(_("⚠ more than there is to spend"))
    elif side is Side.SELL and of.held is not None:
        lines.append(_("held there: {n}").format(n=f"{of.held:,}"))
    return lines
