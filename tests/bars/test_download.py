from datetime import date
from pathlib import Path

import polars as pl
import pytest
from tests.bars.make import DAYS, FETCHED

from maemae.bars.download import download_daily, merge_staged
from maemae.bars.store import BarStore
from maemae.errors import WireError
from maemae.market.instruments import Instrument
from maemae.market.kinds import Market

ALL = [Instrument(code, "이름", Market.KOSPI) for code in ("000010", "000020", "000030")]


class Broker:
    """Answers with one bar a day; refuses the codes in `down`."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, date, date]] = []
        self.down: set[str] = set()
        self.crash_at: str | None = None

    async def fetch(self, code: str, first: date, last: date) -> pl.DataFrame:
        self.asked.append((code, first, last))
        if code == self.crash_at:
            raise KeyboardInterrupt
        if code in self.down:
            raise WireError("the broker could not be asked")
        days = [day for day in DAYS if first <= day <= last]
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
    broker: Broker, store: BarStore, last: date = DAYS[3]
) -> tuple[int, int, dict[str, str], list[int]]:
    shown: list[int] = []
    outcome = await download_daily(
        broker.fetch, ALL, store, DAYS[0], last,
        now=lambda: FETCHED, progress=lambda _, number, total: shown.append(number * 10 + total),
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
    with pytest.raises(KeyboardInterrupt):
        await run(broker, store)
    broker.crash_at, broker.asked = None, []
    await run(broker, store)
    assert [code for code, _, _ in broker.asked] == ["000030"]
    assert store.daily().height == 12
    assert list((store.root / "staging").glob("*")) == []


def test_merging_nothing_is_nothing(store: BarStore) -> None:
    merge_staged(store)
    assert not (store.root / "daily").exists()
