"""Each code of the broker's table: what it does to an order or a question, and what it says."""

from typing import Any, cast

import pytest

from maemae import catalogue
from maemae.catalogue import Code, CodeKind
from maemae.errors import KisAuth, KisRefused, KisThrottled, KisUnavailable, KisUnsupported
from maemae.exchange.protocol.personality import MANNERS
from maemae.exchange.refusals import Reason
from maemae.i18n import set_language
from maemae.kis.advice import refusal
from maemae.kis.orders import Orders
from maemae.kis.outcomes import Refused, Unknown
from maemae.kis.refusals import refusal_kind
from maemae.kis.reply import Reply
from maemae.market.kinds import Side
from maemae.market.refusals import RefusalKind

K = RefusalKind

ORDERS: dict[str, RefusalKind] = {
    "EGW00201": K.THROTTLED,
    "EGW00215": K.THROTTLED,
    "EGW00121": K.TOKEN,
    "EGW00122": K.TOKEN,
    "EGW00123": K.TOKEN,
    "EGW00133": K.TOKEN,
    "EGW00205": K.TOKEN,
    "APBK0952": K.CASH,
    "40250000": K.CASH,
    "40310000": K.CASH,
    "APBK0400": K.SHARES,
    "40240000": K.SHARES,
    "APBK0918": K.SESSION,
    "APBK0919": K.SESSION,
    "KIOK0320": K.SESSION,
    "APAM3099": K.SESSION,
    "APBK1943": K.SESSION,
    "APBK3013": K.SESSION,
    "40100000": K.SESSION,
    "40570000": K.SESSION,
    "40580000": K.SESSION,
    "APBK0066": K.HALTED,
    "40070000": K.HALTED,
    "APBK0656": K.UNKNOWN_CODE,
    "APBK0506": K.PRICE,
    "APBK0507": K.PRICE,
    "40030000": K.PRICE,
    "40040000": K.PRICE,
    "40020000": K.QUANTITY,
    "40430000": K.QUANTITY,
    "APBK1359": K.QUANTITY,
    "40330000": K.GONE,
    "40320000": K.GONE,
    "APBK0927": K.GONE,
    "APBK0344": K.GONE,
}
"""Refusals after which something else is done than after any other no."""

DOUBTFUL = (CodeKind.TEMPORARY, CodeKind.OUTCOME_UNKNOWN, CodeKind.SUCCESS)
"""An order that met one of these may live, and is looked for."""

QUESTIONS: dict[CodeKind, type[Exception]] = {
    CodeKind.TEMPORARY: KisUnavailable,
    CodeKind.OUTCOME_UNKNOWN: KisUnavailable,
    CodeKind.THROTTLED: KisThrottled,
    CodeKind.AUTH: KisAuth,
    CodeKind.AUTH_TOO_SOON: KisAuth,
    CodeKind.CREDENTIALS: KisAuth,
    CodeKind.UNSUPPORTED: KisUnsupported,
}

REASONS: dict[Reason, tuple[Side, RefusalKind]] = {
    Reason.NO_TRADING_DAY: (Side.SELL, K.SESSION),
    Reason.BEFORE_HOURS: (Side.SELL, K.SESSION),
    Reason.AFTER_HOURS: (Side.SELL, K.SESSION),
    Reason.UNKNOWN_CODE: (Side.BUY, K.UNKNOWN_CODE),
    Reason.HALTED: (Side.SELL, K.HALTED),
    Reason.OFF_TICK: (Side.BUY, K.PRICE),
    Reason.OUTSIDE_LIMITS: (Side.BUY, K.PRICE),
    Reason.NO_CASH: (Side.BUY, K.CASH),
    Reason.NO_HOLDING: (Side.SELL, K.SHARES),
    Reason.NO_SHARES: (Side.SELL, K.SHARES),
    Reason.TOO_MANY: (Side.SELL, K.QUANTITY),
}


def failures() -> list[Code]:
    return [one for one in catalogue.all_codes() if one.kind is not CodeKind.SUCCESS]


def judged(code: Code) -> Any:
    body = {"rt_cd": "1", "msg_cd": code.code, "msg1": code.message}
    return Orders.judge(cast("Orders", None), Reply(500, body))


@pytest.mark.parametrize("code", failures(), ids=lambda code: code.code)
def test_each_code_does_to_an_order_what_its_kind_asks_for(code: Code) -> None:
    outcome = judged(code)
    if code.kind in DOUBTFUL:
        assert isinstance(outcome, Unknown)
        assert code.code not in ORDERS
    else:
        assert isinstance(outcome, Refused)
        assert outcome.refusal is ORDERS.get(code.code, K.OTHER)


@pytest.mark.parametrize("code", failures(), ids=lambda code: code.code)
def test_each_code_fails_a_question_in_its_way_and_says_so_in_korean(code: Code) -> None:
    set_language("ko")
    for reason in (code.message, ""):
        error = refusal("여기", code.code, reason)
        assert type(error) is QUESTIONS.get(code.kind, KisRefused)
        said = str(error).removeprefix("여기")
        assert any("가" <= letter <= "힣" for letter in said), said
        assert code.meaning not in said.replace(reason, "")


@pytest.mark.parametrize("personality", MANNERS)
@pytest.mark.parametrize("reason", REASONS)
def test_what_the_exchange_refuses_is_taken_for_what_it_is(
    personality: catalogue.Personality, reason: Reason
) -> None:
    code, _ = MANNERS[personality].refused[reason]
    side, kind = REASONS[reason]
    if code == "40070000":
        kind = K.HALTED  # The virtual server has one code for all that is not traded.
    assert refusal_kind(code, side) is kind


def test_every_code_of_the_exchange_is_in_the_table() -> None:
    for manner in MANNERS.values():
        for code, _ in manner.refused.values():
            assert catalogue.code(code) is not None, code


def test_a_code_nobody_knows_is_any_other_no() -> None:
    assert refusal_kind("ZZZ99999", Side.SELL) is K.OTHER
