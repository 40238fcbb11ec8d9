"""A panel that is written some instruments at a time is the one that is made at once."""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bars.make import FETCHED, row, stored
from tests.bars.test_kept import assert_same

from maemae.bars import blocks
from maemae.bars.adjust import adjusted
from maemae.bars.aside import Aside
from maemae.bars.kept import daily_panel, load_panel, minute_panel, save_panel
from maemae.bars.minute_files import lengthened, read_minutes
from maemae.bars.panel import FACTS, FIELDS, Panel
from maemae.bars.panel_writer import PanelWriter
from maemae.bars.schema import MINUTE
from maemae.bars.store import BarStore
from maemae.clock import KST
from maemae.errors import DataError

NINE = datetime(2025, 6, 27, 9, tzinfo=KST)


def frame(seed: int) -> pl.DataFrame:
    """Bars of four codes with holes: halted days, words that change, come late or never."""
    dice = np.random.default_rng(seed)
    days = [datetime(2025, 6, day).date() for day in range(2, 8)]  # noqa: DTZ001
    rows = []
    for code in ("000010", "000020", "000030", "000040"):
        for day in days:
            if dice.random() < 0.3:
                continue
            close = int(dice.integers(0, 5))
            word = dice.choice(["KOSPI", "KOSDAQ", ""])
            rows.append(
                {"date": day, "code": code, "open": close, "high": close, "low": close,
                 "close": close, "volume": int(dice.integers(0, 3)),
                 "value": None if code < "000030" or dice.random() < 0.5 else 1.5,
                 "shares": None, "market": word or None, "kind": f"k{code}",
                 "name": None if code < "000020" else f"n{day}"}
            )  # fmt: skip
    schema = {"date": pl.Date, "code": pl.String} | dict.fromkeys(
        ("open", "high", "low", "close", "volume"), pl.Int64
    ) | {"value": pl.Float64, "shares": pl.Int64} | dict.fromkeys(
        ("market", "kind", "name"), pl.String
    )  # fmt: skip
    return pl.DataFrame(rows, schema=schema)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), cuts=st.sets(st.sampled_from(["000010", "000020", "000030"])))
def test_it_is_the_one_that_is_made_at_once(
    tmp_path_factory: pytest.TempPathFactory, seed: int, cuts: set[str]
) -> None:
    bars, folder = frame(seed), tmp_path_factory.mktemp("panel")
    ends = ["", *sorted(cuts), "999999"]
    with PanelWriter(folder, "date") as writer:
        for after, upto in pairwise(ends):
            part = bars.filter((pl.col("code") > after) & (pl.col("code") <= upto))
            writer.add(part.drop([name for name in (*FIELDS[5:], *FACTS) if name in part.columns
                                  and part[name].null_count() == part.height]))  # fmt: skip
        writer.finish({})
    whole = Panel.from_frame(bars)
    assert_same(load_panel(folder), whole)
    again = tmp_path_factory.mktemp("whole")
    save_panel(whole, again)
    assert {file.name for file in folder.iterdir()} == {file.name for file in again.iterdir()}


def test_two_bars_at_one_time_are_refused(tmp_path: Path) -> None:
    bars = frame(1).filter(pl.col("close") > 0)
    with (
        PanelWriter(tmp_path, "date") as writer,
        pytest.raises(DataError, match="000040 has two bars at"),
    ):
        writer.add(pl.concat([bars, bars.tail(1)]))


