"""An account of a fed exchange on disk, so that it is there again after a restart.

One small JSON file, written anew after each thing that happens to an order. It holds money, shares,
the day's orders with their places in the queue, the day's fills, and the names they are in.
"""

from collections import deque
from datetime import date
from pathlib import Path

import msgspec

from maemae import private
from maemae.errors import DataError
from maemae.exchange.accounts import Account, FillRecord, Holding
from maemae.exchange.moment import Moment
from maemae.exchange.orders import Order, OrderKind, Place, Status, Ticket
from maemae.i18n import _
from maemae.market.costs import Turnover
from maemae.market.kinds import Kind, Market, Side


class KeptName(msgspec.Struct, frozen=True):
    """A name that the account has to do with. Won and shares."""

    code: str
    name: str
    market: Market
    kind: Kind
    base: int
    lower: int
    upper: int
    price: int


class KeptOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order of the day, as `Order` has it."""

    number: int
    code: str
    side: Side
    kind: OrderKind
    live_kind: OrderKind
    quantity: int
    price: int
    stop: int
    waits: bool
    at: Moment
    asked: Place
    place: Place
    original: int | None
    is_cancel: bool
    working: bool
    status: Status
    filled: int
    amount: int
    cancelled: int
    reserved: int
    ahead: int


class Kept(msgspec.Struct, kw_only=True):
    """What is kept of an exchange with one account. `next_number`: of its next order."""

    account: str
    day: date
    settled: int
    in_transit: list[int]
    bought: list[int]
    sold: list[int]
    holdings: list[Holding]
    orders: list[KeptOrder]
    fills: list[FillRecord]
    names: list[KeptName]
    next_number: int
    opening_worth: int = 0
    version: int = 1


def read_kept(file: Path) -> Kept | None:
    """Read what was kept, None where nothing was.

    Raises:
        DataError: there is a file and it cannot be used.
    """
    try:
        return msgspec.json.decode(file.read_bytes(), type=Kept)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise DataError(
            _("{file} holds the account of the dry run and cannot be read: {error}").format(
                file=file, error=error
            )
        ) from error


def write_kept(file: Path, kept: Kept) -> None:
    """Write what is to be kept, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    part = file.with_name(f"{file.name}.part")
    private.write_text(part, msgspec.json.encode(kept).decode())
    part.replace(file)


def kept_of(account: Account, names: list[KeptName], next_number: int) -> Kept:
    """Return what there is to keep of an account."""
    return Kept(
        account=account.number,
        day=account.day,
        settled=account.settled,
        in_transit=list(account.in_transit),
        bought=list(account.turnover.bought),
        sold=list(account.turnover.sold),
        holdings=list(account.holdings.values()),
        orders=[_kept_order(one) for one in account.orders.values()],
        fills=list(account.fills),
        names=names,
        next_number=next_number,
        opening_worth=account.opening_worth,
    )


def restore(account: Account, kept: Kept) -> None:
    """Give an account what was kept of it."""
    account.day, account.settled = kept.day, kept.settled
    account.in_transit = deque(kept.in_transit)
    account.turnover = Turnover(tuple(kept.bought), tuple(kept.sold))
    account.holdings = {one.code: one for one in kept.holdings}
    account.orders = {one.number: _order(one, account.number) for one in kept.orders}
    account.fills = list(kept.fills)
    account.opening_worth = kept.opening_worth


def _kept_order(order: Order) -> KeptOrder:
    return KeptOrder(**{name: getattr(order, name) for name in KeptOrder.__struct_fields__})


def _order(kept: KeptOrder, account: str) -> Order:
    ticket = Ticket(
        kept.code, kept.side, kept.kind, kept.quantity, kept.price, kept.stop, kept.place
    )
    order = Order(kept.number, account, ticket, kept.at)
    for name in KeptOrder.__struct_fields__:
        setattr(order, name, getattr(kept, name))
    return order
