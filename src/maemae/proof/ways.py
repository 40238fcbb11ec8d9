"""Ways of trading over several days: what is traded, when it is ended, and what must hold."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path

from maemae.bars.universe import write_codes
from maemae.clock import KST
from maemae.desk.records import (
    DayClosed,
    DayOpened,
    Filled,
    Intended,
    NeverArrived,
    PlanBegun,
    PlanEnded,
    PlanPrepared,
    PlanSkipped,
    Record,
    Refused,
)
from maemae.exchange.listing import Listing
from maemae.market.calendar import Calendar
from maemae.market.kinds import Kind, Side
from maemae.proof.pages import How, Page, Stop

CONDITION = """
[[book]]
way = "condition"
name = "scalper"
max_names = 3
{capital}
"""

TARGETS = """
[[book]]
way = "targets"
name = "targets"
file = "targets.json"
{capital}
"""

PLAN = """
[[book]]
way = "plan"
name = "plan"
strategy = "plan.py"
universe_limit = 40
max_names = 3
max_days = 4
{capital}
"""

DAYS = """
[[book]]
way = "strategy"
name = "days"
strategy = "days.py"
at = "15:15"
{capital}
[book.universe]
file = "codes.csv"
"""

MINUTES = """
[[book]]
way = "strategy"
name = "minutes"
strategy = "minutes.py"
{capital}
[book.universe]
file = "codes.csv"
"""

BREAKOUT = """
[[book]]
way = "breakout"
name = "breakout"
level = "previous_high"
take_profit = "2%"
stop_loss = "2%"
max_days = 2
{capital}
[book.universe]
file = "codes.csv"
"""

SHARE = 'capital = "30%"'

CASES = {
    "condition": CONDITION.format(capital=""),
    "targets": TARGETS.format(capital=""),
    "plan": PLAN.format(capital=""),
    "daily bars": DAYS.format(capital=""),
    "minute bars": MINUTES.format(capital=""),
    "breakout": BREAKOUT.format(capital=""),
    "three at once": "".join(way.format(capital=SHARE) for way in (CONDITION, PLAN, MINUTES)),
}
"""The books of each case, as they stand in the settings file."""

STRATEGIES = {
    "plan.py": """
from maemae.strategy import FixedAmount, Strategy, close, volume

plan = Strategy(
    name="risen",
    entry=close > close[1],
    exit=close < close[1],
    score=volume * close,
    sizing=FixedAmount(1_000_000),
    max_positions=3,
)
""",
    "days.py": """
from maemae.strategy import FixedAmount, Strategy, close, sma, volume

days = Strategy(
    name="above_average",
    entry=(close > sma(close, 5)) & (close > close[1]),
    exit=close < sma(close, 5),
    score=volume * close,
    sizing=FixedAmount(1_000_000),
    max_positions=4,
)
""",
    "minutes.py": """
from maemae.strategy import FixedAmount, Schedule, Strategy, close, crosses_above, crosses_below
from maemae.strategy import sma, volume

minutes = Strategy(
    name="crossing",
    entry=crosses_above(sma(close, 3), sma(close, 9)),
    exit=crosses_below(sma(close, 3), sma(close, 9)),
    score=volume * close,
    sizing=FixedAmount(1_000_000),
    schedule=Schedule(bars=5),
    max_positions=4,
)
""",
}
"""The strategies of the technical books, by file."""

ONCE_A_DAY = frozenset({"days", "breakout"})
"""Books that order a name at most once a day, besides plans."""

WATCHED = 6
"""Names that technical books look at."""

SETTINGS = """
data_dir = "data"
log_dir = "logs"
plans_dir = "plans"

[bars]
folder = "{bars}"

