"""Tables of daily bars as other people write them: Parquet, CSV, pykrx and FinanceDataReader.

Nothing is thrown away here: a value that cannot be read becomes null and is named, so that
`ingest.clean` can set its row aside with the reason.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol

import polars as pl
from polars.exceptions import PolarsError

from maemae.bars.schema import OPTIONAL, PRICES, REQUIRED
from maemae.errors import DataError
from maemae.i18n import _
from maemae.reading import TABLES, csv_rows, listed, read_text

_NAMES: dict[str, tuple[str, ...]] = {
    "date": ("date", "날짜", "일자", "day", "index", "stck_bsop_date"),
    "code": ("code", "티커", "ticker", "종목코드", "단축코드", "symbol", "stck_shrn_iscd"),
    "open": ("open", "시가", "stck_oprc"),
    "high": ("high", "고가", "stck_hgpr"),
    "low": ("low", "저가", "stck_lwpr"),
    "close": ("close", "종가", "stck_clpr"),
    "volume": ("volume", "거래량", "acml_vol"),
    "name": ("name", "종목명", "hts_kor_isnm"),
    "market": ("market", "시장", "시장구분"),
    "value": ("value", "amount", "거래대금", "acml_tr_pbmn"),
    "market_cap": ("market_cap", "marcap", "시가총액"),
    "shares": ("shares", "stocks", "상장주식수", "lstn_stcn"),
    "change": ("change", "changes", "대비"),
}
"""Of the exchange (KRX), pykrx, FinanceDataReader and KIS's charts."""
_CODE_IN_NAME = re.compile(r"(?<![0-9A-Z])[0-9][0-9A-Z]{5}(?![0-9A-Z])")
_MONTH = re.compile(r"^(19|20)\d\d(0[1-9]|1[0-2])$")
_DAY_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?([01]\d)[-_.]?([0-3]\d)(?!\d)")
_NUMBER = r"^\d{1,6}$"
NOTES = ("padded", "rounded")
"""Columns beside ours: the code was a number and got its zeros, adjusted prices their whole won."""
_MISFIT = "(misfit)"
"""Name of the column that says which lines of a CSV do not fit its heading."""
_WHOLE = r"^[+-]?\d+$"
_LINE = 60
"""Bytes of a line of a CSV, about."""
_SIX = 6
"""Characters of a code."""
_ROUNDED = (*PRICES, "volume")
_FIXES: Mapping[str, Callable[[], str]] = {
    "code": lambda: _("give the code with --code 005930 or in the file's name (005930.csv)"),
    "date": lambda: _("give the day with --date 2022-06-02 or in the file's name (20220602.csv)"),
}


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
        adjusted: whether prices are back-adjusted, and are rounded to won; a `raw_ok` column in
            the source goes before.
        day: the day of all rows, where the source has no such column.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    code: str | None = None
    market: str | None = None
    adjusted: bool = False
    day: date | None = None


def source_files(path: Path) -> list[Path]:
    """Return the Parquet and CSV files of a path, in order.

    Raises:
        DataError: there is none.
    """
    if path.is_file():
        return [path]
    files = sorted(f for f in path.rglob("*") if f.suffix.lower() in (".parquet", ".csv"))
    if not files:
        raise DataError(_("{path}: no Parquet or CSV file there").format(path=path))
    return files


def rows_of(files: Sequence[Path]) -> int:
    """Return about how many rows files have, to show how far a work has come.

    Of a CSV they are guessed; a file that cannot be read has none.
    """
    return sum(map(_rows_in, files))


def _rows_in(file: Path) -> int:
    if file.suffix.lower() == ".csv":
        return file.stat().st_size // _LINE
    try:
        return int(pl.scan_parquet(file, hive_partitioning=False).select(pl.len()).collect().item())
    except (PolarsError, OSError):
        return 0


def read_source(path: Path, reading: Reading, where: pl.Expr | None = None) -> pl.DataFrame:
    """Read one file into our columns, `row` (from 1), `problem` (null where all is well), `NOTES`.

    Args:
        path: the file.
        reading: how to understand it.
        where: reads only the rows for which this holds, in our columns.

    Raises:
        DataError: the file cannot be read at all, or a needed column is missing.
    """
    try:
        if path.suffix.lower() == ".csv":
            table = _read_csv(path).lazy()
        else:
            table = pl.scan_parquet(path, hive_partitioning=False)
        understood = _understand(str(path), table, _named(path, reading))
        return (understood if where is None else understood.filter(where)).collect()
    except (PolarsError, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(
            _("{path}: cannot be read as Parquet ({reason})").format(path=path, reason=reason)
        ) from error


def _named(path: Path, reading: Reading) -> Reading:
    """Take code and day from the file's name where they are not given and stand there once."""
    stem = path.stem.upper()
    codes = [code for code in _CODE_IN_NAME.findall(stem) if code == stem or not _MONTH.match(code)]
    days = [_day(*found) for found in _DAY_IN_NAME.findall(stem)]
    return replace(
        reading,
        code=reading.code or (codes[0] if len(codes) == 1 else None),
        day=reading.day or (days[0] if len(days) == 1 else None),
    )


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def read_pandas(frame: DataFrameLike, reading: Reading, *, source: str = "frame") -> pl.DataFrame:
    """Read a pandas frame as pykrx or FinanceDataReader return it; otherwise as `read_source`."""
    flat = frame.reset_index()
    columns = {str(name): _plain(flat[name].to_list()) for name in flat.columns}
    return _understand(source, pl.LazyFrame(columns, strict=False), reading).collect()


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
        _("the line has more fields than the heading ({n}, not {width})").format(
            n=len(line), width=width
        )
        if len(line) > width
        else None
        for line in lines[1:]
    ]
    return table.with_columns(pl.Series(_MISFIT, misfits, dtype=pl.String))


