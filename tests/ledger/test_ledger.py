from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import Connection, create_engine, text
from tests.desk.table import OPENS, Table, rules

from maemae.clock import KST
from maemae.desk import records as rec
from maemae.desk.desk import Desk
from maemae.desk.terms import Exits, Route
from maemae.errors import LedgerError
from maemae.ledger.ledger import Ledger
from maemae.market.kinds import Kind, Market, Side

NOW = datetime(2022, 6, 2, 9, 0, 0, 123456, tzinfo=KST)
ACCOUNT = "50000000-01"

INTENT = rec.Intended(
    at=NOW,
    intent="20220602-00001",
    book="scalper",
    side=Side.BUY,
    listed=rec.Listed(code="0007C0", name="케이", market=Market.KOSDAQ, kind=Kind.ETF),
    quantity=10,
    reserve=130_000,
    reason="candidate",
    exits=Exits(take_profit=Decimal("0.02")),
)


def open_ledger(path: Path, account: str = ACCOUNT) -> Ledger:
    return Ledger(path / "ledger.sqlite", account)


@contextmanager
def another(path: Path) -> Iterator[Connection]:
    """Open the same file as another process would."""
    engine = create_engine(f"sqlite:///{path}/ledger.sqlite")
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def test_what_was_written_is_read_back_whole_and_in_order(tmp_path: Path) -> None:
    facts: list[rec.Record] = [
        rec.DayOpened(at=NOW, day=NOW.date(), cash=10**15, holdings={"005930": 3}),
        INTENT,
        rec.Accepted(at=NOW, intent=INTENT.intent, order_no=7, org_no="00950"),
        rec.Filled(at=NOW, intent=INTENT.intent, quantity=4, amount=40_001, executed=NOW),
        rec.Halted(at=NOW, level=rec.Halt.ALL, reason="전원 차단"),
    ]
    with open_ledger(tmp_path) as ledger:
        ledger.append(facts[:2])
        ledger.append(facts[2:])
    with open_ledger(tmp_path) as ledger:
        assert list(ledger.records()) == facts


WON = st.integers(-(2**62), 2**62)


@given(
    st.builds(rec.OwnerTraded, at=st.just(NOW), code=st.text(), change=WON, cash=WON)
    | st.builds(rec.CashStated, at=st.just(NOW), difference=WON, reason=st.text())
    | st.builds(
        rec.DayOpened,
        at=st.just(NOW),
        day=st.dates(),
        cash=WON,
        holdings=st.dictionaries(st.text(), WON),
    )
)
def test_any_fact_survives_json(fact: rec.Record) -> None:
    assert msgspec.json.decode(msgspec.json.encode(fact), type=rec.AnyRecord) == fact


def test_accounts_in_one_database_never_mix(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as one, open_ledger(tmp_path, "50000000-02") as other:
        one.append([INTENT])
        other.append([INTENT])
        one.append([rec.Refused(at=NOW, intent=INTENT.intent, code="X", message="y")])
        assert [order.state for order in one.orders()] == ["refused"]
        assert [order.state for order in other.orders()] == ["intended"]
        assert len(list(other.records())) == 1


def test_a_step_is_durable_whole_or_not_at_all(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        ledger.append([INTENT])
        with pytest.raises(LedgerError, match="cannot be written"):
            ledger.append([rec.Halted(at=NOW, level=rec.Halt.ALL, reason="x"), INTENT])
        assert list(ledger.records()) == [INTENT]


def test_another_process_sees_what_append_returned_from(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        ledger.append([INTENT])
        with another(tmp_path) as other:
            assert other.execute(text("select count(*) from journal")).scalar_one() == 1
            assert other.execute(text("pragma journal_mode")).scalar_one() == "wal"


def test_orders_and_fills_add_up_to_what_the_desk_knows(tmp_path: Path) -> None:
    table = Table(Desk(rules()))
    table.open()
    table.bought("005930", 1)
    table.bought("000660", 2, price=20_000)
    table.later()
    table.price("000660", 15_000)
    table.accept(table.sends()[-1].intent, 3)
    table.notice(3, "000660", 20, 15_000, side=Side.SELL)
    with open_ledger(tmp_path) as ledger:
        ledger.append(table.records)
        state = table.desk.state
        assert {(o.intent, o.state, o.order_no, o.filled, o.amount) for o in ledger.orders()} == {
            (o.intent, o.state.value, o.order_no, o.filled, o.amount)
            for o in state.blotter.orders.values()
        }
        assert sum(f.amount for f in ledger.fills() if f.side == "buy") == state.turnover.buy
        assert sum(f.amount for f in ledger.fills() if f.side == "sell") == state.turnover.sell
        assert ledger.fills(OPENS.date().replace(day=3)) == []


def test_a_damaged_row_is_named(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        ledger.append([INTENT])
        with another(tmp_path) as other:
            other.execute(text('update journal set body = \'{"type": "lo\''))
        with pytest.raises(LedgerError, match="damaged row 1"):
            list(ledger.records())


def test_a_ledger_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_bytes(b"this is not a database, it is a letter" * 30)
    with pytest.raises(LedgerError, match="cannot be opened"):
        open_ledger(tmp_path)


def test_a_read_only_ledger_refuses_to_write_and_loses_nothing(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        ledger.append([INTENT])
    url = f"sqlite:///file:{tmp_path}/ledger.sqlite?mode=ro&uri=true"
    with Ledger(url, ACCOUNT) as ledger:
        with pytest.raises(LedgerError, match="cannot be written"):
            ledger.append([rec.Halted(at=NOW, level=rec.Halt.ALL, reason="x")])
        assert list(ledger.records()) == [INTENT]


@given(
    lived=st.lists(
        st.tuples(st.integers(1, 5), st.booleans(), st.integers(0, 3)), min_size=1, max_size=6
    )
)
def test_an_orders_route_is_found_on_its_day(
    tmp_path_factory: pytest.TempPathFactory, lived: list[tuple[int, bool, int]]
) -> None:
    """Where a day was opened twice, too, and where an exchange began again at an earlier one."""
    facts: list[rec.Record] = []
    last = 0
    for number, (day, opened, orders) in enumerate(lived):
        at = NOW.replace(day=day)
        if opened or day != last:  # No order is sent before its day is opened.
            facts.append(rec.DayOpened(at=at, day=at.date(), cash=0))
        facts += [
            replace(INTENT, at=at, intent=f"{number}-{one}", route=Route(kind="44", until=at))
            for one in range(orders)
        ]
        last = day
    with open_ledger(tmp_path_factory.mktemp("ledger")) as ledger:
        ledger.append(facts)
        found = [ledger.orders(NOW.replace(day=day).date()) for day in range(1, 6)]
        every = sorted(ledger.orders(), key=lambda one: one.intent)
    assert {one.kind for one in every} <= {"44"}
    assert sorted((one for some in found for one in some), key=lambda one: one.intent) == every


def test_only_the_days_around_one_are_looked_through(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        for day in range(1, 8):
            at = NOW.replace(day=day)
            order = replace(INTENT, at=at, intent=f"{day}")
            ledger.append([rec.DayOpened(at=at, day=at.date(), cash=0), order])
        assert ledger._span(NOW.replace(day=4).date()) == (4, 9)
        assert ledger._span(NOW.replace(day=7).date()) == (10, None)
