"""What the owner is told of a desk's day."""

from datetime import datetime, timedelta

import pytest
from tests.desk.table import Table, rules

from maemae.clock import KST
from maemae.desk import events as ev
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.records import Halt, Record
from maemae.i18n import set_language
from maemae.market.kinds import Side
from maemae.market.refusals import RefusalKind
from maemae.notify.messages import Kind, Level, Message
from maemae.notify.teller import BUNDLE, Teller
from maemae.notify.texts import Texts

NOON = datetime(2022, 6, 2, 12, tzinfo=KST)


class Told:
    """A desk on a table with a teller that hears everything."""

    def __init__(self) -> None:
        self.table = Table(Desk(rules()))
        self.teller = Teller(self.table.desk.state, Texts())
        self.messages: list[Message] = []
        self._heard = 0

    def hear(self, seconds: float = 0.0) -> list[Message]:
        new: list[Record] = self.table.records[self._heard :]
        self._heard = len(self.table.records)
        told = [message for record in new for message in self.teller.tell(record, seconds)]
        self.messages += told
        return told

    def kinds(self) -> list[Kind]:
        return [message.kind for message in self.messages]


@pytest.fixture
def told() -> Told:
    it = Told()
    it.table.open()
    it.hear()
    return it


def test_a_purchase_and_a_sale_are_told_with_the_profit(told: Told) -> None:
    table = told.table
    quantity = table.bought()
    texts = [message.text for message in told.hear()]
    assert texts == [
        "📝 buy accepted: 005930 005930 100 shares, market price (candidate)",
        "🔴 buy filled: 005930 005930 100 shares at ₩10,000, 100/100 (candidate)",
        "📂 Position opened: 005930 100 shares at ₩10,000\ntake profit +2.00%, stop loss -1.00%",
    ]
    table.later(minutes := 12 * 60)
    table.price("005930", 10_300)
    send = table.sends()[-1]
    assert (send.side, send.quantity) == (Side.SELL, quantity)
    table.accept(send.intent, 2)
    table.notice(2, "005930", quantity, 10_300, side=Side.SELL)
    closed = told.hear()[-1]
    profit = table.desk.state.portfolio.results["scalper"].realised
    assert closed.kind is Kind.POSITION_CLOSED
    assert f"🔴 ▲ ₩{profit:,} (▲ {profit / 10_000:.2f}%)" in closed.text
    assert f"take profit, held {minutes // 60} min" in closed.text


def test_partial_fills_are_told_as_one(told: Told) -> None:
    table = told.table
    table.offer("005930")
    table.power("005930")
    table.accept(table.sends()[-1].intent, 1)
    told.hear()
    for quantity, price in ((10, 10_000), (20, 10_010), (30, 10_020)):
        table.later()
        table.notice(1, "005930", quantity, price)
    assert told.hear(5.0) == []
    assert told.teller.flush(table.now, 5.0 - BUNDLE) == []
    fill, opened = told.teller.flush(table.now, 5.0)
    assert "60 shares at ₩10,013, 60/100" in fill.text
    assert "Position opened: 005930 60 shares" in opened.text
    table.notice(1, "005930", 40, 10_000)
    assert ["40 shares at ₩10,000, 100/100" in m.text for m in told.hear()] == [True]


def test_the_rest_of_a_cancelled_order_is_told_at_once(told: Told) -> None:
    table = told.table
    table.offer("005930")
    table.power("005930")
    table.accept(table.sends()[-1].intent, 1)
    table.notice(1, "005930", 10, 10_000)
    table.notice(1, "005930", 90, 0, kind=ev.NoticeKind.CANCELLED)
    told.hear()
    assert told.kinds()[-3:] == [Kind.FILLED, Kind.POSITION_OPENED, Kind.ORDER_ENDED]
    assert "cancelled, 10/100 filled" in told.messages[-1].text


def test_trouble_is_told_with_what_to_do(told: Told) -> None:
    table = told.table
    table.say(ev.StreamChanged(at=table.now, up=False, reason="silence"))
    table.say(ev.HaltOrdered(at=table.now, level=Halt.ENTRIES, reason="telegram me"))
    table.say(ev.HaltOrdered(at=table.now, level=Halt.NONE, reason="telegram me"))
    table.say(ev.FlattenOrdered(at=table.now, reason="enough"))
    told.hear()
    text = "\n".join(message.text for message in told.messages)
    assert "The live stream is interrupted: silence\n👉 No entries" in text
    assert "⛔ no entries (Telegram, me)" in text
    assert "✅ Trading goes on (Telegram, me)" in text
    assert "⛔ Selling everything: all books (enough)" in text
    assert all(message.must_arrive for message in told.messages[-5:])


