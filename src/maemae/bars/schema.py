"""The columns of bars. Prices and values are won, volumes shares, dates trading days in Korea."""

import polars as pl

PRICES = ("open", "high", "low", "close")

REQUIRED: dict[str, pl.DataType] = {
    "date": pl.Date(),
    "code": pl.String(),
    **{name: pl.Int64() for name in PRICES},
    "volume": pl.Int64(),
}
"""Columns every file of daily bars must have.

On a day without trades open, high, low and volume are 0 and close carries the last price. Since
the after-market opened (2026-09-14) `close` is the official price of 15:30.
"""

OPTIONAL: dict[str, pl.DataType] = {
    "name": pl.String(),
    "market": pl.String(),
    "kind": pl.String(),
    "base": pl.Int64(),
    "value": pl.Int64(),
    "market_cap": pl.Int64(),
    "shares": pl.Int64(),
    "factor": pl.Float64(),
    "after_close": pl.Int64(),
    "raw_ok": pl.Boolean(),
}
"""Columns that are null where a file lacks them.

`kind` is a `market.Kind` (null: an ordinary share, as far as the file knows), `base` the day's
base price (기준가; also given as `change`, the close less the base price), `value` the traded won
(거래대금), `factor` what all earlier prices are multiplied with from this day on (where a source
states it), `after_close` the last price of the after-market, `raw_ok` whether prices and volume
are as traded.
"""

STORED: dict[str, pl.DataType] = {
    **REQUIRED,
    **OPTIONAL,
    "source": pl.String(),
    "fetched": pl.Datetime("us", "UTC"),
}
"""Columns of the store: what was read, from where and when."""

MINUTE: dict[str, pl.DataType] = {
    "at": pl.Datetime("us", "Asia/Seoul"),
    "code": pl.String(),
    **{name: pl.Int64() for name in PRICES},
    "volume": pl.Int64(),
    "market": pl.String(),
    "source": pl.String(),
    "fetched": pl.Datetime("us", "UTC"),
}
"""Columns of stored minute bars; `at` is the start of the minute."""
