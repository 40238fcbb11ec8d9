"""Hazards that come by themselves, at any moment of the day: the network, the owner, people."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.records import OWNER, Halt
from maemae.exchange.orders import Order, OrderKind, Ticket
from maemae.market.kinds import Side
from maemae.market.ticks import tick_size
from maemae.proof.absence import Absence
from maemae.proof.broker import Broker
from maemae.proof.hazards import LASTING, Hazard, Hazards
from maemae.proof.otherwise import Otherwise
from maemae.proof.person import became
from maemae.proof.process import Death, ProofHands
from maemae.proof.slips import Slips
from maemae.trader.trader import Trader

GAP = (0.5, 30.0)
"""Seconds a broken socket stays down, or a deaf one silent."""

AWAY = (1.0, 180.0)
"""Seconds for which the database of the ledger is away."""

COPIED = (5.0, 600.0)
"""Seconds from a copy of the ledger to the moment when it is put in its place."""

OUTAGE = (2.0, 40.0)
"""Seconds without a way to the broker, or without a token."""

BURST = (0.5, 60.0)
"""Seconds during which every order is throttled."""

BLIND = (20.0, 300.0)
"""Seconds for which one kind of question is not answered."""

WRONG = (60.0, 3_600.0)
"""Seconds for which balances are wrong."""

DRILL = (5.0, 120.0)
"""Seconds until a person takes back a halt."""

_AT_POINT = 0.5
"""Share of the crashes that strike at a write or a command rather than between two instants."""

_NEAR = 20
"""Such a crash strikes at one of this many next points."""

ANSWERS = 97.0
"""Every so many seconds a person may answer what the desk asks about shares."""

_WILD = 0.2
"""Share of the prices and quantities by hand that no order may have."""

_TICKS = 3
"""How far from the last trade a limit price by hand or by phone lies at most."""

_ANOTHER = 0.3
"""Share of the owner's look-alikes that have another price."""

_ANY_PRICE = 10_000
"""A price for what is not listed any more."""


@dataclass(slots=True)
class Life:
    """The process that lives at the moment."""

    desk: Desk
    trader: Trader
    hands: ProofHands


