"""The service over HTTP says and does what it does in process."""

import asyncio
import os
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from tests.desk.table import DAY
from tests.service.conftest import Online

from maemae.desk.records import Halt
from maemae.errors import CommandRefused, ServiceError
from maemae.market.kinds import Side
from maemae.service import operations as op
from maemae.service.api.pass_file import find_running, new_pass, published, read_pass
from maemae.service.api.routes import path_of
from maemae.service.market_view import Index, Ranking
from maemae.service.operations import OPERATIONS
from maemae.service.remote import RemoteService
from maemae.service.service import Caller


async def test_every_question_has_the_same_answer_on_both_sides(served: Online) -> None:
    local, day = served.bench.service, DAY.date()
    await served.bench.until(
        lambda: bool(served.bench.subject.trader.desk.state.portfolio.positions)
    )
    async with served.remote(served.shown.read) as remote:
        assert await remote.ask(op.GetOrders()) == await local.ask(op.GetOrders())
        assert await remote.ask(op.GetFills(day=day)) == await local.ask(op.GetFills(day=day))
        assert await remote.ask(op.GetIncidents()) == await local.ask(op.GetIncidents())
        assert await remote.ask(op.GetAudit()) == await local.ask(op.GetAudit())
        assert await remote.ask(op.GetLog(lines=5)) == await local.ask(op.GetLog(lines=5))
        week = op.GetPnl(first=day - timedelta(days=3), last=day)
        assert await remote.ask(week) == await local.ask(week)
        assert await remote.ask(op.GetPnl()) == await local.ask(op.GetPnl(first=day, last=day))
        assert await remote.ask(op.GetChart(code="005930")) == await local.ask(
            op.GetChart(code="005930")
        )
        assert (
            await remote.ask(op.GetRanking(by=Ranking.FALL))
            == await local.ask(op.GetRanking(by=Ranking.FALL))
            != []
        )
        index = op.GetIndex(index=Index.KOSPI, first=day - timedelta(days=3), last=day)
        assert await remote.ask(index) == await local.ask(index) != []
        assert await remote.ask(op.Find(text="name")) == await local.ask(op.Find(text="name")) != []
        here, there = await local.ask(op.GetStatus()), await remote.ask(op.GetStatus())
        assert there.positions == here.positions
        assert there.orders == here.orders
        assert (await remote.ask(op.GetHealth())).wire == (await local.ask(op.GetHealth())).wire


async def test_commands_are_recorded_with_who_gave_them_and_where(served: Online) -> None:
    async with served.remote(caller=Caller("하나", "telegram")) as remote:
        await remote.ask(op.Pause(reason="점심"))
        assert (await remote.ask(op.GetStatus())).halt is Halt.ENTRIES
        await remote.ask(op.Resume(reason=""))
        await remote.ask(op.HaltTo(level=Halt.EXITS_ONLY, reason="storm"))
        await remote.ask(op.Flatten(book="scalper", reason="bye"))
        lines = await remote.ask(op.GetAudit())
    assert [line.command for line in lines] == ["flatten", "halt", "halt", "halt"]
    assert {(line.who, line.face) for line in lines} == {("하나", "telegram")}


async def test_a_refused_command_is_refused_over_there_too(served: Online) -> None:
    async with served.remote() as remote:
        with pytest.raises(CommandRefused, match="no book nowhere"):
            await remote.ask(op.Flatten(book="nowhere", reason=""))


async def test_watching_over_the_wire(served: Online) -> None:
    async with served.remote() as remote, asyncio.timeout(20):
        first = None
        async for snapshot in remote.watch():
            if first is None:
                first = snapshot
                await remote.ask(op.Pause(reason="lunch"))
            elif snapshot.status.halt is Halt.ENTRIES:
                break
        assert first is not None
        assert first.status.halt is Halt.NONE
        assert first.health.venue == "sim"


async def test_nobody_there_is_said(served: Online) -> None:
    gone = RemoteService("http://127.0.0.1:9", served.shown.read, Caller("hana", "cli"))
    async with gone as remote:
        with pytest.raises(ServiceError, match=r"no trader answers at http://127\.0\.0\.1:9"):
            await remote.ask(op.GetStatus())
        with pytest.raises(ServiceError, match=r": the connection was refused \(ECONNREFUSED\)$"):
            await anext(remote.watch())


async def test_a_scan_over_the_wire(served: Online) -> None:
    async with served.remote() as remote:
        assert await remote.ask(op.RunScan(condition="0")) == await remote.ask(
            op.RunScan(condition="breakout")
        )
        with pytest.raises(CommandRefused, match="saved as '7'"):
            await remote.ask(op.RunScan(condition="7"))


async def test_an_amendment_with_a_quantity_is_refused_rather_than_half_done(
    served: Online,
) -> None:
    body = {"intent": "20220602-00001", "price": 10_000, "quantity": 5}
    async with served.http() as http, http.post(f"{served.url}/v1/amend", json=body) as response:
        assert response.status == 400
        assert "quantity" in (await response.json())["error"]


async def test_the_document_names_every_operation(served: Online) -> None:
    async with served.http() as http, http.get(f"{served.url}/v1/openapi.json") as response:
        document = await response.json()
    assert set(document["paths"]) == {path_of(kind) for kind in OPERATIONS} | {"/v1/events"}


def test_the_token_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    shown = new_pass("http://127.0.0.1:1", "sim")
    file = tmp_path / "api" / "sim.json"
    with published(file, shown):
        assert file.stat().st_mode & 0o777 == 0o600
        assert read_pass(file) == shown
    assert not file.exists()
    assert shown.command not in repr(shown)
    assert shown.read not in repr(shown)
    with pytest.raises(ServiceError, match="no trader is running"):
        read_pass(file)


def test_a_trader_that_was_killed_is_not_found(tmp_path: Path) -> None:
    file = tmp_path / "sim.json"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        shown = new_pass(f"http://127.0.0.1:{listening.getsockname()[1]}", "sim")
        with published(file, shown):
            assert find_running(file) == shown
            listening.close()
            with pytest.raises(ServiceError, match=r"no trader is running .* was killed"):
                find_running(file)


async def test_what_cannot_be_an_order_or_a_code_is_told_without_a_pattern(served: Online) -> None:
    async with served.remote() as remote:
        with pytest.raises(ServiceError, match=r"^order must be an order as the list of orders"):
            await remote.ask(op.CancelOrder(intent="nonsense"))
        with pytest.raises(ServiceError, match=r"^code must be six digits or capital letters"):
            await remote.ask(
                op.PlaceOrder(book="owner", side=Side.BUY, code="삼성전자", quantity=1)
            )


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_a_token_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sim.json"
    with published(file, new_pass("http://127.0.0.1:1", "sim")):
        file.chmod(0o644)
        with pytest.raises(ServiceError, match="can be read by others"):
            read_pass(file)


def test_a_later_trader_keeps_its_token_file(tmp_path: Path) -> None:
    file = tmp_path / "sim.json"
    later = new_pass("http://127.0.0.1:2", "sim")
    with published(file, new_pass("http://127.0.0.1:1", "sim")), published(file, later):
        pass
    assert not file.exists()
    with published(file, new_pass("http://127.0.0.1:1", "sim")):
        file.unlink()
        with published(file, later):
            assert read_pass(file) == later
