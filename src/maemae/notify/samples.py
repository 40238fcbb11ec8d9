"""One message of each kind with invented figures, to see how a channel shows them."""

from datetime import datetime, timedelta
from decimal import Decimal

from maemae.desk import records as rec
from maemae.desk.sights import Sight
from maemae.i18n import _
from maemae.notify.messages import Kind, Message, message
from maemae.notify.reporter import Draw
from maemae.notify.texts import Texts
from maemae.service import incidents, words
from maemae.service.answers import Share
from maemae.service.rule_words import rule
from maemae.service.status import PositionLine

_NAME = "삼성전자 005930"


def samples(texts: Texts, at: datetime, draw: Draw | None) -> list[Message]:
    """Return a message of each kind.

    Args:
        texts: the words.
        at: the time they claim to be of.
        draw: makes the picture of the report; None leaves it out.
    """
    told = []
    for kind in (Kind.SAMPLE, *(kind for kind in Kind if kind is not Kind.SAMPLE)):
        picture = draw(*_picture(at)) if kind is Kind.DAILY_REPORT and draw is not None else None
        told.append(message(kind, at, texts.say(kind, **_fields(kind, at)), picture))
    return told


def _fields(kind: Kind, at: datetime) -> dict[str, str]:
    order = {"side": words.side("buy"), "name": _NAME, "quantity": "15"}
    money = {
        "cash": words.won(9_000_000),
        "assets": words.won(10_012_345),
        "today": f"{words.marked_won(12_345)} ({words.marked_percent(Decimal('0.0012'))})",
        "stake": _("{loss} more (the day: {day})").format(
            loss=words.marked_won(-9_000), day=words.marked_won(3_345)
        ),
        "limit": _("no limit is set"),
        "realised": words.marked_won(15_000),
        "unrealised": words.marked_won(-2_655),
        "costs": words.won(2_600),
        "dot": words.dot(1),
        "wins": "2",
        "losses": "1",
        "positions": "",
    }
    trouble = {
        "what": incidents.title("exit_refused"),
        "detail": "005930",
        "advice": incidents.todo("exit_refused"),
    }
    of_kind: dict[Kind, dict[str, str]] = {
        Kind.STARTED: {"venue": "sim", "account": "1234****-01"},
        Kind.STOPPED: {"reason": _("stopped by hand")},
        Kind.ERROR: trouble,
        Kind.INCIDENT: trouble,
        Kind.NOTICE: trouble | {"sign": "⚠️"},
        Kind.TOKEN_TROUBLE: trouble,
        Kind.DAY_OPENED: {"day": f"{at:%Y-%m-%d}"} | money,
        Kind.ORDER_ACCEPTED: order
        | {"price": _("market price"), "reason": words.reason("candidate")},
        Kind.ORDER_REFUSED: order | {"code": "APBK0952", "detail": "주문가능금액을 초과 했습니다"},
        Kind.ORDER_UNKNOWN: order | {"detail": "timeout"},
        Kind.ORDER_NEVER_ARRIVED: order,
        Kind.ORDER_ENDED: order | {"state": _("cancelled"), "filled": "4"},
        Kind.CANCEL_FAILED: order | {"detail": "timeout"},
        Kind.AMEND_FAILED: order | {"detail": "timeout"},
        Kind.DECLINED: order | {"rule": rule("daily_loss"), "detail": ""},
        Kind.FILLED: order
        | {
            "dot": "🔴",
            "price": words.won(66_800),
            "filled": "15",
            "ordered": "15",
            "reason": words.reason("candidate"),
        },
        Kind.POSITION_OPENED: order | {"price": words.won(66_800), "exits": ""},
        Kind.POSITION_CLOSED: order
        | {
            "dot": "🔴",
            "profit": words.marked_won(15_000),
            "rate": words.marked_percent(Decimal("0.015")),
            "reason": words.reason("take_profit"),
            "held": _("held {m} min").format(m=12),
        },
        Kind.SUMMARY: money,
        Kind.PLAN_PREPARED: {"detail": _NAME},
        Kind.PLAN_EXECUTED: {"detail": _NAME},
        Kind.PLAN_SKIPPED: {"detail": _NAME},
        Kind.HALTED: {"level": _("no entries"), "reason": _("the day's loss limit")},
        Kind.RESUMED: {"reason": "telegram"},
        Kind.FLATTEN: {"book": _("all books"), "reason": "telegram"},
        Kind.RECONCILED: money,
        Kind.OWNER_TRADED: {"code": "005930", "change": "+10"},
        Kind.CASH_STATED: {"difference": words.marked_won(-12), "reason": _("fees and taxes")},
        Kind.BLIND: {
            "what": words.unseen(rec.Blinded(at=at, sight=Sight.BALANCE, since=at)),
            "advice": incidents.todo_blind(Sight.BALANCE),
        },
        Kind.SEEN_AGAIN: {
            "what": words.unseen(rec.SeenAgain(at=at, sight=Sight.BALANCE, since=at))
        },
        Kind.STREAM_GAP: {"detail": "silence"},
        Kind.DAILY_REPORT: money
        | {"day": f"{at:%Y-%m-%d}", "orders": "6", "fills": "9", "names": ""},
        Kind.WEEKLY_SUMMARY: money
        | {"first": f"{at - timedelta(days=4):%Y-%m-%d}", "last": f"{at:%Y-%m-%d}", "days": ""},
        Kind.DROPPED: {"count": "3"},
        Kind.MORE: {"count": "12"},
        Kind.LOST: {"what": Kind.FILLED.value},
        Kind.SAMPLE: {"note": _("Nothing was bought or sold.")},
    }
    return of_kind[kind]


def _picture(
    at: datetime,
) -> tuple[list[tuple[datetime, int]], list[PositionLine], list[Share], str]:
    start = at.replace(hour=9, minute=0, second=0, microsecond=0)
    curve = [
        (start + timedelta(minutes=10 * n), 10_000_000 + 700 * n * (n % 5 + 1)) for n in range(39)
    ]
    held = PositionLine(
        "scalper", "005930", "삼성전자", 15, 66_800, 66_700, -2_655, Decimal("-0.0026")
    )
    earned = [
        Share("035720", "카카오", 15_000, 3, 2),
        Share("000660", "SK하이닉스", -6_200, 2, 0),
    ]
    return curve, [held], earned, f"{at:%Y-%m-%d} {words.marked_won(8_800)}"
