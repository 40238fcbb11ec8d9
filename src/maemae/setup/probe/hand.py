"""How the probe reaches the server: few orders, each noted first, and looks at what came of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from maemae import kis
from maemae.clock import Clock
from maemae.errors import KisUnreadable, WireError
from maemae.market.kinds import Side
from maemae.market.refusals import RefusalKind
from maemae.setup.probe.sent import Sent, SentFile

MOST_ORDERS = 12
MOST_TIME = timedelta(minutes=6)
"""Of the venue's clock; cleaning up comes on top."""

CLEANING = timedelta(seconds=60)
"""What is kept of the time for cleaning up."""


@dataclass(frozen=True, slots=True)
class Name:
    """What is traded: one share of it at a time. `low` and `high` are far from the market."""

    code: str
    upper: int
    low: int
    higher: int
    """One tick above `low`."""
    high: int


@dataclass(slots=True)
class Listed:
    """What an order list said: rows, or that it cannot be read, or that there is none."""

    rows: list[kis.OrderRow] = field(default_factory=list)
    blank: bool = False
    """A row does not state what remains."""
    failed: bool = False


class TooMuch(Exception):  # noqa: N818 - the probe has sent or waited as much as it may
    """No further order may be sent."""


class Hand:
    """The probe's hands on one account.

    Args:
        client: of the account.
        burst: the same app key, without our pace: for orders that are to be refused for haste.
        clock: of the venue.
        name: what is traded.
        sent: where orders are noted before they leave.
    """

    def __init__(
        self, client: kis.KisClient, burst: kis.KisClient, clock: Clock, name: Name, sent: SentFile
    ) -> None:
        self.client = client
        self.name = name
        self.clock = clock
        self.notices: list[tuple[datetime, kis.Notice]] = []
        self.codes: list[str] = []
        self._burst = burst
        self._sent = sent
        self._begun = clock.now()

    def hear(self, said: kis.StreamEvent) -> None:
        """Take in what the stream says."""
        if isinstance(said, kis.Notice) and said.code == self.name.code:
            self.notices.append((self.clock.now(), said))

    @property
    def left(self) -> timedelta:
        """What is left of the time for asking."""
        return self._begun + MOST_TIME - CLEANING - self.clock.now()

    @property
    def numbers(self) -> set[int]:
        """The numbers of the probe's orders."""
        return {one.number for one in self._sent.orders.values() if one.number is not None}

    async def order(self, side: Side, price: int | None, *, hasty: bool = False) -> Sent | None:
        """Send an order of one share once; return it as it is known, None where it was refused.

        Raises:
            TooMuch: there were enough.
            OSError: it could not be noted; nothing was sent.
        """
        if len(self._sent.orders) >= MOST_ORDERS or self.left < timedelta(0):
            raise TooMuch
        sent = self._sent.going(side, price, self.clock.now())
        client = self._burst if hasty else self.client
        request = kis.OrderRequest(
            side=side, code=self.name.code, quantity=1, price=price,
            kind="01" if price is None else "00",
        )  # fmt: skip
        answer = await client.order(request)
        if isinstance(answer, kis.Accepted):
            return self._sent.numbered(sent, answer.order_no, answer.org_no)
        if isinstance(answer, kis.Refused):
            self.codes.append(answer.code)
            if not answer.sent:
                self._sent.over(sent)
            return None
        return sent

    async def cancel(self, sent: Sent, *, org: str | None = None) -> bool | None:
        """Cancel an order; return whether it is over, None where nobody knows."""
        if sent.number is None:
            return None
        number, named = self._sent.orders[sent.n].number, sent.org if org is None else org
        answer = await self.client.cancel(number or sent.number, named)
        if isinstance(answer, kis.Refused):
            self.codes.append(answer.code)
            # Without its organisation number an order may only be called unknown.
            gone = org is None and answer.refusal is RefusalKind.GONE
            if gone:
                self._sent.over(sent)
            return gone
        if isinstance(answer, kis.Accepted):
            self._sent.over(sent)
            return True
        return None

    async def cancel_again(self, sent: Sent) -> bool | None:
        """Cancel an order that is over; return whether it is said so, None where nobody knows."""
        answer = await self.client.cancel(self._sent.orders[sent.n].number or 0, sent.org)
        if isinstance(answer, kis.Refused):
            self.codes.append(answer.code)
            return answer.refusal is RefusalKind.GONE
        return False if isinstance(answer, kis.Accepted) else None

    async def amend(self, sent: Sent, price: int) -> int | None:
        """Amend an order; return the number that the reply gives, None where it was not taken."""
        if sent.number is None:
            return None
        answer = await self.client.amend(sent.number, sent.org, price=price)
        if isinstance(answer, kis.Refused):
            self.codes.append(answer.code)
        if not isinstance(answer, kis.Accepted):
            return None
        self._sent.numbered(sent, answer.order_no, answer.org_no or sent.org)
        return answer.order_no

    def found(self, number: int, org: str, price: int) -> Sent:
        """Note an order of ours that was said to be refused, or of which nobody told."""
        lost = [one for one in self._sent.open() if one.number is None and one.price == price]
        sent = lost[0] if lost else self._sent.going(Side.BUY, price, self.clock.now())
        return self._sent.numbered(sent, number, org)

    async def power(self, price: int | None) -> kis.BuyingPower | None:
        """Ask for buying power; None where it cannot be had."""
        try:
            return await self.client.buying_power(self.name.code, price)
        except WireError:
            return None

    async def holding(self) -> kis.Holding | None:
        """Ask for the line of the name in the balance; None: it has none.

        Raises:
            WireError: the balance cannot be had.
        """
        return (await self.both())[0]

    async def both(self) -> tuple[kis.Holding | None, int]:
        """Ask for the line of the name in the balance, and the won bought today beside it.

        Raises:
            WireError: the balance cannot be had.
        """
        balance = await self.client.balance()
        lines = (one for one in balance.holdings if one.code == self.name.code)
        return next(lines, None), balance.day_buy

    async def listed(self) -> Listed:
        """Ask for the order list; the rows of the name."""
        try:
            rows = await self.client.daily_executions(self.clock.now().date())
        except KisUnreadable as error:
            return Listed(blank="rmn_qty" in str(error), failed=True)
        except WireError:
            return Listed(failed=True)
        return Listed([row for row in rows if row.code == self.name.code])

    def noticed(self, number: int, *events: kis.NoticeEvent) -> datetime | None:
        """Return when the first notice of these kinds came of an order."""
        for at, one in self.notices:
            if number in (one.order_no, one.original_no) and (not events or one.event in events):
                return at
        return None

    def fills(self, number: int) -> int:
        """Return how many notices told of an execution of an order."""
        return sum(
            one.order_no == number and one.event is kis.NoticeEvent.FILLED
            for _at, one in self.notices
        )

    async def wait(self, seconds: float = 1.0) -> None:
        """Let time pass."""
        await self.clock.sleep(seconds)

    async def hasty(self, count: int) -> Sequence[Sent | BaseException | None]:
        """Send so many purchases far from the market faster than the server takes them."""
        orders = (self.order(Side.BUY, self.name.low, hasty=True) for _ in range(count))
        return await asyncio.gather(*orders, return_exceptions=True)
