"""What a person commanded is told in words: every command, in the shape in which it is kept."""

from collections.abc import Iterator

import pytest

from maemae.i18n import set_language
from maemae.service import operations as op
from maemae.service.audit_words import commanded
from maemae.service.moves import move_note
from maemae.service.units import unit_note


@pytest.fixture(autouse=True)
def korean() -> Iterator[None]:
    set_language("ko")
    yield
    set_language("en")


MOVED = op.MoveShares(origin="owner", book="day", code="005930", quantity=None)
CONVERTED = op.ConvertShares(code="005930", shares=1500, into="000660")


@pytest.mark.parametrize(
    ("command", "detail", "told"),
    [
        ("halt", "level=exits_only reason=", "청산만"),
        ("halt", "level=all reason=더는 안 됨", "자동매매 정지 · 더는 안 됨"),
        ("pause", "book=day reason=telegram kim", "day · 텔레그램, kim"),
        ("flatten", "book=* reason=confirmed", "모든 전략 · 직접 확인함"),
        ("cancel", "intent=20260303-00001", "20260303-00001"),
        ("amend", "intent=20260303-00001 price=0", "20260303-00001 · 시장가"),
        ("amend", "intent=20260303-00001 price=71000", "20260303-00001 · 71,000원"),
        ("order", "owner buy 005930 1000 at 71000", "본인: 매수 005930 1,000 × 71,000원"),
        ("order", "my book sell 005930 5 at market", "my book: 매도 005930 5 × 시장가"),
        ("order", "day sell 005930 5 at market (NXT)", "day: 매도 005930 5 × 시장가 (NXT)"),
        (
            "order",
            "day buy 005930 5 at 100 (05 KRX)",
            "day: 매수 005930 5 × 100원 (장전 시간외종가)",
        ),
        ("move", move_note(MOVED), "005930 전부: 본인 → day"),
        ("convert", unit_note(CONVERTED), "005930 → 000660 1,500"),
        ("clean_up", "005930 000660", "005930 000660"),
        ("order", "in a shape of before", "in a shape of before"),
    ],
)
def test_a_command_is_told_in_words(command: str, detail: str, told: str) -> None:
    assert commanded(command, detail) == told
