"""Holds every step of the desk against the second reading of the facts.

Both ways: an exit that is sent was due, and one that is due is sent; a buy that goes out passes
every limit and halt; what the desk says it holds, has paid and has earned is what the facts add
up to; and whatever goes out was durable before.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from maemae.desk import commands as cmd
from maemae.desk.desk import Desk
from maemae.desk.records import (
    BY_HAND,
    OWNER,
    Ended,
    Halt,
    Intended,
    NeverArrived,
    PositionMoved,
    Record,
    Refused,
)
from maemae.desk.turn import Turn
from maemae.errors import InvariantError
from maemae.market.calendar import Calendar
from maemae.market.costs import CostRules
from maemae.market.kinds import Side
from maemae.proof.bounds import must
from maemae.proof.oracle.exits import Held, reasons
from maemae.proof.oracle.facts import Facts, Holding, Key, Order
from maemae.proof.oracle.money import REAL, VIRTUAL
from maemae.proof.oracle.terms import check_chase, check_entry, check_move

OF_PRICE = frozenset({"stop_loss", "take_profit", "trailing_stop", "time_of_day", "max_holding"})
"""Reasons that a position declares."""

AT_ONCE = timedelta(seconds=3)
"""How soon an exit goes out once it is due and nothing has stood in its way."""

UPPER = 130
"""Percent of the last price that a purchase at market sets aside at most (상한가)."""

PAUSED = timedelta(minutes=6)
"""So long after a sale of a name came to nothing its exits are not judged here."""

MINUTE = timedelta(minutes=1)

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
            self.facts.apply(record)
            if isinstance(record, Refused | Ended | NeverArrived):
                self._note_failed(record)
        self._compare()

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
        check_entry(fact, books, quote.price, self._amounts, highest=highest)
        unseen = ("balance", "") in facts.unseen and fact.reason != BY_HAND
        must(not unseen, f"{what} enters though the balance is not answered")
        each = fact.price or quote.price
        upper = self._uppers.get(fact.listed.code, 0)
        least = fact.price or min(upper, quote.price * UPPER // 100)
        must(fact.reserve >= least * fact.quantity, f"{what} reserves only {fact.reserve}")
        free = self._desk.state.cash - sum(o.reserved for o in facts.live(Side.BUY))
        must(fact.reserve <= free, f"{what} reserves {fact.reserve} of {free}")
        worth, book, code = each * fact.quantity, fact.book, fact.listed.code
        own = limits.of(book)
        self._bounded(what, "is worth", worth, limits.order_value, own.order_value)
        exposed = facts.tied_up(code=code) + worth
        self._bounded(what, "exposes in its name", exposed, limits.name_exposure)
        exposed = facts.tied_up(book=book, code=code) + worth
        self._bounded(what, "exposes in its book's name", exposed, own.name_exposure)
        self._bounded(what, "exposes in all", facts.tied_up() + worth, limits.total_exposure)
        capital = own.capital
        if isinstance(capital, Decimal):
            capital = int(capital * facts.opened_worth)
        self._bounded(what, "takes of its book", facts.tied_up(book) + fact.reserve, capital)
        names = {name for _, name in facts.holdings} | {code}
        names |= {one.fact.listed.code for one in facts.live(Side.BUY)}
        self._bounded(what, "makes names", len(names), limits.positions)
        today = [one for one in facts.orders.values() if one.fact.at.date() == fact.at.date()]
        before = [
            one for one in today
            if one.fact.side is Side.BUY
            and one.fact.listed.code == code
            and not one.came_to_nothing
        ]  # fmt: skip
        self._bounded(what, "enters its name", len(before) + 1, limits.entries_per_name)
        stops = [
            one for one in today
            if one.fact.side is Side.SELL
            and one.fact.reason == "stop_loss"
            and (one.fact.book, one.fact.listed.code) == (book, code)
        ]  # fmt: skip
        may = own.after_stop or fact.reason == BY_HAND or not stops
        must(may, f"{what} buys what its stop loss sold today")
        recent = [one for one in today if fact.at - one.fact.at < MINUTE and one.looked_at]
        self._bounded(what, "is, in a minute,", len(recent) + 1, limits.orders_per_minute)
        self._bounded(what, "follows refusals", facts.refusals, limits.refusals_in_a_row)

    @staticmethod
    def _bounded(what: str, does: str, value: int, *bounds: int | None) -> None:
        for bound in bounds:
            must(bound is None or value <= bound, f"{what} {does} {value}, the bound is {bound}")

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
        self._check_exits(turn.at)

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
        same = (fact.side, fact.listed.code, fact.quantity, fact.price)
        goes = (send.side, send.code, send.quantity, send.price)
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
        must(opens <= at < closes, f"{fact.intent} goes out at {at}")
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
        looking = opens <= at < closes and self.facts.halt is not Halt.ALL
        for key in self._due.keys() - self.facts.holdings.keys():
            del self._due[key]
        unclear = self._desk.state.portfolio.unclear
        for key, held in self.facts.holdings.items():
            if opens <= at < closes and key[1] not in unclear:
                self._follow_high(key, held)
            selling = any(self.facts.live(Side.SELL, key[1], key[0]))
            failed = self._failed.get(key[1])
            waits = failed is not None and at - failed < PAUSED
            free = looking and not selling and not waits
            judged = free and key[1] not in unclear
            due = self._reasons(key, held, at) if judged else set()
            if not due:
                self._due.pop(key, None)
                continue
            since = self._due.setdefault(key, at)
            if at - since > AT_ONCE:
                raise InvariantError(f"{key} is due for {sorted(due)} since {since} and not sent")

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
        if state.halt is not facts.halt:
            raise InvariantError(f"{state.halt} is in force, not {facts.halt}")
        if state.paused.keys() != facts.paused:
            raise InvariantError(f"{set(state.paused)} are paused")
        if state.flattening != facts.flattening:
            raise InvariantError(f"{state.flattening} are being sold")
