import pytest

from maemae.setup.init import readers


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1,000,000", 1_000_000),
        ("1_000_000원", 1_000_000),
        ("100만", 1_000_000),
        ("2백만", 2_000_000),
        ("1.5억", 150_000_000),
        (" 3 천만 원", 30_000_000),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, amount: int) -> None:
    assert readers.won(text) == amount


@pytest.mark.parametrize("text", ["", "0", "-5", "abc", "1.5", "1만2천", "nan"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="won"):
        readers.won(text)


@pytest.mark.parametrize(
    ("text", "rate"), [("2", "2%"), ("2.50 %", "2.5%"), ("-1", "1%"), ("10", "10%")]
)
def test_rates_are_percent(text: str, rate: str) -> None:
    assert readers.percent(text) == rate


@pytest.mark.parametrize("text", ["0.02", "100", "x", "", "nan", "0", "1e999999995"])
def test_a_fraction_is_not_taken_for_a_percentage(text: str) -> None:
    with pytest.raises(ValueError, match="percent"):
        readers.percent(text)


@pytest.mark.parametrize(
    ("text", "account"),
    [("12345678", "12345678"), ("12345678-01", "12345678-01"), ("1234567801", "12345678-01")],
)
def test_accounts_come_with_or_without_their_product_code(text: str, account: str) -> None:
    assert readers.account(text) == account


@pytest.mark.parametrize("text", ["1234567", "123456789", "abcdefgh", ""])
def test_what_is_no_account_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="12345678"):
        readers.account(text)


def test_what_cannot_be_a_secret_is_refused_without_being_quoted() -> None:
    with pytest.raises(ValueError, match="has 5 characters, usual are 36") as caught:
        readers.secret("app_key", "hello")
    assert "hello" not in str(caught.value)
    with pytest.raises(ValueError, match="without blanks"):
        readers.secret("app_secret", "a b")


def test_the_beginning_of_a_choice_is_enough() -> None:
    read = readers.one_of("sim", "paper", "live")
    assert [read(text) for text in ("p", "Live", "sim")] == ["paper", "live", "sim"]
    for text in ("", "x"):
        with pytest.raises(ValueError, match="sim, paper, live"):
            read(text)


def test_whole_numbers_have_bounds() -> None:
    assert readers.count(1, 40)(" 7 ") == 7
    for text in ("0", "41", "x"):
        with pytest.raises(ValueError, match="from 1 to 40"):
            readers.count(1, 40)(text)


def test_chats_are_numbers() -> None:
    assert readers.chats("1, -2") == (1, -2)
    with pytest.raises(ValueError, match="number"):
        readers.chats("me")
