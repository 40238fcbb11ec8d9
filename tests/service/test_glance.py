"""The first look: what the day has earned, what is at risk, how much of the limit is used."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from tests.desk.table import DAY, OPENS, Table, rules
from tests.notify.props import at, some_status
from tests.service.bench import bench

from maemae import i18n
from maemae.cli import answers
from maemae.cli.screen import screen
from maemae.cli.session import show_report
from maemae.desk import events as ev
from maemae.desk.desk import Desk
from maemae.desk.terms import Exits
from maemae.i18n import set_language
from maemae.market.kinds import Side
from maemae.notify import digest
from maemae.notify.messages import Kind
from maemae.notify.samples import samples
from maemae.notify.texts import Texts
from maemae.service import glance, words
from maemae.service import operations as op
from maemae.service.answers import Pnl
from maemae.service.status import DecisionLine, PositionLine, Status, status
from maemae.trader.report import Books
from maemae.trader.run import Report

CODE = "005930"
KEEPS = Exits(take_profit=Decimal(9))


def held(name: str, price: int, stop: int | None) -> PositionLine:
    return PositionLine("scalper", "005930", name, 10, 10_000, price, 0, Decimal(0), stop=stop)


def looked(**changed: object) -> Status:
    return some_status(assets=10_000_000, day_result=-50_000, **changed)


def test_the_result_is_measured_against_the_opening() -> None:
    now = looked()
    assert glance.day_rate(now) == Decimal(-50_000) / Decimal(10_050_000)
    assert glance.result(now) == "▼ ₩50,000 (▼ 0.50%)"
    assert glance.result(some_status(assets=0, day_result=0)) == "₩0 (0.00%)"


def test_what_every_stop_would_cost_is_said_with_the_names_that_have_none() -> None:
    one = held("삼성전자", 9_900, 9_800)
    assert glance.at_stake(looked(positions=[one], stake=1_000)) == (
        "▼ ₩1,000 more (the day: ▼ ₩51,000)"
    )
    both = looked(positions=[one, held("카카오", 9_900, None)], stake=1_000, unstopped=["카카오"])
    assert glance.at_stake(both).endswith(" · no stop: 카카오")
    names = [f"n{n}" for n in range(7)]
    many = looked(positions=[held(name, 1, None) for name in names], unstopped=names)
    assert glance.at_stake(many) == "no stop: n0, n1, n2, n3, n4 and 2 more"
    assert glance.at_stake(looked(positions=[])) == "nothing is held"


@pytest.mark.parametrize(
    ("limit", "result", "said"),
    [
        (None, -50_000, "no limit is set"),
        (200_000, -50_000, "₩50,000 of ₩200,000 (25%)"),
        (200_000, 50_000, "₩0 of ₩200,000 (0%)"),
    ],
)
def test_how_much_of_the_limit_is_used(limit: int | None, result: int, said: str) -> None:
    assert glance.limit_used(some_status(loss_limit=limit, day_result=result)) == said


def test_in_korean() -> None:
    set_language("ko")
    now = looked(positions=[held("삼성전자", 9_900, 9_800)], stake=1_000, loss_limit=200_000)
    assert glance.at_stake(now) == "지금보다 ▼ 1,000원 (당일 손익 ▼ 51,000원)"
    assert glance.limit_used(now) == "200,000원 중 50,000원 사용 (25%)"


def test_the_age_of_decisions_and_names_beyond_the_stream_are_said_where_there_are_any() -> None:
    assert (glance.decisions(some_status()), glance.beyond(some_status())) == ("", "")
    line = DecisionLine("many", at(10, 31), 57.4)
    now = some_status(decisions=[line], beyond=[CODE, "000660"])
    assert glance.decisions(now) == "many: the bar until 10:31, decided after 57 s"
    assert glance.beyond(now) == "2 names have no place on the stream: asked for every 3 s"
    set_language("ko")
    assert glance.decisions(now) == "many: 10:31까지의 봉, 57초 뒤에 판단"
    assert glance.beyond(now) == "2종목은 실시간 시세에 자리가 없어 3초마다 조회"


def test_both_are_read_off_the_desk() -> None:
    it = Table(Desk(replace(rules(), streamed=1)))
    it.open()
    it.bought("000660", 1)
    it.bought(CODE, 2)
    it.say(ev.Candidates(at=it.later(14), book="scalper", offers=(), decided=OPENS))
    now = status(it.desk, it.now)
    assert now.beyond == [CODE]
    [line] = now.decisions
    assert (line.book, line.at, line.seconds) == (
        "scalper", OPENS, (it.now - OPENS).total_seconds()
    )  # fmt: skip
    it.say(ev.Candidates(at=it.later(5), book="scalper", offers=()))
    assert status(it.desk, it.now).decisions == [line], "an offer without a decision is none"


async def test_stakes_and_the_owners_shares_are_read_off_the_desk(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        portfolio = table.subject.trader.desk.state.portfolio
        await table.until(lambda: bool(portfolio.positions))
        now = await table.service.ask(op.GetStatus())
        (line,) = now.positions
        assert line.stop is not None
        assert line.price is not None
        assert now.stake == (line.price - line.stop) * line.quantity > 0
        assert now.unstopped == []
        owned = sum((one.price or 0) * one.quantity for one in now.owner)
        assert now.assets == now.cash + line.price * line.quantity + owned
        assert msgspec.json.decode(msgspec.json.encode(now), type=Status) == now


def test_the_parts_of_a_result_take_back_gains_of_earlier_days() -> None:
    """Bought at 10,000 yesterday, 12,000 by its close: a sale at 11,500 has lost today."""
    before = Table(Desk(rules(KEEPS)))
    before.open()
    shares = before.bought(price=10_000)
    it = Table(Desk(rules(KEEPS), before.records), now=OPENS + timedelta(days=1))
    day = DAY + timedelta(days=1)
    it.say(
        ev.Started(
            at=it.now, opens=it.now, auction=day.replace(hour=15), closes=day.replace(hour=16)
        )
    )
    held = (ev.Holding(code=CODE, quantity=shares, price=12_000, base=12_000),)
    version = it.desk.state.version
    it.say(ev.Balance(at=it.now, cash=it.desk.state.cash, holdings=held, asked=version))
    it.price(CODE, 11_500)

    now = status(it.desk, it.now)
    assert glance.parts(now) == (0, -500 * shares) == (0, now.day_result)
    assert now.unrealised > 0  # Since the purchase it gains.

    it.say(ev.FlattenOrdered(at=it.now, reason="test"))
    send = it.sends()[-1]
    it.accept(send.intent, 7)
    it.notice(7, CODE, shares, 11_500, side=Side.SELL)
    now = status(it.desk, it.now)
    costs, bought = it.desk.state.costs.total, before.desk.state.costs.total
    assert glance.parts(now) == (1_500 * shares - costs - bought, -2_000 * shares + bought)
    assert sum(glance.parts(now)) == now.day_result == -500 * shares - costs


def _printed(show: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> str:
    out = StringIO()
    monkeypatch.setattr(answers, "Console", lambda **_: Console(file=out, width=120))
    show()
    return out.getvalue()


def _report(now: Status) -> str:
    out = Console(file=StringIO(), width=120, record=True)
    show_report(out, now, Report(now.at.date(), BOOKS, None, {}))
    return out.export_text()


def _screen(now: Status) -> str:
    out = Console(file=StringIO(), width=80, record=True)
    out.print(screen(now, [], "maemae", 80, 24))
    return out.export_text()


BOOKS: Books = {"cash": 0, "fees": 0, "taxes": 0, "positions": {}, "orders": [], "fills": []}
PNL = Pnl(at().date(), at().date(), 999_999, 0, 0, 0, 0)
"""Realised by another measure: no face may take it for a part of the day's result."""

