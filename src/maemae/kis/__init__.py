"""The broker's wire: a client for the KIS Open API, usable on its own.

```python
async with KisClient(VIRTUAL_SERVER, credentials, clock=SystemClock(), state_dir=folder) as kis:
    quote = await kis.price("005930")
```
"""

from maemae.catalogue import Personality
from maemae.kis.client import KisClient
from maemae.kis.events import (
    Book,
    Feed,
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
from maemae.kis.outcomes import Accepted, OrderRequest, Outcome, Refused, Unknown
from maemae.kis.pages import Complete, Pages, Partial
from maemae.kis.priority import Priority
from maemae.kis.queues import EventQueue
from maemae.kis.records import (
    Balance,
    Bar,
    BuyingPower,
    ConditionHit,
    ConditionTitle,
    Holding,
    Level,
    OpenOrder,
    OrderBook,
    OrderRow,
    Quote,
    Sellable,
)
from maemae.kis.server import (
    NEW_CUSTOMER_LIMITS,
    REAL_SERVER,
    VIRTUAL_SERVER,
    Credentials,
    Limits,
    Server,
    mask_account,
)
from maemae.kis.stream import Stream

__all__ = [
    "NEW_CUSTOMER_LIMITS",
    "REAL_SERVER",
    "VIRTUAL_SERVER",
    "Accepted",
    "Balance",
    "Bar",
    "Book",
    "BuyingPower",
    "Complete",
    "ConditionHit",
    "ConditionTitle",
    "Credentials",
    "EventQueue",
    "Feed",
    "Holding",
    "KisClient",
    "Level",
    "Limits",
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
    "Record",
    "Refused",
    "Rejected",
    "Sellable",
    "Server",
    "Stream",
    "StreamDown",
    "StreamEvent",
    "StreamUp",
    "Tick",
    "Unknown",
    "mask_account",
]
