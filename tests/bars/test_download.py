import asyncio
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.bars.make import DAYS, FETCHED

from maemae.bars import download
from maemae.bars.download import Outcome, download_daily, download_minutes
from maemae.bars.staging import merge_staged, sole_merger
from maemae.bars.store import BarStore
from maemae.clock import KST
from maemae.errors import DataError, KisAuth, KisRefused, WireError
from maemae.market.instruments import Instrument
from maemae.market.kinds import Market

ALL = [Instrument(code, "이름", Market.KOSPI) for code in ("000010", "000020", "000030")]


class Killed(BaseException):
    """The process ends here."""


class Broker:
    """Answers with one bar a day; refuses the codes in `down`."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, date, date]] = []
        self.down: set[str] = set()
        self.crash_at: str | None = None
        self.error: WireError = WireError("the broker could not be asked")
        self.listed = DAYS[0]

    async def fetch(self, code: str, first: date, last: date) -> pl.DataFrame:
        self.asked.append((code, first, last))
        if code == self.crash_at:
            raise Killed
        if code in self.down:
            raise self.error
        days = [day for day in DAYS if max(first, self.listed) <= day <= last]
        price = [1_000] * len(days)
        return pl.DataFrame(
            {"date": days, "open": price, "high": price, "low": price, "close": price,
             "volume": price},
            schema_overrides={"date": pl.Date},
        )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> BarStore:
    return BarStore(tmp_path)


async def run(
    broker: Broker,
    store: BarStore,
    last: date = DAYS[3],
    *,
    first: date = DAYS[0],
    again: bool = False,
    instruments: list[Instrument] = ALL,
) -> tuple[int, int, dict[str, str], list[int]]:
    shown: list[int] = []
    outcome = await download_daily(
        broker.fetch, instruments, store, first, last,
        now=lambda: FETCHED, progress=lambda _, number, total: shown.append(number * 10 + total),
        again=again,
    )  # fmt: skip
    return outcome.done, outcome.up_to_date, outcome.failed, shown


async def test_the_first_run_asks_for_all_and_the_next_for_what_is_new(store: BarStore) -> None:
    broker = Broker()
    assert await run(broker, store, DAYS[1]) == (3, 0, {}, [13, 23, 33])
    assert store.daily().height == 6
    assert store.daily()["name"].unique().to_list() == ["이름"]
    broker.asked.clear()
    await run(broker, store)
    assert broker.asked == [(i.code, DAYS[2], DAYS[3]) for i in ALL]
    broker.asked.clear()
    # Nothing is asked twice.
    assert (await run(broker, store, date(2022, 6, 8)))[1] == 3
    assert broker.asked == []


async def test_one_that_fails_is_named_and_asked_again(store: BarStore) -> None:
    broker = Broker()
    broker.down = {"000020"}
    done, _, failed, _ = await run(broker, store)
    assert (done, list(failed)) == (2, ["000020"])
    broker.down, broker.asked = set(), []
    await run(broker, store)
    assert [code for code, _, _ in broker.asked] == ["000020"]


async def test_a_run_cut_off_is_picked_up(store: BarStore) -> None:
    broker = Broker()
    broker.crash_at = "000030"
    with pytest.raises(Killed):
        await run(broker, store)
    broker.crash_at, broker.asked = None, []
    await run(broker, store)
    assert [code for code, _, _ in broker.asked] == ["000030"]
    assert store.daily().height == 12
    assert list((store.root / "staging").rglob("*.parquet")) == []


def test_merging_nothing_is_nothing(store: BarStore) -> None:
    merge_staged(store)
    assert not (store.root / "daily").exists()


async def test_days_before_the_stored_ones_are_asked_for_once(store: BarStore) -> None:
    broker = Broker()
    broker.listed = DAYS[1]
    await run(broker, store, first=DAYS[2])
    broker.asked.clear()
    await run(broker, store)
    assert broker.asked == [(i.code, DAYS[0], DAYS[1]) for i in ALL]
    assert store.spans()["000010"] == (DAYS[1], DAYS[3])
    broker.asked.clear()
    # Nothing is known of the day before the listing, and that has been asked already.
    await run(broker, store)
    assert broker.asked == []


async def test_again_asks_for_what_is_stored(store: BarStore) -> None:
    broker = Broker()
    await run(broker, store)
    broker.asked.clear()
    await run(broker, store, again=True)
    assert broker.asked == [(i.code, DAYS[0], DAYS[3]) for i in ALL]
    assert store.daily().height == 12


MANY = [Instrument(f"000{n}0", "이름", Market.KOSPI) for n in range(10, 20)]


async def test_a_broker_that_is_away_stops_it_and_refused_codes_do_not(store: BarStore) -> None:
    broker = Broker()
    broker.down = {one.code for one in MANY[1:]}
    with pytest.raises(WireError, match="5 questions in a row"):
        await run(broker, store, instruments=MANY)
    assert len(broker.asked) == 6
    # What came is kept, and the next run picks it up.
    broker.asked.clear()
    broker.error = KisRefused("chart", "MCA05918", "없는 종목")
    _, current, failed, _ = await run(broker, store, instruments=MANY)
    assert (current, len(failed)) == (1, 9)
    broker.error = KisAuth("chart", "EGW00121", "token")
    with pytest.raises(KisAuth):
        await run(broker, store, instruments=MANY)


async def test_two_downloads_do_not_share_a_store(store: BarStore) -> None:
    with sole_merger(store), pytest.raises(DataError, match="another maemae is downloading"):
        await run(Broker(), store)


class MinuteBroker(Broker):
    """Answers with two minutes a day; the second instrument does not trade."""

    nothing = False

    async def fetch(self, code: str, first: date, last: date) -> pl.DataFrame:
        self.asked.append((code, first, last))
        if code == self.crash_at:
            raise Killed
        opened = datetime(first.year, first.month, first.day, 9, tzinfo=KST)
        at = [] if self.nothing or code == "000020" else [opened, opened + timedelta(minutes=1)]
        price = [1_000] * len(at)
        return pl.DataFrame(
            {"at": at, "open": price, "high": price, "low": price, "close": price, "volume": price},
            schema_overrides={"at": pl.Datetime("us", "Asia/Seoul"), "open": pl.Int64},
        ).cast(dict.fromkeys(("open", "high", "low", "close", "volume"), pl.Int64))


async def minutes(broker: Broker, store: BarStore, last: date = DAYS[1], **more: Any) -> Outcome:
    return await download_minutes(
        broker.fetch, ALL, store, DAYS[0], last,
        now=lambda: FETCHED, progress=lambda instrument, number, total: None, **more,
    )  # fmt: skip


async def test_minutes_are_asked_for_by_day(store: BarStore) -> None:
    broker = MinuteBroker()
    await minutes(broker, store)
    assert broker.asked == [(i.code, day, day) for day in DAYS[:2] for i in ALL]
    stored = store.minutes("000010", DAYS[0], DAYS[1])
    assert stored.height == 4
    assert stored["market"].unique().to_list() == ["KOSPI"]


async def test_an_empty_answer_is_remembered_and_asked_for_again_when_told_to(
    store: BarStore,
) -> None:
    broker = MinuteBroker()
    await minutes(broker, store)
    broker.asked.clear()
    assert (await minutes(broker, store)).up_to_date == 6
    assert broker.asked == []
    # A line that was cut off is none; what it said is asked for again.
    lines = (store.root / "no_minutes.txt").read_text()
    (store.root / "no_minutes.txt").write_text(lines[:-1])
    await minutes(broker, store)
    assert broker.asked == [("000020", DAYS[1], DAYS[1])]
    broker.asked.clear()
    await minutes(broker, store)
    assert broker.asked == []
    await minutes(broker, store, again=True)
    assert len(broker.asked) == 6


async def test_a_day_of_which_there_is_nothing_at_all_is_asked_for_again(store: BarStore) -> None:
    """The broker may not have it yet."""
    broker = MinuteBroker()
    broker.nothing = True
    await minutes(broker, store)
    broker.asked.clear()
    broker.nothing = False
    await minutes(broker, store)
    assert len(broker.asked) == 6
    assert store.minute_days(DAYS[0], DAYS[1]) == {
        (code, day) for code in ("000010", "000030") for day in DAYS[:2]
    }


class SlowBroker(MinuteBroker):
    """Answers when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.under_way = self.most = 0

    async def fetch(self, code: str, first: date, last: date) -> pl.DataFrame:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        for _turn in range(5):
            await asyncio.sleep(0)
        self.under_way -= 1
        return await super().fetch(code, first, last)


