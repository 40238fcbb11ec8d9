"""What tells the broker's two servers apart: real money (실전) and virtual trading (모의투자)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from maemae.catalogue import Personality
from maemae.exchange.protocol.reply import ReplyError, business_error
from maemae.exchange.refusals import Reason, Refusal
from maemae.market.kinds import Side


@dataclass(frozen=True, slots=True)
class Manner:
    """One server's ways.

    `org_no`: the branch that order acceptances name. `calls_per_second` and `sessions` per app
    key. `notice`: its fill-notice feed. `ordered`: code and text of accepted orders by what was
    asked. `refused`: code and text by reason.
    """

    personality: Personality
    org_no: str
    calls_per_second: int
    sessions: int
    notice: str
    ordered: Mapping[str, tuple[str, str]]
    refused: Mapping[Reason, tuple[str, str]]
    refused_rt_cd: str
    found: tuple[str, str]
    more: tuple[str, str]
    nothing: tuple[str, str]

    def refusal(self, refusal: Refusal) -> ReplyError:
        """Return the answer that tells of a refusal."""
        message_code, message = self.refused[refusal.reason]
        return business_error(message_code, message, self.refused_rt_cd)

    def order_message(self, what: Side | str) -> tuple[str, str]:
        """Return code and text of an accepted order, amendment or cancellation."""
        return self.ordered[str(what)]


_SENT = ("APBK0013", "주문 전송 완료 되었습니다.")
_CLOSED = ("APBK0918", "장운영시간이 아닙니다.(주문불가)")
_TOO_MANY = ("APBK0400", "주문 가능한 수량을 초과하였습니다.")
_WRONG_KIND = ("APBK0963", "주문구분코드 오류 입니다.")

REAL = Manner(
    personality="real",
    org_no="03930",
    calls_per_second=18,
    sessions=1,
    notice="H0STCNI0",
    ordered=MappingProxyType({"buy": _SENT, "sell": _SENT, "amend": _SENT, "cancel": _SENT}),
    refused=MappingProxyType(
        {
            Reason.NO_TRADING_DAY: ("APBK0919", "장운영일자가 주문일과 상이합니다."),
            Reason.BEFORE_HOURS: _CLOSED,
            Reason.AFTER_HOURS: _CLOSED,
            Reason.WRONG_KIND: _WRONG_KIND,
            Reason.NOT_IN_SESSION: ("APBK0963", "애프터마켓 매매불가 종목입니다."),
            Reason.NOT_ON_NXT: ("APBK0963", "NXT 매매불가 종목입니다."),
            Reason.UNKNOWN_CODE: ("APBK0656", "해당종목정보가 없습니다."),
            Reason.HALTED: ("APBK0066", "거래정지 종목입니다."),
            Reason.BAD_QUANTITY: ("APBK0400", "주문수량을 확인하십시오."),
            Reason.OFF_TICK: ("APBK0506", "주식주문호가단위 오류입니다."),
            Reason.OUTSIDE_LIMITS: ("APBK0507", "주문단가가 상하한가 범위를 벗어났습니다."),
            Reason.NO_CASH: ("APBK0952", "주문가능금액을 초과 했습니다"),
            Reason.NO_HOLDING: _TOO_MANY,
            Reason.NO_SHARES: _TOO_MANY,
            Reason.UNKNOWN_ORDER: ("APBK0344", "원주문정보가 존재하지 않습니다."),
            Reason.NOTHING_LEFT: ("APBK0927", "정정취소 가능수량이 없습니다."),
            Reason.TOO_MANY: ("APBK1359", "정정수량이 원주문수량을 초과하였습니다."),
        }
    ),
    refused_rt_cd="7",
    found=("KIOK0510", "조회가 완료되었습니다"),
    more=("KIOK0500", "조회가 계속됩니다..다음버튼을 Click 하십시오."),
    nothing=("KIOK0560", "조회할 내용이 없습니다"),
)

VIRTUAL = Manner(
    personality="virtual",
    org_no="00950",
    calls_per_second=1,
    sessions=5,
    notice="H0STCNI9",
    ordered=MappingProxyType(
        {
            "buy": ("40600000", "모의투자 매수주문이 완료 되었습니다."),
            "sell": ("40590000", "모의투자 매도주문이 완료 되었습니다."),
            "amend": ("40620000", "모의투자 정정주문이 완료 되었습니다."),
            "cancel": ("40630000", "모의투자 취소주문이 완료 되었습니다."),
        }
    ),
    refused=MappingProxyType(
        {
            Reason.NO_TRADING_DAY: ("40100000", "모의투자 영업일이 아닙니다."),
            Reason.BEFORE_HOURS: ("40570000", "모의투자 장시작전 입니다."),
            Reason.AFTER_HOURS: ("40580000", "모의투자 장종료 입니다."),
            Reason.WRONG_KIND: ("40050000", "모의투자 주문처리가 안되었습니다(주문구분 오류)"),
            Reason.NOT_IN_SESSION: ("40070000", "모의투자 주문처리가 안되었습니다(매매불가 종목)"),
            Reason.NOT_ON_NXT: ("40070000", "모의투자 주문처리가 안되었습니다(매매불가 종목)"),
            Reason.UNKNOWN_CODE: ("40070000", "모의투자 주문처리가 안되었습니다(매매불가 종목)"),
            Reason.HALTED: ("40070000", "모의투자 주문처리가 안되었습니다(매매불가 종목)"),
            Reason.BAD_QUANTITY: ("40020000", "모의투자 주문처리가 안되었습니다(수량 오류)"),
            Reason.OFF_TICK: ("40030000", "모의투자 주문처리가 안되었습니다(호가단위 오류)"),
            Reason.OUTSIDE_LIMITS: ("40040000", "모의투자 상/하한가 오류"),
            Reason.NO_CASH: ("40310000", "모의투자 주문가능금액이 부족합니다."),
            Reason.NO_HOLDING: ("40240000", "모의투자 잔고내역이 없습니다."),
            Reason.NO_SHARES: ("40250000", "모의투자 주문가능수량이 부족합니다."),
            Reason.UNKNOWN_ORDER: ("40320000", "모의투자 원주문번호가 존재하지 않습니다."),
            Reason.NOTHING_LEFT: ("40330000", "모의투자 정정/취소할 수량이 없습니다."),
            Reason.TOO_MANY: ("40430000", "모의투자 정정/취소 수량이 초과되었습니다."),
        }
    ),
    refused_rt_cd="1",
    found=("20310000", "모의투자 조회가 완료되었습니다."),
    more=("20310000", "모의투자 조회가 완료되었습니다."),
    nothing=("70070000", "모의투자 조회할 내역(자료)이 없습니다."),
)

MANNERS: Mapping[Personality, Manner] = MappingProxyType({"real": REAL, "virtual": VIRTUAL})
