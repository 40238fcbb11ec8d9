"""What the service answers, as plain data that every face can show or send. Won throughout."""

from dataclasses import dataclass, field
from datetime import date, datetime

from maemae.desk.incidents import Severity
from maemae.ledger.ledger import FillLine
from maemae.service.status import Status, UnseenLine


@dataclass(frozen=True, slots=True)
class IncidentLine:
    """Something the owner should know about; `code` is the instrument where there is one."""

    at: datetime
    kind: str
    level: Severity
    detail: str = ""
    book: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A command of a person."""

    at: datetime
    who: str
    face: str
    command: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DayResult:
    """What a day earned after costs; `cash` is the D+2 cash at its end."""

    day: date
    realised: int
    fees: int
    taxes: int
    wins: int
    losses: int
    cash: int


@dataclass(frozen=True, slots=True)
class Share:
    """What one book, instrument or exit reason contributed."""

    key: str
    name: str
    realised: int
    sales: int
    wins: int


@dataclass(frozen=True, slots=True)
class Pnl:
    """Realised profit of a span of days, both ends included, after all costs."""

    first: date
    last: date
    realised: int
    fees: int
    taxes: int
    wins: int
    losses: int
    days: list[DayResult] = field(default_factory=list)
    by_book: list[Share] = field(default_factory=list)
    by_code: list[Share] = field(default_factory=list)
    by_reason: list[Share] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class WireHealth:
    """How the connection to the broker is doing.

    `granted` and `throttled` count requests since the start, `registered` the WebSocket
    registrations in use out of `registrations`.
    """

    stream_up: bool = True
    granted: int = 0
    throttled: int = 0
    calls_per_second: float = 0.0
    registered: int = 0
    registrations: int = 41


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the trader is alive and well. `steps` counts what the desk has dealt with.

    `unseen` is what it asks for and does not get.
    """

    venue: str
    account: str
    day: date
    opens: datetime
    closes: datetime
    at: datetime
    started: datetime
    last_step: datetime | None
    steps: int
    waiting: int
    dropped_prices: int
    finished: bool
    wire: WireHealth = WireHealth()
    unseen: list[UnseenLine] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One name of a plan: shares, the close (won) it was decided at, the rule, what became of it.

    `became` is the state of its order, or why none was sent; blank until the plan is carried out.
    `amount` is what the `filled` shares cost or brought, in won before fees and taxes.
    """

    code: str
    name: str
    quantity: int
    price: int
    reason: str = ""
    became: str = ""
    filled: int = 0
    amount: int = 0


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A next-open plan.

    `state` is prepared, under_way, done, past, broken, or why it was not carried out; `errors`
    counts the instruments that could not be judged.
    """

    name: str
    file: str
    state: str
    day: date | None = None
    strategy: str = ""
    buys: list[PlanItem] = field(default_factory=list)
    sells: list[PlanItem] = field(default_factory=list)
    errors: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a command.

    `state` is the state of the order where there is one; `detail` says more in English.
    """

    command: str
    intent: str | None = None
    state: str = "done"
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a page needs to draw itself; `prices` holds the last prices of held names.

    `incidents` and `fills` are the last ones since the trader was started, newest first.
    """

    status: Status
    health: Health
    prices: dict[str, list[int]] = field(default_factory=dict)
    incidents: list[IncidentLine] = field(default_factory=list)
    fills: list[FillLine] = field(default_factory=list)
