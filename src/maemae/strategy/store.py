"""A strategy as a plain table, for JSON and TOML: rules as text, everything else by name."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import time
from pathlib import Path
from typing import Any

from maemae.i18n import _
from maemae.reading import brief
from maemae.strategy.declare import Strategy
from maemae.strategy.parts import (
    ConditionSearch,
    EntryOrder,
    EqualCash,
    EqualShares,
    FixedAmount,
    FractionOfEquity,
    ListFile,
    Schedule,
    Universe,
    Watch,
)
from maemae.strategy.text import parse, parse_condition
from maemae.strategy.tree import Expr, Param, RuleError, series

SIZINGS = {"equal_shares": EqualShares, "equal_cash": EqualCash, "fixed_amount": FixedAmount,
           "fraction_of_equity": FractionOfEquity}  # fmt: skip
CANDIDATES = {"universe": Universe, "condition_search": ConditionSearch, "list_file": ListFile,
              "watch": Watch}  # fmt: skip
LIMITS = ("stop_loss", "take_profit", "trailing_stop", "max_holding")
PLAIN = ("name", "title", "about", "max_positions")


def to_table(strategy: Strategy) -> dict[str, Any]:
    """Return a strategy as a table of texts and numbers, without what has its usual value.

    Raises:
        RuleError: a part is Python code.
    """
    table: dict[str, Any] = {}
    for item in fields(strategy):
        value = getattr(strategy, item.name)
        if value not in (None, "") and value != _usual(item.name):
            table[item.name] = _written(item.name, value)
    return table


def _usual(name: str) -> object:
    usual = {"candidates": Universe(), "sizing": EqualShares(), "order": EntryOrder(),
             "schedule": Schedule(), "max_positions": 20}  # fmt: skip
    return usual.get(name)


def _written(name: str, value: Any) -> Any:
    if isinstance(value, Expr):
        return str(value)
    if isinstance(value, (int, float, str)):
        return value
    parts: dict[str, type[Any]] = {**SIZINGS, **CANDIDATES, "": EntryOrder, " ": Schedule}
    for kind, part in parts.items():
        if isinstance(value, part):
            inner = {
                item.name: _plain(getattr(value, item.name))
                for item in fields(value)
                if getattr(value, item.name) is not None
            }
            return ({"kind": kind} if kind.strip() else {}) | inner
    raise RuleError(
        _("the {name} is Python code ({kind}); keep it in a .py file").format(
            name=name, kind=type(value).__name__
        )
    )


def _plain(value: object) -> Any:
    if isinstance(value, (Expr, Path)):
        return str(value)
    if isinstance(value, time):
        return value.isoformat("minutes")
    return list(value) if isinstance(value, tuple) else value


def from_table(table: Mapping[str, Any], file: str = "<table>") -> Strategy:
    """Return the strategy a table describes; `file` is its name in messages.

    Raises:
        RuleError: a key is unknown or missing, or a value does not do; the message names it.
    """
    if not isinstance(table, Mapping):
        raise RuleError(_("{file}: a strategy is a table of keys and values").format(file=file))
    readers: dict[str, Callable[[Any], object]] = {name: lambda value: value for name in PLAIN}
    readers |= dict.fromkeys(LIMITS, _limit)
    readers |= {
        "entry": parse_condition,
        "exit": parse_condition,
        "score": lambda text: series(parse(text)),
        "candidates": lambda part: _part(part, CANDIDATES),
        "sizing": lambda part: _part(part, SIZINGS),
        "order": lambda part: _part({"kind": "order", **part}, {"order": EntryOrder}),
        "schedule": lambda part: _part({"kind": "schedule", **part}, {"schedule": Schedule}),
    }
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in readers:
            raise RuleError(
                _("{file}: {key} is unknown; known are {readers}").format(
                    file=file, key=brief(key), readers=", ".join(readers)
                )
            )
        try:
            values[key] = readers[key](value)
        except (RuleError, TypeError, ValueError) as error:
            raise RuleError(f"{file}: {key}: {error}") from None
    for key in ("name", "entry"):
        if key not in values:
            raise RuleError(_("{file}: {key!r} is missing").format(file=file, key=key))
    return Strategy(**values)


def _limit(value: object) -> object:
    if isinstance(value, str):
        value = parse(value)
        if not isinstance(value, Param):
            raise RuleError(_("must be a number or param(…)"))
    return value


def _part(table: Mapping[str, Any], kinds: Mapping[str, type]) -> object:
    kind = str(table.get("kind"))
    if kind not in kinds:
        raise RuleError(
            _("kind must be one of {kinds}, not {kind!r}").format(kinds=", ".join(kinds), kind=kind)
        )
    return kinds[kind](**{key: _read(key, value) for key, value in table.items() if key != "kind"})


def _read(key: str, value: Any) -> Any:
    match key:
        case "where":
            return parse_condition(value)
        case "by" | "above_open":
            return series(parse(value))
        case "first" | "last" | "flat_by":
            return time.fromisoformat(value)
        case "path":
            return Path(value)
        case "codes" | "band":
            return tuple(value)
    return value
