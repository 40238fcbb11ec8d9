"""What the simulated broker answers to questions, right, old or with something missing."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from random import Random

from maemae.desk import commands as cmd
from maemae.desk import events as ev
from maemae.desk.plausibility import DayRange
from maemae.desk.records import Listed
from maemae.exchange.accounts import Account
from maemae.exchange.behaviour import LIST_LAG as ASSUMED_LIST_LAG
from maemae.exchange.behaviour import Behaviour
from maemae.exchange.moment import SECOND, Moment, datetime_of
from maemae.exchange.orders import Order
from maemae.exchange.venue import Venue
from maemae.profile.facts import Fact
from maemae.proof.hazards import BALANCE, INQUIRY, Hazard, Hazards
from maemae.proof.printed import Printed, day_range

STALE_INQUIRY_SECONDS = 10
"""How old an order inquiry may be that is served again."""

PAGE = 15
"""Rows of an inquiry that may be missing at its end: one page."""

LIST_LAG = (1.0, 15.0)
"""Seconds after which an order that is listed late is listed."""

BRANCH = "00950"

_OFFERED = 4

Rows = tuple[ev.Execution, ...]


class Listing(StrEnum):
    """How a broker answers the order inquiry."""

    ROWS = "rows"
    """With the day's orders, as the real server does."""
    NONE = "none"
    """Without rows, whatever there is, as the virtual server (모의투자) was seen to."""
    REFUSED = "refused"
    """Not at all."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was made; `event` gives it the time at which it is received."""

    event: Callable[[datetime], ev.Event]
    spoilt: bool = False


