"""The table of an order's states, its drawing in the docs, and the order itself."""

import re
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import pytest

from maemae.desk.orders import LIVE, MISSING, TRANSITIONS, Order, OrderState
from maemae.desk.records import Intended, Listed
from maemae.desk.terms import Exits
from maemae.errors import InvariantError
from maemae.market.kinds import Side

S = OrderState
DOCS = Path(__file__).parents[2] / "docs"
in_both_languages = pytest.mark.parametrize("page", ["orders.md", "orders.ko.md"])
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


def order(state: OrderState = S.INTENDED, **more: object) -> Order:
    made = Order.of(
        Intended(
            at=AT,
            intent="20261120-00001",
            book="scalper",
            side=Side.BUY,
            listed=Listed(code="005930", name="삼성전자"),
            quantity=10,
            price=1_000,
            reserve=10_015,
            reason="candidate",
            exits=Exits(days=3),
        )
    )
    made.state = state
    for name, value in more.items():
        setattr(made, name, value)
    return made


def test_an_order_begins_as_its_intent_says() -> None:
    made = order()
    assert (made.intent, made.book, made.side, made.code) == (
        "20261120-00001",
        "scalper",
        Side.BUY,
        "005930",
    )
    assert (made.quantity, made.price, made.reserve, made.reason) == (
        10,
        1_000,
        10_015,
        "candidate",
    )
    assert (made.exits, made.way, made.intended, made.state) == (
        Exits(days=3),
        None,
        AT,
        S.INTENDED,
    )
    assert (made.order_no, made.org_no, made.filled, made.amount) == (None, "", 0, 0)
    assert (made.numbered_at_version, made.looks, made.lost, made.lost_at_version) == (
        0,
        0,
        None,
        0,
    )
    assert (made.cancelling, made.amending, made.numbers, made.caught_up) == (False, None, [], None)
    assert (made.noticed, made.ended) == (set(), None)


# The table.

LEGAL = {
    S.INTENDED: "working refused unknown",
    S.UNKNOWN: "working refused never_arrived filled cancelled expired",
    S.WORKING: "filled cancelled expired refused",
    S.CANCELLED: "filled working unknown",
    S.EXPIRED: "filled",
    S.FILLED: "",
    S.REFUSED: "working unknown",
    S.NEVER_ARRIVED: "working unknown",
}


@pytest.mark.parametrize(("before", "after"), list(product(S, S)))
def test_every_legal_move_is_made_and_every_other_refused(
    before: OrderState, after: OrderState
) -> None:
    one = order(before)
    if after.value in LEGAL[before].split():
        one.move(after)
        assert one.state is after
    else:
        with pytest.raises(InvariantError) as found:
            one.move(after)
        assert str(found.value) == f"order 20261120-00001: {before} cannot become {after}"
        assert one.state is before


def test_which_states_are_live_and_which_are_missing_at_the_broker() -> None:
    assert {S.INTENDED, S.UNKNOWN, S.WORKING} == LIVE
    assert {S.UNKNOWN, S.NEVER_ARRIVED} == MISSING
    assert [state for state in S if order(state).live] == [S.INTENDED, S.UNKNOWN, S.WORKING]


@in_both_languages
def test_the_drawing_shows_the_table(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    drawn = re.findall(r"^    (\S+) --> (\S+)$", text, re.MULTILINE)
    assert len(drawn) == len(set(drawn))
    table = {(a.value, b.value) for a, targets in TRANSITIONS.items() for b in targets}
    ends = {(state.value, "[*]") for state, targets in TRANSITIONS.items() if not targets}
    assert set(drawn) == table | ends | {("[*]", S.INTENDED.value)}


@in_both_languages
def test_the_page_gives_a_reason_for_every_move(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (.+) \|$", text, re.MULTILINE)
    told = [(before, after) for before, after, _ in rows]
    assert len(told) == len(set(told))
    assert set(told) == {(a.value, b.value) for a, targets in TRANSITIONS.items() for b in targets}


# Fills and what stays reserved.


@pytest.mark.parametrize(
    ("state", "filled", "remaining", "reserved"),
    [
        (S.INTENDED, 0, 10, 10_015),
        (S.UNKNOWN, 0, 10, 10_015),
        (S.WORKING, 3, 7, 7_011),  # 7,010.5 rounded up: never less than is needed.
        (S.WORKING, 9, 1, 1_002),
        (S.FILLED, 10, 0, 0),
        (S.CANCELLED, 3, 0, 0),
        (S.NEVER_ARRIVED, 0, 0, 0),
    ],
)
def test_what_is_left_stays_reserved_in_proportion_rounded_up(
    state: OrderState, filled: int, remaining: int, reserved: int
) -> None:
    one = order(state, filled=filled)
    assert (one.remaining, one.reserved) == (remaining, reserved)


@pytest.mark.parametrize("state", [S.WORKING, S.UNKNOWN, S.CANCELLED, S.EXPIRED])
def test_fills_add_up_and_the_last_one_ends_the_order(state: OrderState) -> None:
    one = order(state)
    one.fill(4, 4_100)
    assert (one.filled, one.amount, one.state) == (4, 4_100, state)
    one.fill(5, 0)
    assert (one.filled, one.amount, one.state) == (9, 4_100, state)
    one.fill(1, 1_000)
    assert (one.filled, one.amount, one.state) == (10, 5_100, S.FILLED)


@pytest.mark.parametrize("state", [S.INTENDED, S.FILLED, S.REFUSED, S.NEVER_ARRIVED])
def test_an_order_that_cannot_be_filled_is_not(state: OrderState) -> None:
    one = order(state)
    with pytest.raises(InvariantError, match=f"order 20261120-00001: {state} cannot be filled"):
        one.fill(1, 1_000)
    assert (one.filled, one.amount) == (0, 0)


@pytest.mark.parametrize(("quantity", "amount"), [(0, 0), (-1, 1_000), (1, -1), (8, 8_000)])
def test_a_fill_that_does_not_fit_is_refused_whole(quantity: int, amount: int) -> None:
    one = order(S.WORKING, filled=3, amount=3_000)
    with pytest.raises(InvariantError) as found:
        one.fill(quantity, amount)
    assert str(found.value) == (f"order 20261120-00001: a fill of {quantity} does not fit 3 of 10")
    assert (one.filled, one.amount, one.state) == (3, 3_000, S.WORKING)
