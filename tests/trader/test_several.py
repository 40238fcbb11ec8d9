"""Several books at once over the real exchange: one account, capital and limits of each."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from tests.trader.days import SLOW, Bars, place

from maemae.desk import records as rec
from maemae.desk.events import HaltOrdered
from maemae.desk.records import Halt
from maemae.desk.state import State
from maemae.market.costs import CostRules
from maemae.market.kinds import Side
from maemae.trader.books import AnyBook
from maemae.trader.books.condition import ConditionBook
from maemae.trader.books.targets import TargetBook
from maemae.trader.run import Run

MONDAY = date(2024, 3, 4)
UP = (10_200, 10_300, 10_100, 10_200)
FLAT = (10_000, 10_050, 9_950, 10_000)
BARS = dict.fromkeys(("000010", "000020", "000030"), UP) | dict.fromkeys(
    ("000040", "000050", "000060", "000070"), FLAT
)
CAPITAL = {"scalper": 1_300_000, "near": 2_000_000, "far": 3_000_000}
"""`far` has 30 % of the 10,000,000 won that the account begins with."""

ORDER_VALUE = 600_000


def targets(folder: Path, name: str, codes: Iterable[str], capital: object) -> TargetBook:
    file = folder / f"{name}.csv"
    file.write_text("\n".join(["code", *codes, ""]), encoding="utf-8")
    given = {"name": name, "file": file, "capital": capital, "quote_seconds": 300} | SLOW
    return TargetBook.model_validate(given)


def books(folder: Path) -> tuple[AnyBook, ...]:
    scalper = ConditionBook.model_validate(
        {"amount": 500_000, "capital": CAPITAL["scalper"], "order_value": ORDER_VALUE} | SLOW
    )
    near = targets(folder, "near", ("000040", "000050", "000010"), CAPITAL["near"])
    far = targets(folder, "far", ("000060", "000070", "000040"), "30%")
    return scalper, near, far


def bought(facts: Iterable[rec.Record]) -> dict[str, set[str]]:
    """Return the names that each book has ordered."""
    found: dict[str, set[str]] = {}
    for fact in facts:
        if isinstance(fact, rec.Intended) and fact.side is Side.BUY:
            found.setdefault(fact.book, set()).add(fact.listed.code)
    return found


def check_capital(facts: Iterable[rec.Record]) -> dict[str, int]:
    """Fold the facts; after none of them is a book beyond its capital. Return the most of each."""
    state, most = State(CostRules.REAL), dict.fromkeys(CAPITAL, 0)
    for fact in facts:
        state.apply(fact)
        for book, capital in CAPITAL.items():
            tied_up = state.committed(book)
            assert tied_up <= capital, f"{book} ties up {tied_up} after {fact}"
            most[book] = max(most[book], tied_up)
    return most


async def test_three_books_share_an_account_and_keep_to_their_capital(tmp_path: Path) -> None:
    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        report = await where.trade(where.settings(*books(tmp_path)))
        facts = where.records()
    names = bought(facts)
    assert names.keys() == CAPITAL.keys(), "each book has traded"
    held = [code for codes in names.values() for code in codes]
    assert len(held) == len(set(held)), "no name is bought by two books"
    assert set(held) == set(report.ledger["positions"])
    most = check_capital(facts)
    assert all(won > CAPITAL[book] // 2 for book, won in most.items()), most
    scalper = [fact for fact in facts if isinstance(fact, rec.Intended) and fact.book == "scalper"]
    assert all(fact.quantity * 10_300 <= ORDER_VALUE for fact in scalper)


async def test_a_book_that_is_halted_leaves_the_others_trading(tmp_path: Path) -> None:
    def halt(run: Run) -> None:
        now = run.venue.clock.now()
        run.trader.put(HaltOrdered(at=now, level=Halt.ENTRIES, reason="look", book="near"))

    def let_go(run: Run) -> None:
        now = run.venue.clock.now()
        run.trader.put(HaltOrdered(at=now, level=Halt.NONE, reason="seen", book="near"))

    async with place(tmp_path, Bars(BARS), MONDAY) as where:
        settings = where.settings(*books(tmp_path))
        await where.trade(settings, halt)
        first = where.records()
        assert bought(first).keys() == {"scalper", "far"}
        await where.go_on()
        await where.trade(settings, let_go)
        second = where.records()
    assert "near" in bought(second[len(first) :]), "the next day it was let go on"
    check_capital(second)
