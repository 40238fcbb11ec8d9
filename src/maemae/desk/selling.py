"""Exits of held positions: the first thing the desk looks at, on every price."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from maemae.desk.exits import exit_reason
from maemae.desk.guard import Limits, Proposal, refusal
from maemae.desk.positions import Position
from maemae.desk.prices import Quote
from maemae.desk.records import Intended, Peaked
from maemae.desk.sending import cancel, send
from maemae.desk.turn import Turn
from maemae.market.kinds import Side

RETRY = timedelta(seconds=5)
"""After the broker refused an exit, the next try waits this long, doubled each time."""

LONGEST = timedelta(minutes=5)

UNDER_WAY = "duplicate"
"""The rule that refuses what is being sold already: nothing anybody need be told."""


class Seller:
    """Sells positions when their exits say so, and everything when a book is being flattened.

    Args:
        limits: of the risk guard.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._refused: dict[str, tuple[int, datetime]] = {}
        self._told: dict[tuple[str, str], str] = {}

    def refused(self, turn: Turn, code: str) -> None:
        """Note that the broker refused to sell a name, and wait before the next try."""
        times = self._refused.get(code, (0, turn.at))[0] + 1
        wait = min(RETRY * 2 ** min(times - 1, 10), LONGEST)
        self._refused[code] = (times, turn.at + wait)

    def accepted(self, code: str) -> None:
        """Note that the broker took a sale: the next refusal is a first one again."""
        self._refused.pop(code, None)

    def look(
        self,
        turn: Turn,
        quotes: Mapping[str, Quote],
        *,
        in_session: bool,
        code: str | None = None,
        only: Collection[tuple[str, str]] | None = None,
    ) -> None:
        """Sell what is due, of one name or of all; `only` these books and codes."""
        for position in list(turn.state.portfolio.positions.values()):
            if code not in (None, position.listed.code):
                continue
            if only is not None and (position.book, position.listed.code) not in only:
                continue
            quote = quotes.get(position.listed.code)
            if quote is not None:
                self._look_at(turn, position, quote, in_session)

    def _look_at(self, turn: Turn, position: Position, quote: Quote, in_session: bool) -> None:
        if position.exits.trailing is not None and quote.price > position.high:
            turn.record(
                Peaked(
                    at=turn.at,
                    book=position.book,
                    code=position.listed.code,
                    price=quote.price,
                )
            )
        reason = self._reason(turn, position, quote)
        if reason is None:
            return
        _, wait_until = self._refused.get(position.listed.code, (0, turn.at))
        if turn.at < wait_until:
            return
        proposal = Proposal(
            at=turn.at,
            book=position.book,
            code=position.listed.code,
            side=Side.SELL,
            quantity=position.quantity,
            price=quote.price,
            seen=quote.seen,
            reserve=0,
            in_session=in_session,
        )
        rule = refusal(turn.state, self._limits, proposal)
        if rule is None:
            self._cancel(turn, position, Side.BUY)
            self._sell(turn, position, reason)
        elif rule == UNDER_WAY:
            # A sale that rests at a price must not keep the rest from being sold.
            self._cancel(turn, position, Side.SELL)
        self._tell(turn, proposal, rule, reason)

    def _tell(self, turn: Turn, proposal: Proposal, rule: str | None, reason: str) -> None:
        """State that an exit was refused: once, until another rule refuses it or it is sent."""
        key = proposal.book, proposal.code
        if rule in (None, UNDER_WAY):
            self._told.pop(key, None)
        elif self._told.get(key) != rule:
            self._told[key] = rule
            turn.record(proposal.declined(rule, reason))

    def _reason(self, turn: Turn, position: Position, quote: Quote) -> str | None:
        state = turn.state
        if None in state.flattening or position.book in state.flattening:
            return "flatten"
        due = state.portfolio.due.get((position.book, position.listed.code))
        if due is not None:
            return due
        if state.day is None:
            return None
        return exit_reason(position, quote.price, state.rules, turn.at)

    def _cancel(self, turn: Turn, position: Position, side: Side) -> None:
        """Cancel what is under way of a name that is to be sold, market sales left out."""
        book, code = position.book, position.listed.code
        for order in turn.state.blotter.live(book=book, code=code, side=side):
            if side is Side.BUY or order.price is not None:
                cancel(turn, order, "exit")

    def _sell(self, turn: Turn, position: Position, reason: str) -> None:
        send(
            turn,
            Intended(
                at=turn.at,
                intent=turn.state.next_intent(),
                book=position.book,
                side=Side.SELL,
                listed=position.listed,
                quantity=position.quantity,
                reason=reason,
            ),
        )
