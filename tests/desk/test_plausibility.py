"""Which prices are believed: the table of kinds, and that no true crash is kept waiting."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.clock import KST
from maemae.desk.plausibility import DayRange, Judged, Plausibility, Print, Source, Verdict

OPEN = datetime(2022, 6, 2, 9, 0, tzinfo=KST)
CODE = "005930"
DAY = DayRange(base=10_000, lower=7_000, upper=13_000)
V, S = Verdict, Source


def known(last: int = 10_000) -> Plausibility:
    gate = Plausibility()
    gate.learn(CODE, DAY, last)
    said(gate, last, source=S.ANSWER)
    return gate


def said(gate: Plausibility, price: int, second: int = 0, **more: Any) -> Judged:
    values: dict[str, Any] = {"source": S.TRADE} | more
    return gate.judge(
        Print(code=CODE, price=price, at=OPEN + timedelta(seconds=second), **values),
        values.pop("reference", 0),
    )


@pytest.mark.parametrize(
    ("price", "verdict"),
    [
        (0, V.NONE),
        (-9_900, V.NONE),
        (6_999, V.LIMITS),
        (13_001, V.LIMITS),
        (9_000, V.DOUBTFUL),
        (11_000, V.DOUBTFUL),
        (9_400, V.SOUND),
        (10_600, V.SOUND),
    ],
)
def test_one_price_after_a_sound_one(price: int, verdict: Verdict) -> None:
    assert said(known(), price).verdict is verdict


def test_nothing_is_acted_on_that_is_not_sound() -> None:
    gate = known()
    for price in (0, -1, 5_000, 9_000):
        assert said(gate, price).price is None


def test_a_lone_jump_is_refuted_by_the_next_trade() -> None:
    gate = known()
    said(gate, 8_000, 1)
    assert said(gate, 9_990, 2) == Judged(V.SOUND, 9_990, refuted=8_000)


@pytest.mark.parametrize("source", [S.TRADE, S.ANSWER, S.ROW])
def test_a_crash_is_believed_at_the_second_print_or_answer(source: Source) -> None:
    gate = known()
    said(gate, 8_000, 1)
    assert said(gate, 7_900, 2, source=source) == Judged(V.SOUND, 7_900)


def test_of_two_that_fall_apart_the_milder_is_believed() -> None:
    gate = known()
    said(gate, 9_000, 1)
    assert said(gate, 7_500, 2) == Judged(V.SOUND, 9_000)
    assert said(gate, 7_400, 3) == Judged(V.SOUND, 7_400)


def test_the_same_trade_said_twice_is_no_second_print() -> None:
    gate = known()
    for second in (1, 2):
        again = said(gate, 8_000, second, traded=OPEN, volume=10)
        assert again.verdict is V.DOUBTFUL


def test_an_old_row_refutes_no_trade() -> None:
    gate = known()
    said(gate, 8_000, 1)
    assert said(gate, 10_000, 2, source=S.ROW).refuted is None
    assert said(gate, 8_010, 3) == Judged(V.SOUND, 8_010)


def test_trades_of_before_are_old() -> None:
    gate = known()
    said(gate, 10_000, 10, traded=OPEN + timedelta(seconds=9))
    assert said(gate, 10_000, 11, traded=OPEN + timedelta(seconds=8)).verdict is V.OLD
    assert said(gate, 10_000, 11, traded=OPEN - timedelta(days=1)).verdict is V.OLD
    assert said(gate, 10_000, 11, traded=OPEN + timedelta(hours=1)).verdict is V.OLD
    other = Print(
        code="000660", price=5, at=OPEN + timedelta(seconds=90), source=S.ANSWER,
        traded=OPEN - timedelta(minutes=2),
    )  # fmt: skip
    assert gate.judge(other).verdict is V.OLD


def test_limits_of_another_day_are_overruled_when_trade_and_answer_agree() -> None:
    gate = known()
    assert said(gate, 5_000, 1).verdict is V.LIMITS
    assert said(gate, 5_000, 2).verdict is V.LIMITS
    gate.learn(CODE, DAY, 5_010)
    assert said(gate, 5_010, 3, source=S.ANSWER) == Judged(V.SOUND, 5_010)


def test_a_name_of_which_nothing_is_known_waits_for_an_answer_or_a_second_trade() -> None:
    gate = Plausibility()
    assert said(gate, 10_000).verdict is V.DOUBTFUL
    assert said(gate, 10_050, 1) == Judged(V.SOUND, 10_050)
    assert said(Plausibility(), 10_000, source=S.ANSWER) == Judged(V.SOUND, 10_000)


def test_an_answer_that_contradicts_itself_teaches_nothing() -> None:
    gate = Plausibility()
    gate.learn(CODE, DayRange(base=10_000, lower=13_000, upper=7_000), 10_000)
    gate.learn(CODE, DayRange(base=20_000, lower=7_000, upper=13_000), 10_000)
    assert gate.day_of(CODE) == DayRange()
    gate.learn(CODE, DAY, 10_000)
    gate.learn(CODE, DayRange(base=5_000, lower=3_500, upper=6_500), 10_000)
    assert gate.day_of(CODE) == DAY


def test_the_first_price_of_a_name_is_no_truer_than_its_limits() -> None:
    gate = Plausibility()
    gate.learn(CODE, DAY, 2 * DAY.upper)
    assert said(gate, 2 * DAY.upper, source=S.ANSWER).verdict is V.LIMITS
    gate.learn(CODE, DAY, 10_000)
    assert said(gate, 10_000, 1, source=S.ANSWER) == Judged(V.SOUND, 10_000)


def test_where_only_the_base_price_is_told_the_customary_limits_hold() -> None:
    gate = Plausibility()
    gate.learn(CODE, DayRange(base=10_000), 0)
    assert said(gate, 6_800).verdict is V.LIMITS
    assert said(gate, 6_800, 1).verdict is V.LIMITS
    assert said(gate, 6_800, 2, source=S.ANSWER).price == 6_800
    gate.learn(CODE, DAY, 7_500)
    assert gate.day_of(CODE) == DAY


prices = st.integers(7_000, 13_000)


@given(st.lists(prices, min_size=1, max_size=30), prices)
def test_the_last_two_trades_always_bound_what_is_believed(path: list[int], crash: int) -> None:
    """Whatever came before, two prints of a level are enough to be there."""
    gate = known()
    for second, price in enumerate(path):
        said(gate, price, second)
    said(gate, crash, 40)
    said(gate, crash, 41)
    assert said(gate, crash, 42).price == crash


@given(st.lists(st.one_of(st.integers(-20_000, 6_999), st.integers(13_001, 90_000)), max_size=30))
def test_impossible_prices_are_never_believed_however_many(path: list[int]) -> None:
    gate = known()
    for second, price in enumerate(path):
        assert said(gate, price, second).price is None
    assert said(gate, 10_010, 40).price == 10_010


def test_two_rows_confirm_a_jump_only_where_they_say_nearly_the_same() -> None:
    for second, verdict in ((7_800, V.DOUBTFUL), (3_600, V.SOUND)):
        gate = Plausibility()
        said(gate, 10_000, 1, source=S.ROW)
        said(gate, 10_000, 2, source=S.ROW)
        said(gate, 3_500, 3, source=S.ROW)
        assert said(gate, second, 4, source=S.ROW).verdict is verdict


def test_beside_a_base_price_alone_the_milder_of_two_is_not_the_truer() -> None:
    """Seed 5229: a name at its upper limit, and a balance that told a wrong price of it."""
    gate = Plausibility()
    gate.learn(CODE, DAY, 0)
    assert said(gate, 10_800, 1, source=S.ROW).verdict is V.DOUBTFUL
    assert said(gate, 13_000, 2, source=S.ANSWER).verdict is V.DOUBTFUL
    assert said(gate, 12_950, 3) == Judged(V.SOUND, 12_950)


def test_what_lay_beyond_limits_of_another_day_is_no_witness_once_it_is_the_price() -> None:
    """A name in its last days (정리매매): one wrong price sold at one of half a minute before."""
    gate = known()
    gate.learn(CODE, DayRange(base=20_000, lower=14_000, upper=26_000), 0)
    assert said(gate, 9_500, 1).verdict is V.LIMITS
    gate.learn(CODE, DayRange(base=20_000, lower=1, upper=200_000), 10_000)
    assert said(gate, 10_000, 2).price == 10_000
    assert said(gate, 7_000, 3).verdict is V.DOUBTFUL
