"""How numbers and states are put for people: 원 with separators, red up and blue down."""

from decimal import Decimal

from rich.text import Text

from maemae.desk.orders import OrderState
from maemae.desk.records import Halt
from maemae.i18n import _, language


def won(amount: int) -> str:
    """`1234567` → `1,234,567원` (`₩1,234,567` in English)."""
    if language() == "ko":
        return f"{amount:,}원"
    return f"-₩{-amount:,}" if amount < 0 else f"₩{amount:,}"


def signed_won(amount: int) -> Text:
    """Put a gain or a loss with its colour and its mark."""
    return _coloured(won(abs(amount)), amount)


def percent(rate: Decimal) -> Text:
    """Put a rate of return (with its colour and its mark: `0.0123` → `▲ 1.23%`)."""
    return _coloured(f"{abs(rate) * 100:.2f}%", rate)


def side(word: str) -> Text:
    """Put buy or sell in the colours of a Korean order book."""
    return Text(_("buy"), "red") if word == "buy" else Text(_("sell"), "blue")


def order_state(state: OrderState) -> str:
    """Name the state of an order."""
    return {
        OrderState.INTENDED: _("sending"),
        OrderState.UNKNOWN: _("outcome unknown"),
        OrderState.WORKING: _("working"),
        OrderState.FILLED: _("filled"),
        OrderState.CANCELLED: _("cancelled"),
        OrderState.EXPIRED: _("expired"),
        OrderState.REFUSED: _("refused"),
        OrderState.NEVER_ARRIVED: _("never arrived"),
    }[state]


def halt(level: Halt) -> str:
    """Name what the desk may do."""
    return {
        Halt.NONE: _("trading"),
        Halt.ENTRIES: _("no entries"),
        Halt.EXITS_ONLY: _("exits only"),
        Halt.ALL: _("everything off"),
    }[level]


def reason(word: str) -> str:
    """Name why an order was made."""
    known = {
        "candidate": _("candidate"),
        "take_profit": _("take profit"),
        "stop_loss": _("stop loss"),
        "trailing_stop": _("trailing stop"),
        "flatten": _("flatten"),
    }
    return known.get(word, word)


def _coloured(text: str, value: int | Decimal) -> Text:
    if value > 0:
        return Text(f"▲ {text}", "red")
    if value < 0:
        return Text(f"▼ {text}", "blue")
    return Text(text)
