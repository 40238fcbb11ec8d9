"""Tables of daily bars as other people write them: Parquet, CSV, pykrx and FinanceDataReader.

Nothing is thrown away here: a value that cannot be read becomes null and is named, so that
`ingest.clean` can set its row aside with the reason.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import polars as pl
from polars.exceptions import PolarsError

from maemae.bars.schema import OPTIONAL, REQUIRED
from maemae.errors import DataError
from maemae.reading import TABLES, csv_rows, listed, read_text

_NAMES: dict[str, tuple[str, ...]] = {
    "date": ("date", "날짜", "일자", "day", "index"),
    "code": ("code", "티커", "ticker", "종목코드", "symbol"),
    "open": ("open", "시가"),
    "high": ("high", "고가"),
    "low": ("low", "저가"),
    "close": ("close", "종가"),
    "volume": ("volume", "거래량"),
    "name": ("name", "종목명"),
    "market": ("market", "시장", "시장구분"),
    "value": ("value", "amount", "거래대금"),
    "market_cap": ("market_cap", "marcap", "시가총액"),
    "shares": ("shares", "stocks", "상장주식수"),
    "change": ("change", "changes", "대비"),
}
_CODE_IN_NAME = re.compile(r"^[0-9][0-9A-Z]{5}$")
_MISFIT = "(misfit)"
"""Name of the column that says which lines of a CSV do not fit its heading."""
_WHOLE = r"^[+-]?\d+$"


class DataFrameLike(Protocol):
    """What is used of a pandas frame, so that pandas itself need not be there."""

    columns: Any

    def reset_index(self) -> Any:
        """Return the frame with its index as the first columns."""
        ...


@dataclass(frozen=True)
class Reading:
    """How to understand a source.

    Args:
        columns: our column name to the source's, where the usual names do not fit.
        code: the code of all rows, where the source has no such column.
        market: the market of all rows, where the source has no such column.
        adjusted: whether prices are back-adjusted; a `raw_ok` column in the source goes before.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    code: str | None = None
    market: str | None = None
    adjusted: bool = False


def source_files(path: Path) -> list[Path]:
    """Return the Parquet and CSV files of a path, in order.

    Raises:
        DataError: there is none.
    """
    if path.is_file():
        return [path]
    files = sorted(f for f in path.rglob("*") if f.suffix.lower() in (".parquet", ".csv"))
    if not files:
        raise DataError(f"{path}: no Parquet or CSV file there")
    return files


def read_source(path: Path, reading: Reading) -> pl.DataFrame:
    """Read one file into our columns, plus `row` (from 1) and `problem` (null where all is well).

    Raises:
        DataError: the file cannot be read at all, or a needed column is missing.
    """
    if path.suffix.lower() == ".csv":
        table = _read_csv(path)
    else:
        try:
            table = pl.read_parquet(path, hive_partitioning=False)
        except (PolarsError, OSError) as error:
            reason = str(error).partition("\n")[0]
            raise DataError(f"{path}: cannot be read as Parquet ({reason})") from error
    stem = path.stem.upper()
    return _understand(str(path), table, reading, stem if _CODE_IN_NAME.match(stem) else None)


def read_pandas(frame: DataFrameLike, reading: Reading, *, source: str = "frame") -> pl.DataFrame:
    """Read a pandas frame as pykrx or FinanceDataReader return it; otherwise as `read_source`."""
    flat = frame.reset_index()
    columns = {str(name): _plain(flat[name].to_list()) for name in flat.columns}
    return _understand(source, pl.DataFrame(columns, strict=False), reading, None)


def _plain(values: Sequence[object]) -> list[object]:
    """Turn pandas' timestamps and missing values into plain ones (NaN is not equal to itself)."""
    return [
        v.date() if isinstance(v, datetime) and v == v else v if v == v else None  # noqa: PLR0124
        for v in values
    ]


def _read_csv(path: Path) -> pl.DataFrame:
    return _table(read_text(path, TABLES), str(path))


