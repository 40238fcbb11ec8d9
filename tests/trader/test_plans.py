"""Plans as files, every reason against one, and what is due when."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from maemae.clock import KST
from maemae.desk import events as ev
from maemae.desk.records import (
    DayClosed,
    DayOpened,
    Listed,
    PlanBegun,
    PlanEnded,
    PlanPrepared,
    PlanSkipped,
)
from maemae.desk.state import State
from maemae.errors import DataError
from maemae.market.calendar import krx
from maemae.market.costs import CostRules
from maemae.market.instruments import Instrument, Instruments
from maemae.market.kinds import Kind, Market
from maemae.trader.books.plan import PlanBook
from maemae.trader.plans.check import No, objection
from maemae.trader.plans.plan import Line, Plan, mark, plan_file, plans, read_plan, write_plan
from maemae.trader.plans.prepare import choose, days
from maemae.trader.plans.recipes import recipe
from maemae.trader.sources.plan import Brief, PlanSource
from maemae.trader.sources.source import Means
from maemae.trader.steps import missed, next_session, preparing, unprepared
from maemae.trader.universe_settings import NamesSettings

ACCOUNT = "12345678-01"
THU, FRI, TUE = date(2022, 6, 2), date(2022, 6, 3), date(2022, 6, 7)
"""Monday the 6th is Memorial Day."""


def at(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), KST)


def a_plan(**given: Any) -> Plan:
    line = Line(listed=Listed(code="005930"), quantity=3, price=67_400, reason="close > 0")
    values: dict[str, Any] = {
        "name": "mom", "strategy": "momentum", "venue": "sim", "account": "1234****-01",
        "account_mark": mark(ACCOUNT), "day": FRI, "data_day": THU,
        "prepared": at(THU, "15:40"), "settings": "s1", "data": "d1", "max_names": 5,
        "buys": (line,),
    }  # fmt: skip
    return Plan(**values | given)


def state(*records: Any) -> State:
    found = State(CostRules.REAL)
    for record in records:
        found.apply(record)
    return found


def prepared(plan: Plan) -> PlanPrepared:
    return PlanPrepared(
        at=plan.prepared, book="mom", plan="f.json", day=plan.day, fingerprint=plan.fingerprint
    )


def test_a_plan_is_written_and_read_and_hides_the_account(tmp_path: Path) -> None:
    plan = a_plan()
    path = write_plan(plan, tmp_path / "plans")
    assert path == plan_file(tmp_path / "plans", FRI, "mom")
    assert [oct(one.stat().st_mode & 0o777) for one in (path, path.parent)] == ["0o600", "0o700"]
    assert read_plan(path) == plan
    assert read_plan(path).fingerprint == plan.fingerprint
    text = path.read_text()
    assert "12345678" not in text
    assert plan.is_for(ACCOUNT)
    assert not plan.is_for("12345678-02")
    assert mark(ACCOUNT) != mark(ACCOUNT)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"version": 2}, "version 2"),
        ({"day": "soon"}, "no plan"),
        ({"more": 1}, "more"),
    ],
)
def test_a_file_that_is_no_plan_is_named(tmp_path: Path, change: Any, said: str) -> None:
    path = write_plan(a_plan(), tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(DataError, match=said) as error:
        read_plan(path)
    assert path.name in str(error.value)
    assert [type(found) for _path, found in plans(tmp_path, "sim")] == [DataError]


def test_a_plan_of_another_venue_is_not_overwritten_and_not_listed(tmp_path: Path) -> None:
    write_plan(a_plan(venue="paper"), tmp_path)
    with pytest.raises(DataError, match="paper"):
        write_plan(a_plan(), tmp_path)
    assert list(plans(tmp_path, "sim")) == []


@pytest.mark.parametrize(
    ("change", "given", "no"),
    [
        ({}, {}, None),
        ({"venue": "paper"}, {}, No.OTHER_VENUE),
        ({"account_mark": mark("99999999-01")}, {}, No.OTHER_ACCOUNT),
        ({"day": TUE}, {}, No.WRONG_DAY),
        ({"data_day": date(2022, 5, 31)}, {}, No.STALE),
        ({"settings": "s2"}, {}, No.SETTINGS),
        ({"buys": ()}, {"known": True}, No.CHANGED),
        ({}, {"known": None}, No.CHANGED),
        ({}, {"over": True}, No.DONE),
    ],
)
def test_each_reason_against_a_plan(change: Any, given: Any, no: No | None) -> None:
    plan = msgspec.structs.replace(a_plan(), **change)
    known = given.get("known", False)
    facts: list[Any] = [] if known is None else [prepared(a_plan() if known else plan)]
    if given.get("over"):
        facts.append(PlanEnded(at=at(FRI, "09:02"), book="mom", plan="f.json", day=FRI, sent=1))
    said = objection(
        plan, state(*facts), venue="sim", account=ACCOUNT, day=FRI, calendar=krx(), settings="s1"
    )
    assert said is no


@dataclass
class Here:
    """The means of a source, and what it says."""

    plans: Path
    now_is: datetime
    state: State
    venue: str = "sim"
    account: str = ACCOUNT
    said: list[ev.Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = self
        self.session = krx().session(FRI)

    def now(self) -> datetime:
        return self.now_is


async def asked(
    here: Here, tell: Callable[[Here], None] = lambda _: None
) -> list[ev.PlanOpened | ev.PlanRefused]:
    brief = Brief(book="mom", at=time(9, 1), grace=timedelta(minutes=30), settings="s1")
    means: Means = here  # type: ignore[assignment]
    source = PlanSource(brief, means)
    await source.start(here.said.append)
    tell(here)
    answer = await source.offer()
    assert isinstance(answer, ev.Unavailable)
    return here.said  # type: ignore[return-value]


async def test_a_plan_is_opened_at_its_time_and_not_before(tmp_path: Path) -> None:
    plan = a_plan()
    write_plan(plan, tmp_path)
    early = Here(tmp_path, at(FRI, "09:00:59"), state(prepared(plan)))
    assert await asked(early) == []
    (opened,) = await asked(Here(tmp_path, at(FRI, "09:01"), state(prepared(plan))))
    assert isinstance(opened, ev.PlanOpened)
    (buy,) = opened.buys
    assert (buy.listed.code, buy.quantity, opened.until) == ("005930", 3, at(FRI, "09:11"))


@pytest.mark.parametrize(
    ("clock", "file", "reason"),
    [
        ("09:31:00", True, None),
        ("09:31:01", True, No.LATE),
        ("09:01", False, No.UNPREPARED),
        ("09:01", None, No.BROKEN),
    ],
)
async def test_a_missed_hour_is_made_up_for_within_the_grace_period_only(
    tmp_path: Path, clock: str, file: bool | None, reason: No | None
) -> None:
    plan = a_plan()
    if file is not False:
        path = write_plan(plan, tmp_path)
        if file is None:
            path.write_text("{")
    (said,) = await asked(Here(tmp_path, at(FRI, clock), state(prepared(plan))))
    assert (said.reason if isinstance(said, ev.PlanRefused) else None) == reason


async def test_a_plan_begun_before_a_crash_is_wound_up_when_it_is_late(tmp_path: Path) -> None:
    plan = a_plan()
    write_plan(plan, tmp_path)
    begun = PlanBegun(
        at=at(FRI, "09:01"), book="mom", plan="f.json", day=FRI, fingerprint=plan.fingerprint
    )
    here = Here(tmp_path, at(FRI, "13:00"), state(prepared(plan), begun))
    (opened,) = await asked(here)
    assert isinstance(opened, ev.PlanOpened)
    assert opened.until == here.now_is


async def test_what_is_over_is_not_said_again(tmp_path: Path) -> None:
    skipped = PlanSkipped(at=at(FRI, "09:01"), book="mom", plan="f.json", day=FRI, reason="late")
    assert await asked(Here(tmp_path, at(FRI, "10:00"), state(skipped))) == []


def opened_day(day: date, *, closed: bool = False) -> list[Any]:
    facts: list[Any] = [DayOpened(at=at(day, "08:30"), day=day, cash=1)]
    return [*facts, DayClosed(at=at(day, "15:31"), day=day)] if closed else facts


@pytest.mark.parametrize(
    ("day", "clock", "facts", "expected"),
    [
        (FRI, "03:00", [], FRI),
        (FRI, "09:30", [], FRI),
        (FRI, "15:29", opened_day(FRI), FRI),
        (FRI, "15:31", [], TUE),
        (FRI, "22:00", opened_day(FRI), FRI),
        (FRI, "15:31", opened_day(FRI, closed=True), TUE),
        (date(2022, 6, 4), "12:00", opened_day(FRI), TUE),
        (date(2022, 6, 6), "09:30", [], TUE),
    ],
)
def test_the_next_session_by_calendar_and_ledger(
    day: date, clock: str, facts: list[Any], expected: date
) -> None:
    assert next_session(at(day, clock), krx(), state(*facts)).day == expected


def test_a_day_that_this_process_is_through_with_is_not_traded_again() -> None:
    done = frozenset({FRI})
    assert next_session(at(FRI, "15:40"), krx(), state(*opened_day(FRI)), done).day == TUE


def test_plans_are_due_after_the_close_before_and_missed_ones_are_said() -> None:
    book = PlanBook(way="plan", name="mom", strategy="momentum")
    session = krx().session(TUE)
    assert preparing(book, session, krx()) == at(FRI, "15:40")
    plan = a_plan()
    assert unprepared([book], session, state(prepared(plan))) == [book]
    assert unprepared([book], krx().session(FRI), state(prepared(plan))) == []
    (fact,) = missed(session, state(prepared(plan)), at(TUE, "08:20"))
    assert (fact.day, fact.reason) == (FRI, No.MISSED)
    assert missed(session, state(prepared(plan), fact), at(TUE, "08:20")) == []
    assert missed(krx().session(FRI), state(prepared(plan)), at(FRI, "08:20")) == []


def test_a_plan_that_was_skipped_may_be_prepared_anew_and_one_begun_may_not() -> None:
    plan = a_plan()
    skipped = PlanSkipped(at=at(FRI, "09:01"), book="mom", plan="f", day=FRI, reason="settings")
    assert state(prepared(plan), skipped, prepared(plan)).plans["mom"].over == ""
    begun = PlanBegun(
        at=at(FRI, "09:01"), book="mom", plan="f", day=FRI, fingerprint=plan.fingerprint
    )
    over = PlanEnded(at=at(FRI, "09:02"), book="mom", plan="f", day=FRI, sent=1)
    assert state(prepared(plan), begun, over, prepared(plan)).plans["mom"].over == "done"


def test_while_a_session_runs_nothing_is_prepared() -> None:
    assert days(at(FRI, "08:59"), krx()) == (THU, FRI)
    assert days(at(FRI, "15:40"), krx()) == (FRI, TUE)
    assert days(at(date(2022, 6, 6), "12:00"), krx()) == (FRI, TUE)
    with pytest.raises(DataError, match="15:40"):
        days(at(FRI, "09:00"), krx())


def test_the_fingerprint_of_a_book_changes_with_what_may_change_its_plans() -> None:
    base = PlanBook(way="plan", name="mom", strategy="momentum")
    same = base.model_copy(update={"at": time(9, 5), "grace_minutes": 5})
    other = [
        base.model_copy(update=change)
        for change in (
            {"strategy": "golden_cross"},
            {"universe_limit": 7},
            {"quantity": 1},
            {"max_names": 9},
            {"max_days": 3},
            {"universe": NamesSettings(markets=(Market.KOSDAQ,))},
        )
    ]
    assert recipe(base).fingerprint == recipe(same).fingerprint
    prints = {recipe(one).fingerprint for one in [base, *other]}
    assert len(prints) == 7


def listed(code: str, market: Market, cap: int, kind: Kind = Kind.STOCK) -> Instrument:
    return Instrument(
        code=code, name=code, market=market, kind=kind, market_cap=cap, base_price=10_000,
        krx_sectors=("반도체",) if cap % 2 else (),
    )  # fmt: skip


def test_the_limit_counts_the_names_that_the_universe_lets_through(tmp_path: Path) -> None:
    kosdaq = [listed(f"10000{n}", Market.KOSDAQ, 10 + n) for n in range(4)]
    kospi = [listed(f"20000{n}", Market.KOSPI, 100 + n) for n in range(4)]
    fund = listed("300000", Market.KOSPI, 1_000, Kind.ETF)
    known = Instruments((*kosdaq, *kospi, fund))
    file = tmp_path / "codes.csv"
    file.write_text("code\n100001\n200002\n100003\n", encoding="utf-8")

    def chosen(held: tuple[str, ...] = (), limit: int = 2, **universe: Any) -> list[str]:
        book = PlanBook.model_validate(
            {"way": "plan", "name": "mom", "strategy": "momentum", "universe_limit": limit}
            | {"universe": universe}
        )
        return [one.code for one in choose(recipe(book), known, held)]

    assert chosen() == ["200003", "200002"]
    assert chosen(markets=["KOSDAQ"]) == ["100003", "100002"]
    assert chosen(markets=["KOSDAQ"], held=("200000",)) == ["100003", "100002", "200000"]
    assert chosen(file=file, markets=["KOSDAQ"]) == ["100001", "100003"]
    assert chosen(file=file, limit=0) == ["100001", "200002", "100003"]
    assert chosen(sectors=["반도체"], limit=0) == ["200003", "200001", "100003", "100001"]
    assert chosen(codes=["300000"], funds=True) == ["300000"]
    assert chosen(max_price=9_999) == []
    with pytest.raises(ValueError, match="ranking"):
        chosen(ranking="value")
