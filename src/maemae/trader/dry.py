"""The dry run (모의 주문, 실시간 시세): the live market, and orders that stay on this machine.

Quotes, charts, condition searches, calendars and streams come from the live server, through a
client that cannot trade (`MarketClient`). Orders, cancels, balance, buying power and order list go
to an exchange inside this process, which speaks the broker's protocol on a loopback port and whose
market is fed by those live trades and books.
"""

import tempfile
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import date, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from maemae.clock import Clock
from maemae.errors import SettingsError, WireError
from maemae.exchange.fed.care import CARES
from maemae.exchange.fed.exchange import FedExchange
from maemae.exchange.moment import SECOND, Moment, moment
from maemae.exchange.server import Server as ExchangeServer
from maemae.exchange.timekeeper import Timekeeper
from maemae.i18n import _
from maemae.kis import (
    REAL_SERVER,
    Balance,
    BuyingPower,
    Credentials,
    KisClient,
    MarketClient,
    OrderRequest,
    Outcome,
    Priority,
    Refused,
    Server,
)
from maemae.market.calendar import Calendar, krx
from maemae.market.phases import Venue as Exchange
from maemae.market.refusals import RefusalKind
from maemae.trader.cost_settings import costs_of
from maemae.trader.dry_feed import LiveFeed
from maemae.trader.masters import todays_masters
from maemae.trader.settings import Settings
from maemae.trader.venue import DRY_ACCOUNT


class VenueTime(Timekeeper):
    """An exchange's time that is a clock's, whatever that one does.

    Args:
        clock: the clock.
    """

    def __init__(self, clock: Clock) -> None:
        super().__init__(moment(clock.now()), 1.0)
        self._clock = clock

    def now(self) -> Moment:
        """Return the clock's time."""
        return moment(self._clock.now())

    def real_seconds(self, until: Moment) -> float:
        """Return how many seconds it takes until an instant."""
        return max(0.0, (until - self.now()) / SECOND)


class DryOrders(KisClient):
    """The client of the embedded exchange: it sees to the market before an order meets it.

    Args:
        server: the embedded exchange.
        credentials: of its account.
        clock: venue time.
        state_dir: where its token is kept.
        feed: what the market is fed by.
        exchange: the embedded exchange.
    """

    def __init__(
        self,
        server: Server,
        credentials: Credentials,
        *,
        clock: Clock,
        state_dir: Path,
        feed: LiveFeed,
        exchange: FedExchange,
    ) -> None:
        super().__init__(server, credentials, clock=clock, state_dir=state_dir)
        self._feed = feed
        self._exchange = exchange

    async def balance(self, *, priority: Priority = Priority.RECONCILE) -> Balance:
        """See `Account.balance`; the names that are held are listed first."""
        await self._feed.know_held()
        return await super().balance(priority=priority)

    async def buying_power(
        self, code: str, price: int | None, *, priority: Priority = Priority.ENTRY
    ) -> BuyingPower:
        """See `Account.buying_power`; the name is listed first."""
        await self._feed.know(code, priority)
        return await super().buying_power(code, price, priority=priority)

    async def order(
        self,
        request: OrderRequest,
        priority: Priority | None = None,
        goes: Callable[[], bool] = lambda: True,
    ) -> Outcome:
        """Send an order to the embedded exchange, with the live book of this moment."""
        unlisted = await self._see(request.code, priority or Priority.ENTRY)
        return unlisted or await super().order(request, priority, goes)

    async def amend(
        self,
        order_no: int,
        org_no: str,
        *,
        price: int | None,
        quantity: int | None = None,
        kind: str = "00",
        exchange: Exchange = Exchange.KRX,
        goes: Callable[[], bool] = lambda: True,
    ) -> Outcome:
        """Amend an order at the embedded exchange, with the live book of this moment."""
        code = self._exchange.code_of(order_no)
        unlisted = await self._see(code, Priority.EXIT) if code is not None else None
        return unlisted or await super().amend(
            order_no, org_no, price=price, quantity=quantity, kind=kind, exchange=exchange,
            goes=goes,
        )  # fmt: skip

    async def _see(self, code: str, priority: Priority) -> Refused | None:
        """Bring a name's book up to date; without it an order waits for what the stream tells."""
        try:
            await self._feed.ready(code, priority)
        except WireError as error:
            if not self._exchange.knows(code):
                return Refused("", str(error), sent=False, refusal=RefusalKind.UNSENT)
        return None


async def open_dry(
    settings: Settings, data: MarketClient, folder: Path, stack: AsyncExitStack
) -> tuple[DryOrders, LiveFeed]:
    """Open the embedded exchange, fed by the live market.

    Args:
        settings: all of them.
        data: reads the live market; open.
        folder: where the account is kept.
        stack: closes what is opened.

    Raises:
        SettingsError: a book's orders are for elsewhere, or another process is on a dry run here.
        DataError: the account that was kept cannot be used.
    """
    _demand_regular(settings)
    calendar, clock, file = krx(), data.clock, folder / DRY_ACCOUNT
    stack.callback(_alone(file).release)
    exchange = FedExchange(
        calendar, _day(calendar, clock.now()), VenueTime(clock),
        cash=settings.dry.cash, costs=costs_of(settings), care=CARES[settings.dry.care], file=file,
    )  # fmt: skip
    embedded = ExchangeServer(exchange, {"real": 0})
    await embedded.start()
    stack.push_async_callback(embedded.stop)
    masters = await todays_masters(settings, clock)
    feed = LiveFeed(exchange, data, masters.listed())
    who = exchange.customer
    state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="maemae-dry-")))
    orders = DryOrders(
        REAL_SERVER.at(embedded.urls["real"]),
        Credentials(who.app_key, who.app_secret, who.account, who.hts_id),
        clock=clock, state_dir=state, feed=feed, exchange=exchange,
    )  # fmt: skip
    await stack.enter_async_context(orders)
    await feed.start()
    return orders, feed


def _alone(file: Path) -> FileLock:
    """Hold the account of the dry run: two processes would write it over one another.

    Raises:
        SettingsError: another process holds it.
    """
    lock = FileLock(f"{file}.lock", mode=0o600)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        said = _("another process is on a dry run here ({file}): end it first")
        raise SettingsError(said.format(file=file)) from None
    return lock


def _day(calendar: Calendar, now: datetime) -> date:
    today = now.date()
    return today if calendar.is_session(today) else calendar.previous_session(today)


def _demand_regular(settings: Settings) -> None:
    """Refuse books whose orders the embedded exchange does not have.

    Raises:
        SettingsError: names the book.
    """
    for book in settings.book:
        way = book.order.way()
        if way.exchange is not Exchange.KRX or not way.order_kind.on_virtual:
            raise SettingsError(
                _("book {book}: a dry run takes orders for KRX's regular session only").format(
                    book=book.name
                )
            )
