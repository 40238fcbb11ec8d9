"""What a person orders: through the same guard, ledger and books as everything else."""

from collections.abc import Mapping
from datetime import datetime

from maemae.desk.amending import attempt, propose
from maemae.desk.commands import Ask
from maemae.desk.denial import denied
from maemae.desk.events import AmendOrdered, CancelOrdered, OrderOrdered, Query
from maemae.desk.guard import Limits, Proposal, refusal
from maemae.desk.moving import sellable
from maemae.desk.orders import Order, OrderState
from maemae.desk.prices import UPPER_LIMIT, Quote
from maemae.desk.records import BY_HAND, Declined, Incident, Intended, Listed
from maemae.desk.routing import Lives
from maemae.desk.sending import cancel, send
from maemae.desk.terms import Exits, Route
from maemae.desk.turn import Turn
from maemae.errors import DataError
from maemae.market.kinds import Side
from maemae.market.order_kinds import OrderKind, Pricing, order_kind
from maemae.market.phases import Venue

_Order = OrderOrdered | AmendOrdered


class ByHand:
    """Takes a person's orders; one of a name whose price is not known waits until it is.

    Args:
        limits: of the risk guard.
        exits: by book, the exits that a position bought by hand gets there.
        lives: the hours of order kinds.
    """

    def __init__(self, limits: Limits, exits: Mapping[str, Exits], lives: Lives) -> None:
        self._lives = lives
        self._limits = limits
        self._exits = exits
        self._waiting: dict[str, list[_Order]] = {}

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
            self._wait(turn, order.code, order)
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
        if code not in listed:
            return
        for order in self._waiting.pop(code, []):
            if isinstance(order, AmendOrdered):
                self.amended(turn, order, quotes, in_session=in_session)
            else:
                self._deal(turn, order, quotes[code], listed[code], in_session=in_session)

    def dropped(self, turn: Turn, code: str, reason: str) -> None:
        """Decline the orders of a name whose price cannot be had."""
        for order in self._waiting.pop(code, []):
            if isinstance(order, AmendOrdered):
                self._leave(turn, order, code, reason)
            else:
                self._decline(turn, order, "no_price", reason)

    def cancelled(self, turn: Turn, event: CancelOrdered) -> None:
        """Cancel what is left of an order; say why when there is nothing to cancel."""
        order = self._working(turn, event.intent, "cancel")
        if order is not None:
            cancel(turn, order, event.reason)

    def amended(
        self, turn: Turn, event: AmendOrdered, quotes: Mapping[str, Quote], *, in_session: bool
    ) -> None:
        """Give what is left of an order another price, or ask for the price of its name first.

        What cannot be amended, and what the guard refuses, stays as it is and is said.
        """
        order = self._working(turn, event.intent, "amend")
        if order is None:
            return
        quote = quotes.get(order.code)
        if quote is None or turn.at - quote.seen > self._limits.quote_age:
            self._wait(turn, order.code, event)
            return
        if order.route is not None:
            kind, exchange = order_kind(order.route.kind), order.route.exchange
            in_session = self._lives(kind, exchange, turn.at) is not None
        wanted = propose(turn, order, event.price, quote, in_session=in_session, by_hand=True)
        rule = attempt(turn, self._limits, order, wanted, quote)
        if rule is not None:
            turn.record(denied(turn.state, self._limits, wanted, rule, ticket=event.ticket))

    def _wait(self, turn: Turn, code: str, order: _Order) -> None:
        """Keep an order until the price of its name is known."""
        self._waiting.setdefault(code, []).append(order)
        turn.do(Ask(Query.PRICE, code))

    def _working(self, turn: Turn, intent: str, what: str) -> Order | None:
        order = turn.state.blotter.orders.get(intent)
        why = ""
        if order is None:
            why = "no_such_order"
        elif order.state is not OrderState.WORKING:
            why = order.state.value
        elif order.cancelling or order.amending is not None:
            why = "changing"
        elif what == "amend" and order.price is None:
            why = "at_market"
        if why:
            turn.record(Incident(at=turn.at, kind=f"{what}_impossible", detail=f"{intent}: {why}"))
            return None
        return order

    def _deal(
        self, turn: Turn, order: OrderOrdered, quote: Quote, listed: Listed, *, in_session: bool
    ) -> None:
        if order.side is Side.SELL:
            held = sellable(turn.state, order.book, order.code)
            if order.quantity > held:
                self._decline(turn, order, "not_held", f"{order.quantity} > {held}", (held,))
                return
        kind = _kind(order)
        until = None if kind is None else self._lives(kind, order.exchange, turn.at)
        plain = not order.kind and order.exchange is Venue.KRX
        proposal = self._proposal(
            order, quote, listed, turn.at,
            in_session=in_session if plain else until is not None,
            misfit=kind is None or not _fits(kind, order),
        )  # fmt: skip
        rule = refusal(turn.state, self._limits, proposal)
        if rule is not None:
            turn.record(denied(turn.state, self._limits, proposal, rule, ticket=order.ticket))
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
                route=(
                    None
                    if plain or kind is None or until is None
                    else Route(kind=kind.code, exchange=order.exchange, until=until)
                ),
            ),
        )

    @staticmethod
    def _proposal(
        order: OrderOrdered,
        quote: Quote,
        listed: Listed,
        at: datetime,
        *,
        in_session: bool,
        misfit: bool,
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
            misfit=misfit,
        )

    def _leave(self, turn: Turn, event: AmendOrdered, code: str, reason: str) -> None:
        """Leave an order as it is, because nothing is known of the price of its name."""
        order = turn.state.blotter.orders.get(event.intent)
        if order is not None:
            turn.record(
                Declined(
                    at=turn.at,
                    book=order.book,
                    side=order.side,
                    code=code,
                    rule="no_price",
                    detail=reason,
                    ticket=event.ticket,
                )
            )

    def _decline(
        self, turn: Turn, order: OrderOrdered, rule: str, detail: str, figures: tuple[int, ...] = ()
    ) -> None:
        turn.record(
            Declined(
                at=turn.at,
                book=order.book,
                side=order.side,
                code=order.code,
                rule=rule,
                detail=detail,
                ticket=order.ticket,
                quantity=order.quantity,
                price=order.price or 0,
                figures=figures,
            )
        )


def _kind(order: OrderOrdered) -> OrderKind | None:
    """Return what kind of order a person wants; None: there is no such kind."""
    try:
        return order_kind(order.kind or ("01" if order.price is None else "00"))
    except DataError:
        return None


def _fits(kind: OrderKind, order: OrderOrdered) -> bool:
    """Whether the kind goes to the exchange, and has a price or none as the order does.

    Stop orders (스톱지정가) are not offered: they need a second price.
    """
    priced = kind.needs_price is (order.price is not None)
    return order.exchange in kind.venues and priced and kind.pricing is not Pricing.STOP_LIMIT
