"""Several days with the trader killed on the way: `maemae prove ways`, shortened."""

import io
from datetime import date, datetime, time
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from maemae import i18n
from maemae.cli.prove_ways import Market, show
from maemae.cli.ways_diary import diary_of, table_of
from maemae.clock import KST
from maemae.errors import SettingsError
from maemae.exchange.sources import SyntheticSource
from maemae.ledger.ledger import OrderLine
from maemae.market.calendar import krx
from maemae.proof.pages import How, Page, Stop
from maemae.proof.ways import CASES, SETTINGS, Shown, sessions, write_files
from maemae.service.answers import Share
from maemae.trader.settings import load_settings

FIRST = date(2022, 6, 2)
AT = datetime.combine(FIRST, time(9, 1), KST)


def printed(table: RenderableType, width: int = 200) -> str:
    console = Console(record=True, width=width, file=io.StringIO())
    console.print(table)
    return console.export_text()


def order(code: str, side: str, book: str = "minutes", reason: str = "crossing") -> OrderLine:
    return OrderLine(
        intent="20220602-00001", book=book, side=side, code=code, name=f"Name {code}", quantity=3,
        price=None, reason=reason, state="filled", order_no=1, filled=3, amount=3_000,
        intended=AT,
    )  # fmt: skip


def a_page(*filled: OrderLine) -> Page:
    return Page(
        day=FIRST, filled=list(filled), profits=[Share("minutes", "", -1_200, 1, 0)], plans=[],
        ended=[Stop(AT, How.KILL)], incidents=[], held=2, worth=10_000_000,
    )  # fmt: skip


def test_a_page_says_what_was_bought_and_sold_and_what_happened() -> None:
    bought = [order(f"{number:06d}", "buy") for number in range(7)]
    sold = order("000001", "sell", reason="stop_loss")
    said = printed(diary_of(Shown("minute bars", closed=[FIRST], diary=[a_page(*bought, sold)])))
    assert "bought Name 000000 3, " in said
    assert "Name 000004 3 and 2 more for ₩21,000" in said
    assert "sold Name 000001 3, ▼ ₩1,200 (stop loss 1)" in said
    assert "ended and started again: 09:01 kill -9" in said
    assert "books equal, 2 names held, total assets ₩10,000,000" in said


def test_a_page_names_the_book_where_there_are_several_and_says_that_books_differ() -> None:
    page = a_page(order("000001", "buy"), order("000002", "buy", book="plan"))
    one = Shown("three at once", closed=[FIRST], wrong=[f"{FIRST}: cash"], diary=[page])
    said = printed(diary_of(one))
    assert "minutes: bought Name 000001 3" in said
    assert "plan: bought Name 000002 3" in said
    assert "books NOT equal" in said


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_table_fits_80_columns(language: i18n.Language) -> None:
    before = i18n.language()
    i18n.set_language(language)
    try:
        said = printed(table_of(Shown(name, worth=10_000_000) for name in CASES), 80)
        heads = [
            i18n._(head) for head in ("days equal", "total assets", "seconds", "kill -9 SIGTERM")
        ]
    finally:
        i18n.set_language(before)
    assert "…" not in said
    assert all(word in said for head in heads for word in head.split())
    assert all(word in said for name in CASES for word in name.split())


@pytest.mark.nightly
async def test_two_days_of_plans_with_three_restarts_end_with_equal_books(
    tmp_path: Path,
) -> None:
    market = Market(None, sessions(FIRST, 2, krx()))
    (shown,) = await show(tmp_path, market, ["plan"], Console(quiet=True))
    assert shown.wrong == []
    assert shown.closed == market.days
    assert (shown.times(How.KILL), shown.times(How.TERM)) == (2, 1)
    assert shown.plans["carried out"] == 2
    assert any("plan carried out" in line for line in shown.log)
    said = printed(diary_of(shown))
    assert "2022-06-02  plan carried out" in said
    assert "ended and started again: 09:01 kill -9, 15:40 kill -9" in said
    assert said.count("books equal") == 2
    assert shown.diary[-1].worth == shown.worth


def test_the_settings_of_every_case_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_files(tmp_path, SyntheticSource(1, krx(), FIRST).listings(FIRST))
    monkeypatch.chdir(tmp_path)
    for books in CASES.values():
        text = SETTINGS.format(bars="bars", url="http://x", virtual="http://x", books=books)
        (tmp_path / "maemae.toml").write_text(text, encoding="utf-8")
        settings = load_settings(tmp_path / "maemae.toml", venue="sim")
        assert all(book.rules() for book in settings.book)
    assert len(settings.book) == 3


async def test_an_unknown_case_is_named(tmp_path: Path) -> None:
    market = Market(None, sessions(FIRST, 1, krx()))
    with pytest.raises(SettingsError, match="no case luck"):
        await show(tmp_path, market, ["luck"], Console(quiet=True))
