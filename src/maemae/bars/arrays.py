"""Bars as contiguous arrays, time-major, read by memory map: what a simulator runs over.

One `.npy` file per field below a folder, each of the shape (days, codes), with the days and codes
beside them. A cell without a row is 0 in every field; a day without trades has close above 0 and
open 0.
"""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import polars as pl

from maemae.bars.adjust import adjusted
from maemae.bars.schema import PRICES
from maemae.errors import DataError
from maemae.i18n import _
from maemae.market.calendar import Calendar

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_INTEGER = (*PRICES, "volume", "value", "base")
_FIELDS = (*_INTEGER, "adjustment")
_INDEX = "index.json"


@dataclass(frozen=True)
class BarArrays:
    """Daily bars of many instruments; every array has the shape (days, codes) and is read-only.

    Prices and `value` are won, 0 where there is no row; `base` is 0 where unknown. `adjustment`
    times a price is the adjusted price as seen from the last day; 1 where there is no row.
    """

    days: tuple[date, ...]
    codes: tuple[str, ...]
    open: Ints
    high: Ints
    low: Ints
    close: Ints
    volume: Ints
    value: Ints
    base: Ints
    adjustment: Floats


def save_arrays(bars: pl.DataFrame, folder: Path, calendar: Calendar | None = None) -> None:
    """Write daily bars (columns of `schema.STORED`, by code and date) as arrays below a folder.

    The calendar is that of `adjusted`.

    Raises:
        DataError: there are no bars.
    """
    if bars.is_empty():
        raise DataError(_("{folder}: there are no bars to write as arrays").format(folder=folder))
    bars = bars.with_columns(adjusted(bars, calendar)["adjustment"])
    days, codes = bars["date"].unique().sort(), bars["code"].unique().sort()
    at = (
        bars["date"].replace_strict(days, range(days.len()), return_dtype=pl.Int64) * codes.len()
        + bars["code"].replace_strict(codes, range(codes.len()), return_dtype=pl.Int64)
    ).to_numpy()
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FIELDS:
        dtype, empty = (np.int64, 0) if name in _INTEGER else (np.float64, 1)
        array = np.full(days.len() * codes.len(), empty, dtype=dtype)
        array[at] = bars[name].fill_null(empty).to_numpy()
        np.save(folder / f"{name}.npy", array.reshape(days.len(), codes.len()))
    index = {"days": [f"{day}" for day in days], "codes": codes.to_list()}
    (folder / _INDEX).write_text(json.dumps(index), encoding="utf-8")


def load_arrays(folder: Path) -> BarArrays:
    """Map the arrays of a folder into memory; nothing is read before it is used.

    Raises:
        DataError: the folder holds no arrays, or they do not fit together.
    """
    try:
        index = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
        arrays = {
            name: cast("Ints", np.load(folder / f"{name}.npy", mmap_mode="r")) for name in _FIELDS
        }
    except (OSError, ValueError) as error:
        raise DataError(
            _("{folder}: no usable arrays there ({error}); write them anew").format(
                folder=folder, error=error
            )
        ) from error
    days = tuple(date.fromisoformat(day) for day in index["days"])
    codes = tuple(index["codes"])
    for name, array in arrays.items():
        if array.shape != (len(days), len(codes)):
            raise DataError(
                _("{folder}: {name} is {shape}, not {what}").format(
                    folder=folder, name=name, shape=array.shape, what=(len(days), len(codes))
                )
            )
    adjustment = cast("Floats", arrays.pop("adjustment"))
    return BarArrays(days, codes, **arrays, adjustment=adjustment)
