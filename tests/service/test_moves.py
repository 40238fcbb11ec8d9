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
from maemae.service.offline import offline
from maemae.service.service import Caller
from maemae.trader.lock import sole_trader
from maemae.trader.settings import Settings, load_settings

ME = Caller("hana", "cli")


async def test_a_position_goes_to_its_owner_and_comes_back_as_bought_now(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        await bought(table)
        with pytest.raises(CommandRefused, match=r"not moved: the book trades: pause it first"):
            await table.service.move("scalper", OWNER, "005930", None, None)
        await table.service.pause("", "scalper")
        assert (await table.service.status()).paused == ["scalper"]
        given = await table.service.move("scalper", OWNER, "005930", 40, None)
        assert given.detail == "40 of 005930 are in owner now"
        back = await table.service.move(OWNER, "scalper", "005930", 10, 9_000)
        now = await table.service.status()
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
            await table.service.move("nobody", OWNER, "005930", None, None)
        with pytest.raises(CommandRefused, match="there is no book nobody"):
            await table.service.pause("", "nobody")
        assert await table.service.audit() == []


async def test_pausing_a_book_twice_says_so(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        assert (await table.service.pause("", "scalper")).detail == "scalper buys nothing now"
        assert (await table.service.pause("", "scalper")).detail == "scalper was paused already"
        assert (await table.service.resume("", "scalper")).detail == "scalper goes on"
        assert (await table.service.status()).halt is Halt.NONE


async def test_cleaning_up_sells_the_owners_shares_and_nothing_else(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        await bought(table)
        with pytest.raises(CommandRefused, match="the books are trading"):
            await table.service.clean_up([])
        await table.service.pause("")
        with pytest.raises(CommandRefused, match="nothing to clean up"):
            await table.service.clean_up([])
        await table.service.order(OWNER, Side.BUY, "000660", 5, None)
        state = table.subject.trader.desk.state
        await table.until(lambda: state.portfolio.foreign == {"000660": 5})
        with pytest.raises(CommandRefused, match="you hold no 005930 of your own"):
            await table.service.clean_up(["005930"])
        receipt = await table.service.clean_up([])
        await table.until(lambda: not state.portfolio.foreign)
        assert state.portfolio.positions["scalper", "005930"].quantity == 100
    assert receipt.detail == "1 of 1 names are being sold"


async def test_over_the_wire(served: Online) -> None:
    async with served.remote() as remote:
        await bought(served.bench)
        await remote.pause("", "scalper")
        await remote.move("scalper", OWNER, "005930", None, None)
        await remote.resume("", "scalper")
        with pytest.raises(CommandRefused, match="the books are trading"):
            await remote.clean_up([])
        await remote.pause("")
        assert (await remote.clean_up(["005930"])).command == "clean_up"
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
        await table.service.order(OWNER, Side.BUY, "000660", 5, None)
        await table.until(lambda: "000660" in table.subject.trader.desk.state.portfolio.foreign)
    file = folder / "maemae.toml"
    text = f'venue = "paper"\ndata_dir = "{state}"\n[paper]\naccount = "{ACCOUNT}"\n'
    file.write_text(text + books, encoding="utf-8")
    return load_settings(file)


TWO = '[[book]]\nway = "condition"\n[[book]]\nway = "condition"\nname = "other"\nmax_days = 3\n'


async def test_without_a_trader_the_ledger_alone_is_changed(tmp_path: Path) -> None:
    settings = await kept(tmp_path, TWO)
    with offline(settings, ME) as books:
        assert books.move("scalper", "other", "005930", 30, None).detail.startswith("30 of 005930")
        with pytest.raises(CommandRefused, match=r"say --price, and fetch the master files"):
            books.move(OWNER, "other", "000660", None, None)
        books.desk.listed["000660"] = Listed(code="000660")
        books.move(OWNER, "other", "000660", None, 7_000)
        books.pause("", "other")
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


def test_a_halt_is_written_down_for_the_trader_that_comes(tmp_path: Path) -> None:
    settings = Settings(venue="paper", data_dir=tmp_path, paper={"account": ACCOUNT})
    with offline(settings, ME) as books:
        books.halt(Halt.ALL, "storm")
    with offline(settings, ME) as books:
        assert books.desk.state.halt is Halt.ALL
