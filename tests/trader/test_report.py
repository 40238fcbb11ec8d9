"""The exchange's half of a report: an order that was amended is one order, as in the ledger."""

from typing import Any

from maemae.trader.report import differences, venue_books
from maemae.trader.sim import SimBooks, SimFill, SimOrder


def order(number: int, **given: Any) -> SimOrder:
    values: dict[str, Any] = {
        "code": "005930",
        "side": "buy",
        "quantity": 10,
        "filled": 0,
        "status": "cancelled",
    }
    return SimOrder(order_no=number, **values | given)


def fill(number: int, quantity: int, at: str) -> SimFill:
    return SimFill(
        code="005930", side="buy", quantity=quantity, price=10_000, time=at, order_no=number
    )


def books(*orders: SimOrder, fills: tuple[SimFill, ...] = ()) -> Any:
    return venue_books(
        SimBooks(cash=0, fees=0, taxes=0, positions={}, orders=list(orders), fills=list(fills))
    )


def test_an_amended_order_is_one_with_the_orders_that_took_its_place() -> None:
    found = books(
        order(1, filled=3),
        order(2, code="000660", status="filled", filled=10),
        order(3, quantity=7, filled=2, original=1),
        order(4, quantity=5, filled=5, status="filled", original=3),
        fills=(fill(4, 5, "09:02:00"), fill(1, 3, "09:01:00"), fill(3, 2, "09:02:00")),
    )
    assert [(row["code"], row["quantity"], row["filled"]) for row in found["orders"]] == [
        ("000660", 10, 10),
        ("005930", 10, 10),
    ]
    assert {row["status"] for row in found["orders"]} == {"filled"}
    assert sum(row["quantity"] for row in found["fills"]) == 10


def test_an_amendment_that_was_refused_leaves_the_order_as_it_was() -> None:
    found = books(
        order(1, filled=10, status="filled"),
        order(2, original=1, status="refused"),
        order(3, status="refused"),
    )
    assert [(row["filled"], row["status"]) for row in found["orders"]] == [
        (10, "filled"),
        (0, "refused"),
    ]


def test_an_order_that_filled_before_its_amendment_came_is_filled() -> None:
    (row,) = books(order(1, filled=10, status="filled"), order(2, original=1))["orders"]
    assert (row["quantity"], row["filled"], row["status"]) == (10, 10, "filled")


def test_executions_of_one_second_have_no_order_and_one_too_few_is_named() -> None:
    same = (fill(1, 3, "09:01:00"), fill(2, 5, "09:01:00"), fill(2, 5, "09:01:00"))
    ours, theirs = books(order(1), order(2), fills=same), books(order(1), order(2), fills=same)
    ours["fills"] = ours["fills"][::-1]
    assert differences(theirs, ours) == []
    ours["fills"] = [row for row in ours["fills"] if row["quantity"] != 3]
    ours["fills"].append({**ours["fills"][0], "price": 9_990})
    (first, second) = differences(theirs, ours)
    assert first.startswith("fills: venue alone has 1 x {'code': '005930'")
    assert second.startswith("fills: ledger alone has 1 x")
    assert "9990" in second


def test_executions_that_a_list_told_of_are_compared_by_their_sums() -> None:
    theirs = books(order(1), fills=(fill(1, 3, "09:01:00"), fill(1, 7, "09:01:02")))
    ours = books(order(1), fills=(fill(1, 10, ""),))
    assert differences(theirs, ours) == []
    ours["fills"][0]["price"] = 10_001
    assert len(differences(theirs, ours)) == 3
    assert len(differences(theirs, books(order(1), fills=(fill(1, 9, ""),)))) == 3
