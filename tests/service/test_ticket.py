"""What a person calls by name or initials, and what is seen before an order."""

from pathlib import Path

import pytest
from tests.service.bench import bench

from maemae.errors import CommandRefused
from maemae.market.kinds import Side
from maemae.service.market_view import Named, find_known, near_known
from maemae.service.ticket import (
    Ticket,
    change,
    demand_whole,
    looks_like_code,
    named,
    only_one,
    order_words,
    ticket,
)

KNOWN = [Named("005930", "삼성전자"), Named("005935", "삼성전자우"), Named("000660", "SK하이닉스")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("삼성전자", "005930"),
        ("sk하이닉스", "000660"),
        ("SK ㅎㅇㄴㅅ", "000660"),
        ("전자우", "005935"),
    ],
)
def test_a_name_or_its_initials_mean_one_instrument(text: str, code: str) -> None:
    assert only_one(text, find_known(text, KNOWN)).code == code


def test_what_fits_none_or_several_is_refused_with_the_names() -> None:
    with pytest.raises(CommandRefused, match="삼성전자 005930, 삼성전자우 005935"):
        only_one("ㅅㅅㅈㅈ", find_known("ㅅㅅㅈㅈ", KNOWN))
    with pytest.raises(CommandRefused):
        only_one("현대차", [])
    with pytest.raises(CommandRefused, match="near it: 삼성전자 005930"):
        only_one("삼송전자", [], near_known("삼송전자", KNOWN))


def test_a_part_of_a_name_is_not_enough_where_nobody_is_asked() -> None:
    for whole in ("SK하이닉스", "sk 하이닉스", "000660"):
        demand_whole(whole, KNOWN[2])
    for part in ("하이닉스", "ㅎㅇㄴㅅ"):
        with pytest.raises(CommandRefused, match="SK하이닉스 000660"):
            demand_whole(part, KNOWN[2])


@pytest.mark.parametrize(
    ("text", "code"),
    [("005930", True), ("0101K0", True), ("0101k0", True), ("삼성전자", False), ("NAVER1", False)],
)
def test_a_code_is_told_from_a_name(text: str, code: bool) -> None:
    assert looks_like_code(text) is code


async def test_price_money_and_shares_are_known_before_an_order(tmp_path: Path) -> None:
    async with bench(tmp_path) as table:
        desk = table.subject.trader.desk
        await table.until(lambda: bool(desk.state.portfolio.positions))
        meant = await named(table.service, "name005930")
        asked = await ticket(table.service, meant, "scalper")
    assert (asked.code, asked.name, asked.price, asked.held) == (
        "005930", "name 005930", 10_000, 100,
    )  # fmt: skip
    assert asked.buying_power == desk.state.free_cash
    lines = order_words(asked, Side.SELL, 7, 9_900)
    assert lines == ["sell name 005930 (005930) 7 @ 9,900", "total ₩69,300", "held there: 100"]


def test_more_than_there_is_to_spend_is_said() -> None:
    lines = order_words(Ticket("005930", "삼성전자", 70_000, None, 100_000), Side.BUY, 2, None)
    assert lines[1:] == [
        "total about ₩140,000", "free to spend: ₩100,000", "⚠ more than there is to spend",
    ]  # fmt: skip


def test_the_change_of_the_day_needs_both_prices() -> None:
    assert change(103, 100) == pytest.approx(0.03)
    assert change(103, None) is None
