from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.clock import KST
from maemae.kis import values


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("00000138600.0000", 138600),
        ("          0.0000", 0),
        ("     7090", 7090),
        ("-00000000000061000", -61000),
        ("000000000000476000", 476000),
        ("+5", 5),
        ("5,000", 5000),
        ("", None),
        ("   ", None),
        ("(null)", None),
        (None, None),
        (86400, 86400),
    ],
)
def test_whole_numbers_as_servers_send_them(sent: object, meant: int | None) -> None:
    assert values.integer(sent) == meant


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("4482.1420", Decimal("4482.1420")),
        ("+1.44", Decimal("1.44")),
        ("       -100.0000", Decimal("-100.0000")),
        (" 0.00", Decimal("0.00")),
        (".5", Decimal("0.5")),
    ],
)
def test_decimals_keep_the_digits_that_were_sent(sent: str, meant: Decimal) -> None:
    assert values.decimal(sent) == meant
    assert str(values.decimal(sent)) == str(meant)


@pytest.mark.parametrize("sent", ["1e5", "NaN", "Infinity", "1_000", "0x10", "12.3.4", "７", "--1"])
def test_what_is_no_number_is_refused(sent: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        values.decimal(sent)


def test_part_of_a_won_is_refused() -> None:
    with pytest.raises(ValueError, match="not a whole number"):
        values.integer("6134.69")


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_absent_or_refused(sent: str) -> None:
    try:
        found = values.decimal(sent)
    except ValueError:
        return
    assert found is None or found == Decimal(sent.strip().replace(",", ""))


@given(st.integers(-(10**15), 10**15), st.integers(0, 25), st.sampled_from(["", ".0", ".0000"]))
def test_padding_does_not_change_a_number(number: int, width: int, tail: str) -> None:
    assert values.integer(f"{number:0{width}d}{tail}") == number
    assert values.integer(f"{number:{width + 1}d}{tail}") == number


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("005930", "005930"),
        ("0007C0", "0007C0"),
        ("00000A005930", "005930"),
        ("A005930", "005930"),
        ("Q500001", "Q500001"),
        ("57JN53", "57JN53"),
    ],
)
def test_codes_come_in_several_shapes(sent: str, code: str) -> None:
    assert values.stock_code(sent) == code


@pytest.mark.parametrize("sent", ["", "5930", "005930 1", "삼성전자00", "00593", "093001^2"])
def test_what_is_no_code_is_refused(sent: str) -> None:
    with pytest.raises(ValueError, match="not a stock code"):
        values.stock_code(sent)


def test_order_numbers_are_compared_as_integers() -> None:
    assert values.order_number("0000051378") == values.order_number("51378") == 51378
    assert values.order_number("0000000000") is None
    assert values.order_number("") is None


def test_times_are_korean() -> None:
    assert values.moment(values.day("20220602"), "093001") == datetime(
        2022, 6, 2, 9, 30, 1, tzinfo=KST
    )
    for wrong in ("250000", "9300", "09:30:"):
        with pytest.raises(ValueError, match=r"time|hour"):
            values.moment(values.day("20220602"), wrong)
