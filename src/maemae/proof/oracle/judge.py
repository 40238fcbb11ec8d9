"""Holds every step of the desk against the second reading of the facts.

Both ways: an exit that is sent was due, and one that is due is sent; a buy that goes out passes
every limit and halt; what the desk says it holds, has paid and has earned is what the facts add
up to; and whatever goes out was durable before.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from maemae.desk import commands as cmd
from maemae.desk.desk import Desk
from maemae.desk.records import (
    BY_HAND,
    OWNER,
    AmendIntended,
    CancelFailed,
    Declined,
    Ended,
    FlattenBegun,
    Halt,
    Intended,
    NeverArrived,
    Peaked,
    PositionMoved,
    Record,
    Refused,
)
from maemae.desk.turn import Turn
from maemae.errors import InvariantError
from maemae.market.calendar import Calendar
from maemae.market.costs import CostRules
from maemae.market.kinds import Side
from maemae.proof.bounds import is_taken, must
from maemae.proof.oracle.exits import Held, reasons
from maemae.proof.oracle.facts import Facts, Holding, Key, Order
from maemae.proof.oracle.limits import (
    MINUTE,
    Wanted,
    check_limits,
    check_set_aside,
    compare_set_aside,
)
from maemae.proof.oracle.money import REAL, VIRTUAL
from maemae.proof.oracle.soldout import SoldOut
from maemae.proof.oracle.terms import check_chase, check_entry, check_move

OF_PRICE = frozenset({"stop_loss", "take_profit", "trailing_stop", "time_of_day", "max_holding"})
"""Reasons that a position declares."""

AT_ONCE = timedelta(seconds=3)
"""How soon an exit goes out once it is due and nothing has stood in its way."""

PAUSED = timedelta(minutes=6)
"""So long after a sale of a name came to nothing its exits are not judged here."""

HALTING = frozenset({"daily_loss", "refusals"})
"""Bounds at which all entries stop, until a person lets them go on."""

CANCELLED_WITHIN = timedelta(seconds=15)
"""How soon a sale that rests at a price is cancelled once an exit of its shares is due, or its last
cancel came to nothing: held names are looked at every ten seconds at least."""

SALES_A_MINUTE = 60
"""So often at most is a refused sale of a name tried again, whatever trades say."""


ASKED = timedelta(seconds=10)
"""A limit price is reckoned from the last price when buying power is asked for: so long before the
order goes out, at most."""

Highest = Callable[[str, datetime], int]


class Oracle:
    """Judges a desk over all its lives and days.

    Args:
        costs: which broker's terms.
        amounts: won that a book spends on a name at most, of books that declare it.
    """

    def __init__(self, costs: CostRules, amounts: Mapping[str, int]) -> None:
        self.facts = Facts(VIRTUAL if costs == CostRules.VIRTUAL else REAL)
        self._amounts = amounts
        self._sales: dict[Key, list[datetime]] = {}
        self._quoted: set[str] = set()
        self._told: set[int] = set()
        self._due: dict[Key, datetime] = {}
        self._failed: dict[str, datetime] = {}
        self._kept: dict[str, datetime] = {}
        self._resting: dict[str, datetime] = {}
        self._sold_out = SoldOut()
        self._desk: Desk
        self._calendar: Calendar
        self._session: tuple[datetime, datetime, datetime]
        self._uppers: Mapping[str, int] = {}
        self._bases: Mapping[str, int] = {}
        self._highest: Highest = lambda *_: 0

    def begin_day(
        self, uppers: Mapping[str, int], bases: Mapping[str, int], highest: Highest
    ) -> None:
        """Go on with another day.

        Args:
            uppers: upper limit prices in won by code.
            bases: base prices likewise.
            highest: the highest price in won that was said of a code since a moment.
        """
        self._uppers, self._bases, self._highest = uppers, bases, highest

    def begin_life(
        self, desk: Desk, session: tuple[datetime, datetime, datetime], calendar: Calendar
    ) -> None:
        """Go on with a desk; the session is its open, closing auction and close."""
        self._desk, self._session, self._calendar = desk, session, calendar
        self._due.clear()
        self._resting.clear()
        self._sold_out = SoldOut()
        self._quoted.clear()
        self._compare()

    # When facts have become durable.

    def durable(self, records: Sequence[Record]) -> None:
        """Take in the facts of a step.

        Raises:
            InvariantError: one of them may not be.
        """
        for record in records:
            self._told.add(id(record))
            if isinstance(record, Intended):
                self._check_intent(record)
            elif isinstance(record, PositionMoved):
                self._check_move(record)
            elif isinstance(record, AmendIntended):
                self._check_amended(record)
            elif isinstance(record, CancelFailed):
                self._kept[record.intent] = record.at
            self.facts.apply(record)
            if isinstance(record, Peaked):
                self._check_high(record)
            if isinstance(record, Refused | Ended | NeverArrived):
                self._note_failed(record)
        self._compare()

    def _check_high(self, record: Peaked) -> None:
        """Take in a high, of which the process that wrote it may not live to tell."""
        must(
            record.price <= self._last(record.code, record.at),
            f"{record.book} {record.code} has a high of {record.price} that nobody said",
        )
        held = self.facts.holdings.get((record.book, record.code))
        if held is not None:
            held.high = max(held.high, record.price)

    def _note_failed(self, record: Refused | Ended | NeverArrived) -> None:
        """Leave names whose sale came to nothing to `maemae.proof.lateness`, which knows pauses."""
        order = self.facts.orders.get(record.intent)
        if order is not None and order.fact.side is Side.SELL:
            self._failed[order.fact.listed.code] = record.at

    def _check_intent(self, fact: Intended) -> None:
        if fact.side is Side.BUY:
            self._check_buy(fact)
            return
        self._check_storm(fact)
        if fact.reason == "flatten":
            wanted = {None, fact.book} & self.facts.flattening
            left = (fact.book, fact.listed.code) in self.facts.unwanted
            said = f"{fact.intent} sells out {fact.book}, and nobody asked for it"
            must(bool(wanted) or left, said)
        if fact.reason in OF_PRICE:
            held = self.facts.holdings.get((fact.book, fact.listed.code))
            must(held is not None, f"{fact.intent} sells what no fact tells of")
            must(fact.price is None, f"{fact.intent} sells at {fact.price}, and not at market")
            if held is not None:
                must(fact.quantity == held.quantity, f"{fact.intent} leaves shares behind")
                due = self._reasons((fact.book, fact.listed.code), held, fact.at)
                said = f"{fact.intent} sells for {fact.reason}; due is {sorted(due) or 'nothing'}"
                must(fact.reason in due, said)

    def _last(self, code: str, at: datetime) -> int:
        """Return the highest price that was the last one in the last seconds."""
        quote = self._desk.quotes.get(code)
        return max(quote.price if quote is not None else 0, self._highest(code, at - ASKED))

    def _check_storm(self, fact: Intended) -> None:
        """Check that a sale which is refused again and again is not sent without a pause."""
        if fact.reason != BY_HAND:
            sales = self._sales.setdefault((fact.book, fact.listed.code), [])
            sales[:] = [at for at in sales if fact.at - at < MINUTE] + [fact.at]
            must(len(sales) <= SALES_A_MINUTE, f"{fact.intent} is sale {len(sales)} of a minute")

    def _check_move(self, record: PositionMoved) -> None:
        desk, facts, code = self._desk, self.facts, record.listed.code
        opens, auction, _ = self._session
        going = facts.halt is Halt.NONE and opens <= record.at < auction
        trades = {book for book in desk.rules.books if going and book not in facts.paused}
        quote, prices = desk.quotes.get(code), {self._bases.get(code, 0)}
        if quote is not None:
            prices.add(quote.price)
        check_move(record, facts, desk.rules.books, prices, trades=trades)

    def _check_buy(self, fact: Intended) -> None:
        facts, limits, what = self.facts, self._desk.rules.bounds, fact.intent
        quote = self._desk.quotes.get(fact.listed.code)
        must(quote is not None, f"{what} buys without a price")
        if quote is None:
            return
        must(fact.at - quote.seen <= limits.quote_age, f"{what} buys on a price of {quote.seen}")
        highest = self._last(fact.listed.code, fact.at)
        books = self._desk.rules.books
        self._check_taken(fact)
        check_entry(fact, books, quote.price, self._amounts, highest=highest)
        unseen = ("balance", "") in facts.unseen and fact.reason != BY_HAND
        must(not unseen, f"{what} enters though the balance is not answered")
        wanted = Wanted.new(fact, quote.price)
        upper = self._uppers.get(fact.listed.code, 0)
        check_set_aside(wanted, facts, self._desk.state.cash, fact.price, upper)
        check_limits(wanted, facts, limits)

    def _check_taken(self, fact: Intended) -> None:
        """Check that no strategy buys more of what its book holds already."""
        held = self.facts.holdings.get((fact.book, fact.listed.code))
        more = held is not None and fact.way is not None
        must(not more, f"{fact.intent} buys more of {fact.listed.code}, which {fact.book} holds")

    def _check_amended(self, record: AmendIntended) -> None:
        """Check another price of a buy as strictly as a new buy."""
        order = self._sent(record.intent, "another price")
        quote = self._desk.quotes.get(order.fact.listed.code)
        if order.fact.side is Side.SELL:
            return
        if quote is None:
            raise InvariantError(f"{record.intent} is amended without a price")
        limits, what = self._desk.rules.bounds, record.intent
        busy = order.cancelling or order.amending
        must(not busy, f"{what} is amended while another change of it is under way")
        late = record.at - quote.seen > limits.quote_age
        must(not late, f"{what} is amended on a price of {quote.seen}")
        wanted = Wanted.another(record, order, quote.price)
        upper = self._uppers.get(wanted.code, 0)
        price = record.price or None
        check_set_aside(wanted, self.facts, self._desk.state.cash, price, upper)
        check_limits(wanted, self.facts, limits)

    # When the step is over, before its commands are done.

    def check(self, turn: Turn) -> None:
        """Check a step.

        Raises:
            InvariantError: something went out that may not, or did not that is due.
        """
        silent = [type(one).__name__ for one in turn.records if id(one) not in self._told]
        must(not silent, f"facts of a step were never written: {silent}")
        self._told.clear()
        self._check_quoted()
        woken = {one.name for one in turn.commands if isinstance(one, cmd.Wake)}
        for command in turn.commands:
            match command:
                case cmd.Send():
                    self._check_send(command, turn.at)
                case cmd.SendAmend():
                    order = self._sent(command.intent, "an amendment")
                    must(order.amending, f"an amendment of {command.intent} was never written")
                    self._check_halts(order, turn.at, amends=True)
                    if f"way:{command.intent}" in woken:  # A person's amendment wakes nothing.
                        order.chases += 1
                        check_chase(
                            order, command.price, self._last(command.code, turn.at), turn.at
                        )
                case cmd.SendCancel():
                    order = self._sent(command.intent, "a cancel")
                    must(order.cancelling, f"a cancel of {command.intent} was never written")
                case _:
                    pass
        for record in turn.records:
            if isinstance(record, Declined):
                self._check_declined(record)
            elif isinstance(record, FlattenBegun):
                self._sold_out.begun(record, self.facts)
        opens, _, closes = self._session
        in_session = opens <= turn.at < closes
        self._sold_out.check(self.facts, self._desk.state, turn.at, in_session=in_session)
        self._check_exits(turn.at)

    def _check_declined(self, record: Declined) -> None:
        """Check that no order is its own twin, and that entries halt at bounds that say so."""
        live = list(self.facts.live(Side.BUY, record.code))
        if record.rule == "duplicate" and record.side is Side.BUY and not record.ticket:
            sales = any(self.facts.live(Side.SELL, record.code))
            # Beside a person's order of the book an entry of its own is one; no way amends that.
            ours = [one for one in live if one.fact.reason != BY_HAND]
            own = len(live) == len(ours) == 1 and ours[0].fact.book == record.book and not sales
            must(not own, f"{record.book} declines {record.code}: its own order is a twin of it")
        personal = record.ticket or any(one.fact.book == record.book for one in live)
        if record.rule in HALTING and not personal:  # Another price of an entry halts nothing.
            said = f"{record.book} declines {record.code} for {record.rule} and halts nothing"
            must(self.facts.halt is not Halt.NONE, said)

    def _check_quoted(self) -> None:
        """Check that no price is forgotten that was known: what is held is judged by it."""
        quotes = self._desk.quotes
        if quotes.keys() != self._quoted:
            forgotten = self._quoted - quotes.keys()
            must(not forgotten, f"the prices of {sorted(forgotten)} are forgotten")
            self._quoted = set(quotes)

    def _sent(self, intent: str, what: str) -> Order:
        order = self.facts.orders.get(intent)
        if order is None:
            raise InvariantError(f"{what} of {intent} goes out, of which no fact tells")
        return order

    def _check_send(self, send: cmd.Send, at: datetime) -> None:
        order = self._sent(send.intent, "an order")
        fact = order.fact
        same = (fact.side, fact.listed.code, fact.quantity, fact.price, fact.route)
        goes = (send.side, send.code, send.quantity, send.price, send.route)
        must(same == goes, f"{send.intent} goes out as {goes}, written was {same}")
        self._check_halts(order, at, amends=False)
        if fact.side is Side.BUY:
            return
        must(send.urgent, f"{send.intent} sells, and waits behind entries")
        if fact.reason != BY_HAND:
            left = [
                one.fact.intent
                for one in self.facts.live(Side.BUY, fact.listed.code, fact.book)
                if one.accepted and not one.cancelling and not one.amending
            ]
            must(not left, f"{send.intent} sells what {left} goes on buying")

    def _check_halts(self, order: Order, at: datetime, *, amends: bool) -> None:
        facts, fact = self.facts, order.fact
        opens, auction, closes = self._session
        taken = opens <= at < closes or is_taken(fact.route, self._calendar, at)
        must(taken, f"{fact.intent} goes out at {at}")
        must(facts.halt is not Halt.ALL, f"{fact.intent} goes out under the kill switch")
        if fact.side is Side.SELL:
            return
        personal = fact.reason == BY_HAND or amends
        must(facts.halt is not Halt.EXITS_ONLY, f"{fact.intent} buys though only exits may go")
        if personal:
            return
        must(facts.halt is Halt.NONE, f"{fact.intent} enters though {facts.halt} is in force")
        must(fact.book not in facts.paused, f"{fact.intent} enters though {fact.book} is paused")
        flat = {None, fact.book} & facts.flattening
        must(not flat, f"{fact.intent} enters though {fact.book} is being sold")
        must(at < auction, f"{fact.intent} enters in the closing auction")

    # Exits that are due.

    def _check_exits(self, at: datetime) -> None:
        opens, _, closes = self._session
        # Without a first balance there is no day: nobody knows what is held, and nothing is sold.
        opened = self._desk.state.day == at.date()
        looking = opened and opens <= at < closes and self.facts.halt is not Halt.ALL
        resting: list[Order] = []
        for key in self._due.keys() - self.facts.holdings.keys():
            del self._due[key]
        unclear = self._desk.state.portfolio.unclear
        for key, held in self.facts.holdings.items():
            if opens <= at and key[1] not in unclear:  # The closing auction may bring a high.
                self._follow_high(key, held)
            sales = list(self.facts.live(Side.SELL, key[1], key[0]))
            failed = self._failed.get(key[1])
            waits = failed is not None and at - failed < PAUSED
            judged = looking and not waits and key[1] not in unclear
            due = self._reasons(key, held, at) if judged else set()
            if due:
                resting += sales
            if sales or not due:
                self._due.pop(key, None)
                continue
            since = self._due.setdefault(key, at)
            if at - since > AT_ONCE:
                raise InvariantError(f"{key} is due for {sorted(due)} since {since} and not sent")
        self._check_resting(resting, at)

    def _check_resting(self, sales: Sequence[Order], at: datetime) -> None:
        """Check that no sale which rests at a price keeps an exit from being sent."""
        known, self._resting = self._resting, {}
        for sale in sales:
            if sale.fact.price is None or not sale.accepted or sale.cancelling:
                continue
            intent = sale.fact.intent
            first = self._resting[intent] = known.get(intent, at)
            since = max(first, self._kept.get(intent, first))
            if at - since > CANCELLED_WITHIN:
                raise InvariantError(f"{intent} keeps an exit from being sent since {since}")

    def _follow_high(self, key: Key, held: Holding) -> None:
        """Note a new high; without a trailing stop the entry's price stays what it begins from."""
        quote = self._desk.quotes.get(key[1])
        if held.sure and quote is not None and held.exits.trailing is not None:
            held.high = max(held.high, quote.price)

    def _reasons(self, key: Key, held: Holding, at: datetime) -> set[str]:
        quote = self._desk.quotes.get(key[1])
        theirs = self._desk.state.portfolio.positions.get(key)
        if quote is None or theirs is None:
            return set()
        source = held if held.sure else theirs
        position = Held(
            quantity=held.quantity,
            paid=source.paid,
            costs=source.costs,
            high=source.high,
            since=source.since,
            listed=source.listed,
            exits=source.exits,
            rights=source.rights,
        )

        def age(bought: date) -> int:
            return self._calendar.age(bought, at.date())

        return reasons(position, quote.price, self.facts.terms, at, age)

    # What the desk says.

    def _compare(self) -> None:
        """Hold shares, money and halts of the desk against the facts."""
        facts, state = self.facts, self._desk.state
        theirs = state.portfolio.positions
        if theirs.keys() != facts.holdings.keys():
            raise InvariantError(f"holds {set(theirs)}: {set(facts.holdings)}")
        for key, held in facts.holdings.items():
            said = theirs[key]
            if said.quantity != held.quantity:
                raise InvariantError(f"{key}: {said.quantity} of {held.quantity}")
            figures = (said.paid, said.costs), (held.paid, held.costs)
            if held.sure and figures[0] != figures[1]:
                raise InvariantError(f"{key} has cost {figures[0]}, not {figures[1]}")
            terms = (said.exits, said.rights), (held.exits, held.rights)
            if held.sure and terms[0] != terms[1]:
                raise InvariantError(f"{key} has {terms[0]}, not {terms[1]}")
        cost = facts.traded.cost(facts.terms)
        if state.costs.total != cost:
            raise InvariantError(f"fees and taxes are {state.costs.total}, not {cost}")
        for book, result in state.portfolio.results.items():
            own = facts.realised[book]
            if result.realised != own and book not in facts.unsure and book != OWNER:
                raise InvariantError(f"{book} has earned {result.realised}, not {own}")
        compare_set_aside(facts, state)
        if state.halt is not facts.halt:
            raise InvariantError(f"{state.halt} is in force, not {facts.halt}")
        if state.paused.keys() != facts.paused:
            raise InvariantError(f"{set(state.paused)} are paused")
        if state.flattening != facts.flattening:
            raise InvariantError(f"{state.flattening} are being sold")
