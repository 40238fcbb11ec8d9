"""Bars survive a power cut: whatever a system has not written yet, no row is lost or made up."""

import shutil
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.bars.make import FETCHED, row, stored
from tests.bars.test_kept import assert_same
from tests.bars.test_panel_writer import minutes
from tests.power import Disk, PowerCut

from maemae.bars.kept import daily_panel, minute_panel
from maemae.bars.staging import merge_staged, stage
from maemae.bars.store import BarStore
from maemae.errors import DataError
from maemae.market.kinds import Market

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells which file is synced")

MOST = 200
"""Steps that no work of these tests needs."""


def everything(store: BarStore) -> list[pl.DataFrame]:
    """All that a store holds, in order."""
    every = pl.lit(value=True)
    months = [month.read(every) for month in store.months()]
    return [*months, store.daily()] if (store.root / "daily").is_dir() else months


def cut_everywhere(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    made: Path,
    work: Callable[[Path], object],
    check: Callable[[Path], None],
) -> int:
    """Cut the power at each step of some work on a copy of what was made; return how many."""
    for moment in range(1, MOST):
        place = tmp_path / f"cut-{moment}"
        shutil.copytree(made, place / "root")
        (place / "aside").mkdir()
        disk = Disk(place / "root", place / "aside")
        disk.last = moment
        cut = False
        with monkeypatch.context() as patch:
            disk.watch(patch)
            try:
                work(place / "root")
            except PowerCut:
                cut = True
        for image in disk.images():
            check(image)
        if not cut:
            return moment - 1
    raise AssertionError("it never ends")


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A store with small parts of a month that the next merge joins, and daily bars."""
    root = tmp_path / "made"
    store = BarStore(root)
    store.write_minutes(minutes("000010"))
    store.write_minutes(minutes("000020", 3))
    store.write_daily(stored(row(code="000010")))
    return root


def test_a_merge(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is staged is in staging or in the store, and what was in the store is in it."""
    fresh = minutes("000020", close=150, fetched=FETCHED + timedelta(days=1))
    other = minutes("000040", market="KOSDAQ")
    daily = stored(row(code="000020"))
    for name, bars in (("a", fresh), ("b", other)):
        stage(BarStore(made), "minute", name, bars)
    stage(BarStore(made), "daily", "c", daily)
    shutil.copytree(made, tmp_path / "whole")
    merge_staged(BarStore(tmp_path / "whole"))
    whole = everything(BarStore(tmp_path / "whole"))

    def check(image: Path) -> None:
        store = BarStore(image)
        months = store.months((Market.KOSPI,))
        before = pl.concat([month.read(pl.lit(value=True)) for month in months])
        assert before.filter(pl.col("code") == "000010").height == 7
        merge_staged(store)
        found = everything(store)
        assert len(found) == len(whole)
        assert all(one.equals(other) for one, other in zip(found, whole, strict=True))

    steps = cut_everywhere(
        tmp_path, monkeypatch, made, lambda root: merge_staged(BarStore(root)), check
    )
    assert steps > 12


def test_bars_that_are_staged(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer of the broker is there whole or not at all, and there once it is staged."""

    def check(image: Path) -> None:
        merge_staged(BarStore(image))
        (kospi,) = BarStore(image).months((Market.KOSPI,))
        found = kospi.read(pl.col("code") == "000030").height
        assert found in (0, 7)

    steps = cut_everywhere(
        tmp_path,
        monkeypatch,
        made,
        lambda root: stage(BarStore(root), "minute", "a", minutes("000030")),
        check,
    )
    assert steps >= 3


@pytest.mark.parametrize("length", [0, 5])
def test_a_panel(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, length: int) -> None:
    """The next that wants it has the right one, of the store as it is then."""

    def panel(root: Path, cache: Path) -> object:
        if length:
            return minute_panel(root, cache, length)
        return daily_panel(root, cache)

    # The store itself changes nothing: it stays where it is, so that the panel's name does.
    cache = tmp_path / "cache"
    cache.mkdir()
    panel(made, cache)
    BarStore(made).write_minutes(minutes("000030"))
    BarStore(made).write_daily(stored(row(code="000030")))
    whole = panel(made, tmp_path / "other")

    def check(image: Path) -> None:
        assert_same(panel(made, image), whole)  # type: ignore[arg-type]

    steps = cut_everywhere(tmp_path, monkeypatch, cache, lambda at: panel(made, at), check)
    assert steps >= 8


def test_a_damaged_staged_file_is_named(made: Path) -> None:
    stage(BarStore(made), "minute", "a", minutes("000030"))
    (made / "staging" / "minute" / "b.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"b\.parquet: damaged .* remove it"):
        merge_staged(BarStore(made))


def test_a_kept_panel_whose_index_is_torn_is_made_anew(made: Path, tmp_path: Path) -> None:
    whole = minute_panel(made, tmp_path, 5)
    (index,) = tmp_path.rglob("index.json")
    index.write_text("{", encoding="utf-8")
    assert_same(minute_panel(made, tmp_path, 5), whole)
