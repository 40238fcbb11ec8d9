"""Whether the desk goes by true prices alone, and says where it has none."""

from datetime import datetime, timedelta

from maemae.desk.desk import Desk
from maemae.desk.prices import Quote
from maemae.desk.records import Incident, Intended, Peaked
from maemae.errors import InvariantError
from maemae.market.kinds import Side
from maemae.proof.bounds import must
from maemae.proof.printed import PRICED, Printed, near

WITHOUT = timedelta(seconds=75)
"""A held name whose true price was not said for so long must have been named."""

RECENT = timedelta(seconds=10)
"""A price that was learnt so long ago is not replaced by an older one: balances are asked for every
fifteen seconds at most, and count where nothing newer is known."""

UNDER_WAY = timedelta(seconds=6)
"""So long may a price be under way that was the last one when it was asked for."""


MOMENT = timedelta(seconds=1)
"""So long a price is under way to the desk, at most, that the stream tells."""


class PriceCheck:
    """Checks quotes, sales and silence against what was truly printed; of one day."""

    def __init__(self, printed: Printed) -> None:
        self._printed = printed
        self._named: set[str] = set()
        self._held: dict[str, datetime] = {}
        self._quotes: dict[str, Quote] = {}

    def begin_life(self) -> None:
        """Go on with a process that was just started: it has said nothing yet."""
        self._named.clear()
        self._held.clear()
        self._quotes.clear()

    def durable(self, record: object, desk: Desk) -> None:
        """Check a fact.

        Raises:
            InvariantError: it follows from a price that was never printed.
        """
        match record:
            case Intended() if record.side is Side.SELL and record.reason in PRICED:
                self._check_sale(record, desk)
            case Peaked():
                true = self._printed.is_true(record.code, record.price)
                must(true, f"{record.code} never reached {record.price}")
            case Incident(kind="price_missing"):
                self._named.add(record.detail.partition(":")[0])
            case Incident(kind="price_back"):
                self._named.discard(record.detail)
            case _:
                pass

    def check(self, desk: Desk, at: datetime, opens: datetime, closes: datetime) -> None:
        """Check the quotes that the step brought, and that names without a price are named."""
        for code, quote in desk.quotes.items():
            if quote.seen == at:
                true = self._printed.is_true(code, quote.price) or self._is_milder(code, quote)
                must(true, f"{code} counts as {quote.price}, which was never printed")
                self._check_newer(code, quote)
        held = {code for _, code in desk.state.portfolio.positions}
        for code in self._held.keys() - held:
            del self._held[code]
        for code in held:
            since = self._held.setdefault(code, at)
            told = max(self._printed.last_told(code) or since, since, opens)
            late = opens <= at < closes and at - told > WITHOUT
            if late and code not in self._named:
                raise InvariantError(f"{code} has no price since {told}, unsaid")

    def _is_milder(self, code: str, quote: Quote) -> bool:
        """Whether a quote is a wrong price that a true one of this moment goes beyond."""
        known = self._quotes.get(code)
        return known is not None and self._printed.on_the_way(
            code, quote.price, known.price, quote.seen - MOMENT
        )

    def _check_newer(self, code: str, quote: Quote) -> None:
        """Check that what was learnt a moment ago is not replaced by what was true before it."""
        known, self._quotes[code] = self._quotes.get(code), quote
        if known is None or known.price == quote.price or quote.seen - known.seen >= RECENT:
            return
        if not near(known.price, quote.price):
            return  # It had to wait for a second one.
        fresh = self._printed.was_current(code, quote.price, known.seen - UNDER_WAY)
        said = f"{code} counts as {quote.price}, older than the {known.price} of {known.seen}"
        must(fresh, said)

    def _check_sale(self, record: Intended, desk: Desk) -> None:
        position = desk.state.portfolio.positions[record.book, record.listed.code]
        fine = self._printed.justifies(position, record.reason, desk.rules.costs, record.at)
        must(fine, f"{record.intent}: no true price gives a reason for {record.reason}")