FACES: dict[str, Callable[[Status, pytest.MonkeyPatch], str]] = {
    "status": lambda now, mp: _printed(lambda: answers.show_money(now, "sim"), mp),
    "terminal": lambda now, _: _screen(now),
    "day report": lambda now, _: _report(now),
    "summary": lambda now, _: Texts().say(Kind.SUMMARY, **digest.summary(now)),
    "daily report": lambda now, _: Texts().say(Kind.DAILY_REPORT, **digest.daily(now, PNL, 0, 0)),
    "own text": lambda now, _: Texts(
        {Kind.SUMMARY: "{today} = {realised} + {unrealised}"}
    ).say(Kind.SUMMARY, **digest.summary(now)),
}  # fmt: skip


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("face", FACES)
def test_every_face_shows_parts_that_add_up_to_the_result(
    face: str, language: i18n.Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_language(language)
    now = looked(realised=34_567, unrealised=-11_111, positions=[held("삼성전자", 9_900, 9_800)])
    assert sum(glance.parts(now)) == now.day_result
    said = FACES[face](now, monkeypatch)
    for figure in (now.day_result, *glance.parts(now)):
        assert words.marked_won(figure) in said
    for foreign in (now.unrealised, PNL.realised):
        assert words.marked_won(foreign) not in said


def test_the_gains_of_positions_add_up_to_what_stands_below_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = [
        PositionLine("scalper", code, code, 10, 10_000, 9_900, won, Decimal("-0.01"))
        for code, won in (("005930", -1_230), ("000660", -111))
    ]
    now = looked(positions=lines, unrealised=-1_341)
    said = _printed(lambda: answers.show_positions(now), monkeypatch)
    total = next(line for line in said.splitlines() if "together" in line)
    assert words.marked_won(-1_341) in total


def test_a_sample_adds_up_like_what_it_is_a_sample_of() -> None:
    (told,) = [one.text for one in samples(Texts(), at(), None) if one.kind is Kind.SUMMARY]
    signed = [
        int(number.replace(",", "")) * (1 if mark == "▲" else -1)
        for mark, number in re.findall(r"([▲▼]) ₩([\d,]+)", told)
    ]
    assert signed[0] == signed[1] + signed[2]
