"""Whose the shares on the account are, what they have cost and what selling them has earned."""

from collections.abc import Iterator, Mapping

from maemae.desk.orders import Order
from maemae.desk.positions import Position, Result
from maemae.desk.records import OWNER, Filled, PositionMoved
from maemae.desk.terms import Exits
from maemae.errors import InvariantError
from maemae.market.kinds import Side


class Portfolio:
    """The positions of the books, and the shares of the owner. Won throughout."""

    def __init__(self) -> None:
        self.positions: dict[tuple[str, str], Position] = {}
        """By book and code."""
        self.foreign: dict[str, int] = {}
        """The owner's shares, by code."""
        self.results: dict[str, Result] = {}
        """Of the day, by book."""
        self.due: dict[tuple[str, str], str] = {}
        """By book and code, why a position is to be sold at the next price."""

    # What can be read off.

    def held(self, book: str) -> Iterator[Position]:
        """Yield the positions of a book."""
        return (position for (owner, _), position in self.positions.items() if owner == book)

    def shares(self, code: str) -> int:
        """Shares of a name on the whole account, the owner's among them."""
        ours = sum(p.quantity for (_, held), p in self.positions.items() if held == code)
        return ours + self.foreign.get(code, 0)

    def holdings(self) -> dict[str, int]:
        """All shares on the account, by code."""
        shares = dict(self.foreign)
        for (_, code), position in self.positions.items():
            shares[code] = shares.get(code, 0) + position.quantity
        return {code: shares[code] for code in sorted(shares)}

    # How it changes.

    def open_day(self, holdings: Mapping[str, int]) -> None:
        """Begin a day: what no book of ours explains of the broker's holdings is the owner's."""
        self.results = {}
        ours: dict[str, int] = {}
        for (_, code), position in self.positions.items():
            ours[code] = ours.get(code, 0) + position.quantity
        rest = {code: held - ours.get(code, 0) for code, held in holdings.items()}
        self.foreign = {code: shares for code, shares in rest.items() if shares > 0}

    def fill(self, order: Order, fill: Filled, cost: int) -> None:
        """Add what was bought to its book, or take what was sold out of it; fees are `cost`."""
        if order.book == OWNER:
            bought = order.side is Side.BUY
            self.change_foreign(order.code, fill.quantity if bought else -fill.quantity)
        elif order.side is Side.BUY:
            self._buy(order, fill, cost)
        else:
            self._sell(order, fill, cost)

    def change_foreign(self, code: str, change: int) -> None:
        """Add shares to the owner's, or take them away."""
        shares = self.foreign.get(code, 0) + change
        if shares > 0:
            self.foreign[code] = shares
        else:
            self.foreign.pop(code, None)

    def lose(self, book: str, code: str, quantity: int) -> None:
        """Take shares out of a book that the broker does not show."""
        self._take(self.positions[book, code], quantity)

    def move(self, moved: PositionMoved) -> None:
        """Put shares from one book into another; what they have cost goes with them."""
        code, shares = moved.listed.code, moved.quantity
        paid, costs, since, high = moved.paid, 0, moved.at, 0
        if moved.origin == OWNER:
            self.change_foreign(code, -shares)
        else:
            position = self.positions[moved.origin, code]
            since, high = position.since, position.high
            paid, costs = self._take(position, shares)
        if moved.book == OWNER:
            self.change_foreign(code, shares)
            return
        self._put(
            Position(
                book=moved.book,
                listed=moved.listed,
                quantity=shares,
                paid=paid,
                costs=costs,
                exits=moved.exits,
                since=since,
                high=max(high, paid // shares),
            )
        )

    def make_due(self, book: str, code: str, reason: str) -> None:
        """Note that a position is to be sold at the next price.

        Raises:
            InvariantError: there is no such position.
        """
        if (book, code) not in self.positions:
            raise InvariantError(f"{book} holds no {code} that could be sold")
        self.due[book, code] = reason

    # The arithmetic of positions.

    def _buy(self, order: Order, fill: Filled, cost: int) -> None:
        self._put(
            Position(
                book=order.book,
                listed=order.listed,
                quantity=fill.quantity,
                paid=fill.amount,
                costs=cost,
                exits=order.exits or Exits(),
                since=fill.executed,
                high=fill.price,
            )
        )

    def _put(self, new: Position) -> None:
        """Add shares to a book; what it holds of the name already keeps its exits and its age."""
        position = self.positions.setdefault((new.book, new.listed.code), new)
        if position is not new:
            position.quantity += new.quantity
            position.paid += new.paid
            position.costs += new.costs

    def _sell(self, order: Order, fill: Filled, cost: int) -> None:
        position = self.positions.get((order.book, order.code))
        if position is None:
            # Given up before the broker said that it was sold: `tracking.fill` has said so, and
            # the next balance sets the books right.
            return
        spent = sum(self._take(position, min(fill.quantity, position.quantity)))
        profit = fill.amount - cost - spent
        result = self.results.setdefault(order.book, Result())
        result.realised += profit
        position.realised += profit
        if position.quantity == 0:
            result.wins += position.realised > 0
            result.losses += position.realised <= 0

    def _take(self, position: Position, quantity: int) -> tuple[int, int]:
        """Take shares out of a position and return what they had cost, and the fees on that."""
        paid = position.paid * quantity // position.quantity
        costs = position.costs * quantity // position.quantity
        position.quantity -= quantity
        position.paid -= paid
        position.costs -= costs
        if position.quantity == 0:
            del self.positions[position.book, position.listed.code]
            self.due.pop((position.book, position.listed.code), None)
        return paid, costs