def minutes(code: str, count: int = 7, **more: object) -> pl.DataFrame:
    rows = [
        {"at": NINE + timedelta(minutes=number), "code": code, "open": 100 + number, "high": 200,
         "low": 50, "close": 100 + 2 * number, "volume": number, "market": "KOSPI",
         "source": "test", "fetched": FETCHED} | more
        for number in range(count)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=MINUTE)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of ten rows, whatever memory there is."""
    monkeypatch.setattr(blocks, "_FEWEST", 10)


@pytest.fixture
def store(tmp_path: Path) -> BarStore:
    store = BarStore(tmp_path / "store")
    for code in ("000010", "000020", "000030"):
        store.write_minutes(minutes(code))
    store.write_minutes(minutes("000040", market="KOSDAQ"))
    later = FETCHED + timedelta(days=1)
    store.write_minutes(minutes("000020", 2, close=150, fetched=later))  # Replaces two minutes.
    return store


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("length", [1, 5])
def test_minutes_in_blocks_are_those_in_memory(
    store: BarStore, tmp_path: Path, length: int
) -> None:
    told: list[tuple[int, int]] = []
    panel = minute_panel(store.root, tmp_path / "cache", length, gigabytes=0,
                         told=lambda done, of: told.append((done, of)))  # fmt: skip
    files = sorted(store.root.rglob("bars*.parquet"))
    whole = Panel.from_frame(lengthened(read_minutes(files), length),
                             step=timedelta(minutes=length))  # fmt: skip
    assert_same(panel, whole)
    assert whole.codes == ("000010", "000020", "000030", "000040")
    assert told == [(number, 4) for number in range(5)]
    # Of the store one panel is kept, though its files come and go.
    store.write_minutes(minutes("000050"))
    assert minute_panel(store.root, tmp_path / "cache", length, gigabytes=0).shape[0] == 5
    assert (
        len([path for path in (tmp_path / "cache" / f"{length}m").iterdir() if path.is_dir()]) == 1
    )


@pytest.mark.usefixtures("small")
def test_rows_that_cannot_be_true_are_counted_over_all_blocks(tmp_path: Path) -> None:
    bad = pl.concat([minutes("000010"), minutes("000020", high=1), minutes("000030", high=1)])
    bad.write_parquet(tmp_path / "bars.parquet")
    with pytest.raises(DataError, match=r"row 8: 000020 .*; 14 such rows"):
        minute_panel(tmp_path / "bars.parquet", tmp_path / "cache", 1, gigabytes=0)
    aside = Aside()
    panel = minute_panel(tmp_path / "bars.parquet", tmp_path / "cache", 1, aside, gigabytes=0)
    assert (panel.codes, aside.rows) == (("000010",), 14)


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.usefixtures("small")
def test_an_end_in_the_middle_of_a_panel_does_no_harm(
    store: BarStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    with monkeypatch.context() as patch:
        # As if the process were gone: nothing is cleaned up.
        patch.setattr("maemae.bars.kept.shutil.rmtree", lambda *given, **named: None)

        def told(done: int, _of: int) -> None:
            if done == 2:
                raise Killed

        with pytest.raises(Killed):
            minute_panel(store.root, cache, 1, gigabytes=0, told=told)
    assert len([path for path in (cache / "1m").iterdir() if path.is_dir()]) == 1
    panel = minute_panel(store.root, cache, 1, gigabytes=0)
    assert panel.shape[0] == 4
    assert len([path for path in (cache / "1m").iterdir() if path.is_dir()]) == 1


@pytest.mark.usefixtures("small")
def test_daily_bars_in_blocks_are_those_in_memory(tmp_path: Path) -> None:
    store, days = BarStore(tmp_path / "store"), [3, 4, 7, 8, 9]
    rows = [
        row(datetime(2022, 3, day).date(), code, 1_000 // (day if code == "000020" else 1),  # noqa: DTZ001
            base=300 if (code, day) == ("000030", 8) else 1_000, name=f"n{code}")
        for code in ("000010", "000020", "000030") for day in days
    ]  # fmt: skip
    store.write_daily(stored(*rows))
    panel = daily_panel(store.root, tmp_path / "cache", gigabytes=0)
    frame = adjusted(store.daily(), store.calendar())
    whole = [pl.when(pl.col(name) > 0).then(pl.col(name).round().clip(1)).otherwise(0)
             .cast(pl.Int64) for name in ("open", "high", "low", "close", "volume")]  # fmt: skip
    assert_same(panel, Panel.from_frame(frame.with_columns(whole)))
    assert panel.fields["close"][2].tolist() == [300, 300, 300, 1_000, 1_000]
