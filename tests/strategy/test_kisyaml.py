"""The broker's strategy file: the portable subset, four dialects, and refusals with a place."""

import re
from pathlib import Path

import pytest

from maemae.strategy import RuleError, Strategy, Universe, close, param, sma, volume
from maemae.strategy.kisyaml import document_of, read, read_text, to_text
from maemae.strategy.kisyaml.candles import CANDLES, candle
from maemae.strategy.kisyaml.catalogue import INDICATORS
from maemae.strategy.presets import OFFICIAL, preset
from maemae.strategy.tree import transform

PORTABLE = """\
version: "1.0"
metadata:
  name: 이동평균 교차
  description: fast over slow
  author: user
  tags: [trend]
strategy:
  id: cross
  category: trend
  indicators:
    - {id: sma, alias: fast, params: {period: 10}}
    - {id: sma, alias: slow, params: {period: 40}}
    - {id: macd, alias: m, params: {fast: 12, slow: 26, signal: 9}}
  entry:
    logic: AND
    conditions:
      - {indicator: fast, operator: cross_above, compare_to: slow}
      - {indicator: m, operator: greater_than, compare_to: m, compare_output: signal}
  exit:
    logic: OR
    conditions:
      - {indicator: fast, operator: cross_below, compare_to: slow}
      - {indicator: close, operator: less_than, compare_to: 1000}
risk:
  stop_loss: {enabled: true, percent: 4}
  take_profit: {enabled: false, percent: 9}
"""


def with_line(old: str, new: str) -> str:
    assert old in PORTABLE
    return PORTABLE.replace(old, new)


def test_a_portable_file_is_read_and_written_back_exactly() -> None:
    document = read_text(PORTABLE)
    strategy = document.strategy()
    assert str(strategy.entry) == (
        "crosses_above(sma(close, 10), sma(close, 40)) & "
        "(macd(close, 12, 26, 9).macd > macd(close, 12, 26, 9).signal)"
    )
    assert str(strategy.exit) == "crosses_below(sma(close, 10), sma(close, 40)) | (close < 1000)"
    assert strategy.stop_loss == 0.04
    assert strategy.take_profit is None
    assert strategy.title == "이동평균 교차"
    assert read_text(to_text(document)) == document
    again = document_of(strategy).strategy()
    assert (again.entry, again.exit, again.stop_loss) == (
        strategy.entry, strategy.exit, strategy.stop_loss,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("spelling", "symbol"),
    [(">", ">"), ("gt", ">"), ("breaks", ">"), ("<", "<"), ("lt", "<"), (">=", ">="), ("gte", ">="),
     ("<=", "<="), ("lte", "<=")],
)  # fmt: skip
def test_every_dialects_operators(spelling: str, symbol: str) -> None:
    text = with_line("operator: less_than, compare_to: 1000", f'operator: "{spelling}", value: 5')
    assert str(read_text(text).strategy().exit).endswith(f"(close {symbol} 5)")


@pytest.mark.parametrize("spelling", ["equal", "==", "equals", "eq"])
def test_equality_in_all_dialects(spelling: str) -> None:
    text = with_line("operator: less_than", f'operator: "{spelling}"')
    assert str(read_text(text).strategy().exit).endswith("equal(close, 1000)")


@pytest.mark.parametrize("spelling", ["crossover", "crosses_above", "indicator_cross_above"])
def test_crossings_in_all_dialects(spelling: str) -> None:
    text = with_line("operator: cross_above", f"operator: {spelling}")
    assert read_text(text) == read_text(PORTABLE)


def test_parameters_become_ours() -> None:
    text = with_line(
        "  category: trend", "  params:\n    n: {default: 7, min: 2, max: 30}\n    k: 3"
    )
    text = text.replace("period: 10", "period: $n").replace("compare_to: 1000", "value: $k")
    document = read_text(text)
    strategy = document.strategy()
    assert strategy.parameters["n"] == param("n", 7, 2, 30)
    assert str(transform(strategy.exit, {"n": 9})).count("9, 2, 30") == 1  # type: ignore[type-var]
    assert read_text(to_text(document)) == document


def test_scalars_apply_to_the_right_side_of_crossings_too() -> None:
    text = with_line("compare_to: slow}\n      - {indicator: m",
                     "compare_to: slow, compare_scalar: 0.9}\n      - {indicator: m")  # fmt: skip
    document = read_text(text)
    assert "crosses_above(sma(close, 10), sma(close, 40) * 0.9)" in str(document.strategy().entry)
    assert read_text(to_text(document)) == document
    assert document_of(document.strategy()).entry.conditions[0].scalar == 0.9  # type: ignore[union-attr]


def test_defaults_of_a_sparse_file() -> None:
    document = read_text(
        "metadata: {name: x}\n"
        "strategy:\n  id: 1-x\n  indicators: [{id: rsi}, {id: rsi, params: {period: 5}}]\n"
        "  entry: {conditions: [{indicator: rsi_1, value: 30}]}\n"
        "  exit: {conditions: [{candlestick: hammer_2}, {indicator: rsi_2, value: 3}]}\n"
    )
    strategy = document.strategy()
    assert strategy.name == "_1_x"
    assert str(strategy.entry) == "rsi(close, 14) > 30"
    assert str(strategy.exit) == "(abs(sign(cdlhammer())) > 0) & (rsi(close, 5) > 3)"
    assert read_text(to_text(document)) == document


