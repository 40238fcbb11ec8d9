"""The service in the trader's process: questions, commands, and the audit of them."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from tests.desk.table import DAY
from tests.service.bench import Bench, bench

from maemae.desk import events as ev
from maemae.desk.records import Audited, Halt, Halted
from maemae.desk.sights import Sight
from maemae.errors import CommandRefused, ServiceError
from maemae.market.kinds import Side
from maemae.service import commanding
from maemae.service import operations as op


async def bought(table: Bench) -> None:
    await table.until(lambda: bool(table.subject.trader.desk.state.portfolio.positions))


async def test_status_shows_what_was_bought_and_at_which_prices_it_is_sold(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        await bought(table)
        now = await table.service.ask(op.GetStatus())
    (line,) = now.positions
    assert (line.code, line.quantity, line.average) == ("005930", 100, 10_000)
    assert line.take_profit is not None
    assert line.stop is not None
    assert line.stop < 10_000 < line.take_profit
    assert now.order_count == 1
    assert now.orders[0].book == "scalper"


async def test_orders_and_fills_come_from_the_ledger(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        await bought(table)
        (order,) = await table.service.ask(op.GetOrders())
        (fill,) = await table.service.ask(op.GetFills(day=DAY.date()))
        assert await table.service.ask(op.GetFills(day=DAY.date() - timedelta(days=1))) == []
    assert (order.state, order.filled) == ("filled", 100)
    assert (fill.amount, fill.side) == (1_000_000, "buy")


async def test_a_command_is_audited_before_it_takes_effect(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        receipt = await table.service.ask(op.Pause(reason="lunch"))
        (line,) = await table.service.ask(op.GetAudit())
        kinds = [type(r) for r in table.subject.ledger.records()]
        again = await table.service.ask(op.Pause(reason="lunch"))
    assert receipt.command == "pause"
    assert (line.who, line.face, line.command) == ("tester", "test", "halt")
    assert line.detail == "level=entries reason=lunch"
    assert kinds.index(Audited) < kinds.index(Halted)
    assert "already" in again.detail


async def test_pause_and_resume_change_what_the_desk_may_do(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        await table.service.ask(op.HaltTo(level=Halt.ALL, reason="fire"))
        assert (await table.service.ask(op.GetStatus())).halt is Halt.ALL
        await table.service.ask(op.Resume(reason="out"))
        assert (await table.service.ask(op.GetStatus())).halt is Halt.NONE
        kinds = [line.kind for line in await table.service.ask(op.GetIncidents())]
    assert kinds.count("halted") == 2


async def test_flatten_sells_everything_and_pnl_tells_what_it_brought(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        await bought(table)
        await table.service.ask(op.Flatten(reason="done"))
        await table.until(lambda: not table.subject.trader.desk.state.portfolio.positions)
        pnl = await table.service.ask(op.GetPnl(first=DAY.date(), last=DAY.date()))
    (by_reason,) = pnl.by_reason
    assert (by_reason.key, by_reason.sales, by_reason.wins) == ("flatten", 1, 0)
    assert pnl.realised == by_reason.realised == -(pnl.fees + pnl.taxes)
    assert pnl.losses == 1
    assert pnl.days[0].cash == 10_000_000 + pnl.realised


async def test_flatten_of_an_unknown_book_is_refused_and_not_recorded(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        with pytest.raises(CommandRefused, match="scalper"):
            await table.service.ask(op.Flatten(book="scalpel", reason="typo"))
        assert await table.service.ask(op.GetAudit()) == []


async def test_a_trader_that_does_not_answer_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commanding, "PATIENCE", 0.01)
    async with bench(tmp_path) as table:
        monkeypatch.setattr(table.subject.trader, "put", lambda _event: None)
        with pytest.raises(ServiceError, match="before repeating"):
            await table.service.ask(op.Pause(reason="x"))


async def test_watchers_see_the_present_and_then_each_change(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        await bought(table)
        async with asyncio.timeout(20):
            seen = []
            async for snapshot in table.service.watch():
                seen.append(snapshot.status.halt)
                if len(seen) == 1:
                    await table.service.ask(op.Pause(reason="lunch"))
                elif snapshot.status.halt is Halt.ENTRIES:
                    break
    assert seen[0] is Halt.NONE
    assert snapshot.incidents[0].kind == "halted"
    assert snapshot.prices == {"005930": [10_000]}


async def test_health_and_log(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        assert await table.service.ask(op.GetLog()) == []
        (tmp_path / "maemae.log").write_text("one\ntwo\nthree\n")
        assert await table.service.ask(op.GetLog(lines=2)) == ["two", "three"]
        await bought(table)
        health = await table.service.ask(op.GetHealth())
    assert (health.venue, health.account, health.day) == ("sim", "5000****-01", DAY.date())
    assert health.steps > 0
    assert not health.finished


async def test_an_order_by_hand_goes_through_the_guard_and_can_be_cancelled(tmp_path: Path) -> None:
    async with bench(tmp_path, offers=()) as table:
        desk = table.subject.trader.desk
        await table.until(lambda: desk.state.day is not None)
        sent = await table.service.ask(
            op.PlaceOrder(book="owner", side=Side.BUY, code="005930", quantity=3, price=9_500)
        )
        assert sent.intent is not None
        await table.until(lambda: desk.state.blotter.orders[sent.intent or ""].order_no is not None)
        assert (await table.service.ask(op.CancelOrder(intent=sent.intent))).intent == sent.intent
        with pytest.raises(CommandRefused):
            await table.service.ask(op.CancelOrder(intent="20220602-99999"))
        await table.service.ask(op.HaltTo(level=Halt.ALL, reason="stop"))
        with pytest.raises(CommandRefused, match="guard"):
            await table.service.ask(
                op.PlaceOrder(book="owner", side=Side.BUY, code="005930", quantity=3, price=9_500)
            )
        commands = [line.command for line in await table.service.ask(op.GetAudit())]
    assert commands == ["order", "halt", "cancel", "cancel", "order"]


async def test_what_cannot_be_seen_is_in_status_health_and_incidents(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        at = table.subject.clock.now()
        for late in (0, 40):
            table.subject.trader.put(
                ev.Sighted(
                    at=at + timedelta(seconds=late),
                    sight=Sight.QUOTES,
                    key="scalper",
                    missing=tuple(f"{n:06}" for n in range(117)),
                )
            )
        await table.until(lambda: bool(table.subject.history.incidents(1)))
        status, health = (
            await table.service.ask(op.GetStatus()),
            await table.service.ask(op.GetHealth()),
        )
        (told, *_) = await table.service.ask(op.GetIncidents())
    assert status.unseen == health.unseen
    assert [(line.sight, line.book) for line in status.unseen] == [("quotes", "scalper")]
    assert status.unseen[0].words.startswith("quotes scalper 000000 000001")
    assert len(status.unseen[0].words) < 100
    assert told.kind == "blinded"
