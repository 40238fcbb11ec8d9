import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.strategy import (
    Condition,
    Param,
    RuleError,
    Series,
    bollinger,
    close,
    crosses_above,
    equal,
    happened,
    high,
    low,
    macd,
    market,
    minutes,
    monthly,
    of,
    open_,
    param,
    parse,
    parse_condition,
    place,
    rank,
    rsi,
    since,
    sma,
    streak,
    ta,
    volume,
    weekly,
    where,
    zscore,
)
from maemae.strategy.tree import parameters, transform

golden = crosses_above(sma(close, 5), sma(close, 20)) & (volume > 2 * sma(volume, 20))

EXAMPLES = [
    golden,
    ~golden,
    -(((close - open_) / (high - low)) ** 2) > 1,
    abs(close - 1) * (2 - close / 3) > -2,
    close - (open_ - low) > close - open_ - low,
    macd(close).signal > bollinger(close, 20, 2.5).upper[3],
    market.is_in("KOSPI", "KOSDAQ") | ~market.is_in("KONEX"),
    of(close > sma(close, 200), "KOSPI") & (weekly(rsi(close)) > 30),
    monthly(close > sma(close, 10)),
    minutes(rsi(close), 5) > 30,
    (streak(close > close[1]) >= 5) & (since(close < low[1]) < 3),
    (rank(volume * close, within=market.is_in("KOSPI")) > 0.9) & (place(volume) <= 20),
    zscore(close) > 1,
    ~equal(close, open_) & equal(close, high),
    where(close > open_, high, low) > ta.CDLENGULFING(),
    happened(close > param("x", 3, 1, 9), 5),
    ta.ATR(14) * 3 < ta.STOCH(5, 3, 0, 3, 0).k,
    sma(close, Param("fast", 5, 2, 50, 3)) > 1e-9,
]


@pytest.mark.parametrize("tree", EXAMPLES, ids=str)
def test_the_text_of_a_tree_builds_the_same_tree(tree: Condition) -> None:
    assert parse(str(tree)) == tree
    assert hash(parse(str(tree))) == hash(tree)


def numbers() -> st.SearchStrategy[Series]:
    leaves = st.sampled_from([close, open_, volume]) | st.builds(
        lambda x: close * x, st.integers(-9, 9)
    )
    return st.recursive(
        leaves,
        lambda inner: (
            st.builds(lambda a, b: a + b, inner, inner)
            | st.builds(lambda a, b: a - b, inner, inner)
            | st.builds(lambda a, b: a * b, inner, inner)
            | st.builds(lambda a, b: a / b, inner, inner)
            | st.builds(lambda a: -a, inner)
            | st.builds(lambda a, n: a[n], inner, st.integers(1, 9))
            | st.builds(sma, inner, st.integers(2, 9))
        ),
        max_leaves=8,
    )


def conditions() -> st.SearchStrategy[Condition]:
    compared = st.builds(lambda a, b: a > b, numbers(), numbers()) | st.builds(
        lambda a, b: a <= b, numbers(), numbers()
    )
    return st.recursive(
        compared,
        lambda inner: (
            st.builds(lambda a, b: a & b, inner, inner)
            | st.builds(lambda a, b: a | b, inner, inner)
            | st.builds(lambda a: ~a, inner)
        ),
        max_leaves=5,
    )


@given(conditions())
def test_any_tree_survives_its_text(tree: Condition) -> None:
    assert parse_condition(str(tree)) == tree
    assert ~~tree == tree


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("close.__class__ > 1", "is not part of the language"),
        ("__import__('os')", "calls '__import__', which is unknown"),
        ("nonsense(close) > 1", "calls 'nonsense', which is unknown"),
        ("close[-1] > 1", "would look ahead"),
        ("close > 1 and close < 2", "is not part of the language"),
        ("1 < close < 2", "is not part of the language"),
        ("close > (", "is not a rule"),
        ("2 * 3", "is not a rule"),
        ("sma(close)(3) > 1", "is not part of the language"),
        ("sma(close, 0) > 1", "out of range"),
        ("sma(close, 5, 6) > 1", "has 1 parameters, not 2"),
        ("sma(5, close) > 1", "series come first"),
        ("macd(close).nothing > 1", "there are macd, signal, histogram"),
        ("close & close", "unsupported operand"),
        ("(close > 1) & close", "where a condition is needed"),
        ("param('1x', 1, 0, 2) > close", "cannot name a parameter"),
        ("close > param('x', 5, 0, 2)", "must lie between"),
        ("(" * 300 + "close" + ")" * 300, "is n"),
    ],
)
def test_what_is_not_a_rule_is_refused_with_its_place(text: str, complaint: str) -> None:
    with pytest.raises(RuleError) as refusal:
        parse_condition(text)
    assert complaint in str(refusal.value)


def test_and_or_not_are_refused_with_advice() -> None:
    with pytest.raises(TypeError, match="combine conditions with & "):
        bool((close > 1) and (close < 2))
    with pytest.raises(TypeError):
        list(close)  # type: ignore[call-overload]


def test_parameters_are_found_moved_and_settled() -> None:
    fast = param("fast", 5, 2, 50, 3)
    tree = (sma(close, fast) > 3) & (sma(close, fast)[1] < 3)
    assert parameters(tree) == {"fast": fast}
    assert fast.choices() == [2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 32, 35, 38, 41, 44, 47, 50]
    moved = transform(tree, {"fast": 8})
    assert parameters(moved)["fast"].value == 8
    assert str(transform(moved, None)) == "(sma(close, 8) > 3) & (sma(close, 8)[1] < 3)"
    with pytest.raises(RuleError, match="declared twice"):
        parameters(sma(close, fast) > param("fast", 6, 2, 50))


def test_fractional_choices_do_not_drift() -> None:
    assert param("k", 0.5, 0.1, 0.9, 0.1).choices() == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
