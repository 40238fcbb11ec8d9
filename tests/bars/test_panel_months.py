"""A panel of which only the changed months are read is the one that all files would make."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bars.make import FETCHED
from tests.bars.test_kept import assert_same

from maemae.bars import blocks, kept
from maemae.bars.aside import Aside
from maemae.bars.blocks import WHOLE, Block
from maemae.bars.kept import minute_panel
from maemae.bars.minute_files import read_minutes
from maemae.bars.schema import MINUTE
from maemae.bars.store import BarStore
from maemae.clock import KST

DAYS = (datetime(2025, 5, 30), datetime(2025, 6, 2), datetime(2025, 6, 30), datetime(2025, 7, 1))  # noqa: DTZ001
CODES = ("000010", "000020", "000030", "000040")
Write = tuple[str, int, int, int, str]
"""Code, which day, minutes, price and market."""
WRITES = st.lists(
    st.tuples(
        st.sampled_from(CODES), st.integers(0, len(DAYS) - 1), st.integers(1, 8),
        st.integers(1, 300), st.sampled_from(["KOSPI", "KOSDAQ"]),
    ),
    min_size=1, max_size=6, unique_by=lambda one: one[:2],
)  # fmt: skip


def bars(write: Write, later: int = 0) -> pl.DataFrame:
    code, day, count, price, market = write
    start = DAYS[day].replace(hour=9, tzinfo=KST)
    rows = [
        {"at": start + timedelta(minutes=number), "code": code, "open": price + number,
         "high": 400, "low": 1, "close": price, "volume": number, "market": market,
         "source": "test", "fetched": FETCHED + timedelta(hours=later)}
        for number in range(count)
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=MINUTE)


def files_read(patch: pytest.MonkeyPatch) -> set[str]:
    """Note the months that are read from now on."""
    found: set[str] = set()

    def noting(
        files: Sequence[Path], aside: Aside | None = None, block: Block = WHOLE
    ) -> pl.DataFrame:
        found.update(file.parent.name for file in files)
        return read_minutes(files, aside, block)

    patch.setattr(kept, "read_minutes", noting)
    return found


def index_of(cache: Path) -> str:
    """The only kept panel's index, what it is made of left out."""
    (index,) = cache.rglob("index.json")
    return index.read_text(encoding="utf-8").partition('"made"')[0]


@settings(deadline=None, max_examples=60)
@given(rounds=st.lists(WRITES, min_size=2, max_size=4), length=st.sampled_from([1, 5]))
def test_it_is_the_one_that_all_files_make(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[list[Write]], length: int
) -> None:
    """Whatever is added, replaced or made longer."""
    place = tmp_path_factory.mktemp("months")
    store, markets = BarStore(place / "store"), dict[str, str]()
    for later, writes in enumerate(rounds):
        for code, *rest, market in writes:
            # A code in two markets at one minute is refused, as by the whole.
            one: Any = (code, *rest, markets.setdefault(code, market))
            store.write_minutes(bars(one, later))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(blocks, "_FEWEST", 10)
            months = files_read(patch)
            found = minute_panel(store.root, place / "cache", length, Aside(), gigabytes=0)
        whole = minute_panel(store.root, place / f"whole-{later}", length, Aside())
        assert_same(found, whole)
        assert found.fingerprint == whole.fingerprint
        cache, other = place / "cache", place / f"whole-{later}"
        assert index_of(cache) == index_of(other)
        if later:
            changed = {f"month={DAYS[day]:%Y-%m}" for _, day, *_ in writes}
            assert months == changed


def test_a_month_that_is_gone_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, cache = BarStore(tmp_path / "store"), tmp_path / "cache"
    for day in range(len(DAYS)):
        store.write_minutes(bars(("000010", day, 3, 100, "KOSPI")))
    minute_panel(store.root, cache, 5, Aside())
    for part in store.months()[0].parts():
        part.unlink()
    months = files_read(monkeypatch)
    found = minute_panel(store.root, cache, 5, Aside())
    assert (months, found.shape) == (set(), (1, 3))
    assert_same(found, minute_panel(store.root, tmp_path / "other", 5, Aside()))


def test_where_rows_were_set_aside_all_months_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, cache = BarStore(tmp_path / "store"), tmp_path / "cache"
    bad = bars(("000020", 0, 3, 100, "KOSPI")).with_columns(pl.lit(0).cast(pl.Int64).alias("high"))
    store.write_minutes(bad)
    store.write_minutes(bars(("000010", 1, 3, 100, "KOSPI")))
    minute_panel(store.root, cache, 1, Aside())
    store.write_minutes(bars(("000010", 3, 3, 100, "KOSPI")))
    months, aside = files_read(monkeypatch), Aside()
    minute_panel(store.root, cache, 1, aside)
    assert (len(months), aside.rows) == (3, 3)


def test_a_month_that_changes_while_others_are_read_is_read_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, cache = BarStore(tmp_path / "store"), tmp_path / "cache"
    for day in (0, 1):
        store.write_minutes(bars(("000010", day, 3, 100, "KOSPI")))
    minute_panel(store.root, cache, 1, Aside())
    store.write_minutes(bars(("000010", 2, 3, 100, "KOSPI")))

    def meanwhile(_done: int, _of: int) -> None:
        store.write_minutes(bars(("000030", 0, 3, 100, "KOSPI"), 1))
        store.write_minutes(bars(("000030", 3, 3, 100, "KOSPI"), 1))

    first = minute_panel(store.root, cache, 1, Aside(), told=meanwhile)
    assert first.codes == ("000010",)
    months = files_read(monkeypatch)
    second = minute_panel(store.root, cache, 1, Aside())
    assert months == {"month=2025-05", "month=2025-07"}
    assert_same(second, minute_panel(store.root, tmp_path / "other", 1, Aside()))


def test_a_panel_of_files_is_made_of_all_of_them(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for count, day in enumerate((0, 3), 1):
        bars(("000010", day, 3, 100, "KOSPI")).write_parquet(files / f"{day}.parquet")
        assert minute_panel(files, tmp_path / "cache", 1, Aside()).shape == (1, 3 * count)