def test_an_order_whose_outcome_is_unknown_is_told_and_so_is_a_refusal(told: Told) -> None:
    table = told.table
    table.offer("005930", "000660")
    table.power("005930")
    table.lose(table.sends()[-1].intent)
    told.hear()
    assert told.kinds()[-1] is Kind.ORDER_UNKNOWN
    assert "it is never sent twice" in told.messages[-1].text
    table.power("000660")
    refused = table.sends()[-1]
    table.say(ev.OrderRefused(at=table.now, intent=refused.intent, code="40", message="부족"))
    told.hear()
    assert told.messages[-1].text == "⚠️ buy refused: 000660 000660 100 shares, 40 부족"


def test_a_teller_may_start_in_the_middle_of_the_day() -> None:
    first = Told()
    first.table.open()
    first.table.bought()
    second = Teller(first.table.desk.state, Texts())
    heard = len(first.table.records)
    first.table.now += timedelta(minutes=70)
    first.table.price("005930", 9_000)
    send = first.table.sends()[-1]
    first.table.accept(send.intent, 2)
    first.table.notice(2, "005930", 100, 9_000, side=Side.SELL)
    told = [m for record in first.table.records[heard:] for m in second.tell(record, 0.0)]
    assert told[-1].kind is Kind.POSITION_CLOSED
    assert "🔵 ▼" in told[-1].text
    assert "held 1 h 10 min" in told[-1].text


@pytest.mark.parametrize(
    ("fact", "wanted"),
    [
        (
            rec.PlanPrepared(
                at=NOON, book="mom", plan="f", day=NOON.date(), fingerprint="x", buys=2, sells=1,
                errors=3,
            ),
            "mom for 2022-06-02: 2 to buy, 1 to sell, 3 instruments could not be judged",
        ),
        (
            rec.PlanEnded(
                at=NOON, book="mom", plan="f", day=NOON.date(), sent=2, skipped={"000660": "held"}
            ),
            "Plan executed: mom: 2 orders sent\n000660: held already",
        ),
        (
            rec.PlanSkipped(at=NOON, book="mom", plan="f", day=NOON.date(), reason="late"),
            "Plan not carried out: mom 2022-06-02: its time has passed",
        ),
        (
            rec.Incident(at=NOON, kind="token_trouble", detail="EGW00103"),
            "The broker does not accept the keys: EGW00103\n👉 Check the app key",
        ),
    ],
)  # fmt: skip
def test_plans_and_trouble_with_the_keys_are_told(
    told: Told, fact: rec.Record, wanted: str
) -> None:
    told.messages += told.teller.tell(fact, 0.0)
    assert wanted in told.messages[-1].text


def test_what_cannot_be_seen_is_told_in_korean_and_that_it_is_back(told: Told) -> None:
    set_language("ko")
    table, reason = told.table, "domestic_stock.inquire_balance: the answer lacks hldg_qty"
    for _ in range(20):
        table.say(ev.Unavailable(at=table.now, query=ev.Query.BALANCE, reason=reason))
        table.later(4)
    table.balance(table.desk.state.cash)
    told.hear()
    said = [m for m in told.messages if m.kind in (Kind.BLIND, Kind.SEEN_AGAIN)]
    assert [m.kind for m in said] == [Kind.BLIND, Kind.SEEN_AGAIN]
    assert "조회되지 않습니다: 잔고 09:00:00부터" in said[0].text
    assert "lacks" not in said[0].text
    assert "다시 조회됩니다: 잔고" in said[1].text


def test_a_throttled_sale_is_no_alarm(told: Told) -> None:
    told.table.bought()
    told.table.price("005930", 9_000)
    intent = told.table.sends()[-1].intent
    told.table.say(
        ev.OrderRefused(
            at=told.table.now,
            intent=intent,
            code="EGW00201",
            message="초당 거래건수를 초과하였습니다.",
            kind=RefusalKind.THROTTLED,
        )
    )
    told.hear()
    assert Kind.ORDER_REFUSED not in told.kinds()
    assert Kind.INCIDENT not in told.kinds()


def test_an_incident_that_asks_nothing_at_once_is_no_alarm(told: Told) -> None:
    for kind, level in (("entry_unfilled", Level.WARNING), ("position_lost", Level.CRITICAL)):
        record = rec.Incident(at=NOON, kind=kind, detail="scalper 005930: 0 / 10")
        (message,) = told.teller.tell(record, 0.0)
        assert message.level is level
        assert message.must_arrive is (level is Level.CRITICAL)
