"""What the broker's no is told as: its code and words, never the shape of our own answer."""

from maemae import kis
from maemae.market.refusals import RefusalKind
from maemae.trader.hands import _why


def test_the_brokers_words_are_told_and_never_nothing() -> None:
    no = kis.Refused(
        code="40330000", message="정정/취소할 수량이 없습니다", refusal=RefusalKind.GONE
    )
    assert _why(no) == "40330000 정정/취소할 수량이 없습니다"
    assert _why(kis.Refused(code="", message="", refusal=RefusalKind.OTHER)) == "other"
    assert _why(kis.Unknown(reason="timeout")) == "timeout"
    assert _why(kis.Unknown(reason=""))
