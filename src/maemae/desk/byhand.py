"""What a person orders: through the same guard, ledger and books as everything else."""

from collections.abc import Mapping
from datetime import datetime

from maemae.desk.commands import Ask
from maemae.desk.events import AmendOrdered, CancelOrdered, OrderOrdered, Query
from maemae.desk.guard import Limits, Proposal, refusal
from maemae.desk.moving import sellable
from maemae.desk.orders import Order, OrderState
from maemae.desk.prices import UPPER_LIMIT, Quote
from maemae.desk.records import Declined, Incident, Intended, Listed
from maemae.desk.sending import amend, cancel, send
from maemae.desk.terms import Exits
from maemae.desk.turn import Turn
from maemae.market.kinds import Side

BY_HAND = "by_hand"


class ByHand:
    """Takes a person's orders; one of a name whose price is not known waits until it is.

    Args:
        limits: of the risk guard.
        exits: by book, the exits that a position bought by hand gets there.
    """

    def __init__(self, limits: Limits, exits: Mapping[str, Exits]) -> None:
        self._limits = limits
        self._exits = exits
        self._waiting: dict[str, list[OrderOrdered]] = {}

    def ordered(
        self,
        turn: Turn,
        order: OrderOrdered,
        quotes: Mapping[str, Quote],
        listed: Mapping[str, Listed],
        *,
        in_session: bool,
    ) -> None:
        """Deal with an order, or ask for the price of its name first."""
        quote, known = quotes.get(order.code), listed.get(order.code)
        fresh = quote is not None and turn.at - quote.seen <= self._limits.quote_age
        if quote is None or known is None or not fresh:
            self._waiting.setdefault(order.code, []).append(order)
            turn.do(Ask(Query.PRICE, order.code))
            return
        self._deal(turn, order, quote, known, in_session=in_session)

    def priced(
        self,
        turn: Turn,
        code: str,
        quotes: Mapping[str, Quote],
        listed: Mapping[str, Listed],
        *,
        in_session: bool,
    ) -> None:
        """Go on with the orders that waited for this price."""
        if code in listed:
            for order in self._waiting.pop(code, []):
                self._deal(turn, order, quotes[code], listed[code], in_session=in_session)

    def dropped(self, turn: Turn, code: str, reason: str) -> None:
        """Decline the orders of a name whose price cannot be had."""
        for order in self._waiting.pop(code, []):
            self._decline(turn, order, "no_price", reason)

    def cancelled(self, turn: Turn, event: CancelOrdered) -> None:
        """Cancel what is left of an order; say why when there is nothing to cancel."""
        order = self._working(turn, event.intent, "cancel")
        if order is not None:
            cancel(turn, order, event.reason)

    def amended(self, turn: Turn, event: AmendOrdered) -> None:
        """Give what is left of an order another price; say why when that cannot be."""
        order = self._working(turn, event.intent, "amend")
        if order is not None:
            reserve = event.price * order.quantity if order.side is Side.BUY else 0
            amend(turn, order, event.price, reserve)

    def _working(self, turn: Turn, intent: str, what: str) -> Order | None:
        order = turn.state.blotter.orders.get(intent)
        why = ""
        if order is None:
            why = "no such order"
        elif order.state is not OrderState.WORKING:
            why = f"it is {order.state}"
        elif order.cancelling or order.amending is not None:
            why = "a cancel or an amendment of it is under way"
        elif what == "amend" and order.price is None:
            why = "a market order has no price"
        if why:
            turn.record(Incident(at=turn.at, kind=f"{what}_impossible", detail=f"{intent}: {why}"))
            return None
        return order

    def _deal(
        self, turn: Turn, order: OrderOrdered, quote: Quote, listed: Listed, *, in_session: bool
    ) -> None:
        if order.side is Side.SELL:
            missing = order.quantity - sellable(turn.state, order.book, order.code)
            if missing > 0:
                self._decline(turn, order, "not_held", f"{missing} more than can be sold")
                return
        proposal = self._proposal(order, quote, listed, turn.at, in_session=in_session)
        rule = refusal(turn.state, self._limits, proposal)
        if rule is not None:
            self._decline(turn, order, rule, f"{order.quantity} x {proposal.price}")
            return
        send(
            turn,
            Intended(
                at=turn.at,
                intent=turn.state.next_intent(),
                book=order.book,
                side=order.side,
                listed=listed,
                quantity=order.quantity,
                price=order.price,
                reserve=proposal.reserve,
                reason=BY_HAND,
                exits=self._exits.get(order.book) if order.side is Side.BUY else None,
                ticket=order.ticket,
            ),
        )

    def _proposal(
        self, order: OrderOrdered, quote: Quote, listed: Listed, at: datetime, *, in_session: bool
    ) -> Proposal:
        price = order.price or quote.price
        each = order.price or quote.price * UPPER_LIMIT // 100
        return Proposal(
            at=at,
            book=order.book,
            code=order.code,
            side=order.side,
            quantity=order.quantity,
            price=price,
            seen=quote.seen,
            reserve=each * order.quantity if order.side is Side.BUY else 0,
            in_session=in_session,
            limit=order.price,
            last=quote.price,
            listed=listed,
            by_hand=True,
        )

    def _decline(self, turn: Turn, order: OrderOrdered, rule: str, detail: str) -> None:
        turn.record(
            Declined(
                at=turn.at,
                book=order.book,
                side=order.side,
                code=order.code,
                rule=rule,
                detail=detail,
                ticket=order.ticket,
            )
        )
