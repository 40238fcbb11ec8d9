"""Panels from bars in rows. Apart from the panels, because polars is slow to load."""

from datetime import timedelta

import numpy as np
import polars as pl

from maemae.bars.panel import FACTS, FIELDS, REQUIRED, Fact, Floats, Indexes, Panel
from maemae.errors import DataError
from maemae.i18n import _


def panel_of(frame: pl.DataFrame, indices: pl.DataFrame | None, step: timedelta) -> Panel:
    """Build a panel; see `Panel.from_frame`.

    Raises:
        DataError: a column is missing, or a code has two bars at one time.
    """
    axis = "date" if "date" in frame.columns else "ts"
    check_columns(frame, axis)
    frame = frame.filter((pl.col("open") > 0) & (pl.col("close") > 0))
    times, columns = _positions(frame[axis])
    codes, rows = _positions(frame["code"])
    shape = (len(codes), len(times))
    cells = rows * shape[1] + columns
    twice = np.flatnonzero(np.bincount(cells, minlength=1) > 1)
    if len(twice):
        row = frame.row(int(np.flatnonzero(cells == twice[0])[1]), named=True)
        raise DataError(
            _("{code} has two bars at {at}: remove one").format(code=row["code"], at=row[axis])
        )
    unit = "datetime64[D]" if axis == "date" else "datetime64[s]"
    return Panel(
        codes=tuple(codes.to_list()),
        times=times.to_numpy().astype(unit),
        fields={
            name: _scatter(frame[name], cells, shape)
            for name in FIELDS
            if name in REQUIRED or _known(frame, name)
        },
        facts={
            name: _fact(frame[name], rows, cells, shape) for name in FACTS if _known(frame, name)
        },
        references={} if indices is None else references_of(indices, step),
        step=step,
    )


def check_columns(frame: pl.DataFrame, axis: str) -> None:
    """Refuse bars that lack a column which every panel needs."""
    missing = [name for name in (axis, "code", *REQUIRED) if name not in frame.columns]
    if missing:
        raise DataError(_("the bars have no column {missing}").format(missing=", ".join(missing)))


def _known(frame: pl.DataFrame, name: str) -> bool:
    """Whether a column is there and not empty throughout."""
    return name in frame.columns and frame[name].null_count() < len(frame)


def _positions(column: pl.Series) -> tuple[pl.Series, Indexes]:
    """Return the distinct values in order, and for each row which of them it is."""
    values = column.unique().sort()
    if column.dtype == pl.String:
        numbered = column.cast(pl.Enum(values))
        return values, numbered.to_physical().to_numpy().astype(np.int64)
    return values, np.searchsorted(values.to_numpy(), column.to_numpy()).astype(np.int64)


def _scatter(column: pl.Series, cells: Indexes, shape: tuple[int, int]) -> Floats:
    out = np.full(shape[0] * shape[1], np.nan)
    out[cells] = column.cast(pl.Float64).to_numpy()
    return out.reshape(shape)


def _fact(column: pl.Series, rows: Indexes, cells: Indexes, shape: tuple[int, int]) -> Fact:
    words = column.cast(pl.String).fill_null("")
    labels, positions = _positions(words)
    index = positions.astype(np.int16)
    steady = np.full(shape[0], -1, dtype=np.int16)
    steady[rows] = index
    if bool((steady[rows] == index).all()):
        return Fact(steady.reshape(-1, 1), tuple(labels.to_list()))
    out = np.full(shape[0] * shape[1], -1, dtype=np.int16)
    out[cells] = index
    return Fact(out.reshape(shape), tuple(labels.to_list()))


def references_of(frame: pl.DataFrame, step: timedelta) -> dict[str, Panel]:
    """Return each code's bars as a panel of one row, for `Panel.references`."""
    return {
        str(code): panel_of(part, None, step)
        for (code,), part in frame.group_by("code", maintain_order=True)
    }
