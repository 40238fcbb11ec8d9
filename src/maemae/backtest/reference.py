"""The reference executor: the live desk, replayed in virtual time against a model exchange.

The desk decides everything: what fits the slots, what it costs, when a bound is reached, what the
books say. This module is its market and its broker: it offers the day's entries, shows prices of
held names, states the buying power and fills every order at once. Of a session it shows only the
prices that matter: the open, the first price beyond a bound, a new high where one is trailed,
the close. Prices between them could not make the desk do anything.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple, TypeGuard

import numpy as np

from maemae.backtest import rules
from maemae.backtest.book import IN_BAR
from maemae.backtest.inputs import Inputs
from maemae.backtest.rules import BREAKOUT, CLOSE, FAR, MILLION, REASONS, Bar, Ints
from maemae.backtest.terms import AT_CLOSE, AT_OPEN, days_of, grid_of
from maemae.clock import KST
from maemae.desk import events as ev
from maemae.desk.commands import Ask, Command, Send
from maemae.desk.desk import Desk
from maemae.desk.guard import Limits
from maemae.desk.hours import BEFORE_AUCTION
from maemae.desk.positions import Position
from maemae.desk.prices import Quote
from maemae.desk.records import Intended, Listed, Record
from maemae.desk.rules import BookRules, DeskRules, Entry, Purse
from maemae.desk.terms import Exits
from maemae.errors import InvariantError
from maemae.market.costs import CostClass
from maemae.market.kinds import Kind, Market, Side
from maemae.strategy.declare import Strategy
from maemae.strategy.parts import Account

BOOK = "backtest"
_READY, _OPEN = time(8, 30, tzinfo=KST), time(9, 0, tzinfo=KST)
_AUCTION, _SHUT = time(15, 20, tzinfo=KST), time(15, 40, tzinfo=KST)
_NO_LIMITS = Limits(orders_per_minute=None, entries_per_name=None, refusals_in_a_row=None)


def replay(given: Inputs) -> tuple[Ints, Ints]:
    """Run a strategy over all sessions; returns what `kernel.simulate` returns."""
    return _Replay(given).run()


class _Offered(NamedTuple):
    """A name that is offered, its bar, whether it is bought after the open, what sizes it."""

    candidate: ev.Candidate
    at: int
    late: bool
    unit: int


class _Replay:
    def __init__(self, given: Inputs) -> None:
        self._given = given
        self._bars, self._ways, self._days = given.bars, given.ways, given.days
        self._dates = days_of(given.panel)
        self._wallet = _Wallet(given.strategy)
        self._desk = Desk(_desk_rules(given, self._wallet))
        self._desk.state.opening_cash = given.terms.cash
        self._fills: list[tuple[int, ...]] = []
        self._at: dict[str, int] = {}
        self._since: dict[str, int] = {}
        self._late: set[str] = set()
        self._sold: set[str] = set()
        self._cls: dict[str, int] = {}
        self._due: dict[str, str] = {}
        self._close: dict[str, int] = {}
        self._calms: dict[str, tuple[tuple[int, int], int, int]] = {}
        self._daily = given.panel.daily
        self._serial = 0
        self._now = 0
        self._clock = datetime.min.replace(tzinfo=KST)

    # The days.

    def run(self) -> tuple[Ints, Ints]:
        count = self._given.entries.first.size - 1
        daily = np.zeros((count, 3), np.int64)
        opened: date | None = None
        for now in range(count):
            self._now = now
            self._late.clear()
            self._sold.clear()
            decided = now if self._ways.how == CLOSE else now - 1
            if self._desk.state.portfolio.positions or (decided >= 0 and self._decided(decided)):
                if self._dates[now] != opened:
                    opened = self._dates[now]
                    self._begin(opened)
                self._session(decided)
            daily[now] = self._settle()
        return np.array(self._fills, np.int64).reshape(-1, IN_BAR + 1), daily

    def _begin(self, day: date) -> None:
        """Open the day: the broker states cash and holdings at the closes."""
        self._clock = datetime.combine(day, _READY)
        started = ev.Started(
            at=self._clock,
            opens=datetime.combine(day, _OPEN),
            auction=datetime.combine(day, _AUCTION if self._daily else _SHUT),
            closes=datetime.combine(day, _SHUT),
        )
        self._desk.step(started)
        state = self._desk.state
        holdings = tuple(
            ev.Holding(code=code, quantity=state.portfolio.shares(code), price=self._close[code])
            for _, code in state.portfolio.positions
        )
        turn = self._desk.step(ev.Balance(at=self._clock, cash=state.cash, holdings=holdings))
        for ask in filter(_asks_price, turn.commands):
            self._say(ev.Price(at=self._clock, code=ask.key, price=self._close[ask.key]))

    def _session(self, decided: int) -> None:
        day = self._dates[self._now]
        moment: datetime = self._given.panel.times[self._now].astype("datetime64[s]").item()
        opens = datetime.combine(day, _OPEN)
        self._clock = opens if self._daily else moment.replace(tzinfo=KST)
        enters = self._given.days.enters[self._now]
        self._open()
        if self._ways.how != CLOSE and decided >= 0 and enters:
            self._offer(decided)
        self._within()
        if self._daily:
            self._clock = datetime.combine(day, _AUCTION) - BEFORE_AUCTION - timedelta(seconds=1)
        if self._given.days.flat[self._now] == AT_CLOSE:
            self._flatten()
        if self._ways.how == CLOSE and enters:
            self._offer(decided)

    def _open(self) -> None:
        for position in list(self._desk.state.portfolio.positions.values()):
            code = position.listed.code
            row = self._given.panel.row_of[code]
            after = self._at[code] + 1
            if after < self._bars.offsets[row + 1] and self._bars.columns[after] == self._now:
                self._at[code] = after
            longest = self._ways.longest
            held = self._given.days.day[self._now] - self._since[code]
            if code in self._due:
                self._want_sold(code, self._due[code])
            elif self._given.days.flat[self._now] == AT_OPEN:
                self._want_sold(code, "flat_by")
            elif longest and held >= longest:
                self._want_sold(code, "max_holding")
        for position, at in self._sellable():
            opened = int(self._bars.open[at])
            if self._calm(position, opened, opened):
                self._desk.quotes[position.listed.code] = Quote(opened, self._clock)
            else:
                self._show(position, self._bar_of(position), opened)

    def _within(self) -> None:
        ways = self._ways
        for position, at in self._sellable():
            code = position.listed.code
            if self._calm(position, self._bars.low[at], self._bars.high[at]):
                if ways.how == CLOSE:
                    self._desk.quotes[code] = Quote(int(self._bars.close[at]), self._clock)
                continue
            bar = self._bar_of(position)
            grid = grid_of(self._days, self._now, self._cls[code])
            late = code in self._late
            price = rules.inside(grid, bar, self._bounds(position), ways.adverse_first, late)
            if not price and ways.trail and not late:
                self._show(position, bar, bar.high)
                price = rules.fallen(grid, bar, self._bounds(position).trail)
            if price:
                self._show(position, bar, price, sells=True)
            elif ways.how == CLOSE:
                self._show(position, bar, bar.close)

    def _flatten(self) -> None:
        for position, _ in self._sellable():
            bar = self._bar_of(position)
            self._want_sold(position.listed.code, "flat_by")
            self._show(position, bar, bar.close, sells=True)

    def _settle(self) -> tuple[int, int, int]:
        """Take the closes, note what the exit rule wants sold, and value the books."""
        worth = 0
        positions = self._desk.state.portfolio.positions.values()
        for position in positions:
            code = position.listed.code
            at = self._at[code]
            if self._bars.columns[at] == self._now:
                self._close[code] = int(self._bars.close[at])
                if self._bars.leave[at]:
                    self._due[code] = "exit_rule"
                if not self._daily:
                    self._desk.quotes[code] = Quote(self._close[code], self._clock)
            worth += self._close[code] * position.quantity
        return self._desk.state.cash, worth, len(positions)

    # The market.

    def _sellable(self) -> Iterator[tuple[Position, int]]:
        """Yield held names that trade and can still be sold in this session, with their bars."""
        for position in list(self._desk.state.portfolio.positions.values()):
            code = position.listed.code
            at = self._at[code]
            if self._bars.columns[at] != self._now or code in self._sold or not self._cap(at):
                continue
            moved = self._bars.low[at] < self._bars.high[at]
            if moved or self._locked(self._cls[code], self._bar_of(position)) >= 0:
                yield position, at

    def _calm(self, position: Position, low: float, high: float) -> bool:
        """Whether prices from `low` to `high` could not make the desk do anything."""
        code, seen = position.listed.code, (position.average, position.high)
        if code not in self._calms or self._calms[code][0] != seen:
            at = self._bounds(position)
            up = min(at.take, position.high + 1) if self._ways.trail else at.take
            self._calms[code] = seen, max(at.stop, at.trail), up
        _, down, up = self._calms[code]
        return down < low and high < up and (BOOK, code) not in self._desk.state.portfolio.due

    def _cap(self, at: int) -> int:
        """Return how many shares one order gets of a session."""
        share = self._ways.participation
        return int(self._bars.volume[at]) * share // MILLION if share else FAR

    def _locked(self, cls: int, bar: Bar) -> int:
        percent = self._days.percent[self._days.day[self._now], cls]
        return int(rules.locked(grid_of(self._days, self._now, cls), bar, percent))

    def _bar_of(self, position: Position) -> Bar:
        code = position.listed.code
        return self._bar(self._at[code], self._given.panel.row_of[code])

    def _bar(self, at: int, row: int) -> Bar:
        bars = self._bars
        start, earlier = int(bars.offsets[row]), at
        if not self._daily:
            opens = bars.opens[bars.columns[at]]
            earlier = start + int(np.searchsorted(bars.columns[start:at], opens))
        base = int(bars.close[earlier - 1]) if earlier > start else 0
        return Bar(
            int(bars.open[at]), int(bars.high[at]), int(bars.low[at]), int(bars.close[at]), base
        )

    def _bounds(self, position: Position) -> rules.Bounds:
        ways = self._ways
        return rules.bounds(position.average, position.high, ways.stop, ways.trail, ways.take)

    def _show(self, position: Position, bar: Bar, price: int, *, sells: bool = False) -> None:
        """Let the desk see a price; it answers with an order or not."""
        code = position.listed.code
        commands, records = self._say(ev.Price(at=self._clock, code=code, price=price))
        orders = [command for command in commands if isinstance(command, Send)]
        if sells and not orders:
            raise InvariantError(
                f"the desk kept {position.listed.code} at {price}, which reaches a bound"
            )
        for order in orders:
            cls = self._cls[order.code]
            reason = next(r.reason for r in records if isinstance(r, Intended))
            self._fill(order, self._slipped(cls, bar, price, up=False), REASONS.index(reason))
            self._sold.add(order.code)
            if (BOOK, order.code) not in self._desk.state.portfolio.positions:
                self._due.pop(order.code, None)

    def _say(self, price: ev.Price) -> tuple[list[Command], list[Record]]:
        """Say a price, and again as the broker's answer where the desk does not go by it yet."""
        before = self._desk.quotes.get(price.code)
        turn = self._desk.step(price)
        commands, records = list(turn.commands), list(turn.records)
        quote = self._desk.quotes.get(price.code)
        if quote is None or quote is before or quote.price != price.price:
            again = self._desk.step(replace(price, polled=True))
            commands += again.commands
            records += again.records
        return commands, records

    def _want_sold(self, code: str, reason: str) -> None:
        self._desk.step(ev.ExitsDue(at=self._clock, book=BOOK, codes=(code,), reason=reason))

    def _decided(self, column: int) -> bool:
        first = self._given.entries.first
        return bool(first[column] < first[column + 1])

    def _offer(self, decided: int) -> None:
        """Offer the entries in order, as many as slots are free, until none is."""
        entries = self._given.entries
        first, last = entries.first[decided], entries.first[decided + 1]
        ranked = first + np.argsort(-entries.score[first:last], kind="stable")
        waiting = iter(ranked.tolist())
        self._wallet.empty = False
        while (free := self._ways.slots - len(self._desk.state.portfolio.positions)) > 0:
            chunk: dict[str, _Offered] = {}
            for event in waiting:
                found = self._candidate(event, decided)
                if found is not None:
                    chunk[found.candidate.listed.code] = found
                    if len(chunk) == free:
                        break
            if not chunk:
                return
            offers = tuple(found.candidate for found in chunk.values())
            self._buy(ev.Candidates(at=self._clock, book=BOOK, offers=offers), chunk)
            if self._wallet.empty:
                return

    def _candidate(self, event: int, decided: int) -> _Offered | None:
        """Return the name with the price it is bought at, where the session gives one."""
        bars, ways, entries = self._bars, self._ways, self._given.entries
        row, at = int(entries.row[event]), int(entries.at[event])
        code = self._given.panel.codes[row]
        if code in self._sold or (BOOK, code) in self._desk.state.portfolio.positions:
            return None
        reference = int(bars.close[at])
        above = float(entries.above[event]) if ways.how == BREAKOUT else 0.0
        if decided != self._now:
            at += 1
            if at == bars.offsets[row + 1] or bars.columns[at] != self._now:
                return None
        cls = int(bars.cls[at])
        bar, grid = self._bar(at, row), grid_of(self._days, self._now, cls)
        if np.isnan(above) or (bar.low == bar.high and self._locked(cls, bar) > 0):
            return None
        low, high = _band(reference, ways.low, ways.high) if ways.band else (0, FAR)
        distance = int(np.ceil(max(above, 0.0)))
        price, late = rules.entry(grid, bar, ways.how, distance, low, high)
        if not price:
            return None
        price = self._slipped(cls, bar, price, up=True)
        unit = reference if ways.by_close else price
        return _Offered(ev.Candidate(_listed(code, cls), price), at, late, unit)

    # The broker.

    def _buy(self, event: ev.Candidates, chunk: dict[str, _Offered]) -> None:
        waiting = list(self._desk.step(event).commands)
        while waiting:
            command = waiting.pop(0)
            if isinstance(command, Ask) and command.query is ev.Query.POWER:
                found = chunk[command.key]
                candidate = found.candidate
                self._wallet.exchange = candidate.price, found.unit
                shares = min(self._affordable(candidate), self._cap(found.at))
                power = ev.BuyingPower(
                    at=self._clock, code=command.key, quantity=shares,
                    amount=shares * candidate.price,
                )  # fmt: skip
                waiting += self._desk.step(power).commands
            elif _asks_price(command) and command.key in chunk:
                price = chunk[command.key].candidate.price
                answer = ev.Price(at=self._clock, code=command.key, price=price, polled=True)
                waiting += self._desk.step(answer).commands
            elif isinstance(command, Send):
                found = chunk[command.code]
                self._at[command.code] = found.at
                self._since[command.code] = int(self._given.days.day[self._now])
                self._cls[command.code] = int(self._bars.cls[found.at])
                if found.late:
                    self._late.add(command.code)
                waiting += self._fill(command, found.candidate.price, 0)

    def _affordable(self, candidate: ev.Candidate) -> int:
        """Return how many shares the cash pays, the fee included, as the broker states it."""
        state, price, listed = self._desk.state, candidate.price, candidate.listed
        day = self._dates[self._now]
        shares = max(state.cash // price, 0)
        while shares:
            amount = shares * price
            turnover = state.turnover.add(Side.BUY, amount, listed.market, listed.kind)
            need = amount + state.rules.costs(turnover, day).total - state.costs.total
            if need <= state.cash:
                return shares
            shares -= max(1, (need - state.cash) // price)
        return 0

    def _fill(self, order: Send, price: int, why: int) -> list[Command]:
        """Accept an order and fill it whole; return what the desk wants next."""
        self._serial += 1
        before = self._desk.state.costs
        shares = order.quantity
        if order.side is Side.SELL:
            shares = min(shares, self._cap(self._at[order.code]))
        accepted = ev.OrderAccepted(at=self._clock, intent=order.intent, order_no=self._serial)
        following: list[Command] = list(self._desk.step(accepted).commands)
        notice = ev.Notice(
            at=self._clock, kind=ev.NoticeKind.FILLED, order_no=self._serial, original_no=None,
            side=order.side, code=order.code, quantity=shares, price=price,
            executed=self._clock,
        )  # fmt: skip
        following += self._desk.step(notice).commands
        if shares < order.quantity:
            rest = replace(notice, kind=ev.NoticeKind.EXPIRED, quantity=order.quantity - shares)
            self._desk.step(rest)
        costs = self._desk.state.costs - before
        side = 1 if order.side is Side.BUY else -1
        row, at = self._given.panel.row_of[order.code], self._at[order.code]
        self._fills.append((self._now, row, side, shares, price, costs.fee, costs.tax, why, at))
        return following

    def _slipped(self, cls: int, bar: Bar, price: int, *, up: bool) -> int:
        ways, grid = self._ways, grid_of(self._days, self._now, cls)
        percent = self._days.percent[self._days.day[self._now], cls]
        return int(rules.slipped(grid, bar, price, up, ways.slip, ways.slip_ticks, percent))


def _asks_price(command: Command) -> TypeGuard[Ask]:
    return isinstance(command, Ask) and command.query is ev.Query.PRICE


class _Wallet:
    """The strategy's sizing; what it said last tells whether another name need be offered."""

    def __init__(self, strategy: Strategy) -> None:
        self._strategy = strategy
        self.empty = False
        self.exchange = 1, 1
        """Won at the price of the moment for won at the price that sizes."""

    def amount(self, purse: Purse) -> int:
        account = Account(purse.worth, purse.cash, purse.held, self._strategy.max_positions)
        won = self._strategy.sizing.amount(account)
        self.empty = won <= 0
        price, unit = self.exchange
        return won // unit * price


def _desk_rules(given: Inputs, wallet: _Wallet) -> DeskRules:
    strategy, ways = given.strategy, given.ways
    exits = Exits(
        take_profit=_rate(ways.take), stop_loss=_rate(ways.stop), trailing=_rate(ways.trail),
        of_price=True,
    )  # fmt: skip
    hour = timedelta(hours=1)
    book = BookRules(
        entry=Entry(amount=wallet.amount, names=strategy.max_positions, exits=exits),
        search_every=hour,
        signal_every=hour,
    )
    return DeskRules(
        books={BOOK: book}, costs=given.terms.costs, limits=_NO_LIMITS, balance_every=hour
    )


def _rate(parts: int) -> Decimal | None:
    return Decimal(parts) / MILLION if parts else None


def _band(reference: int, low: int, high: int) -> tuple[int, int]:
    return -(-reference * (MILLION + low) // MILLION), -(
        -reference * (MILLION + high) // MILLION
    ) - 1


def _listed(code: str, cls: int) -> Listed:
    if cls >= CostClass.FUND:
        return Listed(code=code, kind=Kind.ETF)
    return Listed(code=code, market=Market(CostClass(cls).name))
