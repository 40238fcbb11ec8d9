"""Blocks of codes: every row is in exactly one, and no code is cut."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from maemae.bars.blocks import DAILY, WHOLE, blocks_of, counted, rows_within

CODES = st.lists(st.text("0123AZ", min_size=1, max_size=3), unique=True, max_size=12)


@given(CODES, st.integers(1, 9), st.data())
def test_every_row_is_in_one_block(codes: list[str], most: int, data: st.DataObject) -> None:
    counts = [(code, data.draw(st.integers(1, 6))) for code in sorted(codes)]
    rows = [None, *(code for code, count in counts for _ in range(count))]
    table = pl.DataFrame({"code": rows}, schema={"code": pl.String})
    blocks = blocks_of(counts, most)
    parts = [table.filter(block.holds()) for block in blocks]
    assert pl.concat(parts).equals(table)
    assert [block.rows_of(counts) for block in blocks] == [
        part.drop_nulls().height for part in parts
    ]
    for part in parts:
        assert part.drop_nulls().height <= most or part.drop_nulls().n_unique() == 1


def test_what_fits_is_one_block() -> None:
    assert blocks_of([("A", 3), ("B", 3)], 6) == [WHOLE]
    assert blocks_of([], 6) == [WHOLE]
    assert len(blocks_of([("A", 3), ("B", 4)], 6)) == 2


def test_counts_of_files_are_added_in_the_order_of_the_codes() -> None:
    one = pl.DataFrame({"code": ["B", "A", None], "rows": [1, 2, 3]})
    assert counted([one, one]) == [("A", 4), ("B", 2)]


def test_more_memory_is_more_rows_at_once() -> None:
    assert rows_within(8) > 2 * rows_within(4) > rows_within(1) > 0
    assert rows_within(4, DAILY) < rows_within(4)
