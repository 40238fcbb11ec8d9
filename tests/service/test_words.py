"""Sums of money in words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maemae.i18n import Language, set_language
from maemae.service import words


@pytest.mark.parametrize("language", ["ko", "en"])
@given(st.integers(-(10**15), 10**15))
def test_won_in_words_can_be_read_back_to_the_won(language: Language, amount: int) -> None:
    set_language(language)
    said = words.won(amount)
    assert int("".join(c for c in said if c.isdigit() or c == "-")) == amount
    assert all(len(part) == 3 for part in said.strip("-₩원").split(",")[1:])


@given(st.integers(-(10**15), 10**15))
def test_a_gain_points_up_and_a_loss_down(amount: int) -> None:
    said = words.marked_won(amount)
    assert ("▲" in said) is (amount > 0)
    assert ("▼" in said) is (amount < 0)


@pytest.mark.parametrize(
    ("word", "said"),
    [("golden_cross", "골든크로스"), ("stop_loss", "손절"), ("my_cross", "my_cross")],
)
def test_a_reason_is_named_a_preset_by_its_title_and_ones_own_by_its_name(
    word: str, said: str
) -> None:
    set_language("ko")
    assert words.reason(word) == words.because(word) == said