@pytest.mark.parametrize(
    ("old", "new", "place", "why"),
    [
        ("id: sma, alias: slow", "id: smaa, alias: slow", 12, "'smaa' is no indicator"),
        ("alias: slow, params", "alias: fast, params", 12, "'fast' already names"),
        ("period: 40", "period: 40.5", 12, "whole number from 1 to 1000"),
        ("period: 40", "period: forty", 12, "must be a number or $param"),
        ("period: 40", "length: 40", 12, "is no parameter of sma"),
        ("period: 40", "period: $n", 12, "there is no parameter $n"),
        ("compare_to: slow}\n      - {indicator: m", "compare_to: slo}\n      - {indicator: m",
         17, "'slo' is no indicator alias"),
        ("compare_output: signal", "compare_output: sig", 18, "no output 'sig'"),
        ("operator: less_than", "operator: between", 23, "'between' is not supported"),
        ("operator: less_than, compare_to: 1000", "operator: less_than", 23, "with nothing"),
        ("logic: OR", "logic: XOR", 20, "must be one of AND, OR"),
        ("percent: 4", "percent: 400", 25, "between 0 and 100"),
        ("  category: trend", "  kategory: trend", 9, "'kategory' is unknown"),
        ("  name: 이동평균 교차\n", "", 3, "lacks 'name'"),
        ("version: \"1.0\"", "version: one", 1, "only digits and dots"),
        ("tags: [trend]", "tags: trend", 6, "must be a list"),
        ("tags: [trend]", "tags: [trend", 7, "not YAML"),
        ("  id: cross\n", "  id: cross\n  id: again\n", 9, "stands here twice"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_with_its_line(
    old: str, new: str, place: int, why: str
) -> None:
    with pytest.raises(RuleError) as refusal:
        read_text(with_line(old, new), "my.kis.yaml")
    message = str(refusal.value)
    assert message.startswith(f"my.kis.yaml:{place}: "), message
    assert why in message


def test_empty_and_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="empty"):
        read_text("")
    with pytest.raises(RuleError, match="cannot be read"):
        read(tmp_path / "none.kis.yaml")
    (tmp_path / "a.kis.yaml").write_bytes(b"metadata: \xff\xff")
    with pytest.raises(RuleError, match="neither UTF-8 nor CP949"):
        read(tmp_path / "a.kis.yaml")


def test_presets_that_the_format_can_say_survive_it() -> None:
    said = {}
    for name in OFFICIAL:
        try:
            document = document_of(preset(name))
        except RuleError as refusal:
            said[name] = str(refusal)
            continue
        again = read_text(to_text(document)).strategy()
        for role in ("entry", "exit"):
            old, new = getattr(preset(name), role), getattr(again, role)
            assert transform(old, None) == transform(new, None), name
    assert set(said) == {"week52_high", "breakout_fail", "volatility"}
    assert "needs an exit rule" in said["week52_high"]


def test_what_the_format_cannot_say_is_named() -> None:
    rule = close > sma(close, 5)
    with pytest.raises(RuleError, match="no candidates"):
        document_of(Strategy(name="a", entry=rule, exit=rule, candidates=Universe(where=rule)))
    with pytest.raises(RuleError, match=re.escape("no indicator for volume * close")):
        document_of(Strategy(name="a", entry=volume * close > 5, exit=rule))


def test_the_catalogue_is_the_formats(shared: Path) -> None:
    text = (shared / "kis" / "kis_yaml_format.md").read_text(encoding="utf-8")
    section = text[text.index("### 5.1") : text.index("BT validator limits")]
    rows = re.findall(r"^\| (\w+) \| [^|]*\| ([^|]*)\| ([^|]*)\|", section, re.MULTILINE)
    rows = [row for row in rows if row[0] != "id"]
    assert {row[0] for row in rows} == set(INDICATORS)
    for name, params, outputs in rows:
        spec = INDICATORS[name]
        wanted = dict(re.findall(r"(\w+)=([\w.]+)", params))
        assert {key: str(value) for key, value in spec.params} == wanted, name
        listed = [output.strip(" *") for output in outputs.split(",")]
        assert set(listed) == set(spec.outputs), name
        bold = re.findall(r"\*\*(\w+)\*\*", outputs)
        assert not bold or bold[0] == spec.outputs[0], name
        assert set(spec.build(*(value for _, value in spec.params))) == set(spec.outputs), name
    section = text[text.index("## 6. Candle") : text.index("## 7. Risk")]
    patterns = set(re.findall(r"^\| (\w+) \|", section, re.MULTILINE)) - {"id"}
    assert patterns == CANDLES
    assert len({str(candle(pattern)) for pattern in patterns}) >= 60
