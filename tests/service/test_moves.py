"""Moving, adopting, cleaning up and pausing one book, through the service and without a trader."""

from pathlib import Path

import pytest
from tests.service.bench import ACCOUNT, bench
from tests.service.conftest import Online
from tests.service.test_local import bought

from maemae.desk.records import OWNER, Audited, Halt, Intended, Listed, PositionMoved
from maemae.errors import CommandRefused, SettingsError
from maemae.ledger.ledger import Ledger
from maemae.market.kinds import Side
from maemae.service import operations as op
from maemae.service.offline import offline
from maemae.service.service import Caller
from maemae.trader.lock import sole_trader
from maemae.trader.settings import Settings, load_settings

ME = Caller("hana", "cli")


async def test_a_position_goes_to_its_owner_and_comes_back_as_bought_now(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        await bought(table)
        with pytest.raises(CommandRefused, match=r"not moved: the book trades: pause it first"):
            await table.service.ask(op.MoveShares(origin="scalper", book=OWNER, code="005930"))
        await table.service.ask(op.Pause(reason="", book="scalper"))
        assert (await table.service.ask(op.GetStatus())).paused == ["scalper"]
        given = await table.service.ask(
            op.MoveShares(origin="scalper", book=OWNER, code="005930", quantity=40)
        )
        assert given.detail == "40 of 005930 are in owner now"
        back = await table.service.ask(
            op.MoveShares(origin=OWNER, book="scalper", code="005930", quantity=10, price=9_000)
        )
        now = await table.service.ask(op.GetStatus())
        facts = list(table.subject.ledger.records())
    assert back.command == "move"
    assert [(line.code, line.quantity) for line in now.owner] == [("005930", 30)]
    assert [(line.code, line.quantity) for line in now.positions] == [("005930", 70)]
    at = next(n for n, fact in enumerate(facts) if isinstance(fact, PositionMoved))
    audited = facts[at - 1]
    assert isinstance(audited, Audited)
    assert (audited.command, audited.who) == ("move", "tester")


async def test_a_book_that_there_is_not_is_refused_and_not_recorded(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        with pytest.raises(CommandRefused, match="there is no book nobody"):
            await table.service.ask(op.MoveShares(origin="nobody", book=OWNER, code="005930"))
        with pytest.raises(CommandRefused, match="there is no book nobody"):
            await table.service.ask(op.Pause(reason="", book="nobody"))
        assert await table.service.ask(op.GetAudit()) == []


async def test_pausing_a_book_twice_says_so(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        assert (
            await table.service.ask(op.Pause(reason="", book="scalper"))
        ).detail == "scalper buys nothing now"
        assert (
            await table.service.ask(op.Pause(reason="", book="scalper"))
        ).detail == "scalper was paused already"
        assert (
            await table.service.ask(op.Resume(reason="", book="scalper"))
        ).detail == "scalper goes on"
        assert (await table.service.ask(op.GetStatus())).halt is Halt.NONE


async def test_cleaning_up_sells_the_owners_shares_and_nothing_else(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        await bought(table)
        with pytest.raises(CommandRefused, match="the books are trading"):
            await table.service.ask(op.CleanUp(codes=[]))
        await table.service.ask(op.Pause(reason=""))
        with pytest.raises(CommandRefused, match="nothing to clean up"):
            await table.service.ask(op.CleanUp(codes=[]))
        await table.service.ask(op.PlaceOrder(book=OWNER, side=Side.BUY, code="000660", quantity=5))
        state = table.subject.trader.desk.state
        await table.until(lambda: state.portfolio.foreign == {"000660": 5})
        with pytest.raises(CommandRefused, match="you hold no 005930 of your own"):
            await table.service.ask(op.CleanUp(codes=["005930"]))
        receipt = await table.service.ask(op.CleanUp(codes=[]))
        await table.until(lambda: not state.portfolio.foreign)
        assert state.portfolio.positions["scalper", "005930"].quantity == 100
    assert receipt.detail == "1 of 1 names are being sold"


async def test_over_the_wire(served: Online) -> None:
    async with served.remote() as remote:
        await bought(served.bench)
        await remote.ask(op.Pause(reason="", book="scalper"))
        await remote.ask(op.MoveShares(origin="scalper", book=OWNER, code="005930"))
        await remote.ask(op.Resume(reason="", book="scalper"))
        with pytest.raises(CommandRefused, match="the books are trading"):
            await remote.ask(op.CleanUp(codes=[]))
        await remote.ask(op.Pause(reason=""))
        assert (await remote.ask(op.CleanUp(codes=["005930"]))).command == "clean_up"
    sales = [
        r
        for r in served.bench.subject.ledger.records()
        if isinstance(r, Intended) and r.side is Side.SELL
    ]
    assert [(sale.book, sale.quantity) for sale in sales] == [(OWNER, 100)]


async def kept(folder: Path, books: str = "") -> Settings:
    """A ledger of the venue paper with 100 shares in `scalper` and 5 of the owner's."""
    state = folder / "state"
    state.mkdir()
    url = f"sqlite:///{state / 'ledger-paper.sqlite'}"
    async with bench(folder, url=url) as table:
        await bought(table)
        await table.service.ask(op.PlaceOrder(book=OWNER, side=Side.BUY, code="000660", quantity=5))
        await table.until(lambda: "000660" in table.subject.trader.desk.state.portfolio.foreign)
    file = folder / "maemae.toml"
    text = f'venue = "paper"\ndata_dir = "{state}"\n[paper]\naccount = "{ACCOUNT}"\n'
    file.write_text(text + books, encoding="utf-8")
    return load_settings(file)


TWO = '[[book]]\nway = "condition"\n[[book]]\nway = "condition"\nname = "other"\nmax_days = 3\n'


async def test_without_a_trader_the_ledger_alone_is_changed(tmp_path: Path) -> None:
    settings = await kept(tmp_path, TWO)
    with offline(settings, ME) as books:
        told = await books.ask(
            op.MoveShares(origin="scalper", book="other", code="005930", quantity=30)
        )
        assert told.detail.startswith("30 of 005930")
        with pytest.raises(CommandRefused, match=r"say --price, and fetch the master files"):
            await books.ask(op.MoveShares(origin=OWNER, book="other", code="000660"))
        books.desk.listed["000660"] = Listed(code="000660")
        await books.ask(op.MoveShares(origin=OWNER, book="other", code="000660", price=7_000))
        await books.ask(op.Pause(reason="", book="other"))
    with Ledger(tmp_path / "state" / "ledger-paper.sqlite", ACCOUNT) as ledger:
        facts = list(ledger.records())
    with offline(settings, ME) as again:
        state = again.desk.state
        assert state.portfolio.positions["other", "005930"].exits.days == 3
        assert state.portfolio.positions["other", "000660"].paid == 35_000
        assert (state.portfolio.foreign, state.paused) == ({}, {"other": ""})
    audits = [r.command for r in facts if isinstance(r, Audited) and r.who == "hana"]
    assert audits == ["move", "move", "move", "pause"]


async def test_while_a_trader_runs_the_ledger_is_left_alone(tmp_path: Path) -> None:
    settings = await kept(tmp_path)
    with (
        sole_trader(tmp_path / "state", "paper", ACCOUNT),
        pytest.raises(SettingsError, match="process"),
        offline(settings, ME),
    ):
        pass


async def test_a_halt_is_written_down_for_the_trader_that_comes(tmp_path: Path) -> None:
    settings = Settings(venue="paper", data_dir=tmp_path, paper={"account": ACCOUNT})
    with offline(settings, ME) as books:
        await books.ask(op.HaltTo(level=Halt.ALL, reason="storm"))
    with offline(settings, ME) as books:
        assert books.desk.state.halt is Halt.ALL
