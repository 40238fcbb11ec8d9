"""Exits of held positions: the first thing the desk looks at, on every price."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from maemae.desk.again import PAUSES, REFUSED, Pause
from maemae.desk.commands import Wake
from maemae.desk.denial import denied
from maemae.desk.doubted import waits_for_look
from maemae.desk.exits import exit_reason, late_from
from maemae.desk.guard import Limits, Proposal, refusal
from maemae.desk.orders import Order
from maemae.desk.positions import Position
from maemae.desk.prices import Quote
from maemae.desk.records import (
    Filled,
    Incident,
    Intended,
    Looked,
    Peaked,
    PositionMoved,
    PositionReturned,
    Record,
    Refused,
    UnitChanged,
    UnitsConfirmed,
)
from maemae.desk.rules import BookRules
from maemae.desk.sending import cancel, send
from maemae.desk.turn import Turn
from maemae.market.kinds import Side
from maemae.market.refusals import PASSING, WAITING, RefusalKind

EXIT = "exit"
"""Timers of this kind carry the code of a name whose refused sale is tried again."""

EXITS = "exits"
"""The name of the timer that looks at all exits."""

EXITS_EVERY = timedelta(seconds=10)
"""Exits are looked at so often where no trade of their name comes, whatever their books do: a time
of day is reached, or the price of a balance reaches a bound."""

SILENCE = timedelta(seconds=10)
"""A trade after so long without one may be the first after a halt that the refusal did not name."""

TRADED = Pause(timedelta(seconds=1), timedelta(seconds=10))
"""Between two tries that a trade set off, where the refusal said that there is no trading."""

UNSAID = timedelta(seconds=30)
"""An exit that does not get through for so long is said, however passing the reasons are."""

UNDER_WAY = "duplicate"
"""The rule that refuses what is being sold already: nothing anybody need be told."""


@dataclass(slots=True)
class _Refusal:
    """What the broker said to the last sales of a name, none of which it took."""

    since: datetime
    last: datetime
    until: datetime
    """Not tried again before, unless a trade says that it may be."""
    kind: RefusalKind = RefusalKind.OTHER
    times: Counter[RefusalKind] = field(default_factory=Counter)
    trades: int = 0
    """Tries that a trade set off."""
    said: set[RefusalKind] = field(default_factory=set)


def freed(record: Record, order: Callable[[str], Order]) -> set[str]:
    """Return the names of which a fact brings shares whose exit may be due.

    A sale that ended unfilled brings none: where the venue ends each at once, the next would follow
    it without a pause.
    """
    match record:
        case Filled() | Looked():
            return {order(record.intent).code}
        case PositionMoved():
            return {record.listed.code}
        case PositionReturned():
            return {record.code}
        case UnitChanged():
            return {record.code if record.listed is None else record.listed.code}
        case UnitsConfirmed():
            return set(record.codes)
        case _:
            return set()


class Seller:
    """Sells positions when their exits say so, and everything when a book is being flattened.

    Args:
        limits: of the risk guard.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._refused: dict[str, _Refusal] = {}
        self._told: dict[tuple[str, str], str] = {}

    def begin(self, turn: Turn, opens: datetime, books: Iterable[BookRules]) -> None:
        """Look at all exits when the session opens and when the clock alone can make one due.

        No trade need come then: a quiet name would be sold seconds late.
        """
        turn.do(Wake(f"{EXITS}:open", max(turn.at, opens)))
        day, calendar = opens.date(), turn.state.calendar
        if not calendar.is_session(day):
            return
        held = turn.state.portfolio.positions.values()
        ways = (*(book.entry.exits for book in books), *(position.exits for position in held))
        clocks = {late_from(exits, day, calendar) for exits in ways}
        for late in sorted(clock for clock in clocks if clock is not None):
            at = datetime.combine(day, late, opens.tzinfo)
            if at > turn.at:
                turn.do(Wake(f"{EXITS}:{late}", at))

    def refused(self, turn: Turn, code: str, refused: Refused) -> None:
        """Note that the broker refused to sell a name, and try again when that may help."""
        kind = refused.kind
        known = self._refused.setdefault(code, _Refusal(turn.at, turn.at, turn.at))
        known.kind, known.last = kind, turn.at
        known.times[kind] += 1
        known.until = turn.at + PAUSES.get(kind, REFUSED).after(known.times[kind])
        turn.do(Wake(f"{EXIT}:{code}", known.until))
        self._say(turn, code, known, refused)

    def traded(self, turn: Turn, code: str) -> None:
        """Let a refused sale be tried at once where a trade shows that a halt is over."""
        known = self._refused.get(code)
        if known is None:
            return
        waited, fresh = turn.at - known.last, known.kind in WAITING
        bound = TRADED if fresh else Pause(TRADED.first, REFUSED.longest)
        due = known.trades == 0 or waited >= bound.after(known.trades)
        if (fresh or waited >= SILENCE) and due and turn.at < known.until:
            known.until = turn.at
            known.trades += 1
        if not fresh:
            known.last = turn.at

    def accepted(self, code: str) -> None:
        """Note that the broker took a sale: the next refusal is a first one again."""
        self._refused.pop(code, None)

    @staticmethod
    def _say(turn: Turn, code: str, known: _Refusal, refused: Refused) -> None:
        """Say each real no, once that a name is not traded, and what passes only if it does not."""
        kind = refused.kind
        if kind in PASSING and turn.at - known.since < UNSAID:
            return
        if kind in PASSING | WAITING and kind in known.said:
            return
        known.said.add(kind)
        waited = f", {(turn.at - known.since).total_seconds():.0f} s" if kind in PASSING else ""
        turn.record(
            Incident(
                at=turn.at,
                kind="exit_delayed" if kind in PASSING else "exit_refused",
                detail=f"{code}: {refused.code} {refused.message}".rstrip() + waited,
            )
        )

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
            if position.listed.code in turn.state.portfolio.unclear:
                continue  # What a share of it is today is not known: no price says anything.
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
        code = position.listed.code
        refused = self._refused.get(code)
        if refused is not None and turn.at < refused.until:
            return
        waits = waits_for_look(turn.state, turn.at, code, Side.SELL)
        if waits is not None:
            turn.do(Wake(f"{EXIT}:{code}", waits))
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
            turn.record(denied(turn.state, self._limits, proposal, rule, reason=reason))

    def _reason(self, turn: Turn, position: Position, quote: Quote) -> str | None:
        state = turn.state
        if None in state.flattening or position.book in state.flattening:
            return "flatten"
        due = state.portfolio.due.get((position.book, position.listed.code))
        if due is not None:
            return due
        if state.day is None:
            return None
        return exit_reason(position, quote.price, state.rules, turn.at, state.calendar)

    def _cancel(self, turn: Turn, position: Position, side: Side) -> None:
        """Cancel what is under way of a name that is to be sold, market sales left out."""
        book, code = position.book, position.listed.code
        for order in turn.state.blotter.live(book=book, code=code, side=side):
            if side is Side.BUY or not order.at_market:
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
