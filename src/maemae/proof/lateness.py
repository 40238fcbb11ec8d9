"""Whether an exit that is due, and that the broker would take, is sent in time.

The time counts from when nothing stands in its way: the books of the day are open, no sale is
under way, none that rests has to be cancelled first, and the pause after the last refusal is over.
What the broker does to other requests delays nothing.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from maemae.desk.again import PAUSES, REFUSED
from maemae.desk.desk import Desk
from maemae.desk.exits import exit_reason
from maemae.desk.orders import Order, OrderState
from maemae.desk.positions import Position
from maemae.desk.records import BY_HAND, Accepted, Halt, Record, Refused
from maemae.desk.selling import TRADED
from maemae.errors import InvariantError
from maemae.exchange.moment import datetime_of
from maemae.market.calendar import Calendar
from maemae.market.kinds import Side
from maemae.market.refusals import UNCOUNTED, WAITING, RefusalKind
from maemae.proof.bounds import must
from maemae.proof.broker import Broker

LATE = timedelta(seconds=15)
"""An exit that could have been sent for so long, and was not, did not fire."""

BLOCKED = timedelta(seconds=90)
"""So long may it take to cancel a resting sale of the same shares from the last cancel on that came
to nothing: that one may be lost, too."""

UNITS_CHECKED = timedelta(seconds=45)
"""How long after the open, or the start, it may be unknown whether a share is what it was."""

Key = tuple[str, str]


class Lateness:
    """Follows the exits of one life of the process.

    Args:
        desk: whose positions.
        broker: what it hears.
        calendar: the days on which the exchange really opens.
    """

    def __init__(self, desk: Desk, broker: Broker, calendar: Calendar) -> None:
        self._desk = desk
        self._calendar = calendar
        self._broker = broker
        hours = broker.venue.hours
        self._session = datetime_of(hours.open), datetime_of(hours.close)
        self._up_since = broker.now
        self._due: dict[Key, datetime] = {}
        self._blocked: dict[Key, datetime] = {}
        self._refused: dict[str, tuple[RefusalKind, datetime]] = {}
        self._times: dict[str, Counter[RefusalKind]] = {}
        self._traded: dict[str, datetime] = {}
        self._judged: dict[Key, tuple[tuple[object, ...], bool]] = {}
        """What the exits of a position were last held against, and whether one was due."""

    def learn(self, record: Record) -> None:
        """Take in what became of a sale."""
        if not isinstance(record, Accepted | Refused):
            return
        order = self._desk.state.blotter.order(record.intent)
        if order.side is not Side.SELL:
            return
        if isinstance(record, Refused) and order.reason == BY_HAND:
            return  # The person is told, and decides; no exit waits for it.
        if isinstance(record, Accepted):
            self._refused.pop(order.code, None)
            self._times.pop(order.code, None)
        else:
            self._refused[order.code] = record.kind, record.at
            self._times.setdefault(order.code, Counter())[record.kind] += 1
        self._traded.pop(order.code, None)

    def check(self, at: datetime) -> None:
        """Look at every position.

        Raises:
            InvariantError: an exit could have been sent and was not.
        """
        state = self._desk.state
        opens, closes = self._session
        looking = opens <= at < closes and state.halt is not Halt.ALL and state.day == at.date()
        unclear = state.portfolio.unclear
        for key, position in state.portfolio.positions.items():
            waits = key[1] in unclear and self._waits(key[1], at)
            ripe = looking and not waits and self._ripe(position, at)
            sales = self._sales(key) if ripe else []
            if not ripe or any(map(_selling, sales)):
                self._due.pop(key, None)
                self._blocked.pop(key, None)
            elif sales:
                self._due.pop(key, None)
                since = max(self._blocked.setdefault(key, at), self._broker.unchanged)
                if at - since > BLOCKED:
                    raise InvariantError(f"a resting sale keeps the exit of {key} since {since}")
            else:
                self._blocked.pop(key, None)
                since = max(self._due.setdefault(key, at), self._free(key[1], at))
                if at - since > LATE:
                    raise InvariantError(f"the exit of {key} could be sent since {since}")
        self._forget(state.portfolio.positions)

    def _sales(self, key: Key) -> list[Order]:
        return list(self._desk.state.blotter.live(book=key[0], code=key[1], side=Side.SELL))

    def _waits(self, code: str, at: datetime) -> bool:
        """Whether exits of an unclear name may wait: what became of it is asked, for a while."""
        if code not in self._desk.state.portfolio.unchecked:
            return True
        asked = at - max(self._session[0], self._up_since)
        must(asked <= UNITS_CHECKED, f"{code} is unchecked after {asked}")
        return True

    def _ripe(self, position: Position, at: datetime) -> bool:
        state, code = self._desk.state, position.listed.code
        quote = self._desk.quotes.get(code)
        if quote is None:
            return False
        flattened = None in state.flattening or position.book in state.flattening
        if flattened or (position.book, code) in state.portfolio.due:
            return True
        exits = position.exits
        timed = (exits.days, exits.at, exits.before_close) != (None, None, None)
        worth = position.quantity, position.paid, position.costs, position.rights, position.high
        against = quote.price, *worth, exits, at if timed else at.date()
        known = self._judged.get((position.book, code))
        if known is None or known[0] != against:
            reason = exit_reason(position, quote.price, state.rules, at, self._calendar)
            known = self._judged[position.book, code] = against, reason is not None
        return known[1]

    def _free(self, code: str, at: datetime) -> datetime:
        """Return from when the last refusal of a name does not stand in its way any more."""
        if code not in self._refused:
            return datetime.min.replace(tzinfo=at.tzinfo)
        kind, refused = self._refused[code]
        pause = PAUSES.get(kind, REFUSED)
        wait = pause.longest if kind in UNCOUNTED else pause.after(self._times[code][kind])
        heard = self._broker.heard.get(code)
        if heard is not None and heard > refused:
            self._traded.setdefault(code, heard)
        if kind in WAITING and code in self._traded:
            return min(refused + wait, self._traded[code] + TRADED.longest)
        return refused + wait

    def _forget(self, held: Iterable[Key]) -> None:
        for since in (self._due, self._blocked):
            for key in since.keys() - set(held):
                del since[key]


def _selling(order: Order) -> bool:
    """Whether an order is an exit under way; a sale that rests at a price is none."""
    return order.price is None or order.state is not OrderState.WORKING
