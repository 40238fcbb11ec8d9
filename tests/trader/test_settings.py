from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from maemae.desk.guard import BookLimits
from maemae.errors import SettingsError
from maemae.market.costs import CostRules
from maemae.trader.books.condition import ConditionBook
from maemae.trader.settings import desk_rules, load_settings

BOOK = "[[book]]\nway = 'condition'\n"


def write(folder: Path, text: str) -> Path:
    file = folder / "maemae.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_defaults_are_the_customary_ones(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, ""))
    (scalper,) = settings.book
    assert isinstance(scalper, ConditionBook)
    assert scalper.name == "scalper"
    assert (scalper.condition, scalper.amount, scalper.max_names) == (0, 1_000_000, 5)
    assert (scalper.take_profit, scalper.stop_loss) == (Decimal("0.02"), Decimal("0.01"))
    assert (scalper.search_seconds, scalper.signal_seconds) == (300, 10)
    assert settings.balance_seconds == 30


def test_flags_go_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path, "balance_seconds = 1\n[limits]\norder_value = 1\norder_quantity = 1\n")
    monkeypatch.setenv("MAEMAE_LIMITS__ORDER_VALUE", "2")
    monkeypatch.setenv("MAEMAE_LIMITS__ORDER_QUANTITY", "2")
    settings = load_settings(file, limits={"order_value": "3", "order_quantity": None})
    assert settings.balance_seconds == 1
    assert (settings.limits.order_value, settings.limits.order_quantity) == (3, 2)


def test_flags_go_over_the_only_condition_book(tmp_path: Path) -> None:
    file = write(tmp_path, f"{BOOK}amount = 7\nmax_names = 2\nname = 'first'\n")
    (book,) = load_settings(file, condition={"max_names": "3", "amount": None}).book
    assert isinstance(book, ConditionBook)
    assert (book.name, book.max_names, book.amount) == ("first", 3, 7)
    with pytest.raises(SettingsError, match=r"book first: amount: .* not '-3'"):
        load_settings(file, condition={"amount": "-3"})


@pytest.mark.parametrize(
    ("text", "count"), [("book = []\n", "no"), (f"{BOOK}name = 'a'\n{BOOK}", "2")]
)
def test_flags_of_a_condition_book_need_exactly_one(tmp_path: Path, text: str, count: str) -> None:
    with pytest.raises(SettingsError, match=f"--stop-loss goes over .* have {count} such books"):
        load_settings(write(tmp_path, text), condition={"stop_loss": "1%"})


@pytest.mark.parametrize(
    ("text", "rate"), [('"3%"', "0.03"), ("0.03", "0.03"), ('"0.5 %"', "0.005")]
)
def test_rates_may_be_given_in_percent(tmp_path: Path, text: str, rate: str) -> None:
    settings = load_settings(write(tmp_path, f"{BOOK}take_profit = {text}\n"))
    assert settings.book[0].take_profit == Decimal(rate)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f"{BOOK}amuont = 5\n", "unknown setting book 1.amuont (did you mean amount?)"),
        ("[limits]\norder_valu = 5\n", "setting limits.order_valu (did you mean order_value?)"),
        ("[scalper]\namount = 5\n", "unknown setting scalper"),
        ("venu = 'sim'\n", "unknown setting venu (did you mean venue?)"),
        (f"{BOOK}amount = -5\n", "book 1.amount"),
        (f"{BOOK}take_profit = 2\n", "book 1.take_profit"),
        (f"{BOOK}take_profit = 'nan'\n", "book 1.take_profit"),
        (f"{BOOK}take_profit = 'x%'\n", "book 1.take_profit"),
        (f"{BOOK}name = 'owner'\n", 'the name "owner" is taken'),
        (f"{BOOK}name = 'Ab c'\n", "book 1.name"),
        (f"{BOOK}{BOOK}", "two books are named scalper"),
        ("[[book]]\nname = 'a'\n", "book 1.way: is missing"),
        (
            "[[book]]\nway = 'luck'\n",
            "book 1.way: must be 'condition', 'plan'",
        ),
        ("[[book]]\nway = 'targets'\n", "book 1.file: is missing"),
        (f"{BOOK}[[book]]\nway = 'targets'\nflie = 'a'\n", "book 2.flie (did you mean file?)"),
        (f"{BOOK}capital = 0\n", "book 1.capital"),
        (f"{BOOK}capital = '120%'\n", "book 1.capital"),
        (f"{BOOK}capital = true\n", "book 1.capital"),
        (f"{BOOK}from = '15:00'\nuntil = '09:30'\n", "`from` must come before `until`"),
        ("[paper]\naccount = '123'\n", "paper.account"),
        ("venue = 'moon'\n", "venue"),
        ("venue = \n", "not a TOML file"),
        ("[[book]\n", "not a TOML file"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(tmp_path: Path, text: str, named: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    message = str(caught.value)
    assert named in message
    assert str(file) in message
    assert "\n" not in message


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml cannot be read"):
        load_settings(tmp_path / "none.toml")
    (tmp_path / "maemae.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="neither UTF-8 nor"):
        load_settings(tmp_path / "maemae.toml")


def test_the_desk_is_told_what_was_set(tmp_path: Path) -> None:
    settings = load_settings(
        write(tmp_path, "[limits]\ndaily_loss = 100_000\nquote_seconds = 5\n"),
        condition={"signal_seconds": "7", "stop_loss": "1.5%"},
    )
    rules = desk_rules(settings, CostRules.REAL)
    book = rules.books["scalper"]
    assert book.signal_every == timedelta(seconds=7)
    assert book.entry.exits.stop_loss == Decimal("0.015")
    assert rules.limits.daily_loss == 100_000
    assert rules.limits.quote_age == timedelta(seconds=5)


@pytest.mark.parametrize(
    ("text", "capital"),
    [("5_000_000", 5_000_000), ('"30%"', Decimal("0.3")), ("0.3", Decimal("0.3")),
     ('"100 %"', Decimal(1)), ('"7000000"', 7_000_000)],
)  # fmt: skip
def test_capital_is_won_or_a_part_of_the_account(
    tmp_path: Path, text: str, capital: int | Decimal
) -> None:
    (book,) = load_settings(write(tmp_path, f"{BOOK}capital = {text}\n")).book
    assert book.capital == capital
    assert type(book.rules().limits.capital) is type(capital)


def test_what_a_book_says_of_itself_reaches_the_desk(tmp_path: Path) -> None:
    text = "order_value = 1\nname_exposure = 2\nloss = 3\nfrom = '09:30'\nsell_at = 15:10:00\n"
    settings = load_settings(write(tmp_path, BOOK + text))
    rules = desk_rules(settings, CostRules.REAL)
    limits = BookLimits(order_value=1, name_exposure=2, loss=3, after_stop=False)
    assert rules.bounds.of("scalper") == limits
    again = load_settings(write(tmp_path, f"{BOOK}rebuy_after_stop = true\n"))
    assert desk_rules(again, CostRules.REAL).bounds.of("scalper") == BookLimits()
    assert rules.bounds.of("other") == BookLimits()
    assert rules.books["scalper"].hours == (time(9, 30), time.max)
    assert rules.books["scalper"].entry.exits.at == time(15, 10)


def test_the_example_in_the_repository_is_valid_and_complete() -> None:
    example = Path(__file__).parents[2] / "examples" / "maemae.toml"
    settings = load_settings(example)
    assert settings.model_dump() == load_settings().model_dump()
