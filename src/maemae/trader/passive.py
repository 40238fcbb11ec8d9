"""What trading shows of the broker's server by itself: each order, gap and code is timed.

Nothing is asked for this, and nothing waits for it: it listens to what the desk is told anyway.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any, TypeVar

from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.orders import Order, OrderState
from maemae.desk.sights import Figure
from maemae.desk.turn import Turn
from maemae.market.kinds import Side
from maemae.profile.facts import Fact
from maemae.profile.observed import ENOUGH, Observed, Time, codes_in, write_observed
from maemae.profile.profile import SOON

K = TypeVar("K")
V = TypeVar("V")

PROMPT = timedelta(seconds=SOON)
NOTICED_WITHIN = timedelta(seconds=30)
"""An order of which no notice came for so long, with the stream up, has none."""

SHOWN_WITHIN = timedelta(seconds=10)
"""A figure that does not have an order in it for so long does not shrink by it."""

SAVED_EVERY = timedelta(minutes=10)

_MOST = 2_000
"""Orders that are followed at most; the oldest are let go."""

_FIGURES = {Figure.SELLABLE: Fact.SELLABLE_SHRINKS, Figure.POWER: Fact.POWER_SHRINKS}


@dataclass(slots=True)
class _Track:
    """What was seen of an order so far."""

    intent: str
    replied: datetime
    noticed: bool = False
    listed: bool = False
    remaining: bool = False
    worth: tuple[int, int] | None = None
    """Shares and won of the last list, None once that is settled."""
    settled: bool = False
    shrunk: bool = False


class Passive:
    """Follows the orders of this process.

    Args:
        observed: what was seen so far, which is added to.
        save: writes it; called every ten minutes and at the end.
    """

    def __init__(self, observed: Observed, save: Callable[[Observed], None]) -> None:
        self._observed = observed
        self._save = save
        self._saved: datetime | None = None
        self._sent: dict[str, datetime] = {}
        self._numbers: dict[str, int] = {}
        self._tracks: dict[int, _Track] = {}
        self._early: dict[int, datetime] = {}
        """First notices of numbers that no reply has told yet."""
        self._down: datetime | None = None
        self._last_gap: datetime | None = None
        self._filled: dict[str, datetime] = {}
        """Names of which an execution is not in a balance yet, since when."""
        self._sold_out: dict[str, datetime] = {}
        self._refused: dict[str, datetime] = {}
        self._followers: dict[type[ev.Event], Callable[[Any, Turn], None]] = {
            ev.OrderAccepted: self._accepted,
            ev.OrderRefused: lambda event, _: self._observed.coded(event.code or "-"),
            ev.AmendAnswered: self._amended,
            ev.Notice: self._noticed,
            ev.Executions: self._listed,
            ev.Balance: self._balance,
            ev.BuyingPower: self._power,
            ev.Unavailable: self._unavailable,
            ev.StreamChanged: self._stream,
        }

    def __call__(self, event: ev.Event, turn: Turn) -> None:
        """Take in what the desk was told, and what it made of it."""
        for record in turn.records:
            self._note(record, turn)
        follow = self._followers.get(type(event))
        if follow is None:
            return
        follow(event, turn)
        if self._saved is None:
            self._saved = event.at
        elif event.at - self._saved >= SAVED_EVERY:
            self._saved = event.at
            self._save(self._observed)

    def close(self) -> None:
        """Keep what was seen."""
        self._save(self._observed)

    def _note(self, record: rec.Record, turn: Turn) -> None:
        day = record.at.date()
        match record:
            case rec.DayOpened():
                self._sold_out.clear()
                self._filled.clear()
            case rec.Intended():
                self._sent[record.intent] = record.at
                _bound(self._sent)
            case rec.FigureProved():
                self._proved(record)
            case rec.Refused():
                self._refused[record.intent] = record.at
                _bound(self._refused)
            case rec.Accepted():
                if record.source != "reply" and record.intent in self._refused:
                    del self._refused[record.intent]
                    self._observed.saw(Fact.REFUSAL_FINAL, day, holds=False, weight=ENOUGH)
            case rec.Filled():
                order = turn.state.blotter.order(record.intent)
                self._filled.setdefault(order.code, record.at)
                gone = not turn.state.portfolio.holdings().get(order.code)
                if order.side is Side.SELL and gone:
                    self._sold_out[order.code] = record.at
            case _:
                pass

    def _proved(self, record: rec.FigureProved) -> None:
        day, soon = record.at.date(), record.seconds <= SOON
        if record.figure is Figure.LIST:
            if not soon:  # Those that are there soon are counted one by one.
                self._observed.saw(
                    Fact.LIST_PROMPT, day, holds=False, seconds=record.seconds, weight=ENOUGH
                )
            return
        fact = _FIGURES[record.figure]
        self._observed.saw(fact, day, holds=True, seconds=record.seconds, weight=ENOUGH)
        if soon:
            self._observed.saw(Fact.FIGURES_PROMPT, day, holds=True)

    def _accepted(self, event: ev.OrderAccepted, _: Turn) -> None:
        sent = self._sent.get(event.intent)
        if sent is not None:
            self._observed.timed(Time.REPLY, _ms(event.at - sent))
        track = self._tracks[event.order_no] = _Track(event.intent, event.at)
        _bound(self._tracks)
        self._numbers[event.intent] = event.order_no
        _bound(self._numbers)
        early = self._early.pop(event.order_no, None)
        if early is not None:
            self._first_notice(track, early)

    def _amended(self, event: ev.AmendAnswered, _: Turn) -> None:
        if event.order_no is not None:
            holds = event.order_no != self._numbers.get(event.intent)
            self._observed.saw(Fact.AMEND_RENUMBERS, event.at.date(), holds=holds)
            self._numbers[event.intent] = event.order_no

    def _unavailable(self, event: ev.Unavailable, _: Turn) -> None:
        for code in codes_in([event.reason]):
            self._observed.coded(code)
        if event.query is ev.Query.EXECUTIONS and "rmn_qty" in event.reason:
            self._observed.saw(Fact.REMAINING_STATED, event.at.date(), holds=False)

    def _noticed(self, event: ev.Notice, _: Turn) -> None:
        track = self._tracks.get(event.order_no)
        if track is None:
            self._early.setdefault(event.order_no, event.at)
            _bound(self._early)
        elif not track.noticed:
            self._first_notice(track, event.at)

    def _first_notice(self, track: _Track, at: datetime) -> None:
        track.noticed = True
        self._observed.timed(Time.NOTICE, _ms(at - self._sent.get(track.intent, track.replied)))
        self._observed.saw(Fact.NOTICES_COME, at.date(), holds=True)

    def _unnoticed(self, at: datetime) -> None:
        """Count the orders of which no notice came, though the stream was there all the time."""
        for track in self._tracks.values():
            if track.noticed or at - track.replied < NOTICED_WITHIN:
                continue
            track.noticed = True
            gap = self._down is not None or (
                self._last_gap is not None and self._last_gap >= track.replied
            )
            if not gap:
                self._observed.saw(Fact.NOTICES_COME, at.date(), holds=False)

    def _listed(self, event: ev.Executions, _: Turn) -> None:
        self._unnoticed(event.at)
        asked, day = event.asked_at or event.at, event.at.date()
        rows = {row.order_no: row for row in event.rows}
        for number, track in self._tracks.items():
            row, waited = rows.get(number), asked - track.replied
            if row is not None:
                self._row(track, row, waited, day=event.at)
            elif not track.listed and waited > PROMPT and event.sure:
                # How late it is, the desk measures; it comes as a fact of its own.
                track.listed = True
        for intent, at in list(self._refused.items()):
            if event.sure and asked - at > SHOWN_WITHIN:
                del self._refused[intent]
                self._observed.saw(Fact.REFUSAL_FINAL, day, holds=True)

    def _row(self, track: _Track, row: ev.Execution, waited: timedelta, *, day: datetime) -> None:
        today = day.date()
        if not track.listed:
            track.listed = True
            self._observed.timed(Time.LISTED, _ms(waited))
            self._observed.saw(Fact.LISTS_ORDERS, today, holds=True)
            if waited <= PROMPT:
                seconds = max(1, ceil(waited.total_seconds()))
                self._observed.saw(Fact.LIST_PROMPT, today, holds=True, seconds=seconds)
        if not (row.ended or track.remaining) and row.remaining is not None:
            track.remaining = True
            self._observed.saw(Fact.REMAINING_STATED, today, holds=True)
        if row.filled and not track.settled:
            before, track.worth = track.worth, (row.filled, row.amount)
            late = row.amount == 0 or (before is not None and before[0] == row.filled)
            if row.amount == 0 or (late and before is not None and before[1] != row.amount):
                track.settled = True
                self._observed.saw(Fact.AMOUNT_PROMPT, today, holds=False, weight=ENOUGH)
            elif late:
                track.settled = True
                self._observed.saw(Fact.AMOUNT_PROMPT, today, holds=True)

    def _balance(self, event: ev.Balance, turn: Turn) -> None:
        self._unnoticed(event.at)
        day, ours, lines = event.at.date(), turn.state.portfolio.holdings(), event.once
        for code, since in list(self._filled.items()):
            line = lines.get(code)
            if (line.quantity if line else 0) == ours.get(code, 0):
                del self._filled[code]
                waited = event.at - since
                self._observed.timed(Time.BALANCE, _ms(waited))
                self._observed.saw(Fact.BALANCE_PROMPT, day, holds=True)
            elif event.at - since > SHOWN_WITHIN:
                del self._filled[code]
                self._observed.saw(Fact.BALANCE_PROMPT, day, holds=False)
        for code, since in list(self._sold_out.items()):
            if event.at - since > SHOWN_WITHIN:
                del self._sold_out[code]
                if not ours.get(code):
                    self._observed.saw(Fact.SOLD_OUT_SHOWN, day, holds=code in lines)
        self._on_offer(event, turn)

    def _on_offer(self, event: ev.Balance, turn: Turn) -> None:
        """See of each sale that rests whether what can be sold lacks it."""
        lines, live = event.once, list(turn.state.blotter.live(side=Side.SELL))
        offered: Counter[str] = Counter()
        for order in live:
            offered[order.code] += order.remaining
        for order in live:
            line = lines.get(order.code)
            waited = self._rests(order, event.at)
            if waited is None or line is None or line.sellable is None or not line.quantity:
                continue
            shrinks = line.quantity - line.sellable == offered[order.code]
            stays = line.sellable == line.quantity and waited > SHOWN_WITHIN
            self._shrunk(Fact.SELLABLE_SHRINKS, order, waited, event.at, yes=shrinks, no=stays)

    def _power(self, event: ev.BuyingPower, turn: Turn) -> None:
        """See whether what can be bought for lacks the only purchase that rests."""
        state, live = turn.state, list(turn.state.blotter.live(side=Side.BUY))
        if len(live) != 1 or state.power_share is None:
            return
        [order] = live
        waited = self._rests(order, event.at)
        if waited is None or order.price is None:
            return
        near = order.reserved // 4
        whole, free = (int(state.power_share * won) for won in (state.cash, state.free_cash))
        shrinks = abs(event.amount - free) < near
        stays = abs(event.amount - whole) < near and waited > SHOWN_WITHIN
        self._shrunk(Fact.POWER_SHRINKS, order, waited, event.at, yes=shrinks, no=stays)

    def _rests(self, order: Order, at: datetime) -> timedelta | None:
        """Return how long an order is known to rest; None where it is not, or was looked at."""
        track = None if order.order_no is None else self._tracks.get(order.order_no)
        if track is None or track.shrunk or order.state is not OrderState.WORKING:
            return None
        return at - track.replied if order.remaining else None

    def _shrunk(
        self, fact: Fact, order: Order, waited: timedelta, at: datetime, *, yes: bool, no: bool
    ) -> None:
        """Count once for an order that a figure has it, or does not."""
        if not (yes or no):
            return
        self._tracks[order.order_no or 0].shrunk = True
        seconds = max(1, ceil(waited.total_seconds())) if yes else 0
        self._observed.saw(fact, at.date(), holds=yes, seconds=seconds)
        if yes and waited <= PROMPT:
            self._observed.saw(Fact.FIGURES_PROMPT, at.date(), holds=True)

    def _stream(self, event: ev.StreamChanged, _: Turn) -> None:
        if not event.up:
            self._down = self._down or event.at
        elif self._down is not None:
            self._observed.timed(Time.GAP, _ms(event.at - self._down))
            self._down, self._last_gap = None, event.at


def saving(path: Path, report: Callable[[str], None]) -> Callable[[Observed], None]:
    """Return what writes to a file, and reports where it cannot."""

    def save(observed: Observed) -> None:
        try:
            write_observed(path, observed)
        except OSError as error:
            report(f"{path}: {error.strerror}")

    return save


def _bound(kept: dict[K, V]) -> None:
    """Let the oldest go."""
    while len(kept) > _MOST:
        del kept[next(iter(kept))]


def _ms(span: timedelta) -> int:
    return round(span.total_seconds() * 1_000)
