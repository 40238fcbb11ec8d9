"""From facts to messages: a pure translation that follows the desk's state fact by fact."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import datetime, timedelta
from decimal import Decimal

from maemae.desk import records as rec
from maemae.desk.orders import Order
from maemae.desk.positions import Position
from maemae.desk.state import State
from maemae.desk.terms import Exits
from maemae.i18n import _
from maemae.market.kinds import Side
from maemae.notify import facts
from maemae.notify.messages import Kind, Message, message
from maemae.notify.tally import Tallies, Tally
from maemae.notify.texts import Texts
from maemae.service import words

BUNDLE = 2.0
"""Seconds within which partial fills of one order are told as one."""


class Teller:
    """Tells facts. It folds a copy of the desk's state, so that it may lag behind the desk.

    Args:
        state: the desk's state before the first fact that is told.
        texts: the words.
    """

    def __init__(self, state: State, texts: Texts) -> None:
        self._state = deepcopy(state)
        self._texts = texts
        self._tallies = Tallies()
        self._bought = {
            key: position.paid for key, position in self._state.portfolio.positions.items()
        }

    def opened(self, at: datetime) -> bool:
        """Whether the day of that moment has its opening balance: before it there is no money."""
        return self._state.day == at.date()

    @property
    def waiting(self) -> bool:
        """Whether a partial fill waits to be told."""
        return bool(self._tallies)

    def tell(self, record: rec.Record, now: float) -> list[Message]:
        """Take in a fact, and return what there is to tell; `now` is monotonic seconds."""
        if isinstance(record, rec.Filled):
            return list(self._filled(record, now))
        self._state.apply(record)
        said = list(self._finished(record))
        if (told := facts.told(record, self._state)) is not None:
            kind, fields = told
            incident = record.kind if isinstance(record, rec.Incident) else ""
            text = self._texts.say(kind, **fields)
            said.append(message(kind, record.at, text, incident=incident))
        return said

    def flush(self, at: datetime, before: float) -> list[Message]:
        """Tell the partial fills that began to wait before that moment."""
        return [told for tally in self._tallies.due(before) for told in self._told(tally, at)]

    # Fills and positions.

    def _filled(self, fill: rec.Filled, now: float) -> Iterator[Message]:
        order = self._state.blotter.order(fill.intent)
        key = (order.book, order.code)
        before = self._state.portfolio.positions.get(key)
        self._state.apply(fill)
        after = self._state.portfolio.positions.get(key)
        tally = self._tallies.add(order, fill, now)
        if order.side is Side.BUY:
            self._bought[key] = self._bought.get(key, 0) + fill.amount
        if before is None and after is not None:
            tally.opened = after
        if before is not None and after is None:
            tally.closed = before
        if order.remaining == 0 or tally.closed is not None:
            self._tallies.take(order.intent)
            yield from self._told(tally, fill.at)

    def _finished(self, record: rec.Record) -> Iterator[Message]:
        """Tell the partial fills of an order of which nothing is left."""
        if isinstance(record, rec.Ended):
            tally = self._tallies.take(record.intent)
            if tally is not None:
                yield from self._told(tally, record.at)

    def _told(self, tally: Tally, at: datetime) -> Iterator[Message]:
        order = tally.order
        text = self._texts.say(
            Kind.FILLED,
            dot="🔴" if order.side is Side.BUY else "🔵",
            **facts.order_fields(self._state, order.intent, quantity=f"{tally.quantity:,}"),
            price=words.won(tally.price),
            filled=f"{order.filled:,}",
            ordered=f"{order.quantity:,}",
            reason=words.reason(order.reason),
        )
        yield message(Kind.FILLED, at, text)
        if tally.opened is not None and tally.opened.quantity:
            yield self._opened(tally.opened, at)
        if tally.closed is not None:
            yield self._closed(tally.closed, order, at)

    def _opened(self, position: Position, at: datetime) -> Message:
        text = self._texts.say(
            Kind.POSITION_OPENED,
            name=position.listed.name or position.listed.code,
            quantity=f"{position.quantity:,}",
            price=words.won(position.average),
            exits=_exits(position.exits),
        )
        return message(Kind.POSITION_OPENED, at, text)

    def _closed(self, position: Position, order: Order, at: datetime) -> Message:
        profit = position.realised
        spent = self._bought.pop((position.book, position.listed.code), 0)
        rate = Decimal(profit) / spent if spent else Decimal(0)
        text = self._texts.say(
            Kind.POSITION_CLOSED,
            name=position.listed.name or position.listed.code,
            dot=words.dot(profit),
            profit=words.marked_won(profit),
            rate=words.marked_percent(rate),
            reason=words.reason(order.reason),
            held=_span(at - position.since),
        )
        return message(Kind.POSITION_CLOSED, at, text)


def _exits(exits: Exits) -> str:
    said = []
    for name, rate, sign in (
        (_("take profit"), exits.take_profit, "+"),
        (_("stop loss"), exits.stop_loss, "-"),
        (_("trailing stop"), exits.trailing, "-"),
    ):
        if rate is not None:
            said.append(f"{name} {sign}{rate * 100:.2f}%")
    return "\n" + ", ".join(said) if said else ""


def _span(held: timedelta) -> str:
    minutes = int(held.total_seconds()) // 60
    days, minutes = divmod(minutes, 24 * 60)
    if days:
        return _("held {days} days").format(days=days)
    if minutes >= 60:  # noqa: PLR2004 - an hour
        return _("held {h} h {m} min").format(h=minutes // 60, m=minutes % 60)
    return _("held {m} min").format(m=minutes)
