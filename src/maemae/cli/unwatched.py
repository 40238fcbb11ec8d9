"""The last words of a trader: what nobody watches from now on, and how to sell it."""

from rich.console import Console
from rich.text import Text

from maemae.cli import words
from maemae.i18n import _
from maemae.service.status import PositionLine, Status


def tell_unwatched(console: Console, now: Status, venue: str) -> None:
    """Name the positions whose exits end with the trader, and the commands that sell them."""
    if not now.positions:
        return
    title = _("Nobody watches these positions from now on ({n}); no exit is sent:")
    console.print(Text(title.format(n=len(now.positions)), "bold red"))
    for position in now.positions:
        console.print(_line(position))
    again = _("To watch them again: maemae run --venue {venue}. To sell them now:")
    console.print(again.format(venue=venue), markup=False, highlight=False)
    for position in now.positions:
        sell = f"maemae sell {position.code} {position.quantity} --book {position.book}"
        console.print(f"  {sell} --venue {venue}", markup=False, highlight=False, soft_wrap=True)


def _line(position: PositionLine) -> Text:
    line = Text(f"  {position.book} {position.name} ({position.code}) ")
    line.append(_("{n} shares").format(n=f"{position.quantity:,}"))
    if position.profit is not None:
        line.append(" ").append_text(words.signed_won(position.profit))
    if position.stop is not None:
        line.append(" · ").append(_("stop {price}").format(price=words.won(position.stop)))
    return line