@pytest.mark.parametrize("side_by_side", [1, 4])
async def test_questions_are_under_way_side_by_side(
    store: BarStore, monkeypatch: pytest.MonkeyPatch, side_by_side: int
) -> None:
    monkeypatch.setattr(download, "SIDE_BY_SIDE", side_by_side)
    broker, told = SlowBroker(), []
    await download_minutes(
        broker.fetch, ALL, store, DAYS[0], DAYS[3], now=lambda: FETCHED,
        progress=lambda instrument, number, total: told.append((number, total)),
    )  # fmt: skip
    assert broker.most == side_by_side
    assert len(broker.asked) == len(set(broker.asked)) == 12
    assert told == [(number, 12) for number in range(1, 13)]
    assert len(store.minute_days(DAYS[0], DAYS[3])) == 8


async def test_one_that_ends_it_ends_the_others_and_nothing_that_came_is_lost(
    store: BarStore,
) -> None:
    broker = SlowBroker()
    broker.crash_at = "000030"
    with pytest.raises(Killed):
        await minutes(broker, store, DAYS[3])
    assert broker.under_way >= 0
    broker.crash_at, broker.asked = None, []
    await minutes(broker, store, DAYS[3])
    assert len(store.minute_days(DAYS[0], DAYS[3])) == 8
    assert list((store.root / "staging").rglob("*.parquet")) == []
