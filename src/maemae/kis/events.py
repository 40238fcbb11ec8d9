"""What comes out of the stream."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from maemae.kis.records import Level
from maemae.market.kinds import Side


class Feed(StrEnum):
    """The feeds that trading needs, by their catalogue id."""

    TICKS = "domestic_stock.ccnl_krx"
    BOOK = "domestic_stock.asking_price_krx"
    NOTICES = "domestic_stock.ccnl_notice"
    TICKS_NXT = "domestic_stock.ccnl_nxt"
    TICKS_ALL = "domestic_stock.ccnl_total"
    OVERSEAS_NOTICES = "overseas_stock.ccnl_notice"


class NoticeEvent(StrEnum):
    """What a notice says about an order."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    FILLED = "filled"
    AMENDED = "amended"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Tick(msgspec.Struct, frozen=True):
    """A trade in the market (체결). Prices in won; `volume` is the day's, up to this trade.

    `ask` and `bid` are the best prices after it, None where the side is empty, with the shares that
    stand there, 0 where that is not stated. A `price` of None: the frame states none, or zero, or
    a negative one. `taker`: who met the other's order, None in an auction. `reference`: what a
    static volatility interruption is measured against (정적VI 기준가), None where it is not stated.
    """

    code: str
    price: int | None
    quantity: int
    volume: int
    at: datetime
    ask: int | None
    bid: int | None
    ask_quantity: int = 0
    bid_quantity: int = 0
    taker: Side | None = None
    reference: int | None = None


class Book(msgspec.Struct, frozen=True):
    """An order book (호가): best level first, empty levels left out.

    `expected_price` is the price that an auction would give now; None outside auctions.
    """

    code: str
    at: datetime
    asks: tuple[Level, ...]
    bids: tuple[Level, ...]
    expected_price: int | None
    expected_quantity: int | None


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice about an own order (체결통보); a fill carries its own quantity only.

    `price` is the fill price of a fill and else the order's price, 0 for market orders.
    `original_no` is the order that an amendment or cancellation is about.
    """

    order_no: int
    original_no: int | None
    side: Side
    code: str
    quantity: int
    price: int
    at: datetime
    event: NoticeEvent
    order_quantity: int | None
    kind: str = ""
    exchange: str = "KRX"
    org_no: str = ""
    """The branch that keeps the order (지점번호): a cancel or an amendment names it."""


class OverseasNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A notice about an own overseas order; the price has the decimals of its market."""

    order_no: int
    original_no: int | None
    side: Side
    symbol: str
    market: str
    quantity: int
    price: Decimal
    at: datetime | None
    event: NoticeEvent
    order_quantity: int | None


class Record(msgspec.Struct, frozen=True):
    """A record of a feed without a type of its own: column name → text as it came."""

    feed: str
    values: dict[str, str]


class StreamDown(msgspec.Struct, frozen=True):
    """Nothing is received from `at` on."""

    at: datetime
    reason: str


TOKEN_TAKEN = "EGW00121"  # noqa: S105 - the broker's code for a token that is none any more


class KeyInUse(msgspec.Struct, frozen=True):
    """Another program uses the app key.

    `code`: how that is known. OPSP8996: it holds the stream; told once, until the stream is up
    again. EGW00121: it was given a token of its own, which ended ours.
    """

    at: datetime
    code: str


class StreamUp(msgspec.Struct, frozen=True):
    """Registrations stand again; what happened since `since` was missed (None: a first start)."""

    at: datetime
    since: datetime | None


class Rejected(msgspec.Struct, frozen=True):
    """A message that could not be understood. The reason never carries private data."""

    feed: str
    reason: str


StreamEvent = (
    Tick | Book | Notice | OverseasNotice | Record | StreamDown | KeyInUse | StreamUp | Rejected
)
