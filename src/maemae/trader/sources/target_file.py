"""Reading a target list: CSV, JSON, or the legacy pickle of `{code: [name, price]}`."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maemae.errors import DataError
from maemae.i18n import _
from maemae.reading import LISTS, brief, csv_rows, decimal, decode, parse_json, read_bytes
from maemae.trader.sources.plain_pickle import read_plain

_CODE = re.compile(r"[0-9A-Z]{6}")

_COLUMNS = {
    "code": ("code", "종목코드", "코드"),
    "name": ("name", "종목명", "종목"),
    "price": ("price", "reference", "기준가", "목표가", "가격"),
}


@dataclass(frozen=True, slots=True)
class Target:
    """A name of the list; `price` is its reference price in won, None where the list has none."""

    code: str
    name: str = ""
    price: int | None = None


def read_targets(file: Path) -> tuple[Target, ...]:
    """Read a target list; the ending tells what it is: `.csv`, `.json`, `.pkl` or `.pickle`.

    CSV needs a header with `code`, and may have `name` and `price` (Korean headings too). JSON
    is a list of codes or of objects with these keys, or the mapping that the pickle has. A
    pickle is never executed: see `plain_pickle`.

    Raises:
        DataError: names the file, the row and what is wrong with it.
    """
    readers = {".csv": _csv, ".json": _json, ".pkl": _pickle, ".pickle": _pickle}
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise DataError(
            _("{file}: a target list is a .csv, .json, .pkl or .pickle file").format(file=file)
        )
    data = read_bytes(file, LISTS)
    try:
        return _distinct(reader(data))
    except DataError as error:
        raise DataError(f"{file}: {error}") from error


def _distinct(rows: Iterable[tuple[str, Target]]) -> tuple[Target, ...]:
    found: dict[str, Target] = {}
    for place, target in rows:
        if target.code in found:
            raise DataError(
                _("{place}: {code} is in the list twice").format(place=place, code=target.code)
            )
        found[target.code] = target
    return tuple(found.values())


def _csv(data: bytes) -> Iterator[tuple[str, Target]]:
    rows = csv_rows(decode(data, "csv"), "csv")
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    columns = {
        key: next((header.index(name) for name in names if name in header), None)
        for key, names in _COLUMNS.items()
    }
    if columns["code"] is None:
        raise DataError(_("the first row must name the columns: code, and name and price if known"))
    for number, row in enumerate(rows[1:], start=2):
        if any(cell.strip() for cell in row):
            cells = {
                key: row[at].strip() if at is not None and at < len(row) else ""
                for key, at in columns.items()
            }
            yield f"row {number}", _target(f"row {number}", **cells)


def _json(data: bytes) -> Iterator[tuple[str, Target]]:
    found = parse_json(decode(data, "json"), "json")
    if isinstance(found, dict):
        yield from _mapping(found)
        return
    if not isinstance(found, list):
        raise DataError(_("a target list in JSON is a list or an object"))
    for number, entry in enumerate(found, start=1):
        place = f"entry {number}"
        if isinstance(entry, str):
            yield place, _target(place, entry)
        elif isinstance(entry, dict) and set(entry) <= set(_COLUMNS) and "code" in entry:
            yield place, _target(place, **entry)
        else:
            raise DataError(
                _("{place}: expected a code or an object with code, name and price").format(
                    place=place
                )
            )


def _pickle(data: bytes) -> Iterator[tuple[str, Target]]:
    found = read_plain(data)
    if not isinstance(found, dict):
        raise DataError(_("the pickle must hold a dictionary of code: [name, price]"))
    yield from _mapping(found)


def _mapping(found: dict[Any, Any]) -> Iterator[tuple[str, Target]]:
    for code, value in found.items():
        if not isinstance(value, (list, tuple)) or len(value) != 2:  # noqa: PLR2004 - name and price
            raise DataError(_("{code}: expected [name, price]").format(code=brief(code)))
        yield str(code), _target(brief(code), code, *value)


def _target(place: str, code: Any, name: Any = "", price: Any = None) -> Target:
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        raise DataError(
            _("{place}: {code} is no code of six digits or capital letters").format(
                place=place, code=brief(code)
            )
        )
    if not isinstance(name, str):
        raise DataError(_("{place}: {name} is no name").format(place=place, name=brief(name)))
    return Target(code, name.strip(), _won(place, price))


def _won(place: str, price: Any) -> int | None:
    if price is None or price == "":
        return None
    if isinstance(price, bool):
        raise DataError(
            _("{place}: the price {price!r} is no whole number of won above 0").format(
                place=place, price=price
            )
        )
    try:
        won = decimal(str(price).replace(",", ""))
    except ValueError:
        raise DataError(
            _("{place}: the price {price} is no number").format(place=place, price=brief(price))
        ) from None
    if won <= 0 or won != int(won):
        raise DataError(
            _("{place}: the price {price} is no whole number of won above 0").format(
                place=place, price=brief(price)
            )
        )
    return int(won)
