"""A new price that the broker did not take: told on phone, page and terminal, and answered no."""

import pytest
from tests.desk.table import Table, rules

from maemae.cli.view import tell
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.errors import CommandRefused
from maemae.i18n import Language, set_language
from maemae.notify.messages import Kind
from maemae.notify.teller import Teller
from maemae.notify.texts import Texts
from maemae.service.history import _TOLD
from maemae.service.outcomes import is_end, refuse

WHY = "40320000 원주문번호 없음"


@pytest.fixture
def failed() -> tuple[Table, rec.AmendFailed]:
    """A working order whose amendment the broker refused."""
    table = Table(Desk(rules()))
    table.open()
    table.offer("005930")
    table.power("005930")
    intent = table.sends()[-1].intent
    table.accept(intent, 1)
    return table, rec.AmendFailed(at=table.now, intent=intent, reason=WHY)


@pytest.mark.parametrize(
    ("language", "phone", "terminal"),
    [
        ("en", "⚠️ buy 005930 005930: the new price was not taken", "the new price of an order"),
        ("ko", "⚠️ 매수 005930 005930 정정 실패", "정정"),
    ],
)
def test_it_is_told(
    failed: tuple[Table, rec.AmendFailed], language: Language, phone: str, terminal: str
) -> None:
    table, fact = failed
    set_language(language)
    try:
        (message,) = Teller(table.desk.state, Texts()).tell(fact, 0.0)
        line = tell(fact, table.desk.state)
    finally:
        set_language("en")
    assert message.kind is Kind.AMEND_FAILED
    assert message.text.startswith(phone)
    assert WHY in message.text
    assert line is not None
    assert terminal in line.plain
    assert WHY in line.plain
    assert _TOLD[rec.AmendFailed][1](fact)[0] == f"{fact.intent}: {WHY}"


def test_the_person_who_wanted_it_hears_no_and_why(
    failed: tuple[Table, rec.AmendFailed],
) -> None:
    _table, fact = failed
    assert is_end(fact, fact.intent)
    with pytest.raises(CommandRefused, match=f"not done at the broker: {WHY}"):
        refuse(fact)
