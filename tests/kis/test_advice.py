import pytest

from maemae import catalogue
from maemae.catalogue import CodeKind
from maemae.errors import KisAuth, KisRefused, KisThrottled, KisUnavailable, KisUnsupported
from maemae.i18n import set_language
from maemae.kis.advice import ADVICE, advice, refusal


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("EGW00201", KisThrottled),
        ("EGW00215", KisThrottled),
        ("EGW00123", KisAuth),
        ("EGW00103", KisAuth),
        ("OPSQ2000", KisAuth),
        ("EGW02006", KisUnsupported),
        ("90000000", KisUnsupported),
        ("EGW00001", KisUnavailable),
        ("APBK0952", KisRefused),
        ("NOBODY00", KisRefused),
    ],
)
def test_a_code_becomes_the_error_that_fits(code: str, error: type[Exception]) -> None:
    assert type(refusal("here", code, "이유")) is error


def test_every_refusal_of_an_order_says_what_to_do_in_korean() -> None:
    set_language("ko")
    for known in catalogue.all_codes():
        if known.kind in ADVICE:
            assert advice(known.kind) != ADVICE[known.kind], known.kind
    assert advice(CodeKind.SUCCESS) == ""
    assert advice(None) == ""


def test_a_message_has_code_text_meaning_and_advice() -> None:
    text = str(refusal("domestic_stock.order_cash", "APBK0952", "주문가능금액을 초과 했습니다"))
    assert text == (
        "domestic_stock.order_cash: APBK0952 주문가능금액을 초과 했습니다 "
        "(insufficient buying power; not enough buying power)"
    )
