"""Nights in which shares become others, as a client sees them."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exchange.conftest import DAY, Client, FixedSource, make_exchange, pass_time

from maemae.errors import SettingsError
from maemae.exchange.accounts import Account, Holding
from maemae.exchange.actions import LIQUIDATION_DAYS, ActedSource, Action, ActionKind, book
from maemae.exchange.listing import Listing
from maemae.exchange.scenario import default_scenario, read_scenario
from maemae.market.calendar import krx
from maemae.market.costs import CostRules

NEXT = krx().next_session(DAY)
CODE = "0004K0"
"""It closes at 10,000, which is its base price on every day."""


def client(*actions: Action, quantity: int = 40) -> Client:
    """Return a client that holds shares on the day before."""
    scenario = replace(default_scenario(7), actions=actions)
    one = Client(make_exchange(at="09:10", scenario=scenario))
    holding = Holding(CODE, quantity, quantity * 10_000)
    one.exchange.venue.accounts[one.customer.account].holdings[CODE] = holding
    return one


def rows(one: Client) -> dict[str, dict[str, Any]]:
    fresh = Client(one.exchange) if one.exchange.day > NEXT else one  # A token lives for a day.
    return {row["pdno"]: row for row in fresh.balance()["output1"]}


def act(kind: ActionKind, old: int = 1, new: int = 1, **more: Any) -> Action:
    values: dict[str, Any] = {"code": CODE, "day": NEXT, "kind": kind, "old": old, "new": new}
    return Action(**(values | more))


@pytest.mark.parametrize(
    ("action", "base", "shares", "average", "ex"),
    [
        (act(ActionKind.SPLIT, 1, 5), 2_000, 200, "2000.0000", "00"),
        (act(ActionKind.REVERSE_SPLIT, 4, 1), 40_000, 10, "40000.0000", "00"),
        (act(ActionKind.BONUS, 1, 2), 5_000, 80, "5000.0000", "01"),
        (act(ActionKind.STOCK_DIVIDEND, 4, 5), 8_000, 50, "8000.0000", "02"),
        (act(ActionKind.RIGHTS, 4, 5, percent=50), 9_000, 40, "10000.0000", "01"),
    ],
)
def test_base_price_shares_and_average_are_what_kis_shows(
    action: Action, base: int, shares: int, average: str, ex: str
) -> None:
    one = client(action)
    one.exchange.next_day()
    row = rows(one)[CODE]
    assert (row["hldg_qty"], row["pchs_avg_pric"]) == (str(shares), average)
    where = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": CODE}
    now = one.quote("inquire-price", "FHKST01010100", **where)["output"]
    assert (now["stck_sdpr"], now["stck_prpr"], now["prdy_vrss"]) == (str(base), str(base), "0")
    pass_time(one.exchange, "15:31")
    days = Client(one.exchange).quote(
        "inquire-daily-price", "FHKST01010400", **where, FID_PERIOD_DIV_CODE="D",
        FID_ORG_ADJ_PRC="1",
    )["output"]  # fmt: skip
    assert days[0]["flng_cls_code"] == ex
    assert days[1]["flng_cls_code"] == "00"
    assert int(days[0]["stck_clpr"]) == pytest.approx(base, rel=0.01)
    said = [line["after"] for line in one.exchange.journal.since(0, "action")]
    assert action.kind is ActionKind.RIGHTS or said == [{CODE: shares}]


def test_new_shares_may_come_later_than_the_price_tells() -> None:
    after = krx().next_session(NEXT)
    one = client(act(ActionKind.BONUS, 1, 2, arrives=after))
    one.exchange.next_day()
    assert rows(one)[CODE]["hldg_qty"] == "40"
    one.exchange.next_day()
    assert rows(one)[CODE]["hldg_qty"] == "80"
    assert int(one.exchange.venue.floor.listing(CODE).base) == 5_000


@pytest.mark.parametrize(
    ("traded", "shares"), [(0, "80"), (-40, "40"), (-15, "65"), (25, "105"), (-40 + 7, "47")]
)
def test_new_shares_belong_to_what_was_held_when_the_rights_left(traded: int, shares: str) -> None:
    after = krx().next_session(NEXT)
    one = client(act(ActionKind.BONUS, 1, 2, arrives=after))
    one.exchange.next_day()
    held = one.exchange.venue.accounts[one.customer.account].holdings
    held[CODE].quantity += traded
    one.exchange.next_day()
    assert rows(one)[CODE]["hldg_qty"] == shares


def test_who_bought_after_the_rights_left_gets_none() -> None:
    after = krx().next_session(NEXT)
    one = client(act(ActionKind.BONUS, 1, 2, arrives=after), quantity=0)
    one.exchange.next_day()
    held = one.exchange.venue.accounts[one.customer.account].holdings
    held[CODE] = Holding(CODE, 40, 200_000)
    one.exchange.next_day()
    assert rows(one)[CODE]["hldg_qty"] == "40"


def test_a_code_changes_a_part_goes_and_a_name_ends() -> None:
    one = client(act(ActionKind.CODE_CHANGE, into="9004K0"))
    one.exchange.next_day()
    assert rows(one).keys() == {"9004K0"}
    assert rows(one)["9004K0"]["pchs_avg_pric"] == "10000.0000"
    assert one.exchange.history("9004K0")[-1].close == 10_000
    assert one.order("sell", "9004K0", 40)["rt_cd"] == "0"

    two = client(act(ActionKind.SPIN_OFF, 10, 7, into="9004K0"))
    two.exchange.next_day()
    assert {code: row["hldg_qty"] for code, row in rows(two).items()} == {
        CODE: "28",
        "9004K0": "12",
    }

    three = client(act(ActionKind.MERGER, 4, 1, into="000010"))
    three.exchange.next_day()
    assert {code: row["hldg_qty"] for code, row in rows(three).items()} == {"000010": "10"}
    assert CODE not in three.exchange.venue.floor.market.rows


def test_liquidation_has_no_limits_and_then_the_name_is_gone() -> None:
    ends = krx().offset(NEXT, LIQUIDATION_DAYS)
    one = client(act(ActionKind.DELISTING, day=ends))
    one.exchange.next_day()
    listing = one.exchange.venue.floor.listing(CODE)
    assert (listing.base, listing.close) == (10_000, 3_500)
    assert listing.lower < 100
    for _ in range(LIQUIDATION_DAYS):
        one.exchange.next_day()
    assert CODE not in one.exchange.venue.floor.market.rows
    assert rows(one)[CODE]["prpr"] == "0"


class Told(FixedSource):
    """Recorded prices that have the split in them already."""

    def listings(self, day: date) -> list[Listing]:
        plain = super().listings(day)
        if day < NEXT:
            return plain
        halved: dict[str, Any] = {
            "base": 5_000,
            "lower": 3_500,
            "upper": 6_500,
            "open": 5_000,
            "high": 5_010,
        }
        return [
            replace(one, **halved, low=4_990, close=5_000) if one.code == CODE else one
            for one in plain
        ]


def test_prices_that_have_the_action_in_them_are_left_as_they_are() -> None:
    source = ActedSource(Told(), [act(ActionKind.SPLIT, 1, 2)], krx())
    listing = next(one for one in source.listings(NEXT) if one.code == CODE)
    assert (listing.base, listing.close) == (5_000, 5_000)


@given(
    st.integers(1, 10_000), st.integers(100, 500_000), st.sampled_from(list(ActionKind)),
    st.integers(1, 20), st.integers(1, 20),
)  # fmt: skip
def test_nobody_gains_or_loses_by_a_night(
    shares: int, price: int, kind: ActionKind, old: int, new: int
) -> None:
    """What is held afterwards, cash for fractions among it, is worth what it was."""
    apart = kind in (ActionKind.MERGER, ActionKind.CODE_CHANGE, ActionKind.SPIN_OFF)
    if kind is ActionKind.SPIN_OFF:
        old, new = max(old, new) + 1, min(old, new)
    if kind is ActionKind.CODE_CHANGE:
        old = new = 1
    action = act(kind, old, new, into="999990" if apart else "")
    account = Account(
        "1", CostRules.REAL, DAY, settled=0, holdings={CODE: Holding(CODE, shares, 7)}
    )
    base = Fraction(price) * action.price_factor
    prices = {CODE: int(base) or 1, "999990": max(1, price * old // new)}
    if kind is ActionKind.SPIN_OFF:
        prices["999990"] = prices[CODE]
    book(action, account, prices)
    after = sum(one.quantity * prices[one.code] for one in account.holdings.values())
    if kind is ActionKind.RIGHTS:
        assert account.holdings[CODE].quantity == shares
        return
    slack = sum(one.quantity + 1 for one in account.holdings.values()) + sum(prices.values())
    assert abs(after + account.settled - shares * price) <= slack + price


def test_a_scenario_file_says_what_happens(tmp_path: Path) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text(
        '[[action]]\ncode = "005930"\nday = 2026-03-04\nkind = "split"\nold = 1\nnew = 5\n'
    )
    (action,) = read_scenario(file, 1).actions
    assert (action.code, action.day, action.kind) == ("005930", date(2026, 3, 4), ActionKind.SPLIT)
    assert (action.price_factor, action.share_factor) == (Fraction(1, 5), Fraction(5))
    for wrong in ('kind = "merger"\n', 'kind = "split"\ninto = "000010"\n'):
        file.write_text(f'[[action]]\ncode = "005930"\nday = 2026-03-04\n{wrong}')
        with pytest.raises(SettingsError, match=r"action\.0"):
            read_scenario(file, 1)
