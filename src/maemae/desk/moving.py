"""Putting shares from one book into another: what a person may do, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from maemae.desk.commands import Ask
from maemae.desk.events import MoveOrdered, Query
from maemae.desk.guard import Limits
from maemae.desk.prices import Quote
from maemae.desk.records import OWNER, Listed, MoveRefused, PositionMoved
from maemae.desk.rules import BookRules
from maemae.desk.state import State
from maemae.desk.terms import Exits
from maemae.desk.turn import Turn
from maemae.market.kinds import Side


@dataclass(slots=True)
class Mover:
    """Moves shares between books, or says which rule forbids it.

    A name of the owner's of which nothing is known yet waits until the broker has been asked.
    """

    books: Mapping[str, BookRules]
    limits: Limits
    _waiting: dict[str, list[MoveOrdered]] = field(default_factory=dict)

    def move(
        self,
        turn: Turn,
        order: MoveOrdered,
        quotes: Mapping[str, Quote],
        listed: Mapping[str, Listed],
        trading: frozenset[str],
    ) -> None:
        """Deal with an order, or ask for the price of its name first.

        Args:
            turn: the step.
            order: what the person wants.
            quotes: last prices, for what the owner's shares count as having cost.
            listed: what is known of instruments.
            trading: books that may enter at this moment.
        """
        state, code = turn.state, order.code
        position = state.portfolio.positions.get((order.origin, code))
        known = position.listed if position is not None else listed.get(code)
        price = order.price or (quotes[code].price if code in quotes else 0)
        adopted = order.origin == OWNER
        rule, detail = self._refusal(state, order, trading)
        if not rule and adopted and (known is None or price == 0):
            self._waiting.setdefault(code, []).append(order)
            turn.do(Ask(Query.PRICE, code))
            return
        quantity = order.quantity or sellable(state, order.origin, code)
        paid = quantity * price if adopted else _cost(state, order.origin, code, quantity)
        if not rule and self._too_much(state, order.book, paid):
            rule, detail = "capital", f"{order.book}: {paid:,}"
        if rule or known is None:
            self._refuse(turn, order, rule, detail)
            return
        turn.record(
            PositionMoved(
                at=turn.at,
                origin=order.origin,
                book=order.book,
                listed=known,
                quantity=quantity,
                paid=paid if adopted else 0,
                exits=Exits() if order.book == OWNER else self.books[order.book].entry.exits,
                ticket=order.ticket,
                worth=quantity * quotes[code].price if code in quotes else 0,
            )
        )

    def waiting(self, code: str) -> list[MoveOrdered]:
        """Return the orders that waited for the price of a name; they wait no more."""
        return self._waiting.pop(code, [])

    def dropped(self, turn: Turn, code: str, reason: str) -> None:
        """Refuse the orders of a name of which nothing can be learned."""
        for order in self.waiting(code):
            self._refuse(turn, order, "no_price", reason)

    def _refusal(
        self, state: State, order: MoveOrdered, trading: frozenset[str]
    ) -> tuple[str, str]:
        """Return the rule that forbids a move, and its detail; blanks when it may be."""
        both = (order.origin, order.book)
        held = sellable(state, order.origin, order.code)
        live = sorted({o.book for o in state.blotter.live() if o.book in both})
        active = sorted(trading.intersection(both))
        found = {
            "same_book": order.origin == order.book and order.book,
            "no_such_book": order.book not in (OWNER, *self.books) and order.book,
            "live_orders": live and " ".join(live),
            "unit": order.code in state.portfolio.withheld and order.code,
            "trading": active and " ".join(active),
            "not_held": not 0 < (order.quantity or held) <= held
            and f"{order.origin} {order.code}: {held:,}",
        }
        return next(((rule, said) for rule, said in found.items() if said), ("", ""))

    def _too_much(self, state: State, book: str, paid: int) -> bool:
        left = None if book == OWNER else self.limits.left(state, book)
        return left is not None and paid > left

    def _refuse(self, turn: Turn, order: MoveOrdered, rule: str, detail: str) -> None:
        turn.record(
            MoveRefused(
                at=turn.at,
                origin=order.origin,
                book=order.book,
                code=order.code,
                rule=rule,
                detail=detail,
                ticket=order.ticket,
            )
        )


def sellable(state: State, book: str, code: str) -> int:
    """Return the shares of a book that no live sell order has spoken for."""
    position = state.portfolio.positions.get((book, code))
    held = position.quantity if position is not None else 0
    if book == OWNER:
        held = state.portfolio.foreign.get(code, 0)
    return held - sum(o.remaining for o in state.blotter.live(book=book, code=code, side=Side.SELL))


def _cost(state: State, book: str, code: str, quantity: int) -> int:
    position = state.portfolio.positions.get((book, code))
    return position.paid * quantity // position.quantity if position is not None else 0