def _understand(source: str, table: pl.LazyFrame, reading: Reading) -> pl.LazyFrame:
    schema = dict(table.collect_schema())
    found = _columns(source, list(schema), reading)
    rounds = reading.adjusted and "raw_ok" not in found
    problems = [pl.col(_MISFIT)] if _MISFIT in schema else []
    columns: list[pl.Expr] = [pl.col("row")]
    decimal = []
    for name, dtype in (REQUIRED | OPTIONAL).items():
        origin = found.get(name)
        if origin is None:
            columns.append(_constant(name, reading).cast(dtype).alias(name))
            continue
        parsed = _parsed(origin, schema[origin], dtype)
        if rounds and name in _ROUNDED and not schema[origin].is_integer():
            exact, parsed = parsed, _number(origin).round().cast(dtype, strict=False)
            decimal.append(exact.is_null() & parsed.is_not_null())
        if name == "code" and _numbers(table, origin, schema[origin]):
            digits = _digits(origin)
            parsed, padded = digits.str.zfill(_SIX), digits.str.len_chars() < _SIX
            columns.append(padded.fill_null(value=False).alias("padded"))
        columns.append(parsed.alias(name))
        if name in REQUIRED and schema[origin] != dtype and name != "code":
            problems.append(_misread(name, origin, parsed, dtype))
    if "change" in found and _is_whole(table, found["change"], schema[found["change"]]):
        change = _parsed(found["change"], schema[found["change"]], pl.Int64())
        close = _parsed(found["close"], schema[found["close"]], pl.Int64())
        columns = [c for c in columns if c.meta.output_name() != "base"]
        columns.append((close - change).alias("base"))
    if decimal:
        columns.append(pl.any_horizontal(decimal).alias("rounded"))
    problem = pl.coalesce(*problems) if problems else pl.lit(None, pl.String)
    return table.with_row_index("row", offset=1).select(*columns, problem.alias("problem"))


def _misread(name: str, origin: str, parsed: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Say what cannot be read, and what helps; null where all is well."""
    text = pl.col(origin).cast(pl.String)
    if dtype == pl.Date:
        said = pl.format(_("{name} is not a date").format(name=name) + ": '{}'", text)
    else:
        whole = _("{name} is not a whole number").format(name=name)
        advice = _("back-adjusted prices are rounded by `maemae bars import --adjusted`")
        rounded = f"{whole}; {advice}"
        said = (
            pl.when(_number(origin).is_not_null())
            .then(pl.format(f"{rounded}: '{{}}'", text))
            .otherwise(pl.format(f"{whole}: '{{}}'", text))
        )
    return pl.when(pl.col(origin).is_not_null() & parsed.is_null()).then(said)


def _columns(source: str, columns: Sequence[str], reading: Reading) -> dict[str, str]:
    """Return the source's column for each of ours that it has."""
    for name, origin in reading.columns.items():
        if origin not in columns:
            raise DataError(
                _("{source}: no column {origin!r} to take {name} from").format(
                    source=source, origin=origin, name=name
                )
            )
    lower = {name.lower(): name for name in reversed(columns)}
    found = {}
    for name in (*REQUIRED, *OPTIONAL, "change"):
        if name in reading.columns:
            found[name] = reading.columns[name]
            continue
        known = [lower[n] for n in _NAMES.get(name, (name,)) if n in lower]
        if known:
            found[name] = known[0]
    given = {"code": reading.code, "date": reading.day}
    missing = [name for name in REQUIRED if name not in found and given.get(name) is None]
    if missing:
        said = _("{source}: no column for {missing} among {columns}; {fixes}")
        fixes = [_FIXES[name]() for name in missing if name in _FIXES]
        fixes.append(_("name it with --column ours=theirs"))
        raise DataError(
            said.format(
                source=source,
                missing=", ".join(missing),
                columns=listed(columns),
                fixes=", ".join(fixes),
            )
        )
    return found


def _constant(name: str, reading: Reading) -> pl.Expr:
    values: dict[str, object] = {
        "date": reading.day,
        "code": reading.code,
        "market": reading.market,
        "raw_ok": not reading.adjusted,
    }
    return pl.lit(values.get(name))


def _numbers(table: pl.LazyFrame, origin: str, found: pl.DataType) -> bool:
    """Whether codes are numbers, as a spreadsheet leaves them: 5930."""
    if found.is_numeric():
        return True
    if not isinstance(found, pl.String):
        return False
    text = _digits(origin)
    short = table.select((text.str.len_chars() < _SIX).any()).collect().item()
    return bool(short) and bool(table.select(text.str.contains(_NUMBER).all()).collect().item())


def _digits(origin: str) -> pl.Expr:
    """Return codes without the `.0` that a program has put behind numbers."""
    return pl.col(origin).cast(pl.String).str.strip_chars().str.replace(r"\.0+$", "")


def _number(origin: str) -> pl.Expr:
    text = pl.col(origin).cast(pl.String).str.replace_all("[, ]", "")
    number = text.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number)


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
        number = _number(origin)
        return pl.when(number == number.floor()).then(number).cast(wanted, strict=False)
    return column.cast(wanted, strict=False)


def _is_whole(table: pl.LazyFrame, name: str, found: pl.DataType) -> bool:
    """Whether a column holds whole numbers; a ratio or a percentage is no change in won."""
    if found.is_integer() or found != pl.String:
        return found.is_integer()
    texts = pl.col(name).drop_nulls().str.replace_all(",", "")
    return bool(table.select(texts.str.contains(_WHOLE).all()).collect().item())
