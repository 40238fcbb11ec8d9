"""What the ledgers say of the days traded so far, and what is wrong with each of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from maemae.desk import records as rec
from maemae.i18n import _
from maemae.ledger.ledger import Ledger, accounts
from maemae.market.kinds import Side
from maemae.service.history import History
from maemae.trader.cost_settings import costs_of
from maemae.trader.settings import Settings, VenueName
from maemae.trader.venue import ledger_url


@dataclass(slots=True)
class Day:
    """A day of a ledger.

    Attributes:
        day: its date at the venue.
        bought: fills of buys.
        sold: fills of sells.
        closed: whether the broker's books and ours agreed to the won and the share at its end.
        doubts: what came up that a person must understand before real money is at stake.
        realised: won earned, after all costs.
    """

    day: date
    bought: int = 0
    sold: int = 0
    closed: bool = False
    doubts: list[str] = field(default_factory=list)
    realised: int = 0

    @property
    def clean(self) -> bool:
        """Whether the day is evidence that everything works."""
        return self.closed and not self.doubts

    @property
    def problems(self) -> list[str]:
        """What keeps it from being clean."""
        return self.doubts if self.closed else [_("not closed with equal books"), *self.doubts]


def days_of(settings: Settings, venue: VenueName) -> list[Day]:
    """Return the days that were traded on a venue, oldest first; of the sim, of all its accounts.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    there = settings.model_copy(update={"venue": venue})
    url = ledger_url(there)
    if isinstance(url, Path) and not url.exists():
        return []
    keyed = {"paper": settings.paper.account, "live": settings.live.account}
    if venue in keyed:
        wanted = {keyed[venue]} & set(accounts(url))
    else:
        wanted = set(accounts(url)) - set(keyed.values())
    found: list[Day] = []
    for account in wanted:
        with Ledger(url, account) as ledger:
            mine = read_days(ledger.records())
            if mine:
                history = History(ledger, costs_of(there))
                profit = {d.day: d for d in history.pnl(mine[0].day, mine[-1].day).days}
                for one in mine:
                    one.realised = profit[one.day].realised
            found += mine
    return sorted(found, key=lambda one: one.day)


def read_days(records: Iterable[rec.Record]) -> list[Day]:
    """Return the days of a journal, oldest first."""
    days: dict[date, Day] = {}
    sides: dict[str, Side] = {}
    now: Day | None = None
    for record in records:
        if isinstance(record, rec.DayOpened):
            now = days.setdefault(record.day, Day(record.day))
            now.closed = False
        if isinstance(record, rec.Intended):
            sides[record.intent] = record.side
        if now is not None:
            _take(now, record, sides)
    return [days[day] for day in sorted(days)]


def latest(days: Sequence[Day], count: int, *, running: date | None) -> list[Day]:
    """Return the last days that are over; a day that is still being traded is none of them."""
    return [one for one in days if one.closed or one.day != running][-count:]


def _take(day: Day, record: rec.Record, sides: dict[str, Side]) -> None:
    match record:
        case rec.Filled():
            if sides.get(record.intent) is Side.BUY:
                day.bought += 1
            else:
                day.sold += 1
        case rec.CashStated(reason="costs"):
            said = _("cash differed by {won:+,} won without a reason")
            day.doubts.append(said.format(won=record.difference))
        case rec.PositionLost():
            said = _("{book} lost {count} shares of {code} that the broker does not show")
            day.doubts.append(
                said.format(book=record.book, count=record.quantity, code=record.code)
            )
        case rec.DayClosed():
            day.closed = True
        case _:
            pass