def _table(text: str, place: str) -> pl.DataFrame:
    """Read CSV text into columns of text; a line with too many fields is marked, not guessed at."""
    try:
        return pl.read_csv(text.encode(), infer_schema=False)
    except PolarsError:
        # Rare and slow: line by line, to find the lines that do not fit (an unquoted 67,500).
        lines = [line for line in csv_rows(text, place) if line]
    heading = [
        name if name not in lines[0][:at] else f"{name}_duplicated_{at}"  # as polars names them
        for at, name in enumerate(lines[0] if lines else [])
    ]
    width = len(heading)
    rows = [(*line[:width], *[None] * (width - len(line))) for line in lines[1:]]
    table = pl.DataFrame(rows, schema=dict.fromkeys(heading, pl.String()), orient="row")
    misfits = [
        f"the line has more fields than the heading ({len(line)}, not {width})"
        if len(line) > width
        else None
        for line in lines[1:]
    ]
    return table.with_columns(pl.Series(_MISFIT, misfits, dtype=pl.String))


def _understand(
    source: str, table: pl.DataFrame, reading: Reading, code_in_name: str | None
) -> pl.DataFrame:
    found = _columns(source, table, reading)
    table = table.with_row_index("row", offset=1)
    problems = [pl.col(_MISFIT)] if _MISFIT in table.columns else []
    columns: list[pl.Expr] = [pl.col("row")]
    for name, dtype in (REQUIRED | OPTIONAL).items():
        origin = found.get(name)
        if origin is None:
            columns.append(_constant(name, reading, code_in_name).cast(dtype).alias(name))
            continue
        parsed = _parsed(origin, table.schema[origin], dtype)
        columns.append(parsed.alias(name))
        if name not in REQUIRED or table.schema[origin] == dtype:
            continue
        kind = "a date" if dtype == pl.Date else "a whole number"
        text = pl.format(f"{name} is not {kind}: '{{}}'", pl.col(origin).cast(pl.String))
        problems.append(pl.when(pl.col(origin).is_not_null() & parsed.is_null()).then(text))
    if "change" in found and _is_whole(table, found["change"]):
        change = _parsed(found["change"], table.schema[found["change"]], pl.Int64())
        close = _parsed(found["close"], table.schema[found["close"]], pl.Int64())
        columns = [c for c in columns if c.meta.output_name() != "base"]
        columns.append((close - change).alias("base"))
    problem = pl.coalesce(*problems) if problems else pl.lit(None, pl.String)
    return table.select(*columns, problem.alias("problem"))


def _columns(source: str, table: pl.DataFrame, reading: Reading) -> dict[str, str]:
    """Return the source's column for each of ours that it has."""
    for name, origin in reading.columns.items():
        if origin not in table.columns:
            raise DataError(f"{source}: no column {origin!r} to take {name} from")
    lower = {name.lower(): name for name in reversed(table.columns)}
    found = {}
    for name in (*REQUIRED, *OPTIONAL, "change"):
        if name in reading.columns:
            found[name] = reading.columns[name]
            continue
        known = [lower[n] for n in _NAMES.get(name, (name,)) if n in lower]
        if known:
            found[name] = known[0]
    missing = [n for n in REQUIRED if n not in found and n != "code"]
    if missing:
        raise DataError(
            f"{source}: no column for {', '.join(missing)} among {listed(table.columns)}; "
            "name it with --column ours=theirs"
        )
    return found


def _constant(name: str, reading: Reading, code_in_name: str | None) -> pl.Expr:
    values: dict[str, object] = {
        "code": reading.code or code_in_name,
        "market": reading.market,
        "raw_ok": not reading.adjusted,
    }
    return pl.lit(values.get(name))


def _parsed(origin: str, found: pl.DataType, wanted: pl.DataType) -> pl.Expr:
    column = pl.col(origin)
    if found == wanted:
        return column
    if isinstance(wanted, pl.Date):
        if isinstance(found, pl.Datetime):
            return column.dt.date()
        text = column.cast(pl.String).str.replace_all("[-/.]", "").str.slice(0, 8)
        return text.str.to_date("%Y%m%d", strict=False)
    if isinstance(wanted, pl.Int64) and not found.is_integer():
        text = column.cast(pl.String).str.replace_all("[, ]", "")
        number = text.cast(pl.Float64, strict=False)
        return pl.when(number == number.floor()).then(number).cast(wanted, strict=False)
    return column.cast(wanted, strict=False)


def _is_whole(table: pl.DataFrame, name: str) -> bool:
    """Whether a column holds whole numbers; a ratio or a percentage is no change in won."""
    if table.schema[name].is_integer():
        return True
    if table.schema[name] != pl.String:
        return False
    texts = table[name].drop_nulls().str.replace_all(",", "")
    return bool(texts.str.contains(_WHOLE).all())
