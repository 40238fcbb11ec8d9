"""Many days in one run: time itself goes on to the next trading day, over nights and weekends."""

import gc
import weakref
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from tests.exchange.conftest import LISTINGS, Client, FixedSource, make_exchange, pass_time

from maemae.clock import KST
from maemae.errors import DataError
from maemae.exchange import control
from maemae.exchange.listing import Listing
from maemae.exchange.moment import datetime_of, moment, moment_at
from maemae.exchange.simulation import Exchange
from maemae.exchange.synthetic import SyntheticHistory
from maemae.i18n import set_language
from maemae.market.calendar import krx

FRIDAY, MONDAY = date(2024, 3, 8), date(2024, 3, 11)


def go_to(exchange: Exchange, at: datetime) -> None:
    while exchange.clock.now() < moment(at):
        exchange.step(moment(at))


def test_stepped_time_passes_over_a_weekend_at_once() -> None:
    exchange = make_exchange(day=FRIDAY)
    client = Client(exchange)
    assert client.order("buy", "000010", 10)["rt_cd"] == "0"
    pass_time(exchange, "15:40")
    cash = client.balance()["output2"][0]["prvs_rcdl_excc_amt"]
    go_to(exchange, datetime.combine(date(2024, 3, 10), time(23, 59, 59), KST))
    assert exchange.day == FRIDAY
    client = Client(exchange)  # A token lasts a day.
    assert len(client.executions()["output1"]) == 1
    monday = datetime.combine(MONDAY, time(8, 20), KST)
    go_to(exchange, monday)
    assert exchange.day == MONDAY
    assert datetime_of(exchange.clock.now()) == monday
    assert control.clock_state(exchange)["end"] == "2024-03-11T18:10:00+09:00"
    client = Client(exchange)
    assert client.executions()["output1"] == []
    balance = client.balance()
    assert balance["output2"][0]["prvs_rcdl_excc_amt"] == cash
    assert balance["output1"][0]["hldg_qty"] == "10"
    pass_time(exchange, "09:05")
    assert client.order("sell", "000010", 10)["rt_cd"] == "0"
    pass_time(exchange, "09:06")
    assert client.balance()["output1"][0]["hldg_qty"] == "0"


def test_one_step_may_lead_through_several_days() -> None:
    exchange = make_exchange(day=FRIDAY)
    at = moment_at(date(2024, 3, 13), time(12))
    assert exchange.step(at) == at
    assert exchange.day == date(2024, 3, 13)


def test_running_time_goes_on_to_the_next_day_too() -> None:
    exchange = make_exchange(day=FRIDAY, speed=1.0)
    exchange.clock.jump(moment_at(MONDAY, time(9, 30)))
    exchange.catch_up()
    assert exchange.day == MONDAY
    assert datetime_of(exchange.venue.now) >= datetime.combine(MONDAY, time(9, 30), KST)


class LastDay(FixedSource):
    """Bars that end with Friday."""

    def listings(self, day: date) -> list[Listing]:
        if day > FRIDAY:
            raise DataError("no bars")
        return LISTINGS


def test_where_the_bars_end_the_market_stays_closed_and_time_goes_on() -> None:
    exchange = make_exchange(day=FRIDAY, source=LastDay())
    go_to(exchange, datetime.combine(MONDAY, time(10), KST))
    assert exchange.day == FRIDAY
    client = Client(exchange)
    assert client.order("buy", "000010", 10)["rt_cd"] != "0"


def test_a_korean_owner_is_told_in_korean_that_no_day_follows(
    caplog: pytest.LogCaptureFixture,
) -> None:
    set_language("ko")
    go_to(make_exchange(day=FRIDAY, source=LastDay()), datetime.combine(MONDAY, time(10), KST))
    [said] = caplog.messages
    assert said.startswith(f"마지막 날은 {FRIDAY}입니다. 다음 날을 열 수 없습니다: ")


def test_the_books_of_one_day_are_its_own() -> None:
    exchange = make_exchange(day=FRIDAY)
    client = Client(exchange)
    client.order("buy", "000010", 10)
    pass_time(exchange, "15:40")
    go_to(exchange, datetime.combine(MONDAY, time(9, 5), KST) + timedelta(seconds=1))
    client = Client(exchange)
    client.order("sell", "000010", 4)
    pass_time(exchange, "09:10")

    def of(day: str) -> tuple[list[str], int, int]:
        books = control.books(exchange, {"account": client.customer.account, "day": day})
        return [one["side"] for one in books["orders"]], len(books["fills"]), books["taxes"]

    whole, first, second = of(""), of(f"{FRIDAY}"), of(f"{MONDAY}")
    assert (first[0], second[0], whole[0]) == (["buy"], ["sell"], ["buy", "sell"])
    assert first[1] + second[1] == whole[1]
    assert first[2] == 0 < second[2] == whole[2]


def test_recorded_shares_outstanding_become_known(shared: Path) -> None:
    from maemae.exchange.sources import BarSource  # noqa: PLC0415

    listed = BarSource(shared / "data" / "kr_daily").listings(date(2022, 6, 2))
    assert sum(one.shares > 0 for one in listed) > 1_000


def test_the_tables_of_a_day_gone_by_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maemae.exchange.simulation.LET_GO", 0)
    exchange = make_exchange(day=FRIDAY)
    gone = weakref.ref(exchange.venue.floor.market)
    gc.collect()
    gc.disable()  # By itself it comes too rarely: few large tables are no reason for it.
    try:
        exchange.next_day()
        assert gone() is None
    finally:
        gc.enable()


def test_no_more_than_a_few_days_are_kept_of_the_made_up_markets_instruments() -> None:
    history = SyntheticHistory(1, krx(), FRIDAY)
    days = [krx().offset(FRIDAY, n) for n in range(6)]
    made = [history.bars(day) for day in days]
    assert history.bars(days[-1]) is made[-1]
    assert history.bars(days[0]) is not made[0]
    assert history.bars(days[0]) == made[0]
