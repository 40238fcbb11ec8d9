"""What the day has done to the worth of the books: a fold of the facts, won throughout.

The day's result of a book is what its shares are worth now, plus what the day's trades brought
less what they cost, less what the shares held overnight were worth at the day's base price
(기준가). Nothing of earlier days is in it; deposits, withdrawals and the owner's shares are not
either.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from maemae.desk.orders import Order
from maemae.desk.portfolio import Portfolio
from maemae.desk.positions import Position
from maemae.desk.records import OWNER, Filled, PositionMoved, UnitChanged
from maemae.market.kinds import Side

Key = tuple[str, str]
"""Book and code."""


@dataclass(slots=True)
class DayLine:
    """A book's day in one name."""

    overnight: int = 0
    """Shares held when the day opened."""
    opened: int = 0
    """What they count as then."""
    flow: int = 0
    """Proceeds less purchases and costs; shares that were moved count at their worth then."""


class Today:
    """The day of every book and name that held or traded anything."""

    def __init__(self) -> None:
        self.lines: dict[Key, DayLine] = {}
        self._closes: dict[str, int] = {}
        self.bases: dict[str, int] = {}
        """Base prices of names that were held overnight, as far as they were told."""

    def open_day(self, portfolio: Portfolio, prices: Mapping[str, int]) -> None:
        """Begin a day: shares count at their base price; until it is told at the last close."""
        self.bases = dict(prices)
        self._closes = dict(portfolio.closes)
        self.lines = {
            key: DayLine(position.quantity, position.quantity * self._unit(key[1], position))
            for key, position in portfolio.positions.items()
        }

    def price_base(self, code: str, price: int) -> None:
        """Take in the base price of a name."""
        self.bases[code] = price
        for (_, held), line in self.lines.items():
            if held == code:
                line.opened = line.overnight * price

    def fill(self, order: Order, fill: Filled, cost: int, position: Position | None) -> None:
        """Take in a fill; `position` is what the book held before it."""
        if order.book == OWNER:
            return
        if order.side is Side.BUY:
            self._line((order.book, order.code)).flow -= fill.amount + cost
        elif position is not None:
            # What was given up before is no proceeds of shares that still count.
            sold = min(fill.quantity, position.quantity)
            proceeds = (fill.amount - cost) * sold // fill.quantity
            self._line((order.book, order.code)).flow += proceeds

    def reprice(self, order: Order, difference: int, cost: int) -> None:
        """Let the day's executions of an order have come to so many won more, for so much more."""
        if order.book != OWNER:
            change = -difference if order.side is Side.BUY else difference
            self._line((order.book, order.code)).flow += change - cost

    def lose(self, position: Position, quantity: int) -> None:
        """Let shares go that the broker does not show: neither a gain nor a loss of the day.

        Fewer than none have come back.
        """
        key = position.book, position.listed.code
        self._line(key).flow += quantity * self._unit(key[1], position)

    def move(self, moved: PositionMoved, position: Position | None) -> None:
        """Let shares change their book at what they are worth; `position` is that of the origin."""
        code, worth = moved.listed.code, moved.worth or moved.paid
        if not worth and position is not None:
            worth = moved.quantity * self._unit(code, position)
        if moved.origin != OWNER:
            self._line((moved.origin, code)).flow += worth
        if moved.book != OWNER:
            self._line((moved.book, code)).flow -= worth

    def convert(self, changed: UnitChanged) -> None:
        """Count shares in the unit that they have today: no won is gained or lost by that."""
        code = changed.code
        into = code if changed.listed is None else changed.listed.code
        base = changed.base or self.bases.get(into, 0)
        if base:
            self.bases[into] = base
        for book, held in [key for key in self.lines if key[1] == code]:
            line = self.lines.pop((book, held))
            line.overnight = changed.shares.get(book, 0)
            if base or not line.overnight:
                line.opened = line.overnight * base
            self.lines[book, into] = line

    def result(self, key: Key, worth: int) -> int:
        """Return the day's result of a book in one name whose shares are worth so many won."""
        line = self.lines.get(key)
        return 0 if line is None else worth + line.flow - line.opened

    def neutral(self, position: Position) -> int:
        """Return what shares are worth whose price is not known: neither gained nor lost."""
        return position.quantity * self._unit(position.listed.code, position)

    def _unit(self, code: str, position: Position) -> int:
        return self.bases.get(code) or self._closes.get(code) or position.average

    def _line(self, key: Key) -> DayLine:
        return self.lines.setdefault(key, DayLine())
