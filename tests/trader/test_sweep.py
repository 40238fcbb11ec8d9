"""Looks at more names than the stream has room for: what they cost, and if they are in time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.trader.days import Bars, place
from tests.trader.test_strategy_book import MINUTE, MONDAY, book

from maemae.clock import KST
from maemae.desk import events as ev
from maemae.errors import KisUnavailable, SettingsError
from maemae.kis import Bar, Quote
from maemae.kis.server import Limits
from maemae.trader.run import open_run
from maemae.trader.sources.minute_bars import LiveMinutes
from maemae.trader.sources.source import Means
from maemae.trader.sources.sweep import Lateness, Sweep

OPEN = datetime(2024, 3, 4, 9, tzinfo=KST)
CODE, OTHER = "000010", "000020"


# What a look costs.


def test_a_look_takes_a_chart_for_each_name_beyond_the_stream_and_quotes_before() -> None:
    assert Sweep(40, 40, 18).calls == 0
    assert Sweep(41, 40, 18).calls == 2
    assert Sweep(1_400, 40, 18).calls == 46 + 1_360
    assert Sweep(1_400, 40, 18).seconds == pytest.approx(78.1, abs=0.05)


@given(st.integers(1, 600), st.sampled_from([1.0, 3.0, 18.0]))
def test_as_many_names_as_fit_are_looked_at_in_time_and_one_more_is_not(
    seconds: int, rate: float
) -> None:
    most = Sweep(0, 40, rate).most(seconds)
    assert Sweep(most, 40, rate).seconds <= seconds
    assert Sweep(most + 1, 40, rate).seconds > seconds


# Bars of names without a place on the stream.


@dataclass
class Broker:
    """A market of trades `(at, code, price, shares)`, asked at a moment that the test sets."""

    trades: list[tuple[datetime, str, int, int]] = field(default_factory=list)
    now: datetime = OPEN
    charts: list[str] = field(default_factory=list)
    quotes: int = 0
    off_hours: int = 500
    away: bool = False

    def _done(self, code: str) -> list[tuple[datetime, str, int, int]]:
        return [one for one in self.trades if one[1] == code and one[0] <= self.now]

    async def prices(self, codes: Sequence[str], **_: Any) -> list[Quote]:
        self.quotes += 1
        if self.away:
            raise KisUnavailable("away")
        return [
            Quote(code=code, price=1, volume=self.off_hours + sum(t[3] for t in self._done(code)))
            for code in codes
        ]

    async def minute_bars(self, code: str, day: date, *, since: datetime, **_: Any) -> list[Bar]:
        self.charts.append(code)
        if self.away:
            raise KisUnavailable("away")
        by: dict[datetime, list[tuple[int, int]]] = {}
        for at, _code, price, shares in self._done(code):
            by.setdefault(at.replace(second=0), []).append((price, shares))
        return [
            Bar(
                at=at, open=some[0][0], high=max(p for p, _ in some), low=min(p for p, _ in some),
                close=some[-1][0], volume=sum(n for _, n in some), value=0,
            )
            for at, some in sorted(by.items())
            if at >= since
        ]  # fmt: skip

    def minutes(self) -> LiveMinutes:
        data = SimpleNamespace(
            history=self, prices=self.prices, server=SimpleNamespace(limits=Limits()),
            stream=SimpleNamespace(registrations=(), is_up=True),
        )  # fmt: skip
        session, clock = SimpleNamespace(open=OPEN), SimpleNamespace(now=lambda: self.now)
        means = SimpleNamespace(data=data, session=session, clock=clock)
        return LiveMinutes(cast("Means", means))


async def looked(broker: Broker, minutes: LiveMinutes, number: int) -> list[str]:
    """Look at both names one second after a minute; return whose charts were asked for."""
    broker.charts.clear()
    broker.now = OPEN + number * MINUTE + timedelta(seconds=1)
    minutes.note()
    assert await minutes.catch_up([CODE, OTHER], OPEN + number * MINUTE) == []
    return sorted(broker.charts)


async def test_a_name_that_does_not_trade_needs_no_chart_once_two_have_agreed() -> None:
    broker = Broker([(OPEN, CODE, 10_000, 5)])
    broker.trades += [(OPEN + n * MINUTE + MINUTE / 2, OTHER, 9_000 + n, 3) for n in range(9)]
    minutes = broker.minutes()
    asked = [await looked(broker, minutes, number) for number in range(1, 6)]
    assert asked == [[CODE, OTHER]] * 2 + [[OTHER]] * 3
    broker.trades.append((OPEN + 5.5 * MINUTE, CODE, 10_050, 1))
    assert await looked(broker, minutes, 6) == [CODE, OTHER]
    bars = minutes.bars(CODE, OPEN + 6 * MINUTE)
    assert [(bar.at, bar.close) for bar in bars] == [(OPEN, 10_000), (OPEN + 5 * MINUTE, 10_050)]


async def test_a_trade_after_the_bar_is_not_taken_for_none() -> None:
    broker = Broker()
    minutes = broker.minutes()
    for number in range(1, 4):
        await looked(broker, minutes, number)
    # A second after the minute, before the chart is asked: it is in the volume and in no bar yet.
    broker.trades.append((OPEN + 4 * MINUTE + timedelta(seconds=1), CODE, 10_000, 7))
    assert CODE in await looked(broker, minutes, 4)
    assert CODE in await looked(broker, minutes, 5)
    assert [bar.volume for bar in minutes.bars(CODE, OPEN + 5 * MINUTE)] == [7]


async def test_where_volumes_cannot_be_had_charts_tell_all() -> None:
    broker = Broker()
    minutes = broker.minutes()
    for number in range(1, 4):
        await looked(broker, minutes, number)
    broker.away = True
    minutes.note()
    assert await minutes.catch_up([CODE, OTHER], OPEN + 4 * MINUTE) == [CODE, OTHER]
    broker.away = False
    assert await looked(broker, minutes, 5) == []


@given(
    st.lists(st.tuples(st.integers(0, 599), st.booleans(), st.integers(1, 4)), max_size=25),
    st.integers(0, 900),
)
async def test_the_bars_are_always_those_of_all_trades(
    trades: list[tuple[int, bool, int]], off_hours: int
) -> None:
    broker = Broker(off_hours=off_hours)
    for second, other, shares in sorted(trades):
        at = OPEN + timedelta(seconds=second)
        broker.trades.append((at, OTHER if other else CODE, 10_000 + second, shares))
    minutes = broker.minutes()
    for number in range(1, 11):
        await looked(broker, minutes, number)
        end = OPEN + number * MINUTE
        for code in (CODE, OTHER):
            done = sum(t[3] for t in broker.trades if t[1] == code and t[0] < end)
            assert sum(bar.volume for bar in minutes.bars(code, end)) == done


# Whether it was in time.


class Watch:
    """A clock that the test sets, and what was reported."""

    def __init__(self) -> None:
        self.at = OPEN
        self.told: list[tuple[str, str]] = []

    def now(self) -> datetime:
        return self.at

    def put(self, event: ev.Event) -> None:
        assert isinstance(event, ev.Reported)
        self.told.append((event.kind, event.detail))

    def lateness(self) -> Lateness:
        means = cast("Means", SimpleNamespace(clock=self))
        return Lateness("many", MINUTE, MINUTE, means)

    def look(self, lateness: Lateness, seconds: int, asks: Sequence[int] = ()) -> None:
        """Look for so many seconds; the desk asks again after some of them."""
        begun = self.at
        lateness.begin(begun)
        for one in asks:
            self.at = begun + timedelta(seconds=one)
            lateness.asked(1_400, self.put)
        self.at = begun + timedelta(seconds=seconds)
        lateness.looked(1_400, self.put)


def test_a_decision_that_comes_too_late_is_said_once_and_when_it_is_over() -> None:
    watch = Watch()
    lateness = watch.lateness()
    watch.look(lateness, 57)
    assert watch.told == []
    for _ in range(2):
        watch.look(lateness, 76)
    assert watch.told == [("look_late", "many: 76 s / 60 s / 60 s x 1400")]
    for _ in range(2):
        watch.look(lateness, 20)
    watch.look(lateness, 61)
    assert len(watch.told) == 1
    for _ in range(3):
        watch.look(lateness, 20)
    assert watch.told[1:] == [("look_in_time", "many: 20 s / 60 s / 60 s x 1400")]


def test_it_is_said_while_the_look_goes_on() -> None:
    watch = Watch()
    lateness = watch.lateness()
    lateness.begin(OPEN)
    watch.at = OPEN + timedelta(seconds=50)
    lateness.asked(1_400, watch.put)
    assert watch.told == []
    watch.at = OPEN + timedelta(seconds=61)
    lateness.asked(1_400, watch.put)
    assert [kind for kind, _ in watch.told] == ["look_late"]


def test_a_bar_that_is_passed_over_is_late_though_entries_may_be_older() -> None:
    watch = Watch()
    means = cast("Means", SimpleNamespace(clock=watch))
    lateness = Lateness("many", MINUTE, 5 * MINUTE, means)
    watch.look(lateness, 76, asks=[61])
    assert watch.told == [("look_late", "many: 76 s / 60 s / 300 s x 1400")]


# At the start.

MANY = {f"{number:06d}": (10_000, 10_100, 9_900, 10_050) for number in range(10, 710, 10)}


async def test_more_names_than_can_be_asked_in_time_are_refused_at_the_start(
    tmp_path: Path,
) -> None:
    one = book(tmp_path, universe={"codes": [*MANY]}, entry_seconds=1)
    async with place(tmp_path, Bars(MANY), MONDAY) as where:
        with pytest.raises(SettingsError, match="70 names takes 2 s") as refused:
            async with open_run(where.settings(one)) as run:
                await run.trade()
    assert "entry_seconds = 3" in str(refused.value)
    assert "57 names at most" in str(refused.value)
