"""Whose the shares on the account are, what they have cost and what selling them has earned."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction

from maemae.desk.orders import Order
from maemae.desk.positions import Detached, Position, Result
from maemae.desk.records import OWNER, DayOpened, Filled, PositionMoved, UnitChanged, UnitDoubted
from maemae.desk.terms import Exits
from maemae.errors import InvariantError
from maemae.market.kinds import Side


class Portfolio:
    """The positions of the books, and the shares of the owner. Won throughout."""

    def __init__(self) -> None:
        self.positions: dict[tuple[str, str], Position] = {}
        """By book and code."""
        self.lost: dict[tuple[str, str], Position] = {}
        """By book and code, shares written off today or on the day before: they may come back."""
        self._lost_before: set[tuple[str, str]] = set()
        self._lost_due: dict[tuple[str, str], str] = {}
        self.foreign: dict[str, int] = {}
        """The owner's shares, by code."""
        self.results: dict[str, Result] = {}
        """Of the day, by book."""
        self.due: dict[tuple[str, str], str] = {}
        """By book and code, why a position is to be sold at the next price."""
        self.closes: dict[str, int] = {}
        """Last prices in won at the last close, in today's unit where that is known."""
        self.overnight: dict[str, int] = {}
        """Shares of the account by code before the day was opened, as our books had them."""
        self.missed: dict[str, int] = {}
        """Shares of those that were written off today: they may have gone before it was opened."""
        self.shown: dict[str, int] = {}
        """Shares by code in the first balance, put right where nothing can have moved them."""
        self.followed: dict[str, int] = {}
        """Shares by code that others traded since that balance, as far as our books follow them."""
        self.appeared: frozenset[str] = frozenset()
        """Names of which shares came overnight while shares of ours went: they may be the same."""
        self.came: dict[str, int] = {}
        """All shares of those names in the day's first balance: nobody has bought them today."""
        self.detached: dict[str, Detached] = {}
        """Rights that have left names, by code."""
        self.unchecked: set[str] = set()
        """Held names of which it is not known yet whether a share is what it was."""
        self.doubted: dict[str, UnitDoubted] = {}
        """Held names of which only the owner can say what became of them."""

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

    def entitled(self, code: str) -> dict[str, int]:
        """Return by book of how many shares it still holds the rights that have left a name.

        The owner has those of all others: what a book has sold since has no exits any more.
        """
        rights = self.detached[code]
        ours = {
            book: round(Fraction(position.rights, rights.each))
            for (book, held), position in self.positions.items()
            if held == code and position.rights
        }
        return ours | {OWNER: max(0, rights.shares - sum(ours.values()))}

    # How it changes.

    @property
    def withheld(self) -> frozenset[str]:
        """Names whose shares tell nothing now: what they are, or whose, is not known."""
        others = (code for doubt in self.doubted.values() for code in doubt.others)
        # What a name became whose shares are gone may come days later.
        waited_for = self.unchecked or any(not one.after for one in self.doubted.values())
        appeared = self.appeared if waited_for else ()
        return frozenset((*self.unchecked, *self.doubted, *others, *appeared))

    @property
    def unclear(self) -> frozenset[str]:
        """Held names of which it is not known what a share is: no price says anything of them."""
        return frozenset((*self.unchecked, *self.doubted))

    def open_day(self, opened: DayOpened) -> None:
        """Begin a day: what no book of ours explains of the broker's holdings is the owner's."""
        self.results = {}
        self.lost = {key: gone for key, gone in self.lost.items() if key not in self._lost_before}
        self._lost_before = set(self.lost)
        self.overnight, self.missed = self.holdings(), {}
        self.shown, self.followed = dict(opened.holdings), {}
        if opened.owners is not None:
            self.foreign = dict(opened.owners)
            held = {code for _, code in self.positions}
            self.unchecked = held - self.doubted.keys()
            given = opened.owners
            more = {code: n for code, n in opened.holdings.items() if n > given.get(code, 0)}
            self.came = {code: n for code, n in more.items() if code not in held}
            self.appeared = frozenset(self.came)
            return
        holdings: Mapping[str, int] = opened.holdings
        ours: dict[str, int] = {}
        for (_, code), position in self.positions.items():
            ours[code] = ours.get(code, 0) + position.quantity
        rest = {code: held - ours.get(code, 0) for code, held in holdings.items()}
        self.foreign = {code: shares for code, shares in rest.items() if shares > 0}

    def correct_first(self, code: str, change: int) -> None:
        """Note that the day's first balance should have shown so many shares more, or fewer."""
        self.shown[code] = self.shown.get(code, 0) + change

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

    def follow(self, code: str, change: int) -> None:
        """Note that others traded shares since the day's first balance."""
        if followed := self.followed.pop(code, 0) + change:
            self.followed[code] = followed

    def lose(self, book: str, code: str, quantity: int) -> None:
        """Take shares out of a book that others have sold; what they are is kept."""
        key = book, code
        position = self.positions[key]
        if key in self.due:
            self._lost_due[key] = self.due[key]
        rights = position.rights
        paid, costs = self._take(position, quantity)
        gone = self.lost.setdefault(key, replace(position, quantity=0, paid=0, costs=0, rights=0))
        gone.quantity += quantity
        missed = self.missed.get(code, 0)
        lacked = max(0, self.overnight.get(code, 0) - self.shown.get(code, 0) - missed)
        self.follow(code, -max(0, quantity - lacked))
        self.missed[code] = missed + quantity
        gone.paid += paid
        gone.costs += costs
        gone.rights += rights - position.rights

    def restore(self, book: str, code: str, quantity: int) -> None:
        """Put shares that were written off back into their book, as they were."""
        gone = self.lost[book, code]
        self.follow(code, quantity)
        self.missed[code] = max(0, self.missed.get(code, 0) - quantity)
        back = replace(gone, quantity=quantity)
        back.paid = gone.paid * quantity // gone.quantity
        back.costs = gone.costs * quantity // gone.quantity
        back.rights = gone.rights * quantity // gone.quantity
        gone.quantity -= quantity
        gone.paid -= back.paid
        gone.costs -= back.costs
        gone.rights -= back.rights
        if gone.quantity == 0:
            del self.lost[book, code]
        self._put(back)
        if (book, code) in self._lost_due:
            self.due[book, code] = self._lost_due.pop((book, code))

    def reprice(self, order: Order, difference: int, cost: int) -> None:
        """Book that executions of an order came to more, or less, than was thought.

        What is held of it still has cost so much more; where it is sold, or was, it has earned
        so much less, or more.
        """
        if order.book == OWNER:
            return
        position = self.positions.get((order.book, order.code))
        if order.side is Side.BUY and position is not None:
            position.paid += difference
            position.costs += cost
            return
        earned = (difference if order.side is Side.SELL else -difference) - cost
        self.results.setdefault(order.book, Result()).realised += earned
        if position is not None:
            position.realised += earned

    def move(self, moved: PositionMoved) -> None:
        """Put shares from one book into another; what they have cost goes with them."""
        code, shares = moved.listed.code, moved.quantity
        paid, costs, since, high, rights = moved.paid, 0, moved.at, 0, 0
        if moved.origin == OWNER:
            self.change_foreign(code, -shares)
        else:
            position = self.positions[moved.origin, code]
            since, high = position.since, position.high
            rights = position.rights * shares // position.quantity
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
                rights=rights,
            )
        )

    def convert(self, change: UnitChanged) -> None:
        """Let the shares of a name be others; what they have cost stays."""
        code = change.code
        self.followed.pop(code, None)
        for key in [key for key in self.positions if key[1] == code]:
            position, due = self.positions.pop(key), self.due.pop(key, None)
            shares = change.shares.get(key[0], 0)
            if not shares:
                continue  # Less than a share was left of it, and is paid out.
            _become(position, change, shares)
            self._put(position)
            if due is not None:
                self.due[key[0], position.listed.code] = due
        self._convert_lost(change)
        if change.before == change.after and change.price_was != change.price_is:
            known = self.detached.get(code, Detached())
            self.detached[code] = Detached(
                factor=known.factor * Fraction(change.price_was, change.price_is),
                each=known.each + change.price_was - change.price_is,
                shares=change.before,
            )
        else:
            self.detached.pop(code, None)
        self.foreign.pop(code, None)
        into = code if change.listed is None else change.listed.code
        self.change_foreign(into, change.shares.get(OWNER, 0))
        self.overnight.pop(code, None)
        self.missed.pop(code, None)
        self.overnight[into] = self.overnight.get(into, 0) + change.after
        self.closes.pop(code, None)
        if change.base:
            self.closes[into] = change.base
        self.unchecked.discard(code)
        self.doubted.pop(code, None)

    def _convert_lost(self, change: UnitChanged) -> None:
        """Let shares that were written off be others too: as those they may come back."""
        for key in [key for key in self.lost if key[1] == change.code]:
            gone, due = self.lost.pop(key), self._lost_due.pop(key, None)
            came = change.price_was == change.price_is and change.listed is None
            shares = gone.quantity * change.after // change.before
            _become(gone, change, gone.quantity if came else shares)
            new = key[0], gone.listed.code
            if key in self._lost_before:
                self._lost_before.add(new)
            if gone.quantity:
                _add(self.lost, gone)
            if due is not None:
                self._lost_due[new] = due

    def doubt(self, doubt: UnitDoubted) -> None:
        """Note that only the owner can say what became of a name."""
        self.unchecked.discard(doubt.code)
        self.doubted[doubt.code] = doubt

    def confirm(self, codes: Iterable[str]) -> None:
        """Note that nothing became of names."""
        for code in codes:
            self.unchecked.discard(code)
            self.doubted.pop(code, None)

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
        _add(self.positions, new)

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
        position.rights -= position.rights * quantity // position.quantity
        position.quantity -= quantity
        position.paid -= paid
        position.costs -= costs
        if position.quantity == 0:
            del self.positions[position.book, position.listed.code]
            self.due.pop((position.book, position.listed.code), None)
        return paid, costs


def _add(positions: dict[tuple[str, str], Position], new: Position) -> None:
    """Add shares to those that a book has of the name, which keep their exits and their age."""
    position = positions.setdefault((new.book, new.listed.code), new)
    if position is not new:
        position.quantity += new.quantity
        position.paid += new.paid
        position.costs += new.costs
        position.rights += new.rights


def _become(position: Position, change: UnitChanged, shares: int) -> None:
    """Let the shares of a position be so many others; what they have cost stays."""
    if change.price_was == change.price_is and change.listed is None:
        position.rights = 0
    elif change.before == change.after:
        position.rights += shares * (change.price_was - change.price_is)
    position.quantity = shares
    position.high = position.high * change.price_is // change.price_was
    position.listed = change.listed or position.listed
