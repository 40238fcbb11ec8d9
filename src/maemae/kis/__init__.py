"""The broker's wire: a client for the KIS Open API, usable on its own.

```python
async with KisClient(VIRTUAL_SERVER, credentials, clock=SystemClock(), state_dir=folder) as kis:
    quote = await kis.price("005930")
```
"""

from maemae.catalogue import Personality
from maemae.errors import (
    KisAuth,
    KisRefused,
    KisThrottled,
    KisUnavailable,
    KisUnreadable,
    KisUnsent,
    KisUnsupported,
    WireError,
)
from maemae.kis.client import KisClient
from maemae.kis.events import (
    Book,
    Feed,
    KeyInUse,
    Notice,
    NoticeEvent,
    OverseasNotice,
    Record,
    Rejected,
    StreamDown,
    StreamEvent,
    StreamUp,
    Tick,
)
from maemae.kis.market_client import MarketClient
from maemae.kis.outcomes import Accepted, OrderRequest, Outcome, Refused, Unknown
from maemae.kis.pages import Complete, Pages, Partial
from maemae.kis.pair import Clients
from maemae.kis.priority import Priority
from maemae.kis.queues import EventQueue
from maemae.kis.records import (
    AccountAssets,
    Balance,
    Bar,
    BuyingPower,
    ConditionHit,
    ConditionTitle,
    Holding,
    IndexBar,
    Level,
    MarketDay,
    OpenOrder,
    OrderBook,
    OrderRow,
    Quote,
    Ranked,
    Sellable,
    StockInfo,
    Trade,
    TradeProfit,
)
from maemae.kis.server import (
    NEW_CUSTOMER_LIMITS,
    REAL_SERVER,
    VIRTUAL_SERVER,
    AppKey,
    Credentials,
    Limits,
    Server,
    mask_account,
)
from maemae.kis.server_time import Ahead
from maemae.kis.stream import Stream
from maemae.kis.tap import Heard, Tap
from maemae.kis.tokens import TokenFile, TokenKeyring, TokenStore
from maemae.kis.watchlist import Watchlist, Wish
from maemae.market.kinds import Side

__all__ = [
    "NEW_CUSTOMER_LIMITS",
    "REAL_SERVER",
    "VIRTUAL_SERVER",
    "Accepted",
    "AccountAssets",
    "Ahead",
    "AppKey",
    "Balance",
    "Bar",
    "Book",
    "BuyingPower",
    "Clients",
    "Complete",
    "ConditionHit",
    "ConditionTitle",
    "Credentials",
    "EventQueue",
    "Feed",
    "Heard",
    "Holding",
    "IndexBar",
    "KeyInUse",
    "KisAuth",
    "KisClient",
    "KisRefused",
    "KisThrottled",
    "KisUnavailable",
    "KisUnreadable",
    "KisUnsent",
    "KisUnsupported",
    "Level",
    "Limits",
    "MarketClient",
    "MarketDay",
    "Notice",
    "NoticeEvent",
    "OpenOrder",
    "OrderBook",
    "OrderRequest",
    "OrderRow",
    "Outcome",
    "OverseasNotice",
    "Pages",
    "Partial",
    "Personality",
    "Priority",
    "Quote",
    "Ranked",
    "Record",
    "Refused",
    "Rejected",
    "Sellable",
    "Server",
    "Side",
    "StockInfo",
    "Stream",
    "StreamDown",
    "StreamEvent",
    "StreamUp",
    "Tap",
    "Tick",
    "TokenFile",
    "TokenKeyring",
    "TokenStore",
    "Trade",
    "TradeProfit",
    "Unknown",
    "Watchlist",
    "WireError",
    "Wish",
    "mask_account",
]
