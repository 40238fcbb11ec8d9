"""What has one right answer is repaired; what was there before is kept aside."""

from datetime import timedelta
from pathlib import Path

import polars as pl
from tests.bars.make import DAYS, FETCHED, row, stored

from maemae.bars.check import check
from maemae.bars.repair import carry_out, plan
from maemae.bars.store import BarStore

NOW = FETCHED + timedelta(days=1)
SOUND = row(code="000010")
HALTED = row(code="000020", close=500, volume=0)
THIN = row(code="000060", close=500, volume=0, raw_ok=False)
"""A share or two, rounded away when volume was adjusted."""
MOVED = (
    row(code="000030", market="KONEX"),
    row(code="000030", market="KOSDAQ", fetched=FETCHED + timedelta(hours=1), close=66_900),
)
ROUNDED = row(code="000040", raw_ok=False, open=1_002, high=1_001, low=999, close=1_000)
BEYOND = row(code="000050", raw_ok=False, open=2_000, high=1_001, low=999, close=1_000)


def mended(folder: Path) -> BarStore:
    store = BarStore(folder)
    store.write_daily(stored(SOUND, HALTED, *MOVED, ROUNDED, BEYOND, THIN))
    carry_out(store, plan(store.daily(), NOW))
    return store


def test_each_wrong_row_is_mended_or_left(tmp_path: Path) -> None:
    bars = mended(tmp_path).daily()
    rows = {r["code"]: r for r in bars.iter_rows(named=True)}
    assert len(rows) == bars.height == 6
    assert rows["000010"] == stored(SOUND).row(0, named=True)
    prices = {code: [r[n] for n in ("open", "high", "low", "close")] for code, r in rows.items()}
    assert prices["000020"] == [0, 0, 0, 500]
    assert (rows["000030"]["market"], prices["000030"][3]) == ("KOSDAQ", 66_900)
    assert prices["000040"] == [1_002, 1_002, 999, 1_000]
    assert prices["000060"] == [500] * 4
    assert prices["000050"] == [2_000, 1_001, 999, 1_000]
    marked = [code for code, r in rows.items() if r["source"] == "test (repaired)"]
    assert marked == ["000020", "000040"]


def test_the_rows_as_they_were_are_set_aside_with_the_reason(tmp_path: Path) -> None:
    (file,) = (mended(tmp_path).root / "quarantine").glob("*.parquet")
    aside = pl.read_parquet(file).sort("code")
    assert dict(aside.select("code", "problem").iter_rows()) == {
        "000020": "prices on a day without trades",
        "000030": "the code stands twice on that day",
        "000040": "prices out of order by rounding",
    }
    assert aside["open"].to_list() == [500, 66_800, 1_002]


def test_repairing_twice_changes_nothing(tmp_path: Path) -> None:
    store = mended(tmp_path)
    again = plan(store.daily(), NOW)
    assert again.before.is_empty()
    carry_out(store, again)
    assert len(list((store.root / "quarantine").glob("*"))) == 1


def test_the_check_names_what_can_be_repaired() -> None:
    findings = check(stored(SOUND, HALTED, *MOVED, ROUNDED, THIN))
    assert dict(findings.select("code", "problem").iter_rows()) == {
        "000020": "prices on a day without trades",
        "000030": "the code stands twice on that day",
        "000040": "order of prices",
    }
    twice = findings.filter(pl.col("code") == "000030").row(0, named=True)
    assert (twice["date"], twice["detail"], twice["severe"]) == (DAYS[0], "KONEX and KOSDAQ", False)
