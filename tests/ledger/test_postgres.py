"""The ledger on a real PostgreSQL server: the same facts, orders, fills and service."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Thread

import pytest
from tests.desk.table import DAY
from tests.service.bench import ACCOUNT, bench

from maemae.errors import LedgerError
from maemae.ledger.ledger import Ledger, accounts
from maemae.service import operations as op


async def test_a_session_is_kept_and_told_as_on_sqlite(postgres: str, tmp_path: Path) -> None:
    told = []
    for url in (postgres, None):
        async with bench(tmp_path, url=url) as table:
            desk = table.subject.trader.desk
            await table.until(partial(lambda books: bool(books.positions), desk.state.portfolio))
            await table.service.ask(op.Pause(reason="점심"))
            await table.service.ask(op.Flatten(reason="done"))
            await table.until(partial(lambda books: not books.positions, desk.state.portfolio))
            span = (DAY.date() - timedelta(days=1), DAY.date())
            orders = [
                (o.intent, o.state, o.filled, o.amount)
                for o in await table.service.ask(op.GetOrders())
            ]
            fills = [(f.intent, f.side, f.amount) for f in await table.service.ask(op.GetFills())]
            audit = [(a.who, a.command, a.detail) for a in await table.service.ask(op.GetAudit())]
            pnl = await table.service.ask(op.GetPnl(first=span[0], last=span[1]))
            told.append((orders, fills, audit, pnl.realised, pnl.days, pnl.by_reason))
            kinds = [type(record) for record in table.subject.ledger.records()]
            assert len(kinds) > 8
    assert told[0] == told[1]
    assert accounts(postgres) == [ACCOUNT]


def test_several_that_open_a_new_ledger_at_once_agree(postgres: str) -> None:
    failed: list[BaseException] = []

    def open_it() -> None:
        try:
            Ledger(postgres, "someone-else").close()
        except LedgerError as error:
            failed.append(error)

    threads = [Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failed


def test_a_server_that_is_not_there_is_said_without_the_password() -> None:
    with pytest.raises(LedgerError, match="cannot be opened") as found:
        Ledger("postgresql://me:hunter2@127.0.0.1:9/x", ACCOUNT)
    assert "hunter2" not in str(found.value)