[sim]
url = "{url}"
virtual_url = "{virtual}"
{books}"""


KILL, TERM = How.KILL, How.TERM

STOPS = (
    (0, time(9, 1), KILL), (0, time(15, 40), KILL), (1, time(11), TERM), (2, time(8, 45), KILL),
    (3, time(15, 25), KILL), (4, time(22), TERM), (5, time(9, 1, 1), KILL),
    (6, time(15, 31), KILL), (7, time(10, 30), KILL), (8, time(15, 40), TERM),
)  # fmt: skip
"""When the trader is ended and started again: day from 0, venue time, how."""


@dataclass(slots=True)
class Shown:
    """What came of a case."""

    name: str
    orders: int = 0
    fills: int = 0
    closed: list[date] = field(default_factory=list)
    """Days at whose end the exchange's books and the ledger were compared."""
    ended: list[Stop] = field(default_factory=list)
    """When the trader was ended, by the venue's clock, and how."""
    plans: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    worth: int = 0
    """Cash at the end, and our positions at what they cost; won."""
    diary: list[Page] = field(default_factory=list)
    log: list[str] = field(default_factory=list)
    seconds: float = 0.0
    """Real seconds that it took."""

    def times(self, how: How) -> int:
        """Return how often the trader was ended in a way."""
        return sum(stop.how is how for stop in self.ended)


def sessions(first: date, count: int, calendar: Calendar) -> list[date]:
    """Return so many trading days from the first on."""
    return [calendar.offset(first, number) if number else first for number in range(count)]


def stops(days: Sequence[date]) -> list[Stop]:
    """Return when the trader is ended, in order."""
    return [
        Stop(datetime.combine(days[day], at, KST), how) for day, at, how in STOPS if day < len(days)
    ]


def write_files(folder: Path, listings: Iterable[Listing], targets: int = 8) -> None:
    """Write what the books of the cases read: lists of a day's largest shares, and strategies."""
    stocks = [one for one in listings if one.kind is Kind.STOCK and not one.halted]
    largest = sorted(stocks, key=lambda one: (-one.shares * one.base, one.code))
    rows = {one.code: [one.name, one.base] for one in largest[:targets]}
    text = json.dumps(rows, ensure_ascii=False, indent=1)
    (folder / "targets.json").write_text(text, encoding="utf-8")
    write_codes(folder / "codes.csv", [one.code for one in largest[:WATCHED]])
    for name, source in STRATEGIES.items():
        (folder / name).write_text(source, encoding="utf-8")


def faults(records: Iterable[Record], days: Sequence[date], plan_books: int) -> list[str]:
    """Name what was repeated or forgotten, by the facts of the ledger alone."""
    seen: Counter[tuple[object, ...]] = Counter()
    lines: Counter[tuple[object, ...]] = Counter()
    facts = list(records)
    refused = {fact.intent for fact in facts if isinstance(fact, Refused | NeverArrived)}
    for record in facts:
        match record:
            case DayOpened() | DayClosed():
                seen[type(record).__name__, record.day] += 1
            case PlanBegun():
                seen["PlanBegun", record.book, record.day] += 1
            case PlanEnded() | PlanSkipped():
                seen["plan over", record.book, record.day] += 1
            case Intended(reason="plan"):
                lines[record.book, record.listed.code, record.side.value, record.at.date()] += 1
            case Intended(side=Side.BUY, book=book) if book in ONCE_A_DAY:
                if record.intent not in refused:
                    lines[book, record.listed.code, "buy", record.at.date()] += 1
            case _:
                pass
    wrong = [f"{key} {count} times" for key, count in seen.items() if count > 1]
    wrong += [f"{key} ordered {count} times" for key, count in lines.items() if count > 1]
    for day in days:
        wrong += [
            f"no {fact} of {day}" for fact in ("DayOpened", "DayClosed") if not seen[fact, day]
        ]
        over = sum(count for key, count in seen.items() if key[0] == "plan over" and key[2] == day)
        if over != plan_books:
            wrong.append(f"{over} plans of {day} were carried out or skipped, not {plan_books}")
    return wrong


def idle(records: Iterable[Record], books: Iterable[str]) -> list[str]:
    """Name the books of which nothing was ever executed: they prove nothing."""
    whose = dict[str, str]()
    traded = set[str]()
    for record in records:
        if isinstance(record, Intended):
            whose[record.intent] = record.book
        elif isinstance(record, Filled):
            traded.add(whose[record.intent])
    return [f"{book} traded nothing" for book in books if book not in traded]


def plans_of(records: Iterable[Record]) -> Counter[str]:
    """Count what became of plans."""
    names = {PlanPrepared: "prepared", PlanEnded: "carried out", PlanSkipped: "skipped"}
    return Counter(names[type(record)] for record in records if type(record) in names)
