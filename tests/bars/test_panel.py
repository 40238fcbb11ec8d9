from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl
import pytest

from maemae.bars.panel import Panel
from maemae.errors import DataError

ROWS = [
    (date(2022, 1, 3), "0007C0", 100, 110, 90, 105, 7, "KOSDAQ"),
    (date(2022, 1, 4), "0007C0", 0, 0, 0, 105, 0, "KOSDAQ"),
    (date(2022, 1, 5), "0007C0", 101, 111, 91, 106, 8, "KOSPI"),
    (date(2022, 1, 4), "000020", 50, 55, 45, 52, 3, "KOSPI"),
]
COLUMNS = ["date", "code", "open", "high", "low", "close", "volume", "market"]


def frame(rows: Sequence[tuple[object, ...]] | None = None) -> pl.DataFrame:
    return pl.DataFrame(rows or ROWS, schema=COLUMNS, orient="row")


def test_a_panel_holds_nan_where_there_is_no_bar() -> None:
    panel = Panel.from_frame(frame())
    assert panel.codes == ("000020", "0007C0")
    assert panel.times.tolist() == [date(2022, 1, 3), date(2022, 1, 4), date(2022, 1, 5)]
    np.testing.assert_array_equal(panel.fields["close"], [[np.nan, 52, np.nan], [105, np.nan, 106]])
    assert panel.present.tolist() == [[False, True, False], [True, False, True]]
    assert panel.daily


def test_a_fact_that_changes_is_kept_by_day() -> None:
    panel = Panel.from_frame(frame())
    flags = panel.packed.flags("market", ["KOSPI"])
    assert flags.tolist() == [True, False, True]
    assert Panel.from_frame(frame(ROWS[:2])).facts["market"].codes.shape == (1, 1)


def test_packing_and_spreading_are_inverse() -> None:
    panel = Panel.from_frame(frame())
    packed = panel.packed
    assert packed.field("volume").tolist() == [3, 7, 8]
    assert packed.offsets.tolist() == [0, 1, 3]
    np.testing.assert_array_equal(
        packed.spread(packed.field("volume"), np.nan), panel.fields["volume"]
    )
    order, starts = packed.by_time
    assert (order.tolist(), starts.tolist()) == ([1, 0, 2], [0, 1, 2, 3])
    with pytest.raises(DataError, match="'value'"):
        packed.field("value")


def test_what_was_not_known_yet_is_cut_off() -> None:
    index = pl.DataFrame(
        {"date": [date(2022, 1, 3), date(2022, 1, 5)], "code": ["KOSPI"] * 2}
        | {name: [1.5, 2.5] for name in ("open", "high", "low", "close", "volume")}
    )
    panel = Panel.from_frame(frame(), indices=index)
    early = panel.first(2)
    assert early.shape == (2, 2)
    assert early.references["KOSPI"].shape == (1, 1)
    assert panel.rows([1]).codes == ("0007C0",)


def test_two_bars_of_one_day_are_refused() -> None:
    with pytest.raises(DataError, match="0007C0 has two bars at 2022-01-03"):
        Panel.from_frame(frame([*ROWS, ROWS[0]]))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="volume"):
        Panel.from_frame(frame().drop("volume"))


def test_the_shape_of_fields_is_checked() -> None:
    panel = Panel.from_frame(frame())
    with pytest.raises(DataError, match="shape"):
        Panel(panel.codes[:1], panel.times, panel.fields)
    with pytest.raises(DataError, match="increasing"):
        Panel(panel.codes, panel.times[::-1], panel.fields)
