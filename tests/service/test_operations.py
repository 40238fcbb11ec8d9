"""The one table of operations: everything in it is declared whole, and answered."""

import msgspec
import pytest

from maemae.errors import CommandRefused
from maemae.i18n import set_language
from maemae.market.kinds import Side
from maemae.service import operations as op
from maemae.service.answers import Receipt
from maemae.service.commanding import COMMANDS
from maemae.service.history import PAST
from maemae.service.local import QUESTIONS
from maemae.service.offline import WRITTEN


def test_every_operation_is_answered_and_nothing_else_is() -> None:
    declared = set(op.OPERATIONS)
    assert {*QUESTIONS, *PAST, *COMMANDS} == declared
    assert set(WRITTEN) < set(COMMANDS)
    assert {kind for kind in declared if kind.scope is op.Scope.COMMAND} == set(COMMANDS)


def test_each_has_a_name_of_its_own_a_summary_and_an_answer() -> None:
    names = [kind.name for kind in op.OPERATIONS]
    assert len(set(names)) == len(names)
    for kind in op.OPERATIONS:
        assert op.summary_of(kind)
        answer = op.answer_of(kind)
        assert (answer is Receipt) is (kind.scope is op.Scope.COMMAND)
        msgspec.json.schema(answer)


BUY = op.PlaceOrder(book="owner", side=Side.BUY, code="005930", quantity=1)


@pytest.mark.parametrize(
    ("changed", "english", "korean"),
    [
        ({"quantity": 0}, "number of shares must be 1 or more", "주 수: 1 이상이어야 합니다"),
        ({"price": -5}, "price must be 1 or more", "가격: 1 이상이어야 합니다"),
        (
            {"price": 10**9},
            "price must be 100,000,000 or less",
            "가격: 100,000,000 이하여야 합니다",
        ),
        ({"book": ""}, "book must not be blank", "전략: 비워 둘 수 없습니다"),
        ({"book": "b" * 65}, "book may have 64 characters", "전략: 64자까지만 쓸 수 있습니다"),
        ({"code": "삼성"}, "code must be six digits", "종목코드: 005930처럼 여섯 자리"),
    ],
)
def test_what_is_out_of_bounds_is_said_by_its_name(
    changed: dict[str, object], english: str, korean: str
) -> None:
    wanted = msgspec.structs.replace(BUY, **changed)
    assert op.checked(BUY) == BUY
    assert english in refused(wanted)
    set_language("ko")
    assert korean in refused(wanted)


def refused(wanted: op.PlaceOrder) -> str:
    with pytest.raises(CommandRefused) as found:
        op.checked(wanted)
    return str(found.value)
