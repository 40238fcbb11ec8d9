"""Panels on disk: the same bars back, made anew when a source changes, adjusted from a store."""

import os
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.backtest.conftest import market

from maemae.bars.kept import daily_panel, load_panel, minute_panel, panel_of, save_panel
from maemae.bars.panel import Panel, Spread
from maemae.bars.schema import STORED
from maemae.bars.store import BarStore
from maemae.errors import DataError
from maemae.strategy.trial import random_walk


def assert_same(one: Panel, other: Panel) -> None:
    assert one.codes == other.codes
    assert one.step == other.step
    np.testing.assert_array_equal(one.times, other.times)
    np.testing.assert_array_equal(one.present, other.present)
    np.testing.assert_array_equal(one.packed.offsets, other.packed.offsets)
    np.testing.assert_array_equal(one.packed.columns, other.packed.columns)
    assert set(one.fields) == set(other.fields)
    for name in one.fields:
        np.testing.assert_array_equal(one.fields[name], other.fields[name])
        np.testing.assert_array_equal(one.packed.field(name), other.packed.field(name))
        assert one.packed.integral(name) == other.packed.integral(name)
    for name, fact in one.facts.items():
        assert fact.labels == other.facts[name].labels
        np.testing.assert_array_equal(fact.codes, other.facts[name].codes)
    assert one.fingerprint == other.fingerprint
    assert set(one.references) == set(other.references)
    for code in one.references:
        assert_same(one.references[code], other.references[code])


@pytest.mark.parametrize("panel", [market(holes=0.2), random_walk(3, 40)], ids=["holes", "whole"])
def test_the_same_bars_come_back(panel: Panel, tmp_path: Path) -> None:
    save_panel(panel, tmp_path)
    kept = load_panel(tmp_path)
    assert_same(kept, panel)
    assert_same(kept.window(5, 30), panel.window(5, 30))
    assert_same(kept.rows([2, 0]), panel.rows([2, 0]))


@pytest.mark.parametrize("span", [(0, 5), (5, 30), (20, 99), (30, 5), (3, 3), (-9, -2)])
def test_a_part_of_a_mapped_panel_is_not_spread(tmp_path: Path, span: tuple[int, int]) -> None:
    panel = market(holes=0.4)
    save_panel(panel, tmp_path)
    kept = load_panel(tmp_path)
    for part, other in ((kept.window(*span), panel.window(*span)),
                        (kept.rows([1]).window(*span), panel.rows([1]).window(*span))):  # fmt: skip
        assert len(part.packed) == len(other.packed)
        for name in part.fields:
            np.testing.assert_array_equal(part.packed.field(name), other.packed.field(name))
        assert part.fingerprint == other.fingerprint
        for panels in (kept, part):
            assert isinstance(panels.fields, Spread)
            assert panels.fields._spread == {}
        assert_same(part, other)


def test_what_is_written_to_a_mapped_panel_stays_in_memory(tmp_path: Path) -> None:
    panel = random_walk(3, 40)
    save_panel(panel, tmp_path)
    load_panel(tmp_path).packed.field("close")[:] = 0
    assert_same(load_panel(tmp_path), panel)


def test_it_is_made_anew_when_a_source_changes(tmp_path: Path) -> None:
    source, cache, asked = tmp_path / "bars", tmp_path / "cache", []

    def build() -> Panel:
        asked.append(source.read_text())
        return random_walk(2, 30, seed=len(asked))

    for text in ("one", "one", "other"):
        source.write_text(text)
        os.utime(source, ns=(0, len(text)))
        panel = panel_of([source], build, cache)
    assert asked == ["one", "other"]
    assert_same(panel, random_walk(2, 30, seed=2))
    kept = [path for path in cache.iterdir() if path.is_dir()]
    assert len(kept) == 1


def test_other_bars_have_another_fingerprint() -> None:
    assert random_walk(2, 30).fingerprint != random_walk(2, 30, seed=8).fingerprint
    assert random_walk(2, 30).fingerprint == random_walk(2, 30).fingerprint


def stored(day: int, close: int, base: int) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys(STORED)
    prices = {"open": close, "high": close, "low": close, "close": close}
    return row | prices | {
        "date": date(2022, 3, day), "code": "005930", "market": "KOSPI", "base": base,
        "volume": 1_000, "raw_ok": True, "source": "test",
    }  # fmt: skip


def test_a_store_is_read_adjusted_in_whole_won(tmp_path: Path) -> None:
    """A split of one into three: 10,000 before it is 3,333 and a third, its volume three times."""
    rows = [stored(2, 10_000, 10_000), stored(3, 3_400, 3_333)]
    BarStore(tmp_path / "store").write_daily(pl.DataFrame(rows, schema=STORED))
    panel = daily_panel(tmp_path / "store", tmp_path / "cache")
    assert panel.fields["close"].tolist() == [[3_333, 3_400]]
    assert panel.fields["volume"].tolist() == [[3_000, 1_000]]
    assert_same(daily_panel(tmp_path / "store", tmp_path / "cache"), panel)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no Parquet or CSV file there"):
        daily_panel(tmp_path, tmp_path / "cache")
    with pytest.raises(DataError, match=r"indices\.parquet: no such file"):
        daily_panel(tmp_path, tmp_path / "cache", indices=tmp_path / "indices.parquet")


NINE = datetime.fromisoformat("2025-06-27T09:00")


def minute_file(folder: Path, *changes: dict[str, object]) -> Path:
    """Seven minutes from nine o'clock on, rising by a tick each."""
    rows = [
        {"ts": NINE + timedelta(minutes=at), "code": "005930", "open": 60_000 + 100 * at,
         "high": 60_200 + 100 * at, "low": 59_900 + 100 * at, "close": 60_100 + 100 * at,
         "volume": 10}
        for at in range(7)
    ]  # fmt: skip
    for at, change in enumerate(changes):
        rows[at] |= change
    path = folder / "minutes.parquet"
    pl.DataFrame(rows).write_parquet(path)
    return path


def test_minutes_are_joined_to_longer_bars(tmp_path: Path) -> None:
    panel = minute_panel(minute_file(tmp_path), tmp_path / "cache", 5)
    assert panel.step == timedelta(minutes=5)
    assert panel.times.tolist() == [NINE, NINE + timedelta(minutes=5)]
    assert panel.fields["open"].tolist() == [[60_000, 60_500]]
    assert panel.fields["high"].tolist() == [[60_600, 60_800]]
    assert panel.fields["low"].tolist() == [[59_900, 60_400]]
    assert panel.fields["close"].tolist() == [[60_500, 60_700]]
    assert panel.fields["volume"].tolist() == [[50, 20]]
    assert_same(minute_panel(tmp_path / "minutes.parquet", tmp_path / "cache", 5), panel)
    assert minute_panel(tmp_path / "minutes.parquet", tmp_path / "cache", 1).shape == (1, 7)


def test_a_minute_that_cannot_be_is_named(tmp_path: Path) -> None:
    path = minute_file(tmp_path, {}, {"low": 61_000})
    with pytest.raises(
        DataError, match=r"minutes\.parquet row 2: 005930 2025-06-27 .*: open, high, low and close"
    ):
        minute_panel(path, tmp_path / "cache", 5)