class Weather:
    """Lets hazards strike on one day of an account.

    Args:
        broker: the account's broker.
        hazards: how often.
        death: of the process.
        absence: of its ledger.
    """

    def __init__(self, broker: Broker, hazards: Hazards, death: Death, absence: Absence) -> None:
        self._absence = absence
        self._broker = broker
        self._hazards = hazards
        self._dice = hazards.dice
        self._death = death
        self._tickets = 0
        self.life: Life | None = None
        """The process that is up; set by whoever starts it."""

    def begin(self) -> None:
        """Let them come from now to the close."""
        dice = self._hazards.dice_of(Hazard.ORDERED_OTHERWISE)
        otherwise = Otherwise(self._broker, dice, self._desk, self._put)
        slips = Slips(self._broker, self._hazards.dice_of(Hazard.HAND_SLIPS), self._desk, self._put)
        happenings: dict[Hazard, Callable[[], None]] = {
            Hazard.STREAM_GAP: self._gap,
            Hazard.STREAM_DEAF: lambda: self._broker.fall_silent(self._hazards.seconds(*GAP)),
            Hazard.OUTAGE: lambda: self._broker.cut_off(self._hazards.seconds(*OUTAGE)),
            Hazard.TOKEN_TROUBLE: lambda: self._broker.refuse_tokens(
                self._hazards.seconds(*OUTAGE)
            ),
            Hazard.THROTTLING: lambda: self._broker.throttle(self._hazards.seconds(*BURST)),
            Hazard.BLIND: self._blind,
            Hazard.OWNER_TRADE: self._owner_trades,
            Hazard.OWNER_MEDDLES: self._owner_meddles,
            Hazard.OWNER_ALIKE: self._owner_alike,
            Hazard.OPERATOR: self._operate,
            Hazard.BOOK_PAUSED: self._pause,
            Hazard.SHARES_MOVED: self._move,
            Hazard.BY_HAND: self._by_hand,
            Hazard.HAND_SLIPS: slips.order,
            Hazard.MOVED_RASHLY: slips.move,
            Hazard.BOOK_SOLD: slips.sell_out,
            Hazard.ORDERED_OTHERWISE: otherwise.order,
            Hazard.LEDGER_AWAY: self._lose_database,
            Hazard.LEDGER_VANISHES: partial(self._lose_file, Hazard.LEDGER_VANISHES),
            Hazard.LEDGER_REPLACED: partial(self._lose_file, Hazard.LEDGER_REPLACED),
            Hazard.LEDGER_EMPTIED: partial(self._lose_file, Hazard.LEDGER_EMPTIED),
            Hazard.LEDGER_OLDER: self._put_copy_back,
            Hazard.CRASH: self._crash,
        }
        for hazard in LASTING:
            happenings[hazard] = partial(self._spoil, hazard)
        for hazard, happen in happenings.items():
            self._again(hazard, happen)
        self._broker.later(ANSWERS, self._say_units)

    def _again(self, hazard: Hazard, happen: Callable[[], None]) -> None:
        wait = self._hazards.until_next(hazard)
        if wait is None:
            return

        def strike() -> None:
            if self._broker.venue.now >= self._broker.venue.hours.close:
                return
            self._hazards.struck[hazard] += 1
            happen()
            self._again(hazard, happen)

        self._broker.later(wait, strike)

    # The network and the process.

    def _spoil(self, hazard: Hazard) -> None:
        """Let balances be wrong, mostly for minutes and now and then for an hour."""
        least, most = map(math.log, WRONG)
        seconds = math.exp(self._hazards.seconds(least, most))
        self._broker.spoil_balances(hazard, seconds)

    def _gap(self) -> None:
        if self.life is not None:
            hands = self.life.hands
            hands.break_socket()
            self._broker.later(self._hazards.seconds(*GAP), partial(self._mend, hands))

    def _mend(self, hands: ProofHands) -> None:
        """Connect a socket again; that of a process which is gone meanwhile is nobody's."""
        if self.life is not None and self.life.hands is hands:
            hands.mend_socket()

    def _blind(self) -> None:
        query = self._dice.choice(tuple(ev.Query))
        self._broker.leave_unanswered(query, self._hazards.seconds(*BLIND))

    def _crash(self) -> None:
        if self._death.dead:
            return
        if self._dice.random() >= _AT_POINT:
            self._death.dead = True
            return
        steps = [self._dice.randint(0, _NEAR)]

        def nearly(_: str) -> bool:
            steps[0] -= 1
            return steps[0] < 0

        self._death.wanted = nearly

    def _lose_database(self) -> None:
        self._absence.away = True
        self._broker.later(self._hazards.seconds(*AWAY), self._find_database)

    def _find_database(self) -> None:
        self._absence.away = False

    def _lose_file(self, hazard: Hazard) -> None:
        if self.life is not None and not self._death.dead:
            self._absence.vanish(hazard)

    def _put_copy_back(self) -> None:
        """Copy the ledger; some time later the copy takes its place."""
        self._absence.copy()
        wait = self._hazards.dice_of(Hazard.LEDGER_OLDER).uniform(*COPIED)
        self._broker.later(wait, partial(self._lose_file, Hazard.LEDGER_OLDER))

    # The owner, by phone.

    def _owner_trades(self) -> None:
        """Buy a few shares of anything, or sell some that are the owner's."""
        code = self._dice.choice(self._broker.venue.floor.market.listings).code
        quantity = self._dice.randint(1, 3)
        owned = self._broker.truth.owners[code]
        if owned > 0 and self._hazards.even():
            ticket = Ticket(code, Side.SELL, OrderKind.MARKET, min(owned, quantity))
        else:
            ticket = Ticket(code, Side.BUY, OrderKind.MARKET, quantity)
        self._broker.owner(ticket)

    def _owner_meddles(self) -> None:
        """Sell shares of ours, or change an order of ours."""
        live = [order for order in self._broker.account.orders.values() if self._is_ours(order)]
        if live and self._hazards.even():
            order = self._dice.choice(live)
            if order.price and self._hazards.even():
                self._broker.owner_amends(order.number, self._near(order.code))
            else:
                part = self._dice.randint(1, order.remaining) if self._hazards.even() else None
                self._broker.owner_cancels(order.number, part)
            return
        ours = self._broker.truth.ours
        held = sorted({code for (_, code), shares in ours.items() if shares > 0})
        if held:
            code = self._dice.choice(held)
            most = self._broker.account.sellable(code)
            if most > 0:
                quantity = self._dice.randint(1, most)
                self._broker.owner(Ticket(code, Side.SELL, OrderKind.MARKET, quantity))

    def _owner_alike(self) -> None:
        """Order the like of one of ours of unknown outcome: the same, or another in one thing."""
        if self.life is None:
            return
        dice = self._hazards.dice_of(Hazard.OWNER_ALIKE)
        doubted = [o for o in self.life.desk.state.blotter.missing() if o.quantity > 1]
        if not doubted:
            return
        ours = dice.choice(doubted)
        quantity = ours.quantity - dice.choice((0, 1, ours.quantity // 2))
        price = ours.price or 0
        if price and dice.random() < _ANOTHER:
            price = self._near(ours.code)
        kind = OrderKind.LIMIT if price else OrderKind.MARKET
        self._broker.owner(Ticket(ours.code, ours.side, kind, quantity, price))

    def _is_ours(self, order: Order) -> bool:
        return order.remaining > 0 and order.number in self._broker.truth.numbers

    # A person, through the trader.

    def _operate(self) -> None:
        """Halt something or flatten, and resume a while later."""
        wish = self._dice.choice((Halt.ENTRIES, Halt.EXITS_ONLY, Halt.ALL, None))
        at = self._broker.now
        if wish is None and self.life is not None:
            book = self._dice.choice((None, *self.life.desk.rules.books))
            self._put(ev.FlattenOrdered(at=at, book=book, reason="drill"))
        elif wish is not None:
            self._put(ev.HaltOrdered(at=at, level=wish, reason="drill"))
        self._broker.later(self._hazards.seconds(*DRILL), self._resume)

    def _resume(self) -> None:
        at = self._broker.now
        self._put(ev.HaltOrdered(at=at, level=Halt.NONE, reason="drill is over"))

    def _pause(self) -> None:
        """Let one book buy nothing for a while."""
        if self.life is not None:
            self._pause_books(self._dice.choice(tuple(self.life.desk.rules.books)))

    def _pause_books(self, *books: str) -> None:
        for book in books:
            self._halt_book(book, Halt.ENTRIES)
            resume = partial(self._halt_book, book, Halt.NONE)
            self._broker.later(self._hazards.seconds(*DRILL), resume)

    def _halt_book(self, book: str, level: Halt) -> None:
        self._put(ev.HaltOrdered(at=self._broker.now, level=level, reason="drill", book=book))

    def _move(self) -> None:
        """Put shares into another book, some or all; both rest meanwhile, as it is demanded."""
        if self.life is None:
            return
        portfolio, books = self.life.desk.state.portfolio, self.life.desk.rules.books
        held = sorted([*portfolio.positions, *((OWNER, code) for code in portfolio.foreign)])
        if not held:
            return
        origin, code = self._dice.choice(held)
        book = self._dice.choice(tuple(sorted({*books, OWNER} - {origin})))
        self._pause_books(*(one for one in (origin, book) if one != OWNER))
        self._tickets += 1
        quantity = self._dice.randint(1, 5) if self._hazards.even() else None
        self._put(
            ev.MoveOrdered(
                at=self._broker.now,
                ticket=f"move-{self._tickets}",
                origin=origin,
                book=book,
                code=code,
                quantity=quantity,
            )
        )

    def _say_units(self) -> None:
        """Say what became of a name that the desk asks about; half of the time nobody does."""
        self._broker.later(ANSWERS, self._say_units)
        if self.life is None:
            return
        portfolio = self.life.desk.state.portfolio
        for doubt in list(portfolio.doubted.values()):
            if self._hazards.even():
                continue
            shares, into = became(doubt, self._broker.truth, self._broker.account)
            self._tickets += 1
            said = ev.UnitOrdered(
                at=self._broker.now,
                ticket=f"unit-{self._tickets}",
                code=doubt.code,
                shares=shares,
                into=into,
            )
            self._put(said)

    def _by_hand(self) -> None:
        """Order something for one of the books or the owner's, or change what is under way."""
        if self.life is None:
            return
        at, state = self._broker.now, self.life.desk.state
        live = sorted(order.intent for order in state.blotter.live())
        if live and self._hazards.even():
            intent = self._dice.choice(live)
            if self._hazards.even():
                self._put(ev.CancelOrdered(at=at, intent=intent))
            else:
                price = self._any_price(state.blotter.order(intent).code)
                self._put(ev.AmendOrdered(at=at, intent=intent, price=price))
            return
        self._tickets += 1
        held = sorted(state.portfolio.positions)
        side = self._dice.choice((Side.BUY, Side.SELL))
        listings = self._broker.venue.floor.market.listings
        book, code = self._dice.choice((*self.life.desk.rules.books, OWNER)), ""
        if side is Side.SELL and held:
            book, code = self._dice.choice(held)
        code = code or self._dice.choice(listings).code
        wanted = ev.OrderOrdered(
            at=at,
            ticket=f"hand-{self._tickets}",
            book=book,
            side=side,
            code=code,
            quantity=self._any_quantity(),
            price=self._any_price(code) if self._hazards.even() else None,
        )
        self._put(wanted)
        if self._hazards.strikes(Hazard.BY_HAND_TWICE):
            self._put(replace(wanted, ticket=f"{wanted.ticket}-again"))

    def _desk(self) -> Desk | None:
        return None if self.life is None else self.life.desk

    def _put(self, event: ev.Event) -> None:
        if self.life is not None and not self._death.dead:
            self.life.trader.put(event)

    def _any_quantity(self) -> int:
        """Return a few shares; now and then none, fewer than none, or far too many."""
        if self._dice.random() < _WILD:
            return self._dice.choice((0, -1, 10**4, 10**9))
        return self._dice.randint(1, 5)

    def _any_price(self, code: str) -> int:
        """Return a price near the last trade; now and then one that a hand slipped to."""
        near = self._near(code)
        if self._dice.random() < _WILD:
            # Beyond the collar and inside the day's limits: nobody but our guard would mind.
            slip = near * (11 if self._tickets % 2 else 9) // 10 // self._tick(code)
            dear = slip * self._tick(code)
            return self._dice.choice((0, -near, 1, near + 1, dear, near * 13 // 10, 10**12))
        return near

    def _tick(self, code: str) -> int:
        """Return a step of prices that every price about the last trade may take."""
        floor = self._broker.venue.floor
        if code not in floor.market.rows:
            return 1
        listing, dearer = floor.listing(code), floor.state(code).price * 12 // 10
        return tick_size(dearer, floor.market.hours.day, listing.market, listing.kind)

    def _near(self, code: str) -> int:
        """Return a price on the grid near the last trade."""
        floor = self._broker.venue.floor
        if code not in floor.market.rows:
            return _ANY_PRICE
        listing, price = floor.listing(code), floor.state(code).price
        tick = tick_size(price, floor.market.hours.day, listing.market, listing.kind)
        return price // tick * tick + tick * self._dice.randint(-_TICKS, _TICKS)