class Answers:
    """Makes the answers of one account on one day.

    Args:
        venue: the exchange's day.
        account: the account's books there.
        hazards: what is wrong with an answer.
        printed: says the prices.
        listing: how the order inquiry is answered.
        denied: what is taken for granted and is not so.
    """

    def __init__(
        self,
        venue: Venue,
        account: Account,
        hazards: Hazards,
        printed: Printed,
        listing: Listing,
        *,
        denied: frozenset[Fact] = frozenset(),
    ) -> None:
        self._denied = denied
        self._figures = Behaviour(venue, account, denied)
        self._printed = printed
        self._listing = listing
        self._venue = venue
        self._account = account
        self._hazards = hazards
        self._last_balance: ev.Balance | None = None
        self._wrong: Hazard | None = None
        self._wrong_until = venue.now
        self._stuck: ev.Balance | None = None
        self._listed_from: dict[int, Moment] = {}
        self._last_inquiry: tuple[Moment, Rows] | None = None
        self._listed: dict[int, tuple[tuple[int, ...], ev.Execution]] = {}
        self.lacked: Counter[int] = Counter()
        """How often an order list lacked an order that the broker had, by its number."""
        self.found: Callable[[str], tuple[ev.Candidate, ...]] = lambda _: self._offers()
        """What a search finds for a book."""

    def answer(self, ask: cmd.Ask) -> Answer:
        """Answer a question as things stand now."""
        match ask.query:
            case ev.Query.PRICE | ev.Query.POWER if not self._is_listed(ask.key):
                unknown = "MCA05918"
                return Answer(
                    lambda at: ev.Unavailable(at=at, query=ask.query, key=ask.key, reason=unknown)
                )
            case ev.Query.BALANCE:
                return self._balance(ask)
            case ev.Query.EXECUTIONS:
                return self._inquiry(ask)
            case ev.Query.PRICE:
                return self._price(ask)
            case ev.Query.POWER:
                most = self._figures.power
                quantity = most // self._venue.floor.listing(ask.key).upper
                return Answer(
                    lambda at: ev.BuyingPower(at=at, code=ask.key, quantity=quantity, amount=most)
                )
            case ev.Query.SEARCH:
                offers = self.found(ask.key)
                return Answer(lambda at: ev.Candidates(at=at, book=ask.key, offers=offers))

    def _price(self, ask: cmd.Ask) -> Answer:
        listed, price = self._instrument(ask.key), self._last(ask.key)
        day = self._day(ask.key)
        return Answer(
            lambda at: ev.Price(
                at=at, code=ask.key, price=price, polled=True, listed=listed, base=day.base, day=day
            )
        )

    def _last(self, code: str, *, held: bool = False) -> int:
        """Return what is said to be an instrument's price, 0 where it is not listed any more.

        `held`: by a balance, of a name that may be the owner's.
        """
        if not self._is_listed(code):
            return 0
        floor, now = self._venue.floor, self._venue.now
        price = floor.state(code).price
        return self._printed.say(floor.listing(code), price, datetime_of(now), now, held=held)

    def _day(self, code: str) -> DayRange:
        """Return base price and limits of an instrument, as far as it is listed."""
        return day_range(self._venue.floor.listing(code)) if self._is_listed(code) else DayRange()

    def _is_listed(self, code: str) -> bool:
        return code in self._venue.floor.market.rows

    def spoil(self, hazard: Hazard, until: Moment) -> None:
        """Give wrong balances of one kind until then."""
        self._wrong, self._wrong_until, self._stuck = hazard, until, self._books()

    def _balance(self, ask: cmd.Ask) -> Answer:
        # A minute after the close the books move no more, and every replica has caught up.
        closed = self._venue.now >= self._venue.hours.close + 60 * SECOND
        if self._wrong is not None and self._venue.now < self._wrong_until and not closed:
            return self._wrong_balance(ask, self._wrong)
        old, hazard = self._last_balance, self._hazards.strike(*BALANCE)
        stale = hazard is Hazard.STALE_BALANCE and not closed
        new = old if stale and old is not None else self._books()
        self._last_balance = new
        if new is old:
            new = self._printed.again(new, datetime_of(self._venue.now))
        holdings = new.holdings
        if hazard is Hazard.PARTIAL_BALANCE:
            holdings = tuple(one for one in holdings if self._hazards.even())
        return Answer(
            lambda at: replace(new, at=at, holdings=holdings, asked=ask.version),
            spoilt=hazard is not None,
        )

    def _wrong_balance(self, ask: cmd.Ask, wrong: Hazard) -> Answer:
        new = self._stuck if wrong is Hazard.BALANCE_STUCK else self._books()
        if wrong is Hazard.HOLDINGS_BLANK or new is None:
            return Answer(
                lambda at: ev.Unavailable(at=at, query=ask.query, reason="blank"), spoilt=True
            )
        if new is self._stuck:
            # Nobody can tell a price that stands still from one that is served again.
            new = self._printed.again(new, datetime_of(self._venue.now))
        holdings = {Hazard.HOLDINGS_EMPTY: (), Hazard.HOLDINGS_DOUBLED: 2 * new.holdings}
        shown = holdings.get(wrong, new.holdings)
        return Answer(
            lambda at: replace(new, at=at, holdings=shown, asked=ask.version), spoilt=True
        )

    def _books(self) -> ev.Balance:
        account = self._figures.books
        return ev.Balance(
            at=datetime_of(self._venue.now),
            cash=account.cash,
            costs=account.costs.total,
            bought=account.turnover.buy,
            sold=account.turnover.sell,
            holdings=tuple(
                ev.Holding(
                    code=one.code,
                    quantity=one.quantity,
                    price=max(0, self._last(one.code, held=True)),
                    base=self._day(one.code).base or None,
                    sellable=self._figures.sellable(one.code),
                )
                for one in account.holdings.values()
                if self._figures.shows(one)
            ),
        )

    def _inquiry(self, ask: cmd.Ask) -> Answer:
        hazard, at = self._hazards.strike(*INQUIRY), self._venue.now
        if self._listing is Listing.REFUSED:
            return Answer(
                lambda at: ev.Unavailable(at=at, query=ask.query, reason="90000000", permanent=True)
            )
        sure = self._listing is Listing.ROWS
        if sure and self._is_blank():
            return Answer(
                lambda at: ev.Unavailable(at=at, query=ask.query, reason="rmn_qty"), spoilt=True
            )
        rows = self._rows() if sure else ()
        # An order of unknown outcome cannot be found in a list that has not got it yet.
        lacks = sure and len(rows) < sum(not one.is_cancel for one in self._account.orders.values())
        if hazard is Hazard.STALE_INQUIRY and self._last_inquiry is not None:
            made, old = self._last_inquiry
            if at - made <= STALE_INQUIRY_SECONDS * SECOND:
                at, rows = made, old
        self._last_inquiry = (at, rows)
        if hazard is Hazard.PARTIAL_INQUIRY:
            rows = rows[: -self._hazards.dice.randint(1, PAGE)]
        if sure and len(rows) < len(self._account.orders):
            shown = {row.order_no for row in rows}
            self.lacked.update(self._account.orders.keys() - shown)
        asked_at = datetime_of(self._venue.now)
        return Answer(
            lambda at: ev.Executions(
                at=at, rows=rows, asked=ask.version, asked_at=asked_at, sure=sure
            ),
            spoilt=hazard is not None or lacks,
        )

    def _rows(self) -> Rows:
        orders = [one for one in self._account.orders.values() if not one.is_cancel]
        rows = tuple(self._row(one) for one in orders if not self._comes_late(one))
        return rows if self._figures.oldest_first else rows[::-1]

    def _is_blank(self) -> bool:
        """Whether the list cannot be read: what remains of a living order is blank."""
        return Fact.REMAINING_STATED in self._denied and any(
            one.remaining for one in self._account.orders.values()
        )

    def _comes_late(self, order: Order) -> bool:
        """Whether an order is not in the list yet; decided once for each."""
        if Fact.LIST_PROMPT in self._denied:
            return self._venue.now < order.at + ASSUMED_LIST_LAG * SECOND
        if not self._hazards.rates.get(Hazard.LIST_LATE):
            return False
        if order.number not in self._listed_from:
            # Of its own dice: how often the list is asked for changes nothing else.
            dice = Random(order.number * SECOND + order.at)
            late = dice.random() < self._hazards.rates[Hazard.LIST_LATE]
            self._hazards.struck[Hazard.LIST_LATE] += late
            seconds = dice.uniform(*LIST_LAG) if late else 0.0
            self._listed_from[order.number] = order.at + int(seconds * SECOND)
        return self._venue.now < self._listed_from[order.number]

    def _row(self, order: Order) -> ev.Execution:
        """Return an order's row; that of an order at which nothing moved is not made anew."""
        amount = self._figures.amount(order)
        moved = (order.filled, order.cancelled, order.remaining, amount)
        known = self._listed.get(order.number)
        if known is None or known[0] != moved:
            row = ev.Execution(
                order_no=order.number,
                original_no=order.original,
                side=order.side,
                code=order.code,
                quantity=order.quantity,
                filled=order.filled,
                amount=amount,
                price=order.price,
                ordered=datetime_of(self._figures.ordered_at(order)).replace(microsecond=0),
                ended=order.remaining == 0,
                cancelled=order.cancelled > 0,
                remaining=order.remaining,
                org_no=BRANCH,
            )
            known = self._listed[order.number] = (moved, row)
        return known[1]

    def _offers(self) -> tuple[ev.Candidate, ...]:
        codes = [one.code for one in self._venue.floor.market.listings if not one.halted]
        chosen = self._hazards.dice.sample(codes, min(_OFFERED, len(codes)))
        return tuple(self.offer(code) for code in chosen)

    def offer(self, code: str) -> ev.Candidate:
        """Return a listed name as a search shows it."""
        return ev.Candidate(self._instrument(code), max(0, self._last(code)))

    def _instrument(self, code: str) -> Listed:
        one = self._venue.floor.listing(code)
        return Listed(code=one.code, name=one.name, market=one.market, kind=one.kind)
