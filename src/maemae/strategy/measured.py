"""What strategies did over a person's own bars, kept beside them: the figures of the shop window.

Nothing is shipped: whoever has no bars has no figures, and is told how to get some. A figure holds
for the strategy as it was declared then, and is not shown once that has changed.
"""

import json
from collections.abc import Iterable
from dataclasses import fields
from datetime import date, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from maemae.errors import DataError
from maemae.i18n import _
from maemae.strategy.declare import Strategy
from maemae.strategy.store import to_table
from maemae.strategy.tree import RuleError

FILE = "measured.json"


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One strategy over some bars.

    Attributes:
        strategy: its name.
        declaration: stands for how it was declared; see `declaration`.
        at: when it was measured, UTC.
        bars: where they are from, as it was named.
        instruments: names in them.
        first, last: days of trading.
        universe: a word of `maemae.strategy.universes`.
        cash: won at the start.
        statistics: as `maemae.backtest.statistics` has them; null where there is no answer.
        notes: what is to be doubted, as `maemae.backtest.notes` has it.
    """

    strategy: str
    declaration: str
    at: datetime
    bars: str
    instruments: int
    first: date
    last: date
    universe: str
    cash: int
    statistics: dict[str, float | None]
    notes: list[dict[str, Any]]


def declaration(strategy: Strategy) -> str:
    """Return digits that stand for a declaration: equal ones decide alike."""
    try:
        table = to_table(strategy)
    except RuleError:  # A part is Python code, which only its name can stand for.
        table = {item.name: repr(getattr(strategy, item.name)) for item in fields(strategy)}
    text = json.dumps(table, sort_keys=True, default=str)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def measured(root: Path) -> dict[str, Measured]:
    """Return what was measured, by strategy; nothing where nothing was.

    Args:
        root: of the store of bars.

    Raises:
        DataError: the file cannot be read.
    """
    file = root / FILE
    try:
        lines = msgspec.json.decode(file.read_bytes(), type=list[Measured])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError) as error:
        said = _("{file} cannot be read: {error}; remove it and measure anew")
        raise DataError(said.format(file=file, error=type(error).__name__)) from error
    return {one.strategy: one for one in lines}


def keep(root: Path, fresh: Iterable[Measured]) -> Path:
    """Keep figures beside those of other strategies; return the file.

    Raises:
        DataError: what is there cannot be read, or nothing can be written.
    """
    known = measured(root) | {one.strategy: one for one in fresh}
    file = root / FILE
    try:
        root.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        part.write_bytes(msgspec.json.format(msgspec.json.encode(list(known.values()))) + b"\n")
        part.replace(file)
    except OSError as error:
        said = _("{file} cannot be written: {why}")
        raise DataError(said.format(file=file, why=error.strerror)) from error
    return file


def still(known: dict[str, Measured], strategy: Strategy) -> Measured | None:
    """Return what holds for a strategy as it is declared now, if anything does."""
    found = known.get(strategy.name)
    return found if found is not None and found.declaration == declaration(strategy) else None
