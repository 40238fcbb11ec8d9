"""Strategies as files: own folder, tables, and broken files that disable themselves alone."""

import json
import tomllib
from datetime import time
from pathlib import Path

import pytest
import tomli_w

from maemae.strategy import (
    EntryOrder,
    FixedAmount,
    RuleError,
    Schedule,
    Strategy,
    Universe,
    Watch,
    close,
    high,
    low,
    market,
    param,
    sma,
    volume,
)
from maemae.strategy.find import find, load, search
from maemae.strategy.presets import PRESETS
from maemae.strategy.store import from_table, to_table

GOOD = """\
from maemae.strategy import Strategy, close, sma

above = Strategy(name="above", entry=close > sma(close, 5))
below = Strategy(name="below", entry=close < sma(close, 5))
"""


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_survives_toml_and_json(name: str) -> None:
    table = to_table(PRESETS[name])
    assert from_table(tomllib.loads(tomli_w.dumps(table))) == PRESETS[name]
    assert from_table(json.loads(json.dumps(table))) == PRESETS[name]


def test_every_part_survives() -> None:
    strategy = Strategy(
        name="all",
        entry=close > 1,
        exit=close < 2,
        score=-volume,
        candidates=Universe(where=market.is_in("KOSPI"), by=volume, top=5),
        sizing=FixedAmount(1_000_000),
        order=EntryOrder(at="breakout", above_open=0.5 * (high - low), band=(0.0, 0.05)),
        schedule=Schedule(bars=5, first=time(9, 30), last=time(14, 0), flat_by=time(15, 15)),
        max_positions=3,
        take_profit=param("tp", 0.1, 0.05, 0.2, 0.05),
        max_holding=5,
        title="모두",
    )
    assert from_table(tomllib.loads(tomli_w.dumps(to_table(strategy)))) == strategy
    watch = Strategy(name="w", entry=close > 1, candidates=Watch(("005930", "0007C0")))
    assert from_table(to_table(watch)) == watch


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({"name": "a"}, "'entry' is missing"),
        ({"name": "a", "entry": "close > 1", "stop": 3}, "'stop' is unknown"),
        ({"name": "a", "entry": "close >"}, "entry: 'close >' is not a rule"),
        ({"name": "a", "entry": "close > 1", "sizing": {"kind": "all"}}, "kind must be one of"),
        ({"name": "a", "entry": "close > 1", "sizing": {"kind": "equal_cash", "x": 1}}, "sizing: "),
        ({"name": "a", "entry": "close > 1", "stop_loss": "close"}, "a number or param"),
        ({"name": "a", "entry": "close > 1", "schedule": {"first": "9"}}, "schedule: "),
    ],
)
def test_a_table_that_does_not_do_is_refused(table: dict[str, object], complaint: str) -> None:
    with pytest.raises(RuleError, match=complaint) as refusal:
        from_table(table, "x.toml")
    assert str(refusal.value).startswith("x.toml: ")


def test_python_rules_are_kept_in_python() -> None:
    class Mine:
        warmup = 1

        def __call__(self, panel: object) -> None: ...

    with pytest.raises(RuleError, match=r"keep it in a \.py file"):
        to_table(Strategy(name="a", entry=Mine()))  # type: ignore[arg-type]


def test_a_broken_file_disables_itself_alone(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "syntax.py").write_text("x = 1\ny = (\n")
    (tmp_path / "fails.py").write_text(GOOD.replace("5", "0", 1))
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "again.toml").write_text('name = "above"\nentry = "close > 1"\n')
    (tmp_path / "taken.json").write_text('{"name": "momentum", "entry": "close > 1"}')
    (tmp_path / "mine.toml").write_text('name = "mine"\nentry = "close > 1"\n')
    (tmp_path / "bad.toml").write_text("name = \n")
    (tmp_path / "notes.txt").write_text("not a strategy")
    found = search(tmp_path)
    assert list(found.strategies) == ["above", "mine"]
    reasons = {broken.path.name: broken.reason for broken in found.broken}
    assert "syntax.py:2: SyntaxError" in reasons["syntax.py"]
    assert "fails.py:3: RuleError" in reasons["fails.py"]
    assert "out of range" in reasons["fails.py"]
    assert "no Strategy" in reasons["empty.py"]
    assert "name of a preset" in reasons["taken.json"]
    assert "not a TOML file" in reasons["bad.toml"]
    assert "already in again.toml" in reasons["good.py"]


def test_strategies_are_found_by_name_and_by_file(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "bad.py").write_text("1 / 0")
    assert find("below", tmp_path).entry == (close < sma(close, 5))
    assert find("momentum", tmp_path) is PRESETS["momentum"]
    with pytest.raises(RuleError, match="several strategies"):
        find(str(tmp_path / "good.py"), tmp_path)
    with pytest.raises(RuleError, match="ZeroDivisionError"):
        find("bad", tmp_path)
    with pytest.raises(RuleError, match="there are above, below, golden_cross"):
        find("nothing", tmp_path)
    assert search(tmp_path / "none").strategies == {}
    with pytest.raises(RuleError, match="cannot be read"):
        load(tmp_path / "none.json")
