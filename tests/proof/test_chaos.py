"""A small campaign over real sockets, as a person starts it, and how its outcome is counted."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta

from maemae.clock import KST
from maemae.desk.records import Accepted, Filled, Intended, Listed, Lost, NeverArrived, Record
from maemae.market.kinds import Side
from maemae.proof.tally import KILL, Strike, lives, row, rows, strikes, wrongs
from maemae.trader.sim import SimBooks, SimFill, SimOrder

AT = datetime(2026, 11, 20, 9, 30, tzinfo=KST)


def test_a_killed_trader_doubles_and_loses_nothing_while_the_exchange_fails() -> None:
    words = ("prove", "chaos", "--orders", "10", "--kills", "2", "--seconds", "120", "--json")
    done = subprocess.run(
        [sys.executable, "-m", "maemae", *words],
        capture_output=True, text=True, timeout=400, check=False,
        env=os.environ | {"MAEMAE_LANGUAGE": "en"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    tally = json.loads(done.stdout)
    assert (tally["total"]["doubled"], tally["total"]["lost"]) == (0, 0)
    assert tally["differences"] == []
    assert tally["kills"] >= 2
    assert tally["total"]["affected"] >= 10
    assert {one["fault"] for one in tally["rows"]} > {KILL}


def bought(intent: str, number: int, later: int = 0) -> list[Record]:
    at = AT + timedelta(seconds=later)
    return [
        Intended(
            at=at, intent=intent, book="scalper", side=Side.BUY, quantity=3,
            listed=Listed(code="005930"), reason="candidate",
        ),
        Lost(at=at, intent=intent, reason="timeout"),
        Accepted(at=at + timedelta(seconds=2), intent=intent, order_no=number, source="inquiry"),
        Filled(at=at + timedelta(seconds=3), intent=intent, quantity=3, amount=300, executed=at),
    ]  # fmt: skip


def books(*orders: tuple[int, int]) -> SimBooks:
    return SimBooks(
        cash=0,
        fees=0,
        taxes=0,
        positions={},
        orders=[SimOrder("005930", "buy", 3, filled, "filled", no) for no, filled in orders],
        fills=[SimFill("005930", "buy", filled, 100, "09:30:00", no) for no, filled in orders],
    )


def test_equal_books_show_nothing_doubled_and_nothing_lost() -> None:
    ours = lives(bought("a", 1))
    wrong = wrongs(ours, books((1, 3)), {1: AT})
    assert not wrong.doubled + wrong.lost
    assert ours["a"].resolve == 2


def test_a_second_order_for_an_intent_is_a_double_one() -> None:
    wrong = wrongs(lives(bought("a", 1)), books((1, 3), (2, 3)), {2: AT + timedelta(seconds=5)})
    assert wrong.doubled == {"a": 1}


def test_an_order_and_a_fill_that_the_ledger_does_not_know_are_lost() -> None:
    wrong = wrongs(lives(bought("a", 1)[:3]), books((1, 3), (2, 3)), {2: AT + timedelta(hours=1)})
    assert wrong.lost == {"a": 1, "order 2": 1}


def test_a_row_counts_the_orders_that_were_under_way() -> None:
    records = bought("a", 1) + bought("b", 2, later=600)
    records.append(NeverArrived(at=AT, intent="a"))
    ours = lives(records)
    struck = [Strike("reply_lost", AT + timedelta(seconds=601), ("005930", 3)), Strike(KILL, AT)]
    wrong = wrongs(ours, books((1, 3), (2, 3)), {})
    found = {one.fault: one for one in rows(struck, ours, wrong)}
    assert (found["reply_lost"].affected, found[KILL].affected) == (1, 1)
    total = row("all", 2, list(ours.values()), wrong)
    assert (total.unknown, total.resolve_p50, total.resolve_max) == (2, 2.0, 2.0)


def test_the_journal_tells_which_order_a_fault_hit() -> None:
    entry = {
        "at": AT.isoformat(), "fault": "reply_lost", "path": "/trading/order-cash",
        "params": {"PDNO": "005930", "ORD_QTY": "3"},
    }  # fmt: skip
    plain = {"at": AT.isoformat(), "fault": ""}
    assert strikes([entry, plain]) == [Strike("reply_lost", AT, ("005930", 3))]
