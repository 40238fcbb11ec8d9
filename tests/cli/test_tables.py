"""Tables keep every number whole, whatever the terminal is wide, and say that no trader runs."""

import io
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from maemae.cli import main
from maemae.cli.tables import table_of
from maemae.clock import KST
from maemae.desk import records as rec
from maemae.desk.terms import Exits
from maemae.ledger.ledger import Ledger
from maemae.market.kinds import Side
from maemae.trader.lock import sole_trader

ACCOUNT = "50123456-01"
AT = datetime(2026, 11, 30, 9, 0, tzinfo=KST)
NAMES = [
    ("005930", "삼성전자", 71_000),
    ("000660", "SK하이닉스", 1_234_000),
    ("0031K0", "KODEX 미국반도체TOP10레버리지", 123_456),
    ("207940", "삼성바이오로직스", 1_012_000),
]
BOOK = "volatility-breakout-of-the-morning"
NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+")

won = st.integers(0, 10**12).map("{:,}".format)
texts = st.text("가나다abc ", min_size=1, max_size=30).map(str.strip)


def printed(width: int, *rows: tuple[str, ...]) -> str:
    screen = io.StringIO()
    heads = ["이름", "=종목코드", "#수량", "#매입단가", "사유", "#평가 손익", "#손절가"]
    Console(file=screen, width=width).print(table_of("보유 종목", heads, rows))
    return screen.getvalue()


@settings(max_examples=150, deadline=None)
@given(
    st.integers(36, 130),
    st.lists(st.tuples(texts, st.just("0031K0"), won, won, texts, won, won), max_size=4),
)
def test_no_number_is_cut_and_no_line_too_long(
    width: int, rows: list[tuple[str, str, str, str, str, str, str]]
) -> None:
    said = printed(width, *rows)
    assert max(cell_len(line.rstrip()) for line in said.splitlines()) <= width
    assert "…" not in said
    left = said.split()
    for row in rows:
        for number in (row[1], row[2], row[3], row[5], row[6]):
            left.remove(number)  # Each as often as it was given.
        words = [word for text in (row[0], row[4]) for word in text.split()]
        assert all(letter in said for word in words for letter in word)


def test_texts_give_way_before_numbers() -> None:
    row = ("아주 긴 이름의 종목", "005930", "1,234", "71,000", "목표 수익률", "1,234,567", "70,000")
    heights = [len(printed(width, row).splitlines()) for width in (120, 75, 50)]
    assert heights == sorted(heights)
    assert "아주 긴 이름의 종목" in printed(120, row)
    assert "아주 긴 이름의 종목 · 목표 수익률" in printed(60, row)
    assert "매입단가 71,000" in printed(40, row)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger of a day with long names and large sums, of which positions are left."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MAEMAE_DATA_DIR", f"{tmp_path}")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    facts: list[rec.Record] = [
        rec.DayOpened(at=AT, day=AT.date(), cash=12_345_678_901, holdings={"035720": 1_234})
    ]
    exits = Exits(take_profit=Decimal("0.02"), stop_loss=Decimal("0.01"))
    orders = [(Side.BUY, *one) for one in NAMES] + [(Side.SELL, *one) for one in NAMES[:2]]
    for number, (side, code, name, price) in enumerate(orders, 1):
        at, intent = AT + timedelta(seconds=17 * number), f"20261130-{number:05d}"
        facts += [
            rec.Intended(
                at=at, intent=intent, book=BOOK, side=side, quantity=1_234, price=price,
                listed=rec.Listed(code=code, name=name), exits=exits,
                reason="candidate" if side is Side.BUY else "take_profit",
            ),
            rec.Accepted(at=at, intent=intent, order_no=number),
            rec.Filled(at=at, intent=intent, quantity=1_234, amount=1_234 * price, executed=at),
        ]  # fmt: skip
    with sole_trader(tmp_path, "sim", ACCOUNT) as place:
        place.remember(f"{tmp_path / 'ledger-sim.sqlite'}", None)
    with Ledger(tmp_path / "ledger-sim.sqlite", ACCOUNT) as ledger:
        ledger.append(facts)
    return tmp_path


@pytest.fixture
def typed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Type a command, in a language."""

    def run(language: str, *words: str) -> str:
        monkeypatch.setenv("MAEMAE_LANGUAGE", language)
        monkeypatch.setattr("sys.argv", ["maemae", *words, "--venue", "sim"])
        with pytest.raises(SystemExit) as ended:
            main()
        out = capsys.readouterr()
        assert not ended.value.code, out.err
        return out.out

    return run


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("command", ["status", "positions", "orders", "fills", "pnl"])
@pytest.mark.parametrize("columns", [80, 40])
def test_answers_have_every_number_whole(
    typed: Callable[..., str], monkeypatch: pytest.MonkeyPatch, command: str, language: str,
    columns: int,
) -> None:  # fmt: skip
    monkeypatch.setenv("COLUMNS", "300")
    wanted = sorted(NUMBER.findall(typed(language, command)))
    monkeypatch.setenv("COLUMNS", f"{columns}")
    said = typed(language, command)
    assert len(wanted) > 6
    assert sorted(NUMBER.findall(said)) == wanted
    assert max(cell_len(line.rstrip()) for line in said.splitlines()) <= columns


@pytest.mark.parametrize("command", ["status", "positions", "orders", "fills"])
@pytest.mark.parametrize(
    ("language", "words"),
    [("ko", "지금 실행 중인 트레이더가 없습니다"), ("en", "No trader runs now")],
)
def test_it_is_said_that_no_trader_runs(
    typed: Callable[..., str], command: str, language: str, words: str
) -> None:
    assert words in typed(language, command)
    assert words not in typed(language, command, "--json")
