"""A month in parts is what one file would be, whatever is written, cut off, joined or lost."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.bars.make import FETCHED

from maemae.bars import months
from maemae.bars.months import Month, replaced_days
from maemae.bars.schema import MINUTE
from maemae.clock import KST
from maemae.errors import DataError

EVERYTHING = pl.lit(value=True)
Row = tuple[str, int, int, int]
"""Code, day, minute and volume."""


def bars(rows: list[Row], hours: int = 0) -> pl.DataFrame:
    made = [
        {"at": datetime(2022, 6, day, 9, minute, tzinfo=KST), "code": code, "open": 1, "high": 1,
         "low": 1, "close": 1, "volume": volume, "market": "KOSPI", "source": "test",
         "fetched": FETCHED + timedelta(hours=hours)}
        for code, day, minute, volume in rows
    ]  # fmt: skip
    return pl.DataFrame(made, schema=MINUTE)


def one_file(writes: list[pl.DataFrame]) -> pl.DataFrame:
    """What a single file would hold: of a code and minute the row fetched later, then written."""
    every = pl.concat(writes).sort("code", "at", "fetched", maintain_order=True)
    return every.unique(["code", "at"], keep="last", maintain_order=True)


ROWS = st.lists(
    st.tuples(st.sampled_from("ABC"), st.integers(2, 4), st.integers(0, 3), st.integers(1, 9)),
    min_size=1, max_size=8,
)  # fmt: skip
WRITES = st.lists(st.tuples(ROWS, st.integers(0, 2)), min_size=1, max_size=9)


@settings(deadline=None, max_examples=60)
@given(writes=WRITES, largest=st.sampled_from([2, 5, 2_000_000]), forget=st.booleans())
def test_parts_are_what_one_file_would_be(
    tmp_path_factory: pytest.TempPathFactory,
    writes: list[tuple[list[Row], int]],
    largest: int,
    forget: bool,
) -> None:
    month = Month(tmp_path_factory.mktemp("store") / "month=2022-06")
    frames = [bars(rows, hours) for rows, hours in writes]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(months, "LARGEST", largest)
        for done, frame in enumerate(frames):
            before = one_file(frames[:done]) if done else bars([])
            expected = one_file(frames[: done + 1])
            assert month.add(frame) == before.height + frame.height - expected.height
            if forget:
                (month.folder / "days.index").unlink()
            assert month.read(EVERYTHING).equals(expected)
            assert month.days()["rows"].sum() == expected.height
    found = month.days().select("code", "day", "rows")
    days = expected.group_by("code", pl.col("at").dt.date().alias("day")).agg(
        pl.len().cast(pl.Int64).alias("rows")
    )
    assert found.equals(days.sort("code", "day"))
    parts = [pl.read_parquet(part) for part in month.parts()]
    alive = sum(month.days()["rows"])
    assert sum(part.height for part in parts) <= 3 * alive, "what is replaced goes in the end"


def test_a_file_of_before_there_were_parts_is_the_first(tmp_path: Path) -> None:
    month = Month(tmp_path / "month=2022-06")
    month.folder.mkdir()
    old = bars([("A", 2, 0, 1), ("A", 3, 0, 1), ("B", 2, 0, 1)])
    old.write_parquet(month.folder / "bars.parquet")
    assert month.read(EVERYTHING).equals(old)
    fresh = bars([("A", 2, 1, 5), ("A", 2, 0, 4)], 1)
    assert month.add(fresh) == 1
    assert month.read(EVERYTHING).equals(one_file([old, fresh]))


def test_a_batch_leaves_a_large_part_alone_and_small_ones_are_joined(tmp_path: Path) -> None:
    month = Month(tmp_path / "month=2022-06")
    month.add(bars([("A", day, minute, 1) for day in (2, 3) for minute in range(40)]))
    (large,) = month.parts()
    state = large.stat()
    for number in range(32):
        month.add(bars([(f"B{number:02}", 2, 0, 1)]))
        assert len(month.parts()) <= 7
    assert large in month.parts()
    assert (large.stat().st_mtime_ns, large.stat().st_size) == (state.st_mtime_ns, state.st_size)
    assert month.read(EVERYTHING).height == 80 + 32


def test_rows_that_are_replaced_are_named_for_whoever_reads_the_files(tmp_path: Path) -> None:
    month = Month(tmp_path / "month=2022-06")
    month.add(bars([(code, 2, minute, 1) for code in "ABC" for minute in range(3)]))
    month.add(bars([("B", 2, 0, 7)], 1))
    first, second = month.parts()
    replaced = replaced_days([first, second, tmp_path / "other.parquet"])
    assert replaced[first].rows() == [("B", date(2022, 6, 2))]
    assert replaced[second].is_empty()
    assert tmp_path / "other.parquet" not in replaced


def test_a_damaged_part_is_an_error(tmp_path: Path) -> None:
    month = Month(tmp_path / "month=2022-06")
    month.add(bars([("A", 2, 0, 1)]))
    (part,) = month.parts()
    part.write_bytes(part.read_bytes()[:40])
    for ask in (month.days, lambda: month.read(EVERYTHING), lambda: month.add(bars([]))):
        with pytest.raises(DataError, match="damaged"):
            ask()


def test_an_index_that_cannot_be_read_is_made_anew(tmp_path: Path) -> None:
    month = Month(tmp_path / "month=2022-06")
    month.add(bars([("A", 2, 0, 1)]))
    (month.folder / "days.index").write_bytes(b"PAR1")
    assert month.days().height == 1


def test_a_part_that_goes_while_it_is_read_is_looked_for_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = Month(tmp_path / "month=2022-06")
    month.add(bars([("A", 2, 0, 1)]))
    entries = Month._entries
    meanwhile: Iterator[Callable[[], Any]] = iter([lambda: month.add(bars([("B", 2, 0, 1)]))])

    def slow(self: Month) -> pl.DataFrame:
        known = entries(self)
        for joins in meanwhile:
            joins()  # The two parts are joined to a third.
        return known

    monkeypatch.setattr(Month, "_entries", slow)
    assert month.read(EVERYTHING)["code"].to_list() == ["A", "B"]


def test_a_part_that_somebody_holds_goes_with_the_next_merge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    month, frames = Month(tmp_path / "month=2022-06"), [bars([(code, 2, 0, 1)]) for code in "ABC"]
    month.add(frames[0])

    def held(path: Path) -> None:
        raise PermissionError(path)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", held)
        month.add(frames[1])
    assert len(month.parts()) == 3
    assert month.read(EVERYTHING).equals(one_file(frames[:2]))
    month.add(frames[2])
    assert month.read(EVERYTHING).equals(one_file(frames))
    assert len(month.parts()) < 3


class Killed(BaseException):
    """The process ends here."""


def test_an_end_at_any_moment_of_a_merge_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every step that changes the disk: what is there is that of before or after, then all."""
    before = [bars([("A", 2, 0, 1)]), bars([("B", 2, minute, 1) for minute in range(3)])]
    fresh = bars([("A", 2, 1, 2), ("B", 2, 1, 2), ("C", 2, 0, 2)], 1)
    steps, left = {"replace": Path.replace, "unlink": Path.unlink, "write": 0}, 0

    def dying(name: str) -> Callable[..., Any]:
        def step(path: Path, *given: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed
            return steps[name](path, *given, **named)  # type: ignore[operator]

        return step

    killed = 0
    for moment in range(1, 100):
        month = Month(tmp_path / f"{moment}" / "month=2022-06")
        for frame in before:
            month.add(frame)
        left = moment
        with monkeypatch.context() as patch:
            for name in ("replace", "unlink"):
                patch.setattr(Path, name, dying(name))
            try:
                month.add(fresh)
            except Killed:
                killed += 1
        found = month.read(EVERYTHING)
        assert any(found.equals(one_file(state)) for state in (before, [*before, fresh]))
        month.add(fresh)
        assert month.read(EVERYTHING).equals(one_file([*before, fresh]))
        if left > 0:
            break
    assert killed == moment - 1 >= 3
